/* check_routes.c - every route, by every method, on both faces. */

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/client.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/http/person.h"
#include "tests/http/sound.h"

#define TIMEOUT 120 /* seconds, for a test */

/* clang-format off */
static const struct row {
	const char *path;
	const char *allow;
	int stranger[2]; /* GET by somebody who is not signed in: page, JSON */
	int member[2];   /* and by somebody who is */
} rows[] = {
	{ "/",                      "GET, HEAD",              { 303, 303 }, { 303, 303 } },
	{ "/auth",                  "GET, HEAD",              { 303, 303 }, { 303, 303 } },
	{ "/healthz",               "GET, HEAD",              { 200, 200 }, { 200, 200 } },
	{ "/metrics",               "GET, HEAD",              { 401, 401 }, { 401, 401 } },
	{ "/.well-known/jwks.json", "GET, HEAD",              { 200, 200 }, { 200, 200 } },
	{ "/.well-known/change-password", "GET, HEAD",        { 303, 303 }, { 303, 303 } },
	{ "/auth/signup",           "GET, HEAD, POST",        { 200, 200 }, { 303, 303 } },
	{ "/auth/verify",           "GET, HEAD, POST",        { 410, 410 }, { 410, 410 } },
	{ "/auth/verify/resend",    "GET, HEAD, POST",        { 200, 200 }, { 200, 200 } },
	{ "/auth/signin",           "GET, HEAD, POST",        { 200, 200 }, { 303, 303 } },
	{ "/auth/signin/code",      "POST",                   { 405, 405 }, { 405, 405 } },
	{ "/auth/signout",          "POST",                   { 405, 405 }, { 405, 405 } },
	{ "/auth/session",          "GET, HEAD",              { 303, 401 }, { 200, 200 } },
	{ "/auth/confirm",          "GET, HEAD, POST",        { 303, 401 }, { 200, 200 } },
	{ "/auth/alert/1",          "GET, HEAD, POST",        { 410, 410 }, { 410, 410 } },
	{ "/auth/sessions",         "GET, HEAD, DELETE",      { 303, 401 }, { 200, 200 } },
	{ "/auth/sessions/1",       "DELETE",                 { 405, 405 }, { 405, 405 } },
	{ "/auth/devices",          "GET, HEAD, DELETE",      { 303, 401 }, { 200, 200 } },
	{ "/auth/devices/1",        "DELETE",                 { 405, 405 }, { 405, 405 } },
	{ "/auth/account",          "GET, HEAD, PATCH, DELETE", { 303, 401 }, { 200, 200 } },
	{ "/auth/account/delete",   "GET, HEAD",              { 303, 401 }, { 200, 200 } },
	{ "/reset",                 "GET, HEAD, POST",        { 200, 200 }, { 200, 200 } },
	{ "/reset/1",               "GET, HEAD, POST",        { 410, 410 }, { 410, 410 } },
	{ "/reset/1/open",          "POST",                   { 405, 405 }, { 405, 405 } },
	{ "/auth/account/export",   "GET, HEAD",              { 303, 401 }, { 200, 200 } },
	{ "/auth/account/password", "GET, HEAD, POST",        { 303, 401 }, { 200, 200 } },
	{ "/auth/account/email",    "GET, HEAD, POST",        { 303, 401 }, { 200, 200 } },
	{ "/auth/email/x",          "GET, HEAD, POST",        { 410, 410 }, { 410, 410 } },
	{ "/auth/email/x/revert",   "GET, HEAD, POST",        { 410, 410 }, { 410, 410 } },
	{ "/auth/preferences",      "GET, HEAD, PATCH",       { 303, 401 }, { 200, 200 } },
	{ "/auth/unsubscribe/1",    "GET, HEAD, POST",        { 410, 410 }, { 410, 410 } },
	{ "/auth/second-factor",    "GET, HEAD, POST, DELETE", { 303, 401 }, { 200, 200 } },
	{ "/auth/second-factor/activate", "POST",             { 405, 405 }, { 405, 405 } },
	{ "/auth/second-factor/codes", "POST",                { 405, 405 }, { 405, 405 } },
};
/* clang-format on */

