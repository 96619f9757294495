/* choose.c - a mailed link: first a button, then the form for the password. */

#include <string.h>

#include "account/password.h"
#include "account/reset.h"
#include "reset.h"
#include "web/new_password.h"

/*
 * Judged by the action: by whose it is, and not at all once the link is dead,
 * which is then all there is to say.
 */
const struct field choose_fields[] = {
	{ .name = "password", .type = FIELD_SECRET, .max = PASSWORD_MAX_BYTES },
	{ .name = NULL },
};

static void
tell(const struct request *rq, struct view *view, const struct reset *reset)
{
	struct view *page = view_page_only(view);

	view_flag(view, "opened", reset->opened);
	view_time(view, "expires_at", reset->expires_at);
	view_text(page, "token", request_path(rq, "token"));
	view_text(page, "email", reset->account.email);
}

enum status
fill_link(struct request *rq, struct view *view)
{
	struct reset reset;
	enum status st;

	st = reset_find(rq->db, rq->arena, request_path(rq, "token"), &reset);
	if (st == ST_OK)
		tell(rq, view, &reset);
	return st;
}

/* *live: the answer is still to be made; else it says what became of it. */
static enum status
judge_link(
    struct response *rs, enum status st, const struct reset *reset, bool *live)
{
	enum problem problem = PROBLEM_LINK_GONE;

	*live = false;
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	if (st == ST_OK)
		problem = problem_of_link(reset->state);
	*live = problem == PROBLEM_NONE;
	return *live ? ST_OK : response_refuse(rs, problem, "reset/gone", NULL);
}

/* A mail scanner that follows the link sees a button, and nothing happens. */
enum status
show_link(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	struct reset reset;
	bool live;
	enum status st;

	st = reset_find(rq->db, rq->arena, request_path(rq, "token"), &reset);
	st = judge_link(rs, st, &reset, &live);
	if (st != ST_OK || !live)
		return st;
	tell(rq, view, &reset);
	return response_page(
	    rs, 200, reset.opened ? "reset/choose" : "reset/open", view);
}

enum status
open_link(struct request *rq, struct response *rs)
{
	const char *token = request_path(rq, "token");
	struct view *view = view_new(rq->arena);
	struct reset reset;
	bool live;
	enum status st;

	st = reset_open(rq->db, rq->arena, rq->site->config, token, &reset);
	st = judge_link(rs, st, &reset, &live);
	if (st != ST_OK || !live)
		return st;
	tell(rq, view, &reset);
	return response_done(
	    rs, 200, view, arena_printf(rq->arena, "/reset/%s", token));
}

/* The browser's own session has ended with the others. */
static void
forget_session(
    struct request *rq, struct response *rs, const struct account *account)
{
	if (rq->session == NULL ||
	    strcmp(rq->session->account.id, account->id) != 0)
		return;
	rq->session = NULL;
	response_clear_cookie(rq, rs, COOKIE_ACCESS);
	response_clear_cookie(rq, rs, COOKIE_REFRESH);
}

static enum wording
judge(const struct request *rq, const char *password,
    const struct account *account)
{
	if (password[0] == '\0')
		return WORDING_PASSWORD_MISSING;
	return new_password_judge(rq, password, account->email, account->name);
}

enum status
choose(struct request *rq, struct response *rs)
{
	const char *token = request_path(rq, "token");
	const char *password = request_field(rq, "password");
	struct entry entry = request_entry(rq);
	struct view *view = view_new(rq->arena);
	struct reset reset;
	enum wording wrong;
	bool live;
	enum status st;

	st = reset_find(rq->db, rq->arena, token, &reset);
	st = judge_link(rs, st, &reset, &live);
	if (st != ST_OK || !live)
		return st;
	wrong = judge(rq, password, &reset.account);
	if (wrong != WORDING_NONE) {
		tell(rq, view, &reset);
		view_problem(view, "password", wrong, NULL);
		return response_refuse(
		    rs, PROBLEM_INVALID_INPUT, "reset/choose", view);
	}
	st = reset_password(&entry, token, &reset.account, password);
	if (st != ST_OK)
		return st;
	forget_session(rq, rs, &reset.account);
	view_text(view, "status", "password_changed");
	return response_page(rs, 200, "reset/done", view);
}
