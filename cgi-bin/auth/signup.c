/* signup.c - becoming known. */

#include "account/password.h"
#include "auth.h"
#include "base/clock.h"

static enum wording
judge_password(const struct request *rq, const char *password)
{
	static const enum wording wordings[] = {
		[PASSWORD_GOOD] = WORDING_NONE,
		[PASSWORD_TOO_SHORT] = WORDING_PASSWORD_TOO_SHORT,
		[PASSWORD_TOO_LONG] = WORDING_PASSWORD_TOO_LONG,
		[PASSWORD_GUESSABLE] = WORDING_PASSWORD_GUESSABLE,
		[PASSWORD_CLASSES] = WORDING_PASSWORD_CLASSES,
	};

	return wordings[password_judge(rq->site->config, rq->arena, password,
	    fields_good_text(&rq->fields, "email"),
	    fields_good_text(&rq->fields, "name"))];
}

/* In the page's order, which is also that of the problems told. */
const struct field signup_fields[] = {
	{ .name = "name",
	    .type = FIELD_TEXT,
	    .flags = FIELD_REQUIRED,
	    .max = ACCOUNT_NAME_MAX,
	    .missing = WORDING_NAME_MISSING },
	{ .name = "email",
	    .type = FIELD_EMAIL,
	    .flags = FIELD_REQUIRED,
	    .missing = WORDING_EMAIL_MISSING },
	{ .name = "password",
	    .type = FIELD_SECRET,
	    .flags = FIELD_REQUIRED,
	    .max = PASSWORD_MAX_BYTES,
	    .missing = WORDING_PASSWORD_MISSING,
	    .judge = judge_password },
	{ .name = NULL },
};

struct entry
auth_entry(const struct request *rq)
{
	return (struct entry){
		.db = rq->db,
		.arena = rq->arena,
		.config = rq->site->config,
		.key = rq->site->key,
		.origin = &rq->origin,
		.browser = rq->browser,
		.ip = rq->counted_ip,
	};
}

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
	struct entry entry = auth_entry(rq);
	enum status st;

	st = entry_sign_up(&entry, request_field(rq, "email"),
	    request_field(rq, "name"), request_field(rq, "password"));
	if (st != ST_OK)
		return st;
	return auth_answer_sent(rq, rs);
}
