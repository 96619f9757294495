/* parameter.c - tokens, quoted strings and their lists, read in place. */

#include "config.h"

#include <string.h>
#include <strings.h>

#include "web/parameter.h"

static const char token_chars[] = "!#$%&'*+-.^_`|~0123456789"
				  "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct span
parameter_token(const char **at)
{
	struct span token = { *at, strspn(*at, token_chars) };

	*at += token.len;
	return token;
}

bool
parameter_media_type(const char **at, struct span *type, struct span *subtype)
{
	*type = parameter_token(at);
	if (type->len == 0 || **at != '/')
		return false;
	++*at;
	*subtype = parameter_token(at);
	return subtype->len != 0;
}

void
parameter_skip_space(const char **at)
{
	*at += strspn(*at, " \t");
}

bool
span_is(struct span span, const char *text)
{
	return span.len == strlen(text) &&
	    strncasecmp(span.text, text, span.len) == 0;
}

/* The inside of the quoted string that opens at *at; false: never closed. */
static bool
quoted_string(const char **at, struct span *value)
{
	const char *end = *at + 1;

	for (; *end != '"'; end++) {
		if (*end == '\\')
			end++;
		if (*end == '\0' || *end == '\r' || *end == '\n')
			return false;
	}
	*value = (struct span){ *at + 1, (size_t)(end - *at - 1) };
	*at = end + 1;
	return true;
}

enum parameter_next
parameter_next(const char **at, struct parameter *parameter)
{
	for (;;) {
		parameter_skip_space(at);
		if (**at != ';')
			return PARAMETER_END;
		++*at;
		parameter_skip_space(at);
		parameter->name = parameter_token(at);
		if (parameter->name.len != 0)
			break;
	}
	if (**at != '=')
		return PARAMETER_MALFORMED;
	++*at;
	if (**at == '"')
		return quoted_string(at, &parameter->value)
		    ? PARAMETER_FOUND
		    : PARAMETER_MALFORMED;
	parameter->value = parameter_token(at);
	return parameter->value.len != 0 ? PARAMETER_FOUND
					 : PARAMETER_MALFORMED;
}
