/*
 * check_alert_route.c - alerts of sign-ins on new devices, and what their link
 * does, without a socket.
 */

#include <check.h>
#include <string.h>

#include "account/password.h"
#include "account/reset.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define JSON "application/json"
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"

extern const struct handler auth_handler;

static struct site *site;
static struct visitor *ada, *eve; /* at home, and whoever knows her password */
static const char *account;

static void
setup(void)
{
	const char *hash;

	test_clear();
	site = test_site(NULL);
	ada = visitor_new(site, &auth_handler);
	eve = visitor_new(site, &auth_handler);
	visitor_set(eve, "HTTP_USER_AGENT", FIREFOX);
	visitor_set(eve, "REMOTE_ADDR", "198.51.100.7");
	ck_assert_int_eq(
	    password_hash(site->config, ada->kept, TEST_PASSWORD, &hash),
	    ST_OK);
	ck_assert_int_eq(account_create(site->db, ada->kept, ADA, "Ada", hash,
			     true, &account),
	    ST_OK);
}

static void
teardown(void)
{
	visitor_free(ada);
	visitor_free(eve);
	site_close(site);
}

static void
sign_in(struct visitor *visitor)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/signin"), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/signin",
		"email=" ADA "&password=seven+damp+owls+in+a+teapot"),
	    303);
}

static void
sign_out(struct visitor *visitor)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signout", ""), 303);
}

static void
sign_in_program(const char *user_agent, const char *ip)
{
	struct visitor *program = visitor_new(site, &auth_handler);

	program->program = true;
	visitor_set(program, "HTTP_USER_AGENT", user_agent);
	visitor_set(program, "REMOTE_ADDR", ip);
	ck_assert_int_eq(
	    visitor_post_json(program, "/auth/signin",
		"{\"email\":\"" ADA "\",\"password\":\"" TEST_PASSWORD
		"\",\"client\":\"api\"}"),
	    200);
	visitor_free(program);
}

static int64_t
alerts(void)
{
	int64_t count = test_int(
	    "SELECT count(*) FROM outbox WHERE template = 'alert'", NULL);

	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log WHERE"
				  " action = 'sign-in alerted'",
			     NULL),
	    count);
	return count;
}

static const char *
mailed(const char *value)
{
	return test_mailed(ada->kept, site->key, "alert", value);
}

/* Ada has signed in before; then Eve does. The path of the alert's link. */
static const char *
have_alert(void)
{
	sign_in(ada);
	sign_in(eve);
	ck_assert_int_eq(alerts(), 1);
	return arena_printf(ada->kept, "/auth/alert/%s", mailed("token"));
}

static struct visitor *
stranger(void)
{
	return visitor_new(site, &auth_handler);
}

static int
disown(struct visitor *visitor, const char *path)
{
	ck_assert_int_eq(visitor_get(visitor, path), 200);
	return visitor_submit(visitor, path, "");
}

/* --- who is told of --- */

START_TEST(the_first_sign_in_makes_no_alert)
{
	sign_in(ada);
	ck_assert_int_eq(alerts(), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 0);
}
END_TEST

START_TEST(a_program_may_be_the_first_as_well)
{
	sign_in_program("curl/8", "192.0.2.1");
	ck_assert_int_eq(alerts(), 0);
	sign_in(ada);
	ck_assert_int_eq(alerts(), 1);
}
END_TEST

/* Rows of sessions and devices are cleaned up; that there were some is not. */
START_TEST(the_first_one_is_remembered_for_ever)
{
	sign_in(ada);
	test_execute("DELETE FROM session");
	test_execute("DELETE FROM known_device");
	test_execute("DELETE FROM audit_log");
	sign_in(eve);
	ck_assert_int_eq(alerts(), 1);
}
END_TEST

START_TEST(a_new_browser_is_told_of_once)
{
	sign_in(ada);
	sign_in(eve);
	ck_assert_int_eq(alerts(), 1);
	for (int i = 0; i < 2; i++) {
		sign_out(eve);
		sign_in(eve);
		sign_out(ada);
		sign_in(ada);
	}
	ck_assert_int_eq(alerts(), 1);
}
END_TEST

