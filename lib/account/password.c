/* password.c - Argon2id by libsodium, strength by zxcvbn. */

#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <uninorm.h>
#include <zxcvbn.h>

#include "account/password.h"
#include "base/log.h"
#include "base/text.h"

/* zxcvbn's time grows with the square of the length; this much decides. */
#define JUDGED_BYTES 100

/*
 * The password in the form that is hashed, NFKC: keyboards differ in how they
 * write the same letter, and the same person may use two of them.
 */
static const char *
normalise(struct arena *arena, const char *password)
{
	size_t len = 0;
	uint8_t *form;
	const char *text = password;

	form = u8_normalize(UNINORM_NFKC, (const uint8_t *)password,
	    strlen(password), NULL, &len);
	if (form != NULL) {
		text = arena_strndup(arena, (const char *)form, len);
		sodium_memzero(form, len);
		free(form);
	}
	return text;
}

/* How many of lower case, upper case, digits and everything else. */
static int64_t
count_classes(const char *password)
{
	bool lower = false, upper = false, digit = false, other = false;

	for (; *password != '\0'; password++) {
		if (*password >= 'a' && *password <= 'z')
			lower = true;
		else if (*password >= 'A' && *password <= 'Z')
			upper = true;
		else if (*password >= '0' && *password <= '9')
			digit = true;
		else
			other = true;
	}
	return lower + upper + digit + other;
}

/*
 * The person's own words for zxcvbn: name, address and site, whole and in
 * pieces, so that "ada.lovelace@..." makes "Lovelace" guessable.
 */
static const char **
own_words(struct arena *arena, const char *const *texts, size_t count)
{
	size_t room = 0, used = 0;
	const char **words;

	for (size_t i = 0; i < count; i++)
		room += strlen(texts[i]) / 2 + 2;
	words = arena_array(arena, room + 1, sizeof(*words));
	for (size_t i = 0; i < count; i++) {
		const char *at = texts[i];

		words[used++] = texts[i];
		while (*at != '\0') {
			size_t len = strcspn(at, " .@-_+");

			if (len >= 3)
				words[used++] = arena_strndup(arena, at, len);
			at += len;
			at += strspn(at, " .@-_+");
		}
	}
	return words;
}

enum password_verdict
password_judge(const struct config *config, struct arena *arena,
    const char *password, const char *email, const char *name)
{
	const char *own[] = { email, name, config->site_name };
	const char *judged;

	if (strlen(password) > PASSWORD_MAX_BYTES)
		return PASSWORD_TOO_LONG;
	password = normalise(arena, password);
	if (text_length(password) < (size_t)config->password_min_length)
		return PASSWORD_TOO_SHORT;
	if (count_classes(password) < config->password_require_classes)
		return PASSWORD_CLASSES;
	judged = arena_strndup(arena, password, JUDGED_BYTES);
	if (ZxcvbnMatch(judged, own_words(arena, own, ARRAY_LEN(own)), NULL) <
	    PASSWORD_MIN_BITS)
		return PASSWORD_GUESSABLE;
	return PASSWORD_GOOD;
}

enum status
password_hash(const struct config *config, struct arena *arena,
    const char *password, const char **hash)
{
	char *text = arena_alloc(arena, crypto_pwhash_STRBYTES);

	password = normalise(arena, password);
	if (crypto_pwhash_str_alg(text, password, strlen(password),
		(unsigned long long)config->password_passes,
		(size_t)config->password_memory,
		crypto_pwhash_ALG_ARGON2ID13) != 0) {
		log_error("password not hashed: no memory for Argon2id");
		return ST_UNAVAILABLE;
	}
	*hash = text;
	return ST_OK;
}

/* Spend the time that a check against a real hash takes. */
static enum status
verify_nothing(const struct config *config, const char *password)
{
	unsigned char key[32];
	unsigned char salt[crypto_pwhash_SALTBYTES] = { 0 };

	if (crypto_pwhash(key, sizeof(key), password, strlen(password), salt,
		(unsigned long long)config->password_passes,
		(size_t)config->password_memory,
		crypto_pwhash_ALG_ARGON2ID13) != 0) {
		log_error("password not checked: no memory for Argon2id");
		return ST_UNAVAILABLE;
	}
	sodium_memzero(key, sizeof(key));
	return ST_OK;
}

/*
 * Could a hash have had its memory just now? libsodium fails alike for a wrong
 * password and for want of it, and nobody is to be told the one for the other.
 */
static bool
has_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	(void)munmap(memory, size);
	return true;
}

enum status
password_verify(const struct config *config, struct arena *arena,
    const char *password, const char *hash, bool *fits, bool *outdated)
{
	*fits = *outdated = false;
	if (strlen(password) > PASSWORD_MAX_BYTES)
		return ST_OK;
	password = normalise(arena, password);
	if (hash == NULL || hash[0] == '\0')
		return verify_nothing(config, password);
	*fits = crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
	if (!*fits && !has_memory((size_t)config->password_memory)) {
		log_error("password not checked: no memory for Argon2id");
		return ST_UNAVAILABLE;
	}
	if (*fits)
		*outdated = crypto_pwhash_str_needs_rehash(hash,
				(unsigned long long)config->password_passes,
				(size_t)config->password_memory) != 0;
	return ST_OK;
}
