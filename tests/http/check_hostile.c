/* check_hostile.c - bad input is refused with a reason, and does nothing. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/client.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/http/person.h"
#include "tests/http/sound.h"

#define TIMEOUT 120      /* seconds, for a test */
#define BODY_LIMIT 65536 /* body.limit, as it is set by default */
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define MULTIPART "multipart/form-data; boundary=xYz"

#define BYTES(literal) literal, sizeof(literal) - 1

/* All that is written by anything, the worker's own signs left out. */
#define COUNTS                                                       \
	"SELECT concat_ws(' ', (SELECT count(*) FROM account),"      \
	" (SELECT count(*) FROM account WHERE verified_at IS NULL)," \
	" (SELECT string_agg(name, ',') FROM account),"              \
	" (SELECT count(*) FROM verification),"                      \
	" (SELECT count(*) FROM session),"                           \
	" (SELECT count(*) FROM session WHERE revoked_at IS NULL),"  \
	" (SELECT count(*) FROM signing_key),"                       \
	" (SELECT count(*) FROM job WHERE kind <> 'clean-up'),"      \
	" (SELECT count(*) FROM outbox),"                            \
	" (SELECT count(*) FROM audit_log))"

/* What takes a body. */
static const struct target {
	const char *method;
	const char *path;
} targets[] = {
	{ "PATCH", "/auth/account" },
	{ "POST", "/auth/signup" },
	{ "POST", "/auth/verify" },
	{ "POST", "/auth/verify/resend" },
	{ "POST", "/auth/signin" },
	{ "POST", "/auth/signin/code" },
	{ "POST", "/auth/signout" },
	{ "POST", "/auth/confirm" },
	{ "POST", "/auth/alert/1" },
	{ "DELETE", "/auth/sessions" },
	{ "DELETE", "/auth/sessions/1" },
	{ "DELETE", "/auth/devices" },
	{ "DELETE", "/auth/devices/1" },
	{ "POST", "/reset" },
	{ "POST", "/reset/1" },
	{ "POST", "/reset/1/open" },
	{ "DELETE", "/auth/account" },
	{ "POST", "/auth/account/password" },
	{ "POST", "/auth/account/email" },
	{ "POST", "/auth/email/1" },
	{ "POST", "/auth/email/1/revert" },
	{ "POST", "/auth/second-factor" },
	{ "POST", "/auth/second-factor/activate" },
	{ "POST", "/auth/second-factor/codes" },
	{ "DELETE", "/auth/second-factor" },
};

/* A process a request takes its time, and reads no body otherwise. */
#define TARGETS (web_is_cgi() ? 2 : ARRAY_LEN(targets))

/* What can be looked at. */
static const char *const pages[] = { "/", "/auth", "/healthz", "/metrics",
	"/.well-known/jwks.json", "/auth/signup", "/auth/verify",
	"/auth/verify/resend", "/auth/signin", "/auth/session", "/auth/account",
	"/auth/confirm", "/auth/alert/1", "/auth/sessions", "/auth/devices",
	"/auth/account/password", "/auth/account/email", "/auth/account/delete",
	"/auth/account/export", "/auth/email/1", "/auth/email/1/revert",
	"/reset", "/reset/1", "/auth/second-factor" };

/* Of one test */
static struct arena *arena;
static struct client *member; /* JSON, with cookie and token */
static const char *counts, *handlers;
static size_t log_length;

static struct client *
new_client(enum client_kind kind)
{
	return client_new(arena, web_url(), kind);
}

static struct client *
new_member(enum client_kind kind)
{
	return person_client(arena, kind);
}

static void
setup(void)
{
	arena = arena_new();
	member = new_member(CLIENT_SCRIPT);
	counts = test_text(arena, COUNTS, NULL);
	handlers = web_handlers(arena);
	log_length = strlen(web_log(arena));
}

/* No effect, no complaint, no process lost, and all goes on. */
static void
teardown(void)
{
	const char *log = web_log(arena) + log_length;
	const struct answer *answer;

	ck_assert_str_eq(test_text(arena, COUNTS, NULL), counts);
	ck_assert_str_eq(web_handlers_lost(arena, handlers), "");
	ck_assert_msg(strstr(log, "\"error\"") == NULL &&
		strstr(log, "Sanitizer") == NULL,
	    "%s", log);
	answer = client_get(new_member(CLIENT_SCRIPT), "/auth/session");
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_json(answer, "user.email"), PERSON_EMAIL);
	arena_free(arena);
}

/* Refused by a handler, in words. */
static void
is_refused(const struct answer *answer, int status, const char *told)
{
	const char *words = strcmp(answer_problem(answer), "") != 0
	    ? answer_json(answer, "detail")
	    : answer->body;

	ck_assert_msg(answer->status == status, "%d, not %d: %s",
	    answer->status, status, answer->body);
	answer_is_sound(answer);
	ck_assert_msg(
	    strstr(words, told) != NULL, "not \"%s\": %s", told, words);
}

/* Refused by the web server or a handler, as somebody's mistake. */
static void
is_somehow_refused(const struct answer *answer)
{
	ck_assert_msg(answer->status >= 400 && answer->status < 500, "%d: %s",
	    answer->status, answer->body);
	if (answer_is_ours(answer))
		answer_is_sound(answer);
}

/* Bodies that can't be read */

#define ENCODING "two hexadecimal digits"
#define UTF8 "UTF-8"
#define NO_JSON "not one JSON object"
#define NO_MULTIPART "multipart/form-data"
#define CUT "Only a part"
#define TOO_MANY "too many fields"
#define KIND "a kind that is not read here"