static const enum client_kind kinds[] = { CLIENT_BROWSER, CLIENT_SCRIPT };

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(arena);
}

static struct client *
new_client(enum client_kind kind)
{
	return client_new(arena, web_url(), kind);
}

/* A browser's cookies and the sign-in page's token, on either face. */
static struct client *
stranger(enum client_kind kind)
{
	struct client *client = new_client(kind);
	const struct answer *page;

	client_header(client, "Accept", "text/html");
	page = client_get(client, "/auth/signin");
	ck_assert_int_eq(page->status, 200);
	client_header(client, "X-CSRF-Token",
	    answer_hidden(page, "/auth/signin", "csrf_token"));
	client_header(client, "Accept",
	    kind == CLIENT_BROWSER ? "text/html" : "application/json");
	return client;
}

/* Somebody who is signed in, and stays so. */
static struct client *
member(enum client_kind kind)
{
	return person_client(arena, kind);
}

/* GET and HEAD */

/*
 * The head without what differs between any two answers, and without the
 * length, which looks_at compares.
 */
static const char *
steady_head(const struct answer *answer)
{
	static const char *const changing[] = { "Date:", "X-Request-Id:",
		"Set-Cookie: ch_browser=", "Content-Length:" };
	const char *line = answer->head;
	struct strbuf head;
	size_t i;

	strbuf_init(&head, arena);
	for (; *line != '\0'; line = strstr(line, "\r\n") + 2) {
		for (i = 0; i < ARRAY_LEN(changing); i++)
			if (text_starts_with(line, changing[i]))
				break;
		if (i == ARRAY_LEN(changing))
			strbuf_add(&head, line,
			    (size_t)(strstr(line, "\r\n") + 2 - line));
	}
	return head.text;
}

/* On a connection of its own, so that a body can't hide in the next answer. */
static const struct answer *
raw_head(struct client *client, const char *path, enum client_kind kind)
{
	const char *request = arena_printf(arena,
	    "HEAD %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: %s\r\n"
	    "Cookie: ch_access=%s\r\nConnection: close\r\n\r\n",
	    path, kind == CLIENT_BROWSER ? "text/html" : "application/json",
	    client_cookie(client, "ch_access"));

	return client_raw(client, request, strlen(request), false);
}

static void
looks_at(struct client *client, const struct row *row, enum client_kind kind,
    int status)
{
	const struct answer *get = client_get(client, row->path);
	const struct answer *head =
	    client_send(client, "HEAD", row->path, NULL, NULL, 0);
	const struct answer *raw = raw_head(client, row->path, kind);

	ck_assert_msg(get->status == status, "%s: %d", row->path, get->status);
	answer_is_sound(get);
	ck_assert_int_eq(head->status, status);
	ck_assert_str_eq(steady_head(head), steady_head(get));
	/*
	 * Health counts seconds, which may need one more digit. Of no body,
	 * Apache tells the length after GET alone.
	 */
	if (strcmp(row->path, "/healthz") != 0 && get->len > 0)
		ck_assert_str_eq(answer_header(head, "Content-Length"),
		    answer_header(get, "Content-Length"));
	ck_assert_int_eq(raw->status, status);
	ck_assert_uint_eq(raw->len, 0);
	if (status == 405)
		ck_assert_str_eq(answer_header(get, "Allow"), row->allow);
}

START_TEST(answers_get_and_head_to_strangers)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		looks_at(new_client(kinds[i]), &rows[_i], kinds[i],
		    rows[_i].stranger[i]);
}
END_TEST

/* What the export tells of a mail changes when the worker sends it. */
static struct client *
settled_member(enum client_kind kind)
{
	struct client *client = member(kind);

	while (test_int("SELECT count(*) FROM outbox WHERE state = 'queued'",
		   NULL) != 0)
		(void)usleep(20 * 1000);
	return client;
}

