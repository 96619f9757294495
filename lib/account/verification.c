/* verification.c - the rows behind the links that prove an address. */

#include <string.h>

#include "account/verification.h"
#include "base/secret.h"

enum { BEGIN, BEGIN_QUIETLY, RENEW, FIND, SPEND, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[BEGIN] = { "verification_begin",
	    "INSERT INTO verification"
	    " (account_id, hash, browser_hash, expires_at)"
	    " VALUES ($1::uuid, $2, $3, now() + make_interval(secs => $4::bigint))"
	    " ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash,"
	    " browser_hash = excluded.browser_hash, created_at = now(),"
	    " expires_at = excluded.expires_at" },
	[BEGIN_QUIETLY] = { "verification_begin_quietly",
	    "INSERT INTO verification"
	    " (account_id, hash, browser_hash, expires_at)"
	    " VALUES ($1::uuid, $2, $3, now() + make_interval(secs => $4::bigint))"
	    " ON CONFLICT (account_id) DO UPDATE"
	    " SET browser_hash = excluded.browser_hash" },
	/* Whoever asks again keeps the tie to the browser that signed up. */
	[RENEW] = { "verification_renew",
	    "INSERT INTO verification (account_id, hash, expires_at)"
	    " VALUES ($1::uuid, $2, now() + make_interval(secs => $3::bigint))"
	    " ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash,"
	    " created_at = now(), expires_at = excluded.expires_at" },
	/*
	 * The account is locked before the link, as a sign-up that starts over
	 * does it, so that the two wait for each other and never in a circle.
	 */
	[FIND] = { "verification_find",
	    "SELECT v.browser_hash, a.id, a.email, a.name, a.password_hash,"
	    " a.verified_at IS NOT NULL, a.disabled_at IS NOT NULL"
	    " FROM verification v JOIN account a ON a.id = v.account_id"
	    " WHERE v.hash = $1 AND v.expires_at > now()"
	    " FOR NO KEY UPDATE OF a, v" },
	/* One statement decides, so two callers cannot both win. */
	[SPEND] = { "verification_spend",
	    "WITH spent AS (DELETE FROM verification"
	    " WHERE hash = $1 AND expires_at > now() RETURNING account_id)"
	    " UPDATE account SET verified_at = coalesce(verified_at, now()),"
	    " email_bounced_at = NULL FROM spent WHERE id = spent.account_id" },
};

static enum status
begin(struct db *db, struct arena *arena, const struct db_stmt *stmt,
    const struct config *config, const char *account_id, const char *browser,
    const char **token)
{
	unsigned char hash[SECRET_BYTES], tie[SECRET_BYTES];
	char *text = secret_token(arena);
	bool tied;
	enum status st;

	if (!secret_token_hash(text, hash))
		return ST_FAULT;
	tied = secret_token_hash(browser, tie);
	st = db_query(db, arena, stmt,
	    DB_ARGS(DB_TEXT(account_id), DB_BYTES(hash, sizeof(hash)),
		tied ? DB_BYTES(tie, sizeof(tie)) : DB_NULL,
		DB_INT(config->verification_ttl)),
	    NULL);
	if (st == ST_OK)
		*token = text;
	return st;
}

enum status
verification_begin(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id, const char *browser,
    const char **token)
{
	return begin(
	    db, arena, &stmts[BEGIN], config, account_id, browser, token);
}

enum status
verification_begin_quietly(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id, const char *browser)
{
	const char *unsent;

	return begin(db, arena, &stmts[BEGIN_QUIETLY], config, account_id,
	    browser, &unsent);
}

enum status
verification_renew(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id, const char **token)
{
	unsigned char hash[SECRET_BYTES];
	char *text = secret_token(arena);
	enum status st;

	if (!secret_token_hash(text, hash))
		return ST_FAULT;
	st = db_query(db, arena, &stmts[RENEW],
	    DB_ARGS(DB_TEXT(account_id), DB_BYTES(hash, sizeof(hash)),
		DB_INT(config->verification_ttl)),
	    NULL);
	if (st == ST_OK)
		*token = text;
	return st;
}

/* Is this the browser whose cookie has that hash? */
static bool
is_same_browser(
    const char *browser, const unsigned char *hash, size_t hash_size)
{
	unsigned char tie[SECRET_BYTES];

	return secret_token_hash(browser, tie) && hash_size == sizeof(tie) &&
	    secret_equal(hash, tie, sizeof(tie));
}

enum status
verification_find(struct db *db, struct arena *arena, const char *token,
    const char *browser, struct verification *verification)
{
	unsigned char hash[SECRET_BYTES];
	const unsigned char *tie;
	struct db_rows *rows;
	size_t tie_size;
	enum status st;

	if (!secret_token_hash(token, hash))
		return ST_NOT_FOUND;
	st = db_query_one(db, arena, &stmts[FIND],
	    DB_ARGS(DB_BYTES(hash, sizeof(hash))), &rows);
	if (st != ST_OK)
		return st;
	tie = db_bytes(rows, 0, 0, &tie_size);
	*verification = (struct verification){
		.same_browser = is_same_browser(browser, tie, tie_size),
		.account = {
			.id = db_text(rows, 0, 1),
			.email = db_text(rows, 0, 2),
			.name = db_text(rows, 0, 3),
			.password_hash = db_text(rows, 0, 4),
			.verified = db_bool(rows, 0, 5),
			.disabled = db_bool(rows, 0, 6),
		},
	};
	return ST_OK;
}

enum status
verification_spend(struct db *db, struct arena *arena, const char *token)
{
	unsigned char hash[SECRET_BYTES];

	if (!secret_token_hash(token, hash))
		return ST_NOT_FOUND;
	return db_change(
	    db, arena, &stmts[SPEND], DB_ARGS(DB_BYTES(hash, sizeof(hash))));
}
