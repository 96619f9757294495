/* accept - does the caller want a page or JSON? (RFC 9110, 12.5.1) */
#ifndef CHATELAINE_ACCEPT_H
#define CHATELAINE_ACCEPT_H

#include <stdbool.h>

/*
 * Does an Accept header prefer application/json (or problem+json) to
 * text/html? By quality, the most specific range that matches counting. A tie,
 * NULL or a malformed header: false, that is, a page.
 */
bool accept_prefers_json(const char *header);

#endif
