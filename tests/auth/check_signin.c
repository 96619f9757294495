/*
 * check_signin.c - what sign-up and sign-in say and hand out, without a socket:
 * on every kind of site, to every kind of address, and when things go wrong.
 * The way through them, over HTTP, is in tests/http/check_journey.c.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "account/password.h"
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
open_site(const char *url)
{
	test_execute("DROP TRIGGER IF EXISTS fail_late ON session");
	test_clear();
	site = test_site(url);
	visitor = visitor_new(site, &auth_handler);
}

static void
setup(void)
{
	open_site(NULL);
}

static void
setup_tls(void)
{
	open_site("https://example.org/app");
}

static void
setup_insecure(void)
{
	open_site("http://example.org");
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

static void
have_account(const char *email, bool verified)
{
	const char *hash, *id;

	ck_assert_int_eq(
	    password_hash(site->config, visitor->kept, TEST_PASSWORD, &hash),
	    ST_OK);
	ck_assert_int_eq(account_create(site->db, visitor->kept, email, "Ada",
			     hash, verified, &id),
	    ST_OK);
}

static void
be_program(void)
{
	visitor->program = true;
	visitor_set(visitor, "HTTP_COOKIE", NULL);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
}

static int
sign_in_json(const char *email, const char *password, const char *more)
{
	return visitor_post_json(visitor, "/auth/signin",
	    arena_printf(visitor->kept,
		"{\"email\":\"%s\",\"password\":\"%s\"%s}", email, password,
		more));
}

/* By the page, below the site's path. */
static int
sign_in_page(const char *base, const char *more)
{
	const char *target =
	    arena_printf(visitor->kept, "%s/auth/signin", base);

	ck_assert_int_eq(visitor_get(visitor, target), 200);
	return visitor_submit(visitor, target,
	    arena_printf(visitor->kept, "email=%s&password=%s%s", ADA,
		"seven+damp+owls+in+a+teapot", more));
}

/* --- cookies and tokens --- */

START_TEST(on_loopback_the_cookies_are_plain)
{
	struct header *h;

	have_account(ADA, true);
	ck_assert_int_eq(sign_in_page("", ""), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/auth/session");
	ck_assert_uint_eq(visitor_header_count(visitor, "Set-Cookie"), 4);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"),
	    arena_printf(visitor->kept,
		"ch_access=%s; Path=/; HttpOnly; SameSite=Lax",
		visitor->cookies[COOKIE_ACCESS]));
	/* The one for those who are not signed in has done its duty. */
	ck_assert_ptr_null(visitor->cookies[COOKIE_BROWSER]);
	for (h = visitor->rs.headers; strcmp(h->name, "Set-Cookie") != 0;)
		h = h->next;
	ck_assert_str_eq(h->next->value,
	    arena_printf(visitor->kept,
		"ch_refresh=%s; Path=/auth; HttpOnly; SameSite=Lax",
		visitor->cookies[COOKIE_REFRESH]));
	ck_assert_str_eq(h->next->next->value,
	    "ch_browser=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
	ck_assert_str_eq(h->next->next->next->value,
	    arena_printf(visitor->kept,
		"ch_device=%s; Path=/; Max-Age=34560000; HttpOnly;"
		" SameSite=Lax",
		visitor->cookies[COOKIE_DEVICE]));
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);

	ck_assert_int_eq(visitor_submit(visitor, "/auth/signout", ""), 303);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"),
	    "ch_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 303);
}
END_TEST

/* As long as the session may last, to the second or so. */
START_TEST(staying_signed_in_keeps_the_cookies)
{
	static const enum cookie kept[] = { COOKIE_ACCESS, COOKIE_REFRESH };
	struct header *h;

	have_account(ADA, true);
	ck_assert_int_eq(sign_in_page("", "&remember=on"), 303);
	h = visitor->rs.headers;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const char *age;

		while (strcmp(h->name, "Set-Cookie") != 0)
			h = h->next;
		age = strstr(h->value, "; Max-Age=");
		ck_assert_ptr_nonnull(age);
		age += strlen("; Max-Age=");
		ck_assert_int_gt(
		    atoll(age), site->config->session_remember_absolute - 60);
		ck_assert_int_le(
		    atoll(age), site->config->session_remember_absolute);
		h = h->next;
	}
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM session WHERE remember", NULL), 1);
}
END_TEST