START_TEST(a_browser_known_to_another_account_is_new_to_this_one)
{
	sign_in(ada);
	sign_in(eve);
	sign_out(eve);
	test_execute("WITH other AS (INSERT INTO account (email, name,"
		     " password_hash) VALUES ('b@example.org', 'B', '-')"
		     " RETURNING id) UPDATE known_device SET"
		     " account_id = other.id FROM other"
		     " WHERE user_agent = '" FIREFOX "'");
	sign_in(eve);
	ck_assert_int_eq(alerts(), 2);
}
END_TEST

START_TEST(the_mail_says_what_is_known)
{
	(void)have_alert();
	ck_assert_str_eq(mailed("device"), "Firefox on Linux");
	ck_assert_str_eq(mailed("ip"), "198.51.100.7");
	ck_assert_ptr_nonnull(strstr(mailed("at"), " UTC"));
	ck_assert_str_eq(mailed("ttl"), "7 days");
	ck_assert_str_eq(
	    test_text(ada->kept, "SELECT recipient FROM outbox", NULL), ADA);
	ck_assert_str_eq(test_text(ada->kept,
			     "SELECT l.subject FROM audit_log l JOIN session s"
			     " ON s.id::text = l.subject"
			     " AND s.user_agent = $1"
			     " WHERE action = 'sign-in alerted'",
			     FIREFOX),
	    test_text(ada->kept, "SELECT subject FROM link", NULL));
	ck_assert(!test_is_stored(mailed("token")));
}
END_TEST

START_TEST(the_answer_does_not_tell_of_the_mail)
{
	sign_in(ada);
	sign_in(eve);
	ck_assert_int_eq(alerts(), 1);
	ck_assert_str_eq(visitor_header(eve, "Location"), "/auth/session");
	ck_assert_uint_eq(eve->rs.len, ada->rs.len);
	ck_assert_uint_eq(visitor_header_count(eve, "Set-Cookie"),
	    visitor_header_count(ada, "Set-Cookie"));
}
END_TEST

/* clang-format off */
static const struct {
	const char *ip, *user_agent;
	bool seen;
} programs[] = {
	{ "192.0.2.1", "curl/8", true },
	{ "192.0.2.254", "curl/8", true },
	{ "192.0.3.1", "curl/8", false },
	{ "192.0.2.1", "curl/9", false },
	{ "192.0.2.1", "", false },
	{ "2001:db8::1", "curl/8", true },
	{ "2001:db8::ffff:1", "curl/8", true },
	{ "2001:db8:0:1::1", "curl/8", false },
};
/* clang-format on */

START_TEST(a_program_is_known_by_network_and_user_agent)
{
	sign_in_program("curl/8", "192.0.2.1");
	sign_in_program("curl/8", "2001:db8::1");
	ck_assert_int_eq(alerts(), 1);
	/* Neither is anybody else's doing. */
	test_execute(_i % 2 == 0 ? "UPDATE session SET revoked_at = now(),"
				   " revoked_reason = 'signed-out'"
				 : "UPDATE session SET revoked_at = now(),"
				   " revoked_reason = 'replaced'");
	sign_in_program(programs[_i].user_agent, programs[_i].ip);
	ck_assert_int_eq(alerts(), programs[_i].seen ? 1 : 2);
}
END_TEST

START_TEST(a_session_ended_by_others_proves_nothing)
{
	static const char *const reasons[] = { "revoked", "stolen",
		"operator" };

	sign_in_program("curl/8", "192.0.2.1");
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		test_execute(arena_printf(ada->kept,
		    "UPDATE session SET revoked_at = now(),"
		    " revoked_reason = '%s'",
		    reasons[i]));
		sign_in_program("curl/8", "192.0.2.1");
		ck_assert_int_eq(alerts(), (int64_t)i + 1);
	}
}
END_TEST

