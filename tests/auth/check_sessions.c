/*
 * check_sessions.c - the list of sessions, ending them, and giving the password
 * again, without a socket.
 */

#include <check.h>
#include <string.h>

#include "account/access_token.h"
#include "account/password.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define JSON "application/json"

extern const struct handler auth_handler;

static struct site *site;
static struct visitor *visitor;
static const char *here; /* the visitor's session */

static void
setup(void)
{
	const char *hash;

	test_clear();
	site = test_site(NULL);
	visitor = visitor_new(site, &auth_handler);
	here = visitor_sign_in(visitor, ADA);
	ck_assert_int_eq(
	    password_hash(site->config, visitor->kept, TEST_PASSWORD, &hash),
	    ST_OK);
	test_execute(arena_printf(
	    visitor->kept, "UPDATE account SET password_hash = '%s'", hash));
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

/* As many more sessions, of this account and with this user agent. */
static void
have_sessions(int count, const char *email, const char *user_agent)
{
	test_execute(arena_printf(visitor->kept,
	    "INSERT INTO session (account_id, created_at, user_agent, ip,"
	    " idle_expires_at, expires_at)"
	    " SELECT id, now() - n * interval '1 minute', '%s', '192.0.2.7',"
	    " now() + interval '1 day', now() + interval '1 day'"
	    " FROM account, generate_series(1, %d) n WHERE email = '%s'",
	    user_agent, count, email));
}

static const char *
another(void)
{
	return test_text(visitor->kept,
	    "SELECT id FROM session WHERE id <> $1::uuid LIMIT 1", here);
}

static int64_t
alive(void)
{
	return test_int(
	    "SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL);
}

static int64_t
noted(const char *deed)
{
	return test_int(
	    "SELECT count(*) FROM audit_log WHERE action = $1", deed);
}

static void
as_json(void)
{
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
}

static const char *
item(int index, const char *name)
{
	struct json_object *json = json_tokener_parse(visitor->answer), *at;
	const char *text = "";

	at = json_object_array_get_idx(
	    json_object_object_get(json, "items"), (size_t)index);
	at = json_object_object_get(at, name);
	if (at != NULL)
		text = arena_strdup(visitor->kept, json_object_get_string(at));
	json_object_put(json);
	return text;
}

static size_t
items(void)
{
	struct json_object *json = json_tokener_parse(visitor->answer);
	size_t count =
	    json_object_array_length(json_object_object_get(json, "items"));

	json_object_put(json);
	return count;
}

/* --- the list --- */

START_TEST(lists_what_is_known_of_each)
{
	have_sessions(1, ADA, "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0");
	as_json();
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	ck_assert_uint_eq(items(), 2);
	ck_assert_str_eq(item(0, "id"), here);
	ck_assert_str_eq(item(0, "current"), "true");
	ck_assert_str_eq(item(0, "device"), "Unknown device");
	ck_assert_str_eq(item(0, "user_agent"), "visitor");
	ck_assert_str_eq(item(0, "ip"), "192.0.2.1");
	ck_assert_uint_eq(strlen(item(0, "created_at")), 20);
	ck_assert_uint_eq(strlen(item(0, "last_seen_at")), 20);
	ck_assert_str_eq(item(1, "current"), "false");
	ck_assert_str_eq(item(1, "device"), "Firefox on Linux");
	ck_assert_str_eq(item(1, "ip"), "192.0.2.7");
	ck_assert_str_eq(visitor_json(visitor, "next"), "");
}
END_TEST

/* clang-format off */
static const struct {
	const char *user_agent;
	const char *device;
} devices[] = {
	{ "curl/7.88.1", "curl" },
	{ "Something (Linux)", "Unknown program on Linux" },
	{ "<b>", "Unknown device" },
	{ "", "Unknown device" },
};
/* clang-format on */

START_TEST(tells_the_device_in_words)
{
	have_sessions(1, ADA, devices[_i].user_agent);
	as_json();
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	ck_assert_str_eq(item(1, "device"), devices[_i].device);
}
END_TEST

START_TEST(lists_page_by_page)
{
	size_t seen = 0;
	const char *next = "";

	have_sessions(120, ADA, "curl/7");
	as_json();
	for (int page = 0; page < 3; page++) {
		ck_assert_int_eq(visitor_get(visitor,
				     arena_printf(visitor->kept,
					 "/auth/sessions?after=%s", next)),
		    200);
		ck_assert_uint_eq(items(), page < 2 ? 50 : 21);
		seen += items();
		next = visitor_json(visitor, "next");
	}
	ck_assert_str_eq(next, "");
	ck_assert_uint_eq(seen, 121);
}
END_TEST

START_TEST(knows_no_other_place_to_go_on)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions?after=x"), 404);
}
END_TEST

START_TEST(marks_this_device)
{
	have_sessions(1, ADA, "curl/7");
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	ck_assert(visitor_sees(visitor, "This device"));
	ck_assert(visitor_sees(visitor, "End all other sessions"));
	ck_assert(visitor_sees(visitor,
	    arena_printf(visitor->kept, "/auth/sessions/%s\"", another())));
	ck_assert(!visitor_sees(
	    visitor, arena_printf(visitor->kept, "/auth/sessions/%s\"", here)));
}
END_TEST

START_TEST(says_when_there_is_no_other)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	ck_assert(visitor_sees(visitor, "nowhere else"));
	ck_assert(!visitor_sees(visitor, "End all other sessions"));
}
END_TEST

