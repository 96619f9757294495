/* second_factor.c - the rows of sealed secrets, and what is done with them. */

#include <inttypes.h>
#include <string.h>

#include "account/notice.h"
#include "account/second_factor.h"
#include "account/session_list.h"
#include "account/totp.h"
#include "base/log.h"
#include "base/strbuf.h"

enum {
	FIND,
	BEGIN,
	BEGUN,
	ACTIVE,
	RETIRE,
	ACTIVATE,
	USE_STEP,
	REMOVE,
	STMT_COUNT
};

/* The clock is the one that all machines share. */
#define SECRET_OF                                                   \
	"SELECT id, secret_sealed,"                                 \
	" floor(extract(epoch FROM statement_timestamp()))::bigint" \
	" FROM second_factor WHERE account_id = $1::uuid"

static const struct db_stmt stmts[STMT_COUNT] = {
	[FIND] = { "second_factor_find",
	    "SELECT floor(extract(epoch FROM activated_at))::bigint,"
	    " (SELECT count(*) FROM recovery_code c"
	    " WHERE c.account_id = f.account_id AND used_at IS NULL)"
	    " FROM second_factor f"
	    " WHERE account_id = $1::uuid AND activated_at IS NOT NULL" },
	[BEGIN] = { "second_factor_begin",
	    "INSERT INTO second_factor (account_id, secret_sealed)"
	    " VALUES ($1::uuid, $2)"
	    " ON CONFLICT (account_id) WHERE activated_at IS NULL"
	    " DO UPDATE SET secret_sealed = excluded.secret_sealed,"
	    " created_at = now()" },
	[BEGUN] = { "second_factor_begun",
	    SECRET_OF " AND activated_at IS NULL" },
	[ACTIVE] = { "second_factor_active",
	    SECRET_OF " AND activated_at IS NOT NULL" },
	[RETIRE] = { "second_factor_retire",
	    "DELETE FROM second_factor"
	    " WHERE account_id = $1::uuid AND activated_at IS NOT NULL" },
	[ACTIVATE] = { "second_factor_activate",
	    "UPDATE second_factor SET activated_at = now(),"
	    " last_step = $2::bigint"
	    " WHERE id = $1::uuid AND activated_at IS NULL" },
	/* One statement decides, so two callers cannot both win. */
	[USE_STEP] = { "second_factor_use_step",
	    "UPDATE second_factor SET last_step = $2::bigint"
	    " WHERE id = $1::uuid AND last_step < $2::bigint" },
	[REMOVE] = { "second_factor_remove",
	    "WITH gone AS (DELETE FROM second_factor"
	    " WHERE account_id = $1::uuid RETURNING activated_at)"
	    " SELECT FROM gone WHERE activated_at IS NOT NULL" },
};

/* A row with its secret opened. */
struct secret {
	const char *id;
	const unsigned char *bytes; /* TOTP_SECRET_BYTES */
	int64_t now;
};

/*
 * One pair of templates has a text for each. left: recovery codes, where that
 * matters.
 */
static enum status
notify(const struct entry *entry, const struct account *account,
    const char *what, int64_t left)
{
	const char *number =
	    left > 0 ? arena_printf(entry->arena, "%" PRId64, left) : NULL;

	/* The operator's deeds come from nowhere. */
	if (entry->origin == NULL)
		return entry_mail(entry, account, "second-factor",
		    OUTBOX_VALUES({ what, "yes" }));
	return notice_mail(entry, account, "second-factor",
	    OUTBOX_VALUES({ what, "yes" }, { "left", number }));
}

static enum status
note(const struct entry *entry, enum actor actor, enum deed deed,
    const char *account_id)
{
	return audit(entry->db, entry->arena, actor, deed, account_id, NULL,
	    entry->origin);
}

/* First, by whatever changes more than a row: one after the other. */
static enum status
lock(const struct entry *entry, const char *account_id)
{
	struct account account;

	return account_lock(entry->db, entry->arena, account_id, &account);
}

