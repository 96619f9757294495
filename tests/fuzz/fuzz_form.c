/* fuzz_form.c - urlencoded bodies and query strings, and path segments. */

#include <string.h>

#include "base/arena.h"
#include "tests/fuzz/fuzz.h"
#include "web/body.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = (const char *)data, *segment;
	struct pairs pairs = { NULL, 0 };
	enum wording why = WORDING_NONE;
	enum status st = body_parse_form(arena, text, size, &pairs, &why);

	fuzz_check_pairs(st, &pairs, why);
	if (body_decode_segment(arena, text, size, &segment) == ST_OK &&
	    (strchr(segment, '/') != NULL || strlen(segment) > size))
		fuzz_fail("a segment has no slash and does not grow");
	arena_free(arena);
	return 0;
}
