/* check_account_email.c - another address, without a socket. */

#include <check.h>
#include <string.h>

#include "tests/auth/member.h"

#define PATH "/auth/account/email"
#define NEW "new@example.org"

static struct visitor *stranger;

static void
setup(void)
{
	member_setup();
	stranger = member_stranger();
}

static void
teardown(void)
{
	visitor_free(stranger);
	member_teardown();
}

static int
ask(const char *email, const char *password)
{
	return visitor_submit(visitor, PATH,
	    arena_printf(
		visitor->kept, "email=%s&password=%s", email, password));
}

/* Where the link leads that was mailed to the new address. */
static const char *
link_path(void)
{
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(ask(NEW, FORM_PASSWORD), 202);
	member_work();
	return arena_printf(visitor->kept, "/auth/email/%s",
	    test_mailed(visitor->kept, site->key, "email-change", "token"));
}

/* And the one back, after a change. */
static const char *
way_back(void)
{
	const char *path = link_path();

	ck_assert_int_eq(visitor_get(stranger, path), 200);
	ck_assert_int_eq(visitor_submit(stranger, path, ""), 200);
	return arena_printf(visitor->kept, "/auth/email/%s/revert",
	    test_mailed(visitor->kept, site->key, "email-changed", "token"));
}

static const char *
address(void)
{
	return test_text(visitor->kept,
	    "SELECT email FROM account WHERE name <> 'Eve'", NULL);
}

START_TEST(says_where_the_link_went)
{
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert(visitor_sees(visitor, "autocomplete=\"current-password\""));
	ck_assert_int_eq(ask(NEW, FORM_PASSWORD), 202);
	ck_assert(visitor_sees(visitor, "Look into your new mailbox"));
	ck_assert(visitor_sees(visitor, NEW));
	ck_assert(visitor_sees(visitor, "24 hours"));
	ck_assert_str_eq(address(), ADA);
}
END_TEST

/* clang-format off */
static const struct {
	const char *email, *password;
	const char *words;
} refusals[] = {
	{ "",                  FORM_PASSWORD, "Enter your new email address." },
	{ "new@",              FORM_PASSWORD, "Enter a full email address" },
	{ "ada%40example.org", FORM_PASSWORD, "that your account has already" },
	{ NEW,                 "",            "Enter your password." },
	{ NEW,                 "wrong",       "not the password of this account" },
};
/* clang-format on */

START_TEST(refuses_what_will_not_do)
{
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(ask(refusals[_i].email, refusals[_i].password), 422);
	ck_assert(visitor_sees(visitor, refusals[_i].words));
	ck_assert_int_eq(test_int("SELECT count(*) FROM job", NULL), 0);
}
END_TEST

START_TEST(says_so_to_a_program)
{
	member_is_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, PATH,
		"{\"email\":\"" NEW "\",\"password\":\"" TEST_PASSWORD "\"}"),
	    202);
	ck_assert_str_eq(visitor->answer, "{\"status\":\"confirmation_sent\"}");
}
END_TEST

START_TEST(the_link_works_in_any_browser)
{
	const char *path = link_path();

	/* A mail scanner that follows links changes nothing. */
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(visitor_get(stranger, path), 200);
	ck_assert(visitor_sees(stranger, NEW));
	ck_assert_str_eq(address(), ADA);
	ck_assert_int_eq(visitor_submit(stranger, path, ""), 200);
	ck_assert(visitor_sees(stranger, "Your email address is changed"));
	ck_assert_str_eq(address(), NEW);
	ck_assert_int_eq(visitor_submit(stranger, path, ""), 410);
	ck_assert(visitor_sees(stranger, "used already"));
	ck_assert_int_eq(visitor_get(stranger, path), 410);
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	ck_assert(visitor_sees(visitor, NEW));
}
END_TEST

