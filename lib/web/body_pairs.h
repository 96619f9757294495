/* body_pairs - what the parsers of body.h share, and nobody else uses. */
#ifndef CHATELAINE_BODY_PAIRS_H
#define CHATELAINE_BODY_PAIRS_H

#include "web/body.h"
#include "web/parameter.h"

/* Where a parser's findings go. */
struct body_pairs {
	struct arena *arena;
	struct pairs *pairs;
	enum wording *why;
};

/* No pairs yet, and nothing wrong. */
void body_pairs_begin(struct body_pairs *out);

/* Take the pairs back and say why. ST_INVALID, for the parser to return. */
enum status body_pairs_refuse(struct body_pairs *out, enum wording why);

/*
 * Append copies of name and text. ST_INVALID: not UTF-8, or too many; the body
 * is refused then.
 */
enum status body_pairs_add(struct body_pairs *out, struct span name,
    struct span text, enum wording wrong) MUST_CHECK;

#endif
