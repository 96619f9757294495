/* check_guard.c - who asks, and what stands before every action. */

#include <check.h>
#include <string.h>

#include "account/access_token.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static struct site *site;
static struct visitor *visitor;

static action show_who, note;
static fill fill_note;

static const struct field note_fields[] = {
	{ .name = "text",
	    .type = FIELD_TEXT,
	    .flags = FIELD_REQUIRED,
	    .max = 20 },
	{ .name = "secret", .type = FIELD_SECRET },
	{ .name = "next", .type = FIELD_PATH, .flags = FIELD_QUERY },
	{ .name = NULL },
};

/* clang-format off */
static const struct route routes[] = {
	{ GET,    "/who",     PUBLIC,  show_who, NULL,         NULL,        NULL },
	{ GET,    "/private", SESSION, show_who, NULL,         NULL,        NULL },
	{ POST,   "/private", SESSION, note,     "guard/note", note_fields, fill_note },
	{ DELETE, "/lonely",  SESSION, note,     NULL,         NULL,        NULL },
	{ GET,    "/grave",   CONFIRMED, show_who, NULL,      NULL,        NULL },
	{ POST,   "/grave",   CONFIRMED, note,   "guard/note", note_fields, fill_note },
	{ DELETE, "/graver",  CONFIRMED, note,   NULL,         NULL,        NULL },
	{ POST,   "/note",    PUBLIC,  note,     "guard/note", note_fields, fill_note },
	{ POST,   "/pageless", PUBLIC, note,     NULL,         note_fields, NULL },
	{ GET,    "/careful", 0,       show_who, NULL,         NULL,        NULL },
};
/* clang-format on */

static const struct handler handler = { "test", routes, ARRAY_LEN(routes) };

static enum status
show_who(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	view_text(view, "who",
	    rq->session != NULL ? rq->session->account.email : "nobody");
	view_int(view, "state", rq->session_state);
	view_text(view, "session_id", rq->session_id);
	return response_page(rs, 200, "guard/who", view);
}

static enum status
fill_note(struct request *rq, struct view *view)
{
	(void)rq;
	view_text(view, "filled", "filled in");
	return ST_OK;
}

static enum status
note(struct request *rq, struct response *rs)
{
	(void)rq;
	return response_done(rs, 204, NULL, "/who");
}

static void
add_page(const char *name, const char *text)
{
	ck_assert_int_eq(template_add(site->templates, name, TEMPLATE_HTML,
			     text, strlen(text)),
	    ST_OK);
}

static void
open_site(const char *url)
{
	test_clear();
	site = test_site(url);
	add_page("guard/who",
	    "<p>{{who}}</p><input name=\"csrf_token\" value=\"{{csrf_token}}\">");
	add_page("guard/note",
	    "<form><input name=\"csrf_token\" value=\"{{csrf_token}}\">"
	    "<input name=\"text\" value=\"{{text}}\">"
	    "<input name=\"secret\" value=\"{{secret}}\">{{filled}}</form>"
	    "{{#problems}}{{#list}}[{{field}}: {{message}}]{{/list}}"
	    "{{/problems}}");
	visitor = visitor_new(site, &handler);
}

static void
setup(void)
{
	open_site(NULL);
}

