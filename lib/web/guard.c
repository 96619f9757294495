/* guard.c - who asks, and may they? */

#include <string.h>
#include <strings.h>

#include "account/access_token.h"
#include "account/refresh_token.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "web/body.h"
#include "web/csrf.h"
#include "web/guard.h"

/* The access token a request brought; "" when it brought none. */
static const char *
given_access_token(struct request *rq)
{
	const char *authorization = request_variable(rq, "HTTP_AUTHORIZATION");
	const char *cookies = request_variable(rq, "HTTP_COOKIE");

	if (strncasecmp(authorization, "Bearer ", strlen("Bearer ")) == 0) {
		rq->bearer = true;
		return authorization + strlen("Bearer ");
	}
	return cookie_find(
	    rq->arena, &rq->site->cookies, cookies, COOKIE_ACCESS);
}

/*
 * Look the session of a token up. One whose time is over says who it was, but
 * admits nobody.
 */
static enum status
check_session(
    struct request *rq, const struct access_token *token, bool expired)
{
	struct session *session = arena_alloc(rq->arena, sizeof(*session));
	enum status st;

	rq->session_id = token->session_id;
	rq->token_expires_at = token->expires_at;
	rq->token_generation = token->generation;
	st = session_check(rq->db, rq->arena, token->session_id,
	    token->generation, &rq->session_state, session);
	if (st == ST_OK && rq->session_state == SESSION_REVOKED)
		rq->session_end = session->end;
	if (st != ST_OK || rq->session_state != SESSION_ALIVE)
		return st;
	if (strcmp(session->account.id, token->account_id) != 0) {
		rq->session_state = SESSION_ABSENT;
		return ST_OK;
	}
	if (expired) {
		rq->session_state = SESSION_STALE;
		return ST_OK;
	}
	rq->session = session;
	if (session->unseen)
		st = session_touch(rq->db, rq->arena, rq->site->config,
		    token->session_id, token->generation);
	return st;
}

/*
 * Without a good access token the refresh token says which session the request
 * is of. That it may go on, only the refresh itself finds out.
 */
static void
consider_refresh_token(struct request *rq)
{
	const char *cookies = request_variable(rq, "HTTP_COOKIE");
	struct refresh_token token;

	rq->refresh_token =
	    cookie_find(rq->arena, &rq->site->cookies, cookies, COOKIE_REFRESH);
	if (rq->session_id == NULL &&
	    refresh_token_read(
		rq->site->key, rq->arena, rq->refresh_token, &token) == ST_OK) {
		rq->session_id = token.session_id;
		rq->session_state = SESSION_STALE;
	}
}

enum status
guard_identify(struct request *rq)
{
	struct access_token token;
	const char *text;
	enum status st = ST_INVALID;

	rq->refresh_token = "";
	/* On a refusal there may be no route. */
	if (rq->route != NULL && rq->route->access == TOKEN)
		return ST_OK;
	text = given_access_token(rq);
	if (text[0] != '\0')
		st = access_token_verify(rq->site->signing_keys, rq->db,
		    rq->arena, rq->site->config, text, &token);
	if (st == ST_OK || st == ST_EXPIRED)
		st = check_session(rq, &token, st == ST_EXPIRED);
	else if (st == ST_INVALID)
		st = ST_OK;
	if (rq->bearer)
		return st;
	consider_refresh_token(rq);
	/* A token that can't be read may have outlived the key that signed it. */
	rq->renewable = rq->session_state == SESSION_STALE ||
	    (rq->session_state == SESSION_ABSENT && text[0] != '\0');
	return st;
}

/*
 * Is CSRF possible at all? Not where cookies count for nothing, nor with a
 * token that no browser adds by itself, nor with a body that no form can make
 * and that no cookie came with. What is passing by is checked where it is
 * going.
 */
static bool
needs_csrf_check(const struct request *rq)
{
	if (method_is_safe(rq->method) || rq->bearer || rq->passing ||
	    rq->route->access == TOKEN)
		return false;
	return request_variable(rq, "HTTP_COOKIE")[0] != '\0' ||
	    body_type(request_variable(rq, "CONTENT_TYPE")) != BODY_JSON;
}

/* The filled-in form again, with what was wrong. */
static void
refuse_form(struct request *rq, struct response *rs, enum problem problem)
{
	struct view *view = view_of_fields(rq);
	const char *page = rq->route->page;

	if (page != NULL && rq->route->fill != NULL &&
	    rq->route->fill(rq, view) != ST_OK)
		page = NULL;
	for (struct field_problem *p = rq->fields.problems;
	     p != NULL && problem == PROBLEM_INVALID_INPUT; p = p->next) {
		struct json_object *values = json_object_new_object();

		json_object_object_add(
		    values, "name", json_object_new_string(p->name));
		json_object_object_add(values, "label",
		    json_object_new_string(wording_label(
			rq->arena, rq->site->templates, p->name)));
		json_object_object_add(
		    values, "limit", json_object_new_int64((int64_t)p->limit));
		view_problem(view, p->name, p->wording, values);
	}
	(void)!response_refuse(rs, problem, page, view);
}

const char *
guard_way_back(const struct request *rq)
{
	const char *referer = request_variable(rq, "HTTP_REFERER");
	const char *root =
	    arena_printf(rq->arena, "%s%s", rq->site->origin, rq->site->base);

	if (method_is_safe(rq->method))
		return rq->target;
	if (rq->path_has_page)
		return rq->path;
	if (text_starts_with(referer, root) &&
	    field_is_local_path(referer + strlen(root)) &&
	    strcmp(referer + strlen(root), rq->target) != 0)
		return referer + strlen(root);
	return "/";
}

