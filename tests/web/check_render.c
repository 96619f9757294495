/* check_render.c - the two faces of every answer, and the headers of all. */

#include <check.h>
#include <string.h>

#include "base/text.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define JSON "application/json"

static struct site *site;
static struct visitor *visitor;

static action answer_page, answer_done, answer_redirect, answer_document,
    answer_refuse, answer_cached, answer_hostile;

/* clang-format off */
static const struct route routes[] = {
	{ GET, "/page",     PUBLIC, answer_page,     NULL, NULL, NULL },
	{ GET, "/done",     PUBLIC, answer_done,     NULL, NULL, NULL },
	{ GET, "/redirect", PUBLIC, answer_redirect, NULL, NULL, NULL },
	{ GET, "/document", PUBLIC, answer_document, NULL, NULL, NULL },
	{ GET, "/refuse",   PUBLIC, answer_refuse,   NULL, NULL, NULL },
	{ GET, "/cached",   PUBLIC, answer_cached,   NULL, NULL, NULL },
	{ GET, "/hostile",  PUBLIC, answer_hostile,  NULL, NULL, NULL },
};
/* clang-format on */

static const struct handler handler = { "test", routes, ARRAY_LEN(routes) };

static struct view *
some_view(struct request *rq)
{
	struct view *view = view_new(rq->arena);

	view_text(view, "text", "</script>&\"'ä");
	view_time(view, "at", 1795231200);
	view_text(view_page_only(view), "aside", "for eyes alone");
	return view;
}

static enum status
answer_page(struct request *rq, struct response *rs)
{
	return response_page(rs, 202, "render/page", some_view(rq));
}

static enum status
answer_done(struct request *rq, struct response *rs)
{
	return response_done(rs, 201, some_view(rq), "/page?x=1");
}

static enum status
answer_redirect(struct request *rq, struct response *rs)
{
	(void)rq;
	return response_redirect(rs, "/page");
}

static enum status
answer_document(struct request *rq, struct response *rs)
{
	return response_document(
	    rs, 200, "application/jwk-set+json", some_view(rq));
}

static enum status
answer_refuse(struct request *rq, struct response *rs)
{
	struct view *view = some_view(rq);
	struct json_object *values = json_object_new_object();

	json_object_object_add(
	    values, "label", json_object_new_string("<Label>"));
	view_problem(view, "text", WORDING_FIELD_MISSING, values);
	view_problem(view, "", WORDING_BODY_CUT, NULL);
	view_problem(view, "name", WORDING_NAME_MISSING, NULL);
	return response_refuse(rs, PROBLEM_INVALID_INPUT, "render/page", view);
}

static enum status
answer_cached(struct request *rq, struct response *rs)
{
	response_header(rs, "Cache-Control", "public, max-age=300");
	return answer_document(rq, rs);
}

/* What an action must not be able to do by mistake. */
static enum status
answer_hostile(struct request *rq, struct response *rs)
{
	response_header(rs, "X-One", "a\r\nSet-Cookie: evil=1");
	response_header(rs, "X-Two\r\nX-Three", "a");
	response_header(rs, "X-Four", "first");
	response_header(rs, "x-four", "last");
	response_header(rs, "Set-Cookie", "a=1");
	response_header(rs, "Set-Cookie", "b=2");
	(void)rq;
	return response_redirect(rs, "/page\r\nX-Five: 5");
}

