/* render.c - views become pages or JSON; every answer gets its headers. */

#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/strbuf.h"
#include "web/csrf.h"
#include "web/guard.h"
#include "web/render.h"

#define CONTENT_SECURITY_POLICY                                    \
	"default-src 'none'; style-src 'self'; script-src 'self';" \
	" img-src 'self'; connect-src 'self'; form-action 'self';" \
	" frame-ancestors 'none'; base-uri 'none'"

#define HSTS "max-age=63072000"

/* On every answer, after OWASP's secure headers. */
static void
add_security_headers(const struct request *rq, struct response *rs)
{
	response_header(rs, "Content-Security-Policy", CONTENT_SECURITY_POLICY);
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "X-Frame-Options", "DENY");
	response_header(rs, "Referrer-Policy", "same-origin");
	response_header(rs, "Cross-Origin-Opener-Policy", "same-origin");
	response_header(rs, "Cross-Origin-Resource-Policy", "same-origin");
	response_header(rs, "X-Request-Id", rq->origin.request_id);
	response_header(rs, "Vary", "Accept, Cookie");
	if (rq->site->tls)
		response_header(rs, "Strict-Transport-Security", HSTS);
	for (struct header *h = rs->headers; h != NULL; h = h->next)
		if (strcmp(h->name, "Cache-Control") == 0)
			return;
	response_header(rs, "Cache-Control", "no-store");
}

/*
 * A page for somebody who is not signed in may hold a form, and its token
 * needs a cookie to be tied to.
 */
static void
give_browser_cookie(struct request *rq, struct response *rs)
{
	if (rq->session != NULL || rq->browser[0] != '\0' || rq->bearer ||
	    (rq->route != NULL && rq->route->access == TOKEN))
		return;
	rq->browser = secret_token(rq->arena);
	response_set_cookie(rq, rs, COOKIE_BROWSER, rq->browser,
	    rq->site->config->verification_ttl);
}

/* What every page may show beside its view. */
static struct view *
frame_of(const struct request *rq)
{
	const struct config *config = rq->site->config;
	struct view *frame = view_new(rq->arena), *inner;

	view_url(
	    frame, "base", rq->site->base[0] != '\0' ? rq->site->base : "/");
	view_text(frame, "assets_version", PACKAGE_VERSION);
	view_text(frame, "csrf_token", csrf_token(rq));
	view_text(frame, "request_id", rq->origin.request_id);
	inner = view_object(frame, "site");
	view_text(inner, "name", config->site_name);
	view_url(inner, "url", config->site_url);
	inner = view_object(frame, "settings");
	view_int(inner, "password_min_length", config->password_min_length);
	view_int(inner, "password_require_classes",
	    config->password_require_classes);
	view_flag(inner, "mfa_required", config->mfa == MFA_REQUIRED);
	if (rq->session != NULL) {
		inner = view_object(frame, "user");
		view_text(inner, "name", rq->session->account.name);
		view_text(inner, "email", rq->session->account.email);
		view_flag(inner, "second_factor", rq->session->second_factor);
		view_flag(inner, "email_bounced", rq->session->account.bounced);
		/* Not when it ends: a browser's clock may be wrong. */
		view_int(frame, "access_seconds",
		    rq->token_expires_at - clock_now());
		view_text(frame, "way_back", guard_way_back(rq));
	}
	return frame;
}

/* A sentence, filled in from the frame, the view and the problem's values. */
static struct json_object *
sentence(const struct request *rq, enum wording wording,
    const struct view *frame, const struct view *view,
    struct json_object *values)
{
	struct json_object *contexts[] = {
		frame->json,
		view != NULL ? view->json : NULL,
		values,
	};

	return json_object_new_string(wording_text(rq->arena,
	    rq->site->templates, wording, contexts, ARRAY_LEN(contexts)));
}

static struct json_object *
error_of(const char *field, struct json_object *message)
{
	struct json_object *error = json_object_new_object();

	json_object_object_add(error, "field", json_object_new_string(field));
	json_object_object_add(error, "message", message);
	return error;
}

/*
 * Put the words of a refusal into `into`: title, detail and, from the view's
 * problems, the list of {field, message}. One about the request as a whole
 * is the detail.
 */
static struct json_object *
tell_problem(const struct request *rq, const struct response *rs,
    const struct view *frame, struct view *into)
{
	const struct problem_kind *kind = problem_kind(rs->problem);
	struct json_object *errors = json_object_new_array(), *detail;
	struct view_problem *problem =
	    rs->view != NULL ? rs->view->problems : NULL;

	detail = sentence(rq, kind->detail, frame, rs->view, NULL);
	for (; problem != NULL; problem = problem->next) {
		struct json_object *message = sentence(
		    rq, problem->wording, frame, rs->view, problem->values);

		if (problem->field[0] == '\0') {
			json_object_put(detail);
			detail = message;
			continue;
		}
		json_object_array_add(
		    errors, error_of(problem->field, message));
	}
	json_object_object_add(into->json, "title",
	    sentence(rq, kind->title, frame, rs->view, NULL));
	view_int(into, "status", kind->status);
	json_object_object_add(into->json, "detail", detail);
	return errors;
}

