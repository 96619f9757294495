/* check_db.c - PostgreSQL, in good and in bad times. */

#include <check.h>
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/db.h"
#include "tests/harness/harness.h"

enum {
	ECHO_TEXT,
	ECHO_INT,
	ECHO_BOOL,
	ECHO_BYTES,
	ECHO_TIME,
	MANY_ROWS,
	ADD_ITEM,
	CHANGE_ITEM,
	ITEM_COUNT,
	ALL_OF_ITEM,
	FORBIDDEN_TABLE,
	NO_SUCH_TABLE,
	SLEEP,
	DIVIDE,
	SERIALIZATION,
	BACKEND,
	TERMINATE,
	PREPARES,
	SETTING,
	NOTIFY,
	STMT_COUNT
};

static const struct db_stmt stmts[STMT_COUNT] = {
	[ECHO_TEXT] = { "echo_text", "SELECT $1::text" },
	[ECHO_INT] = { "echo_int", "SELECT $1::int8" },
	[ECHO_BOOL] = { "echo_bool", "SELECT $1::bool" },
	[ECHO_TIME] = { "echo_time",
	    "SELECT t, floor(extract(epoch FROM t))::bigint"
	    " FROM (SELECT $1::timestamptz) AS given (t)" },
	[ECHO_BYTES] = { "echo_bytes", "SELECT $1::bytea" },
	[MANY_ROWS] = { "many_rows",
	    "SELECT n, repeat('x', 100) FROM generate_series(1, $1::int) n" },
	[ADD_ITEM] = { "add_item",
	    "INSERT INTO item (id, parent, label) VALUES ($1, $2, $3)" },
	[CHANGE_ITEM] = { "change_item",
	    "UPDATE item SET label = $2 WHERE id = $1" },
	[ITEM_COUNT] = { "item_count", "SELECT count(*) FROM item" },
	[ALL_OF_ITEM] = { "all_of_item", "SELECT * FROM item" },
	[FORBIDDEN_TABLE] = { "forbidden_table", "SELECT FROM pg_authid" },
	[NO_SUCH_TABLE] = { "no_such_table", "SELECT FROM nowhere" },
	[SLEEP] = { "sleep", "SELECT pg_sleep(60)" },
	[DIVIDE] = { "divide", "SELECT 1 / $1::int" },
	[SERIALIZATION] = { "serialization",
	    "SELECT raise_error('serialization_failure')" },
	[BACKEND] = { "backend", "SELECT pg_backend_pid()" },
	[TERMINATE] = { "terminate", "SELECT pg_terminate_backend($1::int)" },
	[PREPARES] = { "prepares",
	    "SELECT count(*) FROM pg_prepared_statements"
	    " WHERE name = 'echo_text'" },
	[SETTING] = { "setting", "SELECT current_setting($1)" },
	[NOTIFY] = { "notify", "SELECT pg_notify($1, '')" },
};

static const char items[] =
    "CREATE TABLE item ("
    " id int8 CONSTRAINT item_id PRIMARY KEY,"
    " parent int8 CONSTRAINT item_parent REFERENCES item,"
    " label text NOT NULL CONSTRAINT item_label CHECK (label <> 'bad'),"
    " CONSTRAINT item_once UNIQUE (label) DEFERRABLE INITIALLY DEFERRED);"
    "CREATE FUNCTION raise_error(what text) RETURNS void LANGUAGE plpgsql AS "
    "$$BEGIN RAISE EXCEPTION USING ERRCODE = what; END$$";

static struct arena *arena;
static struct db *db;

static void
setup(void)
{
	arena = arena_new();
	db = db_open(test_database_url(), "check_db");
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

/* A database of the test's own, as it commits; with the table above. */
static void
setup_items(void)
{
	const char *message;

	arena = arena_new();
	db = db_open(test_empty_database(), "check_db");
	ck_assert_msg(
	    db_script(db, arena, items, &message) == ST_OK, "%s", message);
}

static struct db_rows *
one(int stmt, const struct db_arg arg)
{
	struct db_rows *rows = NULL;

	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[stmt], &arg, 1, &rows), ST_OK);
	return rows;
}

