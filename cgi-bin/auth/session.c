/* session.c - who is signed in. */

#include "auth.h"
#include "web/csrf.h"

void
auth_tell_session(
    struct request *rq, struct view *view, const struct session *session)
{
	struct view *inner = view_object(view, "user");

	view_text(inner, "id", session->account.id);
	view_text(inner, "email", session->account.email);
	view_text(inner, "name", session->account.name);
	inner = view_object(view, "session");
	view_text(inner, "id", session->id);
	view_time(inner, "created_at", session->created_at);
	view_time(inner, "confirmed_at", session->confirmed_at);
	/* Nothing renews the token, so it ends with the sooner of the two. */
	view_time(inner, "expires_at",
	    rq->token_expires_at < session->expires_at ? rq->token_expires_at
						       : session->expires_at);
	view_text(inner, "ip", session->ip);
	view_text(inner, "user_agent", session->user_agent);
	/* No workspace is active. */
	view_null(view, "workspace");
	/* Those who send the token by hand need none: nothing adds it for them. */
	if (!rq->bearer)
		view_text(view, "csrf_token", csrf_token(rq));
}

enum status
show_session(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	auth_tell_session(rq, view, rq->session);
	return response_page(rs, 200, "auth/session", view);
}