static const struct body {
	const char *type;
	const char *text;
	size_t len;
	int status;
	const char *told;
} bodies[] = {
	{ FORM, BYTES("%"), 400, ENCODING },
	{ FORM, BYTES("name=%"), 400, ENCODING },
	{ FORM, BYTES("name=%4"), 400, ENCODING },
	{ FORM, BYTES("name=%zz"), 400, ENCODING },
	{ FORM, BYTES("%4z=a"), 400, ENCODING },
	{ FORM, BYTES("name=%u0041"), 400, ENCODING },
	{ FORM, BYTES("name=%ff"), 400, UTF8 },
	{ FORM, BYTES("name=\xff"), 400, UTF8 },
	{ FORM, BYTES("name=%c0%af"), 400, UTF8 },
	{ FORM, BYTES("name=%ed%a0%80"), 400, UTF8 },
	{ FORM, BYTES("name=%f4%90%80%80"), 400, UTF8 },
	{ FORM, BYTES("name=%e2%82"), 400, UTF8 },
	{ FORM, BYTES("%ff=name"), 400, UTF8 },
	{ FORM, BYTES("name=a%00b"), 400, UTF8 },
	{ FORM, BYTES("name=a\0b"), 400, UTF8 },
	{ FORM, BYTES("na%00me=a"), 400, UTF8 },

	{ JSON, BYTES("{"), 400, NO_JSON },
	{ JSON, BYTES("}"), 400, NO_JSON },
	{ JSON, BYTES("[]"), 400, NO_JSON },
	{ JSON, BYTES("null"), 400, NO_JSON },
	{ JSON, BYTES("\"name\""), 400, NO_JSON },
	{ JSON, BYTES("name=Eve"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Eve\",}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Eve\""), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Ev"), 400, NO_JSON },
	{ JSON, BYTES("{'name':'Eve'}"), 400, NO_JSON },
	{ JSON, BYTES("{name:\"Eve\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Eve\"}x"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Eve\"}{}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Eve\"}\0"), 400, UTF8 },
	{ JSON, BYTES("/**/{\"name\":\"Eve\"}"), 400, NO_JSON },
	{ JSON, BYTES("\xef\xbb\xbf{\"name\":\"Eve\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Eve\",\"name\":\"Eve\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"Eve\",\"n\\u0061me\":1}"), 400, NO_JSON },
	{ JSON, BYTES("{\"x\":{\"a\":1,\"a\":2}}"), 422, "" },
	{ JSON, BYTES("{\"email\":1e99999}"), 422, "" },
	{ JSON, BYTES("{\"email\":-0.000000000000000000000000000001}"), 422,
	    "" },
	{ JSON, BYTES("{\"email\":123456789012345678901234567890}"), 422, "" },
	{ JSON, BYTES("{\"name\":\"E\\u0000ve\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\\u0000x\":\"Eve\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"\\ud800\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"\\udc00\\ud800\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"\\x41\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"E\nve\"}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":NaN}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":-Infinity}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":01}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":1.}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":0x10}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":tru}"), 400, NO_JSON },
	{ JSON, BYTES("{\"name\":\"\xff\"}"), 400, UTF8 },
	{ JSON, BYTES("{\"name\":\"\xc0\x80\"}"), 400, UTF8 },
	{ JSON,
	    BYTES("{\0\"\0n\0\"\0:\0"
		  "1\0}\0"),
	    400, UTF8 },

	{ MULTIPART, BYTES(""), 400, CUT },
	{ MULTIPART, BYTES("name=Eve"), 400, CUT },
	{ MULTIPART, BYTES("--other\r\n\r\n--other--\r\n"), 400, CUT },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"\r\n\r\nEve"),
	    400, CUT },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"\r\n\r\nEve\r\n--xYz"),
	    400, CUT },
	{ MULTIPART, BYTES("--xYz\r\nContent-Disposition: form-data; na"), 400,
	    CUT },
	{ MULTIPART,
	    BYTES("--xYz\nContent-Disposition: form-data;"
		  " name=\"name\"\n\nEve\n--xYz--\n"),
	    400, NO_MULTIPART },
	{ MULTIPART, BYTES("--xYz\r\n\r\nEve\r\n--xYz--\r\n"), 400,
	    NO_MULTIPART },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data\r\n\r\n"
		  "Eve\r\n--xYz--\r\n"),
	    400, NO_MULTIPART },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"; name=\"x\"\r\n\r\nEve\r\n--xYz--\r\n"),
	    400, NO_MULTIPART },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\r\n\r\nEve\r\n--xYz--\r\n"),
	    400, NO_MULTIPART },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: attachment;"
		  " name=\"name\"\r\n\r\nEve\r\n--xYz--\r\n"),
	    400, NO_MULTIPART },
	{ MULTIPART, BYTES("--xYz\r\nno colon\r\n\r\nEve\r\n--xYz--\r\n"), 400,
	    NO_MULTIPART },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"\r\nContent-Type: multipart/mixed; boundary=a"
		  "\r\n\r\n--a--\r\n--xYz--\r\n"),
	    400, NO_MULTIPART },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"\r\nContent-Transfer-Encoding: base64"
		  "\r\n\r\nRXZl\r\n--xYz--\r\n"),
	    400, NO_MULTIPART },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"\r\n\r\nE\xffve\r\n--xYz--\r\n"),
	    400, UTF8 },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"\r\n\r\nE\0ve\r\n--xYz--\r\n"),
	    400, UTF8 },
	{ "multipart/form-data", BYTES("--xYz--\r\n"), 400, NO_MULTIPART },
	{ "multipart/form-data; boundary=", BYTES("----\r\n"), 415, KIND },
	{ "multipart/form-data; boundary=\"\"", BYTES("----\r\n"), 400,
	    NO_MULTIPART },
	{ "multipart/form-data; boundary=a; boundary=b", BYTES("--a--\r\n"),
	    400, NO_MULTIPART },
	{ "multipart/form-data; boundary=\"a\\\"b\"", BYTES("--a--\r\n"), 400,
	    NO_MULTIPART },

	{ NULL, BYTES("name=Eve"), 415, KIND },
	{ "text/plain", BYTES("name=Eve"), 415, KIND },
	{ "text/html", BYTES(""), 415, KIND },
	{ "application/xml", BYTES("<name>Eve</name>"), 415, KIND },
	{ "application/octet-stream", BYTES("\0\1\2"), 415, KIND },
	{ "multipart/mixed; boundary=xYz", BYTES("--xYz--\r\n"), 415, KIND },
	{ "application/jsonp", BYTES("{}"), 415, KIND },
	{ "json", BYTES("{}"), 415, KIND },
	{ "application/json, text/html", BYTES("{}"), 415, KIND },
	{ "application/json; charset=iso-8859-1", BYTES("{}"), 415, KIND },
	{ "application/json; charset", BYTES("{}"), 415, KIND },
	{ FORM "; charset=utf-16", BYTES("n\0=\0"), 415, KIND },
	{ "\xff\xfe/\x01", BYTES("{}"), 0, "" },
};

