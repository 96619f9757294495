/* accept - does the caller want a page or JSON? (RFC 9110, 12.5.1) */
#ifndef CHATELAINE_ACCEPT_H
#define CHATELAINE_ACCEPT_H

#include <stdbool.h>

/*
 * Does an Accept header prefer application/json (or problem+json) to
 * text/html? By quality, the most specific range that matches counting. Of
 * equal quality, the one that is named more exactly: script libraries send
 * application/json beside "anything" at full quality, and mean JSON. Else, and
 * for NULL or a malformed header: false, that is, a page.
 */
bool accept_prefers_json(const char *header);

#endif
