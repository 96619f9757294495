/* audit_chain.c - seal what waits, follow what is sealed. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "account/audit_chain.h"
#include "base/log.h"
#include "base/strbuf.h"

#define PAGE 500 /* seals read at a time */
#define SALT_BYTES 16

/* What the keyed hashes are over begins with one of these. */
#define ROW_DOMAIN "chatelaine audit row 1"
#define GONE_DOMAIN "chatelaine audit row gone 1"
#define IP_DOMAIN "chatelaine audit ip 1"

enum {
	WAITING,
	TRY_LOCK,
	PENDING,
	HEAD,
	HEAD_SINCE,
	SEAL,
	FOLLOW,
	REST,
	STMT_COUNT
};

/* All of a row that is sealed. Columns of the queries, in this order. */
enum {
	ID,
	AT,
	ACTION,
	ACCOUNT_ID,
	ACTOR,
	SUBJECT,
	REQUEST_ID,
	IP,
	IS_GONE, /* there is no such row */
	ROW_COLUMNS
};
#define ROW_BUT_IP                                                \
	"(extract(epoch FROM l.at) * 1000000)::bigint, l.action," \
	" l.account_id, l.actor, l.subject, l.request_id"

/* What the seal adds, in FOLLOW. */
enum { SEQ = ROW_COLUMNS, KEY_ID, IP_SALT, IP_HASH, HASH };

static const struct db_stmt stmts[STMT_COUNT] = {
	[WAITING] = { "audit_waiting",
	    "SELECT EXISTS (SELECT FROM audit_pending)" },
	[TRY_LOCK] = { "audit_try_lock",
	    "SELECT pg_try_advisory_xact_lock(" AUDIT_LOCK ")" },
	/*
	 * A request may have been on its way while its account was deleted, and
	 * noted an address after the others were forgotten. With the lock, which
	 * what deletes an account takes, that is found here at the latest.
	 */
	[PENDING] = { "audit_pending",
	    "SELECT p.audit_id, " ROW_BUT_IP
	    ", CASE WHEN l.account_id IS NULL OR a.id IS NOT NULL"
	    " THEN l.ip::text END, l.id IS NULL FROM audit_pending p"
	    " LEFT JOIN audit_log l ON l.id = p.audit_id"
	    " LEFT JOIN account a ON a.id = l.account_id"
	    " WHERE NOT EXISTS"
	    " (SELECT FROM audit_seal s WHERE s.audit_id = p.audit_id)"
	    " ORDER BY p.audit_id LIMIT $1" },
	[HEAD] = { "audit_head",
	    "SELECT seq, hash FROM audit_seal ORDER BY seq DESC LIMIT 1" },
	[HEAD_SINCE] = { "audit_head_since",
	    "SELECT seq, hash FROM audit_seal WHERE sealed_at >"
	    " now() - make_interval(secs => $1::bigint)"
	    " AND seq = (SELECT max(seq) FROM audit_seal)" },
	/* No salt, no address: one that PENDING left out is forgotten. */
	[SEAL] = { "audit_seal",
	    "WITH done AS (DELETE FROM audit_pending WHERE audit_id = $2),"
	    " forgotten AS (UPDATE audit_log SET ip = NULL WHERE id = $2"
	    " AND $4::bytea IS NULL AND ip IS NOT NULL)"
	    " INSERT INTO audit_seal"
	    " (seq, audit_id, key_id, ip_salt, ip_hash, hash)"
	    " VALUES ($1, $2, $3, $4, $5, $6)" },
	[FOLLOW] = { "audit_follow",
	    "SELECT s.audit_id, " ROW_BUT_IP ", l.ip::text, l.id IS NULL,"
	    " s.seq, s.key_id, s.ip_salt, s.ip_hash, s.hash"
	    " FROM audit_seal s LEFT JOIN audit_log l ON l.id = s.audit_id"
	    " WHERE s.seq > $1 ORDER BY s.seq LIMIT $2" },
	[REST] = { "audit_rest",
	    "SELECT count(p.audit_id), min(l.id)"
	    " FILTER (WHERE p.audit_id IS NULL)"
	    " FROM audit_log l LEFT JOIN audit_pending p ON p.audit_id = l.id"
	    " WHERE NOT EXISTS"
	    " (SELECT FROM audit_seal s WHERE s.audit_id = l.id)" },
};

