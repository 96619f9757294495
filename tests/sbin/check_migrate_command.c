/* check_migrate_command.c - chatelaine migrate, as typed. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/command.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static const char *dir, *url;

static void
put_config(const char *environment)
{
	test_write_file(dir, "conf",
	    arena_printf(arena,
		"environment = %s\ndatabase.worker_url = %s\n"
		"migrations.dir = %s\n",
		environment, url, dir));
}

static void
setup(void)
{
	arena = arena_new();
	dir = test_directory_new(arena);
	url = test_empty_database();
	put_config("development");
	ck_assert_int_eq(test_run((const char *const[]){ "mkdir",
			     arena_printf(arena, "%s/control", dir), NULL }),
	    0);
	test_write_file(dir, "control/20260101000001_one.sql",
	    "-- migrate:up\nCREATE TABLE one ();\n"
	    "-- migrate:down\nDROP TABLE one;\n");
	test_write_file(dir, "control/20260101000002_two.sql",
	    "-- migrate:up\nCREATE TABLE two ();\n"
	    "-- migrate:down\nDROP TABLE two;\n");
}

static void
teardown(void)
{
	test_directory_remove(dir);
	arena_free(arena);
}

/* Run the command; *output is what it printed. */
static int
run(const char **output, const char *const *args)
{
	int code = test_command(arena, dir, command_migrate, args);

	*output = test_command_output(arena, dir);
	return code;
}

#define RUN(output, ...) \
	run(output, (const char *const[]){ "migrate", __VA_ARGS__, NULL })

START_TEST(applies_by_default_and_says_what)
{
	const char *output;

	ck_assert_int_eq(
	    run(&output, (const char *const[]){ "migrate", NULL }), 0);
	ck_assert_str_eq(output,
	    "applied  20260101000001 one\napplied  20260101000002 two\n");
	ck_assert_int_eq(RUN(&output, "up"), 0);
	ck_assert_str_eq(output, "nothing to apply\n");
}
END_TEST

START_TEST(shows_what_is_pending)
{
	const char *output;

	ck_assert_int_eq(RUN(&output, "up"), 0);
	test_write_file(dir, "control/20260101000003_three.sql",
	    "-- migrate:up\n-- migrate:down\n");
	ck_assert_int_eq(remove(arena_printf(
			     arena, "%s/control/20260101000001_one.sql", dir)),
	    0);
	ck_assert_int_eq(RUN(&output, "status"), 0);
	ck_assert_str_eq(output,
	    "applied  20260101000001 (no file)\n"
	    "applied  20260101000002 two\n"
	    "pending  20260101000003 three\n");
}
END_TEST

START_TEST(fails_when_a_migration_does)
{
	const char *output;

	test_write_file(dir, "control/20260101000002_two.sql",
	    "-- migrate:up\nSELECT nothing;\n-- migrate:down\n");
	ck_assert_int_eq(RUN(&output, "up"), 1);
	ck_assert_str_eq(output, "applied  20260101000001 one\n");
}
END_TEST

START_TEST(takes_back_only_when_told_so_twice)
{
	const char *output;

	ck_assert_int_eq(RUN(&output, "up"), 0);
	ck_assert_int_eq(RUN(&output, "down"), 1);
	ck_assert_int_eq(RUN(&output, "down", "--please"), 2);
	put_config("production");
	ck_assert_int_eq(RUN(&output, "down", "--yes-lose-data"), 1);
	ck_assert_str_eq(output, "");
	put_config("development");
	ck_assert_int_eq(RUN(&output, "down", "--yes-lose-data"), 0);
	ck_assert_str_eq(output, "undone   20260101000002 two\n");
}
END_TEST

START_TEST(makes_a_new_file)
{
	const char *output;

	ck_assert_int_eq(RUN(&output, "new", "add_doors"), 0);
	ck_assert_ptr_nonnull(strstr(output, "/control/20"));
	ck_assert_ptr_nonnull(strstr(output, "_add_doors.sql\n"));
	ck_assert_int_eq(RUN(&output, "new", "Add doors"), 1);
	ck_assert_int_eq(RUN(&output, "new"), 2);
}
END_TEST

START_TEST(knows_no_other_words)
{
	const char *output;

	ck_assert_int_eq(RUN(&output, "upwards"), 2);
	ck_assert_int_eq(RUN(&output, "up", "now"), 2);
	ck_assert_int_eq(RUN(&output, "status", "all"), 2);
}
END_TEST

START_TEST(fails_without_a_database)
{
	const char *output;

	url = "host=/nonexistent";
	put_config("development");
	ck_assert_int_eq(RUN(&output, "up"), 1);
	ck_assert_int_eq(RUN(&output, "status"), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("migrate command");
	TCase *tcase = tcase_create("migrate command");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, applies_by_default_and_says_what);
	tcase_add_test(tcase, shows_what_is_pending);
	tcase_add_test(tcase, fails_when_a_migration_does);
	tcase_add_test(tcase, takes_back_only_when_told_so_twice);
	tcase_add_test(tcase, makes_a_new_file);
	tcase_add_test(tcase, knows_no_other_words);
	tcase_add_test(tcase, fails_without_a_database);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
