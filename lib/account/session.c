/* session.c - the rows of devices that are signed in. */

#include <string.h>

#include "account/session.h"
#include "base/counter.h"

enum {
	START,
	CHECK,
	TOUCH,
	REFRESH,
	CONFIRM,
	REVOKE,
	REVOKE_ALL,
	REVOKE_EVERY,
	STMT_COUNT
};

/*
 * Those that have expired, too: a refresh that began before would bring them
 * back. They count for nothing.
 */
#define REVOKE_ALL_OF(whose)                                      \
	"WITH revoked AS (UPDATE session SET revoked_at = now()," \
	" revoked_reason = $1 WHERE revoked_at IS NULL" whose     \
	" RETURNING least(idle_expires_at, expires_at) > now())"  \
	" SELECT count(*) FROM revoked AS r (alive) WHERE alive"

/* Of session s and account a: read_row knows their order. */
#define COLUMNS                                                            \
	" s.id, s.generation, s.created_at, s.confirmed_at,"               \
	" least(s.idle_expires_at, s.expires_at), s.expires_at,"           \
	" s.ip, s.user_agent, s.remember,"                                 \
	" a.id, a.email, a.name, a.created_at, a.verified_at IS NOT NULL," \
	" floor(date_part('epoch', now() - s.confirmed_at)),"              \
	" a.second_factor, a.email_bounced_at IS NOT NULL"

/* Behind them, how s ended, or NULL; in a refresh's answer, the live hash. */
#define ENDED 19
#define LIVE_HASH 20
#define END                                                         \
	" CASE WHEN s.revoked_at IS NOT NULL THEN s.revoked_reason" \
	" WHEN a.disabled_at IS NOT NULL THEN 'account-disabled' END"

