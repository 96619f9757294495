/* key_rotation.c - a few rows, looked at and changed under a lock. */

#include <string.h>

#include "account/key_pair.h"
#include "account/key_rotation.h"
#include "account/signing_key.h"

/*
 * Between asking for the key to sign with and signing nobody takes so long, nor
 * do clocks differ by so much.
 */
#define MARGIN 60 /* seconds */

enum { LOCK, LIST, PUBLISH, RETIRE, ACTIVATE, REMOVE_DEAD, REVOKE, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	/* Readers and signers pass; whoever adds or changes a key waits. */
	[LOCK] = { "key_rotation_lock",
	    "LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE" },
	[LIST] = { "key_rotation_list",
	    "SELECT kid, state, floor(extract(epoch FROM since))::bigint,"
	    " ceil(extract(epoch FROM dead_at))::bigint,"
	    " floor(extract(epoch FROM clock_timestamp()))::bigint"
	    " FROM signing_key ORDER BY created_at, kid" },
	[PUBLISH] = { "key_rotation_publish",
	    "INSERT INTO signing_key"
	    " (kid, state, public_jwk, public_pem, private_sealed)"
	    " VALUES ($1, 'next', $2::json, $3, $4)" },
	/* By the clock: the transaction may have waited for the lock. */
	[RETIRE] = { "key_rotation_retire",
	    "UPDATE signing_key SET state = 'retiring',"
	    " since = clock_timestamp(),"
	    " dead_at = clock_timestamp() + make_interval(secs => $1::bigint)"
	    " WHERE state = 'active' RETURNING kid" },
	[ACTIVATE] = { "key_rotation_activate",
	    "UPDATE signing_key SET state = 'active',"
	    " since = clock_timestamp() WHERE state = 'next' RETURNING kid" },
	[REMOVE_DEAD] = { "key_rotation_remove_dead",
	    "DELETE FROM signing_key WHERE dead_at <= clock_timestamp()"
	    " RETURNING kid" },
	[REVOKE] = { "key_rotation_revoke",
	    "DELETE FROM signing_key WHERE kid = $1 RETURNING state" },
};

/* The keys as they are, and what time it is there. */
struct keys {
	struct key_state *list;
	size_t count;
	int64_t now;
};

static enum status
read_keys(struct db *db, struct arena *arena, struct keys *keys)
{
	struct db_rows *rows;
	enum status st;

	*keys = (struct keys){ .now = 0 };
	st = db_query(db, arena, &stmts[LIST], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	keys->count = db_count(rows);
	keys->list = arena_array(arena, keys->count, sizeof(*keys->list));
	for (size_t row = 0; row < keys->count; row++) {
		keys->list[row] = (struct key_state){
			.kid = db_text(rows, row, 0),
			.state = db_text(rows, row, 1),
			.since = db_int(rows, row, 2),
			.until = db_int(rows, row, 3),
		};
		keys->now = db_int(rows, row, 4);
	}
	return ST_OK;
}

/* There is one at most; NULL if none. */
static struct key_state *
in_state(const struct keys *keys, const char *state)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->list[i].state, state) == 0)
			return &keys->list[i];
	return NULL;
}

enum status
key_rotation_list(struct db *db, struct arena *arena,
    const struct config *config, struct key_state **list, size_t *count)
{
	struct key_state *active, *next;
	struct keys keys;
	enum status st;

	st = read_keys(db, arena, &keys);
	if (st != ST_OK)
		return st;
	active = in_state(&keys, "active");
	next = in_state(&keys, "next");
	if (next != NULL)
		next->until = next->since + KEY_ROTATION_NEXT;
	if (active != NULL && next != NULL)
		active->until = next->until;
	else if (active != NULL && config->signing_key_lifetime > 0)
		active->until = active->since + config->signing_key_lifetime;
	*list = keys.list;
	*count = keys.count;
	return ST_OK;
}

static enum status
note(const struct key_rotation *rotation, enum deed deed, const char *kid)
{
	return audit(rotation->db, rotation->arena, rotation->actor, deed, NULL,
	    kid, NULL);
}

static enum status
lock(const struct key_rotation *rotation, struct keys *keys,
    struct key_moves *moves)
{
	enum status st;

	*moves = (struct key_moves){ .published = NULL };
	st = db_query(
	    rotation->db, rotation->arena, &stmts[LOCK], DB_NO_ARGS, NULL);
	if (st == ST_OK)
		st = read_keys(rotation->db, rotation->arena, keys);
	return st;
}

