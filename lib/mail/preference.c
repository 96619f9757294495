/* preference.c - a row for each category that is off; links that say which. */

#include <string.h>

#include "mail/preference.h"

enum { LIST, FIND, ON, OFF, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[LIST] = { "preference_list",
	    "SELECT category FROM mail_opt_out WHERE account_id = $1::uuid" },
	[FIND] = { "preference_find",
	    "SELECT 1 FROM mail_opt_out"
	    " WHERE account_id = $1::uuid AND category = $2" },
	[ON] = { "preference_on",
	    "DELETE FROM mail_opt_out"
	    " WHERE account_id = $1::uuid AND category = $2" },
	[OFF] = { "preference_off",
	    "INSERT INTO mail_opt_out (account_id, category)"
	    " SELECT id, $2 FROM account WHERE id = $1::uuid"
	    " ON CONFLICT DO NOTHING" },
};

enum status
preference_list(struct db *db, struct arena *arena, const char *account_id,
    struct preferences *preferences)
{
	enum mail_category category;
	struct db_rows *rows;
	enum status st;

	for (size_t i = 0; i < MAIL_CATEGORY_COUNT; i++)
		preferences->wanted[i] = true;
	st = db_query(
	    db, arena, &stmts[LIST], DB_ARGS(DB_TEXT(account_id)), &rows);
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < db_count(rows); i++)
		if (mail_category_find(db_text(rows, i, 0), &category) == ST_OK)
			preferences->wanted[category] = false;
	return ST_OK;
}

enum status
preference_wants(struct db *db, struct arena *arena, const char *account_id,
    enum mail_category category, bool *wanted)
{
	struct db_rows *rows;
	enum status st;

	*wanted = true;
	if (category == MAIL_SECURITY)
		return ST_OK;
	st = db_query(db, arena, &stmts[FIND],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(mail_category_name(category))),
	    &rows);
	if (st == ST_OK)
		*wanted = db_count(rows) == 0;
	return st;
}

enum status
preference_set(struct db *db, struct arena *arena, const char *account_id,
    enum mail_category category, bool wanted, bool *changed)
{
	struct db_rows *rows;
	enum status st;

	*changed = false;
	st = db_query(db, arena, &stmts[wanted ? ON : OFF],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(mail_category_name(category))),
	    &rows);
	if (st == ST_OK)
		*changed = db_affected(rows) > 0;
	return st;
}

const char *
preference_token(const struct master_key *key, struct arena *arena,
    const char *account_id, enum mail_category category)
{
	const char *text = arena_printf(
	    arena, "%s %s", account_id, mail_category_name(category));
	size_t len = strlen(text);
	unsigned char *token = arena_alloc(arena, SECRET_BYTES + len);

	secret_mac(key, 0, SECRET_FOR_UNSUBSCRIBE, text, len, token);
	memcpy(token + SECRET_BYTES, text, len);
	return base64url_encode(arena, token, SECRET_BYTES + len);
}

enum status
preference_read_token(const struct master_key *key, struct arena *arena,
    const char *token, const char **account_id, enum mail_category *category)
{
	unsigned char *data;
	size_t size;
	char *text, *space;

	if (base64url_decode(arena, token, strlen(token), &data, &size) !=
		ST_OK ||
	    size <= SECRET_BYTES)
		return ST_NOT_FOUND;
	text = (char *)data + SECRET_BYTES;
	if (!secret_mac_fits(
		key, SECRET_FOR_UNSUBSCRIBE, text, size - SECRET_BYTES, data))
		return ST_NOT_FOUND;
	space = strchr(text, ' ');
	if (space == NULL)
		return ST_NOT_FOUND;
	*space = '\0';
	*account_id = text;
	return mail_category_find(space + 1, category);
}
