/* check_field.c - declared fields, and what of a request fits them. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "web/body.h"
#include "web/field.h"

static const char *const colours[] = { "red", "green", NULL };

static const struct field declared[] = {
	{ .name = "name", .type = FIELD_TEXT, .max = 8 },
	{ .name = "email", .type = FIELD_EMAIL },
	{ .name = "password", .type = FIELD_SECRET, .max = 16 },
	{ .name = "token", .type = FIELD_TOKEN, .flags = FIELD_QUERY },
	{ .name = "remember", .type = FIELD_FLAG },
	{ .name = "colour", .type = FIELD_CHOICE, .choices = colours },
	{ .name = "next", .type = FIELD_PATH, .flags = FIELD_QUERY },
	{ .name = NULL },
};

static struct arena *arena;
static struct fields fields;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(arena);
}

static void
parse(const char *text, struct pairs *pairs)
{
	enum wording why;

	ck_assert_int_eq(
	    body_parse_form(arena, text, strlen(text), pairs, &why), ST_OK);
}

static void
check_against(const struct field *against, const char *query, const char *body)
{
	struct pairs in_query, in_body;

	parse(query, &in_query);
	parse(body, &in_body);
	fields_check(arena, against, &in_query, &in_body, &fields);
}

static void
check(const char *query, const char *body)
{
	check_against(declared, query, body);
}

/* The problems as "name:wording,..." with the numbers of the enum. */
static const char *
problems(void)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (const struct field_problem *p = fields.problems; p; p = p->next)
		strbuf_printf(&sb, "%s%s:%d", sb.len != 0 ? "," : "", p->name,
		    (int)p->wording);
	return sb.text;
}

static void
has_problem(const char *name, enum wording wording)
{
	ck_assert_str_eq(
	    problems(), arena_printf(arena, "%s:%d", name, (int)wording));
}

START_TEST(gives_the_text_of_each_field)
{
	check("",
	    "password=+secret+&name=+Ada+&email=%09ada%40example.org%0A"
	    "&token=t&remember=on&colour=green&next=%2Fhome%3Fa%3Db");
	ck_assert_str_eq(problems(), "");
	ck_assert_str_eq(fields_text(&fields, "name"), "Ada");
	ck_assert_str_eq(fields_text(&fields, "email"), "ada@example.org");
	ck_assert_str_eq(fields_text(&fields, "password"), " secret ");
	ck_assert_str_eq(fields_text(&fields, "token"), "t");
	ck_assert_str_eq(fields_text(&fields, "colour"), "green");
	ck_assert_str_eq(fields_text(&fields, "next"), "/home?a=b");
	ck_assert(fields_flag(&fields, "remember"));
}
END_TEST

START_TEST(gives_nothing_for_what_is_absent)
{
	check("", "");
	ck_assert_str_eq(problems(), "");
	for (size_t i = 0; declared[i].name != NULL; i++)
		ck_assert_str_eq(fields_text(&fields, declared[i].name), "");
	ck_assert(!fields_flag(&fields, "remember"));
}
END_TEST

START_TEST(takes_from_the_query_what_may_come_there)
{
	check("token=q&utm=x&name=Eve&csrf_token=y", "");
	ck_assert_str_eq(problems(), "");
	ck_assert_str_eq(fields_text(&fields, "token"), "q");
	ck_assert_str_eq(fields_text(&fields, "name"), "");
	check("token=q&token=r", "token=b");
	ck_assert_str_eq(problems(), "");
	ck_assert_str_eq(fields_text(&fields, "token"), "b");
	check("token=q", "token=");
	ck_assert_str_eq(fields_text(&fields, "token"), "");
	check("token=q&token=q", "");
	has_problem("token", WORDING_FIELD_TWICE);
}
END_TEST

START_TEST(refuses_a_field_that_comes_twice)
{
	check("", "name=a&name=b");
	has_problem("name", WORDING_FIELD_TWICE);
	ck_assert_str_eq(fields_text(&fields, "name"), "a");
	check("", "name=a&name=a");
	has_problem("name", WORDING_FIELD_TWICE);
	check("", "csrf_token=a&csrf_token=b");
	has_problem("csrf_token", WORDING_FIELD_TWICE);
}
END_TEST

