/* check_dispatch.c - from a request to its answer, in good and in bad times. */

#include <check.h>
#include <string.h>

#include "account/account.h"
#include "account/hash_slot.h"
#include "base/text.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static struct site *site;
static struct visitor *visitor;

/* --- a program of our own --- */

/* What its actions noticed, for the test to see. */
static int runs;
static int64_t slots;
static bool in_transaction;
static const char *outcome = "";

static action show_page, show_item, change_item, write_note, lose_connection,
    show_broken, read_locked;

static const struct field note_fields[] = {
	{ .name = "text",
	    .type = FIELD_TEXT,
	    .flags = FIELD_REQUIRED,
	    .max = 100 },
	{ .name = "secret", .type = FIELD_SECRET },
	{ .name = NULL },
};

/* clang-format off */
static const struct route routes[] = {
	{ GET,    "/",                PUBLIC, show_page,   NULL,        NULL,        NULL },
	{ GET,    "/page",            PUBLIC, show_page,   NULL,        NULL,        NULL },
	{ GET,    "/note",            PUBLIC, show_page,   NULL,        NULL,        NULL },
	{ POST,   "/note",            PUBLIC, write_note,  "test/note", note_fields, NULL },
	{ GET,    "/item/{id}",       PUBLIC, show_item,   NULL,        NULL,        NULL },
	{ PUT,    "/item/{id}",       PUBLIC, change_item, NULL,        NULL,        NULL },
	{ PATCH,  "/item/{id}",       PUBLIC, change_item, NULL,        NULL,        NULL },
	{ DELETE, "/item/{id}",       PUBLIC, change_item, NULL,        NULL,        NULL },
	{ GET,    "/item/{id}/{sub}", PUBLIC, show_item,   NULL,        NULL,        NULL },
	{ GET,    "/lost",            PUBLIC, lose_connection, NULL,    NULL,        NULL },
	{ POST,   "/lost",            PUBLIC, lose_connection, NULL,    NULL,        NULL },
	{ POST,   "/again",           PUBLIC, lose_connection, NULL,    NULL,        .flags = ROUTE_IDEMPOTENT, .limit = LIMIT_TOKEN },
	{ GET,    "/locked",          PUBLIC, read_locked, NULL,        NULL,        NULL },
	{ GET,    "/broken",          PUBLIC, show_broken, NULL,        NULL,        NULL },
	{ POST,   "/only-post",       PUBLIC, show_page,   NULL,        NULL,        NULL },
	{ POST,   "/hash",            PUBLIC, write_note,  "test/note", note_fields, .flags = ROUTE_HASHES },
};
/* clang-format on */

static const struct handler handler = { "test", routes, ARRAY_LEN(routes) };

static enum status
show_page(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	runs++;
	view_text(view, "greeting", "<hello>");
	return response_page(rs, 200, "test/page", view);
}

static enum status
show_item(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	view_text(view, "id", request_path(rq, "id"));
	if (strstr(rq->route->path, "{sub}") != NULL)
		view_text(view, "sub", request_path(rq, "sub"));
	return response_page(rs, 200, "test/page", view);
}

/* Says which method it was. */
static enum status
change_item(struct request *rq, struct response *rs)
{
	static const char *const names[METHOD_COUNT] = {
		[PUT] = "put", [PATCH] = "patch", [DELETE] = "delete"
	};
	struct view *view = view_new(rq->arena);

	view_text(view, "method", names[rq->method]);
	view_text(view, "id", request_path(rq, "id"));
	return response_page(rs, 200, "test/page", view);
}

