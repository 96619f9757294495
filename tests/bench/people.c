/* people.c - a database full of people, and the tokens of some of them. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/access_token.h"
#include "account/signing_key.h"
#include "base/config.h"
#include "base/db.h"
#include "base/log.h"
#include "base/secret.h"

enum { ACCOUNTS, SESSIONS, SAMPLE, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[ACCOUNTS] = { "bench_accounts",
	    "INSERT INTO account (email, name, password_hash, verified_at)"
	    " SELECT format('%s@%s.bench.invalid', i, $1::text),"
	    " 'Person ' || i, '', now()"
	    " FROM generate_series(1, $2::bigint) i" },
	[SESSIONS] = { "bench_sessions",
	    "INSERT INTO session"
	    " (account_id, ip, user_agent, idle_expires_at, expires_at)"
	    " SELECT id, '127.0.0.1', 'bench/1.0', now() + interval '1 day',"
	    " now() + interval '7 days' FROM account"
	    " WHERE split_part(email, '@', 2) = $1 || '.bench.invalid'" },
	[SAMPLE] = { "bench_sample",
	    "SELECT s.id, a.id, s.generation,"
	    " extract(epoch FROM s.confirmed_at)::bigint"
	    " FROM session s JOIN account a ON a.id = s.account_id"
	    " WHERE split_part(a.email, '@', 2) = $1 || '.bench.invalid'"
	    " ORDER BY random() LIMIT $2::bigint" },
};

struct world {
	struct arena *arena;
	const struct config *config;
	struct db *db;
	struct signing_keys *keys;
};

static void
die(const char *what)
{
	fprintf(stderr, "people: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
world_open(struct world *world)
{
	struct master_key *key;
	const char *why;

	log_program("people");
	world->arena = arena_new();
	if (secret_init() != ST_OK ||
	    config_load_or_log(world->arena, NULL, &world->config) != ST_OK)
		die("no settings");
	if (master_key_load(world->arena, world->config->master_key,
		world->config->master_key_file, &key, &why) != ST_OK)
		die(why);
	world->keys = signing_keys_new(key);
	world->db = db_open(
	    arena_printf(world->arena, "%s options='-c statement_timeout=0'",
		world->config->database_worker_url),
	    "people");
}

static void
fill(struct world *world, const char *group, int64_t count)
{
	if (db_query(world->db, world->arena, &stmts[ACCOUNTS],
		DB_ARGS(DB_TEXT(group), DB_INT(count)), NULL) != ST_OK ||
	    db_query(world->db, world->arena, &stmts[SESSIONS],
		DB_ARGS(DB_TEXT(group)), NULL) != ST_OK)
		die("nobody was added");
}

/* A line "session-id access-token" for each of so many, drawn at random. */
static void
print_tokens(struct world *world, const char *group, int64_t count)
{
	struct arena *arena = arena_new();
	struct db_rows *rows;
	const char *text;
	int64_t expires_at;

	if (db_query(world->db, world->arena, &stmts[SAMPLE],
		DB_ARGS(DB_TEXT(group), DB_INT(count)), &rows) != ST_OK)
		die("no sample");
	for (size_t i = 0; i < db_count(rows); i++) {
		struct session session = {
			.id = db_text(rows, i, 0),
			.account.id = db_text(rows, i, 1),
			.generation = db_int(rows, i, 2),
			.confirmed_at = db_int(rows, i, 3),
		};

		if (access_token_issue(world->keys, world->db, arena,
			world->config, &session, &text, &expires_at) != ST_OK)
			die("no token");
		printf("%s %s\n", session.id, text);
		arena_reset(arena);
	}
	arena_free(arena);
}

/* people GROUP COUNT TOKENS, with the settings of CHATELAINE_CONF. */
int
main(int argc, char **argv)
{
	struct world world;

	if (argc != 4)
		die("usage: people GROUP COUNT TOKENS");
	world_open(&world);
	fill(&world, argv[1], strtoll(argv[2], NULL, 10));
	print_tokens(&world, argv[1], strtoll(argv[3], NULL, 10));
	db_close(world.db);
	signing_keys_free(world.keys);
	arena_free(world.arena);
	return EXIT_SUCCESS;
}
