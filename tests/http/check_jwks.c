/* check_jwks.c - others can verify our tokens: see jwks.mjs. */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"

#define TIMEOUT 120 /* seconds */
#define EMAIL "ada@example.org"
#define SKIP 77

static struct arena *arena;

static void
set(const char *name, const char *value)
{
	ck_assert_int_eq(setenv(name, value, 1), 0);
}

START_TEST(jose_verifies_a_token_by_the_published_keys)
{
	const char *script =
	    arena_printf(arena, "%s/tests/http/jwks.mjs", test_srcdir());

	web_account(EMAIL, "Ada");
	set("TEST_URL", web_url());
	set("TEST_EMAIL", EMAIL);
	set("TEST_PASSWORD", TEST_PASSWORD);
	ck_assert_int_eq(
	    test_run((const char *const[]){ "node", script, NULL }), 0);
}
END_TEST

static Suite *
jwks_suite(void)
{
	Suite *suite = suite_create("jwks");
	TCase *tcase = tcase_create("jwks");

	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_test(tcase, jose_verifies_a_token_by_the_published_keys);
	suite_add_tcase(suite, tcase);
	return suite;
}

/* Are the packages of tests/npm there? Their place is left where node looks. */
static bool
find_packages(void)
{
	const char *given = getenv("TEST_NPM_DIR");
	const char *dir = given != NULL
	    ? given
	    : arena_printf(arena, "%s/npm", test_builddir());

	return access(arena_printf(arena, "%s/node_modules/jose", dir), F_OK) ==
	    0 &&
	    setenv("TEST_NPM_DIR", dir, 1) == 0 &&
	    test_run((const char *const[]){ "node", "-e", "0", NULL }) == 0;
}

int
main(void)
{
	int code = SKIP;

	arena = arena_new();
	if (find_packages())
		code = harness_run(jwks_suite(), NEEDS_FASTCGI);
	else
		puts("SKIP: there is no node, or no jose in $TEST_NPM_DIR");
	arena_free(arena);
	return code;
}
