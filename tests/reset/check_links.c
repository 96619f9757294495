/*
 * check_links.c - the pages that mail a link and that the link leads to,
 * without a socket. The way through them, over HTTP, is in
 * tests/http/check_journey.c.
 */

#include <check.h>
#include <string.h>

#include "account/entry.h"
#include "account/reset.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define JSON "application/json"
#define NEW_PASSWORD "nine wet herons on a kettle"
#define PASSWORD_FORM "password=nine+wet+herons+on+a+kettle"

extern const struct handler reset_handler;

static struct site *site;
static struct config config;
static struct visitor *visitor;
static const char *ada;

static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	config = *site->config;
	site->config = &config;
	visitor = visitor_new(site, &reset_handler);
	visitor_set(visitor, "REMOTE_ADDR", "192.0.2.1");
	ck_assert_int_eq(account_create(site->db, visitor->kept, ADA,
			     "Ada Lovelace", "hash", true, &ada),
	    ST_OK);
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

static void
be_program(void)
{
	visitor->program = true;
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
}

/* The path of a new link. */
static const char *
link(void)
{
	const char *token;

	ck_assert_int_eq(
	    reset_issue(site->db, visitor->kept, site->config, ada, &token),
	    ST_OK);
	return arena_printf(visitor->kept, "/reset/%s", token);
}

static const char *
below(const char *path, const char *name)
{
	return arena_printf(visitor->kept, "%s/%s", path, name);
}

/* A link whose button was pressed. */
static const char *
opened_link(void)
{
	const char *path = link();

	ck_assert_int_eq(visitor_get(visitor, path), 200);
	ck_assert_int_eq(visitor_submit(visitor, below(path, "open"), ""), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), path);
	ck_assert_int_eq(visitor_get(visitor, path), 200);
	return path;
}

static bool
signs_in(const char *password)
{
	const struct entry entry = {
		.db = site->db,
		.arena = visitor->kept,
		.config = site->config,
		.key = site->key,
		.browser = "",
	};
	enum entry_outcome outcome;
	struct account account;

	ck_assert_int_eq(
	    entry_sign_in(&entry, ADA, password, &outcome, &account), ST_OK);
	return outcome == ENTRY_GRANTED;
}

static int64_t
links(const char *column)
{
	return test_int(
	    arena_printf(visitor->kept, "SELECT count(%s) FROM link", column),
	    NULL);
}

/* --- asking for a link --- */

START_TEST(every_address_gets_the_same_answer)
{
	static const char *const addresses[] = { ADA, "nobody@example.org" };

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		ck_assert_int_eq(visitor_get(visitor, "/reset"), 200);
		ck_assert_int_eq(
		    visitor_submit(visitor, "/reset",
			arena_printf(visitor->kept, "email=%s", addresses[i])),
		    202);
		ck_assert(visitor_sees(visitor, addresses[i]));
		ck_assert(visitor_sees(visitor, "works for 1 hour"));
	}
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM job WHERE kind = 'reset'", NULL), 2);
}
END_TEST

START_TEST(a_program_asks_likewise)
{
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/reset", "{\"email\":\"" ADA "\"}"),
	    202);
	ck_assert_str_eq(visitor->answer, "{\"status\":\"reset_sent\"}");
}
END_TEST

START_TEST(beyond_the_limit_it_is_the_same)
{
	config.limit_mail = (struct rates){ { { 1, 3600 } }, 1 };
	be_program();
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(visitor_post_json(visitor, "/reset",
				     "{\"email\":\"" ADA "\"}"),
		    202);
		ck_assert_str_eq(
		    visitor->answer, "{\"status\":\"reset_sent\"}");
	}
	ck_assert_int_eq(test_int("SELECT count(*) FROM job", NULL), 1);
}
END_TEST

START_TEST(the_form_knows_who_is_signed_in)
{
	(void)visitor_sign_in(visitor, "eve@example.org");
	ck_assert_int_eq(visitor_get(visitor, "/reset"), 200);
	ck_assert(visitor_sees(visitor, "value=\"eve@example.org\""));
}
END_TEST

