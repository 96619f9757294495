/* check_preferences.c - choosing one's mail, by a page and by a mailed link. */

#include <check.h>
#include <string.h>

#include "mail/preference.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define BOB "bob@example.org"
#define ONE_CLICK "List-Unsubscribe=One-Click"
#define FORM "application/x-www-form-urlencoded"

extern const struct handler auth_handler;

static struct site *site;
static struct visitor *visitor, *program;

static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	visitor = visitor_new(site, &auth_handler);
	program = visitor_new(site, &auth_handler);
	program->program = true;
	(void)visitor_sign_in(visitor, ADA);
}

static void
teardown(void)
{
	visitor_free(program);
	visitor_free(visitor);
	site_close(site);
}

static bool
wants(const char *email)
{
	return test_int("SELECT count(*) FROM mail_opt_out o"
			" JOIN account a ON a.id = o.account_id"
			" WHERE a.email = $1 AND category = 'reminders'",
		   email) == 0;
}

static int64_t
noted(void)
{
	return test_int("SELECT count(*) FROM audit_log"
			" WHERE action = 'mail preference changed'"
			" AND subject = 'reminders' AND actor = 'person'",
	    NULL);
}

/* The path of the link in a mail to this person. */
static const char *
link_of(const char *email)
{
	const char *id = test_text(
	    visitor->kept, "SELECT id FROM account WHERE email = $1", email);

	return arena_printf(visitor->kept, "/auth/unsubscribe/%s",
	    preference_token(site->key, visitor->kept, id, MAIL_REMINDERS));
}

START_TEST(shows_and_takes_the_choice)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/preferences"), 200);
	ck_assert(visitor_sees(visitor, "value=\"on\" checked"));
	ck_assert_int_eq(visitor_submit(visitor, "/auth/preferences",
			     "_method=PATCH&reminders=off"),
	    303);
	ck_assert_str_eq(
	    visitor_header(visitor, "Location"), "/auth/preferences?saved=1");
	ck_assert(!wants(ADA));
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/preferences?saved=1"), 200);
	ck_assert(visitor_sees(visitor, "value=\"off\" checked"));
	ck_assert(visitor_sees(visitor, "Your choice is saved."));
	ck_assert_int_eq(noted(), 1);
}
END_TEST

START_TEST(is_the_same_for_programs)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/preferences"), 200);
	visitor_set(visitor, "HTTP_ACCEPT", "application/json");
	ck_assert_int_eq(visitor_get(visitor, "/auth/preferences"), 200);
	ck_assert_str_eq(visitor_json(visitor, "reminders"), "true");
	ck_assert_int_eq(visitor_submit(visitor, "/auth/preferences",
			     "_method=PATCH&reminders=false"),
	    200);
	ck_assert_str_eq(visitor_json(visitor, "reminders"), "false");
	/* What is not there stays as it is. */
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/preferences", "_method=PATCH"), 200);
	ck_assert_str_eq(visitor_json(visitor, "reminders"), "false");
	ck_assert_int_eq(visitor_submit(visitor, "/auth/preferences",
			     "_method=PATCH&reminders=true"),
	    200);
	ck_assert_str_eq(visitor_json(visitor, "reminders"), "true");
	ck_assert_int_eq(noted(), 2);
}
END_TEST

START_TEST(knows_no_other_category)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/preferences"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/auth/preferences",
			     "_method=PATCH&security=off"),
	    422);
}
END_TEST

/* Mail scanners follow links. */
START_TEST(changes_nothing_when_a_link_is_opened)
{
	ck_assert_int_eq(visitor_get(program, link_of(ADA)), 200);
	ck_assert(visitor_sees(program, "Send me no reminders"));
	ck_assert(wants(ADA));
	ck_assert_int_eq(noted(), 0);
}
END_TEST

START_TEST(takes_one_click)
{
	ck_assert_int_eq(
	    visitor_send(program, "POST", link_of(ADA), FORM, ONE_CLICK), 200);
	ck_assert_uint_eq(visitor_header_count(program, "Set-Cookie"), 0);
	ck_assert(!wants(ADA));
	/* Mail providers may do it again. */
	ck_assert_int_eq(
	    visitor_send(program, "POST", link_of(ADA), FORM, ONE_CLICK), 200);
	ck_assert_int_eq(noted(), 1);
}
END_TEST

START_TEST(takes_one_click_as_multipart)
{
	ck_assert_int_eq(
	    visitor_send(program, "POST", link_of(ADA),
		"multipart/form-data; boundary=x",
		"--x\r\nContent-Disposition: form-data;"
		" name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"),
	    200);
	ck_assert(!wants(ADA));
}
END_TEST

START_TEST(takes_the_button_of_the_page)
{
	struct visitor *stranger = visitor_new(site, &auth_handler);

	ck_assert_int_eq(visitor_get(stranger, link_of(ADA)), 200);
	ck_assert_uint_eq(visitor_header_count(stranger, "Set-Cookie"), 0);
	ck_assert_int_eq(
	    visitor_send(stranger, "POST", link_of(ADA), FORM, ""), 200);
	ck_assert(!wants(ADA));
	visitor_free(stranger);
}
END_TEST

/* Whoever is signed in is neither seen nor meant. */
START_TEST(is_for_the_link_and_not_for_the_cookie)
{
	struct visitor *other = visitor_new(site, &auth_handler);

	(void)visitor_sign_in(other, BOB);
	ck_assert_int_eq(visitor_get(visitor, link_of(BOB)), 200);
	ck_assert(!visitor_sees(visitor, "Sign out"));
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "cross-site");
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", link_of(BOB), FORM, ONE_CLICK), 200);
	ck_assert(!visitor_sees(visitor, "Sign out"));
	ck_assert_uint_eq(visitor_header_count(visitor, "Set-Cookie"), 0);
	ck_assert(wants(ADA));
	ck_assert(!wants(BOB));
	visitor_free(other);
}
END_TEST

START_TEST(refuses_other_links)
{
	const char *path = link_of(ADA);
	const char *const links[] = { "/auth/unsubscribe/x",
		arena_strndup(visitor->kept, path, strlen(path) - 1),
		arena_printf(visitor->kept, "%sA", path) };

	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		ck_assert_int_eq(visitor_get(program, links[i]), 410);
		ck_assert(visitor_sees(program, "This link does not work"));
		ck_assert(visitor_sees(program, "which mail you get"));
		ck_assert_int_eq(
		    visitor_send(program, "POST", links[i], FORM, ONE_CLICK),
		    410);
	}
	ck_assert(wants(ADA));
}
END_TEST

START_TEST(bears_that_the_account_is_gone)
{
	const char *path = link_of(ADA);

	test_execute("DELETE FROM account");
	ck_assert_int_eq(
	    visitor_send(program, "POST", path, FORM, ONE_CLICK), 200);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("preferences");
	TCase *tcase = tcase_create("preferences");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, shows_and_takes_the_choice);
	tcase_add_test(tcase, is_the_same_for_programs);
	tcase_add_test(tcase, knows_no_other_category);
	tcase_add_test(tcase, changes_nothing_when_a_link_is_opened);
	tcase_add_test(tcase, takes_one_click);
	tcase_add_test(tcase, takes_one_click_as_multipart);
	tcase_add_test(tcase, takes_the_button_of_the_page);
	tcase_add_test(tcase, is_for_the_link_and_not_for_the_cookie);
	tcase_add_test(tcase, refuses_other_links);
	tcase_add_test(tcase, bears_that_the_account_is_gone);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