START_TEST(the_session_that_the_browser_had_ends)
{
	have_account(ADA, true);
	ck_assert_int_eq(sign_in_page("", ""), 303);
	visitor->cookies[COOKIE_ACCESS] = NULL;
	visitor->cookies[COOKIE_BROWSER] = NULL;
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/signin?reason=expired"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signin",
			     "email=" ADA "&password="
			     "seven+damp+owls+in+a+teapot"),
	    303);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " revoked_reason = 'replaced'",
			     NULL),
	    1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " revoked_at IS NULL",
			     NULL),
	    1);
}
END_TEST

START_TEST(over_tls_the_cookies_are_secure)
{
	have_account(ADA, true);
	ck_assert_int_eq(sign_in_page("/app", ""), 303);
	ck_assert_str_eq(
	    visitor_header(visitor, "Location"), "/app/auth/session");
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"),
	    arena_printf(visitor->kept,
		"__Host-ch_access=%s; Path=/; HttpOnly; SameSite=Lax; Secure",
		visitor->cookies[COOKIE_ACCESS]));
	ck_assert_int_eq(visitor_get(visitor, "/app/auth/session"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/app/auth/signout", ""), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/app/auth/signin?reason=signed_out");
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"),
	    "__Host-ch_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax;"
	    " Secure");
}
END_TEST

START_TEST(below_a_path_next_leads_below_it)
{
	have_account(ADA, true);
	ck_assert_int_eq(visitor_get(visitor, "/app/auth/account?x=1"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/app/auth/signin?reason=not_signed_in"
	    "&next=%2Fauth%2Faccount%3Fx%3D1");
	ck_assert_int_eq(
	    sign_in_page("/app", "&next=%2Fauth%2Faccount%3Fx%3D1"), 303);
	ck_assert_str_eq(
	    visitor_header(visitor, "Location"), "/app/auth/account?x=1");
}
END_TEST

/* A script that could read the token could hand it on. */
START_TEST(a_browser_never_sees_its_token)
{
	have_account(ADA, true);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(sign_in_json(ADA, TEST_PASSWORD, ""), 200);
	ck_assert_ptr_nonnull(visitor->cookies[COOKIE_ACCESS]);
	ck_assert(!visitor_sees(visitor, visitor->cookies[COOKIE_ACCESS]));
	ck_assert_str_eq(visitor_json(visitor, "access_token"), "");
	ck_assert_str_ne(visitor_json(visitor, "csrf_token"), "");
	visitor_set(visitor, "HTTP_ACCEPT", NULL);
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
	ck_assert(!visitor_sees(visitor, visitor->cookies[COOKIE_ACCESS]));
}
END_TEST

START_TEST(a_program_gets_the_token_and_no_cookie)
{
	have_account(ADA, true);
	be_program();
	ck_assert_int_eq(
	    sign_in_json(ADA, TEST_PASSWORD, ",\"client\":\"api\""), 200);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "Bearer %s",
		visitor_json(visitor, "access_token")));
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
	ck_assert_str_eq(visitor_json(visitor, "user.email"), ADA);
	ck_assert_str_eq(visitor_json(visitor, "csrf_token"), "");
}
END_TEST

START_TEST(a_token_is_stored_nowhere)
{
	have_account(ADA, true);
	ck_assert_int_eq(sign_in_page("", ""), 303);
	ck_assert(!test_is_stored(visitor->cookies[COOKIE_ACCESS]));
	ck_assert(!test_is_stored(TEST_PASSWORD));
	ck_assert(!test_is_stored(visitor->csrf_token));
}
END_TEST

START_TEST(the_public_keys_come_without_a_cookie)
{
	have_account(ADA, true);
	ck_assert_int_eq(sign_in_page("", ""), 303);
	visitor->cookies[COOKIE_ACCESS] = NULL;
	visitor_set(visitor, "HTTP_ACCEPT", "text/html");
	ck_assert_int_eq(visitor_get(visitor, "/.well-known/jwks.json"), 200);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_str_eq(
	    visitor_header(visitor, "Cache-Control"), "public, max-age=3600");
	ck_assert(visitor_sees(visitor, "\"ES256\""));
	ck_assert(!visitor_sees(visitor, "\"d\""));
}
END_TEST

