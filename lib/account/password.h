/*
 * password - policy, hashing and checking of passwords.
 *
 * Argon2id by libsodium (RFC 9106), memory and passes from the settings,
 * stored as its self-describing string. What is hashed is the NFKC form
 * (Unicode UAX 15), so that the same letters typed on another keyboard fit.
 * The policy follows NIST SP 800-63B-4, section 3.1.1, and OWASP ASVS 5.0,
 * V6.2: length, and what zxcvbn thinks of it; nothing about kinds of
 * characters unless an operator demands it.
 *
 * Hashes that were imported, see password_kind.h, are checked as well: against
 * the password as it was typed, as nobody knows what the other system did to
 * it. bcrypt looks at its first 72 bytes alone.
 */
#ifndef CHATELAINE_PASSWORD_H
#define CHATELAINE_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/config.h"

#define PASSWORD_MAX_BYTES 1024

/* What zxcvbn must at least estimate, in bits. */
#define PASSWORD_MIN_BITS 30.0

enum password_verdict {
	PASSWORD_GOOD,
	PASSWORD_TOO_SHORT, /* fewer than password.min_length characters */
	PASSWORD_TOO_LONG,  /* more than PASSWORD_MAX_BYTES bytes */
	PASSWORD_GUESSABLE, /* common, repeated, or made of the person's own data */
	PASSWORD_CLASSES, /* fewer than password.require_classes kinds */
};

/*
 * Judge a new password (valid UTF-8). email and name are the person's own; the
 * name of the site counts as known too.
 */
enum password_verdict password_judge(const struct config *config,
    struct arena *arena, const char *password, const char *email,
    const char *name);

/* Hash with a fresh salt. ST_UNAVAILABLE: no memory for it just now. */
enum status password_hash(const struct config *config, struct arena *arena,
    const char *password, const char **hash) MUST_CHECK;

#define PASSWORD_NONE ""

/*
 * Does the password fit the hash? hash NULL: there is no account; PASSWORD_NONE:
 * it has none, and needs another; the work of a check against a hash of today's
 * settings is done, and the answer is no. *outdated: it fits, and the hash was
 * made otherwise than today's are. Passwords longer than PASSWORD_MAX_BYTES
 * never fit. ST_UNAVAILABLE: no memory for it just now.
 */
enum status password_verify(const struct config *config, struct arena *arena,
    const char *password, const char *hash, bool *fits,
    bool *outdated) MUST_CHECK;

/*
 * It did not fit. As hashes of different kinds take different times, do the
 * work of all other kinds there are (account_password_kinds), and of today's:
 * then a refusal takes the same time whatever the hash was, or that there was
 * none.
 */
enum status password_spend_kinds(const struct config *config,
    struct arena *arena, const char *password, const char *hash,
    const char *const *kinds, size_t count) MUST_CHECK;

#endif
