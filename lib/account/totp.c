/* totp.c - liboath's codes, and which step they are of. */

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

#include "account/totp.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/strbuf.h"

enum status
totp_find_step(const unsigned char secret[static TOTP_SECRET_BYTES],
    int64_t now, const char *code, int64_t *step)
{
	const int64_t current = now / TOTP_STEP;
	enum status st = ST_NOT_FOUND;
	char expected[TOTP_DIGITS + 1];
	int result = OATH_OK;

	if (strspn(code, "0123456789") != TOTP_DIGITS ||
	    code[TOTP_DIGITS] != '\0')
		return ST_NOT_FOUND;
	/*
	 * liboath would look itself, by strcmp. All steps are looked at, and the
	 * last one counts: a code that is of two, by chance, is used up in both.
	 */
	for (int64_t at = current - TOTP_WINDOW;
	     at <= current + TOTP_WINDOW && result == OATH_OK; at++) {
		if (at < 0)
			continue;
		result = oath_totp_generate((const char *)secret,
		    TOTP_SECRET_BYTES, (time_t)(at * TOTP_STEP), TOTP_STEP,
		    OATH_TOTP_DEFAULT_START_TIME, TOTP_DIGITS, expected);
		if (result == OATH_OK &&
		    secret_equal(expected, code, TOTP_DIGITS)) {
			*step = at;
			st = ST_OK;
		}
	}
	secret_wipe(expected, sizeof(expected));
	if (result != OATH_OK) {
		log_error("code not checked: %s", oath_strerror(result));
		return ST_FAULT;
	}
	return st;
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
	secret_wipe(encoded, len);
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