static void
setup_below(void)
{
	open_site("http://127.0.0.1:8080/app");
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

/* Whom the site takes the visitor for. */
static const char *
who(void)
{
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(visitor_get(visitor, "/who"), 200);
	visitor_set(visitor, "HTTP_ACCEPT", NULL);
	return visitor_json(visitor, "who");
}

static int
state(void)
{
	(void)who();
	return (int)strtol(visitor_json(visitor, "state"), NULL, 10);
}

/* --- who asks --- */

START_TEST(nobody_without_a_token)
{
	ck_assert_str_eq(who(), "nobody");
	ck_assert_int_eq(state(), SESSION_ABSENT);
}
END_TEST

START_TEST(the_cookie_says_who)
{
	const char *id = visitor_sign_in(visitor, ADA);

	ck_assert_str_eq(who(), ADA);
	ck_assert_int_eq(state(), SESSION_ALIVE);
	ck_assert_str_eq(visitor_json(visitor, "session_id"), id);
}
END_TEST

/* clang-format off */
static const struct {
	const char *scheme;
	bool good;
} schemes[] = {
	{ "Bearer ", true },
	{ "bearer ", true },
	{ "BEARER ", true },
	{ "Bearer", false },
	{ "Basic ", false },
	{ "", false },
	{ "Bearer x", false },
};
/* clang-format on */

START_TEST(a_bearer_token_says_who)
{
	(void)visitor_sign_in(visitor, ADA);
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "%s%s", schemes[_i].scheme,
		visitor->cookies[COOKIE_ACCESS]));
	visitor->cookies[COOKIE_ACCESS] = NULL;
	ck_assert_str_eq(who(), schemes[_i].good ? ADA : "nobody");
}
END_TEST

/* One that is bad is not made up for by a cookie. */
START_TEST(a_bearer_token_comes_before_the_cookie)
{
	const char *eve;

	(void)visitor_sign_in(visitor, "eve@example.org");
	eve = visitor->cookies[COOKIE_ACCESS];
	(void)visitor_sign_in(visitor, ADA);
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "Bearer %s", eve));
	ck_assert_str_eq(who(), "eve@example.org");
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	ck_assert_str_eq(who(), "nobody");
}
END_TEST

START_TEST(a_revoked_session_is_over_at_once)
{
	const char *id = visitor_sign_in(visitor, ADA);

	ck_assert_str_eq(who(), ADA);
	ck_assert_int_eq(
	    session_revoke(site->db, visitor->kept, id, SESSION_OPERATOR),
	    ST_OK);
	ck_assert_str_eq(who(), "nobody");
	ck_assert_int_eq(state(), SESSION_REVOKED);
}
END_TEST

START_TEST(an_expired_session_is_over)
{
	(void)visitor_sign_in(visitor, ADA);
	test_execute("UPDATE session SET expires_at = now()");
	ck_assert_str_eq(who(), "nobody");
	ck_assert_int_eq(state(), SESSION_EXPIRED);
}
END_TEST

static const char *
token_for(const char *account_id, const char *session_id, int64_t ttl)
{
	struct config config = *site->config;
	struct session session = {
		.id = session_id,
		.account.id = account_id,
	};
	const char *text;
	int64_t expires_at;

	config.access_token_ttl = ttl;
	ck_assert_int_eq(
	    access_token_issue(site->signing_keys, site->db, visitor->kept,
		&config, &session, &text, &expires_at),
	    ST_OK);
	return text;
}

START_TEST(an_expired_token_is_over_though_its_session_is_not)
{
	const char *id = visitor_sign_in(visitor, ADA);

	const char *account =
	    test_text(visitor->kept, "SELECT id::text FROM account", NULL);

	visitor->cookies[COOKIE_ACCESS] = token_for(account, id, -1);
	ck_assert_str_eq(who(), "nobody");
	ck_assert_int_eq(state(), SESSION_STALE);
}
END_TEST

/* Account and session of a token belong together. */
START_TEST(a_session_of_another_account_is_nobodys)
{
	const char *id = visitor_sign_in(visitor, ADA);

	visitor->cookies[COOKIE_ACCESS] = token_for(TEST_UUID, id, 60);
	ck_assert_str_eq(who(), "nobody");
	ck_assert_int_eq(state(), SESSION_ABSENT);
}
END_TEST

