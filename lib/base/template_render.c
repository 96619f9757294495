/* template_render.c - the nodes, filled in. */

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/template_internal.h"

/* The stack of contexts, innermost first. */
struct frame {
	struct json_object *value;
	const struct frame *outer;
};

struct render {
	const struct template *template;
	struct strbuf *out;
	const char *indent; /* of every line of this template */
	unsigned depth;     /* of partials */
};

static enum status render_nodes(
    struct render *r, const struct node *node, const struct frame *top);

static enum status
fail(const struct render *r, const struct node *node, const char *wrong)
{
	log_error("%s:%u: {{%.*s}} %s", r->template->file, node->line,
	    (int)node->len, node->text, wrong);
	return ST_FAULT;
}

static bool
member(struct json_object *object, const char *key, struct json_object **value)
{
	*value = NULL;
	return json_object_is_type(object, json_type_object) &&
	    json_object_object_get_ex(object, key, value);
}

/*
 * The first part of a name is looked for in all contexts, the others only in
 * what the first one found. NULL: null, or nothing.
 */
static struct json_object *
lookup(const struct node *node, const struct frame *top)
{
	const char *key = node->keys;
	struct json_object *value = NULL;

	if (node->key_count == 0)
		return top != NULL ? top->value : NULL;
	while (top != NULL && !member(top->value, key, &value))
		top = top->outer;
	for (size_t i = 1; i < node->key_count; i++) {
		key += strlen(key) + 1;
		(void)member(value, key, &value);
	}
	return value;
}

static bool
is_true(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return false;
	case json_type_array:
		return json_object_array_length(value) != 0;
	case json_type_object:
		return true;
	default: /* false, 0 and "" are not */
		return json_object_get_boolean(value);
	}
}

static void
add_escaped(struct strbuf *out, const char *text, size_t len)
{
	const char *end = text + len, *run = text, *entity;

	for (; text < end; text++) {
		switch (*text) {
		case '&':
			entity = "&amp;";
			break;
		case '<':
			entity = "&lt;";
			break;
		case '>':
			entity = "&gt;";
			break;
		case '"':
			entity = "&quot;";
			break;
		case '\'':
			entity = "&#39;";
			break;
		default:
			continue;
		}
		strbuf_add(out, run, (size_t)(text - run));
		strbuf_str(out, entity);
		run = text + 1;
	}
	strbuf_add(out, run, (size_t)(text - run));
}

/* RFC 3986, section 2.3: all but the unreserved characters. */
static void
add_percent(struct strbuf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~')
			strbuf_char(out, (char)c);
		else
			strbuf_printf(out, "%%%02X", c);
	}
}

/* The fewest digits that read back as the same number. */
static void
print_double(char *text, size_t size, double number)
{
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, size, "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
}

/*
 * A value as text, in number where it needs room. Objects and arrays have
 * none: to print them would show what no page means to show.
 */
static const char *
value_text(struct json_object *value, char *number, size_t size, size_t *len)
{
	const char *text = number;

	number[0] = '\0';
	switch (json_object_get_type(value)) {
	case json_type_string:
		*len = (size_t)json_object_get_string_len(value);
		return json_object_get_string(value);
	case json_type_boolean:
		text = json_object_get_boolean(value) ? "true" : "false";
		break;
	case json_type_int:
		if (json_object_get_int64(value) == INT64_MAX) /* or above */
			(void)snprintf(number, size, "%" PRIu64,
			    json_object_get_uint64(value));
		else
			(void)snprintf(number, size, "%" PRId64,
			    json_object_get_int64(value));
		break;
	case json_type_double:
		print_double(number, size, json_object_get_double(value));
		break;
	default:
		break;
	}
	*len = strlen(text);
	return text;
}

