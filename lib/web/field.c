/* field.c - declared fields, checked one after the other. */

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "mail/address.h"
#include "web/field.h"

#define MAX_OTHER 1000
#define MAX_UNKNOWN 50 /* bytes shown of a name that is not declared */

/* The characters with the Unicode property White_Space. */
static const char *const spaces[] = { " ", "\t", "\n", "\v", "\f", "\r",
	"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
	"\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
	"\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89",
	"\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
	"\xe2\x81\x9f", "\xe3\x80\x80" };

/* Bytes of the white space that text begins with, 0 for none; ends with. */
static size_t
leading_space(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (text_starts_with(text, spaces[i]))
			return strlen(spaces[i]);
	return 0;
}

static size_t
trailing_space(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
		size_t size = strlen(spaces[i]);

		if (len >= size &&
		    memcmp(text + len - size, spaces[i], size) == 0)
			return size;
	}
	return 0;
}

static const char *
trim(struct arena *arena, const char *text)
{
	size_t len, space;

	while ((space = leading_space(text)) != 0)
		text += space;
	len = strlen(text);
	if (trailing_space(text, len) == 0)
		return text;
	while ((space = trailing_space(text, len)) != 0)
		len -= space;
	return arena_strndup(arena, text, len);
}

bool
field_is_local_path(const char *text)
{
	if (text[0] != '/' || text[1] == '/')
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || *text == '\\')
			return false;
	return true;
}

static size_t
max_of(const struct field *field)
{
	if (field->max != 0)
		return field->max;
	return field->type == FIELD_EMAIL ? ADDRESS_MAX : MAX_OTHER;
}

static bool
is_one_of(const char *text, const char *const *choices)
{
	for (; *choices != NULL; choices++)
		if (strcmp(text, *choices) == 0)
			return true;
	return false;
}

static const char *const true_texts[] = { "on", "true", "1", NULL };
static const char *const false_texts[] = { "off", "false", "0", NULL };

/* The text as its type has it; the action sees nothing else. */
static const char *
normalise(struct arena *arena, const struct field *field, const char *text)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_EMAIL:
		return trim(arena, text);
	case FIELD_PATH:
		return field_is_local_path(text) &&
			strlen(text) <= max_of(field)
		    ? text
		    : "";
	default:
		return text;
	}
}

/* What is wrong with a text that is there; WORDING_NONE: nothing. */
static enum wording
check_type(const struct field *field, const char *text)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_TOKEN:
		return text_has_control(text) ? WORDING_FIELD_CONTROL
					      : WORDING_NONE;
	case FIELD_EMAIL:
		return address_is_valid(text) ? WORDING_NONE
					      : WORDING_EMAIL_INVALID;
	case FIELD_FLAG:
		return is_one_of(text, true_texts) ||
			is_one_of(text, false_texts)
		    ? WORDING_NONE
		    : WORDING_FIELD_CHOICE;
	case FIELD_CHOICE:
		return is_one_of(text, field->choices) ? WORDING_NONE
						       : WORDING_FIELD_CHOICE;
	case FIELD_SECRET:
	case FIELD_PATH:
		break;
	}
	return WORDING_NONE;
}

static enum wording
check_text(const struct field *field, const char *text)
{
	if (*text == '\0') {
		if ((field->flags & FIELD_REQUIRED) == 0)
			return WORDING_NONE;
		return field->missing != WORDING_NONE ? field->missing
						      : WORDING_FIELD_MISSING;
	}
	if (strlen(text) > max_of(field))
		return WORDING_FIELD_TOO_LONG;
	return check_type(field, text);
}

/* The first pair of a name; *twice: there is another. NULL: none. */
static const struct pair *
find_pair(const struct pairs *pairs, const char *name, bool *twice)
{
	const struct pair *found = NULL;

	*twice = false;
	for (size_t i = 0; i < pairs->count; i++) {
		if (strcmp(pairs->list[i].name, name) != 0)
			continue;
		if (found != NULL) {
			*twice = true;
			break;
		}
		found = &pairs->list[i];
	}
	return found;
}

