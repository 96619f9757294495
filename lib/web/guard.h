/* guard - the checks that stand before every action, from the route's row. */
#ifndef CHATELAINE_GUARD_H
#define CHATELAINE_GUARD_H

#include "web/request.h"
#include "web/response.h"

/*
 * Find out who asks: verify the access token (Authorization: Bearer before the
 * cookie) and look its session up, one SELECT. Fills rq->session and its kin.
 * ST_UNAVAILABLE, ST_FAULT: it can't be told.
 */
enum status guard_identify(struct request *rq) MUST_CHECK;

/* Why a revoked session is over: a choice of the sign-in page's `reason`. */
const char *guard_reason(enum session_end end);

/*
 * May this request go on to its action? true, or false with the refusal in rs.
 * Checks access, then CSRF, then the fields.
 */
bool guard_admit(struct request *rq, struct response *rs) MUST_CHECK;

/*
 * Where a person comes back to after signing in: the page that was asked for
 * or, if a form was sent, the page it stood on, as its own address may show
 * nothing. A path and query of ours, without the site's base.
 */
const char *guard_way_back(const struct request *rq);

#endif
