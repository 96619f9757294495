/* check_migrate.c - migrations, and what may come between. */

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/migrate.h"
#include "base/strbuf.h"
#include "tests/harness/harness.h"

enum {
	APPLIED,
	RELATIONS,
	NOTES,
	LOCKS,
	TIMEOUT,
	ASLEEP,
	INDEX_VALID,
	STMT_COUNT
};

static const struct db_stmt stmts[STMT_COUNT] = {
	[APPLIED] = { "applied",
	    "SELECT string_agg(version, ' ' ORDER BY version)"
	    " FROM schema_migrations" },
	[RELATIONS] = { "relations",
	    "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
	    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'" },
	[NOTES] = { "notes",
	    "SELECT string_agg(n::text, ' ' ORDER BY id) FROM note" },
	[LOCKS] = { "locks",
	    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" },
	[TIMEOUT] = { "timeout",
	    "SELECT current_setting('statement_timeout')" },
	[ASLEEP] = { "asleep",
	    "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
	    " AND datname = current_database()" },
	[INDEX_VALID] = { "index_valid",
	    "SELECT bool_and(indisvalid) FROM pg_index"
	    " WHERE indexrelid = to_regclass('note_n')" },
};

static struct arena *arena;
static const char *url;
static const char *dir;
static struct db *db;
static const char *why;

static void
setup(void)
{
	arena = arena_new();
	dir = test_directory_new(arena);
	url = test_empty_database();
	db = db_open(url, "check_migrate");
}

static void
teardown(void)
{
	db_close(db);
	test_directory_remove(dir);
	arena_free(arena);
}

static void
put_file(const char *name, const char *text)
{
	test_write_file(dir, name, text);
}

/* A well-formed migration, number 1 to 9. */
static void
put(int number, const char *up, const char *down)
{
	put_file(
	    arena_printf(arena, "2026010100000%d_step_%d.sql", number, number),
	    arena_printf(arena,
		"-- A step.\n\n-- migrate:up\n%s\n-- migrate:down\n%s\n", up,
		down));
}

/* A table of notes, and one migration that adds n to it. */
static void
put_notes(void)
{
	put(1,
	    "CREATE TABLE note (id int8 GENERATED ALWAYS AS IDENTITY, n int);",
	    "DROP TABLE note;");
}

static void
put_note(int number)
{
	put(number,
	    arena_printf(arena, "INSERT INTO note (n) VALUES (%d);", number),
	    arena_printf(arena, "DELETE FROM note WHERE n = %d;", number));
}

static void
note(const struct migration *migration, void *closure)
{
	strbuf_printf(closure, "%s ", migration->name);
}

/* Apply; *reported is the names of what was. */
static enum status
run(const char **reported)
{
	struct strbuf sb;
	enum status st;

	strbuf_init(&sb, arena);
	st = migrate_up(db, arena, dir, note, &sb, &why);
	*reported = sb.text;
	return st;
}

/* The same, which must go well. */
static const char *
up(void)
{
	const char *reported;
	enum status st = run(&reported);

	ck_assert_msg(st == ST_OK, "%s: %s", status_name(st), why);
	return reported;
}

static const char *
ask(int stmt)
{
	struct db_rows *rows = NULL;

	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[stmt], DB_NO_ARGS, &rows), ST_OK);
	return db_text(rows, 0, 0);
}

#define ck_assert_in(text, part) \
	ck_assert_msg(strstr(text, part) != NULL, "\"%s\"", text)

/* --- all goes well --- */

START_TEST(applies_what_is_pending_in_order)
{
	put_note(2);
	put_notes();
	ck_assert_str_eq(up(), "step_1 step_2 ");
	ck_assert_str_eq(ask(APPLIED), "20260101000001 20260101000002");
	ck_assert_str_eq(up(), "");
	put_note(4);
	ck_assert_str_eq(up(), "step_4 ");
	put_note(3); /* from another branch, late */
	ck_assert_str_eq(up(), "step_3 ");
	ck_assert_str_eq(ask(NOTES), "2 4 3");
}
END_TEST

