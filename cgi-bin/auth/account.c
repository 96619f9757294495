/* account.c - the profile. */

#include "account/audit.h"
#include "auth.h"

/* What was just done elsewhere, for the page to say. */
static const char *const deeds[] = { "password", "deletion_undone", NULL };

const struct field account_query[] = {
	{ .name = "saved", .type = FIELD_FLAG, .flags = FIELD_QUERY },
	{ .name = "done",
	    .type = FIELD_CHOICE,
	    .flags = FIELD_QUERY,
	    .choices = deeds },
	{ .name = NULL },
};

const struct field account_fields[] = {
	{ .name = "name",
	    .type = FIELD_TEXT,
	    .flags = FIELD_REQUIRED,
	    .max = ACCOUNT_NAME_MAX,
	    .missing = WORDING_NAME_MISSING },
	{ .name = NULL },
};

static struct view *
view_of_account(const struct request *rq, const char *name)
{
	const struct account *account = &rq->session->account;
	struct view *view = view_new(rq->arena);

	view_text(view, "id", account->id);
	view_text(view, "email", account->email);
	view_text(view, "name", name);
	view_time(view, "created_at", account->created_at);
	return view;
}

enum status
fill_account(struct request *rq, struct view *view)
{
	view_text(view, "email", rq->session->account.email);
	view_time(view, "created_at", rq->session->account.created_at);
	return ST_OK;
}

enum status
show_account(struct request *rq, struct response *rs)
{
	struct view *view = view_of_account(rq, rq->session->account.name);
	struct view *page = view_page_only(view);
	const char *done = request_field(rq, "done");

	view_flag(page, "saved", request_flag(rq, "saved"));
	if (done[0] != '\0')
		view_flag(view_object(page, "done"), done, true);
	return response_page(rs, 200, "auth/account", view);
}

enum status
change_account(struct request *rq, struct response *rs)
{
	const char *name = request_field(rq, "name");
	enum status st;

	st = account_rename(rq->db, rq->arena, rq->session->account.id, name);
	if (st == ST_OK)
		st =
		    audit(rq->db, rq->arena, ACTOR_PERSON, DEED_ACCOUNT_CHANGED,
			rq->session->account.id, NULL, &rq->origin);
	if (st != ST_OK)
		return st;
	return response_done(
	    rs, 200, view_of_account(rq, name), "/auth/account?saved=1");
}
