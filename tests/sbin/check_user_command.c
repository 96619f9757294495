/* check_user_command.c - chatelaine user import, as typed. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/command.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define B "$2y$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define HEAD "email,name,hash,verified\n"

static struct arena *arena;
static const char *dir, *path;

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	dir = test_directory_new(arena);
	path = arena_printf(arena, "%s/people", dir);
	test_write_file(dir, "conf",
	    arena_printf(
		arena, "database.worker_url = %s\n", test_database_url()));
	test_write_file(dir, "people", HEAD "ada@example.org,Ada," B ",1\n");
}

static void
teardown(void)
{
	test_directory_remove(dir);
	arena_free(arena);
}

static const char *
printed(void)
{
	return test_command_output(arena, dir);
}

static const char *
complaints(void)
{
	return test_command_errors(arena, dir);
}

#define RUN(...)                               \
	test_command(arena, dir, command_user, \
	    (const char *const[]){ "user", __VA_ARGS__, NULL })

static int64_t
accounts(void)
{
	return test_int("SELECT count(*) FROM account", NULL);
}

START_TEST(imports_a_file_and_says_how_many)
{
	const char *id;

	ck_assert_int_eq(RUN("import", path), 0);
	ck_assert_str_eq(complaints(), "");
	id = test_text(arena,
	    "SELECT subject FROM audit_log WHERE action = 'accounts imported'",
	    NULL);
	ck_assert_str_eq(printed(),
	    arena_printf(arena, "imported 1, refused 0\nimport   %s\n", id));
	ck_assert_int_eq(accounts(), 1);
}
END_TEST

START_TEST(imports_standard_input)
{
	ck_assert_ptr_nonnull(freopen(path, "r", stdin));
	ck_assert_int_eq(RUN("import", "-"), 0);
	ck_assert_int_eq(accounts(), 1);
}
END_TEST

START_TEST(names_the_lines_it_refuses)
{
	ck_assert_int_eq(RUN("import", path), 0);
	test_write_file(dir, "people",
	    HEAD "ada@example.org,Ada," B ",1\nbob@example.org,Bob," B ",1\n"
		 "eve@example.org\n");
	ck_assert_int_eq(RUN("import", path), EXIT_PARTLY);
	ck_assert_str_eq(complaints(),
	    arena_printf(arena,
		"%s:2: email has an account already\n"
		"%s:4: name is missing\n",
		path, path));
	ck_assert_int_eq(strncmp(printed(), "imported 1, refused 2\n", 22), 0);
	ck_assert_int_eq(accounts(), 2);
}
END_TEST

START_TEST(tries_without_doing)
{
	ck_assert_int_eq(RUN("import", "--dry-run", path), 0);
	ck_assert_str_eq(printed(), "would import 1, refused 0\n");
	ck_assert_int_eq(accounts(), 0);
}
END_TEST

START_TEST(reads_the_format_it_is_told)
{
	ck_assert_int_eq(RUN("import", "--format", "csv", path), 0);
	ck_assert_int_eq(
	    RUN("import", "--format", "json", "--dry-run", path), EXIT_PARTLY);
	ck_assert_ptr_nonnull(strstr(complaints(), ":1: this is not a JSON"));
}
END_TEST

START_TEST(fails_where_there_is_no_sense)
{
	ck_assert_int_eq(RUN("import", "/nowhere/at/all"), 1);
	ck_assert_str_eq(complaints(),
	    "chatelaine: /nowhere/at/all: No such file or directory\n");
	ck_assert_int_eq(RUN("import", dir), 1);
	ck_assert_ptr_nonnull(strstr(complaints(), "nothing imported: "));
	test_write_file(dir, "people", "ada@example.org,Ada," B ",1\n");
	ck_assert_int_eq(RUN("import", path), 1);
	ck_assert_ptr_nonnull(strstr(complaints(), "name the columns"));
	ck_assert_ptr_null(strstr(complaints(), "$2y$"));
	ck_assert_str_eq(printed(), "");
	ck_assert_int_eq(accounts(), 0);
}
END_TEST

START_TEST(knows_no_other_words)
{
	ck_assert_int_eq(RUN("import"), 2);
	ck_assert_int_eq(RUN("import", "--dry-run"), 2);
	ck_assert_int_eq(RUN("import", "--format", "xml", path), 2);
	ck_assert_int_eq(RUN("import", "--format", path), 2);
	ck_assert_int_eq(RUN("import", path, "--dry-run"), 2);
	ck_assert_int_eq(RUN("import", path, path), 2);
	ck_assert_int_eq(accounts(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("user command");
	TCase *tcase = tcase_create("user command");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, imports_a_file_and_says_how_many);
	tcase_add_test(tcase, imports_standard_input);
	tcase_add_test(tcase, names_the_lines_it_refuses);
	tcase_add_test(tcase, tries_without_doing);
	tcase_add_test(tcase, reads_the_format_it_is_told);
	tcase_add_test(tcase, fails_where_there_is_no_sense);
	tcase_add_test(tcase, knows_no_other_words);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
