/*
 * secret - randomness, hashing, comparing and sealing; all of it libsodium's.
 *
 * Tokens are 32 random bytes written as base64url without padding (RFC 4648,
 * section 5: 43 characters). The database keeps only their BLAKE2b-256 hash.
 * What must be read back (private keys, mail waiting to be sent) is sealed
 * with a key derived from the master key.
 */
#ifndef CHATELAINE_SECRET_H
#define CHATELAINE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define SECRET_BYTES 32    /* a token, a hash, a key */
#define SECRET_TEXT_LEN 43 /* SECRET_BYTES as base64url */

/* What a derived key is for. The numbers are on disk: never reuse one. */
enum secret_purpose {
	SECRET_FOR_CSRF = 1,
	SECRET_FOR_SIGNING_KEY = 2,
	SECRET_FOR_OUTBOX = 3,
	SECRET_FOR_JOB = 4,
	SECRET_FOR_REFRESH = 5,
	SECRET_FOR_LIMIT = 8,
	SECRET_FOR_AUDIT = 9,
	SECRET_FOR_SECOND_FACTOR = 10,
	SECRET_FOR_SIGN_IN = 11,
	SECRET_FOR_UNSUBSCRIBE = 16,
	SECRET_FOR_RETURN_PATH = 17,
};

/*
 * The master key: opaque, in locked memory. While one is being replaced there
 * are several: the first, the current one, seals and derives; all of them
 * open what was sealed, and fit what was derived. So nothing that is out there
 * (a form, a cookie, a row) goes bad before the old key is taken away.
 */
struct master_key;

#define MASTER_KEYS_MAX 4

/* Make libsodium ready. Call first in every program. ST_FAULT: it is broken. */
enum status secret_init(void) MUST_CHECK;

/*
 * Read the master key, 32 bytes as 64 hexadecimal digits, from the text of the
 * setting or environment (when not NULL or ""), else from the file. Up to
 * MASTER_KEYS_MAX may stand there, the current one first, with white space
 * between and around them. ST_INVALID: malformed, the same one twice, or a file
 * that others than its owner and group can read, or that group or others can
 * write (0640 is allowed, so that handlers and worker may be two users of one
 * group); ST_NOT_FOUND: no such file; ST_FAULT: unreadable. *why says which and
 * what to do, without the key; it lives in the arena. Free with
 * master_key_free.
 */
enum status master_key_load(struct arena *arena, const char *text,
    const char *path, struct master_key **key, const char **why) MUST_CHECK;
void master_key_free(struct master_key *key); /* NULL is allowed */

/* How many there are: 1 unless one is being replaced. */
size_t master_key_count(const struct master_key *key);

/* Fill size bytes with randomness. */
void secret_random(void *out, size_t size);

/*
 * The same for what only has to be unlike any other: up to SECRET_POOL bytes of
 * a pool that the kernel fills with one call. Each is given out once and wiped;
 * but what lies there stays readable meanwhile, and a process that forks would
 * give out the same as its child.
 */
#define SECRET_POOL 384
void secret_identifier(void *out, size_t size);

/* A new random token: SECRET_TEXT_LEN characters of base64url. */
char *secret_token(struct arena *arena);

/* A new random UUID (RFC 9562, version 4) in its canonical form. */
char *secret_uuid(struct arena *arena);

/* BLAKE2b-256 of size bytes (RFC 7693), without and with a key. */
void secret_hash(
    unsigned char out[static SECRET_BYTES], const void *data, size_t size);
void secret_keyed_hash(unsigned char out[static SECRET_BYTES],
    const unsigned char key[static SECRET_BYTES], const void *data,
    size_t size);

/*
 * The hash under which a token is stored: of the 32 bytes that text encodes.
 * false: text is not SECRET_TEXT_LEN characters of canonical base64url, so no
 * such token was ever handed out.
 */
bool secret_token_hash(
    const char *text, unsigned char out[static SECRET_BYTES]) MUST_CHECK;

/* Are the size bytes the same? In constant time. */
bool secret_equal(const void *a, const void *b, size_t size) MUST_CHECK;

/* Overwrite with zeros; the compiler can't leave it out. */
void secret_wipe(void *data, size_t size);

/* base64url without padding (RFC 4648, section 5). */
char *base64url_encode(struct arena *arena, const void *data, size_t size);

/*
 * The reverse; refuses padding, other alphabets and non-canonical endings.
 * *data is NUL-terminated besides, *size does not count it. ST_INVALID.
 */
enum status base64url_decode(struct arena *arena, const char *text, size_t len,
    unsigned char **data, size_t *size) MUST_CHECK;

/* A subkey of the current master key (BLAKE2b, libsodium's crypto_kdf). */
void secret_derive(const struct master_key *key, enum secret_purpose purpose,
    unsigned char out[static SECRET_BYTES]);

/*
 * A keyed hash of size bytes under the purpose's subkey of one of the master
 * keys: which is 0 for the current one, else below master_key_count. Make new
 * things with 0. What may have been made under an older key is tried with each
 * in turn, or checked by secret_mac_fits, which does that in constant time.
 */
void secret_mac(const struct master_key *key, size_t which,
    enum secret_purpose purpose, const void *data, size_t size,
    unsigned char out[static SECRET_BYTES]);
bool secret_mac_fits(const struct master_key *key, enum secret_purpose purpose,
    const void *data, size_t size,
    const unsigned char mac[static SECRET_BYTES]) MUST_CHECK;

/*
 * What all that is sealed with the current master key begins with: by it one
 * finds what is still sealed with an older one.
 */
#define SECRET_SEAL_MARK_BYTES 9
void secret_seal_mark(const struct master_key *key,
    unsigned char out[static SECRET_SEAL_MARK_BYTES]);

/*
 * Seal size bytes with XChaCha20-Poly1305 under the purpose's subkey. The
 * context (a row's id) is authenticated with it, so that one row's secret
 * can't be put into another. *sealed lives in the arena.
 */
void secret_seal(const struct master_key *key, struct arena *arena,
    enum secret_purpose purpose, const char *context, const void *data,
    size_t size, unsigned char **sealed, size_t *sealed_size);

/*
 * The reverse, with whichever master key sealed it. *data is NUL-terminated
 * besides. ST_INVALID: not sealed so, or with a master key that is none of
 * these, or another context, or damaged.
 */
enum status secret_open(const struct master_key *key, struct arena *arena,
    enum secret_purpose purpose, const char *context,
    const unsigned char *sealed, size_t sealed_size, unsigned char **data,
    size_t *size) MUST_CHECK;

#endif
