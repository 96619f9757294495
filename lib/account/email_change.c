/* email_change.c - two kinds of links, and the address that each stands for. */

#include <string.h>

#include "account/audit.h"
#include "account/email_change.h"
#include "account/notice.h"
#include "account/password.h"
#include "account/reset.h"
#include "account/second_factor.h"
#include "base/clock.h"

#define UUID_LEN 36

enum status
email_change_ask(
    const struct entry *entry, const struct session *session, const char *email)
{
	enum status st;

	st = entry_ask(entry, EMAIL_CHANGE_JOB, email,
	    arena_printf(entry->arena, "%s %s", session->id, email));
	if (st != ST_OK)
		return st;
	return audit(entry->db, entry->arena, ACTOR_PERSON,
	    DEED_EMAIL_CHANGE_ASKED, session->account.id, session->id,
	    entry->origin);
}

/* Is it of an account that can't make way? */
static bool
is_settled(const struct account *account)
{
	return account->verified || account->disabled;
}

static enum status
send_link(
    const struct entry *entry, const struct account *account, const char *email)
{
	const struct account there = { .id = account->id, .email = email };
	int64_t ttl = entry->config->email_change_ttl;
	const char *token;
	enum status st;

	st = link_issue(entry->db, entry->arena, LINK_EMAIL_CHANGE, account->id,
	    email, ttl, &token);
	if (st != ST_OK)
		return st;
	return entry_mail(entry, &there, "email-change",
	    OUTBOX_VALUES({ "token", token },
		{ "ttl", clock_duration_words(entry->arena, ttl) }));
}

/*
 * The session that asked, and its account, which then stays as it is: what ends
 * the session ends the links, too, and would miss one that is made meanwhile.
 */
static enum status
find_asker(const struct entry *entry, const char *id, struct session *session,
    enum session_state *state)
{
	struct account account;
	enum status st;

	st = session_check(entry->db, entry->arena, id, 0, state, session);
	if (st != ST_OK || *state != SESSION_ALIVE)
		return st;
	st = account_lock(
	    entry->db, entry->arena, session->account.id, &account);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	return session_check(entry->db, entry->arena, id, 0, state, session);
}

enum status
email_change_answer(const struct entry *entry, const struct job *job)
{
	enum session_state state;
	struct session session;
	struct account holder;
	const char *text, *email;
	enum status st;

	st = entry_asked(entry, job, &text);
	if (st != ST_OK)
		return st;
	email = text + UUID_LEN + 1;
	st = find_asker(entry, arena_strndup(entry->arena, text, UUID_LEN),
	    &session, &state);
	if (st != ST_OK || state != SESSION_ALIVE)
		return st;
	st = account_find_by_email(entry->db, entry->arena, email, &holder);
	if (st == ST_NOT_FOUND)
		return send_link(entry, &session.account, email);
	if (st != ST_OK)
		return st;
	/* Or the same one, written otherwise. */
	if (is_settled(&holder) && strcmp(holder.id, session.account.id) != 0)
		return entry_mail(
		    entry, &holder, "email-taken", OUTBOX_NO_VALUES);
	return send_link(entry, &session.account, email);
}

/* Who has the address that the link is for? */
static enum status
find_holder(const struct entry *entry, struct email_link *link, bool *in_way)
{
	struct account holder;
	enum status st;

	*in_way = link->taken = false;
	st = account_find_by_email(
	    entry->db, entry->arena, link->email, &holder);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	if (strcmp(holder.id, link->account.id) != 0) {
		link->taken = is_settled(&holder);
		*in_way = !link->taken;
	}
	return ST_OK;
}

static enum status
find(const struct entry *entry, enum link_kind kind, const char *token,
    struct email_link *link, bool *in_way)
{
	struct link row;
	enum status st;

	st = link_find(entry->db, entry->arena, kind, token, &row);
	if (st == ST_OK)
		st = account_find(
		    entry->db, entry->arena, row.account_id, &link->account);
	if (st != ST_OK)
		return st;
	link->state = row.state;
	link->email = row.subject;
	link->created_at = row.created_at;
	if (link->account.disabled)
		return ST_NOT_FOUND;
	return find_holder(entry, link, in_way);
}

enum status
email_change_find(const struct entry *entry, enum link_kind kind,
    const char *token, struct email_link *link)
{
	bool in_way;

	return find(entry, kind, token, link, &in_way);
}

