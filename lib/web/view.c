/* view.c - a json_object per view, freed with the arena. */

#include "web/view.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/template.h"

struct view *
view_new(struct arena *arena)
{
	struct view *view = arena_alloc(arena, sizeof(*view));

	view->arena = arena;
	view->json = json_hold(arena, json_object_new_object());
	return view;
}

struct view *
view_of_fields(const struct request *rq)
{
	struct view *view = view_new(rq->arena);
	const struct field *field = rq->fields.declared;

	for (size_t i = 0; field != NULL && field[i].name != NULL; i++)
		if (field[i].type == FIELD_FLAG)
			view_flag(view, field[i].name,
			    request_flag(rq, field[i].name));
		else if (field[i].type != FIELD_SECRET)
			view_text(view, field[i].name, rq->fields.texts[i]);
	return view;
}

/* Names are static strings: json-c need not copy them. */
static void
add(struct view *view, const char *name, struct json_object *value)
{
	json_object_object_add_ex(
	    view->json, name, value, JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

void
view_text(struct view *view, const char *name, const char *text)
{
	add(view, name, text != NULL ? json_object_new_string(text) : NULL);
}

void
view_int(struct view *view, const char *name, int64_t number)
{
	add(view, name, json_object_new_int64(number));
}

void
view_flag(struct view *view, const char *name, bool flag)
{
	add(view, name, json_object_new_boolean(flag));
}

void
view_null(struct view *view, const char *name)
{
	add(view, name, NULL);
}

void
view_time(struct view *view, const char *name, int64_t when)
{
	struct json_object *time =
	    json_object_new_string(clock_rfc3339(view->arena, when));

	template_words(time, clock_words(view->arena, when));
	add(view, name, time);
}

void
view_url(struct view *view, const char *name, const char *url)
{
	struct json_object *string = json_object_new_string(url);

	if (template_url(string) != ST_OK) {
		log_error(
		    "%s not shown: neither http, https, otpauth nor a local path",
		    name);
		json_object_put(string);
		string = NULL;
	}
	add(view, name, string);
}

struct view *
view_object(struct view *view, const char *name)
{
	struct view *inner = arena_alloc(view->arena, sizeof(*inner));

	inner->arena = view->arena;
	inner->json = json_object_new_object();
	add(view, name, inner->json);
	return inner;
}

void
view_list(struct view *view, const char *name)
{
	json_object_object_add(view->json, name, json_object_new_array());
}

struct view *
view_item(struct view *view, const char *name)
{
	struct view *item = arena_alloc(view->arena, sizeof(*item));

	item->arena = view->arena;
	item->json = json_object_new_object();
	json_object_array_add(
	    json_object_object_get(view->json, name), item->json);
	return item;
}

void
view_item_text(struct view *view, const char *name, const char *text)
{
	json_object_array_add(json_object_object_get(view->json, name),
	    json_object_new_string(text));
}

struct view *
view_page_only(struct view *view)
{
	if (view->page_only == NULL)
		view->page_only = view_new(view->arena);
	return view->page_only;
}

void
view_problem(struct view *view, const char *field, enum wording wording,
    struct json_object *values)
{
	struct view_problem *problem =
	    arena_alloc(view->arena, sizeof(*problem));
	struct view_problem **end = &view->problems;

	problem->field = field;
	problem->wording = wording;
	problem->values = values;
	if (values != NULL)
		(void)json_hold(view->arena, values);
	while (*end != NULL)
		end = &(*end)->next;
	*end = problem;
}