START_TEST(an_address_that_is_none_comes_back)
{
	ck_assert_int_eq(visitor_get(visitor, "/reset"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/reset", "email=ada"), 422);
	ck_assert(visitor_sees(visitor, "value=\"ada\""));
	ck_assert(visitor_sees(visitor, "full email address"));
}
END_TEST

/* --- following it --- */

/* As a mail scanner does, with HEAD and GET, and again. */
START_TEST(following_a_link_changes_nothing)
{
	const char *path = link();

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(
		    visitor_send(visitor, "HEAD", path, NULL, NULL), 200);
		ck_assert_int_eq(visitor_get(visitor, path), 200);
		ck_assert(visitor_sees(visitor, below(path, "open")));
		ck_assert(!visitor_sees(visitor, "type=\"password\""));
		/* Nor is it told whose it is. */
		ck_assert(!visitor_sees(visitor, ADA));
		ck_assert(!visitor_sees(visitor, "Lovelace"));
	}
	ck_assert_int_eq(links("opened_at"), 0);
}
END_TEST

START_TEST(the_button_starts_the_ten_minutes)
{
	const char *path = opened_link();

	ck_assert(visitor_sees(visitor, "type=\"password\""));
	ck_assert(visitor_sees(visitor, ADA));
	ck_assert_int_eq(test_int("SELECT count(*) FROM link WHERE expires_at"
				  " <= now() + interval '10 minutes'",
			     NULL),
	    1);
	ck_assert_int_eq(visitor_submit(visitor, below(path, "open"), ""), 303);
	ck_assert_int_eq(links("used_at"), 0);
}
END_TEST

START_TEST(a_program_is_told_how_long_it_works)
{
	const char *path = link();

	be_program();
	ck_assert_int_eq(visitor_get(visitor, path), 200);
	ck_assert_str_eq(visitor_json(visitor, "opened"), "false");
	ck_assert_str_ne(visitor_json(visitor, "expires_at"), "");
	ck_assert_str_eq(visitor_json(visitor, "email"), "");
	ck_assert_int_eq(
	    visitor_post_json(visitor, below(path, "open"), "{}"), 200);
	ck_assert_str_eq(visitor_json(visitor, "opened"), "true");
}
END_TEST

/* --- choosing a password --- */

START_TEST(the_password_is_changed)
{
	const char *path = opened_link();

	ck_assert_int_eq(visitor_submit(visitor, path, PASSWORD_FORM), 200);
	ck_assert(visitor_sees(visitor, "Your password is changed"));
	ck_assert(visitor_sees(visitor, "href=\"/auth/signin\""));
	ck_assert(signs_in(NEW_PASSWORD));
	ck_assert(!test_is_stored(NEW_PASSWORD));
}
END_TEST

START_TEST(a_program_need_not_open_it)
{
	const char *path = link();

	be_program();
	ck_assert_int_eq(visitor_post_json(visitor, path,
			     "{\"password\":\"" NEW_PASSWORD "\"}"),
	    200);
	ck_assert_str_eq(visitor->answer, "{\"status\":\"password_changed\"}");
	ck_assert(signs_in(NEW_PASSWORD));
}
END_TEST

/* By the policy, with the account's own name and address. */
static const struct {
	const char *form;
	const char *words;
} bad[] = {
	{ "", "Enter your password" },
	{ "password=", "Enter your password" },
	{ "password=short", "15 characters or more" },
	{ "password=password12345678", "too easy to guess" },
	{ "password=Ada+Lovelace+Ada+Lovelace", "too easy to guess" },
	{ "password=ada@example.org", "too easy to guess" },
};

START_TEST(a_password_that_will_not_do_comes_back)
{
	const char *path = opened_link();

	ck_assert_int_eq(visitor_submit(visitor, path, bad[_i].form), 422);
	ck_assert(visitor_sees(visitor, bad[_i].words));
	ck_assert(visitor_sees(visitor, "aria-invalid=\"true\""));
	ck_assert(visitor_sees(visitor, ADA));
	ck_assert_int_eq(links("used_at"), 0);
	/* And the link goes on working. */
	ck_assert_int_eq(visitor_submit(visitor, path, PASSWORD_FORM), 200);
}
END_TEST

START_TEST(a_stale_form_comes_back)
{
	const char *path = opened_link();

	visitor->csrf_token = "stale";
	ck_assert_int_eq(visitor_submit(visitor, path, PASSWORD_FORM), 403);
	ck_assert(visitor_sees(visitor, "type=\"password\""));
	ck_assert(visitor_sees(visitor, path));
	ck_assert_int_eq(visitor_submit(visitor, path, PASSWORD_FORM), 200);
}
END_TEST

START_TEST(uses_of_links_are_limited)
{
	const char *path = link();

	config.limit_token = (struct rates){ { { 1, 3600 } }, 1 };
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, path, "{\"password\":\"short\"}"), 422);
	ck_assert_int_eq(visitor_post_json(visitor, path,
			     "{\"password\":\"" NEW_PASSWORD "\"}"),
	    429);
	ck_assert_int_eq(links("used_at"), 0);
}
END_TEST

/* --- links that are dead --- */

static const struct {
	const char *sql;
	const char *problem;
	const char *words;
} dead[] = {
	{ "UPDATE link SET used_at = now()", "link-used", "was used already" },
	{ "UPDATE link SET expires_at = now()", "link-expired", "has expired" },
	{ "INSERT INTO link (kind, account_id, hash, expires_at) SELECT"
	  " 'reset', account_id, sha256(''), now() + interval '1 hour'"
	  " FROM link",
	    "link-replaced", "newer link" },
	{ "DELETE FROM link", "link-gone", "no longer works" },
	{ "UPDATE account SET disabled_at = now()", "link-gone",
	    "no longer works" },
};

