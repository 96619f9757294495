/* check_refresh_route.c - the way to new tokens and back, without a socket. */

#include <check.h>
#include <string.h>

#include "account/refresh.h"
#include "base/strbuf.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define JSON "application/json"

extern const struct handler auth_handler;

static struct site *site;
static struct visitor *visitor;

static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	visitor = visitor_new(site, &auth_handler);
	(void)visitor_sign_in(visitor, ADA);
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

/* The access token's time is over; all else is as it was. */
static void
let_token_expire(void)
{
	struct config *config = (struct config *)(uintptr_t)site->config;
	int64_t ttl = config->access_token_ttl;

	config->access_token_ttl = -1;
	ck_assert_int_eq(visitor_get(visitor, "/auth/refresh?next=/"), 307);
	config->access_token_ttl = ttl;
}

static const char *
location(void)
{
	return arena_strdup(visitor->kept, visitor_header(visitor, "Location"));
}

/* --- pages --- */

START_TEST(a_page_is_reached_by_way_of_the_refresh)
{
	const char *to;

	let_token_expire();
	ck_assert_int_eq(visitor_get(visitor, "/auth/account?saved=1"), 307);
	to = location();
	ck_assert_str_eq(
	    to, "/auth/refresh?next=%2Fauth%2Faccount%3Fsaved%3D1");
	ck_assert_int_eq(visitor_get(visitor, to), 307);
	ck_assert_str_eq(location(), "/auth/account?saved=1");
	ck_assert_int_eq(visitor_get(visitor, location()), 200);
	ck_assert(visitor_sees(visitor, ADA));
}
END_TEST

/* The browser sends method and body again at each step, and loses nothing. */
START_TEST(a_form_posted_late_arrives)
{
	const char *form;

	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	form = arena_printf(visitor->kept,
	    "csrf_token=%s&_method=PATCH&name=Augusta", visitor->csrf_token);
	let_token_expire();
	ck_assert_int_eq(visitor_send(visitor, "POST", "/auth/account",
			     "application/x-www-form-urlencoded", form),
	    307);
	ck_assert_int_eq(visitor_send(visitor, "POST", location(),
			     "application/x-www-form-urlencoded", form),
	    307);
	ck_assert_str_eq(location(), "/auth/account");
	ck_assert_int_eq(visitor_send(visitor, "POST", location(),
			     "application/x-www-form-urlencoded", form),
	    303);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account"
				  " WHERE name = 'Augusta'",
			     NULL),
	    1);
}
END_TEST

/* Whatever is on its way is not for this place: neither fields nor kind. */
START_TEST(the_detour_does_not_judge_the_body)
{
	static const struct {
		const char *type, *body;
	} bodies[] = {
		{ "application/x-www-form-urlencoded",
		    "nonsense=1&nonsense=2" },
		{ "application/x-www-form-urlencoded", "%zz" },
		{ "text/plain", "anything" },
		{ "application/json", "[1, 2" },
		{ "multipart/form-data; boundary=x", "--x" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		ck_assert_int_eq(visitor_send(visitor, "POST",
				     "/auth/refresh?next=/auth/account",
				     bodies[i].type, bodies[i].body),
		    307);
		ck_assert_str_eq(location(), "/auth/account");
	}
}
END_TEST

START_TEST(a_refresh_leads_nowhere_else)
{
	static const char *const nexts[] = { "https://example.com/",
		"//example.com", "/%5Cexample.com", "" };

	for (size_t i = 0; i < ARRAY_LEN(nexts); i++) {
		ck_assert_int_eq(visitor_get(visitor,
				     arena_printf(visitor->kept,
					 "/auth/refresh?next=%s", nexts[i])),
		    307);
		ck_assert_str_eq(location(), "/");
	}
}
END_TEST

START_TEST(the_front_door_and_sign_in_lead_home_by_way_of_it)
{
	let_token_expire();
	ck_assert_int_eq(visitor_get(visitor, "/"), 303);
	ck_assert_str_eq(location(), "/auth/session");
	ck_assert_int_eq(visitor_get(visitor, "/auth/signin"), 303);
	ck_assert_str_eq(location(), "/auth/session");
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 307);
}
END_TEST

/* A key that was taken away since leaves tokens that nobody can read. */
START_TEST(an_access_token_of_an_unknown_key_is_renewed)
{
	visitor->cookies[COOKIE_ACCESS] = "eyJh.eyJp.c2ln";
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 307);
	ck_assert_int_eq(visitor_get(visitor, location()), 307);
	ck_assert_int_eq(visitor_get(visitor, location()), 200);
}
END_TEST

