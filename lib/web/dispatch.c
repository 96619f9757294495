/* dispatch.c - the steps of a request, one after the other. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account/hash_slot.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "web/accept.h"
#include "web/body.h"
#include "web/client.h"
#include "web/dispatch.h"
#include "web/guard.h"
#include "web/limits.h"
#include "web/render.h"

#define REQUEST_ID_BYTES 12
#define READ_SIZE (16 * 1024)
#define RETRY_AFTER "5" /* seconds */

static const char *const methods[METHOD_COUNT] = {
	[GET] = "GET",
	[HEAD] = "HEAD",
	[POST] = "POST",
	[PUT] = "PUT",
	[PATCH] = "PATCH",
	[DELETE] = "DELETE",
};

/* METHOD_COUNT: one that no route has. */
static enum method
method_of(const char *name)
{
	enum method method = 0;

	while (method < METHOD_COUNT && strcmp(methods[method], name) != 0)
		method++;
	return method;
}

/* The first values, which even a refusal needs. */
static void
request_init(struct request *rq, const struct site *site,
    const struct transport *transport, struct arena *arena)
{
	unsigned char id[REQUEST_ID_BYTES];

	*rq = (struct request){
		.arena = arena,
		.site = site,
		.db = site->db,
		.transport = transport,
		.target = "/",
		.path = "/",
	};
	secret_identifier(id, sizeof(id));
	rq->origin.request_id = base64url_encode(arena, id, sizeof(id));
	/* Even a refusal must know it, or it would hand out another one. */
	rq->browser = cookie_find(arena, &site->cookies,
	    request_variable(rq, "HTTP_COOKIE"), COOKIE_BROWSER);
	rq->device = cookie_find(arena, &site->cookies,
	    request_variable(rq, "HTTP_COOKIE"), COOKIE_DEVICE);
	rq->origin.ip = client_ip(rq);
	rq->counted_ip = client_counted_ip(rq);
	rq->origin.user_agent = client_user_agent(rq);
	rq->wants_json =
	    accept_prefers_json(request_variable(rq, "HTTP_ACCEPT"));
	rq->method = method_of(request_variable(rq, "REQUEST_METHOD"));
	log_request(rq->origin.request_id);
}

/* Refuse with one sentence about the request as a whole. */
static bool
refuse(struct request *rq, struct response *rs, enum problem problem,
    enum wording wording)
{
	struct view *view = view_new(rq->arena);

	view_int(view, "limit", rq->site->config->body_limit);
	if (wording != WORDING_NONE)
		view_problem(view, "", wording, NULL);
	(void)!response_refuse(rs, problem, NULL, view);
	return false;
}

/* Path and query, from REQUEST_URI: PATH_INFO is decoded already, and lossy. */
static bool
read_target(struct request *rq, struct response *rs)
{
	const char *uri = request_variable(rq, "REQUEST_URI");
	size_t base = strlen(rq->site->base), len;
	enum wording why;

	if (strlen(uri) > REQUEST_TARGET_MAX)
		return refuse(rq, rs, PROBLEM_TARGET_TOO_LONG, WORDING_NONE);
	if (strncmp(uri, rq->site->base, base) != 0)
		return refuse(rq, rs, PROBLEM_NOT_FOUND, WORDING_NONE);
	rq->target = arena_strdup(rq->arena, uri + base);
	/* What people type: the site's address without the final slash. */
	if (base > 0 && (rq->target[0] == '\0' || rq->target[0] == '?'))
		rq->target = arena_printf(rq->arena, "/%s", rq->target);
	if (rq->target[0] != '/')
		return refuse(rq, rs, PROBLEM_NOT_FOUND, WORDING_NONE);
	len = strcspn(rq->target, "?");
	rq->path = arena_strndup(rq->arena, rq->target, len);
	if (rq->target[len] == '?')
		len++;
	if (body_parse_form(rq->arena, rq->target + len,
		strlen(rq->target + len), &rq->query, &why) != ST_OK)
		return refuse(rq, rs, PROBLEM_BAD_REQUEST, why);
	return true;
}

/*
 * Does a path fit a pattern? Fills in what stands for each {name}. A segment
 * that can't be decoded fits nothing.
 */
static bool
path_fits(struct arena *arena, const char *pattern, const char *path,
    struct pairs *segments)
{
	struct pair *list = NULL;
	size_t count = 0, len, name_len;

	while (*pattern != '\0' && *path != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		if (list == NULL)
			list = arena_array(
			    arena, ROUTE_SEGMENTS_MAX, sizeof(*list));
		len = strcspn(path, "/");
		name_len = strcspn(pattern, "}");
		if (len == 0 || count == ROUTE_SEGMENTS_MAX ||
		    body_decode_segment(arena, path, len, &list[count].text) !=
			ST_OK)
			return false;
		list[count++].name =
		    arena_strndup(arena, pattern + 1, name_len - 1);
		pattern += name_len + 1;
		path += len;
	}
	*segments = (struct pairs){ list, count };
	return *pattern == '\0' && *path == '\0';
}

