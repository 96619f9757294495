/* known_device.c - the rows behind the device cookie. */

#include "account/known_device.h"
#include "base/secret.h"

enum { FIND, IS_KNOWN, REMEMBER, FORGET_NEW, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[FIND] = { "known_device_find",
	    "SELECT d.id FROM known_device d JOIN account a"
	    " ON a.id = d.account_id"
	    " WHERE d.hash = $1 AND lower(a.email) = lower($2)" },
	[IS_KNOWN] = { "known_device_is_known",
	    "SELECT count(*) > 0, coalesce(bool_or(account_id = $2::uuid), false)"
	    " FROM known_device WHERE hash = $1" },
	[REMEMBER] = { "known_device_remember",
	    "INSERT INTO known_device (account_id, hash, user_agent)"
	    " VALUES ($1::uuid, $2, $3)"
	    " ON CONFLICT (hash, account_id) DO UPDATE"
	    " SET last_used_at = now(), user_agent = excluded.user_agent" },
	/* now() is that of the transaction which has begun both. */
	[FORGET_NEW] = { "known_device_forget_new",
	    "DELETE FROM known_device d USING session s WHERE s.id = $1::uuid"
	    " AND d.account_id = s.account_id"
	    " AND d.created_at = s.created_at" },
};

enum status
known_device_find(struct db *db, struct arena *arena, const char *token,
    const char *email, const char **id)
{
	unsigned char hash[SECRET_BYTES];
	struct db_rows *rows;
	enum status st;

	if (!secret_token_hash(token, hash))
		return ST_NOT_FOUND;
	st = db_query_one(db, arena, &stmts[FIND],
	    DB_ARGS(DB_BYTES(hash, sizeof(hash)), DB_TEXT(email)), &rows);
	if (st == ST_OK)
		*id = db_text(rows, 0, 0);
	return st;
}

enum status
known_device_remember(struct db *db, struct arena *arena, const char *token,
    const char *account_id, const char *user_agent, const char **kept,
    bool *seen)
{
	unsigned char hash[SECRET_BYTES];
	struct db_rows *rows;
	bool known = false;
	enum status st;

	*seen = false;
	if (secret_token_hash(token, hash)) {
		st = db_query_one(db, arena, &stmts[IS_KNOWN],
		    DB_ARGS(DB_BYTES(hash, sizeof(hash)), DB_TEXT(account_id)),
		    &rows);
		if (st != ST_OK)
			return st;
		known = db_bool(rows, 0, 0);
		*seen = db_bool(rows, 0, 1);
	}
	*kept = known ? token : secret_token(arena);
	if (!secret_token_hash(*kept, hash))
		return ST_FAULT;
	return db_query(db, arena, &stmts[REMEMBER],
	    DB_ARGS(DB_TEXT(account_id), DB_BYTES(hash, sizeof(hash)),
		DB_TEXT(user_agent)),
	    NULL);
}

enum status
known_device_forget_new(
    struct db *db, struct arena *arena, const char *session_id)
{
	return db_query(
	    db, arena, &stmts[FORGET_NEW], DB_ARGS(DB_TEXT(session_id)), NULL);
}
