/* log.c - lines are built in a fixed buffer, as "out of memory" is one. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define LINE_MAX_BYTES 2048
#define MESSAGE_MAX_BYTES 1024

static const char *program = "chatelaine";
static const char *request;

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

static void
put(struct line *line, const char *text)
{
	size_t len = strlen(text), room = sizeof(line->text) - line->len;

	if (len > room)
		len = room;
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* A JSON string; what is not printable ASCII is escaped byte by byte. */
static void
put_string(struct line *line, const char *text)
{
	char piece[8];

	put(line, "\"");
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		/* Leave room for the longest escape and the line's end. */
		if (line->len > sizeof(line->text) - 16)
			break;
		if (byte == '"' || byte == '\\')
			(void)snprintf(piece, sizeof(piece), "\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			(void)snprintf(piece, sizeof(piece), "\\u%04x", byte);
		else
			(void)snprintf(piece, sizeof(piece), "%c", byte);
		put(line, piece);
	}
	put(line, "\"");
}

static void
put_member(struct line *line, const char *name, const char *value)
{
	put(line, line->len == 0 ? "{" : ",");
	put_string(line, name);
	put(line, ":");
	put_string(line, value);
}

static void PRINTF(2, 0)
    log_line(const char *level, const char *format, va_list args)
{
	struct line line = { .len = 0 };
	char message[MESSAGE_MAX_BYTES], when[32];
	time_t now = time(NULL);
	struct tm tm;

	(void)vsnprintf(message, sizeof(message), format, args);
	(void)gmtime_r(&now, &tm);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	put_member(&line, "time", when);
	put_member(&line, "level", level);
	put_member(&line, "program", program);
	if (request != NULL)
		put_member(&line, "request_id", request);
	put_member(&line, "message", message);
	put(&line, "}\n");
	/* One write a line, so that processes sharing the file do not mix. */
	if (write(STDERR_FILENO, line.text, line.len) < 0)
		return; /* nowhere to report it */
}

void
log_program(const char *name)
{
	program = name;
}

void
log_request(const char *request_id)
{
	request = request_id;
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line("error", format, args);
	va_end(args);
}

void
log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line("warning", format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line("info", format, args);
	va_end(args);
}