/* Does the row serve this method? GET's serve HEAD, too. */
static bool
method_fits(const struct route *route, enum method method)
{
	return route->method == method ||
	    (route->method == GET && method == HEAD);
}

/* Find the row for path and method; for a path without the method, 405. */
static bool
find_route(
    struct request *rq, const struct handler *handler, struct response *rs)
{
	struct pairs segments;
	struct strbuf allow;

	rq->route = NULL;
	strbuf_init(&allow, rq->arena);
	for (size_t i = 0; i < handler->count; i++) {
		const struct route *route = &handler->routes[i];

		if (!path_fits(rq->arena, route->path, rq->path, &segments))
			continue;
		if (route->method == GET)
			rq->path_has_page = true;
		if (rq->route == NULL && method_fits(route, rq->method)) {
			rq->route = route;
			rq->segments = segments;
		}
		strbuf_printf(&allow, "%s%s%s", allow.len > 0 ? ", " : "",
		    methods[route->method],
		    route->method == GET ? ", HEAD" : "");
	}
	if (rq->route != NULL)
		return true;
	if (allow.len == 0)
		return refuse(rq, rs, PROBLEM_NOT_FOUND, WORDING_NONE);
	response_header(rs, "Allow", allow.text);
	return refuse(rq, rs, PROBLEM_METHOD_NOT_ALLOWED, WORDING_NONE);
}

/* What CONTENT_LENGTH announces: -1 when absent, -2 when it is no number. */
static int64_t
announced_length(const struct request *rq)
{
	const char *text = request_variable(rq, "CONTENT_LENGTH");
	long long length;
	char *end;

	if (text[0] == '\0')
		return -1;
	errno = 0;
	length = strtoll(text, &end, 10);
	if (*end != '\0' || errno != 0 || strspn(text, "0123456789") == 0)
		return -2;
	return length;
}

/* Read the body, never more than the limit, and insist on all of it. */
static enum problem
read_body(struct request *rq, struct strbuf *body, enum wording *why)
{
	int64_t limit = rq->site->config->body_limit;
	int64_t length = announced_length(rq);
	char *buffer = arena_alloc(rq->arena, READ_SIZE);
	ssize_t got;

	*why = WORDING_NONE;
	if (length > limit)
		return PROBLEM_BODY_TOO_LARGE;
	while ((got = rq->transport->read(
		    rq->transport->closure, buffer, READ_SIZE)) > 0) {
		if ((int64_t)body->len + got > limit)
			return PROBLEM_BODY_TOO_LARGE;
		strbuf_add(body, buffer, (size_t)got);
	}
	if (got == READ_ENDLESS)
		return PROBLEM_LENGTH_REQUIRED;
	*why = WORDING_BODY_CUT;
	if (got < 0 || length == -2 ||
	    (length >= 0 && (int64_t)body->len != length))
		return PROBLEM_BAD_REQUEST;
	return PROBLEM_NONE;
}

/* The body as pairs, whatever its type. */
static bool
parse_body(struct request *rq, struct response *rs)
{
	const char *type = request_variable(rq, "CONTENT_TYPE");
	enum problem problem;
	struct strbuf body;
	enum wording why;
	enum status st = ST_OK;

	strbuf_init(&body, rq->arena);
	problem = read_body(rq, &body, &why);
	if (problem != PROBLEM_NONE)
		return refuse(rq, rs, problem, why);
	switch (body_type(type)) {
	case BODY_NONE:
		if (body.len > 0)
			return refuse(
			    rq, rs, PROBLEM_UNSUPPORTED_TYPE, WORDING_NONE);
		break;
	case BODY_FORM:
		st = body_parse_form(
		    rq->arena, body.text, body.len, &rq->body, &why);
		break;
	case BODY_JSON:
		/* An empty body with the type set is how some clients say "none". */
		if (body.len > 0)
			st = body_parse_json(
			    rq->arena, body.text, body.len, &rq->body, &why);
		break;
	case BODY_MULTIPART:
		st = body_parse_multipart(
		    rq->arena, type, body.text, body.len, &rq->body, &why);
		break;
	case BODY_UNKNOWN:
		return refuse(rq, rs, PROBLEM_UNSUPPORTED_TYPE, WORDING_NONE);
	}
	if (st != ST_OK)
		return refuse(rq, rs, PROBLEM_BAD_REQUEST, why);
	return true;
}

/* A form can only POST: _method says what it means. */
static void
apply_method_field(struct request *rq)
{
	enum method method;

	if (rq->method != POST)
		return;
	for (size_t i = 0; i < rq->body.count; i++) {
		if (strcmp(rq->body.list[i].name, "_method") != 0)
			continue;
		method = method_of(rq->body.list[i].text);
		rq->method = method_is_safe(method) ? METHOD_COUNT : method;
	}
}

/* Is the request on its way to the `next` of its query? */
static bool
is_passing(const struct request *rq)
{
	if ((rq->route->flags & ROUTE_DETOUR) == 0)
		return false;
	for (size_t i = 0; i < rq->query.count; i++)
		if (strcmp(rq->query.list[i].name, "next") == 0)
			return true;
	return false;
}