static int64_t
backend(void)
{
	struct db_rows *rows = NULL;

	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[BACKEND], DB_NO_ARGS, &rows), ST_OK);
	return db_int(rows, 0, 0);
}

static int64_t
count_items(void)
{
	struct db_rows *rows = NULL;

	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[ITEM_COUNT], DB_NO_ARGS, &rows),
	    ST_OK);
	return db_int(rows, 0, 0);
}

static enum status
add_item(int64_t id, const char *label)
{
	return db_query(db, arena, &stmts[ADD_ITEM],
	    DB_ARGS(DB_INT(id), DB_NULL, DB_TEXT(label)), NULL);
}

/* From another connection. The backend may live for a moment yet. */
static void
terminate(int64_t pid)
{
	struct db *other = db_open(test_database_url(), "terminate");
	struct db_rows *rows;

	ck_assert_int_eq(db_query_one(other, arena, &stmts[TERMINATE],
			     DB_ARGS(DB_INT(pid)), &rows),
	    ST_OK);
	ck_assert(db_bool(rows, 0, 0));
	db_close(other);
}

static void
await_end(int64_t pid)
{
	while (kill((pid_t)pid, 0) == 0)
		(void)usleep(1000);
}

/* --- values --- */

START_TEST(text_comes_back_as_it_went)
{
	static const char *const texts[] = { "", " ", "plain", "'; --", "\\x41",
		"na\xc3\xafve \xf0\x9f\x94\x91", "a\nb\tc" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct db_rows *rows = one(ECHO_TEXT, DB_TEXT(texts[i]));

		ck_assert_str_eq(db_text(rows, 0, 0), texts[i]);
		ck_assert(!db_is_null(rows, 0, 0));
	}
}
END_TEST

START_TEST(null_comes_back_as_null_and_reads_as_nothing)
{
	struct db_rows *rows = one(ECHO_TEXT, DB_TEXT(NULL));
	size_t size = 1;

	ck_assert(db_is_null(rows, 0, 0));
	ck_assert_str_eq(db_text(rows, 0, 0), "");
	ck_assert_int_eq(db_int(rows, 0, 0), 0);
	ck_assert(!db_bool(rows, 0, 0));
	(void)db_bytes(one(ECHO_BYTES, DB_NULL), 0, 0, &size);
	ck_assert_uint_eq(size, 0);
}
END_TEST

START_TEST(integers_keep_all_their_bits)
{
	static const int64_t numbers[] = { 0, 1, -1, INT64_MAX, INT64_MIN };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		ck_assert_int_eq(
		    db_int(one(ECHO_INT, DB_INT(numbers[i])), 0, 0),
		    numbers[i]);
}
END_TEST

START_TEST(truth_comes_back_as_it_went)
{
	ck_assert(db_bool(one(ECHO_BOOL, DB_BOOL(true)), 0, 0));
	ck_assert(!db_bool(one(ECHO_BOOL, DB_BOOL(false)), 0, 0));
	ck_assert(!db_is_null(one(ECHO_BOOL, DB_BOOL(false)), 0, 0));
}
END_TEST

START_TEST(times_are_seconds_rounded_down)
{
	static const char *const times[] = { "1970-01-01 00:00:00Z",
		"1969-12-31 23:59:59.000001Z", "2026-11-21 06:36:27.722735Z",
		"2000-02-29 23:59:59.999999Z", "2024-03-01 00:00:00+05:30",
		"0001-01-01 00:00:00Z", "12026-01-01 00:00:00Z" };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct db_rows *rows = one(ECHO_TIME, DB_TEXT(times[i]));

		ck_assert_int_eq(db_time(rows, 0, 0), db_int(rows, 0, 1));
	}
	ck_assert_int_eq(db_time(one(ECHO_TIME, DB_NULL), 0, 0), 0);
}
END_TEST

