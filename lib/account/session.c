/* session.c - the rows of devices that are signed in. */

#include <string.h>

#include "account/session.h"

enum { START, CHECK, TOUCH, CONFIRM, REVOKE, REVOKE_ALL, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	/*
	 * The lock makes one wait for the other: who disables the account ends
	 * this session too, or it never begins.
	 */
	[START] = { "session_start",
	    "INSERT INTO session"
	    " (account_id, ip, user_agent, idle_expires_at, expires_at)"
	    " SELECT id, $2::inet, $3,"
	    " now() + make_interval(secs => $4::bigint),"
	    " now() + make_interval(secs => $5::bigint) FROM account"
	    " WHERE id = $1::uuid AND disabled_at IS NULL FOR SHARE"
	    " RETURNING id" },
	/*
	 * A state for each way of being over, worked out by the one clock that
	 * all machines share.
	 */
	[CHECK] = { "session_check",
	    "SELECT CASE"
	    " WHEN s.revoked_at IS NOT NULL OR a.disabled_at IS NOT NULL THEN 2"
	    " WHEN least(s.idle_expires_at, s.expires_at) <= now() THEN 1"
	    " ELSE 0 END,"
	    " s.generation, floor(extract(epoch FROM s.created_at))::bigint,"
	    " floor(extract(epoch FROM s.confirmed_at))::bigint,"
	    " floor(extract(epoch FROM least(s.idle_expires_at,"
	    " s.expires_at)))::bigint,"
	    " host(s.ip), s.user_agent,"
	    " s.last_seen_at < now() - interval '1 minute',"
	    " a.id, a.email, a.name, floor(extract(epoch FROM a.created_at))::bigint,"
	    " a.verified_at IS NOT NULL,"
	    " floor(extract(epoch FROM now() - s.confirmed_at))::bigint,"
	    " CASE WHEN s.revoked_at IS NOT NULL THEN s.revoked_reason"
	    " WHEN a.disabled_at IS NOT NULL THEN 'account-disabled' END"
	    " FROM session s JOIN account a ON a.id = s.account_id"
	    " WHERE s.id = $1::uuid" },
	[TOUCH] = { "session_touch",
	    "UPDATE session SET last_seen_at = now(),"
	    " idle_expires_at = now() + make_interval(secs => $2::bigint)"
	    " WHERE id = $1::uuid AND revoked_at IS NULL"
	    " AND idle_expires_at > now()"
	    " AND last_seen_at < now() - interval '1 minute'" },
	[CONFIRM] = { "session_confirm",
	    "UPDATE session SET confirmed_at = now()"
	    " WHERE id = $1::uuid AND revoked_at IS NULL"
	    " RETURNING floor(extract(epoch FROM confirmed_at))::bigint" },
	[REVOKE] = { "session_revoke",
	    "UPDATE session SET revoked_at = now(), revoked_reason = $2"
	    " WHERE id = $1::uuid AND revoked_at IS NULL" },
	[REVOKE_ALL] = { "session_revoke_all",
	    "UPDATE session SET revoked_at = now(), revoked_reason = $2"
	    " WHERE account_id = $1::uuid AND revoked_at IS NULL" },
};

static const char *const ends[SESSION_END_COUNT] = {
	[SESSION_SIGNED_OUT] = "signed-out",
	[SESSION_ENDED_ELSEWHERE] = "revoked",
	[SESSION_ACCOUNT_DISABLED] = "account-disabled",
	[SESSION_OPERATOR] = "operator",
};

const char *
session_end_word(enum session_end reason)
{
	return ends[reason];
}

static enum session_end
end_of_word(const char *word)
{
	unsigned end = 0;

	while (end < SESSION_END_COUNT - 1 && strcmp(ends[end], word) != 0)
		end++;
	return end;
}

enum status
session_start(struct db *db, struct arena *arena, const struct config *config,
    const char *account_id, const struct origin *origin,
    struct session *session)
{
	enum session_state state;
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[START],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(origin->ip),
		DB_TEXT(origin->user_agent), DB_INT(config->session_idle),
		DB_INT(config->session_absolute)),
	    &rows);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_CONFLICT : st;
	return session_check(db, arena, db_text(rows, 0, 0), &state, session);
}

static void
read_row(const struct db_rows *rows, const char *id, struct session *session)
{
	*session = (struct session){
		.id = id,
		.generation = db_int(rows, 0, 1),
		.created_at = db_int(rows, 0, 2),
		.confirmed_at = db_int(rows, 0, 3),
		.expires_at = db_int(rows, 0, 4),
		.ip = db_is_null(rows, 0, 5) ? NULL : db_text(rows, 0, 5),
		.user_agent = db_text(rows, 0, 6),
		.unseen = db_bool(rows, 0, 7),
		.account = {
			.id = db_text(rows, 0, 8),
			.email = db_text(rows, 0, 9),
			.name = db_text(rows, 0, 10),
			.password_hash = "",
			.created_at = db_int(rows, 0, 11),
			.verified = db_bool(rows, 0, 12),
		},
		.confirmed_ago = db_int(rows, 0, 13),
		.end = end_of_word(db_text(rows, 0, 14)),
	};
}

enum status
session_check(struct db *db, struct arena *arena, const char *id,
    enum session_state *state, struct session *session)
{
	static const enum session_state states[] = {
		SESSION_ALIVE,
		SESSION_EXPIRED,
		SESSION_REVOKED,
	};
	struct db_rows *rows;
	enum status st;

	st =
	    db_query_one(db, arena, &stmts[CHECK], DB_ARGS(DB_TEXT(id)), &rows);
	if (st == ST_NOT_FOUND) {
		/* Cleaned up long after its end. */
		*state = SESSION_EXPIRED;
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	*state = states[db_int(rows, 0, 0)];
	read_row(rows, id, session);
	return ST_OK;
}

enum status
session_touch(struct db *db, struct arena *arena, const struct config *config,
    const char *id)
{
	return db_query(db, arena, &stmts[TOUCH],
	    DB_ARGS(DB_TEXT(id), DB_INT(config->session_idle)), NULL);
}

enum status
session_confirm(
    struct db *db, struct arena *arena, const char *id, int64_t *confirmed_at)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(
	    db, arena, &stmts[CONFIRM], DB_ARGS(DB_TEXT(id)), &rows);
	if (st == ST_OK)
		*confirmed_at = db_int(rows, 0, 0);
	return st;
}

enum status
session_revoke(
    struct db *db, struct arena *arena, const char *id, enum session_end reason)
{
	return db_query(db, arena, &stmts[REVOKE],
	    DB_ARGS(DB_TEXT(id), DB_TEXT(ends[reason])), NULL);
}

enum status
session_revoke_all(struct db *db, struct arena *arena, const char *account_id,
    enum session_end reason)
{
	return db_query(db, arena, &stmts[REVOKE_ALL],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(ends[reason])), NULL);
}