START_TEST(takes_back_the_newest)
{
	struct migration undone;

	put_notes();
	put_note(2);
	put_note(3);
	(void)up();
	ck_assert_int_eq(migrate_down(db, arena, dir, &undone, &why), ST_OK);
	ck_assert_str_eq(undone.name, "step_3");
	ck_assert_str_eq(ask(NOTES), "2");
	ck_assert_str_eq(ask(APPLIED), "20260101000001 20260101000002");
	ck_assert_int_eq(migrate_down(db, arena, dir, &undone, &why), ST_OK);
	ck_assert_int_eq(migrate_down(db, arena, dir, &undone, &why), ST_OK);
	ck_assert_str_eq(ask(RELATIONS), "schema_migrations");
	ck_assert_int_eq(
	    migrate_down(db, arena, dir, &undone, &why), ST_NOT_FOUND);
	ck_assert_str_eq(up(), "step_1 step_2 step_3 ");
}
END_TEST

START_TEST(lists_files_and_what_was_applied)
{
	struct migration *list, undone;
	size_t count;

	ck_assert_int_eq(
	    migrate_list(db, arena, dir, &list, &count, &why), ST_OK);
	ck_assert_uint_eq(count, 0);
	put_notes();
	put_note(2);
	(void)up();
	put_note(3);
	ck_assert_int_eq(
	    unlink(arena_printf(arena, "%s/20260101000002_step_2.sql", dir)),
	    0);
	ck_assert_int_eq(
	    migrate_list(db, arena, dir, &list, &count, &why), ST_OK);
	ck_assert_uint_eq(count, 3);
	ck_assert(list[0].applied && list[1].applied && !list[2].applied);
	ck_assert_str_eq(list[0].name, "step_1");
	ck_assert_str_eq(list[1].version, "20260101000002");
	ck_assert_str_eq(list[1].name, "");
	ck_assert_ptr_null(list[1].path);
	ck_assert_ptr_nonnull(list[2].path);
	/* Nobody knows how to take it back. */
	ck_assert_int_eq(
	    migrate_down(db, arena, dir, &undone, &why), ST_INVALID);
	ck_assert_in(why, "20260101000002 is applied");
}
END_TEST