START_TEST(answers_get_and_head_to_members)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		looks_at(settled_member(kinds[i]), &rows[_i], kinds[i],
		    rows[_i].member[i]);
}
END_TEST

/* Methods */

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH",
	"DELETE", "OPTIONS" };

static bool
allows(const struct row *row, const char *method)
{
	const char *list = arena_printf(arena, ", %s,", row->allow);

	return strstr(list, arena_printf(arena, " %s,", method)) != NULL;
}

START_TEST(refuses_other_methods)
{
	const struct row *row = &rows[_i];

	for (size_t i = 0; i < ARRAY_LEN(methods) * 2; i++) {
		const char *method = methods[i / 2];
		const struct answer *answer;

		if (allows(row, method))
			continue;
		/* Where a body may be, lighttpd wants its length. */
		answer = client_send(new_client(kinds[i % 2]), method,
		    row->path, NULL, method[0] == 'P' ? "" : NULL, 0);
		ck_assert_msg(answer->status == 405, "%s %s: %d", method,
		    row->path, answer->status);
		ck_assert_str_eq(answer_header(answer, "Allow"), row->allow);
		if (strcmp(method, "HEAD") != 0)
			answer_is_sound(answer);
	}
}
END_TEST

START_TEST(takes_a_posted_method_for_the_meant_one)
{
	static const char *const meant[] = { "GET", "HEAD", "PUT", "POST",
		"FOO", "patch", "" };
	struct client *client = member(CLIENT_SCRIPT);
	const struct answer *answer;

	for (size_t i = 0; i < ARRAY_LEN(meant); i++) {
		answer = client_form(client, "/auth/account",
		    FIELDS("_method", meant[i], "name", "Eve"));
		ck_assert_int_eq(answer->status, 405);
		ck_assert_str_eq(
		    answer_header(answer, "Allow"), "GET, HEAD, PATCH, DELETE");
		answer_is_sound(answer);
	}
	answer = client_form(
	    client, "/auth/account", FIELDS("_method", "PATCH", "name", "Ada"));
	ck_assert_int_eq(answer->status, 200);
	answer_is_sound(answer);
}
END_TEST

/* Paths */

static const struct {
	const char *path;
	int lighttpd, apache; /* what these say by themselves; 0: nothing */
} nowhere[] = {
	{ "/auth/", 0, 0 },
	{ "/auth/nothing", 0, 0 },
	{ "/auth/signin/", 0, 0 },
	{ "/auth/signin/x", 0, 0 },
	{ "/auth//signin", 0, 0 },
	{ "/auth/Signin", 0, 0 },
	{ "/auth/signin.html", 0, 0 },
	{ "/auth/verify/resend/1", 0, 0 },
	{ "/auth/%", 0, 400 },
	{ "/auth/%73ignin%00", 400, 404 },
	{ "/reset/", 0, 0 },
	{ "/reset//open", 0, 0 },
	{ "/reset/1/", 0, 0 },
	{ "/reset/1/close", 0, 0 },
	{ "/reset/1/open/", 0, 0 },
};

START_TEST(knows_where_nothing_is)
{
	int refusal =
	    web_is("apache") ? nowhere[_i].apache : nowhere[_i].lighttpd;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct answer *answer =
		    client_get(new_client(kinds[i]), nowhere[_i].path);

		ck_assert_int_eq(answer->status, refusal != 0 ? refusal : 404);
		if (refusal == 0)
			answer_is_sound(answer);
		else
			ck_assert(!answer_is_ours(answer));
	}
}
END_TEST

START_TEST(leaves_all_other_paths_to_the_server)
{
	const struct answer *answer =
	    client_get(new_client(CLIENT_BROWSER), "/elsewhere");

	ck_assert_int_eq(answer->status, 404);
	ck_assert(!answer_is_ours(answer));
}
END_TEST

/* POST and PATCH with nothing in them */