static enum wording
check_field(struct arena *arena, const struct field *field,
    const struct pairs *query, const struct pairs *body, const char **text)
{
	bool twice;
	const struct pair *pair = find_pair(body, field->name, &twice);

	if (pair == NULL && (field->flags & FIELD_QUERY) != 0)
		pair = find_pair(query, field->name, &twice);
	*text = pair != NULL ? normalise(arena, field, pair->text) : "";
	if (twice)
		return WORDING_FIELD_TWICE;
	if (pair != NULL && pair->wrong != WORDING_NONE)
		return pair->wrong;
	return check_text(field, *text);
}

/* Append a problem; the place of the next is returned. */
static struct field_problem **
add_problem(struct arena *arena, struct field_problem **place, const char *name,
    enum wording wording, size_t limit)
{
	struct field_problem *problem = arena_alloc(arena, sizeof(*problem));

	problem->name = name;
	problem->wording = wording;
	problem->limit = limit;
	*place = problem;
	return &problem->next;
}

static const struct field *
find_field(const struct field *declared, const char *name)
{
	for (; declared->name != NULL; declared++)
		if (strcmp(declared->name, name) == 0)
			return declared;
	return NULL;
}

/* A name cut to MAX_UNKNOWN bytes, at the end of a character. */
static const char *
cut_name(struct arena *arena, const char *name)
{
	size_t len = strnlen(name, MAX_UNKNOWN);

	while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
		len--;
	return arena_strndup(arena, name, len);
}

/*
 * What is wrong with a pair of the body that is not declared: csrf_token and
 * _method come with every form and are read elsewhere, but once is enough.
 */
static enum wording
check_undeclared(const struct pairs *body, const struct pair *pair)
{
	static const char *const everywhere[] = { "csrf_token", "_method",
		NULL };
	bool twice;

	if (find_pair(body, pair->name, &twice) != pair)
		return WORDING_NONE; /* told at the first of its name */
	if (!is_one_of(pair->name, everywhere))
		return WORDING_FIELD_UNKNOWN;
	return twice ? WORDING_FIELD_TWICE : pair->wrong;
}

void
fields_check(struct arena *arena, const struct field *declared,
    const struct pairs *query, const struct pairs *body, struct fields *fields)
{
	struct field_problem **place = &fields->problems;
	enum wording wording;
	size_t count = 0;

	while (declared[count].name != NULL)
		count++;
	fields->declared = declared;
	fields->texts = arena_array(arena, count, sizeof(*fields->texts));
	fields->problems = NULL;
	for (size_t i = 0; i < count; i++) {
		wording = check_field(
		    arena, &declared[i], query, body, &fields->texts[i]);
		if (wording != WORDING_NONE)
			place = add_problem(arena, place, declared[i].name,
			    wording, max_of(&declared[i]));
	}
	for (size_t i = 0; i < body->count; i++) {
		const struct pair *pair = &body->list[i];

		if (find_field(declared, pair->name) != NULL)
			continue;
		wording = check_undeclared(body, pair);
		if (wording != WORDING_NONE)
			place = add_problem(arena, place,
			    cut_name(arena, pair->name), wording, 0);
	}
}

void
fields_judge(
    struct arena *arena, const struct request *rq, struct fields *fields)
{
	struct field_problem **place = &fields->problems, *after;
	const struct field *field = fields->declared;
	enum wording wording;

	for (size_t i = 0; field[i].name != NULL; i++) {
		if (*place != NULL &&
		    strcmp((*place)->name, field[i].name) == 0) {
			place = &(*place)->next;
			continue;
		}
		if (field[i].judge == NULL || fields->texts[i][0] == '\0')
			continue;
		wording = field[i].judge(rq, fields->texts[i]);
		if (wording == WORDING_NONE)
			continue;
		after = *place;
		place = add_problem(
		    arena, place, field[i].name, wording, max_of(&field[i]));
		*place = after;
	}
}

const char *
fields_good_text(const struct fields *fields, const char *name)
{
	for (struct field_problem *p = fields->problems; p != NULL; p = p->next)
		if (strcmp(p->name, name) == 0)
			return "";
	return fields_text(fields, name);
}

const char *
fields_text(const struct fields *fields, const char *name)
{
	const struct field *field = find_field(fields->declared, name);

	assert(field != NULL);
	return fields->texts[field - fields->declared];
}

bool
fields_flag(const struct fields *fields, const char *name)
{
	const struct field *field = find_field(fields->declared, name);

	assert(field != NULL && field->type == FIELD_FLAG);
	return is_one_of(fields_text(fields, name), true_texts);
}
