/* verify.c - proving the address: a mailed link, a button, done. */

#include "account/password.h"
#include "account/verification.h"
#include "auth.h"
#include "base/clock.h"
#include "web/limits.h"

const struct field verify_fields[] = {
	{ .name = "token",
	    .type = FIELD_TOKEN,
	    .flags = FIELD_QUERY,
	    .max = 200 },
	{ .name = "password", .type = FIELD_SECRET, .max = PASSWORD_MAX_BYTES },
	{ .name = NULL },
};

const struct field resend_fields[] = {
	{ .name = "email",
	    .type = FIELD_EMAIL,
	    .flags = FIELD_REQUIRED,
	    .missing = WORDING_EMAIL_MISSING },
	{ .name = NULL },
};

enum status
auth_answer_sent(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	view_text(view, "status", "verification_sent");
	view_text(view_page_only(view), "email", request_field(rq, "email"));
	view_text(view_page_only(view), "verification_ttl",
	    clock_duration_words(
		rq->arena, rq->site->config->verification_ttl));
	return response_page(rs, 202, "auth/sent", view);
}

/* A mail scanner that follows the link only sees this page: nothing happens. */
enum status
show_verify(struct request *rq, struct response *rs)
{
	struct view *view = view_of_fields(rq);
	struct verification verification;
	enum status st;

	st = verification_find(rq->db, rq->arena, request_field(rq, "token"),
	    rq->browser, &verification);
	if (st == ST_NOT_FOUND)
		return response_refuse(
		    rs, PROBLEM_LINK_GONE, "auth/verify_gone", NULL);
	if (st != ST_OK)
		return st;
	view_flag(view, "ask_password", !verification.same_browser);
	return response_page(rs, 200, "auth/verify", view);
}

enum status
verify(struct request *rq, struct response *rs)
{
	const char *password = request_field(rq, "password");
	struct entry entry = request_entry(rq);
	struct view *view = view_new(rq->arena);
	int64_t wait;
	enum status st;

	st = entry_verify(&entry, request_field(rq, "token"), password, &wait);
	switch (st) {
	case ST_OK:
		view_text(view, "status", "verified");
		return response_page(rs, 200, "auth/verified", view);
	case ST_NOT_FOUND:
		return response_refuse(
		    rs, PROBLEM_LINK_GONE, "auth/verify_gone", NULL);
	case ST_FORBIDDEN:
		view = view_of_fields(rq);
		view_flag(view, "ask_password", true);
		view_problem(view, "password",
		    password[0] == '\0' ? WORDING_PASSWORD_MISSING
					: WORDING_PASSWORD_WRONG,
		    NULL);
		return response_refuse(
		    rs, PROBLEM_INVALID_INPUT, "auth/verify", view);
	case ST_LIMITED:
		return limits_refuse(rq, rs, wait);
	default:
		return st;
	}
}

enum status
show_resend(struct request *rq, struct response *rs)
{
	return response_page(rs, 200, "auth/resend", view_new(rq->arena));
}

enum status
resend(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	enum status st;

	st = entry_ask_link(&entry, request_field(rq, "email"));
	return st == ST_OK ? auth_answer_sent(rq, rs) : st;
}
