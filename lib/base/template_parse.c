/* template_parse.c - from text to nodes, in one pass. */

#include "config.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/template_internal.h"

/* A section whose end has not been seen yet. */
struct section {
	struct section *outer;
	struct node *node;
	struct node **outer_tail;
	struct html opened;
};

struct parser {
	struct template_set *set;
	struct template *template;
	const char *text, *end;
	const char *at; /* parsed up to here */
	const char *open, *close;
	size_t open_len, close_len;
	const char *counted; /* lines are counted up to here */
	unsigned line;
	struct node **tail; /* where the next node goes */
	struct section *section;
	unsigned depth;
	struct html html;
};

struct tag {
	char sigil;              /* one of #^/!>=&{, or 0 */
	const char *begin, *end; /* its delimiters, or its line, included */
	const char *name;        /* what it holds, trimmed */
	size_t len;
	const char *indent; /* alone on its line: what is before it; or NULL */
	size_t indent_len;
};

/* The line of a place at or after the last one asked for. */
static unsigned
line_of(struct parser *p, const char *where)
{
	const char *newline;

	while (p->counted < where &&
	    (newline = memchr(
		 p->counted, '\n', (size_t)(where - p->counted))) != NULL) {
		p->counted = newline + 1;
		p->line++;
	}
	return p->line;
}

static enum status fail(
    struct parser *p, unsigned line, const char *format, ...) PRINTF(3, 4);

static enum status
fail(struct parser *p, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_error("%s:%u: %s", p->template->file, line,
	    arena_vprintf(p->set->arena, format, args));
	va_end(args);
	return ST_INVALID;
}

/* What is wrong with a tag, named as it is written. */
static enum status
fail_tag(struct parser *p, const struct tag *tag, const char *wrong)
{
	char sigil[2] = { tag->sigil, '\0' };

	return fail(p, line_of(p, tag->begin), "{{%s%.*s}} %s", sigil,
	    (int)(tag->len < 80 ? tag->len : 80), tag->name, wrong);
}

static bool
is_html(const struct parser *p)
{
	return p->template->kind == TEMPLATE_HTML;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static struct node *
add_node(struct parser *p, enum node_kind kind, const char *text, size_t len)
{
	struct node *node = arena_alloc(p->set->arena, sizeof(*node));

	node->kind = kind;
	node->text = text;
	node->len = len;
	node->line = p->line;
	*p->tail = node;
	p->tail = &node->next;
	return node;
}

/*
 * The literal text up to end. Lines that begin in it and go on with a tag
 * matter, even to an empty text, as the indentation of a partial goes there.
 */
static enum status
add_text(struct parser *p, const char *end, bool tag_follows)
{
	bool line_start = p->at == p->text || p->at[-1] == '\n';
	size_t len = (size_t)(end - p->at);
	const char *error, *where;
	struct node *node;

	if (len == 0 && !(line_start && tag_follows))
		return ST_OK;
	node = add_node(p, NODE_TEXT, p->at, len);
	node->line_start = line_start;
	node->line_follows = len > 0 && end[-1] == '\n' && tag_follows;
	if (!is_html(p))
		return ST_OK;
	error = html_text(&p->html, p->at, len, &where);
	if (error != NULL)
		return fail(p, line_of(p, where), "%s", error);
	return ST_OK;
}

/*
 * A name: dotted for values and sections ("." alone too), with slashes for
 * partials.
 */
static bool
is_name(const struct tag *tag)
{
	char separator = tag->sigil == '>' ? '/' : '.', before = separator;

	if (separator == '.' && tag->len == 1 && tag->name[0] == '.')
		return true;
	for (size_t i = 0; i < tag->len; i++) {
		char c = tag->name[i];

		if (c == separator) {
			if (before == separator)
				return false;
		} else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			       (c >= '0' && c <= '9') || c == '_' ||
			       c == '-')) {
			return false;
		}
		before = c;
	}
	return before != separator;
}

