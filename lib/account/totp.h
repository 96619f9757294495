/*
 * totp - codes that an app works out from a shared secret and the time.
 *
 * RFC 6238 with what every app knows: HMAC-SHA-1, steps of 30 seconds from
 * 1970 on, six digits. A code is good in its step and in the one before and
 * after it, for clocks that differ and people who type (5.2). That it is good
 * once only is its caller's to see to.
 */
#ifndef CHATELAINE_TOTP_H
#define CHATELAINE_TOTP_H

#include <stdint.h>

#include "base/arena.h"

#define TOTP_SECRET_BYTES 20 /* RFC 4226, 4, R6 */
#define TOTP_DIGITS 6
#define TOTP_STEP 30  /* seconds */
#define TOTP_WINDOW 1 /* steps to either side */

/*
 * The step that a code is of, at this time (Unix seconds); the last one, should
 * it be of several. ST_NOT_FOUND: of none that counts now, or it is not six
 * digits. ST_FAULT: liboath failed; logged. The code is compared in constant
 * time.
 */
enum status totp_find_step(const unsigned char secret[static TOTP_SECRET_BYTES],
    int64_t now, const char *code, int64_t *step) MUST_CHECK;

/* The secret as apps take it: 32 characters of base32 (RFC 4648, 6). */
char *totp_secret_text(
    struct arena *arena, const unsigned char secret[static TOTP_SECRET_BYTES]);

/*
 * The otpauth: URL that apps read from a QR code (Google's Key Uri Format).
 * issuer: the site's name; account: whose it is, for people who have several.
 */
char *totp_url(struct arena *arena, const char *issuer, const char *account,
    const char *secret_text);

#endif
