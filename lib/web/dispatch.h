/*
 * dispatch - the one way from a request to its answer.
 *
 *	target -> route -> body -> session -> guards -> fields
 *	       -> limit -> begin -> action -> render -> commit
 *
 * A request with a safe method whose database connection breaks is done again
 * once on a fresh one; so is any request that had not begun to change
 * anything. Other requests are answered 503.
 */
#ifndef CHATELAINE_DISPATCH_H
#define CHATELAINE_DISPATCH_H

#include "web/request.h"
#include "web/response.h"

/*
 * Answer one request. *rs is always complete. Both live in the arena; a test
 * calls this with a transport of its own.
 */
void dispatch(const struct site *site, const struct handler *handler,
    const struct transport *transport, struct arena *arena,
    struct response *rs);

#endif
