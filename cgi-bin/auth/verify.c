/* verify.c - proving the address: a mailed link, a button, done. */

#include <strings.h>

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
	EMAIL_FIELD,
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
	struct entry entry = request_entry(rq);
	struct verification verification;
	enum status st;

	st = verification_find(rq->db, rq->arena, request_field(rq, "token"),
	    rq->browser, &verification);
	if (st == ST_NOT_FOUND)
		return response_refuse(
		    rs, PROBLEM_LINK_GONE, "auth/verify_gone", NULL);
	if (st != ST_OK)
		return st;
	view_flag(
	    view, "ask_password", entry_asks_password(&entry, &verification));
	return response_page(rs, 200, "auth/verify", view);
}

/* Who is signed in sees no longer that mail comes back. */
static enum status
look_again(struct request *rq)
{
	struct account account;
	enum status st;

	if (rq->session == NULL || !rq->session->account.bounced)
		return ST_OK;
	st = account_find(rq->db, rq->arena, rq->session->account.id, &account);
	if (st == ST_OK)
		rq->session->account.bounced = account.bounced;
	return st;
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
		st = look_again(rq);
		if (st != ST_OK)
			return st;
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

/* Is it somebody whose own address has bounced? */
static bool
is_own_bounced(const struct request *rq, const char *email)
{
	return rq->session != NULL && rq->session->account.bounced &&
	    strcasecmp(rq->session->account.email, email) == 0;
}

enum status
resend(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	const char *email = request_field(rq, "email");
	enum status st;

	st = is_own_bounced(rq, email)
	    ? entry_confirm_address(&entry, &rq->session->account)
	    : entry_ask_link(&entry, email);
	return st == ST_OK ? auth_answer_sent(rq, rs) : st;
}