/* The secret of the row that BEGUN or ACTIVE finds. */
static enum status
open_secret(const struct entry *entry, const struct db_stmt *stmt,
    const char *account_id, struct secret *secret)
{
	const unsigned char *sealed;
	struct db_rows *rows;
	unsigned char *bytes;
	size_t sealed_size, size;
	enum status st;

	st = db_query_one(
	    entry->db, entry->arena, stmt, DB_ARGS(DB_TEXT(account_id)), &rows);
	if (st != ST_OK)
		return st;
	sealed = db_bytes(rows, 0, 1, &sealed_size);
	if (secret_open(entry->key, entry->arena, SECRET_FOR_SECOND_FACTOR,
		account_id, sealed, sealed_size, &bytes, &size) != ST_OK ||
	    size != TOTP_SECRET_BYTES) {
		log_error(
		    "second factor of %s: no master key opens it", account_id);
		return ST_FAULT;
	}
	*secret = (struct secret){
		.id = db_text(rows, 0, 0),
		.bytes = bytes,
		.now = db_int(rows, 0, 2),
	};
	return ST_OK;
}

/* A code without what people and apps put between its characters. */
static const char *
plain_code(struct arena *arena, const char *text)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	while (*text != '\0') {
		/* U+00A0, and the blanks and dashes of U+2000 to U+203F. */
		if (strncmp(text, "\xc2\xa0", 2) == 0)
			text += 2;
		else if (strncmp(text, "\xe2\x80", 2) == 0 && text[2] != '\0')
			text += 3;
		else if (strchr(" \t\r\n-", *text) != NULL)
			text++;
		else
			strbuf_char(&sb, *text++);
	}
	return sb.text;
}

enum status
second_factor_find(struct db *db, struct arena *arena, const char *account_id,
    struct second_factor *factor)
{
	struct db_rows *rows;
	enum status st;

	*factor = (struct second_factor){ .active = false };
	st = db_query_one(
	    db, arena, &stmts[FIND], DB_ARGS(DB_TEXT(account_id)), &rows);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	*factor = (struct second_factor){
		.active = true,
		.activated_at = db_int(rows, 0, 0),
		.recovery_left = db_int(rows, 0, 1),
	};
	return ST_OK;
}

enum status
second_factor_begin(
    const struct entry *entry, const char *account_id, const char **secret)
{
	unsigned char bytes[TOTP_SECRET_BYTES], *sealed;
	size_t size;
	enum status st;

	secret_random(bytes, sizeof(bytes));
	secret_seal(entry->key, entry->arena, SECRET_FOR_SECOND_FACTOR,
	    account_id, bytes, sizeof(bytes), &sealed, &size);
	st = db_query(entry->db, entry->arena, &stmts[BEGIN],
	    DB_ARGS(DB_TEXT(account_id), DB_BYTES(sealed, size)), NULL);
	*secret = totp_secret_text(entry->arena, bytes);
	secret_wipe(bytes, sizeof(bytes));
	return st;
}

enum status
second_factor_begun(
    const struct entry *entry, const char *account_id, const char **secret)
{
	struct secret begun;
	enum status st;

	st = open_secret(entry, &stmts[BEGUN], account_id, &begun);
	if (st == ST_OK)
		*secret = totp_secret_text(entry->arena, begun.bytes);
	return st;
}

/* Sessions that nobody was asked for the second factor in. */
static enum status
end_others(
    const struct entry *entry, const char *account_id, const char *session_id)
{
	size_t count;
	enum status st;

	st = session_end_others(entry->db, entry->arena, account_id, session_id,
	    SESSION_ENDED_ELSEWHERE, &count);
	if (st != ST_OK || count == 0)
		return st;
	return audit(entry->db, entry->arena, ACTOR_PERSON,
	    DEED_OTHER_SESSIONS_ENDED, account_id, session_id, entry->origin);
}

/* The secret that was begun, if the session has not been ended meanwhile. */
static enum status
open_begun(const struct entry *entry, const char *account_id,
    const char *session_id, struct secret *begun)
{
	enum session_state state;
	struct session session;
	enum status st;

	st = lock(entry, account_id);
	if (st == ST_OK)
		st = session_check(
		    entry->db, entry->arena, session_id, 0, &state, &session);
	if (st != ST_OK || state == SESSION_REVOKED)
		return st == ST_OK ? ST_NOT_FOUND : st;
	return open_secret(entry, &stmts[BEGUN], account_id, begun);
}

