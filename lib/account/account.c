/* account.c - the rows of people. */

#include "account/account.h"
#include "account/session.h"

enum {
	FIND,
	LOCK,
	FIND_BY_EMAIL,
	LIST,
	CREATE,
	START_OVER,
	NOTE_SIGN_IN,
	RENAME,
	MAKE_WAY,
	SET_EMAIL,
	UNBLOCK,
	SET_PASSWORD_HASH,
	RESET_PASSWORD,
	RENEW_PASSWORD_HASH,
	PASSWORD_KINDS,
	DISABLE,
	ENABLE,
	STMT_COUNT
};

#define COLUMNS                                              \
	"id, email, name, password_hash,"                    \
	" floor(extract(epoch FROM created_at))::bigint,"    \
	" verified_at IS NOT NULL, disabled_at IS NOT NULL," \
	" floor(extract(epoch FROM delete_after))::bigint,"  \
	" email_bounced_at IS NOT NULL"

static const struct db_stmt stmts[STMT_COUNT] = {
	[FIND] = { "account_find",
	    "SELECT " COLUMNS " FROM account WHERE id = $1::uuid" },
	[LOCK] = { "account_lock",
	    "SELECT " COLUMNS " FROM account WHERE id = $1::uuid"
	    " FOR NO KEY UPDATE" },
	[FIND_BY_EMAIL] = { "account_find_by_email",
	    "SELECT " COLUMNS " FROM account WHERE lower(email) = lower($1)" },
	[LIST] = { "account_list",
	    "SELECT " COLUMNS " FROM account WHERE lower(email) > lower($1)"
	    " ORDER BY lower(email) LIMIT $2::bigint" },
	[CREATE] = { "account_create",
	    "INSERT INTO account (email, name, password_hash, verified_at)"
	    " VALUES ($1, $2, $3, CASE WHEN $4::boolean THEN now() END)"
	    " ON CONFLICT DO NOTHING RETURNING id" },
	[START_OVER] = { "account_start_over",
	    "UPDATE account SET name = $2, password_hash = $3"
	    " WHERE id = $1::uuid AND verified_at IS NULL" },
	/* Later ones meet no row, and lock none. */
	[NOTE_SIGN_IN] = { "account_note_sign_in",
	    "UPDATE account SET first_signed_in_at = now()"
	    " WHERE id = $1::uuid AND first_signed_in_at IS NULL" },
	[RENAME] = { "account_rename",
	    "UPDATE account SET name = $2 WHERE id = $1::uuid" },
	[MAKE_WAY] = { "account_make_way", "SELECT account_make_way($1)" },
	[SET_EMAIL] = { "account_set_email",
	    "UPDATE account SET email = $2, email_bounced_at = NULL"
	    " WHERE id = $1::uuid" },
	[UNBLOCK] = { "account_unblock",
	    "UPDATE account SET email_bounced_at = NULL"
	    " WHERE id = $1::uuid AND email_bounced_at IS NOT NULL" },
	[SET_PASSWORD_HASH] = { "account_set_password_hash",
	    "UPDATE account SET password_hash = $2 WHERE id = $1::uuid" },
	[RESET_PASSWORD] = { "account_reset_password",
	    "UPDATE account SET password_hash = $2,"
	    " verified_at = coalesce(verified_at, now()),"
	    " email_bounced_at = NULL"
	    " WHERE id = $1::uuid AND disabled_at IS NULL" },
	[RENEW_PASSWORD_HASH] = { "account_renew_password_hash",
	    "UPDATE account SET password_hash = $3"
	    " WHERE id = $1::uuid AND password_hash = $2" },
	/* From one kind straight to the next: the index is not read through. */
	[PASSWORD_KINDS] = { "account_password_kinds",
	    "WITH RECURSIVE kind AS ("
	    "SELECT min(password_kind) AS name FROM account"
	    " UNION ALL SELECT (SELECT min(password_kind) FROM account"
	    " WHERE password_kind > kind.name)"
	    " FROM kind WHERE kind.name IS NOT NULL"
	    ") SELECT name FROM kind WHERE name IS NOT NULL LIMIT $1::bigint" },
	[DISABLE] = { "account_disable",
	    "UPDATE account SET disabled_at = coalesce(disabled_at, now())"
	    " WHERE id = $1::uuid" },
	[ENABLE] = { "account_enable",
	    "UPDATE account SET disabled_at = NULL WHERE id = $1::uuid" },
};

static void
read_row(const struct db_rows *rows, size_t row, struct account *account)
{
	account->id = db_text(rows, row, 0);
	account->email = db_text(rows, row, 1);
	account->name = db_text(rows, row, 2);
	account->password_hash = db_text(rows, row, 3);
	account->created_at = db_int(rows, row, 4);
	account->verified = db_bool(rows, row, 5);
	account->disabled = db_bool(rows, row, 6);
	account->delete_after = db_int(rows, row, 7);
	account->bounced = db_bool(rows, row, 8);
}

static enum status
find(struct db *db, struct arena *arena, const struct db_stmt *stmt,
    const char *what, struct account *account)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, stmt, DB_ARGS(DB_TEXT(what)), &rows);
	if (st == ST_OK)
		read_row(rows, 0, account);
	return st;
}