static void
set_json_body(struct response *rs, struct json_object *json)
{
	size_t len;
	const char *text = json_object_to_json_string_length(json,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	rs->body = arena_copy(rs->arena, text, len);
	rs->len = len;
}

static void
add_members(struct view *problem, const struct view *members)
{
	struct json_object_iter at;

	json_object_object_foreachC(members->json, at) json_object_object_add(
	    problem->json, at.key, json_object_get(at.val));
}

/* RFC 9457. */
static void
render_problem_json(
    struct request *rq, struct response *rs, const struct view *frame)
{
	const struct problem_kind *kind = problem_kind(rs->problem);
	struct view *problem = view_new(rq->arena);
	struct json_object *errors;

	view_text(problem, "type",
	    arena_printf(rq->arena, "%s/%s", rq->site->config->problem_base,
		kind->type));
	errors = tell_problem(rq, rs, frame, problem);
	view_text(problem, "request_id", rq->origin.request_id);
	if (rs->reason != NULL)
		view_text(problem, "reason", rs->reason);
	if (rs->members != NULL)
		add_members(problem, rs->members);
	if (json_object_array_length(errors) > 0)
		json_object_object_add(problem->json, "errors", errors);
	else
		json_object_put(errors);
	response_header(rs, "Content-Type", "application/problem+json");
	set_json_body(rs, problem->json);
}

/*
 * What a page shows of a refusal: the words of the problem, a summary of all
 * that is wrong, and each message by the name of its field.
 */
static void
add_problems(
    const struct request *rq, const struct response *rs, struct view *frame)
{
	struct json_object *errors = tell_problem(rq, rs, frame, frame);
	struct view *by_field = view_object(frame, "problem");

	for (size_t i = 0; i < json_object_array_length(errors); i++) {
		struct json_object *error =
		    json_object_array_get_idx(errors, i);

		json_object_object_add(by_field->json,
		    json_object_get_string(
			json_object_object_get(error, "field")),
		    json_object_get(json_object_object_get(error, "message")));
	}
	if (json_object_array_length(errors) == 0)
		json_object_array_add(errors,
		    error_of("",
			json_object_get(
			    json_object_object_get(frame->json, "detail"))));
	json_object_object_add(
	    view_object(frame, "problems")->json, "list", errors);
	view_flag(frame, "retry", rs->problem == PROBLEM_UNAVAILABLE);
}

static enum status
render_html(struct request *rq, struct response *rs, const char *page,
    const struct view *frame)
{
	const struct view *view = rs->view;
	struct json_object *contexts[] = {
		frame->json,
		view != NULL ? view->json : NULL,
		view != NULL && view->page_only != NULL ? view->page_only->json
							: NULL,
	};
	struct strbuf sb;
	enum status st;

	strbuf_init(&sb, rq->arena);
	st = template_render(rq->site->templates, page, TEMPLATE_HTML, contexts,
	    ARRAY_LEN(contexts), &sb);
	if (st != ST_OK)
		return ST_FAULT;
	response_header(rs, "Content-Type", "text/html; charset=utf-8");
	rs->body = sb.text;
	rs->len = sb.len;
	return ST_OK;
}

static void
render_json(struct response *rs, const char *content_type)
{
	if (rs->view == NULL)
		return;
	response_header(rs, "Content-Type", content_type);
	set_json_body(rs, rs->view->json);
}

static void
render_redirect(const struct request *rq, struct response *rs)
{
	if (rs->status / 100 != 3)
		rs->status = 303;
	response_header(rs, "Location",
	    arena_printf(rq->arena, "%s%s", rq->site->base, rs->location));
}

/* A page, with the form's cookie and, when something is wrong, what. */
static enum status
render_page(struct request *rq, struct response *rs)
{
	const char *page = rs->page != NULL ? rs->page : "problem";
	struct view *frame;

	give_browser_cookie(rq, rs);
	frame = frame_of(rq);
	if (rs->problem != PROBLEM_NONE)
		add_problems(rq, rs, frame);
	return render_html(rq, rs, page, frame);
}

enum status
render(struct request *rq, struct response *rs)
{
	add_security_headers(rq, rs);
	if (rs->status == 401) /* RFC 9110, 15.5.2 */
		response_header(rs, "WWW-Authenticate", "Bearer");
	if (rs->content_type != NULL && rs->view != NULL)
		render_json(rs, rs->content_type);
	else if (rs->content_type != NULL && rs->len > 0)
		response_header(rs, "Content-Type", rs->content_type);
	else if (rs->content_type != NULL)
		return ST_OK; /* the document is known, and not sent */
	else if (rs->location != NULL &&
	    (!rq->wants_json || rs->status / 100 == 3))
		render_redirect(rq, rs);
	else if (!rq->wants_json)
		return render_page(rq, rs);
	else if (rs->problem != PROBLEM_NONE)
		render_problem_json(rq, rs, frame_of(rq));
	else
		render_json(rs, "application/json");
	return ST_OK;
}

void
render_plain_fault(struct request *rq, struct response *rs)
{
	rs->headers = NULL;
	rs->status = 500;
	add_security_headers(rq, rs);
	response_header(rs, "Content-Type", "text/plain; charset=utf-8");
	rs->body = arena_printf(rq->arena, "500\n%s\n", rq->origin.request_id);
	rs->len = strlen(rs->body);
}
