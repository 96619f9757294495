/* json.c - a release of the very type that an arena calls. */

#include "base/json.h"

static void
put_json(void *json)
{
	(void)json_object_put(json);
}

struct json_object *
json_hold(struct arena *arena, struct json_object *json)
{
	arena_defer(arena, put_json, json);
	return json;
}
