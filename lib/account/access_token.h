/*
 * access_token - a signed statement of who asks, for a short time (RFC 7519).
 *
 * ES256 with kid in the header; iss and aud are site.url; sub, jti, iat, nbf,
 * exp, sid (the session), gen (its generation), auth_time. The algorithm is
 * fixed by the key: the header is read first and anything but ES256 with a
 * known kid is refused (RFC 8725, 3.1), as libjwt by itself would take "none"
 * or a key of another kind.
 */
#ifndef CHATELAINE_ACCESS_TOKEN_H
#define CHATELAINE_ACCESS_TOKEN_H

#include <stdint.h>

#include "account/session.h"
#include "account/signing_key.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"

#define ACCESS_TOKEN_MAX 2000 /* bytes */

struct access_token {
	const char *account_id;
	const char *session_id;
	int64_t generation;
	int64_t expires_at; /* Unix seconds */
};

/* Sign a token for the session. *expires_at as in the token. */
enum status access_token_issue(struct signing_keys *keys, struct db *db,
    struct arena *arena, const struct config *config,
    const struct session *session, const char **text,
    int64_t *expires_at) MUST_CHECK;

/*
 * Check signature and claims. ST_EXPIRED: all is right but the time, *token is
 * filled in; ST_INVALID: not a token of ours.
 */
enum status access_token_verify(struct signing_keys *keys, struct db *db,
    struct arena *arena, const struct config *config, const char *text,
    struct access_token *token) MUST_CHECK;

#endif
