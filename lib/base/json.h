/* json - json_objects that live as long as an arena. */
#ifndef CHATELAINE_JSON_H
#define CHATELAINE_JSON_H

#include <json-c/json.h>

#include "base/arena.h"

/* Let the arena's reset drop the caller's reference. Returns json. */
struct json_object *json_hold(struct arena *arena, struct json_object *json);

#endif