enum status
second_factor_activate(const struct entry *entry, const struct account *account,
    const char *session_id, const char *code,
    const char *codes[static RECOVERY_CODES])
{
	struct secret begun;
	int64_t step;
	enum status st;

	st = open_begun(entry, account->id, session_id, &begun);
	if (st != ST_OK)
		return st;
	st = totp_find_step(
	    begun.bytes, begun.now, plain_code(entry->arena, code), &step);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_FORBIDDEN : st;
	st = db_query(entry->db, entry->arena, &stmts[RETIRE],
	    DB_ARGS(DB_TEXT(account->id)), NULL);
	if (st == ST_OK)
		st = db_change(entry->db, entry->arena, &stmts[ACTIVATE],
		    DB_ARGS(DB_TEXT(begun.id), DB_INT(step)));
	if (st == ST_OK)
		st = recovery_code_replace(
		    entry->db, entry->arena, account->id, codes);
	if (st == ST_OK)
		st = end_others(entry, account->id, session_id);
	if (st == ST_OK)
		st = note(
		    entry, ACTOR_PERSON, DEED_SECOND_FACTOR_ON, account->id);
	return st == ST_OK ? notify(entry, account, "on", 0) : st;
}

static enum status
use_recovery_code(
    const struct entry *entry, const struct account *account, const char *code)
{
	int64_t left;
	enum status st;

	st = recovery_code_use(entry->db, entry->arena, account->id, code);
	if (st != ST_OK)
		return st;
	st = recovery_code_count(entry->db, entry->arena, account->id, &left);
	if (st == ST_OK)
		st = note(
		    entry, ACTOR_PERSON, DEED_RECOVERY_CODE_USED, account->id);
	return st == ST_OK ? notify(entry, account, "used", left) : st;
}

static enum status
use_app_code(
    const struct entry *entry, const char *account_id, const char *code)
{
	struct secret secret;
	int64_t step;
	enum status st;

	st = open_secret(entry, &stmts[ACTIVE], account_id, &secret);
	if (st == ST_OK)
		st = totp_find_step(secret.bytes, secret.now, code, &step);
	if (st != ST_OK)
		return st;
	return db_change(entry->db, entry->arena, &stmts[USE_STEP],
	    DB_ARGS(DB_TEXT(secret.id), DB_INT(step)));
}

enum status
second_factor_use(
    const struct entry *entry, const struct account *account, const char *code)
{
	const char *plain = plain_code(entry->arena, code);
	struct second_factor factor;
	enum status st;

	st = second_factor_find(entry->db, entry->arena, account->id, &factor);
	if (st != ST_OK || !factor.active)
		return st == ST_OK ? ST_NOT_FOUND : st;
	st = recovery_code_is_one(plain)
	    ? use_recovery_code(entry, account, plain)
	    : use_app_code(entry, account->id, plain);
	if (st != ST_NOT_FOUND)
		return st;
	st = note(entry, ACTOR_PERSON, DEED_CODE_REFUSED, account->id);
	return st == ST_OK ? ST_FORBIDDEN : st;
}

enum status
second_factor_renew_codes(const struct entry *entry,
    const struct account *account, const char *codes[static RECOVERY_CODES])
{
	struct second_factor factor;
	enum status st;

	st = lock(entry, account->id);
	if (st == ST_OK)
		st = second_factor_find(
		    entry->db, entry->arena, account->id, &factor);
	if (st == ST_OK && !factor.active)
		return ST_NOT_FOUND;
	if (st == ST_OK)
		st = recovery_code_replace(
		    entry->db, entry->arena, account->id, codes);
	if (st == ST_OK)
		st = note(
		    entry, ACTOR_PERSON, DEED_RECOVERY_CODES_MADE, account->id);
	return st == ST_OK ? notify(entry, account, "codes", 0) : st;
}

enum status
second_factor_remove(
    const struct entry *entry, enum actor actor, const struct account *account)
{
	struct db_rows *rows;
	enum status st;

	st = lock(entry, account->id);
	if (st == ST_OK)
		st = db_query_one(entry->db, entry->arena, &stmts[REMOVE],
		    DB_ARGS(DB_TEXT(account->id)), &rows);
	if (st == ST_OK)
		st = recovery_code_remove(entry->db, entry->arena, account->id);
	if (st == ST_OK)
		st = note(entry, actor, DEED_SECOND_FACTOR_OFF, account->id);
	return st == ST_OK ? notify(entry, account, "off", 0) : st;
}