static int64_t
slots_taken(void)
{
	return test_int(
	    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", NULL);
}

/* Leaves a row behind, and then ends as the test wants it. */
static enum status
write_note(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	const char *id;
	enum status st;

	runs++;
	slots = slots_taken();
	st = account_create(
	    rq->db, rq->arena, request_field(rq, "text"), "x", "x", false, &id);
	if (st != ST_OK)
		return st;
	view_text(view, "id", id);
	for (enum status end = ST_OK; end < STATUS_COUNT; end++)
		if (strcmp(outcome, status_name(end)) == 0)
			return end;
	if (strcmp(outcome, "a session and a fault") == 0) {
		static struct session session = { .id = TEST_UUID,
			.account.name = "Mallory",
			.account.email = "m@example.org" };

		rq->session = &session;
		return ST_FAULT;
	}
	if (strcmp(outcome, "refused") == 0)
		return response_refuse(
		    rs, PROBLEM_INVALID_INPUT, "test/note", view_of_fields(rq));
	if (strcmp(outcome, "no such page") == 0)
		return response_page(rs, 200, "test/missing", view);
	if (strcmp(outcome, "broken page") == 0)
		return response_page(rs, 200, "test/broken", view);
	return response_done(rs, 201, view, "/page");
}

/* Cuts its own connection, the first time it is run. */
static enum status
lose_connection(struct request *rq, struct response *rs)
{
	static const struct db_stmt cut = { "cut_own",
		"SELECT pg_terminate_backend(pg_backend_pid())" };
	static const struct db_stmt ask = { "ask", "SELECT 1" };
	enum status st;

	runs++;
	in_transaction = db_in_transaction(rq->db);
	st = db_query(rq->db, rq->arena,
	    runs == 1 || strcmp(outcome, "always") == 0 ? &cut : &ask,
	    DB_NO_ARGS, NULL);
	if (st != ST_OK)
		return st;
	return show_page(rq, rs);
}

/* Wants what the handlers' role may not have. */
static enum status
read_locked(struct request *rq, struct response *rs)
{
	static const struct db_stmt locked = { "locked",
		"SELECT FROM pg_authid" };
	enum status st;

	runs++;
	st = db_query(rq->db, rq->arena, &locked, DB_NO_ARGS, NULL);
	return st == ST_OK ? show_page(rq, rs) : st;
}

static enum status
show_broken(struct request *rq, struct response *rs)
{
	response_header(rs, "X-Half-Done", "1");
	return response_page(rs, 200, "test/broken", view_new(rq->arena));
}

/* --- the tests' own --- */

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
	add_page("test/page",
	    "<!doctype html><title>x</title><p>{{greeting}}</p>"
	    "{{#user}}{{name}}{{/user}}");
	add_page("test/note",
	    "<form><input name=\"csrf_token\" value=\"{{csrf_token}}\">"
	    "<input name=\"text\" value=\"{{text}}\">"
	    "<input name=\"secret\" value=\"{{secret}}\"></form>"
	    "{{#problems}}{{#list}}[{{field}}: {{message}}]{{/list}}"
	    "{{/problems}}");
	/* What is no URL is found out when the page is rendered. */
	add_page("test/broken", "<a href=\"{{greeting}}\">x</a>");
	visitor = visitor_new(site, &handler);
	runs = 0;
	outcome = "";
}

