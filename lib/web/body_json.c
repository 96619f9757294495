/*
 * body_json.c - json-c reads the object, a second look makes sure of it.
 *
 * Even when strict, json-c 0.16 lets the later of two members of one name win,
 * cuts names at an escaped U+0000, turns half a surrogate pair into U+FFFD and
 * large integers into the largest, and takes NaN, Infinity, 1., -01, 'names'
 * and control characters in strings. So what it accepted is looked through
 * once more, which can rely on brackets and quotes being in their places.
 */

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "web/body_pairs.h"

struct scan {
	const char *at;
	const char *end;
	size_t depth;
	size_t members;                     /* of the outermost object */
	const char *values[BODY_PAIRS_MAX]; /* where theirs begin */
};

/* The object that is the whole text; *object is NULL when it is none. */
static enum status
parse_object(const char *text, size_t len, struct json_object **object)
{
	/* json-c counts the values in the innermost list as one level more. */
	struct json_tokener *tokener = json_tokener_new_ex(BODY_JSON_DEPTH + 1);

	*object = NULL;
	if (tokener == NULL) {
		log_error("json-c gives no tokener");
		return ST_FAULT;
	}
	/* Strict: nothing but blanks may follow. */
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	if (len <= INT_MAX)
		*object = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	if (!json_object_is_type(*object, json_type_object)) {
		json_object_put(*object);
		*object = NULL;
	}
	return ST_OK;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Pass over digits; false: there is none. */
static bool
scan_digits(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && is_digit(*scan->at))
		scan->at++;
	return scan->at > start;
}

static bool
scan_char(struct scan *scan, const char *any_of)
{
	if (scan->at == scan->end || strchr(any_of, *scan->at) == NULL)
		return false;
	scan->at++;
	return true;
}

/* RFC 8259, section 6. */
static bool
scan_number(struct scan *scan)
{
	const char *digits;

	(void)scan_char(scan, "-");
	digits = scan->at;
	if (!scan_digits(scan) || (*digits == '0' && scan->at - digits > 1))
		return false;
	if (scan_char(scan, ".") && !scan_digits(scan))
		return false;
	if (scan_char(scan, "eE")) {
		(void)scan_char(scan, "+-");
		return scan_digits(scan);
	}
	return true;
}

/* The four digits of "\uXXXX" at the backslash; 0: there is no such escape. */
static unsigned
scan_code_unit(struct scan *scan)
{
	unsigned unit = 0;

	if (scan->end - scan->at < 6 || scan->at[0] != '\\' ||
	    scan->at[1] != 'u')
		return 0;
	for (size_t i = 2; i < 6; i++) {
		char c = scan->at[i];

		unit = unit << 4 |
		    (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	scan->at += 6;
	return unit;
}

/* An escape sequence, known to be one: neither U+0000 nor half a pair. */
static bool
scan_escape(struct scan *scan)
{
	unsigned unit;

	if (scan->end - scan->at > 1 && scan->at[1] != 'u') {
		scan->at += 2;
		return true;
	}
	unit = scan_code_unit(scan);
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unit = scan_code_unit(scan);
		return unit >= 0xdc00 && unit <= 0xdfff;
	}
	return unit != 0 && !(unit >= 0xdc00 && unit <= 0xdfff);
}

static bool
scan_string(struct scan *scan)
{
	scan->at++;
	while (scan->at < scan->end && *scan->at != '"') {
		if ((unsigned char)*scan->at < 0x20)
			return false;
		if (*scan->at != '\\')
			scan->at++;
		else if (!scan_escape(scan))
			return false;
	}
	return scan_char(scan, "\"");
}

/* Behind a colon: of the outermost object, note where the value begins. */
static void
scan_member(struct scan *scan)
{
	while (scan_char(scan, " \t\r\n"))
		continue;
	if (scan->depth != 1)
		return;
	if (scan->members < BODY_PAIRS_MAX)
		scan->values[scan->members] = scan->at;
	scan->members++;
}

static bool
scan_next(struct scan *scan)
{
	switch (*scan->at) {
	case '"':
		return scan_string(scan);
	case '{':
	case '[':
		scan->at++;
		return ++scan->depth <= BODY_JSON_DEPTH;
	case '}':
	case ']':
		scan->at++;
		return scan->depth-- > 0;
	case ':':
		scan->at++;
		scan_member(scan);
		return true;
	default:
		if (*scan->at == '-' || is_digit(*scan->at))
			return scan_number(scan);
		/* Blanks, commas, true, false and null are in order. */
		return scan_char(scan, " \t\r\n,truefalsn");
	}
}

static enum status
add_member(struct body_pairs *out, struct scan *scan, const char *name,
    struct json_object *value)
{
	struct span key = { name, strlen(name) }, text = { "", 0 };
	enum wording wrong = WORDING_NONE;

	switch (json_object_get_type(value)) {
	case json_type_null:
		return ST_OK;
	case json_type_int:
	case json_type_double: /* as it was written */
		text.text = scan->at;
		(void)scan_number(scan);
		text.len = (size_t)(scan->at - text.text);
		break;
	case json_type_boolean:
	case json_type_string:
		text.text = json_object_get_string(value);
		text.len = strlen(text.text);
		break;
	case json_type_object:
	case json_type_array:
		wrong = WORDING_FIELD_TYPE;
		break;
	}
	return body_pairs_add(out, key, text, wrong);
}

/* json-c keeps members in the order of the text, as the scan does. */
static enum status
add_members(
    struct body_pairs *out, struct json_object *object, struct scan *scan)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);
	enum status st;

	if (scan->members > BODY_PAIRS_MAX)
		return body_pairs_refuse(out, WORDING_BODY_TOO_MANY);
	for (size_t i = 0; !json_object_iter_equal(&at, &end); i++) {
		scan->at = scan->values[i];
		st = add_member(out, scan, json_object_iter_peek_name(&at),
		    json_object_iter_peek_value(&at));
		if (st != ST_OK)
			return st;
		json_object_iter_next(&at);
	}
	return ST_OK;
}

enum status
body_parse_json(struct arena *arena, const char *text, size_t len,
    struct pairs *pairs, enum wording *why)
{
	struct body_pairs out = { arena, pairs, why };
	struct scan scan = { .at = text, .end = text + len };
	struct json_object *object;
	enum status st;

	body_pairs_begin(&out);
	/* Stricter than json-c's own check, which takes overlong forms. */
	if (!text_is_utf8(text, len))
		return body_pairs_refuse(&out, WORDING_BODY_UTF8);
	st = parse_object(text, len, &object);
	if (st != ST_OK)
		return st;
	if (object == NULL)
		return body_pairs_refuse(&out, WORDING_BODY_JSON);
	while (scan.at < scan.end && scan_next(&scan))
		continue;
	if (scan.at < scan.end ||
	    scan.members != (size_t)json_object_object_length(object))
		st = body_pairs_refuse(&out, WORDING_BODY_JSON);
	else
		st = add_members(&out, object, &scan);
	json_object_put(object);
	return st;
}