static enum status
render_value(struct render *r, const struct node *node, const struct frame *top)
{
	struct json_object *value = lookup(node, top);
	const struct node *next = node->next;
	char number[32];
	size_t len;
	const char *text = value_text(value, number, sizeof(number), &len);

	switch (node->output) {
	case OUTPUT_VERBATIM:
		strbuf_add(r->out, text, len);
		return ST_OK;
	case OUTPUT_URL:
		if (!template_is_url(value))
			return fail(r, node, "begins a URL and is not marked");
		/* "/" and "/path" must not become "//path", a host. */
		if (next != NULL && next->kind == NODE_TEXT && next->len > 0 &&
		    next->text[0] == '/' && text[len - 1] == '/')
			len--;
		add_escaped(r->out, text, len);
		return ST_OK;
	case OUTPUT_PERCENT_FIRST:
		if (len == 0)
			return fail(r, node, "is empty and begins a path");
		add_percent(r->out, text, len);
		return ST_OK;
	case OUTPUT_PERCENT:
		add_percent(r->out, text, len);
		return ST_OK;
	default:
		add_escaped(r->out, text, len);
		return ST_OK;
	}
}

static void
render_text(struct render *r, const struct node *node)
{
	const char *text = node->text, *end = text + node->len, *newline;

	if (r->indent[0] == '\0') {
		strbuf_add(r->out, text, node->len);
		return;
	}
	if (node->line_start)
		strbuf_str(r->out, r->indent);
	while (text < end) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL ||
		    (newline + 1 == end && !node->line_follows))
			break;
		strbuf_add(r->out, text, (size_t)(newline + 1 - text));
		strbuf_str(r->out, r->indent);
		text = newline + 1;
	}
	strbuf_add(r->out, text, (size_t)(end - text));
}

static enum status
render_section(
    struct render *r, const struct node *node, const struct frame *top)
{
	struct json_object *value = lookup(node, top);
	struct frame frame = { .value = value, .outer = top };
	enum status st = ST_OK;
	size_t count;

	if (!is_true(value))
		return ST_OK;
	if (!json_object_is_type(value, json_type_array))
		return render_nodes(r, node->child, &frame);
	count = json_object_array_length(value);
	for (size_t i = 0; i < count && st == ST_OK; i++) {
		frame.value = json_object_array_get_idx(value, i);
		st = render_nodes(r, node->child, &frame);
	}
	return st;
}

static enum status
render_partial(
    struct render *r, const struct node *node, const struct frame *top)
{
	struct render inner = {
		.template = node->partial,
		.out = r->out,
		.indent = "",
		.depth = r->depth + 1,
	};

	if (inner.depth > TEMPLATE_DEPTH)
		return fail(r, node, "is nested too deep");
	if (node->partial->state != TEMPLATE_READY)
		return fail(r, node, "is wrong itself");
	if (node->indent != NULL)
		inner.indent = r->indent[0] == '\0'
		    ? node->indent
		    : arena_printf(
			  r->out->arena, "%s%s", r->indent, node->indent);
	return render_nodes(&inner, node->partial->nodes, top);
}

static enum status
render_nodes(struct render *r, const struct node *node, const struct frame *top)
{
	enum status st = ST_OK;

	for (; node != NULL && st == ST_OK; node = node->next) {
		switch (node->kind) {
		case NODE_TEXT:
			render_text(r, node);
			break;
		case NODE_VALUE:
			st = render_value(r, node, top);
			break;
		case NODE_SECTION:
			st = render_section(r, node, top);
			break;
		case NODE_INVERTED:
			if (!is_true(lookup(node, top)))
				st = render_nodes(r, node->child, top);
			break;
		case NODE_PARTIAL:
			st = render_partial(r, node, top);
			break;
		}
	}
	return st;
}

enum status
template_render(struct template_set *set, const char *name,
    enum template_kind kind, struct json_object *const *contexts, size_t count,
    struct strbuf *out)
{
	struct render r = { .out = out, .indent = "" };
	size_t before = out->len;
	struct template *template;
	struct frame *frames;
	enum status st;

	st = template_find(set, name, kind, &template);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? st : ST_FAULT;
	r.template = template;
	frames = arena_array(out->arena, count, sizeof(*frames));
	for (size_t i = 0; i < count; i++) {
		frames[i].value = contexts[i];
		frames[i].outer = i > 0 ? &frames[i - 1] : NULL;
	}
	st = render_nodes(
	    &r, template->nodes, count > 0 ? &frames[count - 1] : NULL);
	if (st != ST_OK)
		strbuf_truncate(out, before);
	return st;
}