static void
open_site(const char *url)
{
	static const char page[] =
	    "<p>{{text}}|{{at.words}}|{{aside}}|{{site.name}}|{{user.name}}</p>"
	    "<a href=\"{{base}}/x\">{{title}}</a>"
	    "<input name=\"csrf_token\" value=\"{{csrf_token}}\">"
	    "{{#problems}}{{#list}}[{{field}}: {{message}}]{{/list}}"
	    "{{/problems}}({{problem.text}})";

	test_clear();
	site = test_site(url);
	ck_assert_int_eq(template_add(site->templates, "render/page",
			     TEMPLATE_HTML, page, strlen(page)),
	    ST_OK);
	visitor = visitor_new(site, &handler);
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
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

static int
get(const char *target, const char *accept)
{
	visitor_set(visitor, "HTTP_ACCEPT", accept);
	return visitor_get(visitor, target);
}

static const char *
type(void)
{
	return visitor_header(visitor, "Content-Type");
}

/* --- the faces --- */

START_TEST(a_page_is_a_page_or_its_view)
{
	ck_assert_int_eq(get("/page", "text/html"), 202);
	ck_assert_str_eq(type(), "text/html; charset=utf-8");
	ck_assert(visitor_sees(visitor,
	    "<p>&lt;/script&gt;&amp;&quot;&#39;ä|21 November 2026, 03:20 UTC|"
	    "for eyes alone|The Keep|</p>"));
	ck_assert_int_eq(get("/page", JSON), 202);
	ck_assert_str_eq(type(), JSON);
	ck_assert_str_eq(visitor->answer,
	    "{\"text\":\"</script>&\\\"'ä\",\"at\":\"2026-11-21T03:20:00Z\"}");
}
END_TEST

START_TEST(what_was_done_leads_on_or_is_told)
{
	ck_assert_int_eq(get("/done", "text/html"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/page?x=1");
	ck_assert_uint_eq(visitor->rs.len, 0);
	ck_assert_int_eq(get("/done", JSON), 201);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "");
	ck_assert_str_eq(visitor_json(visitor, "at"), "2026-11-21T03:20:00Z");
}
END_TEST

START_TEST(a_redirect_is_one_for_both)
{
	ck_assert_int_eq(get("/redirect", "text/html"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/page");
	ck_assert_int_eq(get("/redirect", JSON), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/page");
	ck_assert_uint_eq(visitor->rs.len, 0);
}
END_TEST

START_TEST(a_document_is_one_for_both)
{
	ck_assert_int_eq(get("/document", "text/html"), 200);
	ck_assert_str_eq(type(), "application/jwk-set+json");
	ck_assert_int_eq(visitor->answer[0], '{');
	ck_assert_int_eq(get("/document", JSON), 200);
	ck_assert_str_eq(type(), "application/jwk-set+json");
}
END_TEST

START_TEST(a_refusal_is_a_page_or_a_problem)
{
	ck_assert_int_eq(get("/refuse", "text/html"), 422);
	ck_assert(visitor_sees(visitor, "[text: &lt;Label&gt; is missing. "));
	ck_assert(visitor_sees(visitor, "[name: Enter your name.]"));
	ck_assert(visitor_sees(visitor, "(&lt;Label&gt; is missing. "));
	ck_assert(visitor_sees(visitor, ">Some of what you entered needs a"));

	ck_assert_int_eq(get("/refuse", JSON), 422);
	ck_assert_str_eq(type(), "application/problem+json");
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/invalid-input");
	ck_assert_str_eq(visitor_json(visitor, "status"), "422");
	ck_assert_str_eq(visitor_json(visitor, "title"),
	    "Some of what you entered needs a change");
	/* What is wrong with it as a whole. */
	ck_assert_str_eq(visitor_json(visitor, "detail"),
	    "Only a part of what was sent has arrived. Send it again.");
	ck_assert_str_eq(visitor_json(visitor, "request_id"),
	    visitor_header(visitor, "X-Request-Id"));
	ck_assert(text_starts_with(visitor_json(visitor, "errors"),
	    "[ { \"field\": \"text\", \"message\": \"<Label> is missing."));
	/* No field is told back. */
	ck_assert_str_eq(visitor_json(visitor, "text"), "");
	ck_assert_str_eq(visitor_json(visitor, "at"), "");
}
END_TEST

/* The general page: what happened, and the number to tell. */
START_TEST(an_error_page_shows_the_request_number)
{
	ck_assert_int_eq(get("/nowhere", NULL), 404);
	ck_assert(visitor_sees(visitor, "<h1>There is no such page</h1>"));
	ck_assert(visitor_sees(visitor, "<dd>404</dd>"));
	ck_assert(
	    visitor_sees(visitor, visitor_header(visitor, "X-Request-Id")));
}
END_TEST

START_TEST(an_error_without_its_page_is_still_answered)
{
	static const char broken[] = "<a href=\"{{title}}\">x</a>";

	ck_assert_int_eq(template_add(site->templates, "problem", TEMPLATE_HTML,
			     broken, strlen(broken)),
	    ST_OK);
	ck_assert_int_eq(get("/nowhere", NULL), 500);
	ck_assert_str_eq(type(), "text/plain; charset=utf-8");
	ck_assert(
	    visitor_sees(visitor, visitor_header(visitor, "X-Request-Id")));
	ck_assert_str_eq(visitor_header(visitor, "X-Frame-Options"), "DENY");
}
END_TEST

/* --- the headers --- */

static const struct {
	const char *target;
	const char *accept;
} everything[] = {
	{ "/page", "text/html" },
	{ "/page", JSON },
	{ "/done", "text/html" },
	{ "/done", JSON },
	{ "/redirect", NULL },
	{ "/document", NULL },
	{ "/refuse", "text/html" },
	{ "/refuse", JSON },
	{ "/nowhere", "text/html" },
	{ "/nowhere", JSON },
	{ "/page?%", JSON },
	{ "/hostile", NULL },
};

START_TEST(every_answer_has_the_security_headers)
{
	(void)get(everything[_i].target, everything[_i].accept);
	ck_assert_str_eq(visitor_header(visitor, "Content-Security-Policy"),
	    "default-src 'none'; style-src 'self'; script-src 'self';"
	    " img-src 'self'; connect-src 'self'; form-action 'self';"
	    " frame-ancestors 'none'; base-uri 'none'");
	ck_assert_str_eq(
	    visitor_header(visitor, "X-Content-Type-Options"), "nosniff");
	ck_assert_str_eq(visitor_header(visitor, "X-Frame-Options"), "DENY");
	ck_assert_str_eq(
	    visitor_header(visitor, "Referrer-Policy"), "same-origin");
	ck_assert_str_eq(visitor_header(visitor, "Cross-Origin-Opener-Policy"),
	    "same-origin");
	ck_assert_str_eq(
	    visitor_header(visitor, "Cross-Origin-Resource-Policy"),
	    "same-origin");
	ck_assert_str_eq(visitor_header(visitor, "Cache-Control"), "no-store");
	ck_assert_str_eq(visitor_header(visitor, "Vary"), "Accept, Cookie");
	ck_assert_uint_eq(strlen(visitor_header(visitor, "X-Request-Id")), 16);
	ck_assert_str_eq(
	    visitor_header(visitor, "Strict-Transport-Security"), "");
	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next)
		ck_assert_uint_eq(strcmp(h->name, "Set-Cookie") == 0
			? 1
			: visitor_header_count(visitor, h->name),
		    1);
}
END_TEST

START_TEST(an_action_may_let_its_answer_be_kept)
{
	ck_assert_int_eq(get("/cached", NULL), 200);
	ck_assert_str_eq(
	    visitor_header(visitor, "Cache-Control"), "public, max-age=300");
	/* What is kept for all must not hold a cookie of one. */
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
}
END_TEST

START_TEST(no_header_is_smuggled_in)
{
	(void)get("/hostile", NULL);
	ck_assert_str_eq(visitor_header(visitor, "X-One"), "");
	ck_assert_str_eq(visitor_header(visitor, "Location"), "");
	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next)
		ck_assert(
		    !text_has_control(h->name) && !text_has_control(h->value));
	/* The last counts, but of cookies each. */
	ck_assert_uint_eq(visitor_header_count(visitor, "X-Four"), 1);
	ck_assert_str_eq(visitor_header(visitor, "X-Four"), "last");
	ck_assert_uint_eq(visitor_header_count(visitor, "Set-Cookie"), 2);
}
END_TEST

/* --- the cookie of those who are not signed in --- */

START_TEST(a_page_gives_a_cookie_to_tie_its_forms_to)
{
	ck_assert_int_eq(get("/page", NULL), 202);
	ck_assert_uint_eq(visitor_header_count(visitor, "Set-Cookie"), 1);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"),
	    arena_printf(visitor->kept,
		"ch_browser=%s; Path=/; Max-Age=86400; HttpOnly;"
		" SameSite=Lax",
		visitor->cookies[COOKIE_BROWSER]));
	ck_assert_uint_eq(strlen(visitor->csrf_token), SECRET_TEXT_LEN);
	ck_assert_str_ne(visitor->csrf_token, visitor->cookies[COOKIE_BROWSER]);
	/* Once. */
	ck_assert_int_eq(get("/page", NULL), 202);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
}
END_TEST

START_TEST(nobody_else_gets_one)
{
	ck_assert_int_eq(get("/page", JSON), 202);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_int_eq(get("/document", "text/html"), 200);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_int_eq(get("/done", "text/html"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	ck_assert_int_eq(get("/page", "text/html"), 202);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	visitor_set(visitor, "HTTP_AUTHORIZATION", NULL);
	(void)visitor_sign_in(visitor, "ada@example.org");
	ck_assert_int_eq(get("/page", "text/html"), 202);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert(visitor_sees(visitor, "The Keep|Ada"));
}
END_TEST

START_TEST(over_tls_cookies_and_headers_say_so)
{
	ck_assert_int_eq(get("/app/page", NULL), 202);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"),
	    arena_printf(visitor->kept,
		"__Host-ch_browser=%s; Path=/; Max-Age=86400; HttpOnly;"
		" SameSite=Lax; Secure",
		visitor->cookies[COOKIE_BROWSER]));
	ck_assert_str_eq(visitor_header(visitor, "Strict-Transport-Security"),
	    "max-age=63072000");
	ck_assert(visitor_sees(visitor, "<a href=\"/app/x\">"));
	ck_assert_int_eq(get("/app/redirect", NULL), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/app/page");
	ck_assert_str_eq(visitor_header(visitor, "Strict-Transport-Security"),
	    "max-age=63072000");
}
END_TEST

/* A cookie without the prefix may come from a neighbouring site. */
START_TEST(over_tls_no_other_cookie_counts)
{
	ck_assert_int_eq(get("/app/page", NULL), 202);
	visitor->program = true; /* so that the cookies are as set here */
	visitor_set(visitor, "HTTP_COOKIE",
	    arena_printf(visitor->kept, "ch_browser=%s",
		visitor->cookies[COOKIE_BROWSER]));
	ck_assert_int_eq(get("/app/page", NULL), 202);
	ck_assert_uint_eq(visitor_header_count(visitor, "Set-Cookie"), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("render");
	TCase *faces = tcase_create("faces");
	TCase *headers = tcase_create("headers");
	TCase *tls = tcase_create("tls");

	tcase_add_checked_fixture(faces, setup, teardown);
	tcase_add_test(faces, a_page_is_a_page_or_its_view);
	tcase_add_test(faces, what_was_done_leads_on_or_is_told);
	tcase_add_test(faces, a_redirect_is_one_for_both);
	tcase_add_test(faces, a_document_is_one_for_both);
	tcase_add_test(faces, a_refusal_is_a_page_or_a_problem);
	tcase_add_test(faces, an_error_page_shows_the_request_number);
	tcase_add_test(faces, an_error_without_its_page_is_still_answered);
	suite_add_tcase(suite, faces);
	tcase_add_checked_fixture(headers, setup, teardown);
	tcase_add_loop_test(headers, every_answer_has_the_security_headers, 0,
	    (int)ARRAY_LEN(everything));
	tcase_add_test(headers, an_action_may_let_its_answer_be_kept);
	tcase_add_test(headers, no_header_is_smuggled_in);
	tcase_add_test(headers, a_page_gives_a_cookie_to_tie_its_forms_to);
	tcase_add_test(headers, nobody_else_gets_one);
	suite_add_tcase(suite, headers);
	tcase_add_checked_fixture(tls, setup_tls, teardown);
	tcase_add_test(tls, over_tls_cookies_and_headers_say_so);
	tcase_add_test(tls, over_tls_no_other_cookie_counts);
	suite_add_tcase(suite, tls);
	return harness_run(suite, NEEDS_POSTGRES);
}
