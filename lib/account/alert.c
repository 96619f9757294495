/* alert.c - who was seen before, what is mailed, what the link does. */

#include "account/alert.h"
#include "account/audit.h"
#include "account/known_device.h"
#include "account/reset.h"
#include "account/session_list.h"
#include "base/clock.h"

enum { KNOWS_PROGRAM, FIND, STMT_COUNT };

/* The network of a session's address. */
#define NETWORK(s)                       \
	" network(set_masklen(" s ".ip," \
	" CASE family(" s ".ip) WHEN 4 THEN 24 ELSE 64 END))"

static const struct db_stmt stmts[STMT_COUNT] = {
	[KNOWS_PROGRAM] = { "alert_knows_program",
	    "SELECT EXISTS (SELECT FROM session n JOIN session s"
	    " ON s.account_id = n.account_id AND s.user_agent = n.user_agent"
	    " AND s.id <> n.id WHERE n.id = $1::uuid"
	    " AND" NETWORK("s") " IS NOT DISTINCT FROM" NETWORK(
		"n") " AND (s.revoked_reason IS NULL"
		     " OR s.revoked_reason IN ('signed-out', 'replaced')))" },
	[FIND] = { "alert_find",
	    "SELECT revoked_at IS NOT NULL"
	    " OR least(idle_expires_at, expires_at) <= now(),"
	    " created_at, host(ip), user_agent FROM session"
	    " WHERE id = $1::uuid AND account_id = $2::uuid" },
};

enum status
alert_knows_program(
    const struct entry *entry, const struct session *session, bool *seen)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(entry->db, entry->arena, &stmts[KNOWS_PROGRAM],
	    DB_ARGS(DB_TEXT(session->id)), &rows);
	if (st == ST_OK)
		*seen = db_bool(rows, 0, 0);
	return st;
}

enum status
alert_send(const struct entry *entry, const struct session *session,
    const char *device)
{
	const char *token;
	enum status st;

	st = link_issue(entry->db, entry->arena, LINK_SESSION_END,
	    session->account.id, session->id, entry->config->alert_ttl, &token);
	if (st != ST_OK)
		return st;
	st = entry_mail(entry, &session->account, "alert",
	    OUTBOX_VALUES({ "token", token }, { "device", device },
		{ "ip", session->ip },
		{ "at", clock_words(entry->arena, session->created_at) },
		{ "ttl",
		    clock_duration_words(
			entry->arena, entry->config->alert_ttl) }));
	if (st != ST_OK)
		return st;
	return audit(entry->db, entry->arena, ACTOR_PERSON,
	    DEED_SIGN_IN_ALERTED, session->account.id, session->id,
	    entry->origin);
}

enum status
alert_find(
    struct db *db, struct arena *arena, const char *token, struct alert *alert)
{
	struct db_rows *rows;
	struct link link;
	enum status st;

	st = link_find(db, arena, LINK_SESSION_END, token, &link);
	if (st != ST_OK)
		return st;
	*alert = (struct alert){
		.state = link.state,
		.expires_at = link.expires_at,
		.account_id = link.account_id,
		.session_id = link.subject,
		.ended = true,
		.user_agent = "",
	};
	st = db_query_one(db, arena, &stmts[FIND],
	    DB_ARGS(DB_TEXT(link.subject), DB_TEXT(link.account_id)), &rows);
	if (st == ST_NOT_FOUND)
		return ST_OK; /* cleaned up long after its end */
	if (st != ST_OK)
		return st;
	alert->ended = db_bool(rows, 0, 0);
	alert->signed_in_at = db_time(rows, 0, 1);
	alert->ip = db_is_null(rows, 0, 2) ? NULL : db_text(rows, 0, 2);
	alert->user_agent = db_text(rows, 0, 3);
	return ST_OK;
}

enum status
alert_disown(const struct entry *entry, const char *token,
    const struct alert *alert, const char **reset_token)
{
	bool ended;
	enum status st;

	st = link_spend(entry->db, entry->arena, LINK_SESSION_END, token);
	if (st != ST_OK)
		return st;
	st = session_end_own(entry->db, entry->arena, alert->account_id,
	    alert->session_id, SESSION_ENDED_ELSEWHERE, &ended);
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = known_device_forget_new(
		    entry->db, entry->arena, alert->session_id);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_SIGN_IN_DISOWNED, alert->account_id, alert->session_id,
		    entry->origin);
	if (st == ST_OK)
		st = reset_issue_opened(entry->db, entry->arena, entry->config,
		    alert->account_id, reset_token);
	return st;
}
