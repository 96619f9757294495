/* totp.c - liboath's codes, and which step they are of. */

#include <liboath/oath.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "account/totp.h"
#include "base/log.h"
#include "base/strbuf.h"

enum status
totp_find_step(const unsigned char secret[static TOTP_SECRET_BYTES],
    int64_t now, const char *code, int64_t *step)
{
	uint64_t counter;
	int result;

	/* liboath would take seven or eight digits as well. */
	if (strspn(code, "0123456789") != TOTP_DIGITS ||
	    code[TOTP_DIGITS] != '\0')
		return ST_NOT_FOUND;
	result = oath_totp_validate4((const char *)secret, TOTP_SECRET_BYTES,
	    (time_t)now, TOTP_STEP, OATH_TOTP_DEFAULT_START_TIME, TOTP_WINDOW,
	    NULL, &counter, 0, code);
	if (result == OATH_INVALID_OTP)
		return ST_NOT_FOUND;
	if (result < 0) {
		log_error("code not checked: %s", oath_strerror(result));
		return ST_FAULT;
	}
	*step = (int64_t)counter;
	return ST_OK;
}

char *
totp_secret_text(
    struct arena *arena, const unsigned char secret[static TOTP_SECRET_BYTES])
{
	char *encoded = NULL, *text;
	size_t len = 0;

	/* It fails for want of memory alone, which ends the process. */
	if (oath_base32_encode((const char *)secret, TOTP_SECRET_BYTES,
		&encoded, &len) != OATH_OK)
		abort();
	text = arena_strndup(arena, encoded, len);
	sodium_memzero(encoded, len);
	free(encoded);
	return text;
}

char *
totp_url(struct arena *arena, const char *issuer, const char *account,
    const char *secret_text)
{
	struct strbuf url;

	strbuf_init(&url, arena);
	strbuf_str(&url, "otpauth://totp/");
	strbuf_percent(&url, issuer, strlen(issuer));
	strbuf_char(&url, ':');
	strbuf_percent(&url, account, strlen(account));
	strbuf_printf(&url, "?secret=%s&issuer=", secret_text);
	strbuf_percent(&url, issuer, strlen(issuer));
	/* All of these are what apps take for granted, said for those who ask. */
	strbuf_printf(&url, "&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS,
	    TOTP_STEP);
	return url.text;
}
