/*
 * template_internal - what the files of the template module share.
 *
 * template.c keeps the set and finds templates, template_parse.c makes nodes
 * of text, template_html.c knows where in the markup a tag stands,
 * template_url.c who may say where a URL leads, and template_render.c fills in
 * the values.
 */
#ifndef CHATELAINE_TEMPLATE_INTERNAL_H
#define CHATELAINE_TEMPLATE_INTERNAL_H

#include <stdbool.h>

#include "base/template.h"

enum node_kind {
	NODE_TEXT,
	NODE_VALUE,
	NODE_SECTION,
	NODE_INVERTED,
	NODE_PARTIAL
};

/* What becomes of a value on its way out. */
enum output {
	OUTPUT_VERBATIM,
	OUTPUT_ESCAPED,
	OUTPUT_URL,          /* it must be marked; then escaped */
	OUTPUT_PERCENT,      /* percent-encoded */
	OUTPUT_PERCENT_FIRST /* the same, and it must not be empty */
};

struct node {
	struct node *next;
	enum node_kind kind;
	enum output output;       /* of a value */
	bool line_start;          /* of a text: it begins a line */
	bool line_follows;        /* it ends one, and a tag goes on */
	unsigned line;            /* in the file, from 1 */
	const char *text;         /* literal text, or the name in the tag */
	size_t len;               /* of text, in bytes */
	const char *keys;         /* the name's parts, a NUL after each */
	size_t key_count;         /* 0: the name is "." */
	struct node *child;       /* of a section: what it holds */
	struct template *partial; /* of a partial */
	const char *indent;       /* of a partial's lines; NULL: not alone */
};

enum template_state { TEMPLATE_LOADING, TEMPLATE_READY, TEMPLATE_BROKEN };

struct template
{
	struct template *next;
	const char *name;
	const char *file; /* for messages */
	enum template_kind kind;
	enum template_state state;
	struct node *nodes;
};

struct template_set {
	struct arena *arena;
	const char *dir; /* NULL: in memory only */
	struct template *templates;
	unsigned loading; /* templates whose partials are being loaded */
};

/*
 * Find a template, loading it at its first use. ST_NOT_FOUND: there is none;
 * ST_INVALID: it is wrong; ST_FAULT: it can't be read. The latter two are
 * logged when they are found.
 */
enum status template_find(struct template_set *set, const char *name,
    enum template_kind kind, struct template **found) MUST_CHECK;

/* Make the nodes of a template; text must outlive it. ST_INVALID is logged. */
enum status template_parse(struct template_set *set, struct template *template,
    const char *text, size_t len) MUST_CHECK;

/* Was the string marked by template_url? */
bool template_is_url(struct json_object *value);

/*
 * The tokenizer of HTML (WHATWG, section 13.2.5), as far as it decides what a
 * value may do. Each function returns NULL, or what is wrong as a phrase.
 */
enum html_state {
	HTML_DATA,
	HTML_TAG_OPEN,     /* after < */
	HTML_END_TAG_OPEN, /* after </ */
	HTML_TAG_NAME,
	HTML_BEFORE_NAME, /* between attributes */
	HTML_NAME,
	HTML_AFTER_NAME,
	HTML_BEFORE_VALUE,
	HTML_DOUBLE, /* a value in double quotes */
	HTML_SINGLE,
	HTML_UNQUOTED,
	HTML_NEED_SPACE, /* the tag must end or a space must follow */
	HTML_MARKUP,     /* after <! */
	HTML_MARKUP_DASH,
	HTML_COMMENT,
	HTML_DECLARATION, /* a doctype or what is taken for a comment */
	HTML_RCDATA,      /* in title and textarea */
	HTML_RAW,         /* in script, style and their like */
	HTML_STATE_COUNT
};

/* What an attribute does with its value. */
enum attribute { ATTRIBUTE_PLAIN, ATTRIBUTE_URL, ATTRIBUTE_CLOSED };

/* How far the URL in an attribute is settled. */
enum url_state {
	URL_START,
	URL_SLASH,  /* "/" so far */
	URL_SCHEME, /* within "http://" or "https://" */
	URL_HOST,   /* behind it */
	URL_MARKED, /* a marked value so far */
	URL_FIXED,  /* scheme and host are settled */
	URL_OPEN    /* anything else */
};

#define HTML_NAME_SIZE 16 /* longer than any name that matters */

struct html {
	enum html_state state;
	enum attribute attribute;
	enum url_state url;
	bool end_tag;
	bool http_equiv;              /* the tag has such an attribute */
	bool content;                 /* and a value in its content */
	char element[HTML_NAME_SIZE]; /* lower case, cut */
	char name[HTML_NAME_SIZE];    /* of the attribute, likewise */
	size_t matched;               /* bytes of an end tag, scheme, dashes */
	unsigned tags;                /* begun so far */
	unsigned attributes;
	unsigned values;
};

/* Literal text; on an error *at is the byte it was found at. */
const char *html_text(
    struct html *html, const char *text, size_t len, const char **at);

/* A value; *output is how to render it. */
const char *html_value(struct html *html, enum output *output);

/*
 * A section. Where it begins and where it ends must be the same place in the
 * markup, as it may be left out or repeated. opened: a copy of *html as
 * html_open_section left it.
 */
const char *html_open_section(struct html *html);
const char *html_close_section(struct html *html, const struct html *opened);

/* The same for text and values in an attribute that holds a URL. */
enum url_state html_url_byte(struct html *html, char c);
const char *html_url_value(struct html *html, enum output *output);

/* A partial stands here; the file ends here. */
const char *html_partial(const struct html *html);
const char *html_end(const struct html *html);

#endif
