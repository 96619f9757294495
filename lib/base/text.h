/* text - what makes a string acceptable. */
#ifndef CHATELAINE_TEXT_H
#define CHATELAINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/*
 * Well-formed UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF)
 * without U+0000?
 */
bool text_is_utf8(const char *text, size_t len);

/* Characters (code points) in a string of valid UTF-8. */
size_t text_length(const char *text);

/* Is there a control character (C0, DEL, C1, U+2028, U+2029) in it? */
bool text_has_control(const char *text);

#define TEXT_UUID_BYTES 16

/* The canonical form of a UUID (RFC 9562), in the arena. */
char *text_uuid(
    struct arena *arena, const unsigned char id[static TEXT_UUID_BYTES]);

/* A UUID in its canonical form (RFC 9562: 8-4-4-4-12, lower case)? */
bool text_is_uuid(const char *text);

/* Equal but for the case of ASCII letters? */
bool text_equal_nocase(const char *a, const char *b);

/* Does text begin with prefix? */
bool text_starts_with(const char *text, const char *prefix);

/*
 * How many bytes must be added, dropped or changed to make b of a
 * (Levenshtein's distance), to guess what a mistyped word was meant to be.
 * SIZE_MAX: one of them is longer than TEXT_DISTANCE_MAX bytes.
 */
#define TEXT_DISTANCE_MAX 64
size_t text_distance(const char *a, const char *b);

#endif