/* --- heads --- */

const char *
audit_head_text(struct arena *arena, const struct audit_head *head)
{
	return arena_printf(arena, "%" PRId64 ":%s", head->seq,
	    base64url_encode(arena, head->hash, sizeof(head->hash)));
}

enum status
audit_head_parse(struct arena *arena, const char *text, struct audit_head *head)
{
	size_t digits = strspn(text, "0123456789"), size;
	unsigned char *hash;

	errno = 0;
	head->seq = strtoll(text, NULL, 10);
	if (digits == 0 || text[digits] != ':' || errno != 0 || head->seq < 1)
		return ST_INVALID;
	text += digits + 1;
	if (base64url_decode(arena, text, strlen(text), &hash, &size) !=
		ST_OK ||
	    size != sizeof(head->hash))
		return ST_INVALID;
	memcpy(head->hash, hash, size);
	return ST_OK;
}

/* --- what is hashed --- */

/*
 * A field: whether it is there, its length in 8 bytes, its bytes. So no two
 * rows read the same, and NULL differs from nothing.
 */
static void
put(struct strbuf *sb, const void *data, size_t size)
{
	strbuf_char(sb, data != NULL ? 1 : 0);
	for (int shift = 56; shift >= 0; shift -= 8)
		strbuf_char(sb, (char)((uint64_t)size >> shift & 0xff));
	if (data != NULL)
		strbuf_add(sb, data, size);
}

static void
put_text(struct strbuf *sb, const char *text)
{
	put(sb, text, text != NULL ? strlen(text) : 0);
}

static void
hash_ip(struct arena *arena, const struct audit_key *key,
    const unsigned char salt[static SALT_BYTES], const char *ip,
    unsigned char out[static SECRET_BYTES])
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	put_text(&sb, IP_DOMAIN);
	put(&sb, salt, SALT_BYTES);
	put_text(&sb, ip);
	secret_keyed_hash(out, key->bytes, sb.text, sb.len);
}

/* The hash of a row after its predecessor; ip_hash NULL: it has no address. */
static void
hash_row(struct arena *arena, const struct audit_key *key,
    const struct audit_head *before, const struct db_rows *rows, size_t row,
    const unsigned char *ip_hash, unsigned char out[static SECRET_BYTES])
{
	bool gone = db_bool(rows, row, IS_GONE);
	struct strbuf sb;

	strbuf_init(&sb, arena);
	put_text(&sb, gone ? GONE_DOMAIN : ROW_DOMAIN);
	put(&sb, before->hash, sizeof(before->hash));
	put_text(&sb, arena_printf(arena, "%" PRId64, before->seq + 1));
	/* Numbers as PostgreSQL writes them, which is one way. */
	for (size_t column = ID; column <= REQUEST_ID; column++)
		put_text(&sb,
		    db_is_null(rows, row, column) ? NULL
						  : db_text(rows, row, column));
	put(&sb, ip_hash, ip_hash != NULL ? SECRET_BYTES : 0);
	secret_keyed_hash(out, key->bytes, sb.text, sb.len);
}

/* --- sealing --- */

/* Seal one row, and move the head on to it. */
static enum status
seal_row(struct db *db, struct arena *arena, const struct audit_key *key,
    const struct db_rows *rows, size_t row, struct audit_head *head)
{
	unsigned char salt[SALT_BYTES], ip_hash[SECRET_BYTES];
	unsigned char hash[SECRET_BYTES];
	bool has_ip = !db_is_null(rows, row, IP);

	if (db_bool(rows, row, IS_GONE))
		log_error("audit row %s was removed before it was sealed",
		    db_text(rows, row, ID));
	if (has_ip) {
		secret_random(salt, sizeof(salt));
		hash_ip(arena, key, salt, db_text(rows, row, IP), ip_hash);
	}
	hash_row(arena, key, head, rows, row, has_ip ? ip_hash : NULL, hash);
	head->seq++;
	memcpy(head->hash, hash, sizeof(head->hash));
	return db_query(db, arena, &stmts[SEAL],
	    DB_ARGS(DB_INT(head->seq), DB_INT(db_int(rows, row, ID)),
		DB_TEXT(key->id),
		has_ip ? DB_BYTES(salt, sizeof(salt)) : DB_NULL,
		has_ip ? DB_BYTES(ip_hash, sizeof(ip_hash)) : DB_NULL,
		DB_BYTES(hash, sizeof(hash))),
	    NULL);
}

