/* body.c - which parser a body is for, and the pairs they all fill. */

#include "config.h"

#include "base/text.h"
#include "web/body_pairs.h"

static const struct {
	const char *type;
	const char *subtype;
	enum body_type body;
} types[] = {
	{ "application", "x-www-form-urlencoded", BODY_FORM },
	{ "application", "json", BODY_JSON },
	{ "application", "merge-patch+json", BODY_JSON },
	{ "multipart", "form-data", BODY_MULTIPART },
};

enum body_type
body_type(const char *content_type)
{
	struct span type, subtype;
	struct parameter parameter;
	enum parameter_next next;

	if (content_type == NULL || *content_type == '\0')
		return BODY_NONE;
	parameter_skip_space(&content_type);
	if (!parameter_media_type(&content_type, &type, &subtype))
		return BODY_UNKNOWN;
	while ((next = parameter_next(&content_type, &parameter)) ==
	    PARAMETER_FOUND)
		if (span_is(parameter.name, "charset") &&
		    !span_is(parameter.value, "utf-8"))
			return BODY_UNKNOWN;
	if (next != PARAMETER_END || *content_type != '\0')
		return BODY_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (span_is(type, types[i].type) &&
		    span_is(subtype, types[i].subtype))
			return types[i].body;
	return BODY_UNKNOWN;
}

void
body_pairs_begin(struct body_pairs *out)
{
	out->pairs->list =
	    arena_array(out->arena, BODY_PAIRS_MAX, sizeof(struct pair));
	out->pairs->count = 0;
	*out->why = WORDING_NONE;
}

enum status
body_pairs_refuse(struct body_pairs *out, enum wording why)
{
	out->pairs->count = 0;
	*out->why = why;
	return ST_INVALID;
}

enum status
body_pairs_add(struct body_pairs *out, struct span name, struct span text,
    enum wording wrong)
{
	struct pairs *pairs = out->pairs;

	if (pairs->count == BODY_PAIRS_MAX)
		return body_pairs_refuse(out, WORDING_BODY_TOO_MANY);
	if (!text_is_utf8(name.text, name.len) ||
	    !text_is_utf8(text.text, text.len))
		return body_pairs_refuse(out, WORDING_BODY_UTF8);
	pairs->list[pairs->count++] = (struct pair){
		.name = arena_strndup(out->arena, name.text, name.len),
		.text = arena_strndup(out->arena, text.text, text.len),
		.wrong = wrong,
	};
	return ST_OK;
}
