/* list.c - what the lists of sessions and of devices share. */

#include <json-c/json.h>

#include "account/device.h"
#include "auth.h"
#include "base/text.h"

/* What was just done, for the page to say. */
static const char *const deeds[] = { "one", "others", NULL };

const struct field list_query[] = {
	{ .name = "after", .type = FIELD_TEXT, .flags = FIELD_QUERY },
	{ .name = "done",
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

enum status
auth_list_after(const struct request *rq, const char **after)
{
	const char *id = request_field(rq, "after");

	*after = id[0] != '\0' ? id : NULL;
	return *after == NULL || text_is_uuid(id) ? ST_OK : ST_NOT_FOUND;
}

void
auth_tell_list(
    const struct request *rq, struct view *view, const char *next, bool others)
{
	struct view *page = view_page_only(view);
	const char *deed = request_field(rq, "done");
	bool later = request_field(rq, "after")[0] != '\0';

	view_text(view, "next", next);
	view_flag(page, "later", later);
	view_flag(page, "others", others || later);
	if (deed[0] != '\0')
		view_flag(view_object(page, "done"), deed, true);
}
