/*
 * parameter - what header fields are made of: tokens and ";name=value" (RFC
 * 9110, 5.6.2 and 5.6.6).
 *
 * Content-Type, Content-Disposition and Accept share this grammar. It is read
 * in place: nothing is copied, and no backslash in a quoted value is undone, as
 * no value this project looks at may contain one.
 */
#ifndef CHATELAINE_PARAMETER_H
#define CHATELAINE_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

/* A run of bytes in somebody else's string. */
struct span {
	const char *text;
	size_t len;
};

struct parameter {
	struct span name;
	struct span value; /* without its quotes */
};

enum parameter_next {
	PARAMETER_FOUND,
	PARAMETER_END, /* *at stands on NUL, "," or what is no parameter */
	PARAMETER_MALFORMED
};

/*
 * The next parameter of a NUL-terminated field value. *at moves behind it;
 * empty parameters (";;") are passed over.
 */
enum parameter_next parameter_next(
    const char **at, struct parameter *parameter);

/* The token at *at, which moves behind it. Of length 0: there is none. */
struct span parameter_token(const char **at);

/* "type/subtype" at *at, which moves behind it; false: there is none. */
bool parameter_media_type(
    const char **at, struct span *type, struct span *subtype);

/* Pass over spaces and tabs. */
void parameter_skip_space(const char **at);

/* Is it this ASCII text, but for the case of letters? */
bool span_is(struct span span, const char *text);

#endif
