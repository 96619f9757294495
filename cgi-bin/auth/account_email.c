/* account_email.c - asking for another address. */

#include <string.h>

#include "account/email_change.h"
#include "auth.h"
#include "base/clock.h"

/* Its own address is no secret to whoever is signed in. */
static enum wording
judge_email(const struct request *rq, const char *email)
{
	return strcmp(email, rq->session->account.email) == 0
	    ? WORDING_EMAIL_SAME
	    : WORDING_NONE;
}

const struct field email_fields[] = {
	{ .name = "email",
	    .type = FIELD_EMAIL,
	    .flags = FIELD_REQUIRED,
	    .missing = WORDING_NEW_EMAIL_MISSING,
	    .judge = judge_email },
	AUTH_PASSWORD_FIELD,
	AUTH_CODE_FIELD,
	{ .name = NULL },
};

enum status
show_email(struct request *rq, struct response *rs)
{
	return response_page(rs, 200, "auth/email", view_new(rq->arena));
}

/* The same answer whoever has the address: only the mailbox learns more. */
static enum status
answer_sent(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	struct view *page = view_page_only(view);

	view_text(view, "status", "confirmation_sent");
	view_text(page, "email", request_field(rq, "email"));
	view_text(page, "email_change_ttl",
	    clock_duration_words(
		rq->arena, rq->site->config->email_change_ttl));
	return response_page(rs, 202, "auth/email_sent", view);
}

enum status
ask_email(struct request *rq, struct response *rs)
{
	const struct entry entry = request_entry(rq);
	bool granted;
	enum status st;

	st = auth_check_password(rq, rs, "password", &granted);
	if (st != ST_OK || !granted)
		return st;
	st = email_change_ask(&entry, rq->session, request_field(rq, "email"));
	return st == ST_OK ? answer_sent(rq, rs) : st;
}
