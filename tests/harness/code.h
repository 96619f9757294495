/*
 * code - what an authenticator app does: a code from a secret and the time.
 *
 * RFC 6238 written out here with OpenSSL's HMAC, so that liboath is not judged
 * by itself.
 *
 * A code counts in the steps beside its own, too. So the codes of two steps, of
 * the one that code_step gave and of the one after it, are good for at least 30
 * seconds from then: a test that takes the step once sees no clock.
 */
#ifndef CHATELAINE_TESTS_CODE_H
#define CHATELAINE_TESTS_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define CODE_STEP 30 /* seconds */

/* The code of a step for a secret of size bytes, with so many digits. */
const char *code_of_step(struct arena *arena, const unsigned char *secret,
    size_t size, int64_t step, int digits);

/* The step that the time is in now. */
int64_t code_step(void);

/* The six digits that an app shows in a step, for a secret in base32. */
const char *code_at(struct arena *arena, const char *base32, int64_t step);

/* The bytes of a secret in base32, perhaps in groups. */
const unsigned char *code_secret(
    struct arena *arena, const char *base32, size_t *size);

#endif