START_TEST(the_public_keys_are_sent_once)
{
	const char *etag, *other;

	ck_assert_int_eq(visitor_get(visitor, "/.well-known/jwks.json"), 200);
	etag = arena_strdup(visitor->kept, visitor_header(visitor, "ETag"));
	ck_assert_uint_eq(strlen(etag), 24);
	ck_assert(etag[0] == '"' && etag[23] == '"');
	other = arena_printf(visitor->kept, "\"x\", W/%s ,\"y\"", etag);
	for (int i = 0; i < 3; i++) {
		visitor_set(visitor, "HTTP_IF_NONE_MATCH",
		    i == 0       ? etag
			: i == 1 ? other
				 : "*");
		ck_assert_int_eq(
		    visitor_get(visitor, "/.well-known/jwks.json"), 304);
		ck_assert_uint_eq(visitor->rs.len, 0);
		ck_assert_str_eq(visitor_header(visitor, "ETag"), etag);
		ck_assert_str_eq(visitor_header(visitor, "Cache-Control"),
		    "public, max-age=3600");
		ck_assert_str_eq(visitor_header(visitor, "Content-Type"), "");
	}
	visitor_set(visitor, "HTTP_IF_NONE_MATCH", "\"x\"");
	ck_assert_int_eq(visitor_get(visitor, "/.well-known/jwks.json"), 200);
	ck_assert_str_eq(visitor_header(visitor, "ETag"), etag);
	ck_assert_int_eq(
	    visitor_send(visitor, "HEAD", "/.well-known/jwks.json", NULL, NULL),
	    200);
	ck_assert_str_eq(visitor_header(visitor, "ETag"), etag);
	/* Other keys, another tag. */
	test_execute("INSERT INTO signing_key SELECT 'next', 'next',"
		     " public_jwk, public_pem, private_sealed"
		     " FROM signing_key");
	visitor_set(visitor, "HTTP_IF_NONE_MATCH", etag);
	ck_assert_int_eq(visitor_get(visitor, "/.well-known/jwks.json"), 200);
	ck_assert_str_ne(visitor_header(visitor, "ETag"), etag);
}
END_TEST

START_TEST(the_public_keys_are_there_before_anybody_signs_in)
{
	ck_assert_int_eq(visitor_get(visitor, "/.well-known/jwks.json"), 200);
	ck_assert(visitor_sees(visitor, "\"ES256\""));
}
END_TEST

/* --- a site where others could listen --- */

START_TEST(an_insecure_site_signs_nobody_in)
{
	have_account(ADA, true);
	ck_assert_int_eq(visitor_get(visitor, "/auth/signin"), 403);
	ck_assert(visitor_sees(visitor, "Signing in is not safe here"));
	ck_assert(!visitor_sees(visitor, "type=\"password\""));
	/* Nor from a page that was there before; its token is everybody's. */
	ck_assert_int_eq(visitor_get(visitor, "/auth/signup"), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/signin",
		"email=" ADA "&password=seven+damp+owls+in+a+teapot"),
	    403);
	ck_assert(visitor_sees(visitor, "Signing in is not safe here"));
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	be_program();
	ck_assert_int_eq(
	    sign_in_json(ADA, TEST_PASSWORD, ",\"client\":\"api\""), 403);
	ck_assert_str_eq(
	    strrchr(visitor_json(visitor, "type"), '/'), "/insecure-site");
	ck_assert_int_eq(test_int("SELECT count(*) FROM session", NULL), 0);
}
END_TEST

/* --- the same answer for everybody --- */

/* All of an answer, but for its number and what it repeats of the form. */
static const char *
said(const char *email)
{
	struct strbuf sb;
	const char *body = visitor->answer, *at;

	strbuf_init(&sb, visitor->kept);
	strbuf_printf(&sb, "%d\n", visitor->rs.status);
	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next)
		if (strcmp(h->name, "X-Request-Id") != 0)
			strbuf_printf(&sb, "%s: %s\n", h->name, h->value);
	while ((at = strstr(body, email)) != NULL) {
		strbuf_add(&sb, body, (size_t)(at - body));
		body = at + strlen(email);
	}
	at = strstr(body, "\"request_id\"");
	if (at != NULL)
		strbuf_add(&sb, body, (size_t)(at - body));
	else
		strbuf_str(&sb, body);
	return sb.text;
}

