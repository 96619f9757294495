/* refresh.c - first tokens, successors, and what a theft entails. */

#include "account/refresh.h"
#include "account/audit.h"
#include "base/counter.h"

/* Labels of COUNTER_REFRESHES. */
static const char *const labels[] = {
	[SESSION_REFRESH_ROTATED] = "rotated",
	[SESSION_REFRESH_REPEATED] = "repeated",
	[SESSION_REFRESH_EXPIRED] = "expired",
	[SESSION_REFRESH_REVOKED] = "revoked",
	[SESSION_REFRESH_STOLEN] = "stolen",
	[SESSION_REFRESH_UNKNOWN] = "unknown",
};

/* A token as it was presented, and what follows from it. */
struct presented {
	struct refresh_token token, next;
	enum session_refresh outcome;
	struct session *session;
	unsigned char live_hash[SECRET_BYTES];
};

enum status
refresh_begin(const struct entry *entry, const char *account_id, bool remember,
    struct session *session, const char **text)
{
	unsigned char hash[SECRET_BYTES];
	struct refresh_token token;
	enum status st;

	refresh_token_first(&token);
	refresh_token_hash(&token, hash);
	st = session_start(entry->db, entry->arena, entry->config, account_id,
	    entry->origin, remember, hash, session);
	if (st == ST_OK) {
		token.session_id = session->id;
		*text = refresh_token_text(entry->key, entry->arena, &token);
	}
	secret_wipe(token.secret, sizeof(token.secret));
	return st;
}

/* The session has ended already: say so in the log, and to the person. */
static enum status
report_theft(const struct entry *entry, const struct session *session)
{
	enum status st;

	st = entry_mail(entry, &session->account, "stolen",
	    OUTBOX_VALUES({ "user_agent", session->user_agent }));
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_REFRESH_REUSED, session->account.id, session->id,
		    entry->origin);
	return st;
}

/*
 * The successor that the session lives by. One that was handed out before may
 * have been derived with a master key that has been replaced meanwhile.
 */
static bool
find_successor(const struct entry *entry, const struct refresh_token *token,
    const unsigned char live_hash[static SECRET_BYTES],
    struct refresh_token *next)
{
	unsigned char hash[SECRET_BYTES];

	for (size_t i = 0; i < master_key_count(entry->key); i++) {
		refresh_token_next(entry->key, i, entry->arena, token, next);
		refresh_token_hash(next, hash);
		if (secret_equal(hash, live_hash, sizeof(hash)))
			return true;
	}
	return false;
}

static enum status
count(const struct entry *entry, enum session_refresh outcome)
{
	return counter_add(
	    entry->db, entry->arena, COUNTER_REFRESHES, labels[outcome]);
}

static enum status
decide(const struct entry *entry, struct presented *presented, bool end_stolen)
{
	unsigned char hash[SECRET_BYTES], next_hash[SECRET_BYTES];

	refresh_token_hash(&presented->token, hash);
	refresh_token_hash(&presented->next, next_hash);
	return session_refresh(entry->db, entry->arena, entry->config,
	    presented->token.session_id, presented->token.generation, hash,
	    next_hash, end_stolen, &presented->outcome, presented->session,
	    presented->live_hash);
}

/* Decide again, with all that a theft entails: somebody may be quicker. */
static enum status
end_stolen(const struct entry *entry, struct presented *presented)
{
	enum status st = db_begin(entry->db);

	if (st != ST_OK)
		return st;
	st = decide(entry, presented, true);
	if (st == ST_OK && presented->outcome == SESSION_REFRESH_STOLEN)
		st = report_theft(entry, presented->session);
	if (st == ST_OK)
		st = count(entry, presented->outcome);
	if (st == ST_OK)
		return db_commit(entry->db);
	db_rollback(entry->db);
	return st;
}

static enum status
go_on(const struct entry *entry, struct presented *presented)
{
	enum status st = decide(entry, presented, false);

	if (st != ST_OK)
		return st;
	switch (presented->outcome) {
	case SESSION_REFRESH_ROTATED:
		return ST_OK; /* and counted */
	case SESSION_REFRESH_STOLEN:
		return end_stolen(entry, presented);
	case SESSION_REFRESH_REPEATED:
		/* If the key is gone it was made with, nobody has it. */
		if (!find_successor(entry, &presented->token,
			presented->live_hash, &presented->next))
			presented->outcome = SESSION_REFRESH_EXPIRED;
		break;
	default:
		break;
	}
	return count(entry, presented->outcome);
}

enum status
refresh_present(const struct entry *entry, const char *text,
    enum session_refresh *outcome, struct session *session,
    const char **successor)
{
	struct presented presented = { .session = session };
	enum status st;

	*outcome = SESSION_REFRESH_UNKNOWN;
	if (refresh_token_read(
		entry->key, entry->arena, text, &presented.token) != ST_OK)
		return count(entry, *outcome);
	refresh_token_next(
	    entry->key, 0, entry->arena, &presented.token, &presented.next);
	st = go_on(entry, &presented);
	*outcome = presented.outcome;
	*successor =
	    refresh_token_text(entry->key, entry->arena, &presented.next);
	secret_wipe(presented.token.secret, sizeof(presented.token.secret));
	secret_wipe(presented.next.secret, sizeof(presented.next.secret));
	return st;
}