START_TEST(lists_without_leaving_a_trace)
{
	struct migration *list;
	size_t count;

	put_notes();
	ck_assert_int_eq(
	    migrate_list(db, arena, dir, &list, &count, &why), ST_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert(!list[0].applied);
	ck_assert_str_eq(ask(RELATIONS), "");
}
END_TEST

START_TEST(leaves_the_session_as_it_was)
{
	put(1, "SET statement_timeout = '1min'; SET search_path = pg_catalog",
	    "");
	put_file("20260101000002_alone.sql",
	    "-- migrate:up transaction:false\nSELECT 1\n-- migrate:down\n");
	(void)up();
	ck_assert_str_eq(ask(TIMEOUT), "15s");
	ck_assert_str_eq(ask(LOCKS), "0");
	ck_assert_str_eq(ask(APPLIED), "20260101000001 20260101000002");
	put(3, "SELECT 1 / 0", "");
	ck_assert_int_eq(
	    migrate_up(db, arena, dir, NULL, NULL, &why), ST_INVALID);
	ck_assert_str_eq(ask(LOCKS), "0");
}
END_TEST

START_TEST(runs_alone_what_no_transaction_may_hold)
{
	static const char index[] = "CREATE INDEX CONCURRENTLY note_n"
				    " ON note (n);";

	put_notes();
	put(2, index, "");
	ck_assert_int_eq(
	    migrate_up(db, arena, dir, NULL, NULL, &why), ST_INVALID);
	ck_assert_in(why, "CONCURRENTLY");
	put_file("20260101000002_step_2.sql",
	    arena_printf(arena,
		"-- migrate:up transaction:false\n%s\n"
		"-- migrate:down transaction:false\n"
		"DROP INDEX CONCURRENTLY note_n;\n",
		index));
	ck_assert_str_eq(up(), "step_2 ");
	ck_assert_str_eq(ask(INDEX_VALID), "t");
	ck_assert_int_eq(migrate_down(db, arena, dir,
			     &(struct migration){ .version = "" }, &why),
	    ST_OK);
	ck_assert_str_eq(ask(INDEX_VALID), "");
}
END_TEST

/* --- files that are wrong --- */

START_TEST(refuses_names_that_are_none)
{
	static const char *const names[] = { "1_short.sql", "setup.sql",
		"20260101000001.sql", "20260101000001_.sql",
		"20260101000001-x.sql", "20260101000001_Big.sql",
		"20260101000001_a-b.sql", "20260101000001_a b.sql",
		"202601010000011_long.sql" };

	put_file(names[_i], "-- migrate:up\n-- migrate:down\n");
	ck_assert_int_eq(
	    migrate_up(db, arena, dir, NULL, NULL, &why), ST_INVALID);
	ck_assert_in(why, names[_i]);
}
END_TEST

START_TEST(passes_over_other_files)
{
	put_notes();
	put_file("README", "x");
	put_file("20260101000001_step_1.sql~", "x");
	put_file(".20260101000002_step_2.sql", "x");
	put_file(".sql", "x");
	ck_assert_str_eq(up(), "step_1 ");
}
END_TEST

START_TEST(refuses_markers_that_are_wrong)
{
	static const char *const texts[] = { "", "SELECT 1;\n",
		"-- migrate:up\nSELECT 1;\n", "-- migrate:down\n",
		"-- migrate:down\n-- migrate:up\n",
		"-- migrate:up\n-- migrate:up\n-- migrate:down\n",
		"-- migrate:up\n-- migrate:down\n-- migrate:down\n",
		"SELECT 1;\n-- migrate:up\n-- migrate:down\n",
		"-- migrate:upward\n-- migrate:down\n",
		" -- migrate:up\n-- migrate:down\n" };

	put_notes();
	put_file("20260101000002_wrong.sql", texts[_i]);
	ck_assert_int_eq(
	    migrate_up(db, arena, dir, NULL, NULL, &why), ST_INVALID);
	ck_assert_in(why, "20260101000002_wrong.sql: ");
	ck_assert_in(why, _i == 8 - 1 ? "statement above" : "migrate:");
	/* Nothing is applied while one of them is wrong. */
	ck_assert_str_eq(ask(APPLIED), "");
}
END_TEST

START_TEST(takes_markers_as_dbmate_writes_and_reads_them)
{
	put_file("20260101000001_one.sql",
	    "-- A comment.\n\n--migrate:up  \r\nCREATE TABLE one ();\r\n"
	    "--  migrate:down\t\nDROP TABLE one;");
	ck_assert_str_eq(up(), "one ");
	ck_assert_str_eq(ask(RELATIONS), "one schema_migrations");
	ck_assert_int_eq(migrate_down(db, arena, dir,
			     &(struct migration){ .version = "" }, &why),
	    ST_OK);
	ck_assert_str_eq(ask(RELATIONS), "schema_migrations");
}
END_TEST

START_TEST(refuses_two_of_one_version)
{
	put_notes();
	put_file(
	    "20260101000001_other.sql", "-- migrate:up\n-- migrate:down\n");
	ck_assert_int_eq(
	    migrate_up(db, arena, dir, NULL, NULL, &why), ST_INVALID);
	ck_assert_in(why, "20260101000001_other.sql");
	ck_assert_in(why, "20260101000001_step_1.sql");
	ck_assert_in(why, "same version");
}
END_TEST

START_TEST(has_nothing_to_do_without_a_directory)
{
	ck_assert_int_eq(
	    migrate_up(db, arena, "/nonexistent", NULL, NULL, &why),
	    ST_NOT_FOUND);
	ck_assert_in(why, "/nonexistent");
}
END_TEST

/* --- migrations that fail --- */

static const struct {
	const char *up;
	const char *reason;
} failures[] = {
	{ "CREATE TABLE half ();\n\nSELECT nothing;",
	    "20260101000002_step_2.sql: line 6: column \"nothing\"" },
	{ "CREATE TABLE half ();\nSELECT 1 / 0;",
	    "20260101000002_step_2.sql: statement 2: division by zero" },
	{ "CREATE TABLE half (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
	  "INSERT INTO half VALUES (1), (1);",
	    "20260101000002_step_2.sql: the commit failed: half_n_key" },
	{ "CREATE TABLE half ();\nCOPY half FROM STDIN;",
	    "20260101000002_step_2.sql: COPY" },
};

START_TEST(a_failing_file_rolls_back_whole_and_says_why)
{
	const char *reported;

	put_notes();
	put(2, failures[_i].up, "");
	put_note(3);
	ck_assert_int_ne(run(&reported), ST_OK);
	ck_assert_str_eq(reported, "step_1 ");
	ck_assert_in(why, failures[_i].reason);
	ck_assert_str_eq(ask(APPLIED), "20260101000001");
	ck_assert_str_eq(ask(RELATIONS), "note schema_migrations");
	put_note(2);
	ck_assert_str_eq(up(), "step_2 step_3 ");
}
END_TEST

START_TEST(a_file_may_take_longer_than_statements_of_pages)
{
	db_close(db);
	db = db_open(arena_printf(arena,
			 "%s&options=-c%%20statement_timeout%%3D50ms", url),
	    "check_migrate");
	put(1, "SELECT pg_sleep(0.1);", "");
	put_file("20260101000002_alone.sql",
	    "-- migrate:up transaction:false\nSELECT pg_sleep(0.1);\n"
	    "-- migrate:down\n");
	ck_assert_str_eq(up(), "step_1 alone ");
}
END_TEST

/* --- several runners, and dead ones --- */

static pid_t
fork_runner(void)
{
	pid_t child = fork();

	ck_assert_int_ne(child, -1);
	if (child == 0) {
		struct db *own = db_open(url, "runner");

		_exit(migrate_up(own, arena, dir, NULL, NULL, &why) == ST_OK
			? 0
			: 1);
	}
	return child;
}

START_TEST(a_killed_run_is_taken_up_again)
{
	const char *message;
	pid_t runner;

	put_notes();
	/* Sleeps on until there is mercy. */
	put(2,
	    "CREATE TABLE half ();"
	    "SELECT pg_sleep(600) WHERE to_regclass('mercy') IS NULL;",
	    "");
	put_note(3);
	runner = fork_runner();
	while (
	    db_query_one(db, arena, &stmts[ASLEEP], DB_NO_ARGS, NULL) != ST_OK)
		(void)usleep(1000);
	ck_assert_int_eq(kill(runner, SIGKILL), 0);
	ck_assert_int_eq(waitpid(runner, NULL, 0), runner);
	ck_assert_int_eq(
	    db_script(db, arena, "CREATE TABLE mercy ()", &message), ST_OK);
	ck_assert_str_eq(up(), "step_2 step_3 ");
	ck_assert_str_eq(ask(NOTES), "3");
}
END_TEST

START_TEST(runners_at_once_apply_each_file_once)
{
	pid_t runners[4];
	int status;

	put_notes();
	for (int i = 2; i < 9; i++)
		put_note(i);
	/* In which one that waited in PostgreSQL would deadlock. */
	put_file("20260101000004_index.sql",
	    "-- migrate:up transaction:false\n"
	    "CREATE INDEX CONCURRENTLY note_n ON note (n);\n"
	    "-- migrate:down\n");
	ck_assert_int_eq(
	    unlink(arena_printf(arena, "%s/20260101000004_step_4.sql", dir)),
	    0);
	for (size_t i = 0; i < ARRAY_LEN(runners); i++)
		runners[i] = fork_runner();
	for (size_t i = 0; i < ARRAY_LEN(runners); i++) {
		ck_assert_int_eq(waitpid(runners[i], &status, 0), runners[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_str_eq(ask(NOTES), "2 3 5 6 7 8");
}
END_TEST

START_TEST(without_a_server_says_so)
{
	struct db *none = db_open("host=/nonexistent", "check_migrate");

	put_notes();
	ck_assert_int_eq(
	    migrate_up(none, arena, dir, NULL, NULL, &why), ST_UNAVAILABLE);
	ck_assert_in(why, "can't be reached");
	db_close(none);
}
END_TEST

/* --- new files --- */

START_TEST(new_files_are_well_formed_and_never_of_one_version)
{
	const char *paths[3];
	struct migration *list;
	size_t count;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		ck_assert_int_eq(
		    migrate_new(arena, dir, "add_door_2", &paths[i], &why),
		    ST_OK);
	ck_assert_int_eq(
	    migrate_list(db, arena, dir, &list, &count, &why), ST_OK);
	ck_assert_uint_eq(count, ARRAY_LEN(paths));
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(list[i].path, paths[i]);
	ck_assert_str_eq(up(), "add_door_2 add_door_2 add_door_2 ");
}
END_TEST

START_TEST(refuses_new_names_that_are_none)
{
	static const char *const names[] = { "", "Add", "a b", "a-b", "../a",
		"a.sql", "\xc3\xa9" };
	const char *path;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ck_assert_int_eq(
		    migrate_new(arena, dir, names[i], &path, &why), ST_INVALID);
	ck_assert_int_eq(
	    migrate_new(arena, "/nonexistent", "a", &path, &why), ST_NOT_FOUND);
}
END_TEST

/* --- the real ones --- */

START_TEST(the_control_migrations_can_all_be_taken_back)
{
	struct migration undone;
	size_t count = 0;
	enum status st;
	const char *control =
	    arena_printf(arena, "%s/migrations/control", test_srcdir());

	st = migrate_up(db, arena, control, NULL, NULL, &why);
	ck_assert_msg(st == ST_OK, "%s", why);
	while ((st = migrate_down(db, arena, control, &undone, &why)) == ST_OK)
		count++;
	ck_assert_msg(st == ST_NOT_FOUND, "%s", why);
	ck_assert_uint_ge(count, 4);
	ck_assert_str_eq(ask(RELATIONS), "schema_migrations");
	ck_assert_int_eq(
	    migrate_up(db, arena, control, NULL, NULL, &why), ST_OK);
}
END_TEST

static TCase *
add_tcase(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("migrate");
	TCase *tcase;

	tcase = add_tcase(suite, "well");
	tcase_add_test(tcase, applies_what_is_pending_in_order);
	tcase_add_test(tcase, takes_back_the_newest);
	tcase_add_test(tcase, lists_files_and_what_was_applied);
	tcase_add_test(tcase, lists_without_leaving_a_trace);
	tcase_add_test(tcase, leaves_the_session_as_it_was);
	tcase_add_test(tcase, runs_alone_what_no_transaction_may_hold);
	tcase_add_test(tcase, the_control_migrations_can_all_be_taken_back);

	tcase = add_tcase(suite, "files");
	tcase_add_loop_test(tcase, refuses_names_that_are_none, 0, 9);
	tcase_add_test(tcase, passes_over_other_files);
	tcase_add_loop_test(tcase, refuses_markers_that_are_wrong, 0, 10);
	tcase_add_test(tcase, takes_markers_as_dbmate_writes_and_reads_them);
	tcase_add_test(tcase, refuses_two_of_one_version);
	tcase_add_test(tcase, has_nothing_to_do_without_a_directory);

	tcase = add_tcase(suite, "failures");
	tcase_add_loop_test(tcase, a_failing_file_rolls_back_whole_and_says_why,
	    0, (int)ARRAY_LEN(failures));
	tcase_add_test(tcase, a_file_may_take_longer_than_statements_of_pages);

	tcase = add_tcase(suite, "runners");
	tcase_add_test(tcase, a_killed_run_is_taken_up_again);
	tcase_add_test(tcase, runners_at_once_apply_each_file_once);
	tcase_add_test(tcase, without_a_server_says_so);

	tcase = add_tcase(suite, "new");
	tcase_add_test(
	    tcase, new_files_are_well_formed_and_never_of_one_version);
	tcase_add_test(tcase, refuses_new_names_that_are_none);

	return harness_run(suite, NEEDS_POSTGRES);
}
