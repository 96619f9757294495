/* fuzz_cookie.c - Cookie headers, and the headers that are chosen by. */

#include <string.h>

#include "base/arena.h"
#include "tests/fuzz/fuzz.h"
#include "web/accept.h"
#include "web/cookie.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cookie_style styles[] = {
		{ .secure = false, .base = "" },
		{ .secure = true, .base = "/app" },
	};
	struct arena *arena = arena_new();
	const char *header = arena_strndup(arena, (const char *)data, size);

	for (size_t i = 0; i < ARRAY_LEN(styles); i++)
		for (enum cookie c = 0; c < COOKIE_COUNT; c++) {
			const char *value =
			    cookie_find(arena, &styles[i], header, c);

			/* It goes into headers and comparisons as it is. */
			if (strspn(value,
				"-._0123456789abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(value))
				fuzz_fail("a value is base64url and dots");
			if (*value != '\0')
				(void)cookie_set(
				    arena, &styles[i], c, value, 0);
		}
	(void)accept_prefers_json(header);
	arena_free(arena);
	return 0;
}
