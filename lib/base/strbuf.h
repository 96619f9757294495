/*
 * strbuf - a string that grows, in an arena.
 *
 * The text is NUL-terminated at all times; len does not count the NUL. There
 * is nothing to free: the memory is the arena's.
 */
#ifndef CHATELAINE_STRBUF_H
#define CHATELAINE_STRBUF_H

#include <stddef.h>

#include "base/arena.h"

struct strbuf {
	char *text;  /* "" while empty, never NULL after init */
	size_t len;  /* bytes */
	size_t size; /* bytes reserved */
	struct arena *arena;
};

/* Begin an empty buffer whose text lives in arena. */
void strbuf_init(struct strbuf *sb, struct arena *arena);

/* Append len bytes, a string, one byte, a formatted string. */
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_str(struct strbuf *sb, const char *text);
void strbuf_char(struct strbuf *sb, char byte);
void strbuf_printf(struct strbuf *sb, const char *format, ...) PRINTF(2, 3);

/* Append text percent-encoded but for RFC 3986's unreserved characters. */
void strbuf_percent(struct strbuf *sb, const char *text, size_t len);

/* Cut back to len bytes; len must not exceed the present length. */
void strbuf_truncate(struct strbuf *sb, size_t len);

#endif