static const struct db_stmt stmts[STMT_COUNT] = {
	/*
	 * The lock makes one wait for the other: who disables the account ends
	 * this session too, or it never begins. As there is no generation before
	 * the first, its delivery needs no proof.
	 */
	[START] = { "session_start",
	    "WITH started AS ("
	    "INSERT INTO session (account_id, ip, user_agent, remember,"
	    " refresh_hash, delivered_at, idle_expires_at, expires_at)"
	    " SELECT id, $2::inet, $3, $4, $5, now(),"
	    " now() + make_interval(secs => $6::bigint),"
	    " now() + make_interval(secs => $7::bigint) FROM account"
	    " WHERE id = $1::uuid AND disabled_at IS NULL FOR SHARE"
	    " RETURNING *"
	    ") SELECT 0, false," COLUMNS " FROM started s"
	    " JOIN account a ON a.id = s.account_id" },
	/*
	 * A state for each way of being over, worked out by the one clock that
	 * all machines share.
	 */
	[CHECK] = { "session_check",
	    "SELECT CASE"
	    " WHEN s.revoked_at IS NOT NULL OR a.disabled_at IS NOT NULL THEN 2"
	    " WHEN least(s.idle_expires_at, s.expires_at) <= now() THEN 1"
	    " ELSE 0 END,"
	    " s.last_seen_at < now() - interval '1 minute'"
	    " OR (s.delivered_at IS NULL AND s.generation = $2::bigint)," COLUMNS
	    "," END " FROM session s JOIN account a ON a.id = s.account_id"
	    " WHERE s.id = $1::uuid" },
	[TOUCH] = { "session_touch",
	    "UPDATE session SET last_seen_at = now(),"
	    " idle_expires_at = now() + make_interval(secs =>"
	    " CASE WHEN remember THEN $4::bigint ELSE $3::bigint END),"
	    " delivered_at = CASE WHEN delivered_at IS NULL"
	    " AND generation = $2::bigint THEN now() ELSE delivered_at END"
	    " WHERE id = $1::uuid AND revoked_at IS NULL"
	    " AND idle_expires_at > now()"
	    " AND (last_seen_at < now() - interval '1 minute'"
	    " OR (delivered_at IS NULL AND generation = $2::bigint))" },
	/*
	 * $2 the generation presented, $3 its hash, $4 the next one's, $5 the
	 * grace, $6 and $7 the idle lifetimes, $8 whether a theft ends it.
	 * Whoever waited for the lock sees the row as the one before left it.
	 */
	[REFRESH] = { "session_refresh",
	    "WITH presented AS ("
	    "SELECT s.id, CASE"
	    " WHEN s.revoked_at IS NOT NULL OR a.disabled_at IS NOT NULL THEN 3"
	    " WHEN least(s.idle_expires_at, s.expires_at) <= now() THEN 2"
	    " WHEN s.generation < $2::bigint THEN 5"
	    " WHEN s.generation = $2::bigint AND s.refresh_hash = $3 THEN 0"
	    " WHEN s.generation = $2::bigint + 1 AND s.previous_hash = $3"
	    " AND (s.delivered_at IS NULL OR s.delivered_at >"
	    " now() - make_interval(secs => $5::bigint)) THEN 1"
	    " ELSE 4 END AS outcome," END " AS reason"
	    " FROM session s JOIN account a ON a.id = s.account_id"
	    " WHERE s.id = $1::uuid FOR UPDATE OF s"
	    "), changed AS ("
	    "UPDATE session s SET"
	    " generation = s.generation + CASE outcome WHEN 0 THEN 1 ELSE 0 END,"
	    " previous_hash = CASE outcome WHEN 0 THEN s.refresh_hash"
	    " ELSE s.previous_hash END,"
	    " refresh_hash = CASE outcome WHEN 0 THEN $4 ELSE s.refresh_hash END,"
	    " rotated_at = CASE outcome WHEN 0 THEN now() ELSE s.rotated_at END,"
	    " delivered_at = CASE outcome WHEN 0 THEN NULL"
	    " ELSE s.delivered_at END,"
	    " last_seen_at = CASE outcome WHEN 4 THEN s.last_seen_at"
	    " ELSE now() END,"
	    " idle_expires_at = CASE outcome WHEN 4 THEN s.idle_expires_at"
	    " ELSE now() + make_interval(secs =>"
	    " CASE WHEN s.remember THEN $7::bigint ELSE $6::bigint END) END,"
	    " revoked_at = CASE outcome WHEN 4 THEN now() END,"
	    " revoked_reason = CASE outcome WHEN 4 THEN 'stolen' END"
	    " FROM presented WHERE s.id = presented.id"
	    " AND (outcome IN (0, 1) OR (outcome = 4 AND $8::boolean))"
	    " RETURNING s.id, s.account_id, s.generation, s.created_at,"
	    " s.confirmed_at, s.idle_expires_at, s.expires_at, s.ip,"
	    " s.user_agent, s.remember, s.refresh_hash"
	    "), counting AS (" COUNTER_ADD
	    " SELECT 'refreshes', 'rotated' FROM presented WHERE outcome = 0"
	    ") SELECT outcome, false," COLUMNS ", reason, s.refresh_hash"
	    " FROM presented"
	    " LEFT JOIN changed s ON true"
	    " LEFT JOIN account a ON a.id = s.account_id" },
	[CONFIRM] = { "session_confirm",
	    "UPDATE session SET confirmed_at = now()"
	    " WHERE id = $1::uuid AND revoked_at IS NULL"
	    " RETURNING floor(extract(epoch FROM confirmed_at))::bigint" },
	[REVOKE] = { "session_revoke",
	    "UPDATE session SET revoked_at = now(), revoked_reason = $2"
	    " WHERE id = $1::uuid AND revoked_at IS NULL" },
	[REVOKE_ALL] = { "session_revoke_all",
	    REVOKE_ALL_OF(" AND account_id = $2::uuid") },
	[REVOKE_EVERY] = { "session_revoke_every", REVOKE_ALL_OF("") },
};

