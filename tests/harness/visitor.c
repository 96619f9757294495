/* visitor.c - a transport out of memory, and a browser's habits. */

#include <check.h>
#include <string.h>
#include <strings.h>

#include "account/access_token.h"
#include "tests/harness/visitor.h"

#define FORM "application/x-www-form-urlencoded"

static const char token_field[] = "name=\"csrf_token\" value=\"";

struct visitor *
visitor_new(const struct site *site, const struct handler *handler)
{
	struct arena *kept = arena_new();
	struct visitor *visitor = arena_alloc(kept, sizeof(*visitor));

	visitor->kept = kept;
	visitor->arena = arena_new();
	visitor->site = site;
	visitor->handler = handler;
	visitor->csrf_token = "";
	return visitor;
}

void
visitor_free(struct visitor *visitor)
{
	arena_free(visitor->arena);
	arena_free(visitor->kept);
}

const char *
visitor_sign_in(struct visitor *visitor, const char *email)
{
	static const struct origin origin = { "192.0.2.1", "visitor", "visit" };
	const struct site *site = visitor->site;
	struct session session;
	const char *account, *token, *refresh;
	struct entry entry;
	int64_t expires_at;

	ck_assert_int_eq(account_create(site->db, visitor->kept, email, "Ada",
			     "no password", true, &account),
	    ST_OK);
	entry = (struct entry){ site->db, visitor->kept, site->config,
		site->key, &origin, "" };
	ck_assert_int_eq(
	    refresh_begin(&entry, account, false, &session, &refresh), ST_OK);
	ck_assert_int_eq(
	    access_token_issue(site->signing_keys, site->db, visitor->kept,
		site->config, &session, &token, &expires_at),
	    ST_OK);
	visitor->cookies[COOKIE_ACCESS] = token;
	visitor->cookies[COOKIE_REFRESH] = refresh;
	return session.id;
}

void
visitor_set(struct visitor *visitor, const char *name, const char *value)
{
	size_t i = 0;

	while (i < VISITOR_VARIABLES && visitor->variables[i].name != NULL &&
	    strcmp(visitor->variables[i].name, name) != 0)
		i++;
	ck_assert_uint_lt(i, VISITOR_VARIABLES);
	visitor->variables[i].name = arena_strdup(visitor->kept, name);
	visitor->variables[i].value =
	    value != NULL ? arena_strdup(visitor->kept, value) : NULL;
}

static const char *
variable(void *closure, const char *name)
{
	const struct visitor *visitor = closure;

	for (size_t i = 0; i < VISITOR_VARIABLES; i++)
		if (visitor->variables[i].name != NULL &&
		    strcmp(visitor->variables[i].name, name) == 0)
			return visitor->variables[i].value;
	return NULL;
}

/* In small pieces, as from a slow line. */
static ssize_t
read_body(void *closure, void *buffer, size_t size)
{
	struct visitor *visitor = closure;
	size_t got = visitor->left < 1000 ? visitor->left : 1000;

	if (got > size)
		got = size;
	if (got == 0)
		return visitor->cut ? -1 : 0;
	memcpy(buffer, visitor->body, got);
	visitor->body += got;
	visitor->left -= got;
	visitor->read += got;
	return (ssize_t)got;
}

/* The refresh token's cookie has a path of its own. */
static bool
is_for(const struct visitor *visitor, unsigned cookie, const char *target)
{
	size_t base = strlen(visitor->site->base);

	return cookie != COOKIE_REFRESH ||
	    (strlen(target) > base &&
		strncmp(target + base, "/auth", strlen("/auth")) == 0);
}

/* The Cookie header of what is kept. */
static void
send_cookies(struct visitor *visitor, const char *target)
{
	const char *header = NULL;

	for (unsigned i = 0; i < COOKIE_COUNT; i++)
		if (visitor->cookies[i] != NULL && is_for(visitor, i, target))
			header = arena_printf(visitor->kept, "%s%s%s=%s",
			    header != NULL ? header : "",
			    header != NULL ? "; " : "",
			    cookie_name(&visitor->site->cookies, i),
			    visitor->cookies[i]);
	visitor_set(visitor, "HTTP_COOKIE", header);
}