static void
setup(void)
{
	open_site(NULL);
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

/* A program that needs no form token: JSON, and no cookies. */
static void
be_program(void)
{
	visitor->program = true;
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
}

static int64_t
notes(void)
{
	return test_int("SELECT count(*) FROM account", NULL);
}

/* --- routes --- */

START_TEST(finds_the_route)
{
	ck_assert_int_eq(visitor_get(visitor, "/page"), 200);
	ck_assert(visitor_sees(visitor, "<p>&lt;hello&gt;</p>"));
	ck_assert_int_eq(visitor_get(visitor, "/page?x=1&y"), 200);
	ck_assert_int_eq(visitor_get(visitor, "/page?"), 200);
}
END_TEST

static const char *const nowhere[] = { "/pag", "/pagex", "/page/", "//page",
	"/Page", "/page/x", "", "page", "*", "/item", "/item/", "/item//x",
	"/item/1/2/3", "/item/a%2fb", "/item/a%2Fb", "/item/%", "/item/%zz",
	"/item/%00", "/item/%ff", "/./page", "/x/../page", "/%70age", "/page;x",
	"http://127.0.0.1:8080/page" };

START_TEST(what_no_route_has_is_404)
{
	ck_assert_int_eq(visitor_get(visitor, nowhere[_i]), 404);
	ck_assert(text_starts_with(
	    visitor_header(visitor, "Content-Type"), "text/html"));
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(visitor_get(visitor, nowhere[_i]), 404);
	ck_assert_str_eq(visitor_header(visitor, "Content-Type"),
	    "application/problem+json");
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/not-found");
	ck_assert_str_eq(visitor_json(visitor, "status"), "404");
}
END_TEST

START_TEST(reads_what_stands_in_the_path)
{
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(visitor_get(visitor, "/item/a%20b+%C3%A4"), 200);
	ck_assert_str_eq(visitor_json(visitor, "id"), "a b+ä");
	ck_assert_int_eq(visitor_get(visitor, "/item/1/%3F?x"), 200);
	ck_assert_str_eq(visitor_json(visitor, "id"), "1");
	ck_assert_str_eq(visitor_json(visitor, "sub"), "?");
}
END_TEST

START_TEST(a_method_that_no_route_has_is_405)
{
	static const char *const others[] = { "POST", "PUT", "PATCH", "DELETE",
		"OPTIONS", "TRACE", "CONNECT", "get", "" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		ck_assert_int_eq(
		    visitor_send(visitor, others[i], "/page", NULL, NULL), 405);
		ck_assert_str_eq(visitor_header(visitor, "Allow"), "GET, HEAD");
	}
	ck_assert_int_eq(runs, 0);
	ck_assert_int_eq(visitor_get(visitor, "/only-post"), 405);
	ck_assert_str_eq(visitor_header(visitor, "Allow"), "POST");
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/item/1", FORM, ""), 405);
	ck_assert_str_eq(
	    visitor_header(visitor, "Allow"), "GET, HEAD, PUT, PATCH, DELETE");
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(visitor_get(visitor, "/only-post"), 405);
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/method-not-allowed");
}
END_TEST

START_TEST(a_method_where_nothing_is_is_404)
{
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/nowhere", FORM, "a=b"), 404);
	/* No body is read for that. */
	ck_assert_uint_eq(visitor->read, 0);
	ck_assert_int_eq(
	    visitor_send(visitor, "OPTIONS", "/nowhere", NULL, NULL), 404);
}
END_TEST

/* The gateway leaves the body out; the rest is as with GET. */
START_TEST(head_is_answered_as_get)
{
	size_t len;

	ck_assert_int_eq(visitor_get(visitor, "/page"), 200);
	len = visitor->rs.len;
	ck_assert_int_eq(
	    visitor_send(visitor, "HEAD", "/page", NULL, NULL), 200);
	ck_assert_uint_eq(visitor->rs.len, len);
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(
	    visitor_send(visitor, "HEAD", "/nowhere", NULL, NULL), 404);
	ck_assert_int_eq(
	    visitor_send(visitor, "HEAD", "/only-post", NULL, NULL), 405);
}
END_TEST

START_TEST(a_long_target_is_414)
{
	char target[REQUEST_TARGET_MAX + 2];

	memset(target, 'x', sizeof(target));
	memcpy(target, "/page?", 6);
	target[REQUEST_TARGET_MAX] = '\0';
	ck_assert_int_eq(visitor_get(visitor, target), 200);
	target[REQUEST_TARGET_MAX] = 'x';
	target[REQUEST_TARGET_MAX + 1] = '\0';
	ck_assert_int_eq(visitor_get(visitor, target), 414);
}
END_TEST

START_TEST(a_query_that_cannot_be_read_is_400)
{
	ck_assert_int_eq(visitor_get(visitor, "/page?a=%"), 400);
	ck_assert_int_eq(visitor_get(visitor, "/page?a=%ff"), 400);
	ck_assert_int_eq(visitor_get(visitor, "/page?a=%00"), 400);
	ck_assert_int_eq(runs, 0);
}
END_TEST

/* --- below a path --- */

static void
setup_below(void)
{
	open_site("http://127.0.0.1:8080/app");
}

START_TEST(lives_below_a_path)
{
	ck_assert_int_eq(visitor_get(visitor, "/app/page"), 200);
	ck_assert_int_eq(visitor_get(visitor, "/page"), 404);
	ck_assert_int_eq(visitor_get(visitor, "/apppage"), 404);
	ck_assert_int_eq(visitor_get(visitor, "/application/page"), 404);
	ck_assert_int_eq(visitor_get(visitor, "/App/page"), 404);
	ck_assert_int_eq(visitor_get(visitor, "/app/app/page"), 404);
	ck_assert_int_eq(visitor_get(visitor, "/app/"), 200);
	ck_assert_int_eq(visitor_get(visitor, "/app"), 200);
	ck_assert_int_eq(visitor_get(visitor, "/app?x"), 200);
	ck_assert_int_eq(visitor_get(visitor, "/ap"), 404);
}
END_TEST

START_TEST(leads_on_below_the_path)
{
	be_program();
	visitor_set(visitor, "HTTP_ACCEPT", "text/html");
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/app/note", "{\"text\":\"a\"}"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/app/page");
}
END_TEST

/* --- bodies --- */

START_TEST(takes_the_same_in_three_ways)
{
	(void)visitor_submit(visitor, "/note", ""); /* gives cookie and token */
	ck_assert_int_eq(visitor_submit(visitor, "/note", "text=a"), 303);
	ck_assert_int_eq(visitor_send(visitor, "POST", "/note", JSON,
			     arena_printf(visitor->kept,
				 "{\"csrf_token\":\"%s\",\"text\":\"b\"}",
				 visitor->csrf_token)),
	    303);
	ck_assert_int_eq(visitor_send(visitor, "POST", "/note",
			     "multipart/form-data; boundary=x",
			     arena_printf(visitor->kept,
				 "--x\r\nContent-Disposition: form-data;"
				 " name=\"csrf_token\"\r\n\r\n%s\r\n"
				 "--x\r\nContent-Disposition: form-data;"
				 " name=\"text\"\r\n\r\nc\r\n--x--\r\n",
				 visitor->csrf_token)),
	    303);
	ck_assert_str_eq(test_text(visitor->kept,
			     "SELECT string_agg(email, '' ORDER BY email)"
			     " FROM account",
			     NULL),
	    "abc");
}
END_TEST

/* clang-format off */
static const struct {
	const char *type;
	const char *body;
	int status;
	const char *problem;
} bodies[] = {
	{ NULL, "x", 415, "unsupported-type" },
	{ "text/plain", "x", 415, "unsupported-type" },
	{ "application/xml", "<x/>", 415, "unsupported-type" },
	{ "application/json; charset=latin1", "{}", 415, "unsupported-type" },
	{ JSON, "{", 400, "bad-request" },
	{ JSON, "[]", 400, "bad-request" },
	{ JSON, "{\"text\":\"a\"} x", 400, "bad-request" },
	{ JSON, "{\"text\":\"a\",\"text\":\"b\"}", 400, "bad-request" },
	{ JSON, "{\"text\":\"\xff\"}", 400, "bad-request" },
	{ JSON, "{}", 422, "invalid-input" },
	{ JSON, "", 422, "invalid-input" },
	{ JSON, "{\"text\":\"\"}", 422, "invalid-input" },
	{ JSON, "{\"text\":[\"a\"]}", 422, "invalid-input" },
	{ JSON, "{\"text\":{}}", 422, "invalid-input" },
	{ JSON, "{\"text\":null}", 422, "invalid-input" },
	{ JSON, "{\"text\":\"a\\nb\"}", 422, "invalid-input" },
	{ JSON, "{\"text\":\"a\",\"other\":\"b\"}", 422, "invalid-input" },
	{ JSON, "{\"text\":\"a\"}", 201, "" },
	{ "Application/JSON; charset=UTF-8", "{\"text\":\"a\"}", 201, "" },
};
/* clang-format on */

START_TEST(refuses_what_it_cannot_read)
{
	be_program();
	/* So that a body that is no JSON gets past the form token. */
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	ck_assert_int_eq(visitor_send(visitor, "POST", "/note", bodies[_i].type,
			     bodies[_i].body),
	    bodies[_i].status);
	ck_assert(text_starts_with(visitor_json(visitor, "type"),
	    bodies[_i].problem[0] != '\0'
		? "https://chatelaine.invalid/problems/"
		: ""));
	if (bodies[_i].problem[0] != '\0')
		ck_assert_str_eq(
		    strrchr(visitor_json(visitor, "type"), '/') + 1,
		    bodies[_i].problem);
	ck_assert_int_eq(notes(), bodies[_i].status == 201);
}
END_TEST

START_TEST(names_the_fields_that_are_wrong)
{
	struct json_object *answer, *errors, *error;

	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"other\":\"x\"}"), 422);
	answer = json_tokener_parse(visitor->answer);
	errors = json_object_object_get(answer, "errors");
	ck_assert_uint_eq(json_object_array_length(errors), 2);
	error = json_object_array_get_idx(errors, 0);
	ck_assert_str_eq(
	    json_object_get_string(json_object_object_get(error, "field")),
	    "text");
	ck_assert_ptr_nonnull(json_object_object_get(error, "message"));
	error = json_object_array_get_idx(errors, 1);
	ck_assert_str_eq(
	    json_object_get_string(json_object_object_get(error, "field")),
	    "other");
	json_object_put(answer);
}
END_TEST

