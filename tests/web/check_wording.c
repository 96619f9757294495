/* check_wording.c - every sentence is there, and says what it is given. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "web/wording.h"

static struct arena *arena;
static struct template_set *set;
static char *good; /* templates/wording.strings itself */
static char dir[] = "/tmp/check_wording.XXXXXX";
static const char *file;

static const char *
templates(void)
{
	const char *srcdir = getenv("srcdir"); /* set by make check */

	return arena_printf(
	    arena, "%s/templates", srcdir != NULL ? srcdir : ".");
}

static void
setup(void)
{
	size_t size;

	arena = arena_new();
	set = template_set_new(arena);
	ck_assert_int_eq(
	    file_read(arena,
		arena_printf(arena, "%s/wording.strings", templates()),
		1024 * 1024, &good, &size),
	    ST_OK);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	file = arena_printf(arena, "%s/wording.strings", dir);
}

static void
teardown(void)
{
	(void)unlink(file);
	ck_assert_int_eq(rmdir(dir), 0);
	arena_free(arena);
}

/* Load the good file with something instead of, or after, a piece of it. */
static enum status
load_with(const char *piece, const char *instead, size_t len)
{
	const char *at = piece != NULL ? strstr(good, piece) : good;
	FILE *out = fopen(file, "w");

	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_nonnull(out);
	(void)fwrite(good, 1, (size_t)(at - good), out);
	(void)fwrite(instead, 1, len, out);
	(void)fputs(at + (piece != NULL ? strlen(piece) : 0), out);
	ck_assert_int_eq(fclose(out), 0);
	return wording_load(arena, template_set_new(arena), dir);
}

START_TEST(has_a_sentence_for_each_name)
{
	ck_assert_int_eq(wording_load(arena, set, templates()), ST_OK);
	for (unsigned i = WORDING_NONE + 1; i < WORDING_COUNT; i++)
		ck_assert_uint_gt(
		    strlen(wording_text(arena, set, (enum wording)i, NULL, 0)),
		    3);
	ck_assert_str_eq(wording_text(arena, set, WORDING_NONE, NULL, 0), "");
}
END_TEST

START_TEST(fills_in_what_it_is_given)
{
	struct json_object *contexts[2] = { NULL,
		json_tokener_parse("{\"label\":\"<Name>\",\"limit\":100}") };
	const char *text;

	ck_assert_int_eq(wording_load(arena, set, templates()), ST_OK);
	text = wording_text(arena, set, WORDING_FIELD_TOO_LONG, contexts, 2);
	ck_assert_msg(strstr(text, "<Name> ") == text, "%s", text);
	ck_assert_msg(strstr(text, " 100 ") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "{{") == NULL, "%s", text);
	json_object_put(contexts[1]);
}
END_TEST

START_TEST(calls_fields_by_their_labels)
{
	ck_assert_int_eq(wording_load(arena, set, templates()), ST_OK);
	ck_assert_str_eq(wording_label(arena, set, "email"), "Email address");
	ck_assert_str_eq(wording_label(arena, set, "password"), "Password");
}
END_TEST

static const char *const unlabelled[] = { "", "other", "emai", "email2",
	"Email", "e-mail", "labels", "../labels", "email}}{{#name",
	"\xc3\xa9mail", "email name" };

