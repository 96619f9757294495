/* template_html.c - where in the markup a tag of a template stands. */

#include "config.h"

#include <string.h>

#include "base/template_internal.h"

struct word {
	const char *name;
	int meaning;
};

/* clang-format off */
static const struct word attributes[] = {
	{ "action",     ATTRIBUTE_URL },
	{ "background", ATTRIBUTE_URL },
	{ "cite",       ATTRIBUTE_URL },
	{ "data",       ATTRIBUTE_URL },
	{ "formaction", ATTRIBUTE_URL },
	{ "href",       ATTRIBUTE_URL },
	{ "longdesc",   ATTRIBUTE_URL },
	{ "manifest",   ATTRIBUTE_URL },
	{ "poster",     ATTRIBUTE_URL },
	{ "src",        ATTRIBUTE_URL },
	{ "xlink:href", ATTRIBUTE_URL },
	/* A language of their own: escaping for HTML is not enough. */
	{ "imagesrcset", ATTRIBUTE_CLOSED },
	{ "ping",        ATTRIBUTE_CLOSED },
	{ "srcdoc",      ATTRIBUTE_CLOSED },
	{ "srcset",      ATTRIBUTE_CLOSED },
	{ "style",       ATTRIBUTE_CLOSED },
};

/* Elements whose content is no markup. */
static const struct word elements[] = {
	{ "iframe",    HTML_RAW },
	{ "noembed",   HTML_RAW },
	{ "noframes",  HTML_RAW },
	{ "plaintext", HTML_RAW },
	{ "script",    HTML_RAW },
	{ "style",     HTML_RAW },
	{ "textarea",  HTML_RCDATA },
	{ "title",     HTML_RCDATA },
	{ "xmp",       HTML_RAW },
};

/* Why nothing but text may stand there. */
static const char *const misplaced[HTML_STATE_COUNT] = {
	[HTML_TAG_OPEN] =     "stands right after <",
	[HTML_END_TAG_OPEN] = "stands right after </",
	[HTML_TAG_NAME] =     "stands in the name of a tag",
	[HTML_BEFORE_NAME] =  "stands between attributes",
	[HTML_NAME] =         "stands in the name of an attribute",
	[HTML_AFTER_NAME] =   "stands between attributes",
	[HTML_BEFORE_VALUE] = "stands in an attribute without quotes",
	[HTML_DOUBLE] =       "stands in an attribute",
	[HTML_SINGLE] =       "stands in an attribute",
	[HTML_UNQUOTED] =     "stands in an attribute without quotes",
	[HTML_NEED_SPACE] =   "stands between attributes",
	[HTML_MARKUP] =       "stands right after <!",
	[HTML_MARKUP_DASH] =  "stands right after <!",
	[HTML_COMMENT] =      "stands in a comment",
	[HTML_DECLARATION] =  "stands in a declaration",
	[HTML_RCDATA] =       "stands in a title or textarea",
	[HTML_RAW] =          "stands in a script, a style or the like",
};
/* clang-format on */

static const char closed[] = "stands in an event handler, a style or the like";

static int
meaning(const struct word *words, size_t count, const char *name, int other)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].meaning;
	return other;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

/* Lengthen a name; what does not fit is no name that matters. */
static void
append(char name[HTML_NAME_SIZE], char c)
{
	size_t len = strlen(name);

	if (len < HTML_NAME_SIZE - 1) {
		name[len] = lower(c);
		name[len + 1] = '\0';
	}
}

static void
begin_tag(struct html *html, char c, bool end_tag)
{
	html->state = HTML_TAG_NAME;
	html->end_tag = end_tag;
	html->http_equiv = html->content = false;
	html->tags++;
	memset(html->element, 0, sizeof(html->element));
	append(html->element, c);
}

/* The > of a tag. */
static const char *
leave_tag(struct html *html)
{
	/* "0;url=javascript:..." in a refresh is a URL in disguise. */
	if (html->http_equiv && html->content)
		return "a value in the content of a tag with http-equiv";
	html->state = HTML_DATA;
	html->matched = 0;
	if (!html->end_tag)
		html->state = (enum html_state)meaning(
		    elements, ARRAY_LEN(elements), html->element, HTML_DATA);
	return NULL;
}

static void
begin_name(struct html *html, char c)
{
	html->state = HTML_NAME;
	html->attributes++;
	memset(html->name, 0, sizeof(html->name));
	append(html->name, c);
}

/* The = after an attribute's name. */
static void
end_name(struct html *html)
{
	html->state = HTML_BEFORE_VALUE;
	html->url = URL_START;
	html->matched = 0;
	if (strncmp(html->name, "on", 2) == 0)
		html->attribute = ATTRIBUTE_CLOSED;
	else
		html->attribute = (enum attribute)meaning(attributes,
		    ARRAY_LEN(attributes), html->name, ATTRIBUTE_PLAIN);
	if (strcmp(html->name, "http-equiv") == 0)
		html->http_equiv = true;
}

