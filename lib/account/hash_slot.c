/* hash_slot.c - numbered advisory locks: first the slots, then the queue. */

#include <inttypes.h>
#include <string.h>

#include "account/hash_slot.h"
#include "base/log.h"
#include "base/secret.h"

enum { TRY, SET_TIMEOUT, WAIT, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	/* One row after the other is tried, up to the first that is free. */
	[TRY] = { "hash_slot_try",
	    "SELECT place, current_setting('lock_timeout')"
	    " FROM generate_series(1, $2::int) AS place"
	    " WHERE pg_try_advisory_xact_lock($1::int, place) LIMIT 1" },
	[SET_TIMEOUT] = { "hash_slot_set_timeout",
	    "SELECT set_config('lock_timeout', $1, true)" },
	[WAIT] = { "hash_slot_wait",
	    "SELECT pg_advisory_xact_lock($1::int, $2::int)" },
};

/*
 * The first half of the locks' keys, from the host's name. Two hosts that
 * happen to share it share their slots, which is slow and nothing worse.
 */
static int64_t
key_of(struct arena *arena, const char *host)
{
	const char *text = arena_printf(arena, "hash slot %s", host);
	unsigned char hash[SECRET_BYTES];
	int32_t key;

	secret_hash(hash, text, strlen(text));
	memcpy(&key, hash, sizeof(key));
	return key;
}

/* Wait for one slot, in the order of coming. */
static enum status
wait_for(struct db *db, struct arena *arena, int64_t key, int64_t slot,
    int64_t patience_ms, const char *timeout)
{
	const char *patience =
	    arena_printf(arena, "%" PRId64 "ms", patience_ms);
	enum status st;

	st = db_query(
	    db, arena, &stmts[SET_TIMEOUT], DB_ARGS(DB_TEXT(patience)), NULL);
	if (st == ST_OK)
		st = db_query(db, arena, &stmts[WAIT],
		    DB_ARGS(DB_INT(key), DB_INT(slot)), NULL);
	/* Later statements wait for locks as they always do. */
	if (st == ST_OK)
		st = db_query(db, arena, &stmts[SET_TIMEOUT],
		    DB_ARGS(DB_TEXT(timeout)), NULL);
	return st;
}

enum status
hash_slot_take(struct db *db, struct arena *arena, const struct config *config,
    const char *host, int64_t waited_ms)
{
	int64_t patience_ms = config->password_wait * 1000 - waited_ms;
	int64_t slots = config->password_at_once, place;
	int64_t key = key_of(arena, host);
	struct db_rows *rows;
	enum status st;

	if (!db_in_transaction(db)) {
		log_error("a hash slot outside of a transaction");
		return ST_FAULT;
	}
	if (patience_ms <= 0) {
		log_warning("password not hashed: the request waited too long");
		return ST_UNAVAILABLE;
	}
	st = db_query(db, arena, &stmts[TRY],
	    DB_ARGS(DB_INT(key), DB_INT(slots * (1 + HASH_SLOT_QUEUE))), &rows);
	if (st != ST_OK)
		return st;
	if (db_count(rows) == 0) {
		log_warning("password not hashed: too many wait already");
		return ST_UNAVAILABLE;
	}
	place = db_int(rows, 0, 0);
	if (place <= slots)
		return ST_OK;
	/* A place in the queue; those spread evenly over the slots. */
	return wait_for(db, arena, key, 1 + (place - 1) % slots, patience_ms,
	    db_text(rows, 0, 1));
}