START_TEST(bytes_come_back_as_they_went)
{
	unsigned char all[512];
	const unsigned char *back;
	struct db_rows *rows;
	size_t size;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	back =
	    db_bytes(one(ECHO_BYTES, DB_BYTES(all, sizeof(all))), 0, 0, &size);
	ck_assert_uint_eq(size, sizeof(all));
	ck_assert_mem_eq(back, all, sizeof(all));
	rows = one(ECHO_BYTES, DB_BYTES(NULL, 0));
	ck_assert(!db_is_null(rows, 0, 0));
	(void)db_bytes(rows, 0, 0, &size);
	ck_assert_uint_eq(size, 0);
}
END_TEST

START_TEST(a_cell_that_is_not_there_reads_as_null)
{
	struct db_rows *rows = one(MANY_ROWS, DB_INT(1));

	ck_assert(db_is_null(rows, 1, 0));
	ck_assert(db_is_null(rows, 0, 2));
	ck_assert_str_eq(db_text(rows, 7, 7), "");
}
END_TEST

START_TEST(one_row_means_one)
{
	struct db_rows *rows = NULL;

	ck_assert_int_eq(db_query_one(db, arena, &stmts[MANY_ROWS],
			     DB_ARGS(DB_INT(0)), &rows),
	    ST_NOT_FOUND);
	ck_assert_int_eq(db_query_one(db, arena, &stmts[MANY_ROWS],
			     DB_ARGS(DB_INT(2)), &rows),
	    ST_FAULT);
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[MANY_ROWS], DB_ARGS(DB_INT(5)), &rows),
	    ST_OK);
	ck_assert_uint_eq(db_count(rows), 5);
	ck_assert_int_eq(db_int(rows, 4, 0), 5);
}
END_TEST

START_TEST(a_reset_frees_the_rows)
{
	/* The sanitizer's leak check is the judge. */
	for (int i = 0; i < 100; i++) {
		(void)one(MANY_ROWS, DB_INT(1));
		ck_assert_int_eq(db_query(db, arena, &stmts[MANY_ROWS],
				     DB_ARGS(DB_INT(100)), NULL),
		    ST_OK);
		arena_reset(arena);
	}
}
END_TEST

START_TEST(a_session_begins_with_its_settings)
{
	static const char *const expected[][2] = {
		{ "TimeZone", "UTC" },
		{ "client_encoding", "UTF8" },
		{ "statement_timeout", "15s" },
		{ "idle_in_transaction_session_timeout", "1min" },
		{ "application_name", "check_db" },
	};

	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		ck_assert_str_eq(
		    db_text(one(SETTING, DB_TEXT(expected[i][0])), 0, 0),
		    expected[i][1]);
}
END_TEST

START_TEST(the_url_may_say_otherwise)
{
	db_close(db);
	db = db_open(arena_printf(arena,
			 "%s&application_name=mine"
			 "&options=-c%%20statement_timeout%%3D1min",
			 test_database_url()),
	    "check_db");
	ck_assert_str_eq(
	    db_text(one(SETTING, DB_TEXT("application_name")), 0, 0), "mine");
	ck_assert_str_eq(
	    db_text(one(SETTING, DB_TEXT("statement_timeout")), 0, 0), "1min");
	ck_assert_str_eq(
	    db_text(one(SETTING, DB_TEXT("TimeZone")), 0, 0), "UTC");
}
END_TEST

/* --- outcomes --- */