START_TEST(refuses_what_cannot_be_read)
{
	const struct body *body = &bodies[_i];
	struct client *browser = new_member(CLIENT_BROWSER);
	const struct answer *answer;

	for (size_t i = 0; i < TARGETS; i++) {
		answer = client_send(member, targets[i].method, targets[i].path,
		    body->type, body->text, body->len);
		if (body->status != 0)
			is_refused(answer, body->status, body->told);
		else
			is_somehow_refused(answer);
	}
	answer = client_send(
	    browser, "POST", "/auth/signup", body->type, body->text, body->len);
	if (body->status != 0)
		is_refused(answer, body->status, body->told);
}
END_TEST

/* Bodies made by repetition */

static const char *
repeated(const char *text, size_t times)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (size_t i = 0; i < times; i++)
		strbuf_str(&sb, text);
	return sb.text;
}

/* {"0":1,"1":1,...} */
static const char *
many_members(size_t count)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (size_t i = 0; i < count; i++)
		strbuf_printf(&sb, "%c\"%zx\":1", i == 0 ? '{' : ',', i);
	strbuf_char(&sb, '}');
	return sb.text;
}

static const char *
nested(size_t depth)
{
	return arena_printf(arena, "{\"name\":%s1%s}", repeated("[", depth - 1),
	    repeated("]", depth - 1));
}

static const char *
many_parts(size_t count)
{
	return arena_printf(arena, "%s--xYz--\r\n",
	    repeated("--xYz\r\nContent-Disposition: form-data;"
		     " name=\"a\"\r\n\r\n1\r\n",
		count));
}

static const char *
many_headers(size_t count)
{
	return arena_printf(arena,
	    "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n%s"
	    "\r\n1\r\n--xYz--\r\n",
	    repeated("X-A: b\r\n", count));
}

START_TEST(refuses_absurd_amounts)
{
	const struct {
		const char *type;
		const char *text;
		int status;
		const char *told;
	} absurd[] = {
		{ FORM, repeated("a=1&", 10000), 400, TOO_MANY },
		{ FORM, repeated("a&", 30000), 400, TOO_MANY },
		{ FORM, repeated("=&", 30000), 400, TOO_MANY },
		{ JSON, many_members(6000), 400, TOO_MANY },
		{ JSON, nested(17), 400, NO_JSON },
		{ JSON, nested(30000), 400, NO_JSON },
		{ JSON, repeated("[", 60000), 400, NO_JSON },
		{ JSON, repeated("{\"a\":", 10000), 400, NO_JSON },
		{ JSON, repeated(" ", 60000), 400, NO_JSON },
		{ MULTIPART, many_parts(1000), 400, TOO_MANY },
		{ MULTIPART, many_headers(1000), 400, NO_MULTIPART },
		{ FORM, repeated("a", BODY_LIMIT + 1), 413, "65536 bytes" },
		{ JSON, repeated("1", BODY_LIMIT + 1), 413, "65536 bytes" },
		{ MULTIPART, many_parts(2000), 413, "65536 bytes" },
		{ "text/plain", repeated("a", 2000000), 413, "65536 bytes" },
	};

	for (size_t i = 0; i < ARRAY_LEN(absurd) * 2; i++) {
		const struct target *target = &targets[i % 2];

		is_refused(client_send(member, target->method, target->path,
			       absurd[i / 2].type, absurd[i / 2].text,
			       strlen(absurd[i / 2].text)),
		    absurd[i / 2].status, absurd[i / 2].told);
	}
	/* More than the web server takes at all. */
	is_somehow_refused(client_send(member, "POST", "/auth/signup", FORM,
	    repeated("a", 9000000), 9000000));
}
END_TEST

/* Fields that are not as they must be */

#define GOOD_REST "&name=Eve&password=seven+damp+owls+in+a+teapot"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND                                                        \
	HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED \
	    HUNDRED HUNDRED