static char *
long_body(size_t size)
{
	char *body = arena_alloc(visitor->kept, size + 1);

	memset(body, 'x', size);
	memcpy(body, "text=", 5);
	return body;
}

START_TEST(a_body_that_is_announced_too_large_is_not_read)
{
	size_t limit = (size_t)site->config->body_limit;

	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, long_body(limit + 1)),
	    413);
	ck_assert_uint_eq(visitor->read, 0);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	visitor->length = "9223372036854775807";
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, "a"), 413);
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/body-too-large");
	/* How much it may be. */
	ck_assert_ptr_nonnull(strstr(visitor_json(visitor, "detail"), "65536"));
}
END_TEST

START_TEST(a_body_that_grows_too_large_is_not_read_on)
{
	size_t limit = (size_t)site->config->body_limit;

	visitor->length = "";
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, long_body(4 * limit)),
	    413);
	ck_assert_uint_le(visitor->read, limit + 1000);
	visitor->length = "10";
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, long_body(4 * limit)),
	    413);
	ck_assert_uint_le(visitor->read, limit + 1000);
}
END_TEST

START_TEST(a_body_up_to_the_limit_is_read)
{
	size_t limit = (size_t)site->config->body_limit;

	be_program();
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	/* Read, and then too long for its field. */
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, long_body(limit)),
	    422);
	ck_assert_uint_eq(visitor->read, limit);
}
END_TEST

