/* fuzz_multipart.c - multipart bodies; the first line is the Content-Type. */

#include <string.h>

#include "base/arena.h"
#include "tests/fuzz/fuzz.h"
#include "web/body.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = (const char *)data;
	const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
	size_t len = end != NULL ? (size_t)(end - text) : size;
	const char *type = arena_strndup(arena, text, len);
	struct pairs pairs = { NULL, 0 };
	enum wording why = WORDING_NONE;
	enum status st;

	if (end != NULL)
		len++;
	if (body_type(type) == BODY_MULTIPART) {
		st = body_parse_multipart(
		    arena, type, text + len, size - len, &pairs, &why);
		fuzz_check_pairs(st, &pairs, why);
	}
	arena_free(arena);
	return 0;
}