static void
have_all_kinds(void)
{
	have_account(ADA, true);
	have_account("bob@example.org", false);
	have_account("eve@example.org", true);
	test_execute("UPDATE account SET disabled_at = now()"
		     " WHERE email = 'eve@example.org'");
}

static const char *const kinds[] = { ADA, "bob@example.org", "eve@example.org",
	"new@example.org" };

START_TEST(sign_up_says_the_same_to_every_address)
{
	const char *first = NULL;

	have_all_kinds();
	(void)visitor_get(visitor, "/auth/signup");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		ck_assert_int_eq(
		    visitor_submit(visitor, "/auth/signup",
			arena_printf(visitor->kept,
			    "email=%s&name=Ada&password=seven+damp+owls+in+a+"
			    "teapot",
			    kinds[i])),
		    202);
		if (first == NULL)
			first = said(kinds[i]);
		ck_assert_str_eq(said(kinds[i]), first);
	}
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL),
	    (int64_t)ARRAY_LEN(kinds));
}
END_TEST

START_TEST(asking_for_the_link_says_the_same_to_every_address)
{
	const char *first = NULL;

	have_all_kinds();
	be_program();
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		ck_assert_int_eq(
		    visitor_post_json(visitor, "/auth/verify/resend",
			arena_printf(
			    visitor->kept, "{\"email\":\"%s\"}", kinds[i])),
		    202);
		if (first == NULL)
			first = said(kinds[i]);
		ck_assert_str_eq(said(kinds[i]), first);
	}
}
END_TEST

START_TEST(a_wrong_password_is_the_same_for_every_address)
{
	const char *first = NULL;

	have_all_kinds();
	be_program();
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		ck_assert_int_eq(sign_in_json(kinds[i], "wrong", ""), 401);
		if (first == NULL)
			first = said(kinds[i]);
		ck_assert_str_eq(said(kinds[i]), first);
	}
	/* Only the right one is told more. */
	ck_assert_int_eq(sign_in_json(kinds[1], TEST_PASSWORD, ""), 403);
	ck_assert_str_eq(
	    strrchr(visitor_json(visitor, "type"), '/'), "/address-unverified");
	ck_assert_int_eq(sign_in_json(kinds[2], TEST_PASSWORD, ""), 403);
	ck_assert_str_eq(
	    strrchr(visitor_json(visitor, "type"), '/'), "/account-disabled");
}
END_TEST

START_TEST(each_result_is_counted)
{
	have_all_kinds();
	be_program();
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		(void)sign_in_json(kinds[i], "wrong", "");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		(void)sign_in_json(kinds[i], TEST_PASSWORD, "");
	ck_assert_str_eq(
	    test_text(visitor->kept,
		"SELECT string_agg(label || ' ' || n, ', ' ORDER BY label)"
		" FROM (SELECT label, count(*) AS n FROM counted"
		" WHERE name = 'sign_ins' GROUP BY label) AS c",
		NULL),
	    "disabled 1, granted 1, unverified 1, wrong 5");
}
END_TEST

START_TEST(a_link_that_is_not_good_says_no_more)
{
	const char *first = NULL;
	const char *const links[] = { secret_token(visitor->kept), "x", "" };

	be_program();
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		ck_assert_int_eq(visitor_post_json(visitor, "/auth/verify",
				     arena_printf(visitor->kept,
					 "{\"token\":\"%s\"}", links[i])),
		    410);
		if (first == NULL)
			first = said(ADA);
		ck_assert_str_eq(said(ADA), first);
	}
}
END_TEST

/* --- forms --- */

START_TEST(a_refused_form_holds_no_password)
{
	have_account(ADA, true);
	(void)visitor_get(visitor, "/auth/signin");
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signin",
			     "email=" ADA "&password=wrong+but+secret"
			     "&next=%2Fauth%2Faccount"),
	    401);
	ck_assert(visitor_sees(visitor, "value=\"" ADA "\""));
	ck_assert(visitor_sees(visitor, "value=\"/auth/account\""));
	ck_assert(!visitor_sees(visitor, "wrong but secret"));
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signup",
			     "email=" ADA "&name=Ada&password=short+secret"),
	    422);
	ck_assert(visitor_sees(visitor, "value=\"Ada\""));
	ck_assert(!visitor_sees(visitor, "short secret"));
	visitor->csrf_token = "old";
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signup",
			     "email=" ADA "&name=Ada&password=short+secret"),
	    403);
	ck_assert(visitor_sees(visitor, "value=\"Ada\""));
	ck_assert(!visitor_sees(visitor, "short secret"));
}
END_TEST