START_TEST(a_refusal_names_its_constraint)
{
	ck_assert_int_eq(add_item(1, "a"), ST_OK);
	ck_assert_str_eq(db_constraint(db), "");
	ck_assert_int_eq(add_item(1, "b"), ST_CONFLICT);
	ck_assert_str_eq(db_constraint(db), "item_id");
	ck_assert_int_eq(add_item(2, "bad"), ST_INVALID);
	ck_assert_str_eq(db_constraint(db), "item_label");
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[ADD_ITEM],
		DB_ARGS(DB_INT(2), DB_INT(77), DB_TEXT("c")), NULL),
	    ST_CONFLICT);
	ck_assert_str_eq(db_constraint(db), "item_parent");
	ck_assert_int_eq(count_items(), 1);
	ck_assert_str_eq(db_constraint(db), "");
}
END_TEST

START_TEST(each_class_of_error_has_its_status)
{
	const struct {
		int stmt;
		struct db_arg arg;
		enum status status;
	} cases[] = {
		{ ECHO_INT, DB_TEXT("three"), ST_INVALID },
		{ ECHO_TEXT, DB_TEXT("\xff"), ST_INVALID },
		{ DIVIDE, DB_INT(0), ST_INVALID },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_int_eq(db_query(db, arena, &stmts[cases[i].stmt],
				     &cases[i].arg, 1, NULL),
		    cases[i].status);
	ck_assert_int_eq(add_item(1, NULL), ST_INVALID);
	/* As a deadlock is: nothing that is stored is in the way. */
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[SERIALIZATION], DB_NO_ARGS, NULL),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[FORBIDDEN_TABLE], DB_NO_ARGS, NULL),
	    ST_FAULT);
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[NO_SUCH_TABLE], DB_NO_ARGS, NULL),
	    ST_FAULT);
	/* More parameters than the statement has. */
	ck_assert_int_eq(db_query(db, arena, &stmts[ECHO_TEXT],
			     DB_ARGS(DB_INT(1), DB_INT(2)), NULL),
	    ST_FAULT);
}
END_TEST

START_TEST(a_statement_that_takes_too_long_is_unavailable)
{
	db_close(db);
	db = db_open(
	    arena_printf(arena, "%s&options=-c%%20statement_timeout%%3D50ms",
		test_database_url()),
	    "check_db");
	ck_assert_int_eq(db_query(db, arena, &stmts[SLEEP], DB_NO_ARGS, NULL),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(db_int(one(ECHO_INT, DB_INT(1)), 0, 0), 1);
}
END_TEST

START_TEST(without_a_server_it_is_unavailable)
{
	static const char *const urls[] = { "host=/nonexistent",
		"postgres://user:secret@%zz/", "host=127.0.0.1 port=1" };

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct db *none = db_open(urls[i], "check_db");

		ck_assert_int_eq(
		    db_query(none, arena, &stmts[BACKEND], DB_NO_ARGS, NULL),
		    ST_UNAVAILABLE);
		ck_assert_int_eq(db_begin(none), ST_UNAVAILABLE);
		ck_assert(!db_in_transaction(none));
		db_close(none);
	}
}
END_TEST

/* --- transactions --- */

START_TEST(commits_and_rolls_back)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert(db_in_transaction(db));
	ck_assert_int_eq(add_item(1, "kept"), ST_OK);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert(!db_in_transaction(db));
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(add_item(2, "gone"), ST_OK);
	db_rollback(db);
	ck_assert(!db_in_transaction(db));
	db_rollback(db);
	ck_assert_int_eq(count_items(), 1);
}
END_TEST

START_TEST(a_commit_after_a_refusal_is_refused_likewise)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(add_item(1, "a"), ST_OK);
	ck_assert_int_eq(add_item(1, "b"), ST_CONFLICT);
	ck_assert_int_eq(db_commit(db), ST_CONFLICT);
	ck_assert(!db_in_transaction(db));
	ck_assert_int_eq(count_items(), 0);
}
END_TEST

START_TEST(a_deferred_constraint_refuses_the_commit)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(add_item(1, "a"), ST_OK);
	ck_assert_int_eq(add_item(2, "a"), ST_OK);
	ck_assert_int_eq(db_commit(db), ST_CONFLICT);
	ck_assert_str_eq(db_constraint(db), "item_once");
	ck_assert_int_eq(count_items(), 0);
}
END_TEST

