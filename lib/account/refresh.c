/* refresh.c - first tokens, successors, and what a theft entails. */

#include <json-c/json.h>

#include "account/audit.h"
#include "account/refresh.h"
#include "mail/outbox.h"

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
	struct json_object *values = json_object_new_object();
	enum status st;

	json_object_object_add(
	    values, "user_agent", json_object_new_string(session->user_agent));
	st = outbox_add(entry->db, entry->arena, entry->key,
	    session->account.id, session->account.email, "stolen", values);
	json_object_put(values);
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

enum status
refresh_present(const struct entry *entry, const char *presented,
    enum session_refresh *outcome, struct session *session, const char **text)
{
	unsigned char hash[SECRET_BYTES], next_hash[SECRET_BYTES];
	unsigned char live_hash[SECRET_BYTES];
	struct refresh_token token, next;
	enum status st;

	*outcome = SESSION_REFRESH_UNKNOWN;
	if (refresh_token_read(entry->key, entry->arena, presented, &token) !=
	    ST_OK)
		return ST_OK;
	refresh_token_next(entry->key, 0, entry->arena, &token, &next);
	refresh_token_hash(&token, hash);
	refresh_token_hash(&next, next_hash);
	st = session_refresh(entry->db, entry->arena, entry->config,
	    token.session_id, token.generation, hash, next_hash, outcome,
	    session, live_hash);
	/* The key is gone that the lost answer was made with: nobody has it. */
	if (st == ST_OK && *outcome == SESSION_REFRESH_REPEATED &&
	    !find_successor(entry, &token, live_hash, &next))
		*outcome = SESSION_REFRESH_EXPIRED;
	if (st == ST_OK && *outcome == SESSION_REFRESH_STOLEN)
		st = report_theft(entry, session);
	*text = refresh_token_text(entry->key, entry->arena, &next);
	secret_wipe(token.secret, sizeof(token.secret));
	secret_wipe(next.secret, sizeof(next.secret));
	return st;
}
