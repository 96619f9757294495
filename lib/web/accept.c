/* accept.c - the header is weighed in one pass, nothing is copied. */

#include "config.h"

#include <stddef.h>
#include <string.h>

#include "web/accept.h"
#include "web/parameter.h"

/* How well a range fits; the more exact one decides, whatever its weight. */
enum exactness { NO_MATCH, ANY_TYPE, ANY_SUBTYPE, NAMED };

struct preference {
	enum exactness exactness;
	int weight; /* thousandths */
};

struct range {
	struct span type, subtype;
	int weight;
};

/* "0" to "1" with at most three decimals, in thousandths; -1: malformed. */
static int
parse_weight(struct span text)
{
	int weight = 0, scale = 1000;

	if (text.len == 0 || text.len > 5 ||
	    (text.text[0] != '0' && text.text[0] != '1') ||
	    (text.len > 1 && text.text[1] != '.'))
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		if (i == 1)
			continue;
		if (text.text[i] < '0' || text.text[i] > '9')
			return -1;
		weight += (text.text[i] - '0') * scale;
		scale /= 10;
	}
	return weight <= 1000 ? weight : -1;
}

/*
 * One "type/subtype;parameters". Parameters other than q are passed over:
 * whoever asks for text/html;charset=utf-8 gets just that.
 */
static bool
parse_range(const char **at, struct range *range)
{
	struct parameter parameter;
	enum parameter_next next;

	range->weight = 1000;
	if (!parameter_media_type(at, &range->type, &range->subtype))
		return false;
	while ((next = parameter_next(at, &parameter)) == PARAMETER_FOUND) {
		if (!span_is(parameter.name, "q"))
			continue;
		range->weight = parse_weight(parameter.value);
		if (range->weight < 0)
			return false;
	}
	return next == PARAMETER_END;
}

static enum exactness
match(const struct range *range, const char *type, const char *subtype)
{
	bool any = span_is(range->subtype, "*");

	if (any && span_is(range->type, "*"))
		return ANY_TYPE;
	if (!span_is(range->type, type))
		return NO_MATCH;
	if (any)
		return ANY_SUBTYPE;
	return span_is(range->subtype, subtype) ? NAMED : NO_MATCH;
}

static void
weigh(struct preference *preference, enum exactness exactness, int weight)
{
	if (exactness == NO_MATCH || exactness < preference->exactness)
		return;
	if (exactness > preference->exactness || weight > preference->weight)
		*preference = (struct preference){ exactness, weight };
}

static bool
prefers(struct preference a, struct preference b)
{
	if (a.weight != b.weight)
		return a.weight > b.weight;
	return a.weight > 0 && a.exactness > b.exactness;
}

bool
accept_prefers_json(const char *header)
{
	struct preference json = { NO_MATCH, 0 }, html = { NO_MATCH, 0 };
	enum exactness exactness;
	struct range range;
	const char *at = header;

	if (header == NULL)
		return false;
	for (;;) {
		at += strspn(at, " \t,");
		if (*at == '\0')
			break;
		if (!parse_range(&at, &range) || (*at != ',' && *at != '\0'))
			return false;
		exactness = match(&range, "application", "problem+json");
		if (exactness != NAMED)
			exactness = match(&range, "application", "json");
		weigh(&json, exactness, range.weight);
		weigh(&html, match(&range, "text", "html"), range.weight);
	}
	return prefers(json, html);
}
