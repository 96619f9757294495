/*
 * check_limits.c - limits as clients of a real server meet them, all from one
 * IP address. What they count, check_limits.c of tests/auth/ looks into.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/client.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"

static struct arena *arena;
static const char *email; /* of this test alone */

static void
setup(void)
{
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	email = arena_printf(arena, "a%s@example.org", secret_token(arena));
	test_execute("TRUNCATE limit_state, notice");
}

static void
teardown(void)
{
	arena_free(arena);
}

static struct client *
new_client(enum client_kind kind)
{
	return client_new(arena, web_url(), kind);
}

static const struct answer *
sign_in(struct client *client, const char *password)
{
	return client_submit(client, client_get(client, "/auth/signin"),
	    "/auth/signin", FIELDS("email", email, "password", password));
}

static const struct answer *
guess(struct client *program)
{
	return client_json(program, "POST", "/auth/signin",
	    FIELDS("email", email, "password", "a wrong guess"));
}

static void
says_when(const struct answer *answer)
{
	int64_t seconds =
	    strtol(answer_header(answer, "Retry-After"), NULL, 10);

	ck_assert_int_eq(answer->status, 429);
	ck_assert_int_ge(seconds, 1);
	ck_assert_int_le(seconds, 3600);
	ck_assert(answer_shows(answer, " UTC, and try again"));
}

START_TEST(a_blocked_account_reads_alike_to_everybody)
{
	struct client *program = new_client(CLIENT_PROGRAM);
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *answer;

	web_account(email, "Ada");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(guess(program)->status, 401);
	answer = guess(program);
	says_when(answer);
	ck_assert_str_eq(answer_problem(answer), "too-many-requests");
	answer = sign_in(browser, "a wrong guess");
	says_when(answer);
	ck_assert(answer_shows(answer, "That was tried too often"));
	ck_assert(answer_shows(answer, email));
	answer = sign_in(browser, TEST_PASSWORD);
	says_when(answer);
	ck_assert_str_eq(client_cookie(browser, "ch_access"), "");
}
END_TEST

START_TEST(its_owner_still_gets_in_where_she_was_before)
{
	struct client *program = new_client(CLIENT_PROGRAM);
	struct client *home = new_client(CLIENT_BROWSER);

	web_account(email, "Ada");
	ck_assert_int_eq(sign_in(home, TEST_PASSWORD)->status, 303);
	ck_assert_str_ne(client_cookie(home, "ch_device"), "");
	(void)client_submit(home, client_get(home, "/auth/session"),
	    "/auth/signout", NO_FIELDS);
	ck_assert_str_ne(client_cookie(home, "ch_device"), "");
	while (guess(program)->status != 429)
		continue;
	says_when(sign_in(new_client(CLIENT_BROWSER), TEST_PASSWORD));
	ck_assert_int_eq(sign_in(home, TEST_PASSWORD)->status, 303);
	ck_assert_int_eq(client_get(home, "/auth/session")->status, 200);
}
END_TEST

START_TEST(an_address_signs_up_so_often_and_no_more)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page = client_get(browser, "/auth/signup");
	const struct answer *answer;
	int count = 0;

	do
		answer = client_submit(browser, page, "/auth/signup",
		    FIELDS("email", email, "name", "Ada", "password",
			TEST_PASSWORD));
	while (answer->status == 202 && ++count < 10);
	ck_assert_int_eq(count, 2);
	says_when(answer);
	ck_assert(answer_shows(answer, "value=\"Ada\""));
}
END_TEST

/* One mail goes out; the answers don't tell that the others do not. */
START_TEST(mails_are_dropped_in_silence)
{
	struct client *program = new_client(CLIENT_PROGRAM);
	const struct answer *answer;

	for (int i = 0; i < 2; i++) {
		answer = client_json(program, "POST", "/auth/signup",
		    FIELDS("email", email, "name", "Ada", "password",
			TEST_PASSWORD));
		ck_assert_int_eq(answer->status, 202);
	}
	answer = client_json(
	    program, "POST", "/auth/verify/resend", FIELDS("email", email));
	ck_assert_int_eq(answer->status, 202);
	(void)web_mail(arena, email, "", 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox"
				  " WHERE recipient = $1",
			     email),
	    1);
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM job WHERE kind = 'verification'", NULL),
	    0);
}
END_TEST

START_TEST(doctor_tells_of_a_proxy_that_hides_everybody)
{
	struct client *program = new_client(CLIENT_PROGRAM);
	const char *said;

	(void)guess(program);
	(void)web_command(
	    arena, &said, NULL, (const char *const[]){ "doctor", NULL });
	ck_assert_msg(strstr(said, "none was seen") != NULL, "%s", said);
	client_header(program, "X-Forwarded-For", "192.0.2.7");
	(void)guess(program);
	ck_assert_int_eq(web_command(arena, &said, NULL,
			     (const char *const[]){ "doctor", NULL }),
	    0);
	ck_assert_msg(strstr(said, "warn  proxy") != NULL, "%s", said);
	ck_assert_ptr_nonnull(strstr(said, "proxy.trusted"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("limits over http");
	TCase *tcase = tcase_create("limits");

	web_set("limit.password=3/15m");
	web_set("limit.password_device=3/15m");
	web_set("limit.signup=2/1h");
	web_set("limit.mail=1/1m");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_blocked_account_reads_alike_to_everybody);
	tcase_add_test(tcase, its_owner_still_gets_in_where_she_was_before);
	tcase_add_test(tcase, an_address_signs_up_so_often_and_no_more);
	tcase_add_test(tcase, mails_are_dropped_in_silence);
	tcase_add_test(tcase, doctor_tells_of_a_proxy_that_hides_everybody);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_SERVERS);
}
