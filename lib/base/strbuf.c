/* strbuf.c - doubling keeps the copies few. */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

#define FIRST_SIZE 256

void
strbuf_init(struct strbuf *sb, struct arena *arena)
{
	static char empty[1];

	*sb = (struct strbuf){ .text = empty, .arena = arena };
}

/* Make room for more bytes and their NUL. */
static void
reserve(struct strbuf *sb, size_t more)
{
	size_t need, size = sb->size != 0 ? sb->size : FIRST_SIZE;
	char *text;

	assert(more < SIZE_MAX / 4 && sb->len < SIZE_MAX / 4);
	need = sb->len + more + 1;
	if (need <= sb->size)
		return;
	while (size < need)
		size *= 2;
	text = arena_alloc(sb->arena, size);
	memcpy(text, sb->text, sb->len);
	sb->text = text;
	sb->size = size;
}

void
strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (len == 0)
		return;
	reserve(sb, len);
	memcpy(sb->text + sb->len, data, len);
	sb->len += len;
	sb->text[sb->len] = '\0';
}

void
strbuf_str(struct strbuf *sb, const char *text)
{
	strbuf_add(sb, text, strlen(text));
}

void
strbuf_char(struct strbuf *sb, char byte)
{
	strbuf_add(sb, &byte, 1);
}

void
strbuf_printf(struct strbuf *sb, const char *format, ...)
{
	va_list args, again;
	size_t room;
	int len;

	va_start(args, format);
	va_copy(again, args);
	reserve(sb, 0);
	room = sb->size - sb->len;
	len = vsnprintf(sb->text + sb->len, room, format, again);
	va_end(again);
	assert(len >= 0);
	if ((size_t)len >= room) {
		reserve(sb, (size_t)len);
		(void)vsnprintf(
		    sb->text + sb->len, (size_t)len + 1, format, args);
	}
	sb->len += (size_t)len;
	va_end(args);
}

void
strbuf_percent(struct strbuf *sb, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~')
			strbuf_char(sb, (char)c);
		else
			strbuf_printf(sb, "%%%02X", c);
	}
}

void
strbuf_truncate(struct strbuf *sb, size_t len)
{
	assert(len <= sb->len);
	sb->len = len;
	if (sb->size != 0)
		sb->text[len] = '\0';
}
