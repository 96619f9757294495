/*
 * check_limits.c - what the limits of the routes count, and what they answer,
 * without a socket. How many get through, check_limit.c looks into.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "account/hash_slot.h"
#include "account/password.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"
#include "web/limits.h"

#define ADA "ada@example.org"
#define BOB "bob@example.org"
#define NOBODY "nobody@example.org"
#define JSON "application/json"
#define ONE(count, period) ((struct rates){ { { (count), (period) } }, 1 })

extern const struct handler auth_handler;

static struct site *site;
static struct config config;
static struct visitor *visitor;

static struct visitor *
new_visitor(const char *ip)
{
	struct visitor *other = visitor_new(site, &auth_handler);

	visitor_set(other, "REMOTE_ADDR", ip);
	return other;
}

static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	config = *site->config;
	site->config = &config;
	visitor = new_visitor("192.0.2.1");
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

static void
have_account(const char *email)
{
	const char *hash, *id;

	ck_assert_int_eq(
	    password_hash(&config, visitor->kept, TEST_PASSWORD, &hash), ST_OK);
	ck_assert_int_eq(account_create(site->db, visitor->kept, email, "Ada",
			     hash, true, &id),
	    ST_OK);
}

static void
be_program(struct visitor *who)
{
	who->program = true;
	visitor_set(who, "HTTP_COOKIE", NULL);
	visitor_set(who, "HTTP_ACCEPT", JSON);
}

static int
sign_in(struct visitor *who, const char *email, const char *password)
{
	if (who->program)
		return visitor_post_json(who, "/auth/signin",
		    arena_printf(who->kept,
			"{\"email\":\"%s\",\"password\":\"%s\","
			"\"client\":\"api\"}",
			email, password));
	if (who->cookies[COOKIE_BROWSER] == NULL)
		ck_assert_int_eq(visitor_get(who, "/auth/signin"), 200);
	return visitor_submit(who, "/auth/signin",
	    arena_printf(who->kept, "email=%s&password=%s", email,
		strcmp(password, TEST_PASSWORD) == 0
		    ? "seven+damp+owls+in+a+teapot"
		    : password));
}

static void
sign_out(struct visitor *who)
{
	ck_assert_int_eq(visitor_get(who, "/auth/session"), 200);
	ck_assert_int_eq(visitor_submit(who, "/auth/signout", ""), 303);
}

static int
sign_up(struct visitor *who, const char *email, const char *password)
{
	if (who->cookies[COOKIE_BROWSER] == NULL)
		ck_assert_int_eq(visitor_get(who, "/auth/signup"), 200);
	return visitor_submit(who, "/auth/signup",
	    arena_printf(
		who->kept, "email=%s&name=Ada&password=%s", email, password));
}

#define GOOD "seven+damp+owls+in+a+teapot"

static int64_t
retry_after(void)
{
	return strtol(visitor_header(visitor, "Retry-After"), NULL, 10);
}

/* --- what is beyond --- */

START_TEST(beyond_is_429_on_both_faces)
{
	config.limit_password = ONE(2, 900);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 429);
	ck_assert(visitor_sees(visitor, "That was tried too often"));
	ck_assert(visitor_sees(visitor, "value=\"" ADA "\""));
	ck_assert(visitor_sees(visitor, ", until "));
	ck_assert(visitor_sees(visitor, " UTC, and try again"));
	ck_assert(!visitor_sees(visitor, "value=\"wrong\""));
	ck_assert_int_ge(retry_after(), 50);
	ck_assert_int_le(retry_after(), 60);
	be_program(visitor);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 429);
	ck_assert_str_eq(visitor_header(visitor, "Content-Type"),
	    "application/problem+json");
	ck_assert_str_eq(
	    strrchr(visitor_json(visitor, "type"), '/'), "/too-many-requests");
	ck_assert_str_eq(visitor_json(visitor, "status"), "429");
	ck_assert_int_ge(retry_after(), 50);
}
END_TEST