START_TEST(transactions_do_not_nest)
{
	ck_assert_int_eq(db_commit(db), ST_FAULT);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(db_begin(db), ST_FAULT);
	ck_assert(db_in_transaction(db));
	db_rollback(db);
}
END_TEST

START_TEST(tells_how_many_rows_it_changed)
{
	struct db_rows *rows;

	ck_assert_int_eq(add_item(1, "a"), ST_OK);
	ck_assert_int_eq(db_query(db, arena, &stmts[CHANGE_ITEM],
			     DB_ARGS(DB_INT(1), DB_TEXT("b")), &rows),
	    ST_OK);
	ck_assert_uint_eq(db_affected(rows), 1);
	ck_assert_int_eq(db_query(db, arena, &stmts[CHANGE_ITEM],
			     DB_ARGS(DB_INT(2), DB_TEXT("b")), &rows),
	    ST_OK);
	ck_assert_uint_eq(db_affected(rows), 0);
}
END_TEST

/* --- prepared statements --- */

START_TEST(prepares_a_statement_once)
{
	struct db_rows *rows;
	struct db_stmt many[200];

	for (int i = 0; i < 3; i++)
		(void)one(ECHO_TEXT, DB_TEXT("x"));
	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[PREPARES], DB_NO_ARGS, &rows),
	    ST_OK);
	ck_assert_int_eq(db_int(rows, 0, 0), 1);
	/* Would fail at the second use if any were prepared again. */
	for (size_t i = 0; i < 2 * ARRAY_LEN(many); i++) {
		size_t n = i % ARRAY_LEN(many);

		if (i == n)
			many[n] = (struct db_stmt){
				arena_printf(arena, "many_%zu", n), "SELECT 1"
			};
		ck_assert_int_eq(
		    db_query(db, arena, &many[n], DB_NO_ARGS, NULL), ST_OK);
	}
}
END_TEST

START_TEST(prepares_again_what_the_server_forgot)
{
	const char *message;

	(void)one(ECHO_TEXT, DB_TEXT("x"));
	ck_assert_int_eq(db_script(db, arena, "DISCARD ALL", &message), ST_OK);
	ck_assert_str_eq(db_text(one(ECHO_TEXT, DB_TEXT("y")), 0, 0), "y");
	/* Not inside a transaction, which the error has ended. */
	ck_assert_int_eq(
	    db_script(db, arena, "DEALLOCATE ALL", &message), ST_OK);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[ECHO_TEXT], DB_ARGS(DB_TEXT("z")), NULL),
	    ST_UNAVAILABLE);
	db_rollback(db);
	/* The next one finds it in order. */
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_str_eq(db_text(one(ECHO_TEXT, DB_TEXT("z")), 0, 0), "z");
	ck_assert_int_eq(db_commit(db), ST_OK);
}
END_TEST

START_TEST(prepares_again_when_a_table_was_altered)
{
	const char *message;
	struct db_rows *rows;

	ck_assert_int_eq(add_item(1, "a"), ST_OK);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(db_query_one(db, arena, &stmts[ALL_OF_ITEM],
				     DB_NO_ARGS, &rows),
		    ST_OK);
		ck_assert(db_is_null(rows, 0, 3) == (i == 0));
		ck_assert_int_eq(db_script(db, arena,
				     "ALTER TABLE item ADD COLUMN IF NOT EXISTS"
				     " extra text DEFAULT 'new'",
				     &message),
		    ST_OK);
	}
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(db_script(db, arena,
			     "ALTER TABLE item DROP COLUMN extra", &message),
	    ST_OK);
	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[ALL_OF_ITEM], DB_NO_ARGS, &rows),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(db_commit(db), ST_UNAVAILABLE);
	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[ALL_OF_ITEM], DB_NO_ARGS, &rows),
	    ST_OK);
}
END_TEST

/* --- losses --- */

