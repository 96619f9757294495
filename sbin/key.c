/* key.c - chatelaine key: what signs access tokens, and what seals. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "account/key_rotation.h"
#include "account/reseal.h"
#include "account/signing_key.h"
#include "base/clock.h"
#include "command.h"

static const char *
when(struct program *program, int64_t at)
{
	return clock_rfc3339(program->arena, at);
}

/* What becomes of a key, and when. */
static const char *
outlook(struct program *program, const struct key_state *key)
{
	if (strcmp(key->state, "retiring") == 0)
		return arena_printf(program->arena, "removed from %s",
		    when(program, key->until));
	if (strcmp(key->state, "next") == 0)
		return arena_printf(program->arena, "active from %s",
		    when(program, key->until));
	if (key->until == 0)
		return "active until 'chatelaine key rotate'";
	return arena_printf(
	    program->arena, "retiring from %s", when(program, key->until));
}

static int
list(struct program *program, struct db *db)
{
	struct key_state *keys;
	size_t count;

	if (key_rotation_list(db, program->arena, program_config(program),
		&keys, &count) != ST_OK)
		return program_fail("signing keys not read");
	for (size_t i = 0; i < count; i++)
		printf("%s %-8s since %s, %s\n", keys[i].kid, keys[i].state,
		    when(program, keys[i].since), outlook(program, &keys[i]));
	if (count == 0)
		puts("no signing key yet: the first is made when it is needed");
	return EXIT_SUCCESS;
}

static struct key_rotation
rotation_of(struct program *program, struct db *db)
{
	return (struct key_rotation){
		.db = db,
		.arena = program->arena,
		.config = program_config(program),
		.master = program_key(program),
		.actor = ACTOR_OPERATOR,
	};
}

static enum status
finish(struct db *db, enum status st)
{
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

static void
tell_moves(const struct key_moves *moves)
{
	if (moves->published != NULL)
		printf("published %s\n", moves->published);
	if (moves->activated != NULL)
		printf("activated %s\n", moves->activated);
	if (moves->retired != NULL)
		printf("retired %s\n", moves->retired);
}

static int
rotate(struct program *program, struct db *db, bool at_once)
{
	const struct key_rotation rotation = rotation_of(program, db);
	struct key_moves moves;
	enum status st;

	if (rotation.master == NULL)
		return EXIT_FAILURE;
	st = db_begin(db);
	if (st == ST_OK)
		st = finish(db, key_rotation_step(&rotation, at_once, &moves));
	if (st != ST_OK)
		return program_fail("nothing changed: %s", status_name(st));
	if (moves.published == NULL && moves.activated == NULL)
		return program_fail("the next key is published until %s, then"
				    " active; --now does not wait",
		    when(program, moves.due));
	tell_moves(&moves);
	if (moves.due != 0)
		printf("active from %s: the worker sees to it\n",
		    when(program, moves.due));
	else if (at_once)
		printf("services that keep a copy of the JWKS may refuse new"
		       " tokens for %s\n",
		    clock_duration_words(program->arena, SIGNING_KEYS_MAX_AGE));
	return EXIT_SUCCESS;
}

/* Until every process has looked whether its keys are still there. */
static void
wait_for_processes(void)
{
	struct timespec left = { .tv_sec = SIGNING_KEYS_FRESH + 1 };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static int
revoke(struct program *program, struct db *db, const char *kid)
{
	const struct key_rotation rotation = rotation_of(program, db);
	struct key_moves moves;
	enum status st;

	if (rotation.master == NULL)
		return EXIT_FAILURE;
	st = db_begin(db);
	if (st == ST_OK)
		st = finish(db, key_rotation_revoke(&rotation, kid, &moves));
	if (st == ST_NOT_FOUND)
		return program_fail("there is no signing key %s", kid);
	if (st != ST_OK)
		return program_fail("nothing changed: %s", status_name(st));
	tell_moves(&moves);
	wait_for_processes();
	printf("revoked %s: its tokens are refused here; services that keep a"
	       " copy of the JWKS may take them for %s\n",
	    kid, clock_duration_words(program->arena, SIGNING_KEYS_MAX_AGE));
	return EXIT_SUCCESS;
}

static int
reseal_all(struct program *program, struct db *db)
{
	const struct master_key *key = program_key(program);
	struct arena *arena = arena_new();
	struct resealed columns[RESEAL_COLUMNS];
	size_t closed = 0;
	enum status st;

	if (key == NULL) {
		arena_free(arena);
		return EXIT_FAILURE;
	}
	st = reseal(db, arena, key, columns);
	arena_free(arena);
	if (st != ST_OK)
		return program_fail(
		    "stopped: %s; run it again", status_name(st));
	for (size_t i = 0; i < RESEAL_COLUMNS; i++) {
		printf("%-26s %zu sealed anew\n", columns[i].column,
		    columns[i].done);
		closed += columns[i].closed;
	}
	if (closed > 0)
		return program_fail("%zu not opened by any master key: see the"
				    " log lines above",
		    closed);
	return EXIT_SUCCESS;
}

int
command_key(struct program *program, int argc, char **argv)
{
	struct db *db = program_db(program);
	const char *verb = argc > 1 ? argv[1] : "";

	if (db == NULL)
		return EXIT_FAILURE;
	if (strcmp(verb, "list") == 0 && argc == 2)
		return list(program, db);
	if (strcmp(verb, "rotate") == 0 && argc == 2)
		return rotate(program, db, false);
	if (strcmp(verb, "rotate") == 0 && argc == 3 &&
	    strcmp(argv[2], "--now") == 0)
		return rotate(program, db, true);
	if (strcmp(verb, "revoke") == 0 && argc == 3)
		return revoke(program, db, argv[2]);
	if (strcmp(verb, "reseal") == 0 && argc == 2)
		return reseal_all(program, db);
	return EXIT_USAGE;
}
