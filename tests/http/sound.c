/* sound.c - headers by a table, bodies by their type. */

#include <check.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/harness/web.h"
#include "tests/http/sound.h"

#define BASE64URL                    \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz0123456789-_"

#define PROBLEMS "https://chatelaine.invalid/problems/"

static const struct {
	const char *name;
	const char *value;
} headers[] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; style-src 'self'; script-src 'self';"
	    " img-src 'self'; connect-src 'self'; form-action 'self';"
	    " frame-ancestors 'none'; base-uri 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
};

bool
answer_is_ours(const struct answer *answer)
{
	return answer_header_count(answer, "X-Request-Id") > 0;
}

static void
has_headers(const struct answer *answer)
{
	const char *type = answer_header(answer, "Content-Type");
	const char *id = answer_header(answer, "X-Request-Id");
	bool jwks = strcmp(type, "application/jwk-set+json") == 0;

	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		ck_assert_str_eq(
		    answer_header(answer, headers[i].name), headers[i].value);
		ck_assert_uint_eq(
		    answer_header_count(answer, headers[i].name), 1);
	}
	/* Apache writes lists anew. */
	ck_assert_str_eq(answer_header(answer, "Vary"),
	    web_is("apache") ? "Accept,Cookie" : "Accept, Cookie");
	ck_assert_uint_eq(answer_header_count(answer, "Vary"), 1);
	ck_assert_uint_eq(strlen(id), 16);
	ck_assert_uint_eq(strspn(id, BASE64URL), 16);
	ck_assert_uint_eq(answer_header_count(answer, "Cache-Control"), 1);
	if (!jwks)
		ck_assert_str_eq(
		    answer_header(answer, "Cache-Control"), "no-store");
	/* Without TLS, and of a server that says no more of itself than it must. */
	ck_assert_uint_eq(
	    answer_header_count(answer, "Strict-Transport-Security"), 0);
	ck_assert_str_eq(
	    answer_header(answer, "Server"), web_is("apache") ? "Apache" : "");
	ck_assert_uint_eq(answer_header_count(answer, "Status"), 0);
	ck_assert_int_eq(answer->status == 401,
	    answer_header_count(answer, "WWW-Authenticate") > 0);
	ck_assert_int_eq(
	    answer->status == 405, answer_header_count(answer, "Allow") > 0);
	ck_assert(answer->status != 429 ||
	    answer_header_count(answer, "Retry-After") > 0);
	ck_assert_int_eq(answer->status == 303 || answer->status == 307,
	    answer_header_count(answer, "Location") > 0);
}

/* Name and value of our own, then the attributes, and nothing else. */
static void
is_sound_cookie(const char *cookie)
{
	static const struct {
		const char *name, *path;
		bool lasts; /* longer than the browser is open */
	} ours[] = {
		{ "ch_access=", "; Path=/; ", false },
		{ "ch_refresh=", "; Path=/auth; ", false },
		{ "ch_browser=", "; Path=/; ", true },
		{ "ch_device=", "; Path=/; ", true },
	};
	size_t i = 0, len;

	while (i < ARRAY_LEN(ours) && !text_starts_with(cookie, ours[i].name))
		i++;
	ck_assert_msg(i < ARRAY_LEN(ours), "unknown cookie %s", cookie);
	cookie = strchr(cookie, '=') + 1;
	len = strspn(cookie, BASE64URL ".");
	cookie += len;
	ck_assert(text_starts_with(cookie, ours[i].path));
	cookie += strlen(ours[i].path);
	if (len == 0)
		ck_assert(text_starts_with(cookie, "Max-Age=0; "));
	if (len != 0 && !ours[i].lasts)
		ck_assert(!text_starts_with(cookie, "Max-Age="));
	if (text_starts_with(cookie, "Max-Age="))
		cookie = strchr(cookie, ' ') + 1;
	ck_assert_str_eq(cookie, "HttpOnly; SameSite=Lax");
}

static void
has_sound_cookies(const struct answer *answer)
{
	static const char name[] = "\r\nSet-Cookie: ";
	const char *head = arena_printf(answer->arena, "\r\n%s", answer->head);

	while ((head = strstr(head, name)) != NULL) {
		head += strlen(name);
		is_sound_cookie(
		    arena_strndup(answer->arena, head, strcspn(head, "\r")));
	}
}

static void
is_whole_page(const struct answer *answer)
{
	ck_assert(text_starts_with(answer->body, "<!DOCTYPE html>"));
	ck_assert_ptr_nonnull(strstr(answer->body, "</html>"));
	ck_assert_ptr_nonnull(strstr(answer->body, "<h1>"));
	/* The general page of problems is the one with a number. */
	if (answer_shows(answer, "Request number"))
		ck_assert(answer_shows(
		    answer, answer_header(answer, "X-Request-Id")));
	else
		ck_assert_int_lt(answer->status, 500);
}

static void
is_json(const struct answer *answer)
{
	struct json_object *json = json_tokener_parse(answer->body);

	ck_assert_msg(
	    json_object_is_type(json, json_type_object), "%s", answer->body);
	json_object_put(json);
}

/* RFC 9457, and what design section 8 adds. */
static void
is_whole_problem(const struct answer *answer)
{
	const char *type = answer_json(answer, "type");

	is_json(answer);
	ck_assert_int_ge(answer->status, 400);
	ck_assert(text_starts_with(type, PROBLEMS));
	ck_assert_str_ne(type, PROBLEMS);
	ck_assert_str_ne(answer_json(answer, "title"), "");
	ck_assert_str_ne(answer_json(answer, "detail"), "");
	ck_assert_int_eq(
	    strtol(answer_json(answer, "status"), NULL, 10), answer->status);
	ck_assert_str_eq(answer_json(answer, "request_id"),
	    answer_header(answer, "X-Request-Id"));
}

static void
has_sound_body(const struct answer *answer)
{
	const char *type = answer_header(answer, "Content-Type");

	if (answer->status == 204) {
		ck_assert_uint_eq(
		    answer_header_count(answer, "Content-Length"), 0);
		ck_assert_uint_eq(answer->len, 0);
		return;
	}
	ck_assert_uint_eq(answer_header_count(answer, "Content-Length"), 1);
	ck_assert_uint_eq(
	    strtoul(answer_header(answer, "Content-Length"), NULL, 10),
	    answer->len);
	if (answer->len == 0)
		ck_assert_int_eq(answer->status, 303);
	else if (strcmp(type, "text/html; charset=utf-8") == 0)
		is_whole_page(answer);
	else if (strcmp(type, "application/problem+json") == 0)
		is_whole_problem(answer);
	else
		is_json(answer);
}

void
answer_is_sound(const struct answer *answer)
{
	ck_assert_msg(answer_is_ours(answer), "%d by the server: %s",
	    answer->status, answer->body);
	has_headers(answer);
	has_sound_cookies(answer);
	has_sound_body(answer);
}