/* --- when the session is over --- */

static const struct {
	const char *sql, *reason, *type;
} ends[] = {
	{ "UPDATE session SET idle_expires_at = now()", "expired",
	    "session-expired" },
	{ "UPDATE session SET revoked_at = now(), revoked_reason = 'operator'",
	    "revoked", "session-revoked" },
};

START_TEST(a_page_says_why_and_knows_the_way_back)
{
	test_execute(ends[_i].sql);
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 303);
	ck_assert_str_eq(location(),
	    arena_printf(visitor->kept,
		"/auth/signin?reason=%s&next=%%2Fauth%%2Faccount",
		ends[_i].reason));
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/refresh?next=/auth/account"), 303);
	ck_assert_str_eq(location(),
	    arena_printf(visitor->kept,
		"/auth/signin?reason=%s&next=%%2Fauth%%2Faccount",
		ends[_i].reason));
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_ptr_null(visitor->cookies[COOKIE_REFRESH]);
}
END_TEST

START_TEST(a_late_form_ends_at_sign_in_with_the_reason)
{
	let_token_expire();
	test_execute(ends[_i].sql);
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/auth/refresh?next=/auth/account",
		"application/x-www-form-urlencoded", "_method=PATCH"),
	    307);
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", location(),
		"application/x-www-form-urlencoded", "_method=PATCH"),
	    303);
	ck_assert_str_eq(location(),
	    arena_printf(visitor->kept, "/auth/signin?reason=%s&next=%s",
		ends[_i].reason, "%2Fauth%2Faccount"));
}
END_TEST

START_TEST(without_a_refresh_token_there_is_no_going_round)
{
	let_token_expire();
	visitor->cookies[COOKIE_REFRESH] = NULL;
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 307);
	ck_assert_int_eq(visitor_get(visitor, location()), 303);
	ck_assert_str_eq(location(),
	    "/auth/signin?reason=not_signed_in&next=%2Fauth%2Faccount");
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_int_eq(visitor_get(visitor, location()), 200);
}
END_TEST

START_TEST(nor_for_a_form)
{
	let_token_expire();
	visitor->cookies[COOKIE_REFRESH] = NULL;
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/auth/refresh?next=/auth/account",
		"application/x-www-form-urlencoded", "_method=PATCH"),
	    307);
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", location(),
		"application/x-www-form-urlencoded", "_method=PATCH"),
	    303);
	ck_assert_str_eq(location(),
	    "/auth/signin?reason=not_signed_in&next=%2Fauth%2Faccount");
}
END_TEST

/* --- programs --- */

static void
be_json(void)
{
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
}

START_TEST(a_program_with_cookies_is_told_and_refreshes_itself)
{
	const char *before;

	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	let_token_expire();
	be_json();
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 401);
	ck_assert(visitor_sees(visitor, "problems/session-expired"));
	before = visitor->cookies[COOKIE_REFRESH];
	visitor_set(visitor, "HTTP_X_CSRF_TOKEN", visitor->csrf_token);
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/auth/refresh", "{}"), 200);
	ck_assert_str_eq(visitor_json(visitor, "user.email"), ADA);
	ck_assert_str_eq(
	    visitor_json(visitor, "csrf_token"), visitor->csrf_token);
	ck_assert_str_ne(visitor_json(visitor, "expires_at"), "");
	ck_assert_str_eq(visitor_json(visitor, "refresh_token"), "");
	ck_assert_str_ne(visitor->cookies[COOKIE_REFRESH], before);
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
}
END_TEST

START_TEST(without_the_forms_token_nothing_is_refreshed)
{
	be_json();
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "same-origin");
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/auth/refresh", "{}"), 403);
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "cross-site");
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/auth/refresh", "{}"), 403);
	ck_assert_int_eq(test_int("SELECT generation FROM session", NULL), 0);
}
END_TEST

START_TEST(a_program_can_keep_its_tokens_itself)
{
	const char *token = visitor->cookies[COOKIE_REFRESH];
	const char *access;

	be_json();
	visitor->program = true;
	visitor_set(visitor, "HTTP_COOKIE", NULL);
	ck_assert_int_eq(visitor_post_json(visitor, "/auth/refresh",
			     arena_printf(visitor->kept,
				 "{\"refresh_token\":\"%s\"}", token)),
	    200);
	ck_assert_uint_eq(visitor_header_count(visitor, "Set-Cookie"), 0);
	access = visitor_json(visitor, "access_token");
	ck_assert_str_ne(visitor_json(visitor, "refresh_token"), token);
	ck_assert_str_ne(visitor_json(visitor, "refresh_token"), "");
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "Bearer %s", access));
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
}
END_TEST