/* clang-format off */
static const struct {
	const char *length;
	bool cut;
} cuts[] = {
	{ "6", true },		/* as the gateway tells it */
	{ NULL, true },		/* all of it is there, and still an error */
	{ "", true },
	{ "7", false },		/* shorter than announced */
	{ "5", false },		/* longer */
	{ "0", false },
	{ "-6", false },
	{ "+6", false },
	{ " 6", false },
	{ "6 ", false },
	{ "6x", false },
	{ "0x6", false },
	{ "99999999999999999999", false },
};
/* clang-format on */

START_TEST(a_body_that_was_cut_changes_nothing)
{
	be_program();
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	visitor->length = cuts[_i].length;
	visitor->cut = cuts[_i].cut;
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, "text=a"), 400);
	ck_assert_int_eq(runs, 0);
	/* And the next is not taken for its rest. */
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, "text=b"), 201);
	ck_assert_int_eq(notes(), 1);
}
END_TEST

START_TEST(a_length_may_be_missing)
{
	be_program();
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	visitor->length = "";
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", FORM, "text=a"), 201);
}
END_TEST

START_TEST(a_get_has_no_body)
{
	ck_assert_int_eq(
	    visitor_send(visitor, "GET", "/page", "text/plain", "x"), 200);
	ck_assert_uint_eq(visitor->read, 0);
}
END_TEST

/* clang-format off */
static const struct {
	const char *form;
	const char *method;	/* NULL: 405; "": 422 */
} meant[] = {
	{ "_method=PUT", "put" },
	{ "_method=PATCH", "patch" },
	{ "_method=DELETE", "delete" },
	{ "_method=POST", NULL },
	{ "_method=GET", NULL },
	{ "_method=HEAD", NULL },
	{ "_method=delete", NULL },
	{ "_method=", NULL },
	{ "", NULL },
	{ "_method=DELETE&_method=PUT", "" },
	{ "_method=GET&_method=PUT", "" },
	{ "_method=DELETE&_method=GET", NULL },
};
/* clang-format on */

START_TEST(a_form_may_mean_another_method)
{
	be_program();
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/item/1", FORM, meant[_i].form),
	    meant[_i].method == NULL          ? 405
		: meant[_i].method[0] == '\0' ? 422
					      : 200);
	if (meant[_i].method != NULL)
		ck_assert_str_eq(
		    visitor_json(visitor, "method"), meant[_i].method);
}
END_TEST

START_TEST(only_a_post_may_mean_another)
{
	be_program();
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer x");
	ck_assert_int_eq(
	    visitor_send(visitor, "PUT", "/item/1", FORM, "_method=DELETE"),
	    200);
	ck_assert_str_eq(visitor_json(visitor, "method"), "put");
	ck_assert_int_eq(visitor_get(visitor, "/item/1?_method=DELETE"), 200);
	ck_assert_str_eq(visitor_json(visitor, "method"), "");
}
END_TEST

/* --- one request, one transaction --- */

START_TEST(commits_what_an_answer_speaks_of)
{
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 201);
	ck_assert_int_eq(notes(), 1);
	ck_assert_str_eq(visitor_json(visitor, "id"),
	    test_text(visitor->kept, "SELECT id FROM account", NULL));
}
END_TEST

START_TEST(a_refusal_is_an_answer)
{
	be_program();
	outcome = "refused";
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 422);
	ck_assert_int_eq(notes(), 1);
}
END_TEST

/* clang-format off */
static const struct {
	const char *outcome;
	const char *accept;
	int status;
} failures[] = {
	{ "invalid", JSON, 400 },
	{ "not found", JSON, 404 },
	{ "conflict", JSON, 409 },
	{ "forbidden", JSON, 403 },
	{ "expired", JSON, 410 },
	{ "unavailable", JSON, 503 },
	{ "fault", JSON, 500 },
	{ "fault", "text/html", 500 },
	{ "no such page", "text/html", 500 },
	{ "broken page", "text/html", 500 },
};
/* clang-format on */

START_TEST(anything_else_is_rolled_back)
{
	be_program();
	visitor_set(visitor, "HTTP_ACCEPT", failures[_i].accept);
	outcome = failures[_i].outcome;
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"),
	    failures[_i].status);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(notes(), 0);
	ck_assert_str_eq(visitor_header(visitor, "Retry-After"),
	    failures[_i].status == 503 ? "5" : "");
	/* The connection is fit for the next. */
	outcome = "";
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"b\"}"), 201);
	ck_assert_int_eq(notes(), 1);
}
END_TEST

/* No half of an answer that failed is sent with the one that tells so. */
START_TEST(a_failed_answer_leaves_nothing_behind)
{
	ck_assert_int_eq(visitor_get(visitor, "/broken"), 500);
	ck_assert_str_eq(visitor_header(visitor, "X-Half-Done"), "");
	ck_assert_str_ne(visitor_header(visitor, "X-Request-Id"), "");
}
END_TEST

