/* fuzz_json.c - JSON bodies. */

#include "base/arena.h"
#include "tests/fuzz/fuzz.h"
#include "web/body.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct pairs pairs = { NULL, 0 };
	enum wording why = WORDING_NONE;
	enum status st =
	    body_parse_json(arena, (const char *)data, size, &pairs, &why);

	fuzz_check_pairs(st, &pairs, why);
	arena_free(arena);
	return 0;
}
