/* body_form.c - percent-encoded text: forms, query strings, path segments. */

#include "config.h"

#include <string.h>

#include "base/text.h"
#include "web/body_pairs.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Undo %XX, and in forms the + that means a space. false: a % is not followed
 * by two hexadecimal digits.
 */
static bool
percent_decode(
    struct arena *arena, struct span text, bool form, struct span *decoded)
{
	char *to = arena_alloc(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		int high, low;

		if (text.text[i] != '%') {
			to[len++] = text.text[i];
			if (form && text.text[i] == '+')
				to[len - 1] = ' ';
			continue;
		}
		if (text.len - i < 3)
			return false;
		high = hex_digit(text.text[i + 1]);
		low = hex_digit(text.text[i + 2]);
		if (high < 0 || low < 0)
			return false;
		to[len++] = (char)(high << 4 | low);
		i += 2;
	}
	*decoded = (struct span){ to, len };
	return true;
}

/* One "name=text", "name" or "=text". */
static enum status
add_pair(struct body_pairs *out, struct span pair)
{
	const char *equals = memchr(pair.text, '=', pair.len);
	struct span name = pair, text = { "", 0 };

	if (equals != NULL) {
		name.len = (size_t)(equals - pair.text);
		text.text = equals + 1;
		text.len = pair.len - name.len - 1;
	}
	if (!percent_decode(out->arena, name, true, &name) ||
	    !percent_decode(out->arena, text, true, &text))
		return body_pairs_refuse(out, WORDING_BODY_ENCODING);
	return body_pairs_add(out, name, text, WORDING_NONE);
}

enum status
body_parse_form(struct arena *arena, const char *text, size_t len,
    struct pairs *pairs, enum wording *why)
{
	struct body_pairs out = { arena, pairs, why };

	body_pairs_begin(&out);
	while (len > 0) {
		const char *end = memchr(text, '&', len);
		struct span pair = { text, len };
		enum status st;

		if (end != NULL)
			pair.len = (size_t)(end - text);
		if (pair.len != 0 && (st = add_pair(&out, pair)) != ST_OK)
			return st;
		if (end == NULL)
			break;
		text = end + 1;
		len -= pair.len + 1;
	}
	return ST_OK;
}

enum status
body_decode_segment(
    struct arena *arena, const char *text, size_t len, const char **decoded)
{
	struct span segment = { text, len };

	if (!percent_decode(arena, segment, false, &segment) ||
	    !text_is_utf8(segment.text, segment.len) ||
	    memchr(segment.text, '/', segment.len) != NULL)
		return ST_INVALID;
	*decoded = segment.text;
	return ST_OK;
}