START_TEST(nobody_is_signed_in_by_what_was_rolled_back)
{
	be_program();
	visitor_set(visitor, "HTTP_ACCEPT", "text/html");
	outcome = "a session and a fault";
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 500);
	ck_assert(!visitor_sees(visitor, "Mallory"));
}
END_TEST

START_TEST(what_a_statement_refuses_is_a_conflict)
{
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 201);
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 409);
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/conflict");
}
END_TEST

/* --- when passwords are hashed --- */

/* Another connection, which has the only slot of this host. */
static struct db *
fill_slots(void)
{
	static struct config settings;
	struct db *db = db_open(test_handler_url(), "check_dispatch");

	settings = *site->config;
	settings.password_at_once = 1;
	settings.password_wait = 1;
	site->config = &settings;
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    hash_slot_take(db, visitor->kept, &settings, site->host, 0), ST_OK);
	return db;
}

/* Told to come again, and nothing was done. */
static void
is_put_off(int status)
{
	ck_assert_int_eq(status, 503);
	ck_assert_str_eq(visitor_header(visitor, "Retry-After"), "5");
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/unavailable");
	ck_assert_int_eq(runs, 0);
	ck_assert_int_eq(notes(), 0);
}

START_TEST(what_hashes_needs_a_slot)
{
	struct db *other = fill_slots();

	be_program();
	is_put_off(visitor_post_json(visitor, "/hash", "{\"text\":\"a\"}"));
	/* Neither a refusal nor what hashes nothing does. */
	ck_assert_int_eq(visitor_post_json(visitor, "/hash", "{}"), 422);
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 201);
	db_rollback(other);
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/hash", "{\"text\":\"b\"}"), 201);
	db_close(other);
}
END_TEST

START_TEST(a_slot_is_held_while_the_action_runs)
{
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/hash", "{\"text\":\"a\"}"), 201);
	ck_assert_int_eq(slots, 1);
	ck_assert_int_eq(slots_taken(), 0);
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"b\"}"), 201);
	ck_assert_int_eq(slots, 0);
}
END_TEST

START_TEST(a_request_that_waited_too_long_is_not_hashed)
{
	be_program();
	visitor->busy_ms = site->config->password_wait * 1000;
	is_put_off(visitor_post_json(visitor, "/hash", "{\"text\":\"a\"}"));
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 201);
	visitor->busy_ms = 0;
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/hash", "{\"text\":\"b\"}"), 201);
}
END_TEST

/* --- when PostgreSQL fails --- */

START_TEST(a_safe_request_is_done_again)
{
	ck_assert_int_eq(visitor_get(visitor, "/lost"), 200);
	ck_assert_int_eq(runs, 3); /* cut, asked, shown */
	ck_assert(visitor_sees(visitor, "hello"));
}
END_TEST

START_TEST(a_safe_request_is_done_again_once)
{
	outcome = "always";
	ck_assert_int_eq(visitor_get(visitor, "/lost"), 503);
	ck_assert_int_eq(runs, 2);
	ck_assert_str_eq(visitor_header(visitor, "Retry-After"), "5");
}
END_TEST

START_TEST(an_idempotent_one_is_done_again)
{
	be_program();
	ck_assert_int_eq(visitor_post_json(visitor, "/again", "{}"), 200);
	ck_assert_int_eq(runs, 3);
	ck_assert(!in_transaction);
}
END_TEST

START_TEST(what_is_done_again_counts_once)
{
	static struct config settings;

	settings = *site->config;
	settings.limit_token = (struct rates){ { { 1, 86400 } }, 1 };
	site->config = &settings;
	be_program();
	visitor_set(visitor, "REMOTE_ADDR", "192.0.2.1");
	ck_assert_int_eq(visitor_post_json(visitor, "/again", "{}"), 200);
	ck_assert_int_eq(runs, 3);
	ck_assert_int_eq(visitor_post_json(visitor, "/again", "{}"), 429);
}
END_TEST

/* Whoever asks can't mend it, and is not to blame. */
START_TEST(a_missing_right_is_our_fault)
{
	be_program();
	ck_assert_int_eq(visitor_get(visitor, "/locked"), 500);
	ck_assert_int_eq(runs, 1);
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/fault");
}
END_TEST

START_TEST(an_unsafe_request_is_never_done_twice)
{
	be_program();
	ck_assert_int_eq(visitor_post_json(visitor, "/lost", "{}"), 503);
	ck_assert_int_eq(runs, 1);
	ck_assert(in_transaction);
	ck_assert_str_eq(visitor_header(visitor, "Retry-After"), "5");
	ck_assert_str_eq(visitor_json(visitor, "type"),
	    "https://chatelaine.invalid/problems/unavailable");
	/* The next one connects again. */
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 201);
}
END_TEST

