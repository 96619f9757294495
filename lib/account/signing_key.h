/*
 * signing_key - the P-256 keys that sign access tokens (RFC 7518, ES256).
 *
 * Kept in the control database: the public half as a JWK (RFC 7517), the
 * private half sealed with the master key. The first one is made when it is
 * first needed; of several processes that try, one wins and all use its key. A
 * process keeps the keys it has read; one it does not know makes it look again,
 * and every SIGNING_KEYS_FRESH it looks whether they are all there still, and
 * which one is active: so long can a token outlive the removal of its key, and
 * so long can a process sign with one that has retired.
 */
#ifndef CHATELAINE_SIGNING_KEY_H
#define CHATELAINE_SIGNING_KEY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"

#define SIGNING_KEYS_FRESH 5           /* seconds */
#define SIGNING_KEYS_MAX_AGE (60 * 60) /* seconds, of a copy of the JWKS */
#define SIGNING_KEY_SIGNATURE_BYTES 64 /* RFC 7518, 3.4 */

struct verified;

struct signing_key {
	const char *kid; /* RFC 7638 thumbprint, base64url */
	uint32_t number; /* of this process: no two keys ever have the same */
	const char *public_pem;
	const char *private_pem;     /* NULL unless it is the active one */
	struct evp_pkey_st *private; /* the same, read once; OpenSSL's */
};

/* The keys a process has read. */
struct signing_keys;

/* An empty set; the master key must outlive it. Free with signing_keys_free. */
struct signing_keys *signing_keys_new(const struct master_key *master);
void signing_keys_free(struct signing_keys *keys);

/* The tokens that were verified by keys of this set; the set's own. */
struct verified *signing_keys_verified(struct signing_keys *keys);

/*
 * Drop the keys that are gone from the database, and learn which one is active;
 * looks there when that is over SIGNING_KEYS_FRESH ago. Before a key's number
 * is relied on.
 */
enum status signing_keys_refresh(
    struct signing_keys *keys, struct db *db, struct arena *arena) MUST_CHECK;

/* Is the key of this number in the set, as it was when last looked? */
bool signing_keys_hold(
    const struct signing_keys *keys, uint32_t number) MUST_CHECK;

/*
 * The key to sign with, made if there is none. It was active within the last
 * SIGNING_KEYS_FRESH; inside a transaction, where it is always read, it is. It
 * stays valid until signing_keys_free. ST_FAULT: the master key does not open
 * it; logged.
 */
enum status signing_keys_active(struct signing_keys *keys, struct db *db,
    struct arena *arena, const struct signing_key **key) MUST_CHECK;

/* Sign a text with an active key, as ES256 does. ST_FAULT: OpenSSL failed. */
enum status signing_key_sign(const struct signing_key *key, const char *text,
    unsigned char signature[static SIGNING_KEY_SIGNATURE_BYTES]) MUST_CHECK;

/* The key with this id, to verify with. ST_NOT_FOUND. */
enum status signing_keys_find(struct signing_keys *keys, struct db *db,
    struct arena *arena, const char *kid,
    const struct signing_key **key) MUST_CHECK;

/* The public keys as {"keys": [...]} (RFC 7517, 5). The caller owns *jwks. */
enum status signing_key_jwks(
    struct db *db, struct arena *arena, struct json_object **jwks) MUST_CHECK;

#endif
