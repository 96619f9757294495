/* link.c - the rows behind mailed links. */

#include "account/link.h"
#include "base/secret.h"

enum { ISSUE, FIND, OPEN, SPEND, EXPIRE, EXPIRE_LATER, STMT_COUNT };

static const struct {
	const char *name; /* on disk */
	bool newest_only;
} kinds[LINK_KIND_COUNT] = {
	[LINK_RESET] = { "reset", true },
	[LINK_EMAIL_CHANGE] = { "email-change", true },
	[LINK_EMAIL_REVERT] = { "email-revert", false },
	[LINK_SESSION_END] = { "session-end", false },
};

static const struct db_stmt stmts[STMT_COUNT] = {
	[ISSUE] = { "link_issue",
	    "INSERT INTO link (kind, account_id, hash, subject, expires_at)"
	    " VALUES ($1, $2::uuid, $3, $4,"
	    " now() + make_interval(secs => $5::bigint))" },
	/*
	 * Replaced is whatever has a newer one beside it, so nobody has to mark
	 * it. The numbers are those of enum link_state. The account is locked
	 * before the link, as everything does that changes both.
	 */
	[FIND] = { "link_find",
	    "SELECT CASE WHEN l.used_at IS NOT NULL THEN 1"
	    " WHEN $3::boolean AND EXISTS (SELECT FROM link n"
	    " WHERE n.account_id = l.account_id AND n.kind = l.kind"
	    " AND n.id > l.id) THEN 2"
	    " WHEN l.expires_at <= now() THEN 3 ELSE 0 END,"
	    " l.account_id, l.subject, l.opened_at IS NOT NULL,"
	    " l.expires_at, l.created_at"
	    " FROM account a JOIN link l ON l.account_id = a.id"
	    " WHERE l.kind = $1 AND l.hash = $2"
	    " FOR NO KEY UPDATE OF a, l" },
	[OPEN] = { "link_open",
	    "UPDATE link SET opened_at = coalesce(opened_at, now()),"
	    " expires_at = CASE WHEN opened_at IS NOT NULL THEN expires_at ELSE"
	    " least(expires_at, now() + make_interval(secs => $3::bigint)) END"
	    " WHERE kind = $1 AND hash = $2"
	    " AND used_at IS NULL AND expires_at > now()" },
	/* One statement decides, so two callers cannot both win. */
	[SPEND] = { "link_spend",
	    "UPDATE link SET used_at = now() WHERE kind = $1 AND hash = $2"
	    " AND used_at IS NULL AND expires_at > now()" },
	/*
	 * Since it was made, not since now: who began before this and then
	 * waited for the account has an earlier now(), and would find it live.
	 */
	[EXPIRE] = { "link_expire",
	    "UPDATE link SET expires_at = created_at WHERE kind = $1"
	    " AND account_id = $2::uuid AND used_at IS NULL"
	    " AND expires_at > now()" },
	[EXPIRE_LATER] = { "link_expire_later",
	    "UPDATE link SET expires_at = link.created_at FROM link given"
	    " WHERE given.kind = $1 AND given.hash = $2"
	    " AND link.account_id = given.account_id"
	    " AND link.kind = given.kind AND link.id > given.id"
	    " AND link.used_at IS NULL AND link.expires_at > now()" },
};

enum status
link_issue(struct db *db, struct arena *arena, enum link_kind kind,
    const char *account_id, const char *subject, int64_t ttl,
    const char **token)
{
	unsigned char hash[SECRET_BYTES];
	char *text = secret_token(arena);
	enum status st;

	if (!secret_token_hash(text, hash))
		return ST_FAULT;
	st = db_query(db, arena, &stmts[ISSUE],
	    DB_ARGS(DB_TEXT(kinds[kind].name), DB_TEXT(account_id),
		DB_BYTES(hash, sizeof(hash)), DB_TEXT(subject), DB_INT(ttl)),
	    NULL);
	if (st == ST_OK)
		*token = text;
	return st;
}

enum status
link_find(struct db *db, struct arena *arena, enum link_kind kind,
    const char *token, struct link *link)
{
	unsigned char hash[SECRET_BYTES];
	struct db_rows *rows;
	enum status st;

	if (!secret_token_hash(token, hash))
		return ST_NOT_FOUND;
	st = db_query_one(db, arena, &stmts[FIND],
	    DB_ARGS(DB_TEXT(kinds[kind].name), DB_BYTES(hash, sizeof(hash)),
		DB_BOOL(kinds[kind].newest_only)),
	    &rows);
	if (st != ST_OK)
		return st;
	*link = (struct link){
		.state = (enum link_state)db_int(rows, 0, 0),
		.account_id = db_text(rows, 0, 1),
		.subject = db_text(rows, 0, 2),
		.opened = db_bool(rows, 0, 3),
		.expires_at = db_time(rows, 0, 4),
		.created_at = db_time(rows, 0, 5),
	};
	return ST_OK;
}

enum status
link_open(struct db *db, struct arena *arena, enum link_kind kind,
    const char *token, int64_t ttl)
{
	unsigned char hash[SECRET_BYTES];

	if (!secret_token_hash(token, hash))
		return ST_NOT_FOUND;
	return db_change(db, arena, &stmts[OPEN],
	    DB_ARGS(DB_TEXT(kinds[kind].name), DB_BYTES(hash, sizeof(hash)),
		DB_INT(ttl)));
}

enum status
link_spend(
    struct db *db, struct arena *arena, enum link_kind kind, const char *token)
{
	unsigned char hash[SECRET_BYTES];

	if (!secret_token_hash(token, hash))
		return ST_NOT_FOUND;
	return db_change(db, arena, &stmts[SPEND],
	    DB_ARGS(DB_TEXT(kinds[kind].name), DB_BYTES(hash, sizeof(hash))));
}

enum status
link_expire(struct db *db, struct arena *arena, enum link_kind kind,
    const char *account_id)
{
	return db_query(db, arena, &stmts[EXPIRE],
	    DB_ARGS(DB_TEXT(kinds[kind].name), DB_TEXT(account_id)), NULL);
}

enum status
link_expire_later(
    struct db *db, struct arena *arena, enum link_kind kind, const char *token)
{
	unsigned char hash[SECRET_BYTES];

	if (!secret_token_hash(token, hash))
		return ST_NOT_FOUND;
	return db_query(db, arena, &stmts[EXPIRE_LATER],
	    DB_ARGS(DB_TEXT(kinds[kind].name), DB_BYTES(hash, sizeof(hash))),
	    NULL);
}