START_TEST(says_a_long_wait_in_longer_units)
{
	config.limit_signup = ONE(1, 5 * 3600 - 1);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 202);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 429);
	ck_assert(visitor_sees(visitor, "Wait 5 hours, until "));
	config.limit_signup = ONE(1, 5 * 60 - 1);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 202);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 429);
	ck_assert(visitor_sees(visitor, "Wait 5 minutes, until "));
}
END_TEST

/* An answer without what two answers never share. */
static const char *
said(const char *email)
{
	const char *body = visitor->answer, *at;
	struct strbuf sb;

	strbuf_init(&sb, visitor->kept);
	strbuf_printf(&sb, "%d\n", visitor->rs.status);
	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next)
		if (strcmp(h->name, "X-Request-Id") != 0 &&
		    strcmp(h->name, "Retry-After") != 0)
			strbuf_printf(&sb, "%s: %s\n", h->name, h->value);
	for (; (at = strstr(body, email)) != NULL; body = at + strlen(email))
		strbuf_add(&sb, body, (size_t)(at - body));
	/* Up to how long to wait, and from when to wait until. */
	at = strstr(body, "Wait ");
	strbuf_add(&sb, body, at != NULL ? (size_t)(at - body) : strlen(body));
	if (at != NULL && (at = strstr(at, " UTC")) != NULL &&
	    !visitor->program)
		strbuf_str(&sb, at);
	return sb.text;
}

/* Whether a password is right, or an address known, can't be learnt then. */
START_TEST(beyond_all_reads_alike)
{
	const char *first;

	have_account(ADA);
	config.limit_password = ONE(1, 900);
	be_program(visitor);
	for (int page = 0; page < 2; page++) {
		(void)sign_in(visitor, ADA, "wrong");
		(void)sign_in(visitor, NOBODY, "wrong");
		ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 429);
		first = said(ADA);
		ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 429);
		ck_assert_str_eq(said(ADA), first);
		ck_assert_int_eq(sign_in(visitor, NOBODY, "wrong"), 429);
		ck_assert_str_eq(said(NOBODY), first);
		visitor->program = false;
		visitor_set(visitor, "HTTP_ACCEPT", NULL);
	}
	ck_assert_int_eq(test_int("SELECT count(*) FROM session", NULL), 0);
	ck_assert_int_gt(test_int("SELECT count(*) FROM counted"
				  " WHERE label = 'blocked'",
			     NULL),
	    0);
}
END_TEST

/* Hashing with such settings would fail, and be answered with 503. */
START_TEST(beyond_nothing_is_hashed)
{
	config.limit_password = ONE(1, 900);
	be_program(visitor);
	ck_assert_int_eq(sign_in(visitor, NOBODY, "wrong"), 401);
	config.password_memory = INT64_C(1) << 42;
	ck_assert_int_eq(sign_in(visitor, NOBODY, "wrong"), 429);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log", NULL), 1);
}
END_TEST

START_TEST(what_is_refused_before_does_not_count)
{
	config.limit_password = ONE(1, 900);
	config.limit_signup = ONE(1, 900);
	ck_assert_int_eq(visitor_get(visitor, "/auth/signin"), 200);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(
		    visitor_submit(visitor, "/auth/signin", "email=" ADA), 422);
		ck_assert_int_eq(visitor_send(visitor, "POST", "/auth/signin",
				     "application/x-www-form-urlencoded",
				     "email=" ADA "&password=x"),
		    403);
		/* Looking for a password that the policy likes. */
		ck_assert_int_eq(sign_up(visitor, ADA, "short"), 422);
	}
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 429);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 202);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 429);
}
END_TEST

/* Or an attempt that ends in a fault would be a free one. */
START_TEST(what_ends_in_a_fault_counts)
{
	config.limit_password = ONE(1, 900);
	config.password_memory = INT64_C(1) << 42;
	be_program(visitor);
	ck_assert_int_eq(sign_in(visitor, NOBODY, "wrong"), 503);
	ck_assert_int_eq(sign_in(visitor, NOBODY, "wrong"), 429);
}
END_TEST