enum status
account_find(
    struct db *db, struct arena *arena, const char *id, struct account *account)
{
	return find(db, arena, &stmts[FIND], id, account);
}

enum status
account_lock(
    struct db *db, struct arena *arena, const char *id, struct account *account)
{
	return find(db, arena, &stmts[LOCK], id, account);
}

enum status
account_find_by_email(struct db *db, struct arena *arena, const char *email,
    struct account *account)
{
	return find(db, arena, &stmts[FIND_BY_EMAIL], email, account);
}

enum status
account_list(struct db *db, struct arena *arena, const char *after,
    int64_t limit, struct account **list, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[LIST],
	    DB_ARGS(DB_TEXT(after), DB_INT(limit)), &rows);
	if (st != ST_OK)
		return st;
	*count = db_count(rows);
	*list = arena_array(arena, *count, sizeof(**list));
	for (size_t row = 0; row < *count; row++)
		read_row(rows, row, &(*list)[row]);
	return ST_OK;
}

enum status
account_create(struct db *db, struct arena *arena, const char *email,
    const char *name, const char *password_hash, bool verified, const char **id)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[CREATE],
	    DB_ARGS(DB_TEXT(email), DB_TEXT(name), DB_TEXT(password_hash),
		DB_BOOL(verified)),
	    &rows);
	if (st == ST_NOT_FOUND)
		return ST_CONFLICT;
	if (st == ST_OK)
		*id = db_text(rows, 0, 0);
	return st;
}

enum status
account_start_over(struct db *db, struct arena *arena, const char *id,
    const char *name, const char *password_hash)
{
	return db_change(db, arena, &stmts[START_OVER],
	    DB_ARGS(DB_TEXT(id), DB_TEXT(name), DB_TEXT(password_hash)));
}

enum status
account_note_sign_in(
    struct db *db, struct arena *arena, const char *id, bool *first)
{
	enum status st =
	    db_change(db, arena, &stmts[NOTE_SIGN_IN], DB_ARGS(DB_TEXT(id)));

	*first = st == ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status
account_unblock(struct db *db, struct arena *arena, const char *id)
{
	return db_change(db, arena, &stmts[UNBLOCK], DB_ARGS(DB_TEXT(id)));
}

enum status
account_rename(
    struct db *db, struct arena *arena, const char *id, const char *name)
{
	return db_change(
	    db, arena, &stmts[RENAME], DB_ARGS(DB_TEXT(id), DB_TEXT(name)));
}

enum status
account_make_way(struct db *db, struct arena *arena, const char *email)
{
	return db_query(
	    db, arena, &stmts[MAKE_WAY], DB_ARGS(DB_TEXT(email)), NULL);
}

enum status
account_set_email(
    struct db *db, struct arena *arena, const char *id, const char *email)
{
	return db_change(
	    db, arena, &stmts[SET_EMAIL], DB_ARGS(DB_TEXT(id), DB_TEXT(email)));
}

enum status
account_set_password_hash(struct db *db, struct arena *arena, const char *id,
    const char *password_hash)
{
	return db_change(db, arena, &stmts[SET_PASSWORD_HASH],
	    DB_ARGS(DB_TEXT(id), DB_TEXT(password_hash)));
}

enum status
account_reset_password(struct db *db, struct arena *arena, const char *id,
    const char *password_hash)
{
	return db_change(db, arena, &stmts[RESET_PASSWORD],
	    DB_ARGS(DB_TEXT(id), DB_TEXT(password_hash)));
}

enum status
account_renew_password_hash(struct db *db, struct arena *arena, const char *id,
    const char *old_hash, const char *new_hash)
{
	return db_change(db, arena, &stmts[RENEW_PASSWORD_HASH],
	    DB_ARGS(DB_TEXT(id), DB_TEXT(old_hash), DB_TEXT(new_hash)));
}

enum status
account_password_kinds(struct db *db, struct arena *arena,
    const char *const **kinds, size_t *count)
{
	struct db_rows *rows;
	const char **names;
	enum status st;

	st = db_query(db, arena, &stmts[PASSWORD_KINDS],
	    DB_ARGS(DB_INT(ACCOUNT_KINDS_MAX)), &rows);
	if (st != ST_OK)
		return st;
	*count = db_count(rows);
	names = arena_array(arena, *count, sizeof(*names));
	for (size_t i = 0; i < *count; i++)
		names[i] = db_text(rows, i, 0);
	*kinds = names;
	return ST_OK;
}

enum status
account_disable(struct db *db, struct arena *arena, const char *id)
{
	enum status st;

	st = db_change(db, arena, &stmts[DISABLE], DB_ARGS(DB_TEXT(id)));
	if (st != ST_OK)
		return st;
	return session_revoke_all(
	    db, arena, id, SESSION_ACCOUNT_DISABLED, NULL);
}

enum status
account_enable(struct db *db, struct arena *arena, const char *id)
{
	return db_change(db, arena, &stmts[ENABLE], DB_ARGS(DB_TEXT(id)));
}