static const struct {
	const char *method;
	const char *path;
	const char *form;
	const char *field; /* that the refusal names */
} fields[] = {
	{ "POST", "/auth/signup", "email=" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=eve" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=eve@" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=@example.org" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=e+ve@example.org" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=a@b@c.org" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=a@b..org" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=a@-b.org" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=%22e%22@b.org" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=%3Ca@b.org%3E" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=%C3%A4@b.org" GOOD_REST, "email" },
	{ "POST", "/auth/signup", "email=a@b.org%0d%0aBcc:c@d.org" GOOD_REST,
	    "email" },
	{ "POST", "/auth/signup", "email=" HUNDRED "@b.org" GOOD_REST,
	    "email" },
	{ "POST", "/auth/signup", "email=a@" HUNDRED HUNDRED HUNDRED GOOD_REST,
	    "email" },
	{ "POST", "/auth/signup", "email=a@b.org&email=a@b.org" GOOD_REST,
	    "email" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=&password=seven+damp+owls", "name" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=+%09%C2%A0&password=seven+damp+owls", "name" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=E%0ave&password=seven+damp+owls", "name" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=E%c2%85ve&password=seven+damp+owls", "name" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=" HUNDRED "x&password=seven+damp+owls",
	    "name" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=Eve&password=", "password" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=Eve&password=seven+damp+ow", "password" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=Eve&password=aaaaaaaaaaaaaaaaaaaa",
	    "password" },
	{ "POST", "/auth/signup",
	    "email=evening@b.org&name=Eve&password=evening@b.org+Eve",
	    "password" },
	{ "POST", "/auth/signup",
	    "email=a@b.org&name=Eve&password=" THOUSAND TEN TEN "01234",
	    "password" },
	{ "POST", "/auth/signup", "email=a@b.org&admin=1" GOOD_REST, "admin" },
	{ "POST", "/auth/signup", "email=a@b.org&verified_at=now" GOOD_REST,
	    "verified_at" },
	{ "POST", "/auth/verify", "token=" HUNDRED HUNDRED "0", "token" },
	{ "POST", "/auth/verify", "token=a%0ab", "token" },
	{ "POST", "/auth/verify", "token=a&token=b", "token" },
	{ "POST", "/auth/verify?token=a", "token=b&token=c", "token" },
	{ "POST", "/auth/verify?token=a&token=b", "", "token" },
	{ "POST", "/auth/verify", "token=a&password=" THOUSAND TEN TEN "01234",
	    "password" },
	{ "POST", "/auth/verify/resend", "email=eve", "email" },
	{ "POST", "/auth/verify/resend", "email=a@b.org&name=Eve", "name" },
	{ "POST", "/auth/signin", "email=eve&password=a", "email" },
	{ "POST", "/auth/signin", "email=a@b.org&password=", "password" },
	{ "POST", "/auth/signin",
	    "email=a@b.org&password=" THOUSAND TEN TEN "01234", "password" },
	{ "POST", "/auth/signin", "email=a@b.org&password=a&client=web",
	    "client" },
	{ "POST", "/auth/signin",
	    "email=a@b.org&password=a&client=api&client=api", "client" },
	{ "POST", "/auth/signin?email=a@b.org&password=a", "password=a",
	    "email" },
	{ "POST", "/auth/signin", "email=a@b.org&password=a&next=/&next=//b",
	    "next" },
	{ "POST", "/auth/signin/code", "ticket=a", "code" },
	{ "POST", "/auth/signin/code", "ticket=a&code=" HUNDRED HUNDRED "0",
	    "code" },
	{ "POST", "/auth/signin/code", "ticket=a%0ab&code=1", "ticket" },
	{ "POST", "/auth/signin/code",
	    "ticket=" THOUSAND THOUSAND THOUSAND THOUSAND "0&code=1",
	    "ticket" },
	{ "POST", "/auth/signin/code", "ticket=a&code=1&code=2", "code" },
	{ "POST", "/auth/signin/code", "ticket=a&code=1&remember=on",
	    "remember" },
	{ "POST", "/auth/signin/code?code=1", "ticket=a", "code" },
	{ "POST", "/auth/second-factor", "secret=GEZDGNBVGY3TQOJQ", "secret" },
	{ "POST", "/auth/second-factor/activate", "code=1&code=2", "code" },
	{ "POST", "/auth/second-factor/activate", "code=" HUNDRED HUNDRED "0",
	    "code" },
	{ "POST", "/auth/second-factor/codes", "code=1", "code" },
	{ "POST", "/auth/signout", "all=1", "all" },
	{ "POST", "/auth/signout", "csrf_token=a&csrf_token=b", "csrf_token" },
	{ "PATCH", "/auth/account", "", "name" },
	{ "PATCH", "/auth/account", "name=", "name" },
	{ "PATCH", "/auth/account", "name=a%1b[31m", "name" },
	{ "PATCH", "/auth/account", "name=a%e2%80%a8b", "name" },
	{ "PATCH", "/auth/account", "name=" HUNDRED "x", "name" },
	{ "PATCH", "/auth/account", "name=Eve&name=Eve", "name" },
	{ "PATCH", "/auth/account", "name=Eve&email=eve@b.org", "email" },
	{ "PATCH", "/auth/account", "name=Eve&id=1", "id" },
	{ "POST", "/reset", "email=eve", "email" },
	{ "POST", "/reset", "email=", "email" },
	{ "POST", "/reset", "email=a@b.org%0d%0aBcc:c@d.org", "email" },
	{ "POST", "/reset", "email=a@b.org&email=c@d.org", "email" },
	{ "POST", "/reset?email=a@b.org", "", "email" },
	{ "POST", "/reset", "email=a@b.org&password=a", "password" },
	{ "POST", "/reset/1", "password=" THOUSAND TEN TEN "01234",
	    "password" },
	{ "POST", "/reset/1", "password=a&password=a", "password" },
	{ "POST", "/reset/1", "password=a&email=a@b.org", "email" },
	{ "POST", "/reset/1/open", "password=a", "password" },
	{ "POST", "/auth/account/password", "password=" THOUSAND,
	    "current_password" },
	{ "POST", "/auth/account/password", "current_password=a&password=otter",
	    "password" },
	{ "DELETE", "/auth/account", "", "password" },
	{ "POST", "/auth/account", "_method=DELETE&password=", "password" },
	{ "POST", "/auth/account/email", "email=eve&password=a", "email" },
	{ "POST", "/auth/account/email", "email=" PERSON_EMAIL "&password=a",
	    "email" },
	{ "POST", "/auth/account", "_method=PATCH&_method=PATCH&name=Eve",
	    "_method" },
};

