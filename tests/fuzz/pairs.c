/* pairs.c - what body.h promises of every parser. */

#include <string.h>

#include "base/text.h"
#include "tests/fuzz/fuzz.h"
#include "web/body.h"

void
fuzz_check_pairs(enum status st, const struct pairs *pairs, enum wording why)
{
	if (st == ST_INVALID && (why == WORDING_NONE || pairs->count != 0))
		fuzz_fail("a refusal has a reason and no pairs");
	if (st != ST_OK && st != ST_INVALID)
		fuzz_fail("no other status");
	if (st != ST_OK)
		return;
	if (why != WORDING_NONE || pairs->count > BODY_PAIRS_MAX)
		fuzz_fail("no reason, and not too many pairs");
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->list[i];

		if (!text_is_utf8(pair->name, strlen(pair->name)) ||
		    !text_is_utf8(pair->text, strlen(pair->text)))
			fuzz_fail("names and texts are UTF-8");
	}
}