static const struct post {
	const char *method;
	const char *path;
	int stranger[2], member[2];
	const char *fields; /* that are asked for */
} posts[] = {
	{ "POST", "/auth/signup", { 422, 422 }, { 422, 422 },
	    "name email password" },
	{ "POST", "/auth/verify", { 410, 410 }, { 410, 410 }, "" },
	{ "POST", "/auth/verify/resend", { 422, 422 }, { 422, 422 }, "email" },
	{ "POST", "/auth/signin", { 422, 422 }, { 422, 422 },
	    "email password" },
	{ "POST", "/auth/signin/code", { 422, 422 }, { 422, 422 }, "code" },
	{ "POST", "/auth/signout", { 303, 204 }, { 303, 204 }, "" },
	{ "POST", "/auth/alert/1", { 410, 410 }, { 410, 410 }, "" },
	{ "POST", "/auth/confirm", { 303, 401 }, { 422, 422 }, "password" },
	{ "DELETE", "/auth/sessions", { 303, 401 }, { 303, 204 }, "" },
	{ "DELETE", "/auth/sessions/1", { 303, 401 }, { 404, 404 }, "" },
	{ "DELETE", "/auth/devices", { 303, 401 }, { 303, 204 }, "" },
	{ "DELETE", "/auth/devices/1", { 303, 401 }, { 404, 404 }, "" },
	{ "PATCH", "/auth/account", { 303, 401 }, { 422, 422 }, "name" },
	{ "POST", "/reset", { 422, 422 }, { 422, 422 }, "email" },
	{ "POST", "/reset/1", { 410, 410 }, { 410, 410 }, "" },
	{ "POST", "/reset/1/open", { 410, 410 }, { 410, 410 }, "" },
	{ "DELETE", "/auth/account", { 303, 401 }, { 422, 422 }, "password" },
	{ "POST", "/auth/account/password", { 303, 401 }, { 422, 422 },
	    "current_password password" },
	{ "POST", "/auth/account/email", { 303, 401 }, { 422, 422 },
	    "email password" },
	{ "POST", "/auth/email/x", { 410, 410 }, { 410, 410 }, "" },
	{ "POST", "/auth/email/x/revert", { 410, 410 }, { 410, 410 }, "" },
	{ "PATCH", "/auth/preferences", { 303, 401 }, { 303, 200 }, "" },
	{ "POST", "/auth/second-factor", { 303, 401 }, { 200, 200 }, "" },
	{ "DELETE", "/auth/second-factor", { 303, 401 }, { 303, 204 }, "" },
	{ "POST", "/auth/second-factor/activate", { 303, 401 }, { 409, 409 },
	    "" },
	{ "POST", "/auth/second-factor/codes", { 303, 401 }, { 409, 409 }, "" },
};

/* The fields a refusal names, by blanks. */
static const char *
fields_named(const struct answer *answer)
{
	struct strbuf names;
	const char *name;

	strbuf_init(&names, arena);
	for (int i = 0;; i++) {
		name = answer_json(
		    answer, arena_printf(arena, "errors.%d.field", i));
		if (*name == '\0')
			return names.text;
		strbuf_printf(&names, "%s%s", i > 0 ? " " : "", name);
	}
}

static void
posts_nothing(struct client *client, const struct post *post,
    enum client_kind kind, int status)
{
	const struct answer *answer;

	if (kind == CLIENT_BROWSER)
		answer = client_form(
		    client, post->path, FIELDS("_method", post->method));
	else
		answer =
		    client_json(client, post->method, post->path, NO_FIELDS);
	ck_assert_msg(
	    answer->status == status, "%s: %d", post->path, answer->status);
	answer_is_sound(answer);
	if (status != 422)
		return;
	if (kind == CLIENT_SCRIPT) {
		ck_assert_str_eq(answer_problem(answer), "invalid-input");
		ck_assert_str_eq(fields_named(answer), post->fields);
		return;
	}
	ck_assert(answer_shows(answer, "<title>Error: "));
	ck_assert(answer_shows(answer, "There is a problem"));
	ck_assert(answer_shows(answer, "aria-invalid=\"true\""));
}

