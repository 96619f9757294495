/* ask.c - having a link mailed. */

#include "account/reset.h"
#include "base/clock.h"
#include "reset.h"

const struct field ask_fields[] = {
	EMAIL_FIELD,
	{ .name = NULL },
};

enum status
show_ask(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);

	if (rq->session != NULL)
		view_text(
		    view_page_only(view), "email", rq->session->account.email);
	return response_page(rs, 200, "reset/ask", view);
}

/* The same to every address: there may be a mail on its way to it. */
enum status
ask(struct request *rq, struct response *rs)
{
	const char *email = request_field(rq, "email");
	struct entry entry = request_entry(rq);
	struct view *view = view_new(rq->arena), *page = view_page_only(view);
	enum status st;

	st = reset_ask(&entry, email);
	if (st != ST_OK)
		return st;
	view_text(view, "status", "reset_sent");
	view_text(page, "email", email);
	view_text(page, "reset_ttl",
	    clock_duration_words(rq->arena, rq->site->config->reset_ttl));
	return response_page(rs, 202, "reset/sent", view);
}
