/* code.c - HOTP (RFC 4226, 5.3) of the number of a step (RFC 6238, 4.2). */

#include <check.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <time.h>

#include "tests/harness/code.h"

const char *
code_of_step(struct arena *arena, const unsigned char *secret, size_t size,
    int64_t step, int digits)
{
	unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
	uint32_t number, modulus = 1;
	unsigned len, at;

	for (int i = 7; i >= 0; i--, step >>= 8)
		counter[i] = (unsigned char)(step & 0xff);
	ck_assert_ptr_nonnull(HMAC(EVP_sha1(), secret, (int)size, counter,
	    sizeof(counter), mac, &len));
	at = mac[len - 1] & 15u;
	number = (uint32_t)(mac[at] & 0x7fu) << 24 |
	    (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
	    mac[at + 3];
	for (int i = 0; i < digits; i++)
		modulus *= 10;
	return arena_printf(arena, "%0*u", digits, number % modulus);
}

int64_t
code_step(void)
{
	return time(NULL) / CODE_STEP;
}

/* RFC 4648, 6. */
const unsigned char *
code_secret(struct arena *arena, const char *base32, size_t *size)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned char *out = arena_alloc(arena, strlen(base32) + 1);
	unsigned bits = 0, held = 0;

	for (*size = 0; *base32 != '\0'; base32++) {
		const char *at = strchr(alphabet, *base32);

		if (*base32 == ' ')
			continue;
		ck_assert_ptr_nonnull(at);
		held = (held << 5 | (unsigned)(at - alphabet)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			out[(*size)++] = (unsigned char)(held >> bits & 0xff);
		}
	}
	return out;
}

const char *
code_at(struct arena *arena, const char *base32, int64_t step)
{
	size_t size;
	const unsigned char *secret = code_secret(arena, base32, &size);

	return code_of_step(arena, secret, size, step, 6);
}