START_TEST(answers_empty_posts_of_strangers)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		posts_nothing(stranger(kinds[i]), &posts[_i], kinds[i],
		    posts[_i].stranger[i]);
}
END_TEST

/* Signing out would take the session from all later tests. */
START_TEST(answers_empty_posts_of_members)
{
	bool ends = strcmp(posts[_i].path, "/auth/signout") == 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		posts_nothing(
		    ends ? person_signed_in(arena, kinds[i]) : member(kinds[i]),
		    &posts[_i], kinds[i], posts[_i].member[i]);
}
END_TEST

START_TEST(answers_empty_posts_of_programs)
{
	const struct answer *answer = client_json(new_client(CLIENT_PROGRAM),
	    posts[_i].method, posts[_i].path, NO_FIELDS);

	ck_assert_int_eq(answer->status, posts[_i].stranger[1]);
	answer_is_sound(answer);
}
END_TEST

START_TEST(checks_every_unsafe_route_for_forgery)
{
	const struct post *post = &posts[_i];
	const struct answer *answer;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct client *client = member(kinds[i]);

		client_header(client, "X-CSRF-Token", NULL);
		answer = client_json(
		    client, post->method, post->path, FIELDS("name", "Eve"));
		ck_assert_int_eq(answer->status, 403);
		answer_is_sound(answer);
		if (kinds[i] == CLIENT_SCRIPT)
			ck_assert_str_eq(answer_problem(answer), "stale-form");
		client_header(client, "Sec-Fetch-Site", "cross-site");
		answer = client_json(
		    client, post->method, post->path, FIELDS("name", "Eve"));
		ck_assert_int_eq(answer->status, 403);
		answer_is_sound(answer);
		if (kinds[i] == CLIENT_SCRIPT)
			ck_assert_str_eq(answer_problem(answer), "cross-site");
	}
}
END_TEST

/* The one route where a cookie counts for nothing: the link says it all. */
START_TEST(takes_a_link_to_unsubscribe_from_anywhere)
{
	struct client *client = member(CLIENT_BROWSER);
	const struct answer *answer;

	client_header(client, "X-CSRF-Token", NULL);
	client_header(client, "Sec-Fetch-Site", "cross-site");
	answer = client_form(client, "/auth/unsubscribe/1",
	    FIELDS("List-Unsubscribe", "One-Click"));
	ck_assert_int_eq(answer->status, 410);
	answer_is_sound(answer);
	ck_assert(!answer_shows(answer, "Sign out"));
}
END_TEST

START_TEST(refuses_forms_without_cookies_and_metadata)
{
	const struct answer *answer = client_form(new_client(CLIENT_PROGRAM),
	    posts[_i].path, FIELDS("_method", posts[_i].method));

	/* A stranger is told to sign in first. */
	ck_assert_int_eq(
	    answer->status, posts[_i].stranger[1] == 401 ? 401 : 403);
	answer_is_sound(answer);
}
END_TEST

/* The three kinds of bodies */

static const struct answer *
send_form(struct client *client, const char *target, const char *const *fields)
{
	return client_form(client, target, fields);
}

static const struct answer *
send_json(struct client *client, const char *target, const char *const *fields)
{
	return client_json(client, "POST", target, fields);
}

static const struct answer *(*const senders[])(struct client *, const char *,
    const char *const *) = { send_form, send_json, client_multipart };