/* Cut a dotted name into its parts. */
static void
split_name(struct parser *p, struct node *node)
{
	char *keys;

	if (node->len == 1 && node->text[0] == '.')
		return;
	keys = arena_strndup(p->set->arena, node->text, node->len);
	node->keys = keys;
	node->key_count = 1;
	for (; *keys != '\0'; keys++) {
		if (*keys == '.') {
			*keys = '\0';
			node->key_count++;
		}
	}
}

/*
 * A tag other than a value that is alone on its line takes the line with it
 * (the specification's standalone tags).
 */
static void
take_line(struct parser *p, struct tag *tag)
{
	const char *begin = tag->begin, *end = tag->end;

	while (begin > p->at && is_blank(begin[-1]))
		begin--;
	if (begin > p->text && begin[-1] != '\n')
		return;
	while (end < p->end && is_blank(*end))
		end++;
	if (p->end - end >= 2 && end[0] == '\r' && end[1] == '\n')
		end += 2;
	else if (end < p->end && *end == '\n')
		end++;
	else if (end < p->end)
		return;
	tag->indent = begin;
	tag->indent_len = (size_t)(tag->begin - begin);
	tag->begin = begin;
	tag->end = end;
}

/* Find the next tag; tag->begin is NULL when there is none. */
static enum status
find_tag(struct parser *p, struct tag *tag)
{
	const char *name, *end;

	*tag = (struct tag){ .sigil = '\0' };
	tag->begin =
	    memmem(p->at, (size_t)(p->end - p->at), p->open, p->open_len);
	if (tag->begin == NULL)
		return ST_OK;
	name = tag->begin + p->open_len;
	if (name < p->end && strchr("#^/!>=&{", *name) != NULL)
		tag->sigil = *name++;
	end = memmem(name, (size_t)(p->end - name), p->close, p->close_len);
	if (end == NULL)
		return fail(p, line_of(p, tag->begin), "a tag is not closed");
	tag->end = end + p->close_len;
	while (name < end && is_space(*name))
		name++;
	while (end > name && is_space(end[-1]))
		end--;
	tag->name = name;
	tag->len = (size_t)(end - name);
	return ST_OK;
}

static size_t
word_length(const char *word, const char *end)
{
	const char *at = word;

	while (at < end && !is_space(*at) && *at != '=')
		at++;
	return (size_t)(at - word);
}

/* {{=OPEN CLOSE=}} */
static enum status
set_delimiters(struct parser *p, const struct tag *tag)
{
	const char *at = tag->name, *end = tag->name + tag->len - 1;
	const char *open, *close;
	size_t open_len, close_len;

	if (tag->len < 4 || *end != '=')
		return fail_tag(p, tag, "sets no delimiters");
	open = at;
	open_len = word_length(at, end);
	for (at += open_len; at < end && is_space(*at); at++)
		continue;
	close = at;
	close_len = word_length(at, end);
	for (at += close_len; at < end && is_space(*at); at++)
		continue;
	if (open_len == 0 || close_len == 0 || at != end)
		return fail_tag(p, tag, "sets no delimiters");
	p->open = open;
	p->open_len = open_len;
	p->close = close;
	p->close_len = close_len;
	return ST_OK;
}

static enum status
add_value(struct parser *p, const struct tag *tag)
{
	struct node *node = add_node(p, NODE_VALUE, tag->name, tag->len);
	const char *error;

	split_name(p, node);
	node->output = OUTPUT_VERBATIM;
	if (!is_html(p))
		return ST_OK;
	error = html_value(&p->html, &node->output);
	return error == NULL ? ST_OK : fail_tag(p, tag, error);
}

static enum status
open_section(struct parser *p, const struct tag *tag)
{
	struct section *section = arena_alloc(p->set->arena, sizeof(*section));
	enum node_kind kind = tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED;
	const char *error;

	if (++p->depth > TEMPLATE_DEPTH)
		return fail_tag(p, tag, "is nested too deep");
	section->node = add_node(p, kind, tag->name, tag->len);
	split_name(p, section->node);
	if (is_html(p)) {
		error = html_open_section(&p->html);
		if (error != NULL)
			return fail_tag(p, tag, error);
		section->opened = p->html;
	}
	section->outer = p->section;
	section->outer_tail = p->tail;
	p->section = section;
	p->tail = &section->node->child;
	return ST_OK;
}