/* Or a busy site would lock people out who were not even looked at. */
START_TEST(who_is_turned_away_at_the_queue_is_not_counted)
{
	struct db *other = db_open(test_handler_url(), "other");

	config.limit_password = ONE(1, 900);
	config.password_at_once = 1;
	config.password_wait = 1;
	be_program(visitor);
	ck_assert_int_eq(db_begin(other), ST_OK);
	ck_assert_int_eq(
	    hash_slot_take(other, visitor->kept, &config, site->host, 0),
	    ST_OK);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 503);
	db_close(other);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 429);
}
END_TEST

/* --- passwords --- */

START_TEST(right_passwords_do_not_count)
{
	have_account(ADA);
	config.limit_password = ONE(2, 900);
	config.limit_password_ip = ONE(2, 900);
	be_program(visitor);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 200);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 200);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 429);
}
END_TEST

START_TEST(right_ones_of_who_may_not_sign_in_do_not_count_either)
{
	have_account(ADA);
	config.limit_password = ONE(2, 900);
	be_program(visitor);
	test_execute("UPDATE account SET verified_at = NULL");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 403);
	test_execute("UPDATE account SET disabled_at = now()");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 403);
}
END_TEST

START_TEST(strangers_do_not_lock_the_owner_out)
{
	struct visitor *stranger = new_visitor("192.0.2.1");

	have_account(ADA);
	config.limit_password = ONE(2, 900);
	config.limit_password_device = ONE(2, 900);
	config.limit_password_ip = ONE(3, 900);
	ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 303);
	ck_assert_ptr_nonnull(visitor->cookies[COOKIE_DEVICE]);
	sign_out(visitor);
	be_program(stranger);
	while (sign_in(stranger, ADA, "wrong") == 401)
		continue;
	ck_assert_int_eq(sign_in(stranger, ADA, TEST_PASSWORD), 429);
	/* At home, and in the strangers' own network. */
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 303);
	sign_out(visitor);
	/* A limit there is, or a stolen laptop could guess for ever. */
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 429);
	visitor_free(stranger);
}
END_TEST

START_TEST(a_device_is_known_to_its_own_accounts_alone)
{
	const char *token;

	have_account(ADA);
	have_account(BOB);
	config.limit_password = ONE(1, 900);
	ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 303);
	token = visitor->cookies[COOKIE_DEVICE];
	sign_out(visitor);
	ck_assert_int_eq(sign_in(visitor, BOB, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, BOB, TEST_PASSWORD), 429);
	/* A family's computer knows both. */
	test_execute("TRUNCATE limit_state");
	ck_assert_int_eq(sign_in(visitor, BOB, TEST_PASSWORD), 303);
	ck_assert_str_eq(visitor->cookies[COOKIE_DEVICE], token);
	sign_out(visitor);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
		ck_assert_int_eq(sign_in(visitor, BOB, "wrong"), 401);
	}
}
END_TEST

START_TEST(a_cookie_that_somebody_made_up_is_worth_nothing)
{
	have_account(ADA);
	config.limit_password = ONE(1, 900);
	visitor->cookies[COOKIE_DEVICE] = secret_token(visitor->kept);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	visitor->cookies[COOKIE_DEVICE] = secret_token(visitor->kept);
	ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 429);
}
END_TEST

/* Or who left it in another's browser would be known with it. */
START_TEST(a_cookie_that_somebody_chose_is_replaced)
{
	char *chosen = secret_token(visitor->kept);

	have_account(ADA);
	visitor->cookies[COOKIE_DEVICE] = chosen;
	ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 303);
	ck_assert_str_ne(visitor->cookies[COOKIE_DEVICE], chosen);
}
END_TEST

START_TEST(passwords_are_counted_by_ip_too)
{
	struct visitor *other = new_visitor("192.0.2.2");

	config.limit_password_ip =
	    (struct rates){ { { 2, 600 }, { 3, 3600 } }, 2 };
	be_program(visitor);
	be_program(other);
	ck_assert_int_eq(sign_in(visitor, "a@example.org", "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, "b@example.org", "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, "c@example.org", "wrong"), 429);
	ck_assert_int_eq(sign_in(other, "c@example.org", "wrong"), 401);
	visitor_free(other);
}
END_TEST

/* --- by IP --- */

