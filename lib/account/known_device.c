/* known_device.c - the rows behind the device cookie. */

#include "account/known_device.h"
#include "base/secret.h"
#include "base/text.h"

enum {
	FIND,
	IS_KNOWN,
	REMEMBER,
	LIST,
	FORGET,
	FORGET_OTHERS,
	FORGET_NEW,
	STMT_COUNT
};

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
	/* A row is compared with that of the item to go on behind. */
	[LIST] = { "known_device_list",
	    "SELECT id, created_at, last_used_at, user_agent,"
	    " hash IS NOT DISTINCT FROM $2 FROM known_device"
	    " WHERE account_id = $1::uuid AND ($3::uuid IS NULL OR"
	    " (hash IS NOT DISTINCT FROM $2, last_used_at, id)"
	    " < (SELECT c.hash IS NOT DISTINCT FROM $2, c.last_used_at, c.id"
	    " FROM known_device c WHERE c.id = $3::uuid"
	    " AND c.account_id = $1::uuid))"
	    " ORDER BY hash IS NOT DISTINCT FROM $2 DESC, last_used_at DESC,"
	    " id DESC LIMIT $4::bigint" },
	[FORGET] = { "known_device_forget",
	    "DELETE FROM known_device WHERE account_id = $1::uuid"
	    " AND id = $2::uuid" },
	[FORGET_OTHERS] = { "known_device_forget_others",
	    "DELETE FROM known_device WHERE account_id = $1::uuid"
	    " AND hash IS DISTINCT FROM $2" },
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

/* The hash of a token as a parameter; NULL for what is no token. */
static struct db_arg
hash_of(struct arena *arena, const char *token)
{
	unsigned char hash[SECRET_BYTES];

	if (!secret_token_hash(token, hash))
		return DB_NULL;
	return DB_BYTES(arena_copy(arena, hash, sizeof(hash)), sizeof(hash));
}

enum status
known_device_list(struct db *db, struct arena *arena, const char *account_id,
    const char *token, const char *after, int64_t limit,
    struct known_device **list, size_t *count, bool *more)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[LIST],
	    DB_ARGS(DB_TEXT(account_id), hash_of(arena, token), DB_TEXT(after),
		DB_INT(limit + 1)),
	    &rows);
	if (st != ST_OK)
		return st;
	*count = db_page(rows, limit, more);
	*list = arena_array(arena, *count, sizeof(**list));
	for (size_t i = 0; i < *count; i++)
		(*list)[i] = (struct known_device){
			.id = db_text(rows, i, 0),
			.first_seen_at = db_time(rows, i, 1),
			.last_seen_at = db_time(rows, i, 2),
			.user_agent = db_text(rows, i, 3),
			.current = db_bool(rows, i, 4),
		};
	return ST_OK;
}

enum status
known_device_forget(
    struct db *db, struct arena *arena, const char *account_id, const char *id)
{
	if (!text_is_uuid(id))
		return ST_NOT_FOUND;
	return db_change(db, arena, &stmts[FORGET],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(id)));
}

enum status
known_device_forget_others(struct db *db, struct arena *arena,
    const char *account_id, const char *token, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[FORGET_OTHERS],
	    DB_ARGS(DB_TEXT(account_id), hash_of(arena, token)), &rows);
	if (st == ST_OK)
		*count = db_affected(rows);
	return st;
}

enum status
known_device_forget_new(
    struct db *db, struct arena *arena, const char *session_id)
{
	return db_query(
	    db, arena, &stmts[FORGET_NEW], DB_ARGS(DB_TEXT(session_id)), NULL);
}