/* --- ending --- */

START_TEST(ends_one)
{
	const char *other;

	have_sessions(2, ADA, "curl/7");
	other = another();
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	for (int i = 0; i < 2; i++) { /* it has ended: no more was wanted */
		ck_assert_int_eq(
		    visitor_submit(visitor,
			arena_printf(visitor->kept, "/auth/sessions/%s", other),
			"_method=DELETE"),
		    303);
		ck_assert_str_eq(visitor_header(visitor, "Location"),
		    "/auth/sessions?done=one");
	}
	ck_assert_int_eq(alive(), 2);
	ck_assert_int_eq(noted("session ended"), 1);
	ck_assert_str_eq(test_text(visitor->kept,
			     "SELECT subject FROM audit_log WHERE"
			     " actor = 'person' AND request_id IS NOT NULL",
			     NULL),
	    other);
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions?done=one"), 200);
	ck_assert(visitor_sees(visitor, "That session has ended."));
}
END_TEST

START_TEST(ends_one_for_a_script)
{
	have_sessions(1, ADA, "curl/7");
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	as_json();
	visitor_set(visitor, "HTTP_X_CSRF_TOKEN", visitor->csrf_token);
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE",
		arena_printf(visitor->kept, "/auth/sessions/%s", another()),
		NULL, NULL),
	    204);
	ck_assert_uint_eq(visitor->rs.len, 0);
	ck_assert_int_eq(alive(), 1);
}
END_TEST

START_TEST(ends_nothing_of_somebody_else)
{
	static const char *const ids[] = { TEST_UUID, "x", "%2e%2e" };
	struct visitor *eve = visitor_new(site, &auth_handler);
	const char *hers = visitor_sign_in(eve, "eve@example.org");

	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	ck_assert(!visitor_sees(visitor, hers));
	ck_assert_int_eq(
	    visitor_submit(visitor,
		arena_printf(visitor->kept, "/auth/sessions/%s", hers),
		"_method=DELETE"),
	    404);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		ck_assert_int_eq(visitor_submit(visitor,
				     arena_printf(visitor->kept,
					 "/auth/sessions/%s", ids[i]),
				     "_method=DELETE"),
		    404);
	ck_assert_int_eq(alive(), 2);
	ck_assert_int_eq(noted("session ended"), 0);
	visitor_free(eve);
}
END_TEST

