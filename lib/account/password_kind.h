/*
 * password_kind - which hashes of passwords are taken, and what they cost.
 *
 * Our own are Argon2id in libsodium's string form; those that were imported may
 * be of other parameters, or bcrypt ($2a$, $2b$, $2y$; $2x$ is the broken one).
 * A kind is what a hash has in common with others that cost the same to check.
 */
#ifndef CHATELAINE_PASSWORD_KIND_H
#define CHATELAINE_PASSWORD_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

/* What a hash from elsewhere may demand of a sign-in, at most. */
#define PASSWORD_BCRYPT_COST_MAX 14 /* about a second */
#define PASSWORD_IMPORT_MEMORY_MAX (256 * 1024 * 1024)
#define PASSWORD_IMPORT_WORK_MAX (1024 * 1024 * 1024) /* memory times passes */

enum password_scheme {
	PASSWORD_NO_SCHEME = 0,
	PASSWORD_ARGON2ID,
	PASSWORD_BCRYPT,
};

struct password_kind {
	enum password_scheme scheme;
	int64_t memory; /* bytes, of Argon2id */
	int64_t passes; /* of Argon2id */
	int64_t cost;   /* of bcrypt: the logarithm of its rounds */
};

/*
 * The kind of a hash, by how it begins. PASSWORD_NO_SCHEME: of none that can
 * be checked; nothing fits such a hash.
 */
struct password_kind password_kind_of(const char *hash);

/* The kind of hashes made today. */
struct password_kind password_kind_today(const struct config *config);

bool password_kind_is_same(struct password_kind a, struct password_kind b);

/* Is this, as a whole, a hash that may be imported? */
bool password_hash_is_importable(const char *hash) MUST_CHECK;

#endif