START_TEST(names_the_field_that_will_not_do)
{
	struct client *browser = new_member(CLIENT_BROWSER);
	const struct answer *answer;

	answer = client_send(member, fields[_i].method, fields[_i].path, FORM,
	    fields[_i].form, strlen(fields[_i].form));
	ck_assert_msg(
	    answer->status == 422, "%d: %s", answer->status, answer->body);
	ck_assert_str_eq(answer_problem(answer), "invalid-input");
	ck_assert_str_eq(
	    answer_json(answer, "errors.0.field"), fields[_i].field);
	ck_assert_str_ne(answer_json(answer, "errors.0.message"), "");

	answer = client_send(browser, fields[_i].method, fields[_i].path, FORM,
	    fields[_i].form, strlen(fields[_i].form));
	ck_assert_int_eq(answer->status, 422);
	answer_is_sound(answer);
}
END_TEST

/* Fields that JSON and multipart alone can get wrong. */
static const struct body misfits[] = {
	{ JSON, BYTES("{\"name\":[]}"), 422, "list" },
	{ JSON, BYTES("{\"name\":[\"Eve\"]}"), 422, "list" },
	{ JSON, BYTES("{\"name\":{\"a\":\"Eve\"}}"), 422, "list" },
	{ JSON, BYTES("{\"name\":null}"), 422, "name" },
	{ JSON, BYTES("{\"name\":\"Eve\",\"Name\":1}"), 422, "not expected" },
	{ JSON, BYTES("{\"name\":\"Eve\",\"__proto__\":{}}"), 422,
	    "not expected" },
	{ JSON, BYTES("{\"name\":\"Eve\",\"<script>\":1}"), 422,
	    "not expected" },
	{ JSON, BYTES("{\"name\":\"\\u2028\\u2029\"}"), 422, "name" },
	{ JSON, BYTES("{\"name\":\"\\u0007\"}"), 422, "control" },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"; filename=\"a\"\r\n\r\nEve\r\n--xYz--\r\n"),
	    422, "file" },
	{ MULTIPART,
	    BYTES("--xYz\r\nContent-Disposition: form-data;"
		  " name=\"name\"\r\nContent-Type: image/png\r\n\r\nEve\r\n"
		  "--xYz--\r\n"),
	    422, "file" },
	{ MULTIPART, BYTES("--xYz--\r\n"), 422, "name" },
};

START_TEST(names_the_field_of_the_wrong_kind)
{
	const struct body *body = &misfits[_i];
	struct client *browser = new_member(CLIENT_BROWSER);
	const struct answer *answer;

	answer = client_send(member, "PATCH", "/auth/account", body->type,
	    body->text, body->len);
	ck_assert_int_eq(answer->status, 422);
	answer_is_sound(answer);
	ck_assert_msg(
	    strstr(answer_json(answer, "errors.0.message"), body->told) != NULL,
	    "%s", answer->body);
	answer = client_send(browser, "PATCH", "/auth/account", body->type,
	    body->text, body->len);
	ck_assert_int_eq(answer->status, 422);
	answer_is_sound(answer);
	ck_assert(!answer_shows(answer, "<script>\""));
	ck_assert(!answer_shows(answer, "<script>\xe2"));
}
END_TEST

/* There is nothing to name, so the request as a whole is told of. */
START_TEST(tells_of_fields_without_a_name)
{
	is_refused(client_send(member, "PATCH", "/auth/account", FORM,
		       BYTES("name=Eve&=1")),
	    422, "not expected");
	is_refused(client_send(member, "PATCH", "/auth/account", JSON,
		       BYTES("{\"name\":\"Eve\",\"\":1}")),
	    422, "not expected");
	is_refused(client_send(new_member(CLIENT_BROWSER), "PATCH",
		       "/auth/account", FORM, BYTES("name=Eve&=1")),
	    422, "not expected");
}
END_TEST

/* Targets */

static const char *const queries[] = { "%", "%4", "%zz", "a=%", "token=%g0",
	"next=/%%", "a=%ff", "%c0%af", "token=%ed%a0%80", "a=\xff",
	"next=\xc3" };

START_TEST(refuses_queries_that_cannot_be_read)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		const char *target =
		    arena_printf(arena, "%s?%s", pages[i], queries[_i]);

		is_somehow_refused(client_get(member, target));
	}
}
END_TEST

START_TEST(refuses_long_targets)
{
	struct client *browser = new_client(CLIENT_BROWSER);

	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		is_refused(client_get(member,
			       arena_printf(arena, "%s?a=%s", pages[i],
				   repeated("a", 4096))),
		    414, "Shorten");
		is_refused(client_get(member,
			       arena_printf(arena, "%s?%s", pages[i],
				   repeated("a&", 2000))),
		    400, TOO_MANY);
	}
	/* As CGI the path is that of a file, and too long for one. */
	is_somehow_refused(client_get(
	    browser, arena_printf(arena, "/auth/%s", repeated("a", 5000))));
	is_somehow_refused(client_get(
	    browser, arena_printf(arena, "/auth/%s", repeated("a", 70000))));
}
END_TEST

static const struct {
	const char *path;
	int lighttpd, apache; /* what these say by themselves; 0: nothing */
} paths[] = {
	{ "/auth/%", 0, 400 },
	{ "/auth/%4", 0, 400 },
	{ "/auth/%zz", 0, 400 },
	{ "/auth/%ff", 400, 0 },
	{ "/auth/\xff", 400, 0 },
	{ "/auth/%00", 400, 404 },
	{ "/auth/signin%00", 400, 404 },
	{ "/auth/signin%2f", 0, 404 },
	{ "/auth/signin;a=b", 0, 0 },
	{ "/auth/signin%3fa", 0, 0 },
	{ "/auth/../../etc/passwd", 404, 400 },
	{ "/auth/..%2f..%2fetc%2fpasswd", 404, 404 },
	{ "/auth/%2e%2e/%2e%2e/etc/passwd", 404, 400 },
	{ "/auth/signin/..", 0, 0 },
	{ "/auth//signin", 0, 0 },
	{ "/auth\\signin", 404, 404 },
	{ "/auth/ ", 0, 400 },
	{ "/auth/%0d%0aA:b", 400, 0 },
	{ "/auth/signin%20", 0, 0 },
	{ "/%61uth%2fsignin", 0, 404 },
	{ "/auth/{token}", 0, 0 },
	{ "/auth/%c0%ae", 400, 0 },
	{ "/auth/signin/%f0%9f%98%80", 0, 0 },
	{ "/reset/%", 0, 400 },
	{ "/reset/%ff", 400, 0 },
	{ "/reset/a%00", 400, 404 },
	{ "/reset/../../etc/passwd", 404, 400 },
	{ "/reset/a/../open", 0, 0 },
};