START_TEST(ending_this_one_signs_out)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor,
		arena_printf(visitor->kept, "/auth/sessions/%s", here),
		"_method=DELETE"),
	    303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=signed_out");
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_int_eq(alive(), 0);
	ck_assert_int_eq(noted("signed out"), 1);
}
END_TEST

START_TEST(ends_all_others)
{
	have_sessions(3, ADA, "curl/7");
	ck_assert_int_eq(visitor_get(visitor, "/auth/sessions"), 200);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    visitor_submit(visitor, "/auth/sessions", "_method=DELETE"),
		    303);
		ck_assert_str_eq(visitor_header(visitor, "Location"),
		    "/auth/sessions?done=others");
	}
	ck_assert_int_eq(alive(), 1);
	ck_assert_int_eq(noted("other sessions ended"), 1);
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/sessions?done=others"), 200);
	ck_assert(visitor_sees(visitor, "All your other sessions have ended."));
}
END_TEST

/* --- the sign-in page says why --- */

/* clang-format off */
static const struct {
	const char *reason;
	const char *words;
} reasons[] = {
	{ "signed_out", "You have signed out." },
	{ "signed_out_elsewhere", "from another of your devices" },
	{ "expired", "Your session has expired." },
	{ "revoked", "for your safety" },
	{ "stolen", "used from two places" },
	{ "password_reset", "a new password was chosen" },
	{ "account_disabled", "has been disabled" },
	{ "not_signed_in", "Please sign in to see that page." },
};
/* clang-format on */

START_TEST(the_sign_in_page_says_why)
{
	size_t notices = 0;

	visitor->cookies[COOKIE_ACCESS] = NULL;
	ck_assert_int_eq(visitor_get(visitor,
			     arena_printf(visitor->kept,
				 "/auth/signin?reason=%s", reasons[_i].reason)),
	    200);
	ck_assert(visitor_sees(visitor, reasons[_i].words));
	for (const char *at = visitor->answer;
	     (at = strstr(at, "class=\"notice\"")) != NULL; at++)
		notices++;
	ck_assert_uint_eq(notices, 1);
}
END_TEST

/* --- the password again --- */

static void
be_unconfirmed(void)
{
	test_execute("UPDATE session SET confirmed_at = now()"
		     " - interval '1 hour'");
	ck_assert_int_eq(visitor_get(visitor, "/auth/confirm"), 200);
}

static int64_t
claim(const char *token, const char *name)
{
	const char *at = strchr(token, '.') + 1;
	struct json_object *json;
	unsigned char *claims;
	size_t size;
	int64_t when;

	ck_assert_int_eq(base64url_decode(visitor->kept, at, strcspn(at, "."),
			     &claims, &size),
	    ST_OK);
	json = json_tokener_parse((const char *)claims);
	when = json_object_get_int64(json_object_object_get(json, name));
	json_object_put(json);
	return when;
}

static int64_t
confirmed_at(void)
{
	return test_int("SELECT floor(extract(epoch FROM confirmed_at))::bigint"
			" FROM session",
	    NULL);
}

START_TEST(the_password_opens_the_window)
{
	be_unconfirmed();
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/confirm",
		"password=seven+damp+owls+in+a+teapot&next=%2Fauth%2Faccount"),
	    303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/auth/account");
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " confirmed_at > now() - interval '5 min'",
			     NULL),
	    1);
	ck_assert_int_eq(claim(visitor->cookies[COOKIE_ACCESS], "auth_time"),
	    confirmed_at());
	ck_assert_int_eq(noted("password confirmed"), 1);
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
}
END_TEST

/* One of a newer generation would look like proof that its answer came. */
START_TEST(the_new_token_is_of_the_old_generation)
{
	be_unconfirmed();
	test_execute("UPDATE session SET generation = 5");
	ck_assert_int_eq(visitor_submit(visitor, "/auth/confirm",
			     "password=seven+damp+owls+in+a+teapot"),
	    303);
	ck_assert_int_eq(claim(visitor->cookies[COOKIE_ACCESS], "gen"), 0);
	ck_assert_uint_eq(visitor_header_count(visitor, "Set-Cookie"), 1);
}
END_TEST

