/* confirm.c - giving the password again, before what matters most. */

#include "auth.h"
#include "web/limits.h"

const struct field confirm_query[] = {
	{ .name = "next", .type = FIELD_PATH, .flags = FIELD_QUERY },
	{ .name = NULL },
};

const struct field confirm_fields[] = {
	AUTH_PASSWORD_FIELD,
	AUTH_CODE_FIELD,
	{ .name = "next", .type = FIELD_PATH },
	{ .name = NULL },
};

enum status
show_confirm(struct request *rq, struct response *rs)
{
	return response_page(rs, 200, "auth/confirm", view_of_fields(rq));
}

/*
 * The token says when the password was last given, so it takes a new one: of
 * the generation that was presented, as that is what the client holds. One of
 * a newer generation would prove an answer delivered that may have been lost.
 */
static enum status
grant(struct request *rq, struct response *rs)
{
	rq->session->generation = rq->token_generation;
	return auth_hand_out(
	    rq, rs, rq->session, NULL, rq->bearer, auth_next_page(rq));
}

/* The form once more. */
static enum status
refuse(struct request *rq, struct response *rs, const char *field,
    enum wording wording)
{
	struct view *view = view_of_fields(rq);
	enum status st;

	if (rq->route->fill != NULL) {
		st = rq->route->fill(rq, view);
		if (st != ST_OK)
			return st;
	}
	view_problem(view, field, wording, NULL);
	return response_refuse(
	    rs, PROBLEM_INVALID_INPUT, rq->route->page, view);
}

enum status
auth_check_password(
    struct request *rq, struct response *rs, const char *field, bool *granted)
{
	const struct entry entry = request_entry(rq);
	const char *code = request_field(rq, "code");
	enum entry_outcome outcome;
	int64_t wait;
	enum status st, back;

	*granted = false;
	st = entry_confirm(&entry, rq->session, request_field(rq, field), code,
	    &outcome, &wait);
	if (st == ST_NOT_FOUND) /* ended on another device, just now */
		return response_refuse(rs, PROBLEM_SESSION_REVOKED, NULL, NULL);
	if (st != ST_OK && st != ST_LIMITED)
		return st;
	if (outcome == ENTRY_WRONG)
		return refuse(rq, rs, field, WORDING_PASSWORD_WRONG);
	/* Codes are counted by themselves. */
	back = limits_give_back(rq);
	if (back != ST_OK)
		return back;
	if (st == ST_LIMITED)
		return limits_refuse(rq, rs, wait);
	*granted = outcome == ENTRY_GRANTED;
	if (*granted)
		return ST_OK;
	return refuse(rq, rs, "code",
	    code[0] == '\0' ? WORDING_CODE_MISSING : WORDING_CODE_WRONG);
}

enum status
confirm(struct request *rq, struct response *rs)
{
	bool granted;
	enum status st;

	st = auth_check_password(rq, rs, "password", &granted);
	return st == ST_OK && granted ? grant(rq, rs) : st;
}
