/* response.c - an action's choice, and the headers that go with it. */

#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/text.h"
#include "web/response.h"

void
response_init(struct response *rs, struct arena *arena)
{
	*rs = (struct response){ .arena = arena, .status = 200, .body = "" };
}

enum status
response_page(
    struct response *rs, int status, const char *page, struct view *view)
{
	rs->status = status;
	rs->page = page;
	rs->view = view;
	return ST_OK;
}

enum status
response_done(
    struct response *rs, int status, struct view *view, const char *location)
{
	rs->status = status;
	rs->view = view;
	rs->location = location;
	return ST_OK;
}

enum status
response_redirect(struct response *rs, const char *location)
{
	rs->status = 303;
	rs->location = location;
	return ST_OK;
}

enum status
response_pass_on(struct response *rs, const char *location)
{
	rs->status = 307;
	rs->location = location;
	return ST_OK;
}

enum status
response_document(struct response *rs, int status, const char *content_type,
    struct view *view)
{
	rs->status = status;
	rs->content_type = content_type;
	rs->view = view;
	return ST_OK;
}

enum status
response_text(struct response *rs, int status, const char *content_type,
    const char *text, size_t len)
{
	rs->status = status;
	rs->content_type = content_type;
	rs->body = text;
	rs->len = len;
	return ST_OK;
}

enum status
response_refuse(struct response *rs, enum problem problem, const char *page,
    struct view *view)
{
	rs->status = problem_kind(problem)->status;
	rs->problem = problem;
	rs->page = page;
	rs->view = view;
	return ST_OK;
}

void
response_header(struct response *rs, const char *name, const char *value)
{
	struct header **end = &rs->headers;
	bool repeats = strcasecmp(name, "Set-Cookie") == 0;

	if (text_has_control(name) || text_has_control(value)) {
		log_error("header %s left out: control characters", name);
		return;
	}
	while (*end != NULL) {
		if (!repeats && strcasecmp((*end)->name, name) == 0)
			break;
		end = &(*end)->next;
	}
	if (*end == NULL)
		*end = arena_alloc(rs->arena, sizeof(**end));
	(*end)->name = name;
	(*end)->value = value;
}

void
response_set_cookie(const struct request *rq, struct response *rs,
    enum cookie cookie, const char *value, int64_t max_age)
{
	response_header(rs, "Set-Cookie",
	    cookie_set(rs->arena, &rq->site->cookies, cookie, value, max_age));
}

void
response_clear_cookie(
    const struct request *rq, struct response *rs, enum cookie cookie)
{
	response_header(rs, "Set-Cookie",
	    cookie_clear(rs->arena, &rq->site->cookies, cookie));
}