static void
keep_cookies(struct visitor *visitor)
{
	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next) {
		for (unsigned i = 0; i < COOKIE_COUNT; i++) {
			const char *name =
			    cookie_name(&visitor->site->cookies, i);
			size_t len = strlen(name), value_len;

			if (strcmp(h->name, "Set-Cookie") != 0 ||
			    strncmp(h->value, name, len) != 0 ||
			    h->value[len] != '=')
				continue;
			value_len = strcspn(h->value + len + 1, ";");
			visitor->cookies[i] = value_len == 0
			    ? NULL
			    : arena_strndup(
				  visitor->kept, h->value + len + 1, value_len);
		}
	}
}

static void
keep_token(struct visitor *visitor)
{
	const char *at = strstr(visitor->answer, token_field);

	if (at == NULL)
		return;
	at += strlen(token_field);
	visitor->csrf_token =
	    arena_strndup(visitor->kept, at, strcspn(at, "\""));
}

int
visitor_send(struct visitor *visitor, const char *method, const char *target,
    const char *type, const char *body)
{
	const struct transport transport = { variable, read_body, visitor,
		visitor->busy_ms };

	arena_reset(visitor->arena);
	visitor->body = body != NULL ? body : "";
	visitor->left = strlen(visitor->body);
	visitor->read = 0;
	visitor_set(visitor, "REQUEST_METHOD", method);
	visitor_set(visitor, "REQUEST_URI", target);
	visitor_set(visitor, "CONTENT_TYPE", type);
	if (visitor->length == NULL && body != NULL)
		visitor->length =
		    arena_printf(visitor->kept, "%zu", visitor->left);
	visitor_set(visitor, "CONTENT_LENGTH", visitor->length);
	if (!visitor->program)
		send_cookies(visitor, target);
	dispatch(visitor->site, visitor->handler, &transport, visitor->arena,
	    &visitor->rs);
	visitor->answer =
	    arena_strndup(visitor->arena, visitor->rs.body, visitor->rs.len);
	visitor->length = NULL;
	visitor->cut = false;
	if (!visitor->program) {
		keep_cookies(visitor);
		keep_token(visitor);
	}
	return visitor->rs.status;
}

int
visitor_get(struct visitor *visitor, const char *target)
{
	if (!visitor->program)
		visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "same-origin");
	return visitor_send(visitor, "GET", target, NULL, NULL);
}

int
visitor_submit(struct visitor *visitor, const char *target, const char *form)
{
	if (visitor->program)
		return visitor_send(visitor, "POST", target, FORM, form);
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", "same-origin");
	return visitor_send(visitor, "POST", target, FORM,
	    arena_printf(
		visitor->kept, "csrf_token=%s&%s", visitor->csrf_token, form));
}

int
visitor_post_json(struct visitor *visitor, const char *target, const char *json)
{
	return visitor_send(visitor, "POST", target, "application/json", json);
}

const char *
visitor_header(const struct visitor *visitor, const char *name)
{
	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next)
		if (strcasecmp(h->name, name) == 0)
			return h->value;
	return "";
}

size_t
visitor_header_count(const struct visitor *visitor, const char *name)
{
	size_t count = 0;

	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next)
		if (strcasecmp(h->name, name) == 0)
			count++;
	return count;
}

bool
visitor_sees(const struct visitor *visitor, const char *text)
{
	return strstr(visitor->answer, text) != NULL;
}

const char *
visitor_json(const struct visitor *visitor, const char *path)
{
	struct json_object *json = json_tokener_parse(visitor->answer);
	struct json_object *at = json;
	const char *text;

	while (at != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");

		if (json_object_is_type(at, json_type_array))
			at = json_object_array_get_idx(
			    at, strtoul(path, NULL, 10));
		else
			at = json_object_object_get(
			    at, arena_strndup(visitor->kept, path, len));
		path += len + (path[len] == '.' ? 1 : 0);
	}
	text = at != NULL
	    ? arena_strdup(visitor->kept, json_object_get_string(at))
	    : "";
	json_object_put(json);
	return text;
}
