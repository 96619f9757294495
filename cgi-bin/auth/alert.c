/* alert.c - "it was not me": a mailed link that ends a session. */

#include "account/alert.h"
#include "auth.h"

static void
tell(const struct request *rq, struct view *view, const struct alert *alert)
{
	view_flag(view, "ended", alert->ended);
	view_text(view, "device", auth_device_words(rq, alert->user_agent));
	view_text(view, "ip", alert->ip);
	if (alert->signed_in_at != 0)
		view_time(view, "signed_in_at", alert->signed_in_at);
	view_time(view, "expires_at", alert->expires_at);
	view_text(view_page_only(view), "token", request_path(rq, "token"));
}

/* The link in the path; ST_EXPIRED: it is not live, and rs says why. */
static enum status
find(struct request *rq, struct response *rs, struct alert *alert)
{
	enum problem problem;
	struct view *view;
	enum status st;

	st = alert_find(rq->db, rq->arena, request_path(rq, "token"), alert);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	problem = st == ST_NOT_FOUND ? PROBLEM_LINK_GONE
				     : problem_of_link(alert->state);
	if (problem == PROBLEM_NONE)
		return ST_OK;
	view = view_new(rq->arena);
	view_flag(view, "used", problem == PROBLEM_LINK_USED);
	st = response_refuse(rs, problem, "auth/alert_gone", view);
	return st == ST_OK ? ST_EXPIRED : st;
}

enum status
fill_alert(struct request *rq, struct view *view)
{
	struct alert alert;
	enum status st;

	st = alert_find(rq->db, rq->arena, request_path(rq, "token"), &alert);
	if (st == ST_OK && alert.state != LINK_LIVE)
		st = ST_EXPIRED;
	if (st == ST_OK)
		tell(rq, view, &alert);
	return st;
}

enum status
show_alert(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	struct alert alert;
	enum status st;

	st = find(rq, rs, &alert);
	if (st != ST_OK)
		return st == ST_EXPIRED ? ST_OK : st;
	tell(rq, view, &alert);
	return response_page(rs, 200, "auth/alert", view);
}

enum status
disown_sign_in(struct request *rq, struct response *rs)
{
	const char *token = request_path(rq, "token"), *reset_token;
	struct entry entry = request_entry(rq);
	struct view *view = view_new(rq->arena);
	struct alert alert;
	enum status st;

	st = find(rq, rs, &alert);
	if (st != ST_OK)
		return st == ST_EXPIRED ? ST_OK : st;
	st = alert_disown(&entry, token, &alert, &reset_token);
	if (st != ST_OK)
		return st;
	view_text(view, "status", "session_ended");
	view_text(view, "reset_token", reset_token);
	return response_done(
	    rs, 200, view, arena_printf(rq->arena, "/reset/%s", reset_token));
}