START_TEST(a_restart_while_idle_goes_unnoticed)
{
	(void)one(ECHO_TEXT, DB_TEXT("before"));
	test_db_restart();
	ck_assert_str_eq(
	    db_text(one(ECHO_TEXT, DB_TEXT("after")), 0, 0), "after");
	test_db_restart();
	ck_assert_int_eq(db_begin(db), ST_OK);
	(void)one(ECHO_TEXT, DB_TEXT("in a transaction"));
	ck_assert_int_eq(db_commit(db), ST_OK);
}
END_TEST

START_TEST(a_transaction_that_was_cut_stays_cut)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(add_item(1, "lost"), ST_OK);
	test_db_restart();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(add_item(2, "late"), ST_UNAVAILABLE);
	ck_assert_int_eq(db_begin(db), ST_FAULT);
	ck_assert(db_in_transaction(db));
	db_rollback(db);
	ck_assert_int_eq(count_items(), 0);
}
END_TEST

START_TEST(a_commit_that_was_cut_is_unavailable)
{
	int64_t pid;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(add_item(1, "lost"), ST_OK);
	pid = backend();
	terminate(pid);
	await_end(pid);
	ck_assert_int_eq(db_commit(db), ST_UNAVAILABLE);
	ck_assert(!db_in_transaction(db));
	ck_assert_int_eq(count_items(), 0);
}
END_TEST

START_TEST(a_backend_terminated_while_idle_is_replaced)
{
	/* Often, as the good-bye and the end of the socket come apart. */
	for (int i = 0; i < 20; i++) {
		int64_t pid = backend();

		terminate(pid);
		await_end(pid);
		ck_assert_int_ne(backend(), pid);
	}
}
END_TEST

START_TEST(a_backend_terminated_at_work_is_unavailable)
{
	int64_t pid = backend();
	pid_t child = fork();

	ck_assert_int_ne(child, -1);
	if (child == 0) {
		struct db *other = db_open(test_database_url(), "killer");
		static const struct db_stmt when_asleep = { "when_asleep",
			"SELECT pg_terminate_backend(pid) FROM"
			" pg_stat_activity WHERE pid = $1::int"
			" AND wait_event = 'PgSleep'" };
		struct db_rows *rows = NULL;

		while (db_query_one(other, arena, &when_asleep,
			   DB_ARGS(DB_INT(pid)), &rows) == ST_NOT_FOUND)
			(void)usleep(1000);
		_exit(0);
	}
	ck_assert_int_eq(db_query(db, arena, &stmts[SLEEP], DB_NO_ARGS, NULL),
	    ST_UNAVAILABLE);
	ck_assert_int_ne(backend(), pid);
}
END_TEST

/* --- notifications --- */

static void
notify(const char *channel)
{
	struct db *other = db_open(test_database_url(), "notify");

	ck_assert_int_eq(db_query(other, arena, &stmts[NOTIFY],
			     DB_ARGS(DB_TEXT(channel)), NULL),
	    ST_OK);
	db_close(other);
}

#define FOR_EVER (-1) /* the test's own timeout ends it */

/* A wait that goes well. Was there more than time? */
static bool
waits(int timeout_ms, int wake)
{
	bool woken;

	ck_assert_int_eq(db_wait(db, timeout_ms, wake, &woken), ST_OK);
	return woken;
}

START_TEST(a_notification_ends_the_wait)
{
	ck_assert_int_eq(db_listen(db, "Channel \"1\""), ST_OK);
	notify("Channel \"1\"");
	ck_assert(waits(FOR_EVER, -1));
	/* Also one that arrived with the answer to a statement. */
	notify("Channel \"1\"");
	(void)backend();
	ck_assert(waits(FOR_EVER, -1));
}
END_TEST

START_TEST(a_wait_ends_by_itself)
{
	ck_assert_int_eq(db_listen(db, "one"), ST_OK);
	notify("two");
	ck_assert(!waits(10, -1));
}
END_TEST

