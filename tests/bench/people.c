/* people.c - a database full of people, and the tokens of some of them. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/access_token.h"
#include "account/refresh_token.h"
#include "account/signing_key.h"
#include "base/config.h"
#include "base/db.h"
#include "base/log.h"
#include "base/secret.h"

enum { ACCOUNTS, SESSIONS, SAMPLE, ISSUE, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[ACCOUNTS] = { "bench_accounts",
	    "INSERT INTO account (email, name, password_hash, verified_at)"
	    " SELECT format('%s@%s.bench.invalid', i, $1::text),"
	    " 'Person ' || i, '', now()"
	    " FROM generate_series(1, $2::bigint) i" },
	[SESSIONS] = { "bench_sessions",
	    "INSERT INTO session"
	    " (account_id, ip, user_agent, delivered_at, refresh_hash,"
	    " idle_expires_at, expires_at)"
	    " SELECT id, '127.0.0.1', 'bench/1.0', now(),"
	    " sha256(id::text::bytea), now() + interval '1 day',"
	    " now() + interval '7 days' FROM account"
	    " WHERE split_part(email, '@', 2) = $1 || '.bench.invalid'" },
	[SAMPLE] = { "bench_sample",
	    "SELECT s.id, a.id, s.generation,"
	    " extract(epoch FROM s.confirmed_at)::bigint"
	    " FROM session s JOIN account a ON a.id = s.account_id"
	    " WHERE split_part(a.email, '@', 2) = $1 || '.bench.invalid'"
	    " ORDER BY random() LIMIT $2::bigint" },
	[ISSUE] = { "bench_issue",
	    "UPDATE session SET refresh_hash = $2 WHERE id = $1::uuid" },
};

struct world {
	struct arena *arena;
	const struct config *config;
	struct db *db;
	struct master_key *key;
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
	const char *why;

	log_program("people");
	world->arena = arena_new();
	if (secret_init() != ST_OK ||
	    config_load_or_log(world->arena, NULL, &world->config) != ST_OK)
		die("no settings");
	if (master_key_load(world->arena, world->config->master_key,
		world->config->master_key_file, &world->key, &why) != ST_OK)
		die(why);
	world->keys = signing_keys_new(world->key);
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

/* The session's first refresh token, which the database then expects. */
static const char *
issue_refresh_token(struct world *world, struct arena *arena, const char *id)
{
	unsigned char hash[SECRET_BYTES];
	struct refresh_token token;

	refresh_token_first(&token);
	token.session_id = id;
	refresh_token_hash(&token, hash);
	if (db_change(world->db, arena, &stmts[ISSUE],
		DB_ARGS(DB_TEXT(id), DB_BYTES(hash, sizeof(hash)))) != ST_OK)
		die("no refresh token");
	return refresh_token_text(world->key, arena, &token);
}

/*
 * A line "session-id access-token refresh-token" for each of so many, drawn at
 * random.
 */
static void
print_tokens(struct world *world, const char *group, int64_t count)
{
	struct arena *arena = arena_new();
	struct db_rows *rows;
	const char *text;
	int64_t expires_at;

	if (db_begin(world->db) != ST_OK ||
	    db_query(world->db, world->arena, &stmts[SAMPLE],
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
		printf("%s %s %s\n", session.id, text,
		    issue_refresh_token(world, arena, session.id));
		arena_reset(arena);
	}
	if (db_commit(world->db) != ST_OK)
		die("no commit");
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
	master_key_free(world.key);
	arena_free(world.arena);
	return EXIT_SUCCESS;
}
