/*
 * verified - access tokens whose signature a process has checked before.
 *
 * To check an ES256 signature costs several times the rest of a request, so
 * what a good token said is remembered until it expires. That is all: whether
 * its session is alive is asked of the database each time.
 *
 * The table has room for VERIFIED_ENTRIES tokens, 64 bytes for each; only what
 * is in use takes memory. A token is known by 128 bits of a BLAKE2b hash of its
 * whole text under a key that the process draws for itself: nobody can make two
 * of them meet, or many of them hard to find.
 */
#ifndef CHATELAINE_VERIFIED_H
#define CHATELAINE_VERIFIED_H

#include <stdbool.h>
#include <stdint.h>

#include "account/access_token.h"
#include "base/arena.h"

#define VERIFIED_ENTRIES 16384

struct verified;

/* An empty table, which libsodium must be ready for. End with verified_free. */
struct verified *verified_new(void);
void verified_free(struct verified *table); /* NULL is allowed */

/*
 * Was this very text added? *token is what was added with it, its strings in
 * the arena, and *key_number the key that verified it. Judges neither the
 * time nor whether that key is still good.
 */
bool verified_find(const struct verified *table, struct arena *arena,
    const char *text, struct access_token *token,
    uint32_t *key_number) MUST_CHECK;

/*
 * Remember a token that was verified. When the table is full, the one that was
 * added first makes room; it mostly is the first to expire. The ids must be
 * canonical UUIDs. What can't be held (a number beyond 32 bits) is not
 * remembered, which costs time alone.
 */
void verified_add(struct verified *table, const char *text,
    const struct access_token *token, uint32_t key_number);

#endif