/* Called once, when a poll of the library has run out of its time. */
static void (*too_late)(const struct pollfd *fds);

/* In the place of the system's. */
int
poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int (*real)(struct pollfd *, nfds_t, int);
	void (*call)(const struct pollfd *) = too_late;
	int ready;

	*(void **)&real = dlsym(RTLD_NEXT, "poll");
	ready = real(fds, count, timeout_ms);
	if (ready != 0 || timeout_ms <= 0 || call == NULL)
		return ready;
	too_late = NULL;
	call(fds);
	return 0;
}

static void
notify_too_late(const struct pollfd *fds)
{
	struct pollfd heard = fds[0];

	notify("one");
	ck_assert_int_eq(poll(&heard, 1, FOR_EVER), 1);
}

START_TEST(a_notification_is_heard_as_time_runs_out)
{
	ck_assert_int_eq(db_listen(db, "one"), ST_OK);
	too_late = notify_too_late;
	ck_assert(waits(10, -1));
	ck_assert_ptr_null(too_late);
	ck_assert(!waits(10, -1));
}
END_TEST

START_TEST(a_descriptor_ends_the_wait)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(db_listen(db, "one"), ST_OK);
	ck_assert(waits(FOR_EVER, fds[0]));
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

START_TEST(a_wait_tells_of_a_loss_and_listens_again)
{
	enum status st;
	pid_t child;
	int64_t pid;
	bool woken;

	ck_assert_int_eq(db_listen(db, "one"), ST_OK);
	pid = backend();
	child = fork();
	ck_assert_int_ne(child, -1);
	if (child == 0) {
		terminate(pid);
		_exit(0);
	}
	st = db_wait(db, FOR_EVER, -1, &woken);
	/* At once, as something may have gone unheard meanwhile; the first
	 * wait does it already if the loss came before it. */
	if (st == ST_UNAVAILABLE)
		st = db_wait(db, FOR_EVER, -1, &woken);
	ck_assert_int_eq(st, ST_OK);
	ck_assert(woken);
	ck_assert_int_ne(backend(), pid);
	notify("one");
	ck_assert(waits(FOR_EVER, -1));
}
END_TEST

START_TEST(a_good_bye_counts_before_the_socket_ends)
{
	const char *message;
	int64_t pid = backend();
	bool woken;

	ck_assert_int_eq(db_listen(db, "one"), ST_OK);
	/* The server says it first and tidies up then, for a while. */
	ck_assert_int_eq(
	    db_script(db, arena,
		"DO $$BEGIN FOR n IN 1..500 LOOP EXECUTE"
		" format('CREATE TEMP TABLE t%s ()', n); END LOOP; END$$",
		&message),
	    ST_OK);
	terminate(pid);
	/* Heard by this wait, or just before it, which then connects anew. */
	(void)!db_wait(db, FOR_EVER, -1, &woken);
	ck_assert_int_ne(backend(), pid);
}
END_TEST

START_TEST(a_wait_is_not_for_transactions)
{
	bool woken;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(db_listen(db, "one"), ST_FAULT);
	ck_assert_int_eq(db_wait(db, 0, -1, &woken), ST_FAULT);
	db_rollback(db);
}
END_TEST

/* --- scripts --- */

START_TEST(a_script_tells_the_line_that_was_refused)
{
	static const struct {
		const char *sql;
		const char *begins;
	} cases[] = {
		{ "SELECT 1;\n-- \xc3\xa9\xc3\xa9\nSELECT nothing;\n",
		    "line 3: " },
		{ "SELEKT 1", "line 1: " },
		{ "SELECT 1; SELECT 2; SELECT 1/0", "statement 3: division" },
		{ "COPY pg_class TO STDOUT", "COPY " },
	};
	const char *message;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_int_eq(
		    db_script(db, arena, cases[i].sql, &message), ST_INVALID);
		ck_assert_msg(strncmp(message, cases[i].begins,
				  strlen(cases[i].begins)) == 0,
		    "%s", message);
	}
	ck_assert_int_eq(db_script(db, arena, "", &message), ST_OK);
	ck_assert_str_eq(message, "");
}
END_TEST