START_TEST(a_program_is_told_what_became_of_its_session)
{
	const char *token = visitor->cookies[COOKIE_REFRESH];

	be_json();
	visitor->program = true;
	visitor_set(visitor, "HTTP_COOKIE", NULL);
	test_execute(ends[_i].sql);
	ck_assert_int_eq(visitor_post_json(visitor, "/auth/refresh",
			     arena_printf(visitor->kept,
				 "{\"refresh_token\":\"%s\"}", token)),
	    401);
	ck_assert(visitor_sees(visitor,
	    arena_printf(visitor->kept, "problems/%s", ends[_i].type)));
	ck_assert_int_eq(visitor_post_json(visitor, "/auth/refresh",
			     "{\"refresh_token\":\"x\"}"),
	    401);
	ck_assert(visitor_sees(visitor, "problems/not-signed-in"));
}
END_TEST

/* --- theft --- */

START_TEST(a_copied_token_ends_the_session_for_all)
{
	const char *copy = visitor->cookies[COOKIE_REFRESH];

	ck_assert_int_eq(visitor_get(visitor, "/auth/refresh?next=/"), 307);
	ck_assert_int_eq(visitor_get(visitor, "/auth/refresh?next=/"), 307);
	visitor->cookies[COOKIE_REFRESH] = copy;
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/refresh?next=/auth/account"), 303);
	ck_assert_str_eq(
	    location(), "/auth/signin?reason=stolen&next=%2Fauth%2Faccount");
	ck_assert_int_eq(visitor_get(visitor, location()), 200);
	ck_assert(visitor_sees(visitor, "ended for your safety"));
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " revoked_reason = 'stolen'",
			     NULL),
	    1);
}
END_TEST

/* --- signing in and out --- */

START_TEST(signing_out_ends_a_session_whose_access_token_is_past)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	let_token_expire();
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signout", ""), 303);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " revoked_reason = 'signed-out'",
			     NULL),
	    1);
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_ptr_null(visitor->cookies[COOKIE_REFRESH]);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log WHERE"
				  " action = 'signed out' AND account_id IN"
				  " (SELECT id FROM account)",
			     NULL),
	    1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("refresh_route");
	TCase *pages = tcase_create("pages");
	TCase *over = tcase_create("over");
	TCase *programs = tcase_create("programs");
	TCase *theft = tcase_create("theft");

	tcase_add_checked_fixture(pages, setup, teardown);
	tcase_add_test(pages, a_page_is_reached_by_way_of_the_refresh);
	tcase_add_test(pages, a_form_posted_late_arrives);
	tcase_add_test(pages, the_detour_does_not_judge_the_body);
	tcase_add_test(pages, a_refresh_leads_nowhere_else);
	tcase_add_test(
	    pages, the_front_door_and_sign_in_lead_home_by_way_of_it);
	tcase_add_test(pages, an_access_token_of_an_unknown_key_is_renewed);
	suite_add_tcase(suite, pages);
	tcase_add_checked_fixture(over, setup, teardown);
	tcase_add_loop_test(
	    over, a_page_says_why_and_knows_the_way_back, 0, ARRAY_LEN(ends));
	tcase_add_loop_test(over, a_late_form_ends_at_sign_in_with_the_reason,
	    0, ARRAY_LEN(ends));
	tcase_add_test(over, without_a_refresh_token_there_is_no_going_round);
	tcase_add_test(over, nor_for_a_form);
	suite_add_tcase(suite, over);
	tcase_add_checked_fixture(programs, setup, teardown);
	tcase_add_test(
	    programs, a_program_with_cookies_is_told_and_refreshes_itself);
	tcase_add_test(programs, without_the_forms_token_nothing_is_refreshed);
	tcase_add_test(programs, a_program_can_keep_its_tokens_itself);
	tcase_add_loop_test(programs,
	    a_program_is_told_what_became_of_its_session, 0, ARRAY_LEN(ends));
	suite_add_tcase(suite, programs);
	tcase_add_checked_fixture(theft, setup, teardown);
	tcase_add_test(theft, a_copied_token_ends_the_session_for_all);
	tcase_add_test(
	    theft, signing_out_ends_a_session_whose_access_token_is_past);
	suite_add_tcase(suite, theft);
	return harness_run(suite, NEEDS_POSTGRES);
}