/* A byte that begins or ends a tag, outside of attributes. */
static void
open_byte(struct html *html, char c)
{
	bool end = html->state == HTML_END_TAG_OPEN;

	if (html->state == HTML_DATA) {
		if (c == '<')
			html->state = HTML_TAG_OPEN;
	} else if (is_letter(c)) {
		begin_tag(html, c, end);
	} else if (end) {
		html->state = c == '>' ? HTML_DATA : HTML_DECLARATION;
	} else if (c == '/') {
		html->state = HTML_END_TAG_OPEN;
	} else if (c == '!') {
		html->state = HTML_MARKUP;
	} else if (c == '?') {
		html->state = HTML_DECLARATION;
	} else if (c != '<') { /* after <<, the second may open a tag */
		html->state = HTML_DATA;
	}
}

/* A byte of a comment or declaration. */
static void
markup_byte(struct html *html, char c)
{
	switch (html->state) {
	case HTML_MARKUP:
		if (c == '>')
			html->state = HTML_DATA;
		else
			html->state =
			    c == '-' ? HTML_MARKUP_DASH : HTML_DECLARATION;
		break;
	case HTML_MARKUP_DASH:
		html->state = c == '-' ? HTML_COMMENT : HTML_DECLARATION;
		if (c == '>')
			html->state = HTML_DATA;
		html->matched = 2; /* <!--> is a whole comment */
		break;
	case HTML_COMMENT:
		if (c == '>' && html->matched >= 2)
			html->state = HTML_DATA;
		else if (c == '-')
			html->matched++;
		else if (c != '!' || html->matched < 2) /* --!> ends it too */
			html->matched = 0;
		break;
	default:
		if (c == '>')
			html->state = HTML_DATA;
		break;
	}
}

/* A byte of an element without markup: look out for its end tag. */
static const char *
raw_byte(struct html *html, char c)
{
	size_t len = strlen(html->element);

	if (c == '!' && html->matched == 1 && html->state == HTML_RAW)
		/* <!--<script> in a script moves the end of the script. */
		return "<! in a script, a style or the like";
	if (c == '<')
		html->matched = 1;
	else if (html->matched == 1 && c == '/')
		html->matched = 2;
	else if (html->matched >= 2 && html->matched < len + 2 &&
	    lower(c) == html->element[html->matched - 2])
		html->matched++;
	else if (html->matched == len + 2 &&
	    (is_space(c) || c == '/' || c == '>')) {
		html->tags++;
		html->end_tag = true;
		html->state = HTML_BEFORE_NAME;
		if (c == '>')
			return leave_tag(html);
	} else {
		html->matched = 0;
	}
	return NULL;
}

/* A byte of a tag that is no part of an attribute's name or value. */
static const char *
between_byte(struct html *html, char c)
{
	if (c == '>')
		return leave_tag(html);
	if (is_space(c) || c == '/') {
		html->state = HTML_BEFORE_NAME;
		return NULL;
	}
	if (html->state == HTML_NEED_SPACE)
		return "no space between attributes";
	if (c == '=' || c == '"' || c == '\'' || c == '<')
		return "a stray = or quote or < in a tag";
	begin_name(html, c);
	return NULL;
}

static const char *
name_byte(struct html *html, char c)
{
	if (c == '=') {
		end_name(html);
	} else if (is_space(c)) {
		html->state = HTML_AFTER_NAME;
	} else if (html->state == HTML_AFTER_NAME || c == '/' || c == '>') {
		return between_byte(html, c);
	} else if (c == '"' || c == '\'' || c == '<') {
		return "a stray quote or < in a tag";
	} else {
		append(html->name, c);
	}
	return NULL;
}

static const char *
value_byte(struct html *html, char c)
{
	if (html->state == HTML_BEFORE_VALUE) {
		if (c == '>')
			return "= without a value";
		if (c == '"')
			html->state = HTML_DOUBLE;
		else if (c == '\'')
			html->state = HTML_SINGLE;
		else if (!is_space(c))
			html->state = HTML_UNQUOTED;
	} else if (html->state == HTML_UNQUOTED) {
		if (is_space(c) || c == '>')
			return between_byte(html, c);
		if (c == '"' || c == '\'' || c == '<' || c == '=')
			return "a stray = or quote or < in a tag";
	} else if (c == (html->state == HTML_DOUBLE ? '"' : '\'')) {
		html->state = HTML_NEED_SPACE;
	} else if (html->attribute == ATTRIBUTE_URL) {
		html->url = html_url_byte(html, c);
	}
	return NULL;
}