START_TEST(what_fails_later_mails_nothing)
{
	sign_in(ada);
	test_execute("ALTER TABLE outbox RENAME TO outbox_away");
	ck_assert_int_eq(visitor_get(eve, "/auth/signin"), 200);
	ck_assert_int_ge(
	    visitor_submit(eve, "/auth/signin",
		"email=" ADA "&password=seven+damp+owls+in+a+teapot"),
	    500);
	test_execute("ALTER TABLE outbox_away RENAME TO outbox");
	ck_assert_int_eq(alerts(), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session", NULL), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM link", NULL), 0);
}
END_TEST

/* --- what the link does --- */

START_TEST(looking_changes_nothing)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(visitor_get(reader, path), 200);
	ck_assert(visitor_sees(reader, "Firefox on Linux"));
	ck_assert(visitor_sees(reader, "198.51.100.7"));
	ck_assert(visitor_sees(reader, "end the session"));
	ck_assert_int_eq(visitor_get(eve, "/auth/session"), 200);
	visitor_free(reader);
}
END_TEST

START_TEST(one_click_ends_the_session_and_leads_to_a_reset)
{
	const char *path = have_alert(), *at;
	struct visitor *reader = stranger();
	struct reset reset;

	ck_assert_int_eq(disown(reader, path), 303);
	at = visitor_header(reader, "Location");
	ck_assert_int_eq(strncmp(at, "/reset/", 7), 0);
	ck_assert_int_eq(
	    reset_find(site->db, ada->kept, at + 7, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_LIVE);
	ck_assert_str_eq(reset.account.email, ADA);
	ck_assert_int_eq(visitor_get(eve, "/auth/session"), 303);
	ck_assert_int_eq(visitor_get(ada, "/auth/session"), 200);
	ck_assert_str_eq(test_text(ada->kept,
			     "SELECT account_id FROM audit_log WHERE"
			     " action = 'sign-in disowned'"
			     " AND request_id IS NOT NULL",
			     NULL),
	    account);
	visitor_free(reader);
}
END_TEST

START_TEST(the_browser_is_a_stranger_again)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	ck_assert_int_eq(disown(reader, path), 303);
	visitor_free(reader);
	sign_in(eve);
	ck_assert_int_eq(alerts(), 2);
	/* It was that one alone. */
	sign_out(ada);
	sign_in(ada);
	ck_assert_int_eq(alerts(), 2);
}
END_TEST

START_TEST(a_session_that_ended_leads_to_a_reset_as_well)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	sign_out(eve);
	ck_assert_int_eq(visitor_get(reader, path), 200);
	ck_assert(visitor_sees(reader, "has ended already"));
	ck_assert_int_eq(visitor_submit(reader, path, ""), 303);
	visitor_free(reader);
}
END_TEST

START_TEST(a_session_long_forgotten_leads_to_a_reset_as_well)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	test_execute("DELETE FROM session");
	ck_assert_int_eq(visitor_get(reader, path), 200);
	ck_assert(visitor_sees(reader, "Too long ago to tell"));
	ck_assert_int_eq(visitor_submit(reader, path, ""), 303);
	visitor_free(reader);
}
END_TEST

START_TEST(a_link_works_once)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	ck_assert_int_eq(disown(reader, path), 303);
	ck_assert_int_eq(visitor_get(reader, path), 410);
	ck_assert(visitor_sees(reader, "was used already"));
	ck_assert_int_eq(visitor_submit(reader, path, ""), 410);
	ck_assert(visitor_sees(reader, "was used already"));
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log WHERE"
				  " action = 'sign-in disowned'",
			     NULL),
	    1);
	visitor_free(reader);
}
END_TEST

START_TEST(a_link_expires)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	ck_assert_int_eq(visitor_get(reader, path), 200);
	test_execute("UPDATE link SET expires_at = now()");
	ck_assert_int_eq(visitor_submit(reader, path, ""), 410);
	ck_assert(visitor_sees(reader, "has expired"));
	ck_assert_int_eq(visitor_get(reader, path), 410);
	ck_assert_int_eq(visitor_get(eve, "/auth/session"), 200);
	visitor_free(reader);
}
END_TEST