START_TEST(reads_the_same_fields_from_any_body)
{
	const struct answer *answer;
	const char *email = arena_printf(arena, "any%d@example.org", _i);

	web_account(email, "Ada");
	answer = senders[_i](stranger(CLIENT_SCRIPT), "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD, "client", "api"));
	ck_assert_int_eq(answer->status, 200);
	answer_is_sound(answer);
	ck_assert_str_eq(answer_json(answer, "user.email"), email);
	ck_assert_str_ne(answer_json(answer, "access_token"), "");
}
END_TEST

/* Cookies */

START_TEST(sets_cookies_where_they_belong)
{
	struct client *client = new_client(CLIENT_BROWSER);
	const struct answer *answer;

	answer = client_get(client, "/auth/signin");
	ck_assert_uint_eq(answer_header_count(answer, "Set-Cookie"), 1);
	ck_assert(text_starts_with(
	    answer_header(answer, "Set-Cookie"), "ch_browser="));
	ck_assert_ptr_nonnull(
	    strstr(answer_header(answer, "Set-Cookie"), "; Max-Age=86400;"));
	answer = client_get(client, "/auth/signin");
	ck_assert_uint_eq(answer_header_count(answer, "Set-Cookie"), 0);

	client = stranger(CLIENT_BROWSER);
	ck_assert_str_ne(client_cookie(client, "ch_browser"), "");
	answer = client_form(client, "/auth/signin",
	    FIELDS("email", PERSON_EMAIL, "password", TEST_PASSWORD));
	ck_assert_int_eq(answer->status, 303);
	answer = client_get(client, "/auth/session");
	client_header(client, "X-CSRF-Token",
	    answer_hidden(answer, "/auth/signout", "csrf_token"));
	ck_assert_str_eq(client_cookie(client, "ch_browser"), "");
	ck_assert_str_ne(client_cookie(client, "ch_access"), "");
	answer = client_form(client, "/auth/signout", NO_FIELDS);
	ck_assert_int_eq(answer->status, 303);
	ck_assert_str_eq(answer_header(answer, "Set-Cookie"),
	    "ch_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}
END_TEST

START_TEST(gives_machines_no_cookies)
{
	static const char *const paths[] = { "/healthz",
		"/.well-known/jwks.json" };

	for (size_t i = 0; i < ARRAY_LEN(paths) * 2; i++) {
		const struct answer *answer =
		    client_get(new_client(kinds[i % 2]), paths[i / 2]);

		ck_assert_uint_eq(answer_header_count(answer, "Set-Cookie"), 0);
	}
}
END_TEST

START_TEST(publishes_public_keys_alone)
{
	const struct answer *answer;
	struct client *client = member(CLIENT_SCRIPT);

	answer = client_get(client, "/.well-known/jwks.json");
	ck_assert_str_eq(
	    answer_header(answer, "Content-Type"), "application/jwk-set+json");
	ck_assert_str_eq(
	    answer_header(answer, "Cache-Control"), "public, max-age=3600");
	ck_assert_str_eq(answer_json(answer, "keys.0.alg"), "ES256");
	ck_assert_str_eq(answer_json(answer, "keys.0.use"), "sig");
	ck_assert_str_eq(answer_json(answer, "keys.1"), "");
	ck_assert(!answer_shows(answer, "\"d\""));
	ck_assert(!answer_shows(answer, "PRIVATE"));
}
END_TEST

START_TEST(tells_its_health)
{
	const struct answer *answer =
	    client_get(new_client(CLIENT_BROWSER), "/healthz");

	ck_assert_str_eq(
	    answer_header(answer, "Content-Type"), "application/json");
	ck_assert_str_eq(answer_json(answer, "status"), "ok");
	ck_assert_str_eq(answer_json(answer, "database"), "ok");
	ck_assert_str_eq(answer_json(answer, "worker"), "ok");
}
END_TEST

/* What a device says of itself, and what is kept of it. */
START_TEST(bears_any_user_agent_at_sign_in)
{
	const char *const agents[][2] = {
		{ "Test/2.0 (\xc3\xa4)", "Test/2.0 (\xc3\xa4)" },
		{ "\xff\xfe", "" },
		{ "<b>&amp;\"'", "<b>&amp;\"'" },
		{ NULL, "" },
	};
	struct client *program = new_client(CLIENT_PROGRAM);
	const struct answer *answer;

	client_header(program, "X-Forwarded-For", "192.0.2.1");
	for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
		client_header(program, "User-Agent", agents[i][0]);
		answer = client_json(program, "POST", "/auth/signin",
		    FIELDS("email", PERSON_EMAIL, "password", TEST_PASSWORD,
			"client", "api"));
		ck_assert_int_eq(answer->status, 200);
		ck_assert_str_eq(
		    answer_json(answer, "session.user_agent"), agents[i][1]);
		ck_assert_str_eq(
		    answer_json(answer, "session.ip"), "127.0.0.1");
	}
	/* 300 bytes are kept, and no half of a character. */
	client_header(program, "User-Agent",
	    arena_printf(arena, "%0299d\xf0\x9f\x98\x80", 0));
	answer = client_json(program, "POST", "/auth/signin",
	    FIELDS("email", PERSON_EMAIL, "password", TEST_PASSWORD, "client",
		"api"));
	ck_assert_uint_eq(
	    strlen(answer_json(answer, "session.user_agent")), 299);
}
END_TEST

START_TEST(numbers_each_request)
{
	struct client *client = new_client(CLIENT_BROWSER);
	const char *ids[20];

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		ids[i] = answer_header(
		    client_get(client, "/auth/nothing"), "X-Request-Id");
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(ids[i], ids[j]);
	}
}
END_TEST

START_TEST(serves_what_pages_need)
{
	static const struct {
		const char *path;
		const char *type;
	} assets[] = {
		{ "/assets/chatelaine.css", "text/css; charset=utf-8" },
		{ "/assets/chatelaine.js", "text/javascript; charset=utf-8" },
		{ "/assets/favicon.svg", "image/svg+xml" },
	};
	struct client *client = new_client(CLIENT_BROWSER);
	const struct answer *answer = client_get(client, "/auth/signin");

	for (size_t i = 0; i < ARRAY_LEN(assets); i++) {
		ck_assert(answer_shows(answer, assets[i].path));
		ck_assert_str_eq(
		    answer_header(
			client_get(client, assets[i].path), "Content-Type"),
		    assets[i].type);
	}
	answer = client_get(client, "/assets/chatelaine.css?v=1");
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(
	    answer_header(answer, "X-Content-Type-Options"), "nosniff");
	/* With mod_autoindex, Apache would say 403, too. */
	ck_assert_int_eq(client_get(client, "/assets/")->status,
	    web_is("apache") ? 404 : 403);
	ck_assert_int_ne(
	    client_get(client, "/assets/../wording.strings")->status, 200);
	ck_assert_int_ne(
	    client_get(client, "/assets/%2e%2e/wording.strings")->status, 200);
}
END_TEST

/* The database goes, and comes back */

/* 503, when to come again, and nothing that a browser should keep. */
static void
is_unavailable(const struct answer *answer)
{
	ck_assert_int_eq(answer->status, 503);
	ck_assert_str_ne(answer_header(answer, "Retry-After"), "");
	answer_is_sound(answer);
}

START_TEST(survives_the_loss_of_the_database)
{
	struct client *browser = member(CLIENT_BROWSER);
	struct client *script = member(CLIENT_SCRIPT);
	struct client *program = new_client(CLIENT_PROGRAM);
	const char *handlers = web_handlers(arena);
	const struct answer *answer;

	client_impatient(script);
	client_impatient(program);
	test_db_stop();
	for (int i = 0; i < 4; i++) {
		is_unavailable(client_get(browser, "/auth/session"));
		is_unavailable(client_get(script, "/auth/account"));
		is_unavailable(client_json(
		    script, "PATCH", "/auth/account", FIELDS("name", "Eve")));
		is_unavailable(client_json(program, "POST", "/auth/signin",
		    FIELDS("email", PERSON_EMAIL, "password", TEST_PASSWORD)));
		answer = client_get(program, "/healthz");
		ck_assert_int_eq(answer->status, 503);
		ck_assert_str_eq(answer_json(answer, "status"), "down");
		answer = client_get(program, "/auth/signin");
		ck_assert_int_eq(answer->status, 200);
	}
	test_db_start();
	for (int i = 0; i < 4; i++) {
		answer = client_get(browser, "/auth/session");
		ck_assert_int_eq(answer->status, 200);
		ck_assert(!answer_shows(answer, "Eve"));
		answer = client_get(script, "/auth/account");
		ck_assert_int_eq(answer->status, 200);
		answer = client_json(program, "POST", "/auth/signin",
		    FIELDS("email", PERSON_EMAIL, "password", TEST_PASSWORD,
			"client", "api"));
		ck_assert_int_eq(answer->status, 200);
	}
	ck_assert_str_eq(web_handlers_lost(arena, handlers), "");
}
END_TEST

START_TEST(nobody_notices_a_restart_of_the_database)
{
	struct client *browser = member(CLIENT_BROWSER);
	struct client *program = new_client(CLIENT_PROGRAM);
	const struct answer *answer;

	client_impatient(program);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    client_get(browser, "/auth/session")->status, 200);
		test_db_restart();
	}
	for (int i = 0; i < 4; i++) {
		answer = client_json(program, "POST", "/auth/signin",
		    FIELDS("email", PERSON_EMAIL, "password", TEST_PASSWORD));
		ck_assert_int_eq(answer->status, 200);
		ck_assert_int_eq(
		    client_get(browser, "/auth/session")->status, 200);
	}
	/* Nor does the worker stay away. */
	client_json(program, "POST", "/auth/signup",
	    FIELDS("email", "restart@example.org", "name", "Ada", "password",
		TEST_PASSWORD));
	web_mail(arena, "restart@example.org", "Confirm", 1);
}
END_TEST

