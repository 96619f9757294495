/* devices.c - the browsers that are known, and forgetting them. */

#include "account/audit.h"
#include "account/known_device.h"
#include "auth.h"

static void
tell_item(const struct request *rq, struct view *view,
    const struct known_device *device)
{
	view_text(view, "id", device->id);
	view_flag(view, "current", device->current);
	view_time(view, "first_seen_at", device->first_seen_at);
	view_time(view, "last_seen_at", device->last_seen_at);
	view_text(view, "user_agent", device->user_agent);
	view_text(view, "device", auth_device_words(rq, device->user_agent));
}

enum status
show_devices(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	struct known_device *list;
	const char *after;
	size_t count;
	bool more, others = false;
	enum status st;

	st = auth_list_after(rq, &after);
	if (st == ST_OK)
		st = known_device_list(rq->db, rq->arena,
		    rq->session->account.id, rq->device, after, AUTH_LIST_MAX,
		    &list, &count, &more);
	if (st != ST_OK)
		return st;
	view_list(view, "items");
	for (size_t i = 0; i < count; i++) {
		tell_item(rq, view_item(view, "items"), &list[i]);
		others = others || !list[i].current;
	}
	auth_tell_list(rq, view, more ? list[count - 1].id : NULL, others);
	return response_page(rs, 200, "auth/devices", view);
}

enum status
forget_device(struct request *rq, struct response *rs)
{
	const char *id = request_path(rq, "id");
	const char *account = rq->session->account.id;
	enum status st;

	st = known_device_forget(rq->db, rq->arena, account, id);
	if (st == ST_OK)
		st = audit(rq->db, rq->arena, ACTOR_PERSON,
		    DEED_DEVICE_FORGOTTEN, account, id, &rq->origin);
	if (st != ST_OK)
		return st;
	return response_done(rs, 204, NULL, "/auth/devices?done=one");
}

enum status
forget_other_devices(struct request *rq, struct response *rs)
{
	const char *account = rq->session->account.id;
	size_t count;
	enum status st;

	st = known_device_forget_others(
	    rq->db, rq->arena, account, rq->device, &count);
	if (st == ST_OK && count > 0)
		st = audit(rq->db, rq->arena, ACTOR_PERSON,
		    DEED_OTHER_DEVICES_FORGOTTEN, account, NULL, &rq->origin);
	if (st != ST_OK)
		return st;
	return response_done(rs, 204, NULL, "/auth/devices?done=others");
}
