/* check_devices.c - the list of known devices, without a socket. */

#include <check.h>
#include <string.h>

#include "account/known_device.h"
#include "base/strbuf.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define JSON "application/json"
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"

extern const struct handler auth_handler;

static struct site *site;
static struct visitor *visitor;
static const char *account;

static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	visitor = visitor_new(site, &auth_handler);
	(void)visitor_sign_in(visitor, ADA);
	account = test_text(
	    visitor->kept, "SELECT id FROM account WHERE email = $1", ADA);
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

/* This browser becomes known; returns the id of its row. */
static const char *
have_this_device(void)
{
	bool seen;

	ck_assert_int_eq(
	    known_device_remember(site->db, visitor->kept, "", account, FIREFOX,
		&visitor->cookies[COOKIE_DEVICE], &seen),
	    ST_OK);
	return test_text(visitor->kept,
	    "SELECT id FROM known_device WHERE user_agent = $1", FIREFOX);
}

static void
have_devices(int count, const char *email)
{
	test_execute(arena_printf(visitor->kept,
	    "INSERT INTO known_device (account_id, hash, created_at,"
	    " last_used_at, user_agent)"
	    " SELECT id, sha256((email || n)::bytea),"
	    " now() - interval '1 day', now() - n * interval '1 minute',"
	    " 'curl/7' FROM account, generate_series(1, %d) n"
	    " WHERE email = '%s'",
	    count, email));
}

static int64_t
devices(void)
{
	return test_int("SELECT count(*) FROM known_device", NULL);
}

static int64_t
noted(const char *deed)
{
	return test_int(
	    "SELECT count(*) FROM audit_log WHERE action = $1", deed);
}

static const char *
other(void)
{
	return test_text(visitor->kept,
	    "SELECT id FROM known_device WHERE user_agent <> $1 LIMIT 1",
	    FIREFOX);
}

static int
forget(const char *id)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	return visitor_submit(visitor,
	    arena_printf(visitor->kept, "/auth/devices/%s", id),
	    "_method=DELETE");
}

static void
as_json(void)
{
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
}

START_TEST(lists_what_is_known_of_each)
{
	const char *id = have_this_device();

	have_devices(2, ADA);
	as_json();
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	ck_assert_str_eq(visitor_json(visitor, "items.0.id"), id);
	ck_assert_str_eq(visitor_json(visitor, "items.0.current"), "true");
	ck_assert_str_eq(
	    visitor_json(visitor, "items.0.device"), "Firefox on Linux");
	ck_assert_str_eq(visitor_json(visitor, "items.0.user_agent"), FIREFOX);
	ck_assert_uint_eq(
	    strlen(visitor_json(visitor, "items.0.first_seen_at")), 20);
	ck_assert_uint_eq(
	    strlen(visitor_json(visitor, "items.0.last_seen_at")), 20);
	ck_assert_str_eq(visitor_json(visitor, "items.1.current"), "false");
	ck_assert_int_gt(strcmp(visitor_json(visitor, "items.1.last_seen_at"),
			     visitor_json(visitor, "items.2.last_seen_at")),
	    0);
	ck_assert_str_eq(visitor_json(visitor, "items.3.id"), "");
	ck_assert_str_eq(visitor_json(visitor, "next"), "");
}
END_TEST

START_TEST(lists_page_by_page)
{
	const char *id = have_this_device(), *next = "";
	struct strbuf ids;

	strbuf_init(&ids, visitor->kept);
	have_devices(60, ADA);
	as_json();
	for (int page = 0; page < 2; page++) {
		ck_assert_int_eq(visitor_get(visitor,
				     arena_printf(visitor->kept,
					 "/auth/devices?after=%s", next)),
		    200);
		for (int i = 0; i < 50; i++) {
			const char *one = visitor_json(visitor,
			    arena_printf(visitor->kept, "items.%d.id", i));

			ck_assert(
			    one[0] == '\0' || strstr(ids.text, one) == NULL);
			strbuf_str(&ids, one);
		}
		next =
		    arena_strdup(visitor->kept, visitor_json(visitor, "next"));
		ck_assert_int_eq(next[0] != '\0', page == 0);
	}
	ck_assert_uint_eq(ids.len, 61 * strlen(id));
	ck_assert_int_eq(strncmp(ids.text, id, strlen(id)), 0);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices?after=x"), 404);
}
END_TEST

