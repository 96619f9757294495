/* limits.c - from the row of a route to the subject of its limit. */

#include <inttypes.h>

#include "account/known_device.h"
#include "account/refresh_token.h"
#include "account/sign_in_ticket.h"
#include "base/clock.h"
#include "base/counter.h"
#include "web/client.h"
#include "web/limits.h"

struct limiter
limits_limiter(const struct request *rq)
{
	return (struct limiter){
		.db = rq->db,
		.arena = rq->arena,
		.config = rq->site->config,
		.key = rq->site->key,
	};
}

/* Somebody gives a password: for an address, or once more within a session. */
static enum status
take_password(struct request *rq, const struct limiter *limiter, int64_t *wait)
{
	const char *device = NULL, *email;
	enum status st;

	if (rq->session != NULL && rq->route->access != PUBLIC)
		return limit_take_password(limiter, rq->session->account.email,
		    rq->session->id, NULL, &rq->taken, wait);
	email = request_field(rq, "email");
	st = known_device_find(rq->db, rq->arena, rq->device, email, &device);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	st = limit_take_password(
	    limiter, email, device, rq->counted_ip, &rq->taken, wait);
	if (st != ST_LIMITED)
		return st;
	st = counter_add(rq->db, rq->arena, COUNTER_SIGN_INS, "blocked");
	return st == ST_OK ? ST_LIMITED : st;
}

/* The session that wants to go on; NULL: no token of ours says. */
static const char *
session_to_refresh(struct request *rq)
{
	const char *text = "";
	struct refresh_token token;

	if (rq->method == POST && rq->route->fields != NULL)
		text = request_field(rq, "refresh_token");
	if (text[0] == '\0')
		return rq->session_id;
	if (refresh_token_read(rq->site->key, rq->arena, text, &token) != ST_OK)
		return NULL;
	return token.session_id;
}

/* Somebody shows a code, for the account of the field "ticket". */
static enum status
take_code(struct request *rq, const struct limiter *limiter, int64_t *wait)
{
	struct entry entry = request_entry(rq);
	struct sign_in_ticket ticket;
	enum status st;

	/* Another one is not worth a look at the code. */
	if (sign_in_ticket_open(&entry, request_field(rq, "ticket"), &ticket) !=
	    ST_OK)
		return ST_OK;
	st = limit_take(
	    limiter, LIMIT_CODE, ticket.account_id, &rq->taken, wait);
	if (st != ST_LIMITED)
		return st;
	st = counter_add(rq->db, rq->arena, COUNTER_SIGN_INS, "code_blocked");
	return st == ST_OK ? ST_LIMITED : st;
}

static enum status
take(struct request *rq, int64_t *wait)
{
	const struct limiter limiter = limits_limiter(rq);

	switch (rq->route->limit) {
	case LIMIT_NONE:
		return ST_OK;
	case LIMIT_PASSWORD:
		return take_password(rq, &limiter, wait);
	case LIMIT_CODE:
		return take_code(rq, &limiter, wait);
	case LIMIT_REFRESH:
		return limit_take(&limiter, LIMIT_REFRESH,
		    session_to_refresh(rq), &rq->taken, wait);
	default:
		return limit_take(&limiter, rq->route->limit, rq->counted_ip,
		    &rq->taken, wait);
	}
}

enum status
limits_take(struct request *rq, struct response *rs, bool *refused)
{
	const struct limiter limiter = limits_limiter(rq);
	int64_t wait;
	enum status st;

	*refused = false;
	rq->taken = NULL;
	if (rq->route->limit != LIMIT_NONE && client_is_hidden(rq)) {
		st = limit_note_proxy(&limiter);
		if (st != ST_OK)
			return st;
	}
	st = take(rq, &wait);
	if (st != ST_LIMITED)
		return st;
	*refused = true;
	return limits_refuse(rq, rs, wait);
}

enum status
limits_give_back(struct request *rq)
{
	const struct limiter limiter = limits_limiter(rq);

	return limit_give_back(&limiter, &rq->taken);
}

/* A wait as one would say it, never shorter than it is. */
static const char *
wait_words(struct arena *arena, int64_t wait)
{
	int64_t unit = wait > 120 * 60 ? 60 * 60 : wait > 90 ? 60 : 1;

	return clock_duration_words(arena, (wait + unit - 1) / unit * unit);
}

enum status
limits_refuse(struct request *rq, struct response *rs, int64_t wait)
{
	/* Pages tell the time to the minute. */
	int64_t at = (clock_now() + wait + 59) / 60 * 60;
	struct view *view = view_of_fields(rq);
	const char *page = rq->route->page;

	if (page != NULL && rq->route->fill != NULL &&
	    rq->route->fill(rq, view) != ST_OK)
		page = NULL;
	view_text(view, "wait", wait_words(rq->arena, wait));
	view_time(view, "retry_at", at);
	response_header(
	    rs, "Retry-After", arena_printf(rq->arena, "%" PRId64, wait));
	return response_refuse(rs, PROBLEM_TOO_MANY_REQUESTS, page, view);
}