START_TEST(an_unsafe_request_finds_a_cut_connection_mended)
{
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 201);
	test_cut_connections();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"b\"}"), 201);
	ck_assert_int_eq(notes(), 2);
}
END_TEST

START_TEST(outlives_a_restart)
{
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 201);
	test_db_restart();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"b\"}"), 201);
	ck_assert_int_eq(notes(), 2);
}
END_TEST

START_TEST(says_so_while_the_database_is_away)
{
	test_db_stop();
	/* What needs none is there. */
	ck_assert_int_eq(visitor_get(visitor, "/page"), 200);
	be_program();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 503);
	ck_assert_int_eq(runs, 1);
	ck_assert_str_eq(visitor_header(visitor, "Retry-After"), "5");
	visitor_set(visitor, "HTTP_ACCEPT", "text/html");
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 503);
	ck_assert(visitor_sees(visitor, "not available just now"));
	test_db_start();
	ck_assert_int_eq(
	    visitor_post_json(visitor, "/note", "{\"text\":\"a\"}"), 303);
}
END_TEST

/* --- who is signed in, on pages that refuse --- */

/* Each kind that is refused before anything else is looked at. */
static void
be_refused(const char *name, bool seen)
{
	ck_assert_int_eq(visitor_get(visitor, "/nowhere"), 404);
	ck_assert(visitor_sees(visitor, name) == seen);
	ck_assert_int_eq(visitor_get(visitor, "/only-post"), 405);
	ck_assert(visitor_sees(visitor, name) == seen);
	ck_assert_int_eq(visitor_get(visitor, "/page?a=%"), 400);
	ck_assert(visitor_sees(visitor, name) == seen);
	ck_assert_int_eq(
	    visitor_send(visitor, "POST", "/note", "text/plain", "x"), 415);
	ck_assert(visitor_sees(visitor, name) == seen);
	ck_assert_int_eq(visitor_send(visitor, "POST", "/note", FORM,
			     long_body((size_t)site->config->body_limit + 1)),
	    413);
	ck_assert(visitor_sees(visitor, name) == seen);
}

START_TEST(a_page_that_refuses_shows_who_is_signed_in)
{
	const char *token;

	be_refused("class=\"who\"", false);
	(void)visitor_sign_in(visitor, "ada@example.org");
	be_refused("<bdi class=\"who\">Ada</bdi>", true);
	/* Its button to sign out is tied to the session. */
	token = visitor->csrf_token;
	ck_assert_int_eq(visitor_get(visitor, "/nowhere"), 404);
	ck_assert_str_eq(visitor->csrf_token, token);
	ck_assert_int_eq(visitor_submit(visitor, "/note", "text=a"), 303);
	/* A program has no use for it. */
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	ck_assert_int_eq(visitor_get(visitor, "/nowhere"), 404);
	ck_assert(!visitor_sees(visitor, "Ada"));
}
END_TEST

START_TEST(a_page_refuses_even_when_that_cannot_be_told)
{
	(void)visitor_sign_in(visitor, "ada@example.org");
	test_db_stop();
	be_refused("class=\"who\"", false);
	test_db_start();
	ck_assert_int_eq(visitor_get(visitor, "/nowhere"), 404);
	be_refused("class=\"who\"", true);
}
END_TEST

/* --- one request after the other --- */

/* A forgotten icon must not make the form in the other tab stale. */
START_TEST(an_error_page_leaves_the_browser_cookie_alone)
{
	const char *cookie;

	ck_assert_int_eq(visitor_get(visitor, "/nowhere"), 404);
	cookie = visitor->cookies[COOKIE_BROWSER];
	ck_assert_uint_eq(strlen(cookie), SECRET_TEXT_LEN);
	ck_assert_int_eq(visitor_get(visitor, "/nowhere"), 404);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_int_eq(visitor_get(visitor, "/only-post"), 405);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_int_eq(visitor_get(visitor, "/broken"), 500);
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
	ck_assert_str_eq(visitor->cookies[COOKIE_BROWSER], cookie);
}
END_TEST

