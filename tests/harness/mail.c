/* mail.c - as much of MIME as our own mails need. */

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "tests/harness/mail.h"

#define BOUNDARY "boundary=\""

const char *
mail_header(struct arena *arena, const char *source, const char *name)
{
	size_t len = strlen(name);
	const char *line = source;

	while (*line != '\r' && *line != '\0') {
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return arena_strndup(arena, line + len + 1,
			    strcspn(line + len + 1, "\r"));
		line += strcspn(line, "\n");
		if (*line == '\n')
			line++;
	}
	return "";
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Undo quoted-printable (RFC 2045, 6.7). */
static const char *
decode(struct arena *arena, const char *text, size_t len)
{
	const char *end = text + len;
	struct strbuf plain;

	strbuf_init(&plain, arena);
	while (text < end) {
		if (*text != '=' || end - text < 3) {
			strbuf_char(&plain, *text++);
			continue;
		}
		if (isxdigit((unsigned char)text[1]))
			strbuf_char(&plain,
			    (char)(digit(text[1]) << 4 | digit(text[2])));
		text += 3;
	}
	return plain.text;
}

/*
 * The line between two parts, with the line end before it. All of it: a line of
 * a part may begin with two hyphens as well, when a token in it is folded there.
 */
static const char *
delimiter(struct arena *arena, const char *source)
{
	const char *type = mail_header(arena, source, "Content-Type");
	const char *boundary = strstr(type, BOUNDARY);

	if (boundary == NULL)
		return NULL;
	boundary += strlen(BOUNDARY);
	return arena_printf(
	    arena, "\r\n--%.*s", (int)strcspn(boundary, "\""), boundary);
}

const char *
mail_plain_part(struct arena *arena, const char *source)
{
	const char *line = delimiter(arena, source);
	const char *type = strstr(source, "\r\nContent-Type: text/plain");
	const char *begin = type != NULL ? strstr(type, "\r\n\r\n") : NULL;
	const char *end =
	    begin != NULL && line != NULL ? strstr(begin + 2, line) : NULL;

	if (end == NULL)
		return NULL;
	begin += 4;
	return decode(arena, begin, end > begin ? (size_t)(end - begin) : 0);
}

const char *
mail_link(struct arena *arena, const char *text, const char *site)
{
	const char *link = strstr(text, site);

	if (link == NULL)
		return "";
	link += strlen(site);
	return arena_strndup(arena, link, strcspn(link, " \r\n>"));
}
