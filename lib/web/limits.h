/*
 * limits - what the limit of a route counts, and the answer beyond it.
 *
 * LIMIT_SIGNUP and LIMIT_TOKEN count the client's IP; LIMIT_REFRESH the session
 * of the field "refresh_token", if the route has fields and is posted to, or
 * else the one that the request's cookies name. LIMIT_PASSWORD counts what
 * the field "email" says and the IP or, for whoever is signed in already, the
 * session (account/limit.h, limit_take_password). LIMIT_CODE counts the account
 * that the field "ticket" is about.
 */
#ifndef CHATELAINE_LIMITS_H
#define CHATELAINE_LIMITS_H

#include "web/request.h"
#include "web/response.h"

/*
 * Take from the limit of the request's route, outside of any transaction.
 * *refused: rs is the answer.
 */
enum status limits_take(
    struct request *rq, struct response *rs, bool *refused) MUST_CHECK;

/*
 * For an action that found out that nothing happened which the limit is to
 * count: the password was right.
 */
enum status limits_give_back(struct request *rq) MUST_CHECK;

/* Answer 429 with Retry-After and the route's page, or the general one. */
enum status limits_refuse(
    struct request *rq, struct response *rs, int64_t wait) MUST_CHECK;

/* For limits that no route names. */
struct limiter limits_limiter(const struct request *rq);

#endif