START_TEST(calls_other_fields_by_their_names)
{
	ck_assert_int_eq(wording_load(arena, set, templates()), ST_OK);
	ck_assert_str_eq(
	    wording_label(arena, set, unlabelled[_i]), unlabelled[_i]);
}
END_TEST

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *piece;
	const char *instead;
	size_t len;
	enum status st;
} files[] = {
	{ NULL, BYTES(""), ST_OK },
	{ NULL, BYTES("\n \t\n# x = y\n\t# label\n"), ST_OK },
	{ "not_found = ", BYTES(" \tnot_found\t=   "), ST_OK },
	{ "not_found = ", BYTES("not_found="), ST_OK },
	{ "not_found = ", BYTES("not_found = {{#limit}}a = b{{/limit}}"),
	    ST_OK },
	{ "label_name = Name\n", BYTES(""), ST_OK },
	{ "label_name = Name", BYTES("label_other = Other"), ST_OK },
	/* missing, unknown, twice */
	{ "not_found = ", BYTES("# "), ST_INVALID },
	{ "unavailable = ", BYTES("# "), ST_INVALID },
	{ "body_encoding = ", BYTES("# "), ST_INVALID },
	{ NULL, BYTES("unknown = x\n"), ST_INVALID },
	{ NULL, BYTES("label = x\n"), ST_INVALID },
	{ NULL, BYTES("label_ = x\n"), ST_INVALID },
	{ NULL, BYTES("not_found = x\n"), ST_INVALID },
	{ NULL, BYTES("label_name = x\n"), ST_INVALID },
	/* malformed */
	{ NULL, BYTES("not_found\n"), ST_INVALID },
	{ NULL, BYTES("= x\n"), ST_INVALID },
	{ NULL, BYTES("Not_found = x\n"), ST_INVALID },
	{ NULL, BYTES("not found = x\n"), ST_INVALID },
	{ NULL, BYTES("label_na-me = x\n"), ST_INVALID },
	{ NULL, BYTES("label_other =\n"), ST_INVALID },
	{ NULL, BYTES("label_other = {{x}}\n"), ST_INVALID },
	{ "not_found = ", BYTES("not_found = \n# "), ST_INVALID },
	{ "not_found = ", BYTES("not_found = x\ty\r"), ST_INVALID },
	{ "not_found = ", BYTES("not_found = {{x"), ST_INVALID },
	{ "not_found = ", BYTES("not_found = {{#x}}"), ST_INVALID },
	{ "not_found = ", BYTES("not_found = {{{x}}}"), ST_INVALID },
	{ "not_found = ", BYTES("not_found = \xff"), ST_INVALID },
	{ "not_found = ", BYTES("not_found = \0"), ST_INVALID },
};

START_TEST(loads_only_a_file_that_is_complete)
{
	ck_assert_int_eq(
	    load_with(files[_i].piece, files[_i].instead, files[_i].len),
	    files[_i].st);
}
END_TEST

START_TEST(needs_no_line_end_at_the_end)
{
	good[strlen(good) - 1] = '\0';
	ck_assert_int_eq(load_with(NULL, BYTES("")), ST_OK);
}
END_TEST

START_TEST(needs_no_order)
{
	const char *line = "body_json = x\n";

	ck_assert_int_eq(load_with("body_json = ", BYTES("# ")), ST_INVALID);
	good = arena_printf(arena, "%s%s", good, line);
	ck_assert_int_eq(load_with("body_json = ", BYTES("# ")), ST_OK);
}
END_TEST

START_TEST(misses_the_file)
{
	ck_assert_int_eq(wording_load(arena, set, dir), ST_NOT_FOUND);
}
END_TEST

START_TEST(says_nothing_that_was_not_loaded)
{
	ck_assert_str_eq(
	    wording_text(arena, set, WORDING_NOT_FOUND, NULL, 0), "");
	ck_assert_str_eq(wording_label(arena, set, "email"), "email");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wording");
	TCase *tcase = tcase_create("wording");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, has_a_sentence_for_each_name);
	tcase_add_test(tcase, fills_in_what_it_is_given);
	tcase_add_test(tcase, calls_fields_by_their_labels);
	tcase_add_loop_test(
	    tcase, calls_other_fields_by_their_names, 0, ARRAY_LEN(unlabelled));
	tcase_add_loop_test(
	    tcase, loads_only_a_file_that_is_complete, 0, ARRAY_LEN(files));
	tcase_add_test(tcase, needs_no_line_end_at_the_end);
	tcase_add_test(tcase, needs_no_order);
	tcase_add_test(tcase, misses_the_file);
	tcase_add_test(tcase, says_nothing_that_was_not_loaded);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