START_TEST(marks_this_device)
{
	const char *id = have_this_device();

	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	ck_assert(visitor_sees(visitor, "This device"));
	ck_assert(visitor_sees(visitor, "No other device is known"));
	ck_assert(visitor_sees(visitor, "does not sign it out"));
	ck_assert(visitor_sees(visitor, "\"/auth/sessions\""));
	ck_assert(visitor_sees(
	    visitor, arena_printf(visitor->kept, "/auth/devices/%s\"", id)));
	have_devices(1, ADA);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	ck_assert(visitor_sees(visitor, "Forget all other devices"));
}
END_TEST

START_TEST(forgets_one_and_leaves_its_session)
{
	const char *id;

	(void)have_this_device();
	have_devices(2, ADA);
	id = other();
	ck_assert_int_eq(forget(id), 303);
	ck_assert_str_eq(
	    visitor_header(visitor, "Location"), "/auth/devices?done=one");
	ck_assert_int_eq(devices(), 2);
	ck_assert_str_eq(test_text(visitor->kept,
			     "SELECT subject FROM audit_log WHERE"
			     " action = 'device forgotten'"
			     " AND request_id IS NOT NULL",
			     NULL),
	    id);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices?done=one"), 200);
	ck_assert(visitor_sees(visitor, "That device is forgotten."));
	ck_assert_int_eq(forget(id), 404);
	ck_assert_int_eq(noted("device forgotten"), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session"
				  " WHERE revoked_at IS NULL",
			     NULL),
	    1);
}
END_TEST

START_TEST(forgets_this_one)
{
	ck_assert_int_eq(forget(have_this_device()), 303);
	ck_assert_int_eq(devices(), 0);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	ck_assert(!visitor_sees(visitor, "This device"));
}
END_TEST

START_TEST(forgets_all_others)
{
	(void)have_this_device();
	have_devices(3, ADA);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    visitor_submit(visitor, "/auth/devices", "_method=DELETE"),
		    303);
		ck_assert_str_eq(visitor_header(visitor, "Location"),
		    "/auth/devices?done=others");
	}
	ck_assert_int_eq(devices(), 1);
	ck_assert_int_eq(noted("other devices forgotten"), 1);
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/devices?done=others"), 200);
	ck_assert(visitor_sees(visitor, "All your other devices"));
	ck_assert(visitor_sees(visitor, "This device"));
}
END_TEST

/* One that is not known itself, as a program's, forgets them all. */
START_TEST(a_stranger_forgets_all)
{
	have_devices(3, ADA);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/devices", "_method=DELETE"), 303);
	ck_assert_int_eq(devices(), 0);
}
END_TEST

START_TEST(forgets_for_a_script)
{
	have_devices(2, ADA);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	as_json();
	visitor_set(visitor, "HTTP_X_CSRF_TOKEN", visitor->csrf_token);
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE",
		arena_printf(visitor->kept, "/auth/devices/%s", other()), NULL,
		NULL),
	    204);
	ck_assert_uint_eq(visitor->rs.len, 0);
	ck_assert_int_eq(devices(), 1);
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE", "/auth/devices", NULL, NULL), 204);
	ck_assert_int_eq(devices(), 0);
}
END_TEST

START_TEST(touches_nothing_of_somebody_else)
{
	static const char *const ids[] = { TEST_UUID, "x", "%2e%2e" };
	struct visitor *eve = visitor_new(site, &auth_handler);
	const char *hers;

	(void)visitor_sign_in(eve, "eve@example.org");
	have_devices(2, "eve@example.org");
	hers = other();
	ck_assert_int_eq(forget(hers), 404);
	ck_assert(!visitor_sees(visitor, hers));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		ck_assert_int_eq(forget(ids[i]), 404);
	ck_assert_int_eq(visitor_get(visitor, "/auth/devices"), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/devices", "_method=DELETE"), 303);
	ck_assert_int_eq(devices(), 2);
	ck_assert_int_eq(noted("device forgotten"), 0);
	ck_assert_int_eq(noted("other devices forgotten"), 0);
	ck_assert_int_eq(
	    visitor_get(visitor,
		arena_printf(visitor->kept, "/auth/devices?after=%s", hers)),
	    200);
	ck_assert(!visitor_sees(visitor, "curl"));
	visitor_free(eve);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("devices");
	TCase *tcase = tcase_create("devices");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lists_what_is_known_of_each);
	tcase_add_test(tcase, lists_page_by_page);
	tcase_add_test(tcase, marks_this_device);
	tcase_add_test(tcase, forgets_one_and_leaves_its_session);
	tcase_add_test(tcase, forgets_this_one);
	tcase_add_test(tcase, forgets_all_others);
	tcase_add_test(tcase, a_stranger_forgets_all);
	tcase_add_test(tcase, forgets_for_a_script);
	tcase_add_test(tcase, touches_nothing_of_somebody_else);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
