/* sessions.c - where one is signed in, and ending that. */

#include <json-c/json.h>
#include <string.h>

#include "account/audit.h"
#include "account/device.h"
#include "account/session_list.h"
#include "auth.h"
#include "base/text.h"

#define PAGE 50 /* sessions on one */

/* What was just done, for the page to say. */
static const char *const deeds[] = { "one", "others", NULL };

const struct field sessions_query[] = {
	{ .name = "after", .type = FIELD_TEXT, .flags = FIELD_QUERY },
	{ .name = "ended",
	    .type = FIELD_CHOICE,
	    .flags = FIELD_QUERY,
	    .choices = deeds },
	{ .name = NULL },
};

const char *
auth_device_words(const struct request *rq, const char *user_agent)
{
	struct device device = device_of(user_agent);
	struct view *values = view_new(rq->arena);
	enum wording wording = WORDING_DEVICE;

	if (device.program != NULL && device.system == NULL)
		return device.program;
	if (device.program == NULL)
		wording = device.system != NULL ? WORDING_DEVICE_SYSTEM
						: WORDING_DEVICE_UNKNOWN;
	view_text(values, "program", device.program);
	view_text(values, "system", device.system);
	return wording_text(
	    rq->arena, rq->site->templates, wording, &values->json, 1);
}

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
	const char *after = request_field(rq, "after");
	const char *ended = request_field(rq, "ended");
	struct view *view = view_new(rq->arena), *page = view_page_only(view);
	struct session_item *list;
	size_t count;
	bool more;
	enum status st;

	if (after[0] != '\0' && !text_is_uuid(after))
		return ST_NOT_FOUND;
	st = session_list(rq->db, rq->arena, rq->session->account.id,
	    rq->session->id, after[0] != '\0' ? after : NULL, PAGE, &list,
	    &count, &more);
	if (st != ST_OK)
		return st;
	view_list(view, "items");
	for (size_t i = 0; i < count; i++)
		tell_item(rq, view_item(view, "items"), &list[i]);
	view_text(view, "next", more ? list[count - 1].id : NULL);
	view_flag(page, "later", after[0] != '\0');
	view_flag(page, "others", count > 1 || after[0] != '\0');
	if (ended[0] != '\0')
		view_flag(view_object(page, "ended"), ended, true);
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
	return response_done(rs, 204, NULL, "/auth/sessions?ended=one");
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
	return response_done(rs, 204, NULL, "/auth/sessions?ended=others");
}