/* Spend the link, if it is good, for the address. *done: it was. */
static enum status
take_address(const struct entry *entry, enum link_kind kind, const char *token,
    struct email_link *link, bool *done)
{
	bool in_way;
	enum status st;

	*done = false;
	st = find(entry, kind, token, link, &in_way);
	if (st != ST_OK || link->state != LINK_LIVE || link->taken)
		return st;
	*done = true;
	st = link_spend(entry->db, entry->arena, kind, token);
	if (st == ST_OK && in_way)
		st = account_make_way(entry->db, entry->arena, link->email);
	if (st == ST_OK)
		st = account_set_email(
		    entry->db, entry->arena, link->account.id, link->email);
	return st;
}

/* To the old address, which the account in the link still shows. */
static enum status
send_way_back(const struct entry *entry, const struct email_link *link)
{
	int64_t ttl = entry->config->email_revert_ttl;
	const char *token;
	enum status st;

	st = link_issue(entry->db, entry->arena, LINK_EMAIL_REVERT,
	    link->account.id, link->account.email, ttl, &token);
	if (st != ST_OK)
		return st;
	return notice_mail(entry, &link->account, "email-changed",
	    OUTBOX_VALUES({ "token", token },
		{ "ttl", clock_duration_words(entry->arena, ttl) }));
}

enum status
email_change_use(
    const struct entry *entry, const char *token, struct email_link *link)
{
	const char *id;
	bool done;
	enum status st;

	st = take_address(entry, LINK_EMAIL_CHANGE, token, link, &done);
	if (st != ST_OK || !done)
		return st;
	id = link->account.id;
	/* Those in the mailbox that is the account's no longer. */
	st = link_expire(entry->db, entry->arena, LINK_RESET, id);
	if (st == ST_OK)
		st = send_way_back(entry, link);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_EMAIL_CHANGED, id, NULL, entry->origin);
	return st;
}

/*
 * Whoever changed the address has had a session, and perhaps changed it more
 * than once. Links back to addresses before this one stay: were it otherwise,
 * a thief who did that could end the owner's.
 */
static enum status
shut_out(const struct entry *entry, const char *id, const char *token)
{
	enum status st;

	st = session_revoke_all(
	    entry->db, entry->arena, id, SESSION_ENDED_ELSEWHERE, NULL);
	if (st == ST_OK)
		st =
		    link_expire(entry->db, entry->arena, LINK_EMAIL_CHANGE, id);
	/* Those lead to a new password, and went to the thief's mailbox. */
	if (st == ST_OK)
		st = link_expire(entry->db, entry->arena, LINK_SESSION_END, id);
	if (st == ST_OK)
		st = link_expire_later(
		    entry->db, entry->arena, LINK_EMAIL_REVERT, token);
	return st;
}

/*
 * Whoever changed the address may have put a lock of their own on the door. The
 * owner's, which is older, stays: this link proves a mailbox and no more.
 */
static enum status
remove_later_factor(const struct entry *entry, const struct email_link *link)
{
	const struct account owner = {
		.id = link->account.id,
		.email = link->email,
	};
	struct second_factor factor;
	enum status st;

	st = second_factor_find(entry->db, entry->arena, owner.id, &factor);
	if (st != ST_OK || !factor.active ||
	    factor.activated_at < link->created_at)
		return st;
	return second_factor_remove(entry, ACTOR_PERSON, &owner);
}

enum status
email_change_undo(const struct entry *entry, const char *token,
    struct email_link *link, const char **reset_token)
{
	const char *id;
	bool done;
	enum status st;

	st = take_address(entry, LINK_EMAIL_REVERT, token, link, &done);
	if (st != ST_OK || !done)
		return st;
	id = link->account.id;
	st = shut_out(entry, id, token);
	if (st == ST_OK)
		st = remove_later_factor(entry, link);
	/* Who knows the password is not to sign in with it once more. */
	if (st == ST_OK)
		st = account_set_password_hash(
		    entry->db, entry->arena, id, PASSWORD_NONE);
	if (st == ST_OK)
		st = reset_issue_opened(
		    entry->db, entry->arena, entry->config, id, reset_token);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_EMAIL_CHANGE_UNDONE, id, NULL, entry->origin);
	return st;
}
