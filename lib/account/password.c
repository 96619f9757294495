/* password.c - Argon2id by libsodium, bcrypt by libcrypt, strength by zxcvbn. */

#include <crypt.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <uninorm.h>
#include <zxcvbn.h>

#include "account/password.h"
#include "account/password_kind.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"

/* zxcvbn's time grows with the square of the length; this much decides. */
#define JUDGED_BYTES 100

#define BCRYPT_BYTES 72
#define BCRYPT_NO_SALT "......................" /* 22 characters */

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

/* The work of a check against an Argon2id hash of this kind, for nothing. */
static enum status
spend_argon2id(struct password_kind kind, const char *password)
{
	unsigned char key[32];
	unsigned char salt[crypto_pwhash_SALTBYTES] = { 0 };

	if (crypto_pwhash(key, sizeof(key), password, strlen(password), salt,
		(unsigned long long)kind.passes, (size_t)kind.memory,
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

static enum status
verify_argon2id(struct password_kind kind, const char *password,
    const char *hash, bool *fits)
{
	*fits = crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
	if (!*fits && !has_memory((size_t)kind.memory)) {
		log_error("password not checked: no memory for Argon2id");
		return ST_UNAVAILABLE;
	}
	return ST_OK;
}

/*
 * What bcrypt makes of a password with salt and cost of a setting, which may be
 * a whole hash. It knows the first 72 bytes alone; libxcrypt takes no more than
 * 511. NULL: it can't be told, as of a setting that is none.
 */
static const char *
bcrypt(struct arena *arena, const char *password, const char *setting)
{
	struct crypt_data *data =
	    arena_alloc(arena, sizeof(*data)); /* 32 KiB */

	return crypt_rn(arena_strndup(arena, password, BCRYPT_BYTES), setting,
	    data, (int)sizeof(*data));
}

static bool
verify_bcrypt(struct arena *arena, const char *password, const char *hash)
{
	const char *made = bcrypt(arena, password, hash);

	return made != NULL && made[0] == '$' && strlen(made) == strlen(hash) &&
	    secret_equal(made, hash, strlen(hash));
}

/* The work of a check against a hash of this kind, for nothing. */
static enum status
spend(struct password_kind kind, struct arena *arena, const char *password,
    const char *form)
{
	enum status st;

	switch (kind.scheme) {
	case PASSWORD_ARGON2ID:
		st = spend_argon2id(kind, form);
		if (st == ST_OK && strcmp(form, password) != 0)
			st = spend_argon2id(kind, password);
		return st;
	case PASSWORD_BCRYPT:
		if (bcrypt(arena, password,
			arena_printf(arena, "$2b$%02d$%s", (int)kind.cost,
			    BCRYPT_NO_SALT)) == NULL)
			return ST_FAULT;
		return ST_OK;
	case PASSWORD_NO_SCHEME:
		break;
	}
	return ST_OK;
}

/* The kind that a check against this hash, or against none, spends work on. */
static struct password_kind
kind_checked(const struct config *config, const char *hash)
{
	struct password_kind kind = { .scheme = PASSWORD_NO_SCHEME };

	if (hash != NULL)
		kind = password_kind_of(hash);
	return kind.scheme != PASSWORD_NO_SCHEME ? kind
						 : password_kind_today(config);
}

enum status
password_verify(const struct config *config, struct arena *arena,
    const char *password, const char *hash, bool *fits, bool *outdated)
{
	struct password_kind kind = kind_checked(config, hash);
	const char *form;
	enum status st;

	*fits = *outdated = false;
	if (strlen(password) > PASSWORD_MAX_BYTES)
		return ST_OK;
	form = normalise(arena, password);
	if (hash == NULL || password_kind_of(hash).scheme == PASSWORD_NO_SCHEME)
		return spend(kind, arena, password, form);
	if (kind.scheme == PASSWORD_BCRYPT) {
		*fits = *outdated = verify_bcrypt(arena, password, hash);
		return ST_OK;
	}
	st = verify_argon2id(kind, form, hash, fits);
	if (st == ST_OK && *fits)
		*outdated =
		    !password_kind_is_same(kind, password_kind_today(config));
	if (st != ST_OK || *fits || strcmp(form, password) == 0)
		return st;
	/* Elsewhere it may have been hashed as it was typed. */
	st = verify_argon2id(kind, password, hash, fits);
	*outdated = *fits;
	return st;
}

enum status
password_spend_kinds(const struct config *config, struct arena *arena,
    const char *password, const char *hash, const char *const *kinds,
    size_t count)
{
	struct password_kind today = password_kind_today(config), kind;
	struct password_kind checked = kind_checked(config, hash);
	const char *form;
	enum status st = ST_OK;

	if (strlen(password) > PASSWORD_MAX_BYTES)
		return ST_OK;
	form = normalise(arena, password);
	if (!password_kind_is_same(today, checked))
		st = spend(today, arena, password, form);
	for (size_t i = 0; st == ST_OK && i < count; i++) {
		kind = password_kind_of(kinds[i]);
		if (!password_kind_is_same(kind, checked) &&
		    !password_kind_is_same(kind, today))
			st = spend(kind, arena, password, form);
	}
	return st;
}
