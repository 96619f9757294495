/* sessions.c - where one is signed in, and ending that. */

#include <string.h>

#include "account/audit.h"
#include "account/session_list.h"
#include "auth.h"

static void
tell_item(const struct request *rq, struct view *view,
    const struct session_item *item)
{
	view_text(view, "id", item->id);
	view_flag(view, "current", item->current);
	view_time(view, "created_at", item->created_at);
	view_time(view, "last_seen_at", item->last_seen_at);
	view_text(view, "ip", item->ip);
	view_text(view, "user_agent", item->user_agent);
	view_text(view, "device", auth_device_words(rq, item->user_agent));
}

enum status
show_sessions(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	struct session_item *list;
	const char *after;
	size_t count;
	bool more;
	enum status st;

	st = auth_list_after(rq, &after);
	if (st == ST_OK)
		st = session_list(rq->db, rq->arena, rq->session->account.id,
		    rq->session->id, after, AUTH_LIST_MAX, &list, &count,
		    &more);
	if (st != ST_OK)
		return st;
	view_list(view, "items");
	for (size_t i = 0; i < count; i++)
		tell_item(rq, view_item(view, "items"), &list[i]);
	auth_tell_list(rq, view, more ? list[count - 1].id : NULL, count > 1);
	return response_page(rs, 200, "auth/sessions", view);
}

enum status
end_session(struct request *rq, struct response *rs)
{
	const char *id = request_path(rq, "id");
	const char *account = rq->session->account.id;
	bool ended;
	enum status st;

	if (strcmp(id, rq->session->id) == 0)
		return sign_out(rq, rs);
	st = session_end_own(
	    rq->db, rq->arena, account, id, SESSION_ENDED_ELSEWHERE, &ended);
	if (st == ST_OK && ended)
		st = audit(rq->db, rq->arena, ACTOR_PERSON, DEED_SESSION_ENDED,
		    account, id, &rq->origin);
	if (st != ST_OK)
		return st;
	return response_done(rs, 204, NULL, "/auth/sessions?done=one");
}

enum status
end_other_sessions(struct request *rq, struct response *rs)
{
	const struct session *session = rq->session;
	size_t count;
	enum status st;

	st = session_end_others(rq->db, rq->arena, session->account.id,
	    session->id, SESSION_ENDED_ELSEWHERE, &count);
	if (st == ST_OK && count > 0)
		st = audit(rq->db, rq->arena, ACTOR_PERSON,
		    DEED_OTHER_SESSIONS_ENDED, session->account.id, session->id,
		    &rq->origin);
	if (st != ST_OK)
		return st;
	return response_done(rs, 204, NULL, "/auth/sessions?done=others");
}