START_TEST(refuses_what_is_not_declared)
{
	check("", "csrf_token=a&_method=DELETE");
	ck_assert_str_eq(problems(), "");
	check("", "is_admin=1");
	has_problem("is_admin", WORDING_FIELD_UNKNOWN);
	check("", "=1");
	has_problem("", WORDING_FIELD_UNKNOWN);
	check("", "x=1&x=2&X=3&Name=4");
	ck_assert_str_eq(problems(),
	    arena_printf(
		arena, "x:%1$d,X:%1$d,Name:%1$d", (int)WORDING_FIELD_UNKNOWN));
}
END_TEST

START_TEST(cuts_an_unknown_name_between_characters)
{
	/* 49 bytes, then a character of two or one byte */
	const char stem[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	ck_assert_uint_eq(strlen(stem), 49);
	check("", arena_printf(arena, "%s\xc3\xa9=1", stem));
	has_problem(stem, WORDING_FIELD_UNKNOWN);
	check("", arena_printf(arena, "%syz=1", stem));
	has_problem(arena_printf(arena, "%sy", stem), WORDING_FIELD_UNKNOWN);
	check("", arena_printf(arena, "%sy=1", stem));
	has_problem(arena_printf(arena, "%sy", stem), WORDING_FIELD_UNKNOWN);
}
END_TEST

START_TEST(tells_what_is_no_text)
{
	struct pair list[] = { { "name", "", WORDING_FIELD_FILE },
		{ "email", "", WORDING_FIELD_TYPE },
		{ "csrf_token", "", WORDING_FIELD_TYPE },
		{ "other", "", WORDING_FIELD_FILE } };
	struct pairs query = { NULL, 0 }, body = { list, ARRAY_LEN(list) };

	fields_check(arena, declared, &query, &body, &fields);
	ck_assert_str_eq(problems(),
	    arena_printf(arena, "name:%d,email:%d,csrf_token:%d,other:%d",
		(int)WORDING_FIELD_FILE, (int)WORDING_FIELD_TYPE,
		(int)WORDING_FIELD_TYPE, (int)WORDING_FIELD_UNKNOWN));
}
END_TEST

START_TEST(misses_what_is_required)
{
	static const struct field required[] = {
		{ .name = "a", .type = FIELD_TEXT, .flags = FIELD_REQUIRED },
		{ .name = "b",
		    .type = FIELD_EMAIL,
		    .flags = FIELD_REQUIRED,
		    .missing = WORDING_EMAIL_MISSING },
		{ .name = "c", .type = FIELD_SECRET, .flags = FIELD_REQUIRED },
		{ .name = "d", .type = FIELD_PATH, .flags = FIELD_REQUIRED },
		{ .name = NULL },
	};
	const char *all = arena_printf(arena, "a:%1$d,b:%2$d,c:%1$d,d:%1$d",
	    (int)WORDING_FIELD_MISSING, (int)WORDING_EMAIL_MISSING);

	check_against(required, "a=query", "");
	ck_assert_str_eq(problems(), all);
	check_against(required, "", "d=//x&c=&b=+&a=%E3%80%80%09");
	ck_assert_str_eq(problems(), all);
	check_against(required, "", "d=/x&c=+&b=a@b&a=x");
	ck_assert_str_eq(problems(), "");
}
END_TEST

START_TEST(bounds_the_bytes_of_a_text)
{
	check("", "name=12345678");
	ck_assert_str_eq(problems(), "");
	check("", "name=+++12345678+++");
	ck_assert_str_eq(problems(), "");
	check("", "name=123456789");
	has_problem("name", WORDING_FIELD_TOO_LONG);
	ck_assert_uint_eq(fields.problems->limit, 8);
	ck_assert_str_eq(fields_text(&fields, "name"), "123456789");
	check("", "name=1234567%C3%A9");
	has_problem("name", WORDING_FIELD_TOO_LONG);
	check("", "password=1234567890123456+");
	has_problem("password", WORDING_FIELD_TOO_LONG);
}
END_TEST

START_TEST(bounds_texts_without_a_bound_of_their_own)
{
	char text[1002];

	memset(text, 'x', 1001);
	text[1001] = '\0';
	check("", arena_printf(arena, "token=%s", text));
	has_problem("token", WORDING_FIELD_TOO_LONG);
	ck_assert_uint_eq(fields.problems->limit, 1000);
	text[1000] = '\0';
	check("", arena_printf(arena, "token=%s", text));
	ck_assert_str_eq(problems(), "");
	text[1000] = 'x';
	check("", arena_printf(arena, "next=/%s", text));
	ck_assert_str_eq(problems(), "");
	ck_assert_str_eq(fields_text(&fields, "next"), "");
	check("", arena_printf(arena, "email=%s", text));
	has_problem("email", WORDING_FIELD_TOO_LONG);
	ck_assert_uint_eq(fields.problems->limit, 254);
}
END_TEST

static const char *const spaces[] = { "+", "%09", "%0A", "%0B", "%0C", "%0D",
	"%C2%85", "%C2%A0", "%E1%9A%80", "%E2%80%80", "%E2%80%8A", "%E2%80%A8",
	"%E2%80%A9", "%E2%80%AF", "%E2%81%9F", "%E3%80%80", "+%C2%A0+" };

START_TEST(trims_white_space_of_any_kind)
{
	const char *space = spaces[_i];

	check("", arena_printf(arena, "name=%1$s%1$sx%1$s%1$s", space));
	ck_assert_str_eq(problems(), "");
	ck_assert_str_eq(fields_text(&fields, "name"), "x");
	check("", arena_printf(arena, "name=%1$s%1$s", space));
	ck_assert_str_eq(fields_text(&fields, "name"), "");
	check("", arena_printf(arena, "name=x%1$s", space));
	ck_assert_str_eq(fields_text(&fields, "name"), "x");
	check("", arena_printf(arena, "password=%1$sx", space));
	ck_assert_uint_ne(strlen(fields_text(&fields, "password")), 1);
}
END_TEST

START_TEST(keeps_what_is_no_white_space)
{
	check("", "name=%C2%86x%C3%A0"); /* ends and begins alike */
	ck_assert_str_eq(fields_text(&fields, "name"), "\xc2\x86x\xc3\xa0");
	check("", "name=x+y");
	ck_assert_str_eq(fields_text(&fields, "name"), "x y");
}
END_TEST

START_TEST(refuses_controls_in_a_line)
{
	static const char *const controls[] = { "%01", "%09", "%0A", "%0D",
		"%1B", "%7F", "%C2%80", "%C2%9F", "%E2%80%A8" };
	const char *control = controls[_i];

	check("", arena_printf(arena, "name=a%sb", control));
	has_problem("name", WORDING_FIELD_CONTROL);
	check("", arena_printf(arena, "token=a%sb", control));
	has_problem("token", WORDING_FIELD_CONTROL);
	check("", arena_printf(arena, "password=a%sb", control));
	ck_assert_str_eq(problems(), "");
}
END_TEST

static const struct {
	const char *text;
	int flag; /* -1: a problem */
} flags[] = { { "on", 1 }, { "true", 1 }, { "1", 1 }, { "", 0 }, { "off", 0 },
	{ "false", 0 }, { "0", 0 }, { "yes", -1 }, { "ON", -1 }, { "+on", -1 },
	{ "11", -1 }, { "2", -1 } };

START_TEST(reads_a_flag)
{
	check("", arena_printf(arena, "remember=%s", flags[_i].text));
	ck_assert(fields_flag(&fields, "remember") == (flags[_i].flag == 1));
	if (flags[_i].flag == -1)
		has_problem("remember", WORDING_FIELD_CHOICE);
	else
		ck_assert_str_eq(problems(), "");
}
END_TEST

START_TEST(takes_only_the_choices)
{
	check("", "colour=red");
	ck_assert_str_eq(problems(), "");
	check("", "colour=");
	ck_assert_str_eq(problems(), "");
	check("", "colour=Red");
	has_problem("colour", WORDING_FIELD_CHOICE);
	check("", "colour=red+");
	has_problem("colour", WORDING_FIELD_CHOICE);
}
END_TEST

START_TEST(puts_declared_fields_first_in_their_order)
{
	check("", "zzz=1&next=/x&email=x&name=%01%02");
	ck_assert_str_eq(problems(),
	    arena_printf(arena, "name:%d,email:%d,zzz:%d",
		(int)WORDING_FIELD_CONTROL, (int)WORDING_EMAIL_INVALID,
		(int)WORDING_FIELD_UNKNOWN));
	ck_assert_str_eq(fields_text(&fields, "email"), "x");
	ck_assert_str_eq(fields_text(&fields, "next"), "/x");
}
END_TEST

START_TEST(gives_no_text_of_what_is_not_declared)
{
	check("", "");
	(void)fields_text(&fields, "other");
}
END_TEST

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static const char *const paths[] = { "/", "/a", "/a//b", "/a/../b",
	"/?next=//x", "/a#b", "/%2Fx", "/a@b:c" };

static const char *const no_paths[] = { "", "a", "//", "//x", "///x", "/\\x",
	"\\/x", "/a\\b", "http://x/", "https:/x", "javascript:1", " /a", "/ a",
	"/\tx", "/\t/x", "/a\n", "/a\r\nX: y", "/\x7f", "/\xc3\xa9",
	"/\xe2\x80\xa8", "?a", "#a", "./a", "." };

START_TEST(knows_a_local_path)
{
	ck_assert_msg(field_is_local_path(paths[_i]), "%s", paths[_i]);
}
END_TEST

START_TEST(knows_what_is_no_local_path)
{
	ck_assert_msg(!field_is_local_path(no_paths[_i]), "%s", no_paths[_i]);
}
END_TEST

static void
add_types(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, trims_white_space_of_any_kind, 0, ARRAY_LEN(spaces));
	tcase_add_test(tcase, keeps_what_is_no_white_space);
	tcase_add_loop_test(tcase, refuses_controls_in_a_line, 0, 9);
	tcase_add_loop_test(tcase, reads_a_flag, 0, ARRAY_LEN(flags));
	tcase_add_test(tcase, takes_only_the_choices);
	tcase_add_loop_test(tcase, knows_a_local_path, 0, ARRAY_LEN(paths));
	tcase_add_loop_test(
	    tcase, knows_what_is_no_local_path, 0, ARRAY_LEN(no_paths));
}

