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

/* Crockford's base32, in lower case. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* The character that is meant; '\0' if none is. */
static char
meant(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	if (c == 'o')
		return '0';
	if (c == 'i' || c == 'l')
		return '1';
	return c != '\0' && strchr(alphabet, c) != NULL ? c : '\0';
}

bool
recovery_code_is_one(const char *text)
{
	size_t len = 0;

	while (len <= RECOVERY_CODE_LEN && meant(text[len]) != '\0')
		len++;
	return len == RECOVERY_CODE_LEN && text[len] == '\0';
}

/* The id salts it: who has all the rows must guess for each account anew. */
static void
hash_code(struct arena *arena, const char *account_id, const char *text,
    unsigned char hash[static SECRET_BYTES])
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	strbuf_printf(&sb, "%s ", account_id);
	for (; *text != '\0'; text++)
		strbuf_char(&sb, meant(*text));
	secret_hash(hash, sb.text, sb.len);
}

/* A new code, without what parts the groups. */
static void
draw(char code[static RECOVERY_CODE_LEN + 1])
{
	unsigned char random[RECOVERY_CODE_LEN];

	secret_random(random, sizeof(random));
	for (size_t i = 0; i < RECOVERY_CODE_LEN; i++)
		code[i] = alphabet[random[i] % (sizeof(alphabet) - 1)];
	code[RECOVERY_CODE_LEN] = '\0';
	secret_wipe(random, sizeof(random));
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
		draw(code);
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
