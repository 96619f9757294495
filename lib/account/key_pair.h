/*
 * key_pair - a new P-256 key (RFC 7518, ES256), written down for a row.
 */
#ifndef CHATELAINE_KEY_PAIR_H
#define CHATELAINE_KEY_PAIR_H

#include "base/arena.h"
#include "base/secret.h"

struct key_pair {
	const char *kid; /* RFC 7638 thumbprint, base64url */
	const char *jwk; /* the public half, RFC 7517 */
	const char *public_pem;
	const unsigned char *private_sealed; /* a PEM text, sealed to the kid */
	size_t sealed_size;
};

/* Make one. All of it lives in the arena. ST_FAULT: OpenSSL failed; logged. */
enum status key_pair_new(struct arena *arena, const struct master_key *master,
    struct key_pair *pair) MUST_CHECK;

#endif