/* A second round of complaints would be one too many. */
START_TEST(sign_up_tells_all_that_is_wrong_at_once)
{
	struct json_object *answer, *errors;

	be_program();
	ck_assert_int_eq(visitor_post_json(visitor, "/auth/signup",
			     "{\"name\":\"\",\"email\":\"ada@\","
			     "\"password\":\"short\"}"),
	    422);
	answer = json_tokener_parse(visitor->answer);
	errors = json_object_object_get(answer, "errors");
	ck_assert_uint_eq(json_object_array_length(errors), 3);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(
			     json_object_array_get_idx(errors, 2), "field")),
	    "password");
	json_object_put(answer);
	ck_assert_int_eq(visitor_post_json(visitor, "/auth/signup",
			     "{\"name\":\"\",\"email\":\"" ADA "\","
			     "\"password\":\"ada.ada@example.org\"}"),
	    422);
	ck_assert(visitor_sees(visitor, "too easy to guess"));
}
END_TEST

START_TEST(the_profile_form_comes_back_filled_in)
{
	(void)visitor_sign_in(visitor, ADA);
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/account", "_method=PATCH&name=%0a"),
	    422);
	ck_assert(visitor_sees(visitor, ADA));
	ck_assert_int_eq(visitor_submit(visitor, "/auth/account",
			     "_method=PATCH&name=Ada+L."),
	    303);
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	ck_assert(visitor_sees(visitor, "Ada L."));
	/* Without it, there is nothing to POST here. */
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/account", "name=x"), 405);
}
END_TEST

/* --- when there is a crowd --- */

static const struct {
	const char *path;
	const char *body;
	int status; /* of a program that has been busy for too long */
} crowded[] = {
	{ "/auth/signin",
	    "{\"email\":\"" ADA "\",\"password\":\"" TEST_PASSWORD "\"}", 503 },
	{ "/auth/signup",
	    "{\"email\":\"b@example.org\",\"name\":\"B\","
	    "\"password\":\"" TEST_PASSWORD "\"}",
	    503 },
	{ "/auth/verify", "{\"token\":\"x\"}", 503 },
	{ "/auth/verify/resend", "{\"email\":\"" ADA "\"}", 202 },
	{ "/auth/signout", "{}", 204 },
};

START_TEST(a_crowd_puts_off_what_hashes_alone)
{
	have_account(ADA, true);
	be_program();
	visitor->busy_ms = 60 * 1000;
	ck_assert_int_eq(
	    visitor_post_json(visitor, crowded[_i].path, crowded[_i].body),
	    crowded[_i].status);
	ck_assert_str_eq(visitor_header(visitor, "Retry-After"),
	    crowded[_i].status == 503 ? "5" : "");
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session", NULL), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log", NULL), 0);
}
END_TEST

/* Also of routes to come. */
START_TEST(who_takes_a_password_needs_a_slot)
{
	int found = 0;

	for (size_t i = 0; i < auth_handler.count; i++) {
		const struct route *route = &auth_handler.routes[i];
		const struct field *field = route->fields;

		if (method_is_safe(route->method))
			continue;
		for (; field != NULL && field->name != NULL; field++) {
			if (strstr(field->name, "password") == NULL)
				continue;
			ck_assert_msg((route->flags & ROUTE_HASHES) != 0, "%s",
			    route->path);
			found++;
		}
	}
	ck_assert_int_gt(found, 0);
}
END_TEST

/* --- when things go wrong --- */

