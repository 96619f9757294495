/*
 * refresh_token - the long-lived secret of a session, and its successor.
 *
 * R(0) is drawn; R(n+1) is a keyed BLAKE2b hash of the session's id, n and
 * R(n), so that the server can compute it again from R(n) without ever having
 * stored it. The database keeps hashes alone. The text holds the session's id,
 * n, R(n) and a tag that proves it was issued here: so a token that was
 * replaced long ago is told from one that somebody made up, who could end the
 * session of another otherwise.
 */
#ifndef CHATELAINE_REFRESH_TOKEN_H
#define CHATELAINE_REFRESH_TOKEN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/secret.h"

#define REFRESH_TOKEN_MAX 200 /* bytes of text */

struct refresh_token {
	const char *session_id;
	int64_t generation;                 /* n */
	unsigned char secret[SECRET_BYTES]; /* R(n) */
};

/* R(0) of a session. Its id may be filled in later. */
void refresh_token_first(struct refresh_token *token);

/* The successor, by the current master key (which: 0) or an older one. */
void refresh_token_next(const struct master_key *key, size_t which,
    struct arena *arena, const struct refresh_token *token,
    struct refresh_token *next);

/* What the database keeps. */
void refresh_token_hash(
    const struct refresh_token *token, unsigned char hash[static SECRET_BYTES]);

/* The text for the client: base64url, "-" and "."; opaque to it. */
const char *refresh_token_text(const struct master_key *key,
    struct arena *arena, const struct refresh_token *token);

/* The reverse. ST_INVALID: not one that was issued here. */
enum status refresh_token_read(const struct master_key *key,
    struct arena *arena, const char *text,
    struct refresh_token *token) MUST_CHECK;

#endif
