/* session.c - who is signed in, and the tokens that say so. */

#include "account/access_token.h"
#include "auth.h"
#include "base/clock.h"
#include "web/csrf.h"

void
auth_tell_session(
    struct request *rq, struct view *view, const struct session *session)
{
	struct view *inner = view_object(view, "user");

	view_text(inner, "id", session->account.id);
	view_text(inner, "email", session->account.email);
	view_text(inner, "name", session->account.name);
	view_flag(inner, "email_bounced", session->account.bounced);
	inner = view_object(view, "session");
	view_text(inner, "id", session->id);
	view_time(inner, "created_at", session->created_at);
	view_time(inner, "confirmed_at", session->confirmed_at);
	view_time(inner, "expires_at", session->expires_at);
	view_flag(inner, "remember", session->remember);
	view_text(inner, "ip", session->ip);
	view_text(inner, "user_agent", session->user_agent);
	/* No workspace is active. */
	view_null(view, "workspace");
	/* Those who send the token by hand need none: nothing adds it for them. */
	if (!rq->bearer)
		view_text(view, "csrf_token", csrf_token(rq));
}

const char *
auth_next_page(const struct request *rq)
{
	const char *next = request_field(rq, "next");

	return next[0] != '\0' ? next : "/auth/session";
}

/* Seconds that a browser keeps a session's cookies; 0: until it is closed. */
static int64_t
cookie_age(const struct session *session)
{
	int64_t left = session->absolute_expires_at - clock_now();

	if (!session->remember)
		return 0;
	return left > 0 ? left : 1;
}

enum status
auth_hand_out(struct request *rq, struct response *rs, struct session *session,
    const char *refresh_token, bool api, const char *next)
{
	struct view *view = view_new(rq->arena);
	const char *access_token;
	int64_t expires_at;
	enum status st;

	st = access_token_issue(rq->site->signing_keys, rq->db, rq->arena,
	    rq->site->config, session, &access_token, &expires_at);
	if (st != ST_OK)
		return st;
	rq->session = session;
	rq->session_id = session->id;
	rq->token_expires_at = expires_at;
	auth_tell_session(rq, view, session);
	view_time(view, "expires_at", expires_at);
	if (api) {
		view_text(view, "access_token", access_token);
		if (refresh_token != NULL)
			view_text(view, "refresh_token", refresh_token);
		return response_document(rs, 200, "application/json", view);
	}
	response_set_cookie(
	    rq, rs, COOKIE_ACCESS, access_token, cookie_age(session));
	if (refresh_token != NULL)
		response_set_cookie(
		    rq, rs, COOKIE_REFRESH, refresh_token, cookie_age(session));
	if (rq->passing)
		return response_pass_on(rs, next);
	return response_done(rs, 200, view, next);
}

enum status
show_session(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	auth_tell_session(rq, view, rq->session);
	return response_page(rs, 200, "auth/session", view);
}
