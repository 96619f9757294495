/* fixture.c - settings, rows, and a second process to race with. */

#include <check.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define MASTER_KEY \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PATIENCE 30 /* seconds, for a lock to be waited for */

static void
set(const char *name, const char *value)
{
	ck_assert_int_eq(setenv(name, value, 1), 0);
}

/* The settings of whoever runs the tests are not ours. */
static void
forget_settings(void)
{
	size_t count;
	const struct setting *settings = config_settings(&count);
	struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		char *name =
		    arena_printf(arena, "CHATELAINE_%s", settings[i].key);

		for (char *c = name; *c != '\0'; c++)
			*c = *c == '.'               ? '_'
			    : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A')
						     : *c;
		ck_assert_int_eq(unsetenv(name), 0);
	}
	ck_assert_int_eq(unsetenv("CHATELAINE_ENV_FILE"), 0);
	arena_free(arena);
}

static void
set_environment(const char *url)
{
	struct arena *arena = arena_new();

	forget_settings();
	set("CHATELAINE_CONF",
	    arena_printf(arena, "%s/tests/harness/site.conf", test_srcdir()));
	set("CHATELAINE_TEMPLATES_DIR",
	    arena_printf(arena, "%s/templates", test_srcdir()));
	set("CHATELAINE_DATABASE_URL", test_handler_url());
	set("CHATELAINE_MASTER_KEY", MASTER_KEY);
	if (url != NULL)
		set("CHATELAINE_SITE_URL", url);
	arena_free(arena);
	/* Away from any .env of the directory that tests are run in. */
	ck_assert_int_eq(chdir("/"), 0);
}

const struct config *
test_config(struct arena *arena)
{
	const struct config *config;

	ck_assert_int_eq(secret_init(), ST_OK);
	set_environment(NULL);
	ck_assert_int_eq(config_load_or_log(arena, NULL, &config), ST_OK);
	return config;
}

struct master_key *
test_master_key(void)
{
	struct arena *arena = arena_new();
	struct master_key *key;
	const char *why;

	ck_assert_int_eq(secret_init(), ST_OK);
	ck_assert_int_eq(
	    master_key_load(arena, MASTER_KEY, "", &key, &why), ST_OK);
	arena_free(arena);
	return key;
}

struct site *
test_site(const char *url)
{
	struct site *site;

	set_environment(url);
	ck_assert_int_eq(site_open("test", &site), ST_OK);
	return site;
}

void
test_execute(const char *sql)
{
	struct arena *arena = arena_new();
	const char *message;

	ck_assert_msg(
	    db_script(test_db(), arena, sql, &message) == ST_OK, "%s", message);
	arena_free(arena);
}

/*
 * But what the migrations have left there. TRUNCATE makes new files for all
 * tables and indexes, which takes ten times as long.
 */
void
test_clear(void)
{
	test_execute("DO $$ DECLARE tables text[] := ARRAY("
		     " SELECT quote_ident(tablename) FROM pg_tables"
		     " WHERE schemaname = 'public'"
		     " AND tablename <> 'schema_migrations');"
		     " one text; BEGIN"
		     " EXECUTE 'LOCK TABLE ' || array_to_string(tables, ', ');"
		     " FOREACH one IN ARRAY tables LOOP"
		     " EXECUTE 'DELETE FROM ' || one;"
		     " END LOOP; END $$");
}

void
test_retire_key(void)
{
	test_execute("UPDATE signing_key SET state = 'retiring',"
		     " dead_at = now() + interval '1 day'"
		     " WHERE state = 'active'");
}

/*
 * A connection knows statements by where they are and by their names, so they
 * have to stay, and to have one each.
 */