static const char *const ends[SESSION_END_COUNT] = {
	[SESSION_SIGNED_OUT] = "signed-out",
	[SESSION_ENDED_ELSEWHERE] = "revoked",
	[SESSION_REPLACED] = "replaced",
	[SESSION_STOLEN] = "stolen",
	[SESSION_PASSWORD_RESET] = "password-reset",
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

static void
read_row(const struct db_rows *rows, struct session *session)
{
	*session = (struct session){
		.unseen = db_bool(rows, 0, 1),
		.id = db_text(rows, 0, 2),
		.generation = db_int(rows, 0, 3),
		.created_at = db_time(rows, 0, 4),
		.confirmed_at = db_time(rows, 0, 5),
		.expires_at = db_time(rows, 0, 6),
		.absolute_expires_at = db_time(rows, 0, 7),
		.ip = db_is_null(rows, 0, 8) ? NULL : db_text(rows, 0, 8),
		.user_agent = db_text(rows, 0, 9),
		.remember = db_bool(rows, 0, 10),
		.account = {
			.id = db_text(rows, 0, 11),
			.email = db_text(rows, 0, 12),
			.name = db_text(rows, 0, 13),
			.password_hash = "",
			.created_at = db_time(rows, 0, 14),
			.verified = db_bool(rows, 0, 15),
			.bounced = db_bool(rows, 0, 18),
		},
		.confirmed_ago = db_int(rows, 0, 16),
		.second_factor = db_bool(rows, 0, 17),
		.end = end_of_word(db_text(rows, 0, ENDED)),
	};
}

enum status
session_start(struct db *db, struct arena *arena, const struct config *config,
    const char *account_id, const struct origin *origin, bool remember,
    const unsigned char refresh_hash[static SECRET_BYTES],
    struct session *session)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[START],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(origin->ip),
		DB_TEXT(origin->user_agent), DB_BOOL(remember),
		DB_BYTES(refresh_hash, SECRET_BYTES),
		DB_INT(remember ? config->session_remember_idle
				: config->session_idle),
		DB_INT(remember ? config->session_remember_absolute
				: config->session_absolute)),
	    &rows);
	if (st == ST_OK)
		read_row(rows, session);
	return st == ST_NOT_FOUND ? ST_CONFLICT : st;
}

enum status
session_check(struct db *db, struct arena *arena, const char *id,
    int64_t generation, enum session_state *state, struct session *session)
{
	static const enum session_state states[] = {
		SESSION_ALIVE,
		SESSION_EXPIRED,
		SESSION_REVOKED,
	};
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[CHECK],
	    DB_ARGS(DB_TEXT(id), DB_INT(generation)), &rows);
	if (st == ST_NOT_FOUND) {
		/* Cleaned up long after its end. */
		*state = SESSION_EXPIRED;
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	*state = states[db_int(rows, 0, 0)];
	read_row(rows, session);
	return ST_OK;
}

enum status
session_touch(struct db *db, struct arena *arena, const struct config *config,
    const char *id, int64_t generation)
{
	return db_query(db, arena, &stmts[TOUCH],
	    DB_ARGS(DB_TEXT(id), DB_INT(generation),
		DB_INT(config->session_idle),
		DB_INT(config->session_remember_idle)),
	    NULL);
}

enum status
session_refresh(struct db *db, struct arena *arena, const struct config *config,
    const char *id, int64_t generation,
    const unsigned char hash[static SECRET_BYTES],
    const unsigned char next_hash[static SECRET_BYTES], bool end_stolen,
    enum session_refresh *outcome, struct session *session,
    unsigned char live_hash[static SECRET_BYTES])
{
	const unsigned char *live;
	struct db_rows *rows;
	enum status st;
	size_t size;

	st = db_query_one(db, arena, &stmts[REFRESH],
	    DB_ARGS(DB_TEXT(id), DB_INT(generation),
		DB_BYTES(hash, SECRET_BYTES), DB_BYTES(next_hash, SECRET_BYTES),
		DB_INT(config->refresh_grace), DB_INT(config->session_idle),
		DB_INT(config->session_remember_idle), DB_BOOL(end_stolen)),
	    &rows);
	if (st == ST_NOT_FOUND) {
		*outcome = SESSION_REFRESH_UNKNOWN;
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	*outcome = (enum session_refresh)db_int(rows, 0, 0);
	if (db_is_null(rows, 0, 2)) {
		session->end = end_of_word(db_text(rows, 0, ENDED));
		return ST_OK;
	}
	read_row(rows, session);
	live = db_bytes(rows, 0, LIVE_HASH, &size);
	if (size != SECRET_BYTES)
		return ST_FAULT;
	memcpy(live_hash, live, SECRET_BYTES);
	return ST_OK;
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
    enum session_end reason, size_t *count)
{
	const struct db_arg args[] = { DB_TEXT(ends[reason]),
		DB_TEXT(account_id) };
	bool one = account_id != NULL;
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[one ? REVOKE_ALL : REVOKE_EVERY],
	    args, one ? 2 : 1, &rows);
	if (st == ST_OK && count != NULL)
		*count = (size_t)db_int(rows, 0, 0);
	return st;
}
