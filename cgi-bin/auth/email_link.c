/*
 * email_link.c - the two links about an account's address: one proves the new
 * one, the other brings the old one back. Each opens a page with a button, in
 * any browser, signed in or not.
 */

#include "account/email_change.h"
#include "auth.h"

/* Where the page's form goes. */
enum status
fill_email_link(struct request *rq, struct view *view)
{
	view_text(view_page_only(view), "token", request_path(rq, "token"));
	return ST_OK;
}

static struct view *
view_of_link(struct request *rq, const struct email_link *link)
{
	struct view *view = view_new(rq->arena);

	(void)!fill_email_link(rq, view);
	view_text(view, "email", link->email);
	return view;
}

/* *live: the answer is still to be made; else it says what became of it. */
static enum status
judge_link(struct response *rs, enum status st, const struct email_link *link,
    bool *live)
{
	enum problem problem = PROBLEM_LINK_GONE;

	*live = false;
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	if (st == ST_OK)
		problem = problem_of_link(link->state);
	if (problem == PROBLEM_NONE && link->taken)
		problem = PROBLEM_ADDRESS_TAKEN;
	*live = problem == PROBLEM_NONE;
	return *live ? ST_OK
		     : response_refuse(rs, problem, "auth/email_gone", NULL);
}

static enum status
show(struct request *rq, struct response *rs, enum link_kind kind,
    const char *page)
{
	const struct entry entry = request_entry(rq);
	struct email_link link;
	bool live;
	enum status st;

	st = email_change_find(&entry, kind, request_path(rq, "token"), &link);
	st = judge_link(rs, st, &link, &live);
	if (st != ST_OK || !live)
		return st;
	return response_page(rs, 200, page, view_of_link(rq, &link));
}

enum status
show_email_link(struct request *rq, struct response *rs)
{
	return show(rq, rs, LINK_EMAIL_CHANGE, "auth/email_link");
}

enum status
show_email_revert(struct request *rq, struct response *rs)
{
	return show(rq, rs, LINK_EMAIL_REVERT, "auth/email_revert");
}

enum status
change_email(struct request *rq, struct response *rs)
{
	const struct entry entry = request_entry(rq);
	struct email_link link;
	struct view *view;
	bool live;
	enum status st;

	st = email_change_use(&entry, request_path(rq, "token"), &link);
	st = judge_link(rs, st, &link, &live);
	if (st != ST_OK || !live)
		return st;
	view = view_of_link(rq, &link);
	view_text(view, "status", "email_changed");
	return response_page(rs, 200, "auth/email_changed", view);
}

enum status
revert_email(struct request *rq, struct response *rs)
{
	const struct entry entry = request_entry(rq);
	struct email_link link;
	const char *reset_token;
	struct view *view;
	bool live;
	enum status st;

	st = email_change_undo(
	    &entry, request_path(rq, "token"), &link, &reset_token);
	st = judge_link(rs, st, &link, &live);
	if (st != ST_OK || !live)
		return st;
	view = view_of_link(rq, &link);
	view_text(view, "status", "email_reverted");
	return response_done(
	    rs, 200, view, arena_printf(rq->arena, "/reset/%s", reset_token));
}
