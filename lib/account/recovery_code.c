/* recovery_code.c - sets of codes, and the rows that know them again. */

#include <string.h>

#include "account/recovery_code.h"
#include "base/secret.h"
#include "base/strbuf.h"

#define GROUP 4

enum { ADD, USE, COUNT, REMOVE, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	/* $2: the hashes, one behind the other. */
	[ADD] = { "recovery_code_add",
	    "INSERT INTO recovery_code (account_id, hash)"
	    " SELECT $1::uuid, substr($2::bytea, n * 32 + 1, 32)"
	    " FROM generate_series(0, length($2::bytea) / 32 - 1) AS n" },
	/* One statement decides, so two callers cannot both win. */
	[USE] = { "recovery_code_use",
	    "UPDATE recovery_code SET used_at = now()"
	    " WHERE account_id = $1::uuid AND hash = $2 AND used_at IS NULL" },
	[COUNT] = { "recovery_code_count",
	    "SELECT count(*) FROM recovery_code"
	    " WHERE account_id = $1::uuid AND used_at IS NULL" },
	[REMOVE] = { "recovery_code_remove",
	    "DELETE FROM recovery_code WHERE account_id = $1::uuid" },
};

bool
recovery_code_is_one(const char *text)
{
	return strspn(text, "0123456789") == RECOVERY_CODE_LEN &&
	    text[RECOVERY_CODE_LEN] == '\0';
}

/* The id salts it: who has all the rows must guess for each account anew. */
static void
hash_code(struct arena *arena, const char *account_id, const char *text,
    unsigned char hash[static SECRET_BYTES])
{
	const char *salted = arena_printf(arena, "%s %s", account_id, text);

	secret_hash(hash, salted, strlen(salted));
}

/* A digit, each as likely as any other. */
static char
draw_digit(void)
{
	unsigned char random;

	do
		secret_random(&random, sizeof(random));
	while (random >= 250);
	return (char)('0' + random % 10);
}

static const char *
in_groups(struct arena *arena, const char *code)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (size_t i = 0; i < RECOVERY_CODE_LEN; i++) {
		if (i > 0 && i % GROUP == 0)
			strbuf_char(&sb, '-');
		strbuf_char(&sb, code[i]);
	}
	return sb.text;
}

enum status
recovery_code_replace(struct db *db, struct arena *arena,
    const char *account_id, const char *codes[static RECOVERY_CODES])
{
	unsigned char hashes[RECOVERY_CODES * SECRET_BYTES];
	char code[RECOVERY_CODE_LEN + 1];
	enum status st;

	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		for (size_t at = 0; at < RECOVERY_CODE_LEN; at++)
			code[at] = draw_digit();
		code[RECOVERY_CODE_LEN] = '\0';
		hash_code(arena, account_id, code, hashes + i * SECRET_BYTES);
		codes[i] = in_groups(arena, code);
	}
	secret_wipe(code, sizeof(code));
	st = recovery_code_remove(db, arena, account_id);
	if (st != ST_OK)
		return st;
	return db_query(db, arena, &stmts[ADD],
	    DB_ARGS(DB_TEXT(account_id), DB_BYTES(hashes, sizeof(hashes))),
	    NULL);
}

enum status
recovery_code_use(struct db *db, struct arena *arena, const char *account_id,
    const char *text)
{
	unsigned char hash[SECRET_BYTES];

	if (!recovery_code_is_one(text))
		return ST_NOT_FOUND;
	hash_code(arena, account_id, text, hash);
	return db_change(db, arena, &stmts[USE],
	    DB_ARGS(DB_TEXT(account_id), DB_BYTES(hash, sizeof(hash))));
}

enum status
recovery_code_count(
    struct db *db, struct arena *arena, const char *account_id, int64_t *left)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(
	    db, arena, &stmts[COUNT], DB_ARGS(DB_TEXT(account_id)), &rows);
	if (st == ST_OK)
		*left = db_int(rows, 0, 0);
	return st;
}

enum status
recovery_code_remove(struct db *db, struct arena *arena, const char *account_id)
{
	return db_query(
	    db, arena, &stmts[REMOVE], DB_ARGS(DB_TEXT(account_id)), NULL);
}
