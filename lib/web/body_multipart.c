/* body_multipart.c - parts between boundaries, each with its header lines. */

#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "web/body_pairs.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */
#define HEADER_MAX 1024 /* bytes in one header line */
#define HEADERS_MAX 16  /* in one part */

struct reader {
	const char *at;
	const char *end;
	struct span delimiter; /* CRLF -- boundary */
	struct body_pairs out;
};

struct part {
	const char *name; /* NULL: no Content-Disposition yet */
	bool file;
};

static enum status
refuse(struct reader *reader)
{
	return body_pairs_refuse(&reader->out, WORDING_BODY_MULTIPART);
}

static enum status
refuse_cut(struct reader *reader)
{
	return body_pairs_refuse(&reader->out, WORDING_BODY_CUT);
}

static bool
is_boundary(struct span text)
{
	static const char allowed[] = "'()+_,-./:=? 0123456789"
				      "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (text.len == 0 || text.len > BOUNDARY_MAX ||
	    text.text[text.len - 1] == ' ')
		return false;
	return strspn(text.text, allowed) >= text.len;
}

/* The delimiter a Content-Type announces; false: none, two, or no boundary. */
static bool
find_delimiter(
    struct arena *arena, const char *content_type, struct span *delimiter)
{
	struct span type, subtype, boundary = { NULL, 0 };
	struct parameter parameter;
	enum parameter_next next;

	parameter_skip_space(&content_type);
	if (!parameter_media_type(&content_type, &type, &subtype))
		return false;
	while ((next = parameter_next(&content_type, &parameter)) ==
	    PARAMETER_FOUND) {
		if (!span_is(parameter.name, "boundary"))
			continue;
		if (boundary.text != NULL)
			return false;
		boundary = parameter.value;
	}
	if (next != PARAMETER_END || *content_type != '\0' ||
	    !is_boundary(boundary))
		return false;
	delimiter->text =
	    arena_printf(arena, "\r\n--%.*s", (int)boundary.len, boundary.text);
	delimiter->len = boundary.len + strlen("\r\n--");
	return true;
}

/* Move behind the next delimiter; *before is what stood there. false: none. */
static bool
skip_delimiter(struct reader *reader, struct span *before)
{
	struct span delimiter = reader->delimiter;
	size_t left = (size_t)(reader->end - reader->at);
	const char *found =
	    memmem(reader->at, left, delimiter.text, delimiter.len);

	if (found == NULL)
		return false;
	*before = (struct span){ reader->at, (size_t)(found - reader->at) };
	reader->at = found + delimiter.len;
	return true;
}

/* The first delimiter lacks its CRLF when there is no preamble. */
static bool
skip_preamble(struct reader *reader)
{
	struct span bare = { reader->delimiter.text + 2,
		reader->delimiter.len - 2 };
	struct span preamble;

	if ((size_t)(reader->end - reader->at) >= bare.len &&
	    memcmp(reader->at, bare.text, bare.len) == 0) {
		reader->at += bare.len;
		return true;
	}
	return skip_delimiter(reader, &preamble);
}

/*
 * The rest of a delimiter's line: "--" after the last, then blanks, then CRLF,
 * which the end may lack.
 */
static enum status
finish_delimiter(struct reader *reader, bool *last)
{
	size_t left = (size_t)(reader->end - reader->at);

	*last = left >= 2 && memcmp(reader->at, "--", 2) == 0;
	if (*last)
		reader->at += 2;
	else if (left == 1 && *reader->at == '-')
		return refuse_cut(reader);
	while (reader->at < reader->end &&
	    (*reader->at == ' ' || *reader->at == '\t'))
		reader->at++;
	left = (size_t)(reader->end - reader->at);
	if (*last && left == 0)
		return ST_OK;
	if (left >= 1 && reader->at[0] != '\r')
		return refuse(reader);
	if (left < 2)
		return refuse_cut(reader);
	if (reader->at[1] != '\n')
		return refuse(reader);
	reader->at += 2;
	return ST_OK;
}

/* The next header line, without its CRLF; *line is "" behind the last. */
static enum status
read_header(struct reader *reader, const char **line)
{
	size_t left = (size_t)(reader->end - reader->at);
	size_t look = left < HEADER_MAX + 2 ? left : HEADER_MAX + 2;
	const char *end = memmem(reader->at, look, "\r\n", 2);

	*line = "";
	if (end == NULL)
		return look == left ? refuse_cut(reader) : refuse(reader);
	for (const char *at = reader->at; at < end; at++)
		if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f)
			return refuse(reader);
	*line = arena_strndup(
	    reader->out.arena, reader->at, (size_t)(end - reader->at));
	reader->at = end + 2;
	return ST_OK;
}