START_TEST(sign_ups_are_counted_by_ip)
{
	struct visitor *other = new_visitor("2001:db8::1");

	config.limit_signup = ONE(1, 900);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 202);
	ck_assert_int_eq(sign_up(visitor, BOB, GOOD), 429);
	ck_assert_int_eq(sign_up(other, BOB, GOOD), 202);
	visitor_set(other, "REMOTE_ADDR", "2001:db8::2");
	ck_assert_int_eq(sign_up(other, BOB, GOOD), 429);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 2);
	visitor_free(other);
}
END_TEST

START_TEST(links_are_counted_by_ip)
{
	config.limit_token = ONE(2, 60);
	(void)visitor_get(visitor, "/auth/signup");
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
		    visitor_submit(visitor, "/auth/verify", "token=x"), 410);
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/verify", "token=x"), 429);
	/* Looking at it is free. */
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(
		    visitor_get(visitor, "/auth/verify?token=x"), 410);
}
END_TEST

START_TEST(behind_a_trusted_proxy_the_client_is_counted)
{
	config.limit_signup = ONE(1, 900);
	config.trusted_proxies = "127.0.0.1";
	visitor_set(visitor, "REMOTE_ADDR", "127.0.0.1");
	visitor_set(visitor, "HTTP_X_FORWARDED_FOR", "192.0.2.7");
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 202);
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 429);
	visitor_set(visitor, "HTTP_X_FORWARDED_FOR", "192.0.2.8");
	ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 202);
	ck_assert_int_eq(test_int("SELECT count(*) FROM notice", NULL), 0);
}
END_TEST

/* Or one visitor would use up what all of them have. */
START_TEST(behind_an_unknown_proxy_nobody_is_and_doctor_hears_of_it)
{
	config.limit_signup = ONE(1, 900);
	config.limit_password = ONE(1, 900);
	config.limit_password_ip = ONE(1, 900);
	config.limit_mail_ip = ONE(1, 900);
	visitor_set(visitor, "REMOTE_ADDR", "127.0.0.1");
	visitor_set(visitor, "HTTP_X_FORWARDED_FOR", "192.0.2.7");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(sign_up(visitor, ADA, GOOD), 202);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 3);
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 401);
	ck_assert_int_eq(sign_in(visitor, BOB, "wrong"), 401);
	/* By account they are. */
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 429);
	ck_assert_int_eq(test_int("SELECT count(*) FROM notice WHERE"
				  " name = '" LIMIT_NOTICE "'",
			     NULL),
	    1);
}
END_TEST

/* --- by session --- */

static enum status
do_nothing(struct request *rq, struct response *rs)
{
	return response_page(rs, 200, NULL, view_new(rq->arena));
}

static enum status
give_back(struct request *rq, struct response *rs)
{
	enum status st = limits_give_back(rq);

	return st == ST_OK ? do_nothing(rq, rs) : st;
}

static const struct route own_routes[] = {
	{ POST, "/renew", PUBLIC, do_nothing, .limit = LIMIT_REFRESH },
	{ POST, "/confirm", SESSION, do_nothing, .limit = LIMIT_PASSWORD },
	{ POST, "/right", SESSION, give_back, .limit = LIMIT_PASSWORD },
};

static const struct handler own_handler = { "own", own_routes,
	ARRAY_LEN(own_routes) };

static struct visitor *
signed_in(const char *email)
{
	struct visitor *who = visitor_new(site, &own_handler);

	(void)visitor_sign_in(who, email);
	visitor_set(who, "HTTP_AUTHORIZATION",
	    arena_printf(who->kept, "Bearer %s", who->cookies[COOKIE_ACCESS]));
	be_program(who);
	return who;
}

START_TEST(renewals_are_counted_by_session)
{
	struct visitor *ada, *bob;

	config.limit_refresh = ONE(2, 60);
	ada = signed_in(ADA);
	bob = signed_in(BOB);
	ck_assert_int_eq(visitor_post_json(ada, "/renew", "{}"), 200);
	ck_assert_int_eq(visitor_post_json(ada, "/renew", "{}"), 200);
	ck_assert_int_eq(visitor_post_json(ada, "/renew", "{}"), 429);
	ck_assert_int_eq(visitor_post_json(bob, "/renew", "{}"), 200);
	/* Of whom nothing is known, nothing is counted. */
	visitor_set(bob, "HTTP_AUTHORIZATION", NULL);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(visitor_post_json(bob, "/renew", "{}"), 200);
	visitor_free(ada);
	visitor_free(bob);
}
END_TEST