START_TEST(finds_nothing_at_odd_paths)
{
	int refusal = web_is("apache") ? paths[_i].apache : paths[_i].lighttpd;
	const struct answer *answers[] = { client_get(member, paths[_i].path),
		client_get(new_client(CLIENT_BROWSER), paths[_i].path) };

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (refusal == 0) {
			is_refused(answers[i], 404, "");
			continue;
		}
		ck_assert_int_eq(answers[i]->status, refusal);
		ck_assert(!answer_is_ours(answers[i]));
	}
}
END_TEST

/* Links */

static const char *const links[] = { "", "x",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", "%F0%9F%98%80",
	"%27%20OR%201=1--", "../../etc/passwd", HUNDRED HUNDRED, "%3Cscript%3E",
	"+", "{{token}}" };

START_TEST(takes_no_link_that_was_not_mailed)
{
	struct client *browser = new_member(CLIENT_BROWSER);
	const char *form = arena_printf(arena, "token=%s", links[_i]);
	const struct answer *answer;

	answer =
	    client_get(member, arena_printf(arena, "/auth/verify?%s", form));
	is_refused(answer, 410, "too old");
	ck_assert_str_eq(answer_problem(answer), "link-gone");
	answer =
	    client_get(browser, arena_printf(arena, "/auth/verify?%s", form));
	is_refused(answer, 410, "");
	ck_assert(!answer_shows(answer, "<script>\""));
	answer = client_send(
	    member, "POST", "/auth/verify", FORM, form, strlen(form));
	is_refused(answer, 410, "too old");
}
END_TEST

/* Those that are one segment of a path. */
static const char *const segments[] = { "x",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", "%F0%9F%98%80",
	"%27%20OR%201=1--", "%3Cscript%3E", "+", "{token}" };

START_TEST(takes_no_path_that_was_not_mailed)
{
	struct client *browser = new_member(CLIENT_BROWSER);
	const char *path = arena_printf(arena, "/reset/%s", segments[_i]);
	const char *open = arena_printf(arena, "%s/open", path);
	static const char form[] = "password=seven+damp+owls+in+a+teapot";
	const struct answer *answer;

	answer = client_get(member, path);
	is_refused(answer, 410, "too old");
	ck_assert_str_eq(answer_problem(answer), "link-gone");
	answer = client_get(browser, path);
	is_refused(answer, 410, "");
	ck_assert(!answer_shows(answer, "<script>\""));
	is_refused(client_send(member, "POST", path, FORM, BYTES(form)), 410,
	    "too old");
	is_refused(
	    client_send(member, "POST", open, FORM, "", 0), 410, "too old");
}
END_TEST

/* Tokens and cookies */

/* The nth part of the token that is good, from 0. */
static const char *
part(size_t n)
{
	const char *at = person_access_token();

	while (n-- > 0)
		at = strchr(at, '.') + 1;
	return arena_strndup(arena, at, strcspn(at, "."));
}

/* A token of this header (JSON) with the good claims. */
static const char *
forged(const char *header, const char *signature)
{
	return arena_printf(arena, "%s.%s.%s",
	    base64url_encode(arena, header, strlen(header)), part(1),
	    signature);
}

/* The good token with one character exchanged. */
static const char *
bent(size_t at)
{
	char *text = arena_strdup(arena, person_access_token());

	text[at] = text[at] == 'A' ? 'B' : 'A';
	return text;
}

static const char *
kid(void)
{
	struct answer header = { .arena = arena };
	unsigned char *json;
	size_t size;

	ck_assert_int_eq(
	    base64url_decode(arena, part(0), strlen(part(0)), &json, &size),
	    ST_OK);
	header.body = (const char *)json;
	return answer_json(&header, "kid");
}

static void
is_nobodys(const char *token)
{
	struct client *program = new_client(CLIENT_PROGRAM);
	struct client *script = new_client(CLIENT_SCRIPT);
	const struct answer *answers[2];

	client_header(
	    program, "Authorization", arena_printf(arena, "Bearer %s", token));
	client_header(
	    script, "Cookie", arena_printf(arena, "ch_access=%s", token));
	answers[0] = client_get(program, "/auth/session");
	answers[1] = client_get(script, "/auth/session");
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		ck_assert_msg(answers[i]->status == 401, "%d for %s",
		    answers[i]->status, token);
		answer_is_sound(answers[i]);
		ck_assert_str_eq(answer_problem(answers[i]), "not-signed-in");
	}
}

