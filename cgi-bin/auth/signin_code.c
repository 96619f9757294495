/* signin_code.c - the second half of signing in: a code besides the password. */

#include <string.h>

#include "auth.h"
#include "base/clock.h"
#include "base/counter.h"
#include "web/limits.h"

static const char *const clients[] = { "api", NULL };

const struct field signin_code_fields[] = {
	{ .name = "ticket", .type = FIELD_TOKEN, .max = SIGN_IN_TICKET_MAX },
	{ .name = "code",
	    .type = FIELD_SECRET,
	    .flags = FIELD_REQUIRED,
	    .max = AUTH_CODE_MAX,
	    .missing = WORDING_CODE_MISSING },
	{ .name = "client", .type = FIELD_CHOICE, .choices = clients },
	{ .name = NULL },
};

enum status
auth_ask_code(struct request *rq, struct response *rs,
    const struct entry *entry, const struct newcomer *who)
{
	struct sign_in_ticket ticket = {
		.expires_at = clock_now() + SIGN_IN_TICKET_TTL,
		.remember = who->remember,
		.api = who->api,
		.next = who->next,
	};
	struct view *view = view_new(rq->arena);

	view_text(
	    view, "ticket", sign_in_ticket_issue(entry, who->account, &ticket));
	view_time(view, "expires_at", ticket.expires_at);
	view_flag(view_page_only(view), "asked", true);
	rs->members = view;
	return response_refuse(
	    rs, PROBLEM_SECOND_FACTOR_REQUIRED, "auth/signin_code", view);
}

/* Back to the password. next: "" when nobody knows any more. */
static enum status
start_over(struct request *rq, struct response *rs, const char *next)
{
	struct view *view = view_new(rq->arena);
	enum status st;

	/* No code was looked at. */
	st = limits_give_back(rq);
	if (st == ST_OK)
		st = counter_add(
		    rq->db, rq->arena, COUNTER_SIGN_INS, "code_late");
	if (st != ST_OK)
		return st;
	if (next[0] != '\0')
		view_text(view, "next", next);
	return response_refuse(
	    rs, PROBLEM_SIGN_IN_EXPIRED, "auth/signin", view);
}

/* As /metrics has them. */
static const char *const results[] = {
	[ENTRY_WRONG] = "code_wrong",
	[ENTRY_GRANTED] = "granted",
	[ENTRY_DISABLED] = "disabled",
};

/* What came of a code that was looked at. */
static enum status
answer(struct request *rq, struct response *rs, const struct entry *entry,
    const struct sign_in_ticket *ticket, enum entry_outcome outcome,
    const struct account *account)
{
	const struct newcomer who = {
		.account = account,
		.remember = ticket->remember,
		.api = ticket->api ||
		    strcmp(request_field(rq, "client"), "api") == 0,
		.next = ticket->next,
	};
	struct view *view = view_of_fields(rq);
	enum status st = ST_OK;

	/* Only wrong codes count. */
	if (outcome != ENTRY_WRONG)
		st = limits_give_back(rq);
	if (st == ST_OK)
		st = counter_add(
		    rq->db, rq->arena, COUNTER_SIGN_INS, results[outcome]);
	if (st != ST_OK)
		return st;
	if (outcome == ENTRY_GRANTED)
		return auth_begin_session(rq, rs, entry, &who);
	if (outcome == ENTRY_DISABLED)
		return response_refuse(
		    rs, PROBLEM_ACCOUNT_DISABLED, NULL, NULL);
	view_problem(view, "code", WORDING_CODE_WRONG, NULL);
	return response_refuse(
	    rs, PROBLEM_INVALID_INPUT, "auth/signin_code", view);
}

enum status
sign_in_with_code(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	struct sign_in_ticket ticket = { .next = "" };
	enum entry_outcome outcome;
	struct account account;
	enum status st;

	if (!rq->site->may_sign_in)
		return response_refuse(rs, PROBLEM_INSECURE_SITE, NULL, NULL);
	st = sign_in_ticket_open(&entry, request_field(rq, "ticket"), &ticket);
	if (st == ST_OK)
		st = sign_in_ticket_use(&entry, &ticket,
		    request_field(rq, "code"), &outcome, &account);
	if (st == ST_NOT_FOUND || st == ST_EXPIRED)
		return start_over(rq, rs, ticket.next);
	if (st != ST_OK)
		return st;
	return answer(rq, rs, &entry, &ticket, outcome, &account);
}