static const struct db_stmt *
statement(const char *sql)
{
	static struct question {
		struct question *next;
		struct db_stmt stmt;
	} * asked;
	static struct arena *kept;
	static unsigned count;
	struct question *question = asked;

	while (question != NULL && strcmp(question->stmt.sql, sql) != 0)
		question = question->next;
	if (question != NULL)
		return &question->stmt;
	if (kept == NULL)
		kept = arena_new();
	question = arena_alloc(kept, sizeof(*question));
	question->stmt =
	    (struct db_stmt){ arena_printf(kept, "fixture_%u", count++),
		    arena_strdup(kept, sql) };
	question->next = asked;
	asked = question;
	return &question->stmt;
}

const char *
test_text(struct arena *arena, const char *sql, const char *arg)
{
	const struct db_arg args[] = { DB_TEXT(arg) };
	struct db_rows *rows;

	ck_assert_msg(db_query_one(test_db(), arena, statement(sql), args,
			  arg != NULL ? 1 : 0, &rows) == ST_OK,
	    "%s", sql);
	return arena_strdup(arena, db_text(rows, 0, 0));
}

int64_t
test_int(const char *sql, const char *arg)
{
	struct arena *arena = arena_new();
	int64_t number = strtoll(test_text(arena, sql, arg), NULL, 10);

	arena_free(arena);
	return number;
}

const char *
test_mailed(struct arena *arena, const struct master_key *key,
    const char *template, const char *value)
{
	static const struct db_stmt newest = { "newest_mail",
		"SELECT id, sealed FROM outbox WHERE template = $1"
		" ORDER BY created_at DESC LIMIT 1" };
	struct json_object *values, *member;
	struct db_rows *rows;
	const unsigned char *sealed;
	unsigned char *text;
	const char *found = "";
	size_t size;

	ck_assert_msg(db_query_one(test_db(), arena, &newest,
			  DB_ARGS(DB_TEXT(template)), &rows) == ST_OK,
	    "no mail %s", template);
	sealed = db_bytes(rows, 0, 1, &size);
	ck_assert_int_eq(secret_open(key, arena, SECRET_FOR_OUTBOX,
			     db_text(rows, 0, 0), sealed, size, &text, &size),
	    ST_OK);
	values = json_tokener_parse((const char *)text);
	if (json_object_object_get_ex(values, value, &member))
		found = arena_strdup(arena, json_object_get_string(member));
	json_object_put(values);
	return found;
}

/* Each row of each table as PostgreSQL writes it, bytea in hexadecimal. */
static bool
is_in_some_row(const char *text)
{
	return test_int(
		   "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
		   " AND position($1::text IN query_to_xml(format('SELECT t::text"
		   " FROM %I t', tablename), true, false, '')::text) > 0",
		   text) > 0;
}

static const char *
hex(struct arena *arena, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	char *text = arena_alloc(arena, 2 * size + 1);

	for (size_t i = 0; i < size; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

bool
test_is_stored(const char *text)
{
	struct arena *arena = arena_new();
	unsigned char *bytes;
	size_t size;
	bool found;

	found = is_in_some_row(text) ||
	    is_in_some_row(hex(arena, text, strlen(text)));
	if (base64url_decode(arena, text, strlen(text), &bytes, &size) == ST_OK)
		found = found || is_in_some_row(hex(arena, bytes, size));
	arena_free(arena);
	return found;
}

pid_t
test_fork(int (*work)(void *), void *closure)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(work(closure));
	return pid;
}

int
test_join(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void
test_await_waiting(int count)
{
	for (int i = 0; i < PATIENCE * 100; i++) {
		if (test_int("SELECT count(*) FROM pg_locks WHERE NOT granted",
			NULL) >= count)
			return;
		(void)usleep(10 * 1000);
	}
	ck_abort_msg("fewer than %d wait for a lock", count);
}

void
test_cut_connections(void)
{
	static const struct db_stmt cut = { "cut",
		"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
		" WHERE usename = current_user AND pid <> pg_backend_pid()" };
	struct db *db = db_open(test_handler_url(), "fixture");
	struct arena *arena = arena_new();

	ck_assert_int_eq(db_query(db, arena, &cut, DB_NO_ARGS, NULL), ST_OK);
	arena_free(arena);
	db_close(db);
}
