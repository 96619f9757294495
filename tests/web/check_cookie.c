/* check_cookie.c - what is taken from a Cookie header, what is set. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "web/cookie.h"

static const struct cookie_style tls = { .secure = true };
static const struct cookie_style loopback = { .secure = false };
static struct arena *arena;

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

static const char *
find(const char *header)
{
	return cookie_find(arena, &tls, header, COOKIE_ACCESS);
}

#define ACCESS "__Host-ch_access="

static const char *const found[] = {
	ACCESS "aZ09_-.x", "a=b; " ACCESS "aZ09_-.x", ACCESS "aZ09_-.x; a=b",
	"a=b;" ACCESS "aZ09_-.x;c=d", "; ;\t" ACCESS "aZ09_-.x \t",
	ACCESS "aZ09_-.x; " ACCESS "aZ09_-.x", "nameless; " ACCESS "aZ09_-.x",
	"a=\"x; " ACCESS "aZ09_-.x; y\"", /* quotes mean nothing */
};

static const char *const absent[] = {
	NULL,
	"",
	";",
	"=",
	"__Host-ch_access",
	ACCESS,
	"ch_access=x",
	"__host-ch_access=x",
	"x__Host-ch_access=x",
	"__Host-ch_accessx=x",
	"__Host-ch_access =x",
	ACCESS "a; " ACCESS "b",
	ACCESS "ab; " ACCESS "a",
	ACCESS "a; " ACCESS,
	ACCESS "a b",
	ACCESS "\"a\"",
	ACCESS "a%20",
	ACCESS "a=",
	ACCESS " a",
	ACCESS "a\xc3\xa9",
	ACCESS "a, b=c",
	"a=b, " ACCESS "x", /* a value set by a sibling site */
	"a=b," ACCESS "x",
};

START_TEST(finds_it_among_others)
{
	ck_assert_str_eq(find(found[_i]), "aZ09_-.x");
}
END_TEST

START_TEST(takes_nothing_doubtful)
{
	ck_assert_str_eq(find(absent[_i]), "");
}
END_TEST

START_TEST(has_a_prefix_only_over_tls)
{
	const char *header = "ch_browser=plain; __Host-ch_browser=host";

	ck_assert_str_eq(
	    cookie_find(arena, &tls, header, COOKIE_BROWSER), "host");
	ck_assert_str_eq(
	    cookie_find(arena, &loopback, header, COOKIE_BROWSER), "plain");
	ck_assert_str_eq(cookie_find(arena, &tls, header, COOKIE_ACCESS), "");
	ck_assert_str_eq(cookie_name(&tls, COOKIE_ACCESS), "__Host-ch_access");
	ck_assert_str_eq(cookie_name(&loopback, COOKIE_ACCESS), "ch_access");
	ck_assert_str_eq(cookie_name(&tls, COOKIE_DEVICE), "__Host-ch_device");
	ck_assert_str_eq(cookie_name(&loopback, COOKIE_DEVICE), "ch_device");
}
END_TEST

START_TEST(sets_all_attributes)
{
	ck_assert_str_eq(cookie_set(arena, &tls, COOKIE_ACCESS, "a.b-c_d", 0),
	    "__Host-ch_access=a.b-c_d; Path=/; HttpOnly; SameSite=Lax;"
	    " Secure");
	ck_assert_str_eq(
	    cookie_set(arena, &loopback, COOKIE_BROWSER, "x", 7776000),
	    "ch_browser=x; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax");
}
END_TEST

START_TEST(clears_with_the_same_attributes)
{
	ck_assert_str_eq(cookie_clear(arena, &tls, COOKIE_ACCESS),
	    "__Host-ch_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax;"
	    " Secure");
	ck_assert_str_eq(cookie_clear(arena, &loopback, COOKIE_ACCESS),
	    "ch_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}
END_TEST

START_TEST(does_not_set_what_it_would_not_read)
{
	static const char *const bad[] = { "", "a b", "a;b", "a\r\nb", "\"a\"",
		"a,b", "\xc3\xa9" };

	(void)cookie_set(arena, &tls, COOKIE_ACCESS, bad[_i], 0);
}
END_TEST

START_TEST(looks_through_a_long_header_once)
{
	enum { TIMES = 100000 };
	const char piece[] = "a=b; ";
	char *header = arena_alloc(
	    arena, TIMES * (sizeof(piece) - 1) + sizeof(ACCESS "end"));

	for (size_t i = 0; i < TIMES; i++)
		memcpy(
		    header + i * (sizeof(piece) - 1), piece, sizeof(piece) - 1);
	memcpy(header + TIMES * (sizeof(piece) - 1), ACCESS "end",
	    sizeof(ACCESS "end"));
	ck_assert_str_eq(find(header), "end");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cookie");
	TCase *tcase = tcase_create("cookie");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, finds_it_among_others, 0, ARRAY_LEN(found));
	tcase_add_loop_test(
	    tcase, takes_nothing_doubtful, 0, ARRAY_LEN(absent));
	tcase_add_test(tcase, has_a_prefix_only_over_tls);
	tcase_add_test(tcase, sets_all_attributes);
	tcase_add_test(tcase, clears_with_the_same_attributes);
	tcase_add_loop_test_raise_signal(
	    tcase, does_not_set_what_it_would_not_read, 6, 0, 7);
	tcase_add_test(tcase, looks_through_a_long_header_once);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