static enum status
close_section(struct parser *p, const struct tag *tag)
{
	struct section *section = p->section;
	const char *error;

	if (section == NULL)
		return fail_tag(p, tag, "closes no section");
	if (section->node->len != tag->len ||
	    memcmp(section->node->text, tag->name, tag->len) != 0)
		return fail_tag(p, tag,
		    arena_printf(p->set->arena, "closes the section %.*s",
			(int)section->node->len, section->node->text));
	if (is_html(p)) {
		error = html_close_section(&p->html, &section->opened);
		if (error != NULL)
			return fail_tag(p, tag, error);
	}
	p->section = section->outer;
	p->tail = section->outer_tail;
	p->depth--;
	return ST_OK;
}

static enum status
add_partial(struct parser *p, const struct tag *tag)
{
	struct node *node = add_node(p, NODE_PARTIAL, tag->name, tag->len);
	const char *error, *name;
	enum status st;

	error = is_html(p) ? html_partial(&p->html) : NULL;
	if (error != NULL)
		return fail_tag(p, tag, error);
	if (tag->indent != NULL)
		node->indent =
		    arena_strndup(p->set->arena, tag->indent, tag->indent_len);
	name = arena_strndup(p->set->arena, tag->name, tag->len);
	st = template_find(p->set, name, p->template->kind, &node->partial);
	if (st == ST_NOT_FOUND)
		return fail_tag(p, tag, "is not there");
	if (st == ST_INVALID)
		return fail_tag(p, tag, "is wrong itself");
	return st;
}

static enum status
add_tag(struct parser *p, const struct tag *tag)
{
	if (tag->sigil == '!')
		return ST_OK;
	if (tag->sigil == '=')
		return set_delimiters(p, tag);
	if (tag->sigil == '&' || tag->sigil == '{')
		return fail_tag(p, tag, "is raw, and everything is escaped");
	if (!is_name(tag))
		return fail_tag(p, tag, "is no name");
	switch (tag->sigil) {
	case '#':
	case '^':
		return open_section(p, tag);
	case '/':
		return close_section(p, tag);
	case '>':
		return add_partial(p, tag);
	default:
		return add_value(p, tag);
	}
}

/* One tag and the text before it. */
static enum status
parse_tag(struct parser *p, struct tag *tag)
{
	enum status st;

	if (strchr("#^/!>=", tag->sigil) != NULL && tag->sigil != '\0')
		take_line(p, tag);
	st = add_text(p, tag->begin, tag->indent == NULL);
	if (st != ST_OK)
		return st;
	(void)line_of(p, tag->begin);
	st = add_tag(p, tag);
	p->at = tag->end;
	return st;
}

static enum status
parse_end(struct parser *p)
{
	enum status st = add_text(p, p->end, false);
	const char *error;

	if (st != ST_OK)
		return st;
	if (p->section != NULL)
		return fail(p, p->section->node->line,
		    "the section %.*s is not closed",
		    (int)p->section->node->len, p->section->node->text);
	error = is_html(p) ? html_end(&p->html) : NULL;
	if (error != NULL)
		return fail(p, line_of(p, p->end), "%s", error);
	return ST_OK;
}

enum status
template_parse(struct template_set *set, struct template *template,
    const char *text, size_t len)
{
	struct parser p = {
		.set = set,
		.template = template,
		.text = text,
		.end = text + len,
		.at = text,
		.open = "{{",
		.open_len = 2,
		.close = "}}",
		.close_len = 2,
		.counted = text,
		.line = 1,
		.tail = &template->nodes,
	};
	enum status st;
	struct tag tag;

	if (memchr(text, '\0', len) != NULL)
		return fail(&p, 1, "a NUL byte in a template");
	do {
		st = find_tag(&p, &tag);
		if (st == ST_OK && tag.begin == NULL)
			return parse_end(&p);
		if (st == ST_OK)
			st = parse_tag(&p, &tag);
	} while (st == ST_OK);
	return st;
}