/* All is well until the very end, when PostgreSQL refuses to commit. */
START_TEST(no_token_is_handed_out_for_what_was_not_committed)
{
	have_account(ADA, true);
	test_execute(
	    "CREATE OR REPLACE FUNCTION fail_late() RETURNS trigger"
	    " LANGUAGE plpgsql AS $$BEGIN RAISE 'late'; END$$;"
	    "CREATE CONSTRAINT TRIGGER fail_late AFTER INSERT ON session"
	    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
	    " EXECUTE FUNCTION fail_late()");
	ck_assert_int_eq(sign_in_page("", ""), 500);
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	/* Nor does the page take the person for signed in. */
	ck_assert(!visitor_sees(visitor, ADA));
	ck_assert_int_eq(test_int("SELECT (SELECT count(*) FROM session)"
				  " + (SELECT count(*) FROM audit_log)",
			     NULL),
	    0);
	test_execute("DROP TRIGGER fail_late ON session");
	ck_assert_int_eq(sign_in_page("", ""), 303);
}
END_TEST

START_TEST(health_is_told_without_a_database)
{
	ck_assert_int_eq(visitor_get(visitor, "/healthz"), 200);
	ck_assert_str_eq(visitor_json(visitor, "status"), "degraded");
	ck_assert_str_eq(visitor_json(visitor, "worker"), "absent");
	test_db_stop();
	ck_assert_int_eq(visitor_get(visitor, "/healthz"), 503);
	ck_assert_str_eq(visitor_json(visitor, "status"), "down");
	ck_assert_int_eq(visitor_get(visitor, "/auth/signin"), 200);
	test_db_start();
	ck_assert_int_eq(visitor_get(visitor, "/healthz"), 200);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signin");
	TCase *token = tcase_create("token");
	TCase *tls = tcase_create("tls");
	TCase *insecure = tcase_create("insecure");
	TCase *same = tcase_create("same");
	TCase *crowd = tcase_create("crowd");
	TCase *wrong = tcase_create("wrong");

	tcase_add_checked_fixture(token, setup, teardown);
	tcase_add_test(token, on_loopback_the_cookies_are_plain);
	tcase_add_test(token, staying_signed_in_keeps_the_cookies);
	tcase_add_test(token, the_session_that_the_browser_had_ends);
	tcase_add_test(token, a_browser_never_sees_its_token);
	tcase_add_test(token, a_program_gets_the_token_and_no_cookie);
	tcase_add_test(token, a_token_is_stored_nowhere);
	tcase_add_test(token, the_public_keys_come_without_a_cookie);
	tcase_add_test(
	    token, the_public_keys_are_there_before_anybody_signs_in);
	tcase_add_test(token, the_public_keys_are_sent_once);
	suite_add_tcase(suite, token);
	tcase_add_checked_fixture(tls, setup_tls, teardown);
	tcase_add_test(tls, over_tls_the_cookies_are_secure);
	tcase_add_test(tls, below_a_path_next_leads_below_it);
	suite_add_tcase(suite, tls);
	tcase_add_checked_fixture(insecure, setup_insecure, teardown);
	tcase_add_test(insecure, an_insecure_site_signs_nobody_in);
	suite_add_tcase(suite, insecure);
	tcase_add_checked_fixture(same, setup, teardown);
	tcase_add_test(same, sign_up_says_the_same_to_every_address);
	tcase_add_test(
	    same, asking_for_the_link_says_the_same_to_every_address);
	tcase_add_test(same, a_wrong_password_is_the_same_for_every_address);
	tcase_add_test(same, each_result_is_counted);
	tcase_add_test(same, a_link_that_is_not_good_says_no_more);
	suite_add_tcase(suite, same);
	tcase_add_checked_fixture(crowd, setup, teardown);
	tcase_add_loop_test(crowd, a_crowd_puts_off_what_hashes_alone, 0,
	    (int)ARRAY_LEN(crowded));
	tcase_add_test(crowd, who_takes_a_password_needs_a_slot);
	suite_add_tcase(suite, crowd);
	tcase_add_checked_fixture(wrong, setup, teardown);
	tcase_set_timeout(wrong, 60);
	tcase_add_test(wrong, a_refused_form_holds_no_password);
	tcase_add_test(wrong, sign_up_tells_all_that_is_wrong_at_once);
	tcase_add_test(wrong, the_profile_form_comes_back_filled_in);
	tcase_add_test(
	    wrong, no_token_is_handed_out_for_what_was_not_committed);
	tcase_add_test(wrong, health_is_told_without_a_database);
	suite_add_tcase(suite, wrong);
	return harness_run(suite, NEEDS_POSTGRES);
}
