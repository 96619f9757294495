/* preferences.c - the mails that a person may do without. */

#include "account/audit.h"
#include "auth.h"
#include "mail/preference.h"

/* A field for each category that can be switched off, by its name. */
const struct field preferences_fields[] = {
	{ .name = "reminders", .type = FIELD_FLAG },
	{ .name = NULL },
};

const struct field preferences_query[] = {
	{ .name = "saved", .type = FIELD_FLAG, .flags = FIELD_QUERY },
	{ .name = NULL },
};

/* What a mail program sends when its own button is pressed (RFC 8058). */
const struct field unsubscribe_fields[] = {
	{ .name = "List-Unsubscribe", .type = FIELD_TEXT },
	{ .name = NULL },
};

_Static_assert(ARRAY_LEN(preferences_fields) == MAIL_CATEGORY_COUNT,
    "a field for each category but that of security, and the end");

static enum mail_category
category_of(const struct field *field)
{
	enum mail_category category = MAIL_SECURITY;

	(void)!mail_category_find(field->name, &category);
	return category;
}

static struct view *
view_of_preferences(
    const struct request *rq, const struct preferences *preferences)
{
	struct view *view = view_new(rq->arena);
	const struct field *field = preferences_fields;

	for (; field->name != NULL; field++)
		view_flag(
		    view, field->name, preferences->wanted[category_of(field)]);
	return view;
}

static enum status
list(const struct request *rq, struct preferences *preferences)
{
	return preference_list(
	    rq->db, rq->arena, rq->session->account.id, preferences);
}

enum status
show_preferences(struct request *rq, struct response *rs)
{
	struct preferences preferences;
	struct view *view;
	enum status st = list(rq, &preferences);

	if (st != ST_OK)
		return st;
	view = view_of_preferences(rq, &preferences);
	view_flag(view_page_only(view), "saved", request_flag(rq, "saved"));
	return response_page(rs, 200, "auth/preferences", view);
}

static enum status
note(struct request *rq, const char *account_id, enum mail_category category)
{
	return audit(rq->db, rq->arena, ACTOR_PERSON, DEED_PREFERENCE_CHANGED,
	    account_id, mail_category_name(category), &rq->origin);
}

/* What is not there stays as it is. */
enum status
change_preferences(struct request *rq, struct response *rs)
{
	const char *id = rq->session->account.id;
	const struct field *field = preferences_fields;
	struct preferences preferences;
	bool changed;
	enum status st = ST_OK;

	for (; field->name != NULL && st == ST_OK; field++) {
		if (request_field(rq, field->name)[0] == '\0')
			continue;
		st = preference_set(rq->db, rq->arena, id, category_of(field),
		    request_flag(rq, field->name), &changed);
		if (st == ST_OK && changed)
			st = note(rq, id, category_of(field));
	}
	if (st == ST_OK)
		st = list(rq, &preferences);
	if (st != ST_OK)
		return st;
	return response_done(rs, 200, view_of_preferences(rq, &preferences),
	    "/auth/preferences?saved=1");
}

/* The link of a mail: whose, and which mails. */
static enum status
read_link(
    struct request *rq, const char **account_id, enum mail_category *category)
{
	return preference_read_token(rq->site->key, rq->arena,
	    request_path(rq, "token"), account_id, category);
}

static struct view *
view_of_link(struct request *rq, enum mail_category category)
{
	struct view *view = view_new(rq->arena), *page = view_page_only(view);

	view_text(view, "category", mail_category_name(category));
	view_text(page, "token", request_path(rq, "token"));
	view_flag(page, mail_category_name(category), true);
	return view;
}

/* Nothing happens yet: scanners follow links, too. */
enum status
show_unsubscribe(struct request *rq, struct response *rs)
{
	enum mail_category category;
	const char *account_id;

	if (read_link(rq, &account_id, &category) != ST_OK)
		return response_refuse(rs, PROBLEM_LINK_UNKNOWN, NULL, NULL);
	return response_page(
	    rs, 200, "auth/unsubscribe", view_of_link(rq, category));
}

/* By the page's button or a mail program's; no redirect (RFC 8058, 3.1). */
enum status
unsubscribe(struct request *rq, struct response *rs)
{
	enum mail_category category;
	const char *account_id;
	bool changed;
	enum status st;

	if (read_link(rq, &account_id, &category) != ST_OK)
		return response_refuse(rs, PROBLEM_LINK_UNKNOWN, NULL, NULL);
	st = preference_set(
	    rq->db, rq->arena, account_id, category, false, &changed);
	if (st == ST_OK && changed)
		st = note(rq, account_id, category);
	if (st != ST_OK)
		return st;
	return response_page(
	    rs, 200, "auth/unsubscribed", view_of_link(rq, category));
}
