/*
 * fuzz_template.c - templates, with values that try to break out. Whatever
 * loads must show them as text.
 */

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/template.h"
#include "tests/fuzz/fuzz.h"

/* As literal text a template can hold all but this. */
#define CANARY "q\"'<&>Q"

static struct json_object *
values(void)
{
	struct json_object *json = json_tokener_parse(
	    "{\"a\":\"q\\\"'<&>Q\",\"b\":[1,\"q\\\"'<&>Q\",{\"a\":null}],"
	    "\"c\":{\"a\":{\"b\":\"q\\\"'<&>Q\"}},\"d\":true,\"e\":0.1}");
	struct json_object *url = json_object_new_string("/p?q='1'&r=2");

	if (json == NULL || template_url(url) != ST_OK)
		fuzz_fail("the values are good");
	json_object_object_add(json, "u", url);
	return json;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct template_set *set = template_set_new(arena);
	const char *text = (const char *)data;
	struct json_object *json = values();
	struct strbuf out;

	strbuf_init(&out, arena);
	if (template_add(set, "q", TEMPLATE_HTML, "<b>{{a}}</b>", 12) != ST_OK)
		fuzz_fail("a good template loads");
	if (memmem(text, size, CANARY, strlen(CANARY)) == NULL &&
	    template_add(set, "t", TEMPLATE_HTML, text, size) == ST_OK &&
	    template_render(set, "t", TEMPLATE_HTML, &json, 1, &out) == ST_OK &&
	    memmem(out.text, out.len, CANARY, strlen(CANARY)) != NULL)
		fuzz_fail("no value is shown as it is in a page");
	if (template_add(set, "t", TEMPLATE_TEXT, text, size) == ST_OK)
		(void)!template_render(set, "t", TEMPLATE_TEXT, &json, 1, &out);
	json_object_put(json);
	arena_free(arena);
	return 0;
}