START_TEST(takes_no_token_but_its_own)
{
	const char *token = person_access_token();
	size_t len = strlen(token), first = strlen(part(0));
	size_t second = first + 1 + strlen(part(1));
	const char *tokens[] = {
		"x",
		".",
		"..",
		"...",
		"a.b.c",
		"null",
		arena_printf(arena, "%s.", token),
		arena_printf(arena, "%s=", token),
		arena_printf(arena, "%sA", token),
		arena_printf(arena, ".%s", token),
		arena_strndup(arena, token, len - 1),
		arena_strndup(arena, token, second),
		arena_strndup(arena, token, second + 1),
		bent(0),
		bent(first / 2),
		bent(first + 5),
		bent(second - 3),
		bent(second + 1),
		bent(len - 5),
		forged("{\"alg\":\"none\"}", ""),
		forged(arena_printf(
			   arena, "{\"alg\":\"none\",\"kid\":\"%s\"}", kid()),
		    ""),
		forged(arena_printf(
			   arena, "{\"alg\":\"none\",\"kid\":\"%s\"}", kid()),
		    part(2)),
		forged(arena_printf(
			   arena, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid()),
		    part(2)),
		forged(arena_printf(
			   arena, "{\"alg\":\"ES384\",\"kid\":\"%s\"}", kid()),
		    part(2)),
		forged(arena_printf(arena,
			   "{\"alg\":[\"ES256\"],\"kid\":\"%s\"}", kid()),
		    part(2)),
		forged("{\"alg\":\"ES256\"}", part(2)),
		forged("{\"alg\":\"ES256\",\"kid\":\"' OR 1=1--\"}", part(2)),
		forged("{\"alg\":\"ES256\",\"kid\":{}}", part(2)),
		forged("{\"alg\":\"ES256\",\"kid\":"
		       "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		    part(2)),
		forged("{", part(2)),
		forged("[]", part(2)),
		forged("", part(2)),
		forged(repeated("[", 500), part(2)),
		repeated("a", 3000),
		repeated(".", 3000),
	};

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
		is_nobodys(tokens[i]);
}
END_TEST

START_TEST(takes_no_other_authorization)
{
	static const char *const given[] = { "Bearer", "Bearer ", "Bearer  ",
		"Basic YTpi", "bearer", "", "Bearer a b", "Digest", "\xff" };

	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct client *program = new_client(CLIENT_PROGRAM);
		const struct answer *answer;

		client_header(program, "Authorization", given[i]);
		answer = client_get(program, "/auth/session");
		ck_assert_int_eq(answer->status, 401);
		answer_is_sound(answer);
	}
}
END_TEST

START_TEST(bears_any_cookies)
{
	const char *token = person_access_token();
	struct client *script;
	const char *cookies[] = {
		"",
		";",
		"=",
		";;;;",
		"ch_access",
		"ch_access=",
		"=ch_access",
		"ch_access=\"\"",
		"ch_access=\xff\xfe",
		"ch_access=a;ch_access=b",
		"ch_access=<script>",
		arena_printf(arena, "ch_access=%s; ch_access=a", token),
		arena_printf(arena, "ch_access=a; ch_access=%s", token),
		arena_printf(arena, "a=b, ch_access=%s", token),
		arena_printf(arena, "xch_access=%s", token),
		arena_printf(arena, "CH_ACCESS=%s", token),
		arena_printf(arena, "ch_access=\"%s\"", token),
		arena_printf(arena, "__Host-ch_access=%s", token),
		arena_printf(arena, "ch_browser=%s", token),
		repeated("a=b; ", 1400),
		repeated("ch_access=a; ", 500),
		arena_printf(arena, "ch_access=%s", repeated("a", 7000)),
		arena_printf(arena, "ch_browser=%s", repeated("a", 7000)),
		arena_printf(arena, "%s=a", repeated("a", 7000)),
	};

	for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
		struct client *browser = new_client(CLIENT_BROWSER);
		const struct answer *answer;

		script = new_client(CLIENT_SCRIPT);
		client_header(script, "Cookie", cookies[i]);
		answer = client_get(script, "/auth/session");
		ck_assert_msg(answer->status == 401, "%d for %.100s",
		    answer->status, cookies[i]);
		answer_is_sound(answer);
		client_header(browser, "Cookie", cookies[i]);
		answer = client_get(browser, "/auth/signin");
		/* What may be a token is tried first. */
		ck_assert_msg(answer->status == 200 || answer->status == 303,
		    "%d for %.100s", answer->status, cookies[i]);
		answer_is_sound(answer);
	}
	/* Twice the same is no contradiction; more than 8 KB no header. */
	script = new_client(CLIENT_SCRIPT);
	client_header(script, "Cookie",
	    arena_printf(
		arena, "ch_access=%s; a=b;ch_access=%s ", token, token));
	ck_assert_int_eq(client_get(script, "/auth/session")->status, 200);
	client_header(script, "Cookie",
	    arena_printf(arena, "ch_access=%s", repeated("a", 20000)));
	is_somehow_refused(client_get(script, "/auth/session"));
}
END_TEST

START_TEST(bears_any_header)
{
	static const char *const names[] = { "Accept", "User-Agent", "Origin",
		"Sec-Fetch-Site", "X-Forwarded-For", "X-CSRF-Token", "Referer",
		"X-Request-Id", "If-Match", "Range", "X-HTTP-Method-Override" };
	const char *values[] = { "", "\xff", "\xc3\xa4", ",", ";;;", "*/*;q=2",
		"text/html;q=a", "{{name}}", "<script>", "%s%n", "127.0.0.1",
		repeated("a,", 3000), repeated("\"", 3000), "\t\t", "PATCH" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct client *client = new_client(CLIENT_PROGRAM);

		for (size_t j = 0; j < ARRAY_LEN(values); j++) {
			const struct answer *answer;

			client_header(client, names[i], values[j]);
			answer = client_get(client, "/auth/signin");
			ck_assert_msg(answer->status == 200, "%d for %s: %s",
			    answer->status, names[i], values[j]);
			answer_is_sound(answer);
		}
	}
}
END_TEST

/* The protocol */

#define HEAD_END "Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
#define POST_TO(path, headers, body)                                    \
	"POST " path " HTTP/1.1\r\nAccept: application/json\r\n"        \
	"Content-Type: application/json\r\nHost: 127.0.0.1\r\n" headers \
	"Connection: close\r\n\r\n" body

