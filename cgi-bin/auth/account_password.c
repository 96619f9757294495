/* account_password.c - choosing another password. */

#include "account/password.h"
#include "account/password_change.h"
#include "auth.h"
#include "web/new_password.h"

static enum wording
judge_password(const struct request *rq, const char *password)
{
	const struct account *account = &rq->session->account;

	return new_password_judge(rq, password, account->email, account->name);
}

const struct field password_fields[] = {
	{ .name = "current_password",
	    .type = FIELD_SECRET,
	    .flags = FIELD_REQUIRED,
	    .max = PASSWORD_MAX_BYTES,
	    .missing = WORDING_CURRENT_PASSWORD_MISSING },
	{ .name = "password",
	    .type = FIELD_SECRET,
	    .flags = FIELD_REQUIRED,
	    .max = PASSWORD_MAX_BYTES,
	    .missing = WORDING_NEW_PASSWORD_MISSING,
	    .judge = judge_password },
	AUTH_CODE_FIELD,
	{ .name = NULL },
};

enum status
show_password(struct request *rq, struct response *rs)
{
	return response_page(rs, 200, "auth/password", view_new(rq->arena));
}

enum status
change_password(struct request *rq, struct response *rs)
{
	const struct entry entry = request_entry(rq);
	struct view *view = view_new(rq->arena);
	bool granted;
	enum status st;

	st = auth_check_password(rq, rs, "current_password", &granted);
	if (st != ST_OK || !granted)
		return st;
	st =
	    password_change(&entry, rq->session, request_field(rq, "password"));
	if (st != ST_OK)
		return st;
	view_text(view, "status", "password_changed");
	return response_done(rs, 200, view, "/auth/account?done=password");
}