START_TEST(a_script_may_not_end_the_transaction)
{
	const char *message;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    db_script(db, arena, "SELECT 1; COMMIT", &message), ST_INVALID);
	ck_assert_str_eq(message, "it ends the transaction that it runs in");
	db_rollback(db);
}
END_TEST

static TCase *
add_tcase(Suite *suite, const char *name, void (*fixture)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, fixture, teardown);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("db");
	TCase *tcase;

	tcase = add_tcase(suite, "values", setup);
	tcase_add_test(tcase, text_comes_back_as_it_went);
	tcase_add_test(tcase, null_comes_back_as_null_and_reads_as_nothing);
	tcase_add_test(tcase, integers_keep_all_their_bits);
	tcase_add_test(tcase, truth_comes_back_as_it_went);
	tcase_add_test(tcase, times_are_seconds_rounded_down);
	tcase_add_test(tcase, bytes_come_back_as_they_went);
	tcase_add_test(tcase, a_cell_that_is_not_there_reads_as_null);
	tcase_add_test(tcase, one_row_means_one);
	tcase_add_test(tcase, a_reset_frees_the_rows);
	tcase_add_test(tcase, a_session_begins_with_its_settings);
	tcase_add_test(tcase, the_url_may_say_otherwise);

	tcase = add_tcase(suite, "outcomes", setup_items);
	tcase_add_test(tcase, a_refusal_names_its_constraint);
	tcase_add_test(tcase, each_class_of_error_has_its_status);
	tcase_add_test(tcase, a_statement_that_takes_too_long_is_unavailable);
	tcase_add_test(tcase, without_a_server_it_is_unavailable);

	tcase = add_tcase(suite, "transactions", setup_items);
	tcase_add_test(tcase, commits_and_rolls_back);
	tcase_add_test(tcase, a_commit_after_a_refusal_is_refused_likewise);
	tcase_add_test(tcase, a_deferred_constraint_refuses_the_commit);
	tcase_add_test(tcase, transactions_do_not_nest);
	tcase_add_test(tcase, tells_how_many_rows_it_changed);

	tcase = add_tcase(suite, "prepared statements", setup_items);
	tcase_add_test(tcase, prepares_a_statement_once);
	tcase_add_test(tcase, prepares_again_what_the_server_forgot);
	tcase_add_test(tcase, prepares_again_when_a_table_was_altered);

	tcase = add_tcase(suite, "losses", setup_items);
	tcase_add_test(tcase, a_restart_while_idle_goes_unnoticed);
	tcase_add_test(tcase, a_transaction_that_was_cut_stays_cut);
	tcase_add_test(tcase, a_commit_that_was_cut_is_unavailable);
	tcase_add_test(tcase, a_backend_terminated_while_idle_is_replaced);
	tcase_add_test(tcase, a_backend_terminated_at_work_is_unavailable);

	tcase = add_tcase(suite, "notifications", setup);
	tcase_add_test(tcase, a_notification_ends_the_wait);
	tcase_add_test(tcase, a_wait_ends_by_itself);
	tcase_add_test(tcase, a_notification_is_heard_as_time_runs_out);
	tcase_add_test(tcase, a_descriptor_ends_the_wait);
	tcase_add_test(tcase, a_wait_tells_of_a_loss_and_listens_again);
	tcase_add_test(tcase, a_good_bye_counts_before_the_socket_ends);
	tcase_add_test(tcase, a_wait_is_not_for_transactions);

	tcase = add_tcase(suite, "scripts", setup);
	tcase_add_test(tcase, a_script_tells_the_line_that_was_refused);
	tcase_add_test(tcase, a_script_may_not_end_the_transaction);

	return harness_run(suite, NEEDS_POSTGRES);
}