static enum status
publish(const struct key_rotation *rotation, struct key_moves *moves)
{
	struct key_pair pair;
	enum status st;

	st = key_pair_new(rotation->arena, rotation->master, &pair);
	if (st == ST_OK)
		st = db_query(rotation->db, rotation->arena, &stmts[PUBLISH],
		    DB_ARGS(DB_TEXT(pair.kid), DB_TEXT(pair.jwk),
			DB_TEXT(pair.public_pem),
			DB_BYTES(pair.private_sealed, pair.sealed_size)),
		    NULL);
	if (st == ST_OK)
		st = note(rotation, DEED_KEY_PUBLISHED, pair.kid);
	if (st == ST_OK)
		moves->published = pair.kid;
	return st;
}

/* Move the one key in a state on; there may be none. *kid: which it was. */
static enum status
move(const struct key_rotation *rotation, int stmt, const struct db_arg *args,
    size_t arg_count, enum deed deed, const char **kid)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(rotation->db, rotation->arena, &stmts[stmt], args,
	    arg_count, &rows);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	*kid = db_text(rows, 0, 0);
	return note(rotation, deed, *kid);
}

/* The next key signs from now on, and the one that did retires. */
static enum status
promote(const struct key_rotation *rotation, struct key_moves *moves)
{
	int64_t rest =
	    SIGNING_KEYS_FRESH + rotation->config->access_token_ttl + MARGIN;
	enum status st;

	st = move(rotation, RETIRE, DB_ARGS(DB_INT(rest)), DEED_KEY_RETIRED,
	    &moves->retired);
	if (st == ST_OK)
		st = move(rotation, ACTIVATE, DB_NO_ARGS, DEED_KEY_ACTIVATED,
		    &moves->activated);
	moves->due = 0;
	return st;
}

static enum status
remove_dead(const struct key_rotation *rotation, struct key_moves *moves)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(rotation->db, rotation->arena, &stmts[REMOVE_DEAD],
	    DB_NO_ARGS, &rows);
	for (size_t row = 0; st == ST_OK && row < db_count(rows); row++) {
		st = note(rotation, DEED_KEY_REMOVED, db_text(rows, row, 0));
		moves->removed++;
	}
	return st;
}

/* Has the active key had its time, but for the day that the next one needs? */
static bool
wants_successor(const struct key_rotation *rotation, const struct keys *keys)
{
	const struct key_state *active = in_state(keys, "active");
	int64_t lifetime = rotation->config->signing_key_lifetime;

	return lifetime > 0 && active != NULL &&
	    in_state(keys, "next") == NULL &&
	    keys->now >= active->since + lifetime - KEY_ROTATION_NEXT;
}

enum status
key_rotation_tend(const struct key_rotation *rotation, struct key_moves *moves)
{
	const struct key_state *next;
	struct keys keys;
	enum status st;

	st = lock(rotation, &keys, moves);
	if (st == ST_OK)
		st = remove_dead(rotation, moves);
	if (st != ST_OK)
		return st;
	if (wants_successor(rotation, &keys))
		return publish(rotation, moves);
	next = in_state(&keys, "next");
	if (next != NULL && keys.now >= next->since + KEY_ROTATION_NEXT)
		return promote(rotation, moves);
	return ST_OK;
}

enum status
key_rotation_step(
    const struct key_rotation *rotation, bool at_once, struct key_moves *moves)
{
	const struct key_state *next;
	struct keys keys;
	enum status st;

	st = lock(rotation, &keys, moves);
	if (st != ST_OK)
		return st;
	if (in_state(&keys, "next") == NULL) {
		st = publish(rotation, moves);
		if (st == ST_OK)
			st = read_keys(rotation->db, rotation->arena, &keys);
		if (st != ST_OK)
			return st;
	}
	next = in_state(&keys, "next");
	moves->due = next->since + KEY_ROTATION_NEXT;
	if (at_once || keys.now >= moves->due ||
	    in_state(&keys, "active") == NULL)
		return promote(rotation, moves);
	return ST_OK;
}

enum status
key_rotation_revoke(const struct key_rotation *rotation, const char *kid,
    struct key_moves *moves)
{
	struct db_rows *rows;
	struct keys keys;
	enum status st;

	st = lock(rotation, &keys, moves);
	if (st == ST_OK)
		st = db_query_one(rotation->db, rotation->arena, &stmts[REVOKE],
		    DB_ARGS(DB_TEXT(kid)), &rows);
	if (st == ST_OK)
		st = note(rotation, DEED_KEY_REVOKED, kid);
	if (st != ST_OK || strcmp(db_text(rows, 0, 0), "active") != 0)
		return st;
	if (in_state(&keys, "next") == NULL)
		st = publish(rotation, moves);
	return st == ST_OK ? promote(rotation, moves) : st;
}