static const char *
text_byte(struct html *html, char c)
{
	switch (html->state) {
	case HTML_DATA:
	case HTML_TAG_OPEN:
	case HTML_END_TAG_OPEN:
		open_byte(html, c);
		return NULL;
	case HTML_TAG_NAME:
		if (is_space(c) || c == '/' || c == '>')
			return between_byte(html, c);
		append(html->element, c);
		return NULL;
	case HTML_BEFORE_NAME:
	case HTML_NEED_SPACE:
		return between_byte(html, c);
	case HTML_NAME:
	case HTML_AFTER_NAME:
		return name_byte(html, c);
	case HTML_BEFORE_VALUE:
	case HTML_DOUBLE:
	case HTML_SINGLE:
	case HTML_UNQUOTED:
		return value_byte(html, c);
	case HTML_RCDATA:
	case HTML_RAW:
		return raw_byte(html, c);
	default:
		markup_byte(html, c);
		return NULL;
	}
}

const char *
html_text(struct html *html, const char *text, size_t len, const char **at)
{
	const char *end = text + len, *error;

	for (; text < end; text++) {
		if (html->state == HTML_DATA) { /* most of a page */
			text = memchr(text, '<', (size_t)(end - text));
			if (text == NULL)
				return NULL;
		}
		error = text_byte(html, *text);
		if (error != NULL) {
			*at = text;
			return error;
		}
	}
	return NULL;
}

const char *
html_value(struct html *html, enum output *output)
{
	*output = OUTPUT_ESCAPED;
	html->values++;
	switch (html->state) {
	case HTML_DATA:
		return NULL;
	case HTML_RCDATA:
		return html->matched == 0 ? NULL : misplaced[html->state];
	case HTML_DOUBLE:
	case HTML_SINGLE:
		if (strcmp(html->name, "content") == 0)
			html->content = true;
		if (html->attribute == ATTRIBUTE_CLOSED)
			return closed;
		if (html->attribute == ATTRIBUTE_URL)
			return html_url_value(html, output);
		return NULL;
	default:
		return misplaced[html->state];
	}
}

const char *
html_open_section(struct html *html)
{
	switch (html->state) {
	case HTML_DATA:
	case HTML_BEFORE_NAME:
		return NULL;
	case HTML_RCDATA:
		return html->matched == 0 ? NULL : misplaced[html->state];
	case HTML_AFTER_NAME:
		html->state = HTML_BEFORE_NAME;
		return NULL;
	case HTML_TAG_NAME:
	case HTML_NAME:
	case HTML_NEED_SPACE:
		html->state = HTML_NEED_SPACE;
		return NULL;
	case HTML_DOUBLE:
	case HTML_SINGLE:
		if (html->attribute == ATTRIBUTE_CLOSED)
			return closed;
		if (html->attribute == ATTRIBUTE_URL && html->url == URL_MARKED)
			return "stands right after the value that begins a URL";
		return NULL;
	default:
		return misplaced[html->state];
	}
}

/*
 * Attributes may be left out or repeated as a whole. Behind a last one that
 * still lacks its space, nothing may be joined on.
 */
static const char *
close_between(struct html *html, const struct html *opened)
{
	bool spaced =
	    html->state == HTML_BEFORE_NAME || html->state == HTML_AFTER_NAME;

	if (html->state == HTML_NAME && opened->state == HTML_BEFORE_NAME &&
	    html->values != opened->values)
		/* Repeated, the last name would run into the first one. */
		return "needs a space before it";
	if (!spaced && html->state != HTML_NAME &&
	    html->state != HTML_NEED_SPACE)
		return misplaced[html->state];
	html->state = spaced ? opened->state : HTML_NEED_SPACE;
	return NULL;
}

const char *
html_close_section(struct html *html, const struct html *opened)
{
	static const char elsewhere[] =
	    "ends at another place in the markup than it begins";

	if (opened->state == HTML_DATA)
		return html->state == HTML_DATA ? NULL : elsewhere;
	if (html->tags != opened->tags || html->state == HTML_DATA)
		return elsewhere;
	if (opened->state == HTML_BEFORE_NAME ||
	    opened->state == HTML_NEED_SPACE)
		return close_between(html, opened);
	if (html->state != opened->state ||
	    html->attributes != opened->attributes ||
	    html->matched != opened->matched)
		return elsewhere;
	if (html->attribute == ATTRIBUTE_URL && html->url != opened->url)
		return "settles the beginning of a URL";
	return NULL;
}

const char *
html_partial(const struct html *html)
{
	return misplaced[html->state]; /* NULL for text between tags alone */
}

const char *
html_end(const struct html *html)
{
	if (html->state == HTML_DATA)
		return NULL;
	return "the file ends inside a tag, a comment or a script";
}