/* Each is refused, or not answered at all when it never came to its end. */
static const struct {
	const char *bytes;
	size_t len;
	bool last; /* nothing follows */
} requests[] = {
	{ BYTES("TRACE /auth/signin HTTP/1.1\r\n" HEAD_END), false },
	{ BYTES("CONNECT 127.0.0.1:1 HTTP/1.1\r\n" HEAD_END), false },
	{ BYTES("get /auth/signin HTTP/1.1\r\n" HEAD_END), false },
	{ BYTES("GET /auth/signin HTTP/9.9\r\n" HEAD_END), false },
	{ BYTES("GET /auth/signin\0 HTTP/1.1\r\n" HEAD_END), false },
	{ BYTES("GET /auth/signin?a=\0 HTTP/1.1\r\n" HEAD_END), false },
	{ BYTES("GET /auth/signin HTTP/1.1\r\nA\0: b\r\n" HEAD_END), false },
	{ BYTES("GET /auth/signin HTTP/1.1\r\nno colon\r\n" HEAD_END), false },
	{ BYTES("GET auth/signin HTTP/1.1\r\n" HEAD_END), false },
	{ BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), true },
	{ BYTES("GET /auth/signin"), true },
	{ BYTES("POST /auth/signup HTTP/1.1\r\n"), true },
	{ BYTES(POST_TO("/auth/signup", "", "{}")), false },
	{ BYTES(POST_TO("/auth/signup", "Content-Length: -1\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Content-Length: +2\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Content-Length: 2a\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Content-Length: two\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup",
	      "Content-Length: 99999999999999999999999\r\n", "{}")),
	    true },
	{ BYTES(POST_TO(
	      "/auth/signup", "Content-Length: 9223372036854775807\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup",
	      "Content-Length: 2\r\nContent-Length: 3\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup",
	      "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Content-Length: 100\r\n", "{}")),
	    true },
	{ BYTES(POST_TO(
	      "/auth/signup", "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Transfer-Encoding: chunked\r\n",
	      "zz\r\n{}\r\n0\r\n\r\n")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Transfer-Encoding: chunked\r\n",
	      "-2\r\n{}\r\n0\r\n\r\n")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Transfer-Encoding: chunked\r\n",
	      "ffffffffffffffff\r\n{}\r\n0\r\n\r\n")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Transfer-Encoding: gzip\r\n", "{}")),
	    true },
	{ BYTES(POST_TO("/auth/signup", "Transfer-Encoding: chunked\r\n",
	      "3\r\n{\"a\r\n3\r\n\":1\r\n1\r\n}\r\n0\r\n\r\n")),
	    false },
	{ BYTES(POST_TO("/auth/signup", "Content-Length: 2\r\n", "{}")),
	    false },
};

/* What servers say otherwise than by a 4xx. */
static bool
is_servers_own(const char *bytes, const struct answer *answer)
{
	/* Apache reads any version from 2 on as the one it knows best. */
	if (web_is("apache") && strstr(bytes, "HTTP/9.9") != NULL)
		return answer->status == 200;
	if (answer_is_ours(answer))
		return false;
	/* A method or version that lighttpd has not heard of. */
	if (web_is("lighttpd"))
		return answer->status == 501 || answer->status == 505;
	/* A body that breaks off, to mod_fcgid. */
	return web_is("apache-fcgid") && answer->status == 500 &&
	    text_starts_with(bytes, "POST ");
}

START_TEST(survives_what_is_no_request)
{
	const struct answer *answer = client_raw(
	    member, requests[_i].bytes, requests[_i].len, requests[_i].last);

	if (answer->status == 0) {
		ck_assert(requests[_i].last);
		return;
	}
	if (is_servers_own(requests[_i].bytes, answer))
		return;
	is_somehow_refused(answer);
}
END_TEST

START_TEST(refuses_methods_that_no_route_has)
{
	static const char *const methods[] = { "PROPFIND", "MKCOL", "LOCK",
		"OPTIONS", "REPORT", "TRACE", "FOO" };

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		const struct answer *answer = client_send(
		    member, methods[i], "/auth/account", NULL, "", 0);

		/* Those that lighttpd does not know; TRACE, to Apache. */
		if (!answer_is_ours(answer) &&
		    answer->status == (web_is("lighttpd") ? 501 : 405))
			continue;
		is_refused(answer, 405, "does not take this kind");
		ck_assert_str_eq(
		    answer_header(answer, "Allow"), "GET, HEAD, PATCH, DELETE");
	}
}
END_TEST

static Suite *
hostile_suite(void)
{
	Suite *suite = suite_create("hostile");
	TCase *tcase = tcase_create("hostile");

	tcase_add_unchecked_fixture(tcase, person_setup, person_teardown);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(
	    tcase, refuses_what_cannot_be_read, 0, ARRAY_LEN(bodies));
	tcase_add_test(tcase, refuses_absurd_amounts);
	tcase_add_loop_test(
	    tcase, names_the_field_that_will_not_do, 0, ARRAY_LEN(fields));
	tcase_add_loop_test(
	    tcase, names_the_field_of_the_wrong_kind, 0, ARRAY_LEN(misfits));
	tcase_add_test(tcase, tells_of_fields_without_a_name);
	tcase_add_loop_test(
	    tcase, refuses_queries_that_cannot_be_read, 0, ARRAY_LEN(queries));
	tcase_add_test(tcase, refuses_long_targets);
	tcase_add_loop_test(
	    tcase, finds_nothing_at_odd_paths, 0, ARRAY_LEN(paths));
	tcase_add_loop_test(
	    tcase, takes_no_link_that_was_not_mailed, 0, ARRAY_LEN(links));
	tcase_add_loop_test(
	    tcase, takes_no_path_that_was_not_mailed, 0, ARRAY_LEN(segments));
	tcase_add_test(tcase, takes_no_token_but_its_own);
	tcase_add_test(tcase, takes_no_other_authorization);
	tcase_add_test(tcase, bears_any_cookies);
	tcase_add_test(tcase, bears_any_header);
	tcase_add_loop_test(
	    tcase, survives_what_is_no_request, 0, ARRAY_LEN(requests));
	tcase_add_test(tcase, refuses_methods_that_no_route_has);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return harness_run(hostile_suite(), NEEDS_SERVERS);
}