/* The client sends the body again to the place it is for. */
static void
skip_body(struct request *rq)
{
	struct strbuf body;
	enum wording why;

	strbuf_init(&body, rq->arena);
	(void)!read_body(rq, &body, &why);
}

/* Everything that needs no database: which route, with what in the body. */
static bool
prepare(struct request *rq, const struct handler *handler, struct response *rs)
{
	bool found;

	if (!read_target(rq, rs))
		return false;
	found = find_route(rq, handler, rs);
	/* A form may mean another method than POST. */
	if (!found && (rq->method != POST || rs->problem == PROBLEM_NOT_FOUND))
		return false;
	rq->passing = found && is_passing(rq);
	if (method_is_safe(rq->method))
		return true;
	if (rq->passing) {
		skip_body(rq);
		return true;
	}
	response_init(rs, rq->arena);
	if (!parse_body(rq, rs))
		return false;
	apply_method_field(rq);
	return find_route(rq, handler, rs);
}

/*
 * The queue for a hash is too long, and no password will be looked at: that is
 * not an attempt, or being busy would lock people out.
 */
static enum status
turn_away(struct request *rq, enum status st)
{
	db_rollback(rq->db);
	if (limits_give_back(rq) != ST_OK)
		log_warning("a limit counts a request that was turned away");
	return st;
}

/* Run the action of an unsafe method: one request, one transaction. */
static enum status
act_in_transaction(struct request *rq, struct response *rs)
{
	struct session *session = rq->session;
	enum status st;

	st = db_begin(rq->db);
	if (st != ST_OK)
		return st;
	/* First, so that who waits for a slot makes nobody wait meanwhile. */
	if ((rq->route->flags & ROUTE_HASHES) != 0)
		st = hash_slot_take(rq->db, rq->arena, rq->site->config,
		    rq->site->host, rq->transport->busy_ms);
	if (st != ST_OK)
		return turn_away(rq, st);
	st = rq->route->action(rq, rs);
	if (st == ST_OK)
		st = render(rq, rs);
	if (st == ST_OK)
		st = db_commit(rq->db);
	else
		db_rollback(rq->db);
	/* An action that begins or ends a session may have come to nothing. */
	if (st != ST_OK)
		rq->session = session;
	return st;
}

/*
 * How far the tries at an answer have come. begun: the action of an unsafe method
 * may have been started, so that trying again could do it twice.
 */
struct progress {
	bool counted; /* by the route's limit */
	bool begun;
};

/* One try at an answer. */
static enum status
attempt(struct request *rq, struct response *rs, struct progress *progress)
{
	bool refused = false;
	enum status st;

	rq->session = NULL;
	rq->session_id = NULL;
	rq->session_state = SESSION_ABSENT;
	rq->token_expires_at = 0;
	rq->renewable = false;
	response_init(rs, rq->arena);
	st = guard_identify(rq);
	if (st != ST_OK)
		return st;
	if (!guard_admit(rq, rs))
		return render(rq, rs);
	/* Before the transaction: it stays taken whatever happens. */
	st = progress->counted ? ST_OK : limits_take(rq, rs, &refused);
	if (st != ST_OK)
		return st;
	if (refused)
		return render(rq, rs);
	progress->counted = true;
	if (!method_is_safe(rq->method) &&
	    (rq->route->flags & ROUTE_IDEMPOTENT) == 0) {
		progress->begun = true;
		return act_in_transaction(rq, rs);
	}
	st = rq->route->action(rq, rs);
	return st == ST_OK ? render(rq, rs) : st;
}

/*
 * A page that refuses shows who is signed in, as every page does. It is no
 * worse an answer without, so what keeps us from telling is passed over.
 */
static void
identify_for_page(struct request *rq)
{
	if (rq->wants_json || guard_identify(rq) == ST_OK)
		return;
	rq->session = NULL;
	rq->session_id = NULL;
}

/* Turn a status that no action made an answer of into one. */
static void
answer_failure(struct request *rq, struct response *rs, enum status st)
{
	response_init(rs, rq->arena);
	if (st == ST_UNAVAILABLE)
		response_header(rs, "Retry-After", RETRY_AFTER);
	(void)!response_refuse(rs, problem_of_status(st), NULL, NULL);
	if (render(rq, rs) != ST_OK)
		render_plain_fault(rq, rs);
}

void
dispatch(const struct site *site, const struct handler *handler,
    const struct transport *transport, struct arena *arena, struct response *rs)
{
	struct request *rq = arena_alloc(arena, sizeof(*rq));
	struct progress progress = { false, false };
	enum status st;

	request_init(rq, site, transport, arena);
	response_init(rs, arena);
	if (!prepare(rq, handler, rs)) {
		identify_for_page(rq);
		st = render(rq, rs);
	} else {
		st = attempt(rq, rs, &progress);
		if (st == ST_UNAVAILABLE && !progress.begun)
			st = attempt(rq, rs, &progress);
	}
	if (st != ST_OK)
		answer_failure(rq, rs, st);
	log_request(NULL);
}
