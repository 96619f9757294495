/* check_jwks.c - others can verify our tokens: see jwks.mjs and the other. */

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/client.h"
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

/* --- while keys come and go --- */

static const char *
sign_in(const char *email)
{
	struct client *client = client_new(arena, web_url(), CLIENT_PROGRAM);
	const struct answer *answer = client_json(client, "POST",
	    "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD, "client", "api"));

	ck_assert_int_eq(answer->status, 200);
	return answer_json(answer, "access_token");
}

/* Enough to meet each of the handlers; or one more of those that never stay. */
#define TIMES (web_is_cgi() ? 2 : 20)

/* What each of the handlers answers to whoever brings a token. */
static int
ask(const char *token)
{
	struct client *client = client_new(arena, web_url(), CLIENT_PROGRAM);
	int status = 0;

	client_header(
	    client, "Authorization", arena_printf(arena, "Bearer %s", token));
	for (int i = 0; i < TIMES; i++) {
		int got = client_get(client, "/auth/session")->status;

		ck_assert(i == 0 || got == status);
		status = got;
	}
	return status;
}

static const char *
key(const char *verb, const char *argument)
{
	const char *output;

	ck_assert_int_eq(
	    web_command(arena, &output, NULL,
		(const char *const[]){ "key", verb, argument, NULL }),
	    0);
	return output;
}

START_TEST(a_revoked_key_is_refused_by_every_process)
{
	const char *before, *after, *list;

	web_account("cid@example.org", "Cid");
	before = sign_in("cid@example.org");
	ck_assert_int_eq(ask(before), 200);
	list = key("list", NULL);
	(void)key("revoke", arena_strndup(arena, list, strcspn(list, " ")));
	ck_assert_int_eq(ask(before), 401);
	after = sign_in("cid@example.org");
	ck_assert_int_eq(ask(after), 200);
}
END_TEST

START_TEST(a_rotation_signs_nobody_out)
{
	const char *script = arena_printf(
	    arena, "%s/tests/http/jwks_rotation.mjs", test_srcdir());
	const char *first, *second;

	web_account("bob@example.org", "Bob");
	first = sign_in("bob@example.org");
	ck_assert_int_eq(ask(first), 200);
	(void)key("rotate", NULL);
	(void)key("rotate", "--now");
	ck_assert_int_eq(ask(first), 200);
	second = sign_in("bob@example.org");
	ck_assert_int_eq(ask(second), 200);
	(void)key("rotate", NULL);
	ck_assert_int_eq(ask(first), 200);
	set("TEST_URL", web_url());
	set("TEST_TOKENS", arena_printf(arena, "%s %s", first, second));
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
	tcase_add_test(tcase, a_revoked_key_is_refused_by_every_process);
	tcase_add_test(tcase, a_rotation_signs_nobody_out);
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
		code = harness_run(jwks_suite(), NEEDS_SERVERS);
	else
		puts("SKIP: there is no node, or no jose in $TEST_NPM_DIR");
	arena_free(arena);
	return code;
}
