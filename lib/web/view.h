/*
 * view - the one model of both faces: what JSON says and a page shows.
 *
 * A typed front of a json_object. A value has one name and two forms where
 * people and programs want different ones: a time is RFC 3339 in JSON and
 * words on a page. Views live in the request's arena.
 */
#ifndef CHATELAINE_VIEW_H
#define CHATELAINE_VIEW_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "web/request.h"
#include "web/wording.h"

/* A problem with one field; field "" is the form as a whole. */
struct view_problem {
	struct view_problem *next;
	const char *field;
	enum wording wording;
	struct json_object *values; /* for the sentence; may be NULL */
};

struct view {
	struct arena *arena;
	struct json_object *json; /* an object */
	struct view *page_only;   /* NULL until something is put there */
	struct view_problem *problems;
};

/* An empty view. */
struct view *view_new(struct arena *arena);

/* A view with what the request's fields hold, secrets left out: a form. */
struct view *view_of_fields(const struct request *rq);

/* Members. Names are static strings; values are copied. NULL text: null. */
void view_text(struct view *view, const char *name, const char *text);
void view_int(struct view *view, const char *name, int64_t number);
void view_flag(struct view *view, const char *name, bool flag);
void view_null(struct view *view, const char *name);

/* Unix seconds. */
void view_time(struct view *view, const char *name, int64_t when);

/*
 * A URL for href and action: http, https, a local path, or otpauth://totp/ for
 * an app. Anything else is a defect of the caller, logged, and becomes null.
 */
void view_url(struct view *view, const char *name, const char *url);

/* An object within the view, to be filled with the functions above. */
struct view *view_object(struct view *view, const char *name);

/* An empty list within the view; one more object in it, to be filled in. */
void view_list(struct view *view, const char *name);
struct view *view_item(struct view *view, const char *name);

/* One more text in such a list, instead of an object. */
void view_item_text(struct view *view, const char *name, const char *text);

/* A view of values that pages show and JSON does not say. */
struct view *view_page_only(struct view *view);

/*
 * Say what is wrong with a field. values, which the view takes over, fill in
 * the sentence. Problems are told in the order of these calls.
 */
void view_problem(struct view *view, const char *field, enum wording wording,
    struct json_object *values);

#endif
