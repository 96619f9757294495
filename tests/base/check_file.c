/* check_file.c - whole files into memory. */

#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static struct arena *arena;
static char dir[] = "/tmp/check_file.XXXXXX";
static const char *path;

static void
setup(void)
{
	arena = arena_new();
	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = arena_printf(arena, "%s/file", dir);
}

static void
teardown(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
	arena_free(arena);
}

static void
write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(reads_every_byte_and_adds_a_nul)
{
	char *text;
	size_t size;

	write_file("a\0b\n", 4);
	ck_assert_int_eq(file_read(arena, path, 4, &text, &size), ST_OK);
	ck_assert_uint_eq(size, 4);
	ck_assert_mem_eq(text, "a\0b\n", 5);
	write_file("", 0);
	ck_assert_int_eq(file_read(arena, path, 0, &text, &size), ST_OK);
	ck_assert_uint_eq(size, 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(refuses_one_byte_too_many)
{
	char *text;
	size_t size;

	write_file("12345", 5);
	ck_assert_int_eq(file_read(arena, path, 4, &text, &size), ST_INVALID);
	ck_assert_int_eq(file_read(arena, path, 5, &text, &size), ST_OK);
}
END_TEST

START_TEST(tells_a_missing_file_from_an_unreadable_one)
{
	const char *below = arena_printf(arena, "%s/below", path);
	const char *loop = arena_printf(arena, "%s/loop", dir);
	char *text;
	size_t size;

	ck_assert_int_eq(file_read(arena, path, 9, &text, &size), ST_NOT_FOUND);
	write_file("x", 1);
	ck_assert_int_eq(
	    file_read(arena, below, 9, &text, &size), ST_NOT_FOUND);
	ck_assert_int_eq(symlink(loop, loop), 0);
	ck_assert_int_eq(file_read(arena, loop, 9, &text, &size), ST_FAULT);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_eq(unlink(loop), 0);
}
END_TEST

START_TEST(refuses_what_is_not_a_regular_file_without_waiting)
{
	char *text;
	size_t size;

	ck_assert_int_eq(file_read(arena, dir, 9, &text, &size), ST_INVALID);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(file_read(arena, path, 9, &text, &size), ST_INVALID);
}
END_TEST

START_TEST(tells_mode_and_owner_of_what_it_read)
{
	struct stat info;
	char *text;
	size_t size;

	write_file("x", 1);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(
	    file_read_stat(arena, path, 9, &text, &size, &info), ST_OK);
	ck_assert_str_eq(text, "x");
	ck_assert_uint_eq(info.st_mode, S_IFREG | 0640);
	ck_assert_uint_eq(info.st_uid, geteuid());
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file");
	TCase *tcase = tcase_create("file");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, reads_every_byte_and_adds_a_nul);
	tcase_add_test(tcase, refuses_one_byte_too_many);
	tcase_add_test(tcase, tells_a_missing_file_from_an_unreadable_one);
	tcase_add_test(
	    tcase, refuses_what_is_not_a_regular_file_without_waiting);
	tcase_add_test(tcase, tells_mode_and_owner_of_what_it_read);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