START_TEST(the_form_comes_back_with_its_link)
{
	const char *path = link_path();
	struct visitor *other = member_stranger();

	ck_assert_int_eq(visitor_get(other, path), 200);
	visitor_set(stranger, "HTTP_SEC_FETCH_SITE", "same-origin");
	ck_assert_int_eq(
	    visitor_submit(stranger, path, "csrf_token=stale"), 403);
	ck_assert(visitor_sees(
	    stranger, arena_printf(visitor->kept, "action=\"%s\"", path)));
	ck_assert_str_eq(address(), ADA);
	visitor_free(other);
}
END_TEST

START_TEST(says_what_became_of_a_link)
{
	const char *path = link_path();

	test_execute("UPDATE link SET expires_at = now()");
	ck_assert_int_eq(visitor_get(stranger, path), 410);
	ck_assert(visitor_sees(stranger, "This link has expired"));
	test_execute("UPDATE link SET expires_at = now() + interval '1 day'");
	(void)link_path();
	ck_assert_int_eq(visitor_get(stranger, path), 410);
	ck_assert(visitor_sees(stranger, "There is a newer link"));
	ck_assert_int_eq(visitor_get(stranger, "/auth/email/x"), 410);
	ck_assert_int_eq(visitor_get(stranger, "/auth/email/x/revert"), 410);
}
END_TEST

START_TEST(refuses_an_address_that_was_proven_meanwhile)
{
	const char *path = link_path();

	ck_assert_int_eq(visitor_get(stranger, path), 200);
	test_execute("INSERT INTO account (email, name, password_hash,"
		     " verified_at) VALUES ('" NEW "', 'Eve', 'x', now())");
	ck_assert_int_eq(visitor_submit(stranger, path, ""), 409);
	ck_assert(visitor_sees(stranger, "another account by now"));
	ck_assert_int_eq(visitor_get(stranger, path), 409);
	ck_assert_str_eq(address(), ADA);
}
END_TEST

START_TEST(the_link_back_leads_to_a_new_password)
{
	const char *path = way_back();

	ck_assert_int_eq(visitor_get(stranger, path), 200);
	ck_assert(visitor_sees(stranger, ADA));
	ck_assert_str_eq(address(), NEW);
	ck_assert_int_eq(visitor_submit(stranger, path, ""), 303);
	ck_assert(strncmp(visitor_header(stranger, "Location"), "/reset/",
		      strlen("/reset/")) == 0);
	ck_assert_str_eq(address(), ADA);
	ck_assert_int_eq(member_sessions(), 0);
	ck_assert_int_eq(visitor_get(stranger, path), 410);
}
END_TEST

START_TEST(the_link_back_says_so_to_a_program)
{
	const char *path = way_back();
	struct visitor *program = member_stranger();

	program->program = true;
	visitor_set(program, "HTTP_ACCEPT", "application/json");
	ck_assert_int_eq(visitor_post_json(program, path, "{}"), 200);
	ck_assert_str_eq(visitor_json(program, "status"), "email_reverted");
	ck_assert_str_eq(visitor_json(program, "email"), ADA);
	ck_assert_int_eq(visitor_post_json(program, path, "{}"), 410);
	ck_assert(visitor_sees(program, "link-used"));
	visitor_free(program);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("account_email");
	TCase *asking = tcase_create("asking");
	TCase *links = tcase_create("links");

	tcase_add_checked_fixture(asking, setup, teardown);
	tcase_add_test(asking, says_where_the_link_went);
	tcase_add_loop_test(
	    asking, refuses_what_will_not_do, 0, (int)ARRAY_LEN(refusals));
	tcase_add_test(asking, says_so_to_a_program);
	suite_add_tcase(suite, asking);
	tcase_add_checked_fixture(links, setup, teardown);
	tcase_add_test(links, the_link_works_in_any_browser);
	tcase_add_test(links, the_form_comes_back_with_its_link);
	tcase_add_test(links, says_what_became_of_a_link);
	tcase_add_test(links, refuses_an_address_that_was_proven_meanwhile);
	tcase_add_test(links, the_link_back_leads_to_a_new_password);
	tcase_add_test(links, the_link_back_says_so_to_a_program);
	suite_add_tcase(suite, links);
	return harness_run(suite, NEEDS_POSTGRES);
}