static enum status
read_head(struct db_rows *rows, struct audit_head *head)
{
	const unsigned char *hash;
	size_t size;

	hash = db_bytes(rows, 0, 1, &size);
	if (size != sizeof(head->hash))
		return ST_FAULT;
	head->seq = db_int(rows, 0, 0);
	memcpy(head->hash, hash, size);
	return ST_OK;
}

/* Where the chain goes on. With the lock held, nobody else can move it. */
static enum status
find_head(struct db *db, struct arena *arena, struct audit_head *head)
{
	struct db_rows *rows;
	enum status st;

	*head = (struct audit_head){ 0 };
	st = db_query_one(db, arena, &stmts[HEAD], DB_NO_ARGS, &rows);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	return st == ST_OK ? read_head(rows, head) : st;
}

/* Inside the transaction. */
static enum status
seal_batch(struct db *db, struct arena *arena, const struct audit_key *key,
    size_t *sealed)
{
	struct audit_head head;
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[TRY_LOCK], DB_NO_ARGS, &rows);
	if (st != ST_OK || !db_bool(rows, 0, 0))
		return st;
	st = find_head(db, arena, &head);
	if (st == ST_OK)
		st = db_query(db, arena, &stmts[PENDING],
		    DB_ARGS(DB_INT(AUDIT_BATCH)), &rows);
	if (st != ST_OK)
		return st;
	while (st == ST_OK && *sealed < db_count(rows)) {
		st = seal_row(db, arena, key, rows, *sealed, &head);
		(*sealed)++;
	}
	return st;
}

enum status
audit_seal(struct db *db, struct arena *arena, const struct audit_key *key,
    size_t *sealed)
{
	struct db_rows *rows;
	enum status st;

	*sealed = 0;
	/* Nothing to do is the rule: find that out by one statement. */
	st = db_query_one(db, arena, &stmts[WAITING], DB_NO_ARGS, &rows);
	if (st != ST_OK || !db_bool(rows, 0, 0))
		return st;
	st = db_begin(db);
	if (st != ST_OK)
		return st;
	st = seal_batch(db, arena, key, sealed);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	*sealed = 0;
	return st;
}

enum status
audit_head_since(struct db *db, struct arena *arena, int64_t seconds,
    struct audit_head *head)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(
	    db, arena, &stmts[HEAD_SINCE], DB_ARGS(DB_INT(seconds)), &rows);
	return st == ST_OK ? read_head(rows, head) : st;
}

/* --- following --- */

/* The key that a seal was made with; NULL: it is not at hand. */
static const struct audit_key *
find_key(const struct audit_key *keys, size_t count, const struct db_rows *rows,
    size_t row)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i].id, db_text(rows, row, KEY_ID)) == 0)
			return &keys[i];
	return NULL;
}

/*
 * Does the address fit its hash? One that was forgotten does, as long as its
 * salt is gone with it.
 */
static bool
ip_fits(struct arena *arena, const struct audit_key *key,
    const struct db_rows *rows, size_t row)
{
	unsigned char expected[SECRET_BYTES];
	size_t salt_size, size;
	const unsigned char *salt = db_bytes(rows, row, IP_SALT, &salt_size);
	const unsigned char *hash = db_bytes(rows, row, IP_HASH, &size);

	if (db_is_null(rows, row, IP))
		return db_is_null(rows, row, IP_SALT);
	if (salt_size != SALT_BYTES || size != sizeof(expected))
		return false;
	hash_ip(arena, key, salt, db_text(rows, row, IP), expected);
	return secret_equal(expected, hash, size);
}

static bool
hash_fits(struct arena *arena, const struct audit_key *key,
    const struct audit_head *before, const struct db_rows *rows, size_t row)
{
	unsigned char expected[SECRET_BYTES];
	size_t size, ip_size;
	const unsigned char *hash = db_bytes(rows, row, HASH, &size);
	const unsigned char *ip_hash = db_bytes(rows, row, IP_HASH, &ip_size);

	if (db_is_null(rows, row, IP_HASH))
		ip_hash = NULL;
	else if (ip_size != SECRET_BYTES)
		return false;
	hash_row(arena, key, before, rows, row, ip_hash, expected);
	return size == sizeof(expected) && secret_equal(expected, hash, size);
}

