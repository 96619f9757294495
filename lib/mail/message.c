/* message.c - what the templates render goes into GMime, and out as text. */

#include <glib-object.h>
#include <gmime/gmime.h>
#include <string.h>

#include "base/secret.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/message.h"

#define SUBJECT "Subject: "

/*
 * Quoted-printable never yields "=_", so this can't occur in a part (RFC 2045,
 * section 6.7), and a mail is the same bytes at each try.
 */
#define BOUNDARY "=_chatelaine"

/* A rendered mail. */
struct content {
	const char *subject;
	const char *plain;
	const char *html;
};

/* Cut the subject's line and the empty one after it off the plain text. */
static enum status
cut_subject(char *text, struct content *content)
{
	char *end = strstr(text, "\n\n");

	if (end == NULL || !text_starts_with(text, SUBJECT))
		return ST_INVALID;
	*end = '\0';
	content->subject = text + strlen(SUBJECT);
	content->plain = end + 2;
	if (content->subject[0] == '\0' || text_has_control(content->subject))
		return ST_INVALID;
	return ST_OK;
}

static enum status
render(struct arena *arena, struct template_set *set,
    const struct message *message, enum template_kind kind, struct strbuf *out)
{
	const char *name = arena_printf(arena, "mail/%s", message->template);
	enum status st;

	strbuf_init(out, arena);
	st = template_render(
	    set, name, kind, message->contexts, message->context_count, out);
	if (st != ST_OK)
		return st;
	return text_is_utf8(out->text, out->len) ? ST_OK : ST_INVALID;
}

static enum status
render_both(struct arena *arena, struct template_set *set,
    const struct message *message, struct content *content)
{
	struct strbuf plain, html;
	enum status st;

	st = render(arena, set, message, TEMPLATE_TEXT, &plain);
	if (st == ST_OK)
		st = render(arena, set, message, TEMPLATE_HTML, &html);
	if (st != ST_OK)
		return st;
	content->html = html.text;
	return cut_subject(plain.text, content);
}

/* GMime would encode what is wrong here; it had better never come so far. */
static bool
is_well_formed(const struct message *message)
{
	return address_is_valid(message->from) &&
	    address_is_valid(message->to) && address_is_valid(message->id) &&
	    !text_has_control(message->from_name) &&
	    !text_has_control(message->to_name) &&
	    (message->unsubscribe == NULL ||
		!text_has_control(message->unsubscribe));
}

static void
add_mailbox(InternetAddressList *list, const char *name, const char *address)
{
	InternetAddress *mailbox = internet_address_mailbox_new(
	    name[0] != '\0' ? name : NULL, address);

	internet_address_set_charset(mailbox, "utf-8");
	internet_address_list_add(list, mailbox);
	g_object_unref(mailbox);
}

static void
add_part(GMimeMultipart *multipart, const char *subtype, const char *text)
{
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer(text, strlen(text));
	GMimeDataWrapper *wrapper = g_mime_data_wrapper_new_with_stream(
	    stream, GMIME_CONTENT_ENCODING_DEFAULT);
	GMimePart *part = g_mime_part_new_with_type("text", subtype);

	g_mime_object_set_content_type_parameter(
	    GMIME_OBJECT(part), "charset", "utf-8");
	g_mime_part_set_content(part, wrapper);
	g_mime_part_set_content_encoding(
	    part, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_mime_multipart_add(multipart, GMIME_OBJECT(part));
	g_object_unref(part);
	g_object_unref(wrapper);
	g_object_unref(stream);
}

/* The plain part first: readers show the last they understand (RFC 2046). */
static void
set_body(GMimeMessage *mime, const struct content *content)
{
	GMimeMultipart *body = g_mime_multipart_new_with_subtype("alternative");

	g_mime_multipart_set_boundary(body, BOUNDARY);
	add_part(body, "plain", content->plain);
	add_part(body, "html", content->html);
	g_mime_message_set_mime_part(mime, GMIME_OBJECT(body));
	g_object_unref(body);
}

static void
set_date(GMimeMessage *mime, int64_t when)
{
	GDateTime *date = g_date_time_new_from_unix_utc(when);

	g_mime_message_set_date(mime, date);
	g_date_time_unref(date);
}

/*
 * One click takes HTTPS (RFC 8058, section 3.1). GMime would break a long URL,
 * so it gets the header as it is to be.
 */
static void
add_unsubscribe(GMimeObject *object, const char *url)
{
	char *value = g_strdup_printf(" <%s>\n", url);

	g_mime_object_append_header(object, "List-Unsubscribe", "", NULL);
	g_mime_header_set_raw_value(
	    g_mime_header_list_get_header(
		g_mime_object_get_header_list(object), "List-Unsubscribe"),
	    value);
	g_free(value);
	if (text_starts_with(url, "https://"))
		g_mime_object_append_header(object, "List-Unsubscribe-Post",
		    "List-Unsubscribe=One-Click", NULL);
}

static GMimeMessage *
assemble(const struct message *message, const struct content *content)
{
	GMimeMessage *mime = g_mime_message_new(TRUE);

	add_mailbox(
	    g_mime_message_get_from(mime), message->from_name, message->from);
	add_mailbox(g_mime_message_get_to(mime), message->to_name, message->to);
	g_mime_message_set_subject(mime, content->subject, "utf-8");
	g_mime_message_set_message_id(mime, message->id);
	set_date(mime, message->date);
	/* No answers by machines, please (RFC 3834, section 5). */
	g_mime_object_append_header(
	    GMIME_OBJECT(mime), "Auto-Submitted", "auto-generated", NULL);
	if (message->unsubscribe != NULL)
		add_unsubscribe(GMIME_OBJECT(mime), message->unsubscribe);
	set_body(mime, content);
	return mime;
}

/* With CRLF: libesmtp mangles what ends its lines otherwise. */
static const char *
to_text(struct arena *arena, GMimeMessage *mime)
{
	GMimeFormatOptions *format = g_mime_format_options_new();
	const char *text;
	char *made;

	g_mime_format_options_set_newline_format(
	    format, GMIME_NEWLINE_FORMAT_DOS);
	made = g_mime_object_to_string(GMIME_OBJECT(mime), format);
	text = arena_strdup(arena, made);
	secret_wipe(made, strlen(made)); /* it may hold a one-time link */
	g_free(made);
	g_mime_format_options_free(format);
	return text;
}

enum status
message_build(struct arena *arena, struct template_set *set,
    const struct message *message, const char **text)
{
	struct content content;
	GMimeMessage *mime;
	enum status st;

	if (!is_well_formed(message))
		return ST_INVALID;
	st = render_both(arena, set, message, &content);
	if (st != ST_OK)
		return st;
	g_mime_init(); /* does nothing the second time */
	mime = assemble(message, &content);
	*text = to_text(arena, mime);
	g_object_unref(mime);
	return ST_OK;
}
