/* report.c - multipart/report, and in it message/delivery-status. */

#include <glib-object.h>
#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "mail/report.h"

#define REASON_MAX 160
#define STATUS_MAX 11 /* "5.123.123" and then some */
#define GROUPS_MAX 16 /* of fields: one for the mail, one for each recipient */

/* Where an MTA says whom it has delivered to, best first. */
static const char *const headers[] = { "Delivered-To", "X-Original-To", "To" };

/* Up to max bytes of it, on one line, in printable ASCII. */
static const char *
line_of(struct arena *arena, const char *text, size_t max)
{
	char *line = arena_strndup(arena, text, strnlen(text, max));

	for (char *at = line; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = ' ';
	return line;
}

static GMimeParser *
parser_of(const void *data, size_t size)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(data, size);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);

	g_object_unref(stream);
	return parser;
}

static const char *
header_of(GMimeObject *object, const char *name)
{
	const char *value = g_mime_object_get_header(object, name);

	return value != NULL ? value : "";
}

/* "failed (mailbox unknown)" is failed: comments are allowed (RFC 3464, 2.1.1). */
static bool
is_word(const char *value, const char *word)
{
	size_t len = strlen(word);

	value += strspn(value, " \t");
	return strncasecmp(value, word, len) == 0 &&
	    strchr(" \t(;", value[len]) != NULL;
}

/* The words of "smtp; 550 5.1.1 ...", without their type. */
static const char *
diagnosis_of(struct arena *arena, GMimeObject *fields)
{
	const char *code = header_of(fields, "Diagnostic-Code");
	const char *words = strchr(code, ';');

	if (words == NULL)
		words = code;
	else
		words += 1 + strspn(words + 1, " \t");
	return line_of(arena, words, REASON_MAX);
}

/* What the fields about one recipient say; the worst of several counts. */
static void
read_fields(struct arena *arena, GMimeObject *fields, struct report *report)
{
	const char *action = header_of(fields, "Action");
	const char *status = header_of(fields, "Status");
	enum report_kind kind = REPORT_NONE;
	size_t len;

	status += strspn(status, " \t");
	if (is_word(action, "failed") && text_starts_with(status, "5."))
		kind = REPORT_FAILED;
	else if (is_word(action, "failed") && text_starts_with(status, "4."))
		kind = REPORT_GAVE_UP;
	else if (is_word(action, "delayed"))
		kind = REPORT_DELAYED;
	if (kind <= report->kind)
		return;
	report->kind = kind;
	len = strspn(status, "0123456789.");
	report->status =
	    arena_strndup(arena, status, len < STATUS_MAX ? len : STATUS_MAX);
	report->reason = diagnosis_of(arena, fields);
}

/* One group of fields has the form of a message's head. */
static void
read_group(
    struct arena *arena, const char *text, size_t len, struct report *report)
{
	GMimeParser *parser;
	GMimeObject *fields;
	const char *head = arena_printf(arena, "%.*s\n\n", (int)len, text);

	parser = parser_of(head, strlen(head));
	fields = g_mime_parser_construct_part(parser, NULL);
	if (fields != NULL) {
		read_fields(arena, fields, report);
		g_object_unref(fields);
	}
	g_object_unref(parser);
}

/* Groups of fields, with empty lines between (RFC 3464, section 2.1). */
static void
read_status(struct arena *arena, const char *text, struct report *report)
{
	for (int i = 0; i < GROUPS_MAX && *text != '\0'; i++) {
		const char *end = strstr(text, "\n\n");

		if (end == NULL)
			end = text + strlen(text);
		read_group(arena, text, (size_t)(end - text), report);
		text = end + strspn(end, "\n");
	}
}

/* The content of a part, decoded, with LF line ends and without NULs. */
static const char *
content_of(struct arena *arena, GMimePart *part)
{
	GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;
	char *text, *to;

	if (wrapper != NULL)
		(void)g_mime_data_wrapper_write_to_stream(wrapper, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	text = to = arena_alloc(arena, bytes->len + 1);
	for (guint i = 0; i < bytes->len; i++)
		if (bytes->data[i] != '\r' && bytes->data[i] != '\0')
			*to++ = (char)bytes->data[i];
	*to = '\0';
	g_object_unref(stream);
	return text;
}

/* Down to a delivery-status; not into the mail that came back with it. */
static void
search(
    struct arena *arena, GMimeObject *object, int depth, struct report *report)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);

	if (GMIME_IS_MULTIPART(object) && depth < REPORT_DEPTH) {
		GMimeMultipart *parts = GMIME_MULTIPART(object);

		for (int i = 0; i < g_mime_multipart_get_count(parts); i++)
			search(arena, g_mime_multipart_get_part(parts, i),
			    depth + 1, report);
	} else if (GMIME_IS_PART(object) &&
	    g_mime_content_type_is_type(type, "message", "delivery-status")) {
		read_status(
		    arena, content_of(arena, GMIME_PART(object)), report);
	}
}

/* Each address in each header of this name. */
static void
add_addresses(struct arena *arena, GMimeObject *message, const char *name,
    struct report *report)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(message);

	for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
		GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
		const char *value = g_mime_header_get_value(header), *at;

		if (value == NULL ||
		    strcasecmp(g_mime_header_get_name(header), name) != 0)
			continue;
		for (;
		     *value != '\0' && report->address_count < REPORT_ADDRESSES;
		     value = at + strspn(at, " \t<>,;\"")) {
			at = value + strcspn(value, " \t<>,;\"");
			if (memchr(value, '@', (size_t)(at - value)) != NULL)
				report->addresses[report->address_count++] =
				    arena_strndup(
					arena, value, (size_t)(at - value));
		}
	}
}

static void
read_message(struct arena *arena, GMimeMessage *message, struct report *report)
{
	GMimeObject *body = g_mime_message_get_mime_part(message);

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		add_addresses(arena, GMIME_OBJECT(message), headers[i], report);
	/* A bare delivery-status is as good as one in a multipart/report. */
	if (body != NULL)
		search(arena, body, 0, report);
}

void
report_read(
    struct arena *arena, const void *data, size_t size, struct report *report)
{
	GMimeParser *parser;
	GMimeMessage *message;

	*report = (struct report){
		.kind = REPORT_NONE,
		.status = "",
		.reason = "",
	};
	g_mime_init(); /* does nothing the second time */
	parser = parser_of(data, size < REPORT_MAX ? size : REPORT_MAX);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message != NULL) {
		read_message(arena, message, report);
		g_object_unref(message);
	}
	g_object_unref(parser);
}