START_TEST(being_seen_is_noted)
{
	static const char seen[] =
	    "SELECT count(*) FROM session WHERE"
	    " last_seen_at > now() - interval '1 minute'";

	(void)visitor_sign_in(visitor, ADA);
	test_execute("UPDATE session SET last_seen_at ="
		     " now() - interval '2 minutes'");
	ck_assert_int_eq(test_int(seen, NULL), 0);
	ck_assert_str_eq(who(), ADA);
	ck_assert_int_eq(test_int(seen, NULL), 1);
}
END_TEST

/* --- who may --- */

START_TEST(a_session_is_needed_where_the_row_says_nothing)
{
	ck_assert_int_eq(visitor_get(visitor, "/careful"), 303);
	(void)visitor_sign_in(visitor, ADA);
	ck_assert_int_eq(visitor_get(visitor, "/careful"), 200);
}
END_TEST

START_TEST(a_stranger_is_led_to_sign_in_and_back)
{
	ck_assert_int_eq(visitor_get(visitor, "/private"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=not_signed_in&next=%2Fprivate");
	ck_assert_int_eq(visitor_get(visitor, "/private?a=1&b=%20#x"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=not_signed_in"
	    "&next=%2Fprivate%3Fa%3D1%26b%3D%2520%23x");
}
END_TEST

START_TEST(is_told_why)
{
	const char *id = visitor_sign_in(visitor, ADA);

	test_execute("UPDATE session SET expires_at = now()");
	ck_assert_int_eq(visitor_get(visitor, "/private"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=expired&next=%2Fprivate");
	ck_assert_int_eq(
	    session_revoke(site->db, visitor->kept, id, SESSION_OPERATOR),
	    ST_OK);
	ck_assert_int_eq(visitor_get(visitor, "/private"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=revoked&next=%2Fprivate");
}
END_TEST

/* clang-format off */
static const struct {
	const char *reason; /* in the row; NULL: the account is disabled */
	const char *told;
} ends[] = {
	{ "signed-out", "signed_out_elsewhere" },
	{ "revoked", "signed_out_elsewhere" },
	{ "replaced", "signed_out_elsewhere" },
	{ "stolen", "stolen" },
	{ "operator", "revoked" },
	{ "password-reset", "password_reset" },
	{ "account-disabled", "account_disabled" },
	{ NULL, "account_disabled" },
};
/* clang-format on */

START_TEST(is_told_how_it_ended)
{
	(void)visitor_sign_in(visitor, ADA);
	test_execute(ends[_i].reason == NULL
		? "UPDATE account SET disabled_at = now()"
		: arena_printf(visitor->kept,
		      "UPDATE session SET revoked_at = now(),"
		      " revoked_reason = '%s'",
		      ends[_i].reason));
	ck_assert_int_eq(visitor_get(visitor, "/private"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    arena_printf(visitor->kept,
		"/auth/signin?reason=%s&next=%%2Fprivate", ends[_i].told));
}
END_TEST

/* clang-format off */
static const struct {
	const char *referer;
	const char *next;
} referers[] = {
	{ "http://127.0.0.1:8080/app/who?a=1", "%2Fwho%3Fa%3D1" },
	{ "http://127.0.0.1:8080/app/", "%2F" },
	{ "http://127.0.0.1:8080/app/lonely", "%2F" }, /* no page there */
	{ "http://127.0.0.1:8080/app//evil.example", "%2F" },
	{ "http://127.0.0.1:8080/application", "%2F" },
	{ "http://127.0.0.1:8080/other", "%2F" },
	{ "http://127.0.0.1:80801/app/who", "%2F" },
	{ "http://evil.example/app/who", "%2F" },
	{ "", "%2F" },
};
/* clang-format on */

START_TEST(is_led_back_to_the_page_with_the_form)
{
	visitor_set(visitor, "HTTP_REFERER", referers[_i].referer);
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE", "/app/lonely", NULL, NULL), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    arena_printf(visitor->kept,
		"/app/auth/signin?reason=not_signed_in&next=%s",
		referers[_i].next));
}
END_TEST

/* After a form: to its page, or, where there is none, to the start. */
START_TEST(is_not_led_back_to_what_cannot_be_shown)
{
	ck_assert_int_eq(
	    visitor_submit(visitor, "/private?x=1", "text=a"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=not_signed_in&next=%2Fprivate");
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE", "/lonely", NULL, NULL), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=not_signed_in&next=%2F");
}
END_TEST

START_TEST(is_led_below_the_path_of_the_site)
{
	ck_assert_int_eq(visitor_get(visitor, "/app/private"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/app/auth/signin?reason=not_signed_in&next=%2Fprivate");
}
END_TEST

static void
expect_problem(int status, const char *name)
{
	ck_assert_int_eq(visitor->rs.status, status);
	ck_assert_str_eq(visitor_header(visitor, "Content-Type"),
	    "application/problem+json");
	ck_assert_str_eq(strrchr(visitor_json(visitor, "type"), '/') + 1, name);
}

START_TEST(a_program_is_told_why)
{
	const char *id = visitor_sign_in(visitor, ADA);

	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	test_execute("UPDATE session SET expires_at = now()");
	(void)visitor_get(visitor, "/private");
	expect_problem(401, "session-expired");
	ck_assert_str_eq(visitor_json(visitor, "reason"), "expired");
	ck_assert_str_eq(visitor_header(visitor, "WWW-Authenticate"), "Bearer");
	ck_assert_int_eq(
	    session_revoke(site->db, visitor->kept, id, SESSION_OPERATOR),
	    ST_OK);
	(void)visitor_get(visitor, "/private");
	expect_problem(401, "session-revoked");
	ck_assert_str_eq(visitor_json(visitor, "reason"), "revoked");
	visitor->cookies[COOKIE_ACCESS] = NULL;
	(void)visitor_get(visitor, "/private");
	expect_problem(401, "not-signed-in");
	ck_assert_str_eq(visitor_json(visitor, "reason"), "not_signed_in");
	(void)visitor_post_json(visitor, "/private", "{}");
	expect_problem(401, "not-signed-in");
}
END_TEST

/* --- who gave the password lately --- */

static void
age_confirmation(const char *seconds)
{
	test_execute(arena_printf(visitor->kept,
	    "UPDATE session SET confirmed_at = now()"
	    " - make_interval(secs => %s)",
	    seconds));
}

START_TEST(who_has_just_signed_in_is_confirmed)
{
	(void)visitor_sign_in(visitor, ADA);
	ck_assert_int_eq(visitor_get(visitor, "/grave"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/grave", "text=a"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/who");
	age_confirmation("800");
	ck_assert_int_eq(visitor_get(visitor, "/grave"), 200);
}
END_TEST

START_TEST(who_is_not_is_led_to_confirm_and_back)
{
	(void)visitor_sign_in(visitor, ADA);
	age_confirmation("901");
	ck_assert_int_eq(visitor_get(visitor, "/private"), 200);
	ck_assert_int_eq(visitor_get(visitor, "/grave?a=1"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/confirm?next=%2Fgrave%3Fa%3D1");
	ck_assert_int_eq(visitor_submit(visitor, "/grave", "text=a"), 303);
	ck_assert_str_eq(
	    visitor_header(visitor, "Location"), "/auth/confirm?next=%2Fgrave");
	visitor_set(visitor, "HTTP_REFERER", "http://127.0.0.1:8080/private?b");
	ck_assert_int_eq(
	    visitor_submit(visitor, "/graver", "_method=DELETE"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/confirm?next=%2Fprivate%3Fb");
}
END_TEST

START_TEST(a_program_is_told_to_confirm)
{
	(void)visitor_sign_in(visitor, ADA);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	age_confirmation("901");
	(void)visitor_get(visitor, "/grave");
	expect_problem(403, "confirmation-required");
	(void)visitor_post_json(visitor, "/grave", "{}");
	expect_problem(403, "confirmation-required");
}
END_TEST

START_TEST(a_stranger_signs_in_before_confirming)
{
	ck_assert_int_eq(visitor_get(visitor, "/grave"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=not_signed_in&next=%2Fgrave");
}
END_TEST

/* --- CSRF --- */

enum caller { BROWSER, SIGNED_IN, BEARER, PROGRAM };

/* clang-format off */
static const struct {
	enum caller caller;
	const char *type;
	const char *fetch_site;
	const char *origin;
	bool token;
	int status;
} posts[] = {
	/* A page of ours. */
	{ BROWSER,   FORM, "same-origin", NULL, true, 204 },
	{ SIGNED_IN, FORM, "same-origin", NULL, true, 204 },
	{ SIGNED_IN, JSON, "same-origin", NULL, true, 204 },
	{ SIGNED_IN, FORM, NULL, "http://127.0.0.1:8080", true, 204 },
	/* Without the token, however it says it is ours. */
	{ BROWSER,   FORM, "same-origin", NULL, false, 403 },
	{ SIGNED_IN, FORM, "same-origin", NULL, false, 403 },
	{ SIGNED_IN, JSON, "same-origin", NULL, false, 403 },
	{ BROWSER,   JSON, "same-origin", NULL, false, 403 },
	/* From elsewhere, even with one. */
	{ SIGNED_IN, FORM, "cross-site", NULL, true, 403 },
	{ SIGNED_IN, FORM, "same-site", "http://127.0.0.1:8080", true, 403 },
	{ SIGNED_IN, FORM, "none", NULL, true, 403 },
	{ SIGNED_IN, FORM, NULL, NULL, true, 403 },
	{ SIGNED_IN, FORM, NULL, "http://127.0.0.1:8081", true, 403 },
	{ SIGNED_IN, JSON, "cross-site", "https://evil.example", true, 403 },
	/* A program with a token of its own, which nothing adds by itself. */
	{ BEARER,    FORM, NULL, NULL, false, 204 },
	{ BEARER,    JSON, NULL, NULL, false, 204 },
	{ BEARER,    JSON, "cross-site", "https://evil.example", false, 204 },
	/* JSON without any cookie: no form can send that. */
	{ PROGRAM,   JSON, NULL, NULL, false, 204 },
	/* But a form can, without cookies too: signing somebody in as another. */
	{ PROGRAM,   FORM, NULL, NULL, false, 403 },
	{ PROGRAM,   FORM, "same-origin", NULL, false, 403 },
};
/* clang-format on */

START_TEST(lets_only_our_own_pages_act)
{
	enum caller caller = posts[_i].caller;
	const char *token = "x", *body;

	if (caller == SIGNED_IN || caller == BEARER)
		(void)visitor_sign_in(visitor, ADA);
	(void)visitor_get(visitor, "/who"); /* for its form */
	if (posts[_i].token)
		token = visitor->csrf_token;
	visitor->program = caller == BEARER || caller == PROGRAM;
	if (visitor->program)
		visitor_set(visitor, "HTTP_COOKIE", NULL);
	if (caller == BEARER)
		visitor_set(visitor, "HTTP_AUTHORIZATION",
		    arena_printf(visitor->kept, "Bearer %s",
			visitor->cookies[COOKIE_ACCESS]));
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", posts[_i].fetch_site);
	visitor_set(visitor, "HTTP_ORIGIN", posts[_i].origin);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	body = arena_printf(visitor->kept,
	    strcmp(posts[_i].type, JSON) == 0
		? "{\"text\":\"a\",\"csrf_token\":\"%s\"}"
		: "text=a&csrf_token=%s",
	    token);
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", posts[_i].type, body),
	    posts[_i].status);
}
END_TEST

/* Whatever _method says, and whatever carries no body at all. */
START_TEST(checks_every_unsafe_method)
{
	(void)visitor_sign_in(visitor, ADA);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "cross-site");
	(void)visitor_send(visitor, "DELETE", "/lonely", NULL, NULL);
	expect_problem(403, "cross-site");
	(void)visitor_send(visitor, "POST", "/lonely", FORM, "_method=DELETE");
	expect_problem(403, "cross-site");
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "same-origin");
	(void)visitor_send(visitor, "DELETE", "/lonely", NULL, NULL);
	expect_problem(403, "stale-form");
	visitor_set(visitor, "HTTP_ACCEPT", NULL);
	(void)visitor_get(visitor, "/who");
	visitor_set(visitor, "HTTP_X_CSRF_TOKEN", visitor->csrf_token);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE", "/lonely", NULL, NULL), 204);
}
END_TEST

START_TEST(safe_requests_need_no_token)
{
	(void)visitor_sign_in(visitor, ADA);
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "cross-site");
	ck_assert_int_eq(
	    visitor_send(visitor, "GET", "/private", NULL, NULL), 200);
}
END_TEST

/* What a person typed is not lost, but for what nobody should see again. */
START_TEST(a_stale_form_comes_back_filled_in)
{
	visitor->csrf_token = "old";
	ck_assert_int_eq(
	    visitor_submit(visitor, "/note", "text=my+words&secret=my+secret"),
	    403);
	ck_assert(visitor_sees(visitor, "value=\"my words\""));
	ck_assert(visitor_sees(visitor, "filled in"));
	ck_assert(!visitor_sees(visitor, "my secret"));
	/* With a token that is good. */
	ck_assert_int_eq(visitor_submit(visitor, "/note", "text=a"), 303);
}
END_TEST

START_TEST(a_form_comes_back_when_the_session_has_changed)
{
	(void)visitor_sign_in(visitor, ADA);
	(void)visitor_get(visitor, "/who");
	(void)visitor_sign_in(visitor, "eve@example.org");
	ck_assert_int_eq(
	    visitor_submit(visitor, "/private", "text=my+words"), 403);
	ck_assert(visitor_sees(visitor, "value=\"my words\""));
	ck_assert_int_eq(visitor_submit(visitor, "/private", "text=a"), 303);
}
END_TEST

START_TEST(without_a_page_it_is_said_in_general)
{
	visitor->csrf_token = "old";
	ck_assert_int_eq(
	    visitor_submit(visitor, "/pageless", "text=my+words"), 403);
	ck_assert(!visitor_sees(visitor, "my words"));
	ck_assert(
	    visitor_sees(visitor, visitor_header(visitor, "X-Request-Id")));
}
END_TEST

/* --- fields --- */

/* clang-format off */
static const struct {
	const char *form;
	const char *named; /* in the summary */
} wrong[] = {
	{ "", "[text: " },
	{ "text=", "[text: " },
	{ "text=++", "[text: " },
	{ "text=a&text=b", "[text: " },
	{ "text=a%0ab", "[text: " },
	{ "text=123456789012345678901", "[text: " },
	{ "text=a&other=b", "[other: " },
	{ "text=a&%3Cb%3E=c", "[&lt;b&gt;: " },
	{ "text=a&csrf_token=x", "[csrf_token: " },
};
/* clang-format on */

START_TEST(refuses_fields_that_are_not_declared)
{
	(void)visitor_submit(visitor, "/note", ""); /* for its token */
	ck_assert_int_eq(visitor_submit(visitor, "/note", wrong[_i].form), 422);
	ck_assert(visitor_sees(visitor, wrong[_i].named));
	ck_assert(visitor_sees(visitor, "filled in"));
}
END_TEST

START_TEST(a_refused_form_keeps_what_was_good)
{
	(void)visitor_submit(visitor, "/note", "");
	ck_assert_int_eq(visitor_submit(visitor, "/note",
			     "text=%3Cwords%3E&secret=hidden&other=1"),
	    422);
	ck_assert(visitor_sees(visitor, "value=\"&lt;words&gt;\""));
	ck_assert(!visitor_sees(visitor, "hidden"));
}
END_TEST

START_TEST(links_may_be_decorated)
{
	(void)visitor_submit(visitor, "/note", "");
	ck_assert_int_eq(visitor_submit(visitor,
			     "/note?utm_source=x&text=in+the+query", "text=a"),
	    303);
	/* But a field is not taken from there unless it may be. */
	ck_assert_int_eq(
	    visitor_submit(visitor, "/note?text=in+the+query", ""), 422);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("guard");
	TCase *identify = tcase_create("identify");
	TCase *access = tcase_create("access");
	TCase *below = tcase_create("below");
	TCase *confirmed = tcase_create("confirmed");
	TCase *csrf = tcase_create("csrf");
	TCase *fields = tcase_create("fields");

	tcase_add_checked_fixture(identify, setup, teardown);
	tcase_add_test(identify, nobody_without_a_token);
	tcase_add_test(identify, the_cookie_says_who);
	tcase_add_loop_test(
	    identify, a_bearer_token_says_who, 0, (int)ARRAY_LEN(schemes));
	tcase_add_test(identify, a_bearer_token_comes_before_the_cookie);
	tcase_add_test(identify, a_revoked_session_is_over_at_once);
	tcase_add_test(identify, an_expired_session_is_over);
	tcase_add_test(
	    identify, an_expired_token_is_over_though_its_session_is_not);
	tcase_add_test(identify, a_session_of_another_account_is_nobodys);
	tcase_add_test(identify, being_seen_is_noted);
	suite_add_tcase(suite, identify);
	tcase_add_checked_fixture(access, setup, teardown);
	tcase_add_test(access, a_session_is_needed_where_the_row_says_nothing);
	tcase_add_test(access, a_stranger_is_led_to_sign_in_and_back);
	tcase_add_test(access, is_told_why);
	tcase_add_loop_test(
	    access, is_told_how_it_ended, 0, (int)ARRAY_LEN(ends));
	tcase_add_test(access, is_not_led_back_to_what_cannot_be_shown);
	tcase_add_test(access, a_program_is_told_why);
	suite_add_tcase(suite, access);
	tcase_add_checked_fixture(below, setup_below, teardown);
	tcase_add_test(below, is_led_below_the_path_of_the_site);
	tcase_add_loop_test(below, is_led_back_to_the_page_with_the_form, 0,
	    (int)ARRAY_LEN(referers));
	suite_add_tcase(suite, below);
	tcase_add_checked_fixture(confirmed, setup, teardown);
	tcase_add_test(confirmed, who_has_just_signed_in_is_confirmed);
	tcase_add_test(confirmed, who_is_not_is_led_to_confirm_and_back);
	tcase_add_test(confirmed, a_program_is_told_to_confirm);
	tcase_add_test(confirmed, a_stranger_signs_in_before_confirming);
	suite_add_tcase(suite, confirmed);
	tcase_add_checked_fixture(csrf, setup, teardown);
	tcase_add_loop_test(
	    csrf, lets_only_our_own_pages_act, 0, (int)ARRAY_LEN(posts));
	tcase_add_test(csrf, checks_every_unsafe_method);
	tcase_add_test(csrf, safe_requests_need_no_token);
	tcase_add_test(csrf, a_stale_form_comes_back_filled_in);
	tcase_add_test(csrf, a_form_comes_back_when_the_session_has_changed);
	tcase_add_test(csrf, without_a_page_it_is_said_in_general);
	suite_add_tcase(suite, csrf);
	tcase_add_checked_fixture(fields, setup, teardown);
	tcase_add_loop_test(fields, refuses_fields_that_are_not_declared, 0,
	    (int)ARRAY_LEN(wrong));
	tcase_add_test(fields, a_refused_form_keeps_what_was_good);
	tcase_add_test(fields, links_may_be_decorated);
	suite_add_tcase(suite, fields);
	return harness_run(suite, NEEDS_POSTGRES);
}