/* --- what only the program can judge --- */

static int judged;

/* Here, a colour must be another one than the name. */
static enum wording
judge(const struct request *rq, const char *text)
{
	(void)rq;
	judged++;
	return strcmp(text, fields_good_text(&fields, "name")) == 0
	    ? WORDING_PASSWORD_GUESSABLE
	    : WORDING_NONE;
}

static const struct field of_judge[] = {
	{ .name = "name",
	    .type = FIELD_TEXT,
	    .flags = FIELD_REQUIRED,
	    .max = 8 },
	{ .name = "colour", .type = FIELD_TEXT, .max = 9, .judge = judge },
	{ .name = "email", .type = FIELD_EMAIL },
	{ .name = NULL },
};

/* clang-format off */
static const struct {
	const char *body;
	const char *problems;	/* initials of those told */
	int judged;
} judgements[] = {
	{ "name=Ada&colour=red", "", 1 },
	{ "name=red&colour=red", "c", 1 },
	{ "name=red&colour=red&email=x&y=z", "cey", 1 },
	{ "colour=red&email=x", "ne", 1 },
	{ "name=red", "", 0 },
	{ "name=red&colour=", "", 0 },
	{ "name=red&colour=0123456789", "c", 0 },
	{ "name=red&colour=red&colour=red", "c", 0 },
	/* Another's text that is wrong itself is not shown to a judge. */
	{ "name=012345678&colour=012345678", "n", 1 },
	{ "name=0123456789&name=red&colour=0123456789&email=x", "nce", 0 },
};
/* clang-format on */