/* A program sends the token by hand, and it says which session it is of. */
START_TEST(renewals_of_programs_are_counted_by_their_token)
{
	const char *body;

	have_account(ADA);
	config.limit_refresh = ONE(2, 60);
	be_program(visitor);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(sign_in(visitor, ADA, TEST_PASSWORD), 200);
		body = arena_printf(visitor->kept, "{\"refresh_token\":\"%s\"}",
		    visitor_json(visitor, "refresh_token"));
		/* As if the answer had been lost. */
		ck_assert_int_eq(
		    visitor_post_json(visitor, "/auth/refresh", body), 200);
		ck_assert_int_eq(
		    visitor_post_json(visitor, "/auth/refresh", body), 200);
		ck_assert_int_eq(
		    visitor_post_json(visitor, "/auth/refresh", body), 429);
	}
}
END_TEST

START_TEST(within_a_session_strangers_do_not_count)
{
	struct visitor *ada = signed_in(ADA);

	config.limit_password = ONE(1, 900);
	config.limit_password_device = ONE(2, 900);
	(void)sign_in(visitor, ADA, "wrong");
	ck_assert_int_eq(sign_in(visitor, ADA, "wrong"), 429);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(visitor_post_json(ada, "/right", "{}"), 200);
	ck_assert_int_eq(visitor_post_json(ada, "/confirm", "{}"), 200);
	ck_assert_int_eq(visitor_post_json(ada, "/confirm", "{}"), 200);
	ck_assert_int_eq(visitor_post_json(ada, "/confirm", "{}"), 429);
	visitor_free(ada);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("limits");
	TCase *beyond = tcase_create("beyond");
	TCase *password = tcase_create("password");
	TCase *ip = tcase_create("ip");
	TCase *session = tcase_create("session");

	tcase_add_checked_fixture(beyond, setup, teardown);
	tcase_add_test(beyond, beyond_is_429_on_both_faces);
	tcase_add_test(beyond, says_a_long_wait_in_longer_units);
	tcase_add_test(beyond, beyond_all_reads_alike);
	tcase_add_test(beyond, beyond_nothing_is_hashed);
	tcase_add_test(beyond, what_is_refused_before_does_not_count);
	tcase_add_test(beyond, what_ends_in_a_fault_counts);
	tcase_add_test(beyond, who_is_turned_away_at_the_queue_is_not_counted);
	suite_add_tcase(suite, beyond);
	tcase_add_checked_fixture(password, setup, teardown);
	tcase_add_test(password, right_passwords_do_not_count);
	tcase_add_test(
	    password, right_ones_of_who_may_not_sign_in_do_not_count_either);
	tcase_add_test(password, strangers_do_not_lock_the_owner_out);
	tcase_add_test(password, a_device_is_known_to_its_own_accounts_alone);
	tcase_add_test(
	    password, a_cookie_that_somebody_made_up_is_worth_nothing);
	tcase_add_test(password, a_cookie_that_somebody_chose_is_replaced);
	tcase_add_test(password, passwords_are_counted_by_ip_too);
	suite_add_tcase(suite, password);
	tcase_add_checked_fixture(ip, setup, teardown);
	tcase_add_test(ip, sign_ups_are_counted_by_ip);
	tcase_add_test(ip, links_are_counted_by_ip);
	tcase_add_test(ip, behind_a_trusted_proxy_the_client_is_counted);
	tcase_add_test(
	    ip, behind_an_unknown_proxy_nobody_is_and_doctor_hears_of_it);
	suite_add_tcase(suite, ip);
	tcase_add_checked_fixture(session, setup, teardown);
	tcase_add_test(session, renewals_are_counted_by_session);
	tcase_add_test(
	    session, renewals_of_programs_are_counted_by_their_token);
	tcase_add_test(session, within_a_session_strangers_do_not_count);
	suite_add_tcase(suite, session);
	return harness_run(suite, NEEDS_POSTGRES);
}