static Suite *
routes_suite(void)
{
	Suite *suite = suite_create("routes");
	TCase *tcase = tcase_create("routes");

	tcase_add_unchecked_fixture(tcase, person_setup, person_teardown);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(
	    tcase, answers_get_and_head_to_strangers, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(
	    tcase, answers_get_and_head_to_members, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, refuses_other_methods, 0, ARRAY_LEN(rows));
	tcase_add_test(tcase, takes_a_posted_method_for_the_meant_one);
	tcase_add_loop_test(
	    tcase, knows_where_nothing_is, 0, ARRAY_LEN(nowhere));
	tcase_add_test(tcase, leaves_all_other_paths_to_the_server);
	tcase_add_loop_test(
	    tcase, answers_empty_posts_of_strangers, 0, ARRAY_LEN(posts));
	tcase_add_loop_test(
	    tcase, answers_empty_posts_of_members, 0, ARRAY_LEN(posts));
	tcase_add_loop_test(
	    tcase, answers_empty_posts_of_programs, 0, ARRAY_LEN(posts));
	tcase_add_loop_test(
	    tcase, checks_every_unsafe_route_for_forgery, 0, ARRAY_LEN(posts));
	tcase_add_test(tcase, takes_a_link_to_unsubscribe_from_anywhere);
	tcase_add_loop_test(tcase, refuses_forms_without_cookies_and_metadata,
	    0, ARRAY_LEN(posts));
	tcase_add_loop_test(
	    tcase, reads_the_same_fields_from_any_body, 0, ARRAY_LEN(senders));
	tcase_add_test(tcase, sets_cookies_where_they_belong);
	tcase_add_test(tcase, gives_machines_no_cookies);
	tcase_add_test(tcase, publishes_public_keys_alone);
	tcase_add_test(tcase, tells_its_health);
	tcase_add_test(tcase, bears_any_user_agent_at_sign_in);
	tcase_add_test(tcase, numbers_each_request);
	tcase_add_test(tcase, serves_what_pages_need);
	tcase_add_test(tcase, survives_the_loss_of_the_database);
	tcase_add_test(tcase, nobody_notices_a_restart_of_the_database);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return harness_run(routes_suite(), NEEDS_SERVERS);
}