START_TEST(other_links_are_none)
{
	struct visitor *reader = stranger();
	const char *token;

	ck_assert_int_eq(visitor_get(reader, "/auth/alert/x"), 410);
	ck_assert_int_eq(
	    reset_issue(site->db, ada->kept, site->config, account, &token),
	    ST_OK);
	ck_assert_int_eq(visitor_get(reader,
			     arena_printf(ada->kept, "/auth/alert/%s", token)),
	    410);
	visitor_free(reader);
}
END_TEST

START_TEST(programs_get_the_same_model)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	reader->program = true;
	visitor_set(reader, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(visitor_get(reader, path), 200);
	ck_assert_str_eq(visitor_json(reader, "device"), "Firefox on Linux");
	ck_assert_str_eq(visitor_json(reader, "ip"), "198.51.100.7");
	ck_assert_str_eq(visitor_json(reader, "ended"), "false");
	ck_assert_uint_eq(strlen(visitor_json(reader, "signed_in_at")), 20);
	ck_assert_uint_eq(strlen(visitor_json(reader, "expires_at")), 20);
	ck_assert_int_eq(visitor_post_json(reader, path, "{}"), 200);
	ck_assert_str_eq(visitor_json(reader, "status"), "session_ended");
	ck_assert_uint_eq(
	    strlen(visitor_json(reader, "reset_token")), SECRET_TEXT_LEN);
	ck_assert_int_eq(visitor_post_json(reader, path, "{}"), 410);
	ck_assert_ptr_nonnull(
	    strstr(visitor_json(reader, "type"), "/link-used"));
	visitor_free(reader);
}
END_TEST

/* The form comes back with what it is about. */
START_TEST(a_stale_form_comes_back_whole)
{
	const char *path = have_alert();
	struct visitor *reader = stranger();

	ck_assert_int_eq(visitor_get(reader, path), 200);
	ck_assert_int_eq(
	    visitor_send(reader, "POST", path,
		"application/x-www-form-urlencoded", "csrf_token=x"),
	    403);
	ck_assert(visitor_sees(reader, "Firefox on Linux"));
	ck_assert_int_eq(visitor_get(eve, "/auth/session"), 200);
	visitor_free(reader);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("alerts of new devices");
	TCase *told = tcase_create("who is told of");
	TCase *link = tcase_create("what the link does");

	tcase_add_checked_fixture(told, setup, teardown);
	tcase_set_timeout(told, 60);
	tcase_add_test(told, the_first_sign_in_makes_no_alert);
	tcase_add_test(told, a_program_may_be_the_first_as_well);
	tcase_add_test(told, the_first_one_is_remembered_for_ever);
	tcase_add_test(told, a_new_browser_is_told_of_once);
	tcase_add_test(
	    told, a_browser_known_to_another_account_is_new_to_this_one);
	tcase_add_test(told, the_mail_says_what_is_known);
	tcase_add_test(told, the_answer_does_not_tell_of_the_mail);
	tcase_add_loop_test(told, a_program_is_known_by_network_and_user_agent,
	    0, (int)ARRAY_LEN(programs));
	tcase_add_test(told, a_session_ended_by_others_proves_nothing);
	tcase_add_test(told, what_fails_later_mails_nothing);
	suite_add_tcase(suite, told);
	tcase_add_checked_fixture(link, setup, teardown);
	tcase_set_timeout(link, 60);
	tcase_add_test(link, looking_changes_nothing);
	tcase_add_test(link, one_click_ends_the_session_and_leads_to_a_reset);
	tcase_add_test(link, the_browser_is_a_stranger_again);
	tcase_add_test(link, a_session_that_ended_leads_to_a_reset_as_well);
	tcase_add_test(link, a_session_long_forgotten_leads_to_a_reset_as_well);
	tcase_add_test(link, a_link_works_once);
	tcase_add_test(link, a_link_expires);
	tcase_add_test(link, other_links_are_none);
	tcase_add_test(link, programs_get_the_same_model);
	tcase_add_test(link, a_stale_form_comes_back_whole);
	suite_add_tcase(suite, link);
	return harness_run(suite, NEEDS_POSTGRES);
}