START_TEST(nothing_of_one_request_is_in_the_next)
{
	const char *first;

	be_program();
	ck_assert_int_eq(visitor_post_json(visitor, "/note",
			     "{\"text\":\"a\",\"wrong\":1,\"secret\":\"s\"}"),
	    422);
	first = arena_strdup(
	    visitor->kept, visitor_header(visitor, "X-Request-Id"));
	ck_assert_int_eq(visitor_post_json(visitor, "/note", "{}"), 422);
	ck_assert_str_ne(visitor_header(visitor, "X-Request-Id"), first);
	ck_assert(!visitor_sees(visitor, "wrong"));
	ck_assert(!visitor_sees(visitor, first));
	visitor->program = false;
	visitor_set(visitor, "HTTP_ACCEPT", NULL);
	(void)visitor_sign_in(visitor, "ada@example.org");
	ck_assert_int_eq(visitor_get(visitor, "/page"), 200);
	ck_assert(visitor_sees(visitor, "Ada"));
	visitor->cookies[COOKIE_ACCESS] = NULL;
	ck_assert_int_eq(visitor_get(visitor, "/page"), 200);
	ck_assert(!visitor_sees(visitor, "Ada"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dispatch");
	TCase *paths = tcase_create("routes");
	TCase *below = tcase_create("below");
	TCase *content = tcase_create("bodies");
	TCase *transaction = tcase_create("transaction");
	TCase *hashes = tcase_create("hashes");
	TCase *database = tcase_create("database");

	tcase_add_checked_fixture(paths, setup, teardown);
	tcase_add_test(paths, finds_the_route);
	tcase_add_loop_test(
	    paths, what_no_route_has_is_404, 0, (int)ARRAY_LEN(nowhere));
	tcase_add_test(paths, reads_what_stands_in_the_path);
	tcase_add_test(paths, a_method_that_no_route_has_is_405);
	tcase_add_test(paths, a_method_where_nothing_is_is_404);
	tcase_add_test(paths, head_is_answered_as_get);
	tcase_add_test(paths, a_long_target_is_414);
	tcase_add_test(paths, a_query_that_cannot_be_read_is_400);
	suite_add_tcase(suite, paths);
	tcase_add_checked_fixture(below, setup_below, teardown);
	tcase_add_test(below, lives_below_a_path);
	tcase_add_test(below, leads_on_below_the_path);
	suite_add_tcase(suite, below);
	tcase_add_checked_fixture(content, setup, teardown);
	tcase_add_test(content, takes_the_same_in_three_ways);
	tcase_add_loop_test(
	    content, refuses_what_it_cannot_read, 0, (int)ARRAY_LEN(bodies));
	tcase_add_test(content, names_the_fields_that_are_wrong);
	tcase_add_test(content, a_body_that_is_announced_too_large_is_not_read);
	tcase_add_test(content, a_body_that_grows_too_large_is_not_read_on);
	tcase_add_test(content, a_body_up_to_the_limit_is_read);
	tcase_add_loop_test(content, a_body_that_was_cut_changes_nothing, 0,
	    (int)ARRAY_LEN(cuts));
	tcase_add_test(content, a_length_may_be_missing);
	tcase_add_test(content, a_get_has_no_body);
	tcase_add_loop_test(
	    content, a_form_may_mean_another_method, 0, (int)ARRAY_LEN(meant));
	tcase_add_test(content, only_a_post_may_mean_another);
	suite_add_tcase(suite, content);
	tcase_add_checked_fixture(transaction, setup, teardown);
	tcase_add_test(transaction, commits_what_an_answer_speaks_of);
	tcase_add_test(transaction, a_refusal_is_an_answer);
	tcase_add_loop_test(transaction, anything_else_is_rolled_back, 0,
	    (int)ARRAY_LEN(failures));
	tcase_add_test(transaction, a_failed_answer_leaves_nothing_behind);
	tcase_add_test(
	    transaction, nobody_is_signed_in_by_what_was_rolled_back);
	tcase_add_test(transaction, what_a_statement_refuses_is_a_conflict);
	tcase_add_test(transaction, a_page_that_refuses_shows_who_is_signed_in);
	tcase_add_test(
	    transaction, an_error_page_leaves_the_browser_cookie_alone);
	tcase_add_test(transaction, nothing_of_one_request_is_in_the_next);
	suite_add_tcase(suite, transaction);
	tcase_add_checked_fixture(hashes, setup, teardown);
	tcase_add_test(hashes, what_hashes_needs_a_slot);
	tcase_add_test(hashes, a_slot_is_held_while_the_action_runs);
	tcase_add_test(hashes, a_request_that_waited_too_long_is_not_hashed);
	suite_add_tcase(suite, hashes);
	tcase_add_checked_fixture(database, setup, teardown);
	tcase_set_timeout(database, 60);
	tcase_add_test(database, a_safe_request_is_done_again);
	tcase_add_test(database, a_safe_request_is_done_again_once);
	tcase_add_test(database, an_idempotent_one_is_done_again);
	tcase_add_test(database, what_is_done_again_counts_once);
	tcase_add_test(database, a_missing_right_is_our_fault);
	tcase_add_test(database, an_unsafe_request_is_never_done_twice);
	tcase_add_test(
	    database, an_unsafe_request_finds_a_cut_connection_mended);
	tcase_add_test(database, outlives_a_restart);
	tcase_add_test(database, says_so_while_the_database_is_away);
	tcase_add_test(database, a_page_refuses_even_when_that_cannot_be_told);
	suite_add_tcase(suite, database);
	return harness_run(suite, NEEDS_POSTGRES);
}