START_TEST(a_dead_link_says_why_and_offers_another)
{
	const char *path = link(), *open = below(path, "open");

	test_execute(dead[_i].sql);
	ck_assert_int_eq(visitor_get(visitor, path), 410);
	ck_assert(visitor_sees(visitor, dead[_i].words));
	ck_assert(visitor_sees(visitor, "action=\"/reset\""));
	ck_assert_int_eq(visitor_submit(visitor, open, ""), 410);
	ck_assert(visitor_sees(visitor, dead[_i].words));
	ck_assert_int_eq(visitor_submit(visitor, path, PASSWORD_FORM), 410);
	ck_assert(visitor_sees(visitor, dead[_i].words));
	/* Whatever the password. */
	ck_assert_int_eq(visitor_submit(visitor, path, ""), 410);
	ck_assert(!signs_in(NEW_PASSWORD));
}
END_TEST

START_TEST(a_dead_link_says_why_to_a_program)
{
	const char *path = link();

	test_execute(dead[_i].sql);
	be_program();
	ck_assert_int_eq(visitor_get(visitor, path), 410);
	ck_assert_ptr_nonnull(
	    strstr(visitor_json(visitor, "type"), dead[_i].problem));
	ck_assert_int_eq(visitor_post_json(visitor, path,
			     "{\"password\":\"" NEW_PASSWORD "\"}"),
	    410);
	ck_assert_ptr_nonnull(
	    strstr(visitor_json(visitor, "type"), dead[_i].problem));
	ck_assert(!signs_in(NEW_PASSWORD));
}
END_TEST

START_TEST(a_link_works_once)
{
	const char *path = opened_link();

	ck_assert_int_eq(visitor_submit(visitor, path, PASSWORD_FORM), 200);
	ck_assert_int_eq(visitor_submit(visitor, path, PASSWORD_FORM), 410);
	ck_assert(visitor_sees(visitor, "was used already"));
}
END_TEST

/* --- who is signed in meanwhile --- */

START_TEST(the_own_session_ends_with_the_others)
{
	const char *session;

	test_execute("DELETE FROM account");
	session = visitor_sign_in(visitor, ADA);
	ada = test_text(visitor->kept, "SELECT id FROM account", NULL);
	ck_assert_int_eq(
	    visitor_submit(visitor, opened_link(), PASSWORD_FORM), 200);
	ck_assert(!visitor_sees(visitor, "Sign out"));
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_ptr_null(visitor->cookies[COOKIE_REFRESH]);
	ck_assert_str_eq(
	    test_text(visitor->kept,
		"SELECT revoked_reason FROM session WHERE id = $1::uuid",
		session),
	    "password-reset");
}
END_TEST

START_TEST(a_session_of_another_account_goes_on)
{
	const char *session = visitor_sign_in(visitor, "eve@example.org");

	ck_assert_int_eq(
	    visitor_submit(visitor, opened_link(), PASSWORD_FORM), 200);
	ck_assert_ptr_nonnull(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session"
				  " WHERE id = $1::uuid AND revoked_at IS NULL",
			     session),
	    1);
}
END_TEST

START_TEST(known_devices_stay_known)
{
	test_execute("INSERT INTO known_device (account_id, hash)"
		     " SELECT id, sha256('') FROM account");
	ck_assert_int_eq(
	    visitor_submit(visitor, opened_link(), PASSWORD_FORM), 200);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM known_device", NULL), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reset, routes");
	TCase *tcase = tcase_create("links");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_address_gets_the_same_answer);
	tcase_add_test(tcase, a_program_asks_likewise);
	tcase_add_test(tcase, beyond_the_limit_it_is_the_same);
	tcase_add_test(tcase, the_form_knows_who_is_signed_in);
	tcase_add_test(tcase, an_address_that_is_none_comes_back);
	tcase_add_test(tcase, following_a_link_changes_nothing);
	tcase_add_test(tcase, the_button_starts_the_ten_minutes);
	tcase_add_test(tcase, a_program_is_told_how_long_it_works);
	tcase_add_test(tcase, the_password_is_changed);
	tcase_add_test(tcase, a_program_need_not_open_it);
	tcase_add_loop_test(
	    tcase, a_password_that_will_not_do_comes_back, 0, ARRAY_LEN(bad));
	tcase_add_test(tcase, a_stale_form_comes_back);
	tcase_add_test(tcase, uses_of_links_are_limited);
	tcase_add_loop_test(
	    tcase, a_dead_link_says_why_and_offers_another, 0, ARRAY_LEN(dead));
	tcase_add_loop_test(
	    tcase, a_dead_link_says_why_to_a_program, 0, ARRAY_LEN(dead));
	tcase_add_test(tcase, a_link_works_once);
	tcase_add_test(tcase, the_own_session_ends_with_the_others);
	tcase_add_test(tcase, a_session_of_another_account_goes_on);
	tcase_add_test(tcase, known_devices_stay_known);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