/* Undo what browsers do to quotes and line ends in names. */
static const char *
decode_name(struct arena *arena, struct span text)
{
	static const char *const codes[] = { "%22\"", "%0D\r", "%0A\n" };
	struct strbuf name;
	size_t code;

	strbuf_init(&name, arena);
	for (size_t i = 0; i < text.len; i++) {
		for (code = 0; code < ARRAY_LEN(codes); code++)
			if (text.len - i >= 3 &&
			    strncasecmp(text.text + i, codes[code], 3) == 0)
				break;
		if (code == ARRAY_LEN(codes)) {
			strbuf_char(&name, text.text[i]);
			continue;
		}
		strbuf_char(&name, codes[code][3]);
		i += 2;
	}
	return name.text;
}

/* form-data; name="..."; filename="..." (RFC 7578, 4.2) */
static bool
read_disposition(struct arena *arena, const char *at, struct part *part)
{
	struct parameter parameter;
	enum parameter_next next;

	if (part->name != NULL || !span_is(parameter_token(&at), "form-data"))
		return false;
	while ((next = parameter_next(&at, &parameter)) == PARAMETER_FOUND) {
		if (memchr(parameter.value.text, '\\', parameter.value.len) !=
		    NULL)
			return false;
		if (span_is(parameter.name, "filename") ||
		    span_is(parameter.name, "filename*"))
			part->file = true;
		if (!span_is(parameter.name, "name"))
			continue;
		if (part->name != NULL)
			return false;
		part->name = decode_name(arena, parameter.value);
	}
	return next == PARAMETER_END && *at == '\0' && part->name != NULL;
}

static bool
read_type(const char *at, struct part *part)
{
	struct span type, subtype;
	struct parameter parameter;
	enum parameter_next next;

	if (!parameter_media_type(&at, &type, &subtype) ||
	    span_is(type, "multipart"))
		return false;
	if (!span_is(type, "text") || !span_is(subtype, "plain"))
		part->file = true;
	while ((next = parameter_next(&at, &parameter)) == PARAMETER_FOUND)
		if (span_is(parameter.name, "charset") &&
		    !span_is(parameter.value, "utf-8"))
			return false;
	return next == PARAMETER_END && *at == '\0';
}

/* Encodings that change nothing; browsers send none (RFC 7578, 4.7). */
static bool
is_plain_encoding(const char *at)
{
	struct span encoding = parameter_token(&at);

	parameter_skip_space(&at);
	return *at == '\0' &&
	    (span_is(encoding, "7bit") || span_is(encoding, "8bit") ||
		span_is(encoding, "binary"));
}

/* Other header fields are passed over (RFC 7578, 4.8). */
static bool
take_header(struct arena *arena, const char *line, struct part *part)
{
	struct span name = parameter_token(&line);

	if (name.len == 0 || *line++ != ':')
		return false;
	parameter_skip_space(&line);
	if (span_is(name, "content-disposition"))
		return read_disposition(arena, line, part);
	if (span_is(name, "content-type"))
		return read_type(line, part);
	if (span_is(name, "content-transfer-encoding"))
		return is_plain_encoding(line);
	return true;
}

static enum status
read_part(struct reader *reader)
{
	struct part part = { .name = NULL };
	struct span name, content;
	const char *line;
	enum status st;

	for (size_t i = 0;; i++) {
		st = read_header(reader, &line);
		if (st != ST_OK)
			return st;
		if (*line == '\0')
			break;
		if (i == HEADERS_MAX ||
		    !take_header(reader->out.arena, line, &part))
			return refuse(reader);
	}
	if (part.name == NULL)
		return refuse(reader);
	/* The empty line's CRLF may be the delimiter's too (RFC 2046, 5.1.1) */
	reader->at -= 2;
	if (!skip_delimiter(reader, &content))
		return refuse_cut(reader);
	if (content.len != 0) {
		content.text += 2;
		content.len -= 2;
	}
	name = (struct span){ part.name, strlen(part.name) };
	if (part.file)
		return body_pairs_add(&reader->out, name,
		    (struct span){ "", 0 }, WORDING_FIELD_FILE);
	return body_pairs_add(&reader->out, name, content, WORDING_NONE);
}

enum status
body_parse_multipart(struct arena *arena, const char *content_type,
    const char *text, size_t len, struct pairs *pairs, enum wording *why)
{
	struct reader reader = {
		.at = text,
		.end = text + len,
		.out = { arena, pairs, why },
	};
	enum status st;
	bool last;

	body_pairs_begin(&reader.out);
	if (!find_delimiter(arena, content_type, &reader.delimiter))
		return refuse(&reader);
	if (!skip_preamble(&reader))
		return refuse_cut(&reader);
	while ((st = finish_delimiter(&reader, &last)) == ST_OK && !last)
		if ((st = read_part(&reader)) != ST_OK)
			break;
	return st;
}
