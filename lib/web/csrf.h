/*
 * csrf - no other site may act for a person (OWASP CSRF prevention).
 *
 * Beside SameSite=Lax cookies, an unsafe request with cookies needs fetch
 * metadata (or an Origin) that says it came from our own pages, and a token:
 * a keyed BLAKE2b hash of the session's id or, before sign-in, of the random
 * browser cookie. Nothing is stored.
 */
#ifndef CHATELAINE_CSRF_H
#define CHATELAINE_CSRF_H

#include "web/problem.h"
#include "web/request.h"

/* The token for forms of whoever asks. "" when there is no cookie to tie it to. */
const char *csrf_token(const struct request *rq);

/*
 * PROBLEM_NONE; PROBLEM_CROSS_SITE: not from our pages; PROBLEM_STALE_FORM:
 * from our pages, with a token that is missing or no longer valid.
 */
enum problem csrf_check(const struct request *rq) MUST_CHECK;

#endif
