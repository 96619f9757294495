/* account_delete.c - asking for the account's deletion. */

#include "account/deletion.h"
#include "auth.h"
#include "base/clock.h"

const struct field delete_fields[] = {
	AUTH_PASSWORD_FIELD,
	AUTH_CODE_FIELD,
	{ .name = NULL },
};

enum status
fill_delete(struct request *rq, struct view *view)
{
	view_text(view_page_only(view), "deletion_grace",
	    clock_duration_words(
		rq->arena, rq->site->config->account_deletion_grace));
	return ST_OK;
}

enum status
show_delete(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	(void)!fill_delete(rq, view);
	return response_page(rs, 200, "auth/delete", view);
}

enum status
delete_account(struct request *rq, struct response *rs)
{
	const struct entry entry = request_entry(rq);
	struct view *view = view_new(rq->arena);
	bool granted;
	int64_t until;
	enum status st;

	st = auth_check_password(rq, rs, "password", &granted);
	if (st != ST_OK || !granted)
		return st;
	st = deletion_ask(&entry, &rq->session->account, &until);
	if (st != ST_OK)
		return st;
	auth_forget_session(rq, rs);
	view_text(view, "status", "deletion_begun");
	view_time(view, "delete_after", until);
	return response_done(rs, 200, view, "/auth/signin?reason=deletion");
}