START_TEST(a_judge_is_heard_in_the_order_of_the_fields)
{
	struct strbuf told;

	judged = 0;
	check_against(of_judge, "", judgements[_i].body);
	fields_judge(arena, NULL, &fields);
	strbuf_init(&told, arena);
	for (struct field_problem *p = fields.problems; p != NULL; p = p->next)
		strbuf_add(&told, p->name, 1);
	ck_assert_str_eq(told.text, judgements[_i].problems);
	ck_assert_int_eq(judged, judgements[_i].judged);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("field");
	TCase *tcase = tcase_create("field");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, gives_the_text_of_each_field);
	tcase_add_test(tcase, gives_nothing_for_what_is_absent);
	tcase_add_test(tcase, takes_from_the_query_what_may_come_there);
	tcase_add_test(tcase, refuses_a_field_that_comes_twice);
	tcase_add_test(tcase, refuses_what_is_not_declared);
	tcase_add_test(tcase, cuts_an_unknown_name_between_characters);
	tcase_add_test(tcase, tells_what_is_no_text);
	tcase_add_test(tcase, misses_what_is_required);
	tcase_add_test(tcase, bounds_the_bytes_of_a_text);
	tcase_add_test(tcase, bounds_texts_without_a_bound_of_their_own);
	tcase_add_test(tcase, puts_declared_fields_first_in_their_order);
	tcase_add_loop_test(tcase, a_judge_is_heard_in_the_order_of_the_fields,
	    0, (int)ARRAY_LEN(judgements));
	tcase_add_test_raise_signal(
	    tcase, gives_no_text_of_what_is_not_declared, 6);
	add_types(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