START_TEST(another_password_does_not)
{
	be_unconfirmed();
	ck_assert_int_eq(visitor_submit(visitor, "/auth/confirm",
			     "password=seven+dry+owls&next=%2Fauth%2Faccount"),
	    422);
	ck_assert(
	    visitor_sees(visitor, "This is not the password of this account"));
	ck_assert(visitor_sees(visitor, "value=\"/auth/account\""));
	ck_assert(!visitor_sees(visitor, "dry owls"));
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " confirmed_at > now() - interval '5 min'",
			     NULL),
	    0);
	ck_assert_int_eq(noted("confirmation refused"), 1);
}
END_TEST

START_TEST(a_missing_password_does_not)
{
	be_unconfirmed();
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/confirm", "password="), 422);
	ck_assert(visitor_sees(visitor, "Enter your password."));
	ck_assert_int_eq(noted("confirmation refused"), 0);
}
END_TEST

START_TEST(leads_nowhere_else)
{
	be_unconfirmed();
	ck_assert_int_eq(visitor_submit(visitor, "/auth/confirm",
			     "password=seven+damp+owls+in+a+teapot"
			     "&next=%2F%2Fevil.example"),
	    303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/auth/session");
}
END_TEST

START_TEST(a_program_gets_its_token_in_the_body)
{
	const char *token = visitor->cookies[COOKIE_ACCESS];

	be_unconfirmed();
	visitor->program = true;
	visitor_set(visitor, "HTTP_COOKIE", NULL);
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", NULL);
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "Bearer %s", token));
	as_json();
	ck_assert_int_eq(visitor_post_json(visitor, "/auth/confirm",
			     "{\"password\":\"" TEST_PASSWORD "\"}"),
	    200);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_str_eq(visitor_json(visitor, "session.id"), here);
	token = visitor_json(visitor, "access_token");
	ck_assert_int_eq(claim(token, "auth_time"), confirmed_at());
	ck_assert_int_eq(visitor_post_json(visitor, "/auth/confirm",
			     "{\"password\":\"wrong\"}"),
	    422);
	ck_assert(visitor_sees(visitor, "\"field\":\"password\""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sessions");
	TCase *look = tcase_create("look");
	TCase *end = tcase_create("end");
	TCase *confirm = tcase_create("confirm");

	tcase_add_checked_fixture(look, setup, teardown);
	tcase_add_test(look, lists_what_is_known_of_each);
	tcase_add_loop_test(
	    look, tells_the_device_in_words, 0, (int)ARRAY_LEN(devices));
	tcase_add_test(look, lists_page_by_page);
	tcase_add_test(look, knows_no_other_place_to_go_on);
	tcase_add_test(look, marks_this_device);
	tcase_add_test(look, says_when_there_is_no_other);
	suite_add_tcase(suite, look);
	tcase_add_checked_fixture(end, setup, teardown);
	tcase_add_test(end, ends_one);
	tcase_add_test(end, ends_one_for_a_script);
	tcase_add_test(end, ends_nothing_of_somebody_else);
	tcase_add_test(end, ending_this_one_signs_out);
	tcase_add_test(end, ends_all_others);
	tcase_add_loop_test(
	    end, the_sign_in_page_says_why, 0, (int)ARRAY_LEN(reasons));
	suite_add_tcase(suite, end);
	tcase_add_checked_fixture(confirm, setup, teardown);
	tcase_add_test(confirm, the_password_opens_the_window);
	tcase_add_test(confirm, the_new_token_is_of_the_old_generation);
	tcase_add_test(confirm, another_password_does_not);
	tcase_add_test(confirm, a_missing_password_does_not);
	tcase_add_test(confirm, leads_nowhere_else);
	tcase_add_test(confirm, a_program_gets_its_token_in_the_body);
	suite_add_tcase(suite, confirm);
	return harness_run(suite, NEEDS_POSTGRES);
}
