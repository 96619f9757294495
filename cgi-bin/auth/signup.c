/* signup.c - becoming known. */

#include "account/password.h"
#include "auth.h"
#include "web/new_password.h"

static enum wording
judge_password(const struct request *rq, const char *password)
{
	return new_password_judge(rq, password,
	    fields_good_text(&rq->fields, "email"),
	    fields_good_text(&rq->fields, "name"));
}

/* In the page's order, which is also that of the problems told. */
const struct field signup_fields[] = {
	{ .name = "name",
	    .type = FIELD_TEXT,
	    .flags = FIELD_REQUIRED,
	    .max = ACCOUNT_NAME_MAX,
	    .missing = WORDING_NAME_MISSING },
	EMAIL_FIELD,
	{ .name = "password",
	    .type = FIELD_SECRET,
	    .flags = FIELD_REQUIRED,
	    .max = PASSWORD_MAX_BYTES,
	    .missing = WORDING_PASSWORD_MISSING,
	    .judge = judge_password },
	{ .name = NULL },
};

enum status
show_signup(struct request *rq, struct response *rs)
{
	if (rq->session != NULL)
		return response_redirect(rs, "/auth/session");
	return response_page(rs, 200, "auth/signup", view_new(rq->arena));
}

enum status
sign_up(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	enum status st;

	st = entry_sign_up(&entry, request_field(rq, "email"),
	    request_field(rq, "name"), request_field(rq, "password"));
	if (st != ST_OK)
		return st;
	return auth_answer_sent(rq, rs);
}
