/* check_bounced.c - somebody whose address bounced sees so, and mends it. */

#include <check.h>
#include <string.h>

#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define BOB "bob@example.org"

extern const struct handler auth_handler;

static struct site *site;
static struct visitor *visitor;
static const char *token;

static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	visitor = visitor_new(site, &auth_handler);
	(void)visitor_sign_in(visitor, ADA);
	test_execute("UPDATE account SET email_bounced_at = now()");
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

static bool
sees_banner(const char *target)
{
	ck_assert_int_eq(visitor_get(visitor, target), 200);
	return visitor_sees(visitor, "Send me a link");
}

static bool
bounced(const char *email)
{
	return test_int("SELECT count(*) FROM account WHERE email = $1"
			" AND email_bounced_at IS NOT NULL",
		   email) > 0;
}

static int64_t
mails(const char *template)
{
	return test_int(
	    "SELECT count(*) FROM outbox WHERE template = $1", template);
}

static int
ask(const char *email)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	return visitor_submit(visitor, "/auth/verify/resend",
	    arena_printf(visitor->kept, "email=%s", email));
}

static const char *
mailed_link(void)
{
	token =
	    test_mailed(visitor->kept, site->key, "confirm-address", "token");
	return arena_printf(visitor->kept, "/auth/verify?token=%s", token);
}

START_TEST(shows_a_banner_on_each_page)
{
	const char *const pages[] = { "/auth/session", "/auth/account",
		"/auth/sessions", "/auth/preferences", "/auth/confirm" };

	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		ck_assert_msg(sees_banner(pages[i]), "%s", pages[i]);
	test_execute("UPDATE account SET email_bounced_at = NULL");
	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		ck_assert_msg(!sees_banner(pages[i]), "%s", pages[i]);
}
END_TEST

START_TEST(tells_programs)
{
	visitor_set(visitor, "HTTP_ACCEPT", "application/json");
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
	ck_assert_str_eq(visitor_json(visitor, "user.email_bounced"), "true");
}
END_TEST

START_TEST(is_mended_by_a_link_that_arrives)
{
	const char *path;

	ck_assert_int_eq(ask("ADA@example.org"), 202);
	path = mailed_link();
	ck_assert(sees_banner(path));
	ck_assert(!visitor_sees(visitor, "name=\"password\""));
	ck_assert(bounced(ADA));
	ck_assert_int_eq(visitor_submit(visitor, "/auth/verify",
			     arena_printf(visitor->kept, "token=%s", token)),
	    200);
	ck_assert(!visitor_sees(visitor, "Send me a link"));
	ck_assert(visitor_sees(visitor, "Your address is confirmed"));
	ck_assert(!bounced(ADA));
	ck_assert(!sees_banner("/auth/account"));
}
END_TEST

/* Whoever has the mailbox and not the account proves nothing. */
START_TEST(takes_the_password_elsewhere)
{
	struct visitor *stranger = visitor_new(site, &auth_handler);

	ck_assert_int_eq(ask(ADA), 202);
	ck_assert_int_eq(visitor_get(stranger, mailed_link()), 200);
	ck_assert(visitor_sees(stranger, "name=\"password\""));
	(void)visitor_sign_in(stranger, BOB);
	ck_assert_int_eq(visitor_get(stranger, mailed_link()), 200);
	ck_assert(visitor_sees(stranger, "name=\"password\""));
	ck_assert_int_eq(visitor_submit(stranger, "/auth/verify",
			     arena_printf(visitor->kept, "token=%s", token)),
	    422);
	ck_assert(bounced(ADA));
	visitor_free(stranger);
}
END_TEST

/* Others get the same answer, and no such mail goes out for them. */
START_TEST(is_for_the_owner_alone)
{
	struct visitor *other = visitor_new(site, &auth_handler);

	(void)visitor_sign_in(other, BOB);
	test_execute("UPDATE account SET email_bounced_at = now()");
	ck_assert_int_eq(ask(BOB), 202);
	ck_assert_int_eq(mails("confirm-address"), 0);
	visitor_free(other);
}
END_TEST

START_TEST(sends_it_where_mail_came_back_alone)
{
	test_execute("UPDATE account SET email_bounced_at = NULL");
	ck_assert_int_eq(ask(ADA), 202);
	ck_assert_int_eq(mails("confirm-address"), 0);
}
END_TEST

START_TEST(sends_no_more_than_others_may_ask_for)
{
	struct config config = *site->config;

	config.limit_mail = (struct rates){ { { 1, 60 } }, 1 };
	site->config = &config;
	ck_assert_int_eq(ask(ADA), 202);
	ck_assert_int_eq(ask(ADA), 202);
	ck_assert_int_eq(mails("confirm-address"), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("bounced");
	TCase *tcase = tcase_create("bounced");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, shows_a_banner_on_each_page);
	tcase_add_test(tcase, tells_programs);
	tcase_add_test(tcase, is_mended_by_a_link_that_arrives);
	tcase_add_test(tcase, takes_the_password_elsewhere);
	tcase_add_test(tcase, is_for_the_owner_alone);
	tcase_add_test(tcase, sends_it_where_mail_came_back_alone);
	tcase_add_test(tcase, sends_no_more_than_others_may_ask_for);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