static enum audit_verdict
judge(struct arena *arena, const struct audit_key *keys, size_t key_count,
    const struct audit_head *before, const struct db_rows *rows, size_t row)
{
	const struct audit_key *key = find_key(keys, key_count, rows, row);

	if (db_int(rows, row, SEQ) != before->seq + 1)
		return AUDIT_SEAL_REMOVED;
	if (key == NULL)
		return AUDIT_OTHER_KEY;
	if (db_bool(rows, row, IS_GONE))
		return hash_fits(arena, key, before, rows, row)
		    ? AUDIT_REMOVED_SOON
		    : AUDIT_REMOVED;
	if (!ip_fits(arena, key, rows, row) ||
	    !hash_fits(arena, key, before, rows, row))
		return AUDIT_CHANGED;
	return AUDIT_WHOLE;
}

/* Judge a seal and, if it is good, move the report's head on to it. */
static void
follow_row(struct arena *arena, const struct audit_key *keys, size_t key_count,
    const struct db_rows *rows, size_t row, struct audit_report *report)
{
	size_t size;

	report->verdict =
	    judge(arena, keys, key_count, &report->head, rows, row);
	if (report->verdict != AUDIT_WHOLE) {
		report->seq = report->head.seq + 1;
		/* Of a seal that is gone nobody knows the row. */
		if (report->verdict != AUDIT_SEAL_REMOVED)
			report->audit_id = db_int(rows, row, ID);
		return;
	}
	report->sealed++;
	if (db_is_null(rows, row, IP) && !db_is_null(rows, row, IP_HASH))
		report->erased++;
	report->head.seq++;
	memcpy(report->head.hash, db_bytes(rows, row, HASH, &size),
	    sizeof(report->head.hash));
}

/* The head is passed on the way: its hash must be the one remembered. */
static void
pass_remembered(
    const struct audit_head *remembered, struct audit_report *report)
{
	if (remembered == NULL || report->verdict != AUDIT_WHOLE ||
	    report->head.seq != remembered->seq ||
	    secret_equal(
		report->head.hash, remembered->hash, sizeof(remembered->hash)))
		return;
	report->verdict = AUDIT_HEAD_LOST;
	report->seq = remembered->seq;
}

/* From the report's head on. *more: there may be further seals. */
static enum status
follow_page(struct db *db, struct arena *arena, const struct audit_key *keys,
    size_t key_count, const struct audit_head *remembered,
    struct audit_report *report, bool *more)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[FOLLOW],
	    DB_ARGS(DB_INT(report->head.seq), DB_INT(PAGE)), &rows);
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < db_count(rows) && report->verdict == AUDIT_WHOLE;
	     i++) {
		follow_row(arena, keys, key_count, rows, i, report);
		pass_remembered(remembered, report);
	}
	*more = db_count(rows) == PAGE && report->verdict == AUDIT_WHOLE;
	return ST_OK;
}

/* What is not in the chain, and should be. */
static enum status
judge_rest(struct db *db, struct arena *arena,
    const struct audit_head *remembered, struct audit_report *report)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[REST], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	report->pending = db_int(rows, 0, 0);
	if (report->verdict != AUDIT_WHOLE)
		return ST_OK;
	if (remembered != NULL && report->head.seq < remembered->seq) {
		report->verdict = AUDIT_HEAD_LOST;
		report->seq = report->head.seq + 1;
	} else if (!db_is_null(rows, 0, 1)) {
		report->verdict = AUDIT_UNQUEUED;
		report->audit_id = db_int(rows, 0, 1);
	}
	return ST_OK;
}

enum status
audit_verify(struct db *db, const struct audit_key *keys, size_t key_count,
    const struct audit_head *remembered, struct audit_report *report)
{
	struct arena *arena = arena_new();
	enum status st = ST_OK;
	bool more = true;

	*report = (struct audit_report){ 0 };
	while (st == ST_OK && more) {
		st = follow_page(
		    db, arena, keys, key_count, remembered, report, &more);
		arena_reset(arena);
	}
	if (st == ST_OK)
		st = judge_rest(db, arena, remembered, report);
	arena_free(arena);
	return st;
}