/* Send a person to one of our own pages, which leads back afterwards. */
static void
send_by_way_of(struct request *rq, struct response *rs, const char *page)
{
	const char *next = guard_way_back(rq);
	struct strbuf to;

	strbuf_init(&to, rq->arena);
	strbuf_printf(&to, "%snext=", page);
	strbuf_percent(&to, next, strlen(next));
	(void)!response_redirect(rs, to.text);
}

const char *
guard_reason(enum session_end end)
{
	static const char *const reasons[SESSION_END_COUNT] = {
		[SESSION_SIGNED_OUT] = "signed_out_elsewhere",
		[SESSION_ENDED_ELSEWHERE] = "signed_out_elsewhere",
		[SESSION_REPLACED] = "signed_out_elsewhere",
		[SESSION_STOLEN] = "stolen",
		[SESSION_PASSWORD_RESET] = "password_reset",
		[SESSION_ACCOUNT_DISABLED] = "account_disabled",
		[SESSION_OPERATOR] = "revoked",
	};

	return reasons[end];
}

/* Why nobody is signed in, as the sign-in page explains it. */
static const char *
reason_of(const struct request *rq)
{
	switch (rq->session_state) {
	case SESSION_STALE:
	case SESSION_EXPIRED:
		return "expired";
	case SESSION_REVOKED:
		return guard_reason(rq->session_end);
	default:
		return "not_signed_in";
	}
}

/*
 * The session is there, but its access token is not: a browser gets a new one
 * on a detour and comes back with all that it sent.
 */
static void
send_to_refresh(struct request *rq, struct response *rs)
{
	struct strbuf to;

	strbuf_init(&to, rq->arena);
	strbuf_str(&to, "/auth/refresh?next=");
	strbuf_percent(&to, rq->target, strlen(rq->target));
	if (to.len + strlen(rq->site->base) > REQUEST_TARGET_MAX)
		(void)!response_pass_on(rs, "/auth/refresh?next=/");
	else
		(void)!response_pass_on(rs, to.text);
}

/* Nobody is signed in, and somebody has to be. */
static void
refuse_stranger(struct request *rq, struct response *rs)
{
	static const enum problem problems[] = {
		[SESSION_ABSENT] = PROBLEM_NOT_SIGNED_IN,
		[SESSION_STALE] = PROBLEM_SESSION_EXPIRED,
		[SESSION_EXPIRED] = PROBLEM_SESSION_EXPIRED,
		[SESSION_REVOKED] = PROBLEM_SESSION_REVOKED,
	};

	rs->reason = reason_of(rq);
	if (rq->wants_json)
		(void)!response_refuse(
		    rs, problems[rq->session_state], NULL, NULL);
	else if (rq->renewable)
		send_to_refresh(rq, rs);
	else
		send_by_way_of(rq, rs,
		    arena_printf(
			rq->arena, "/auth/signin?reason=%s&", rs->reason));
}

/* Was the password given recently? By the clock that noted when. */
static bool
is_confirmed(const struct request *rq)
{
	return rq->session->confirmed_ago < rq->site->config->confirm_ttl;
}

/* Does the site ask for a second factor that this person has not set up? */
static bool
lacks_second_factor(const struct request *rq)
{
	return rq->site->config->mfa == MFA_REQUIRED &&
	    !rq->session->second_factor &&
	    (rq->route->flags & ROUTE_SETS_UP) == 0;
}

static void
send_to_set_up(struct request *rq, struct response *rs)
{
	if (rq->wants_json)
		(void)!response_refuse(
		    rs, PROBLEM_SECOND_FACTOR_SETUP_REQUIRED, NULL, NULL);
	else
		send_by_way_of(rq, rs, "/auth/second-factor?");
}

/* Is it somebody whom the row lets in? */
static bool
has_access(struct request *rq, struct response *rs)
{
	enum access access = rq->route->access;

	if (access == PUBLIC || access == TOKEN)
		return true;
	if (rq->session == NULL) {
		refuse_stranger(rq, rs);
		return false;
	}
	if (lacks_second_factor(rq)) {
		send_to_set_up(rq, rs);
		return false;
	}
	if (access == SESSION || is_confirmed(rq))
		return true;
	if (rq->wants_json)
		(void)!response_refuse(
		    rs, PROBLEM_CONFIRMATION_REQUIRED, NULL, NULL);
	else
		send_by_way_of(rq, rs, "/auth/confirm?");
	return false;
}

bool
guard_admit(struct request *rq, struct response *rs)
{
	static const struct field none = { .name = NULL };
	enum problem problem;

	fields_check(rq->arena,
	    rq->route->fields != NULL ? rq->route->fields : &none, &rq->query,
	    &rq->body, &rq->fields);
	if (!has_access(rq, rs))
		return false;
	if (needs_csrf_check(rq)) {
		problem = csrf_check(rq);
		if (problem != PROBLEM_NONE) {
			refuse_form(rq, rs, problem);
			return false;
		}
	}
	fields_judge(rq->arena, rq, &rq->fields);
	if (rq->fields.problems != NULL) {
		refuse_form(rq, rs, PROBLEM_INVALID_INPUT);
		return false;
	}
	return true;
}
