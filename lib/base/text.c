/* text.c - bytes are judged one at a time, so no locale has a say. */

#include <stdint.h>
#include <string.h>

#include "base/text.h"

static bool
is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/*
 * Bytes of the character at text, of which left remain; 0: malformed. The
 * second byte alone tells overlong forms, surrogates and what lies beyond
 * U+10FFFF (RFC 3629, section 4).
 */
static size_t
character_size(const unsigned char *text, size_t left)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	size_t size;

	if (first < 0x80)
		return first != 0 ? 1 : 0;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (size > left)
		return 0;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if (!is_continuation(text[i]))
			return 0;
	return size;
}

bool
text_is_utf8(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t size;

	for (; len > 0; bytes += size, len -= size) {
		size = character_size(bytes, len);
		if (size == 0)
			return false;
	}
	return true;
}

size_t
text_length(const char *text)
{
	size_t length = 0;

	for (; *text != '\0'; text++)
		if (!is_continuation((unsigned char)*text))
			length++;
	return length;
}

bool
text_has_control(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at != '\0'; at++) {
		if (*at >= 0x20 && *at < 0x7f)
			continue;
		if (*at < 0x20 || *at == 0x7f)
			return true;
		if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
			return true;
		if (at[0] == 0xe2 && at[1] == 0x80 &&
		    (at[2] == 0xa8 || at[2] == 0xa9))
			return true;
	}
	return false;
}

char *
text_uuid(struct arena *arena, const unsigned char id[static TEXT_UUID_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	char *text =
	    arena_strdup(arena, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
	char *at = text;

	for (size_t i = 0; i < TEXT_UUID_BYTES; i++) {
		if (*at == '-')
			at++;
		*at++ = digits[id[i] >> 4];
		*at++ = digits[id[i] & 0xf];
	}
	return text;
}

bool
text_is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		char c = text[i];

		if (form[i] == '-'
			? c != '-'
			: !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return text[sizeof(form) - 1] == '\0';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_equal_nocase(const char *a, const char *b)
{
	for (; lower(*a) == lower(*b); a++, b++)
		if (*a == '\0')
			return true;
	return false;
}

bool
text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

size_t
text_distance(const char *a, const char *b)
{
	size_t row[TEXT_DISTANCE_MAX + 1], len = strlen(b);

	if (len > TEXT_DISTANCE_MAX || strlen(a) > TEXT_DISTANCE_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	/* row[j]: the distance of what was seen of a from j bytes of b */
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}
