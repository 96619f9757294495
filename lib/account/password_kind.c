/* password_kind.c - reading the heads of hashes. */

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "account/password_kind.h"
#include "base/text.h"

#define ARGON2ID "$argon2id$v=19$"
#define BCRYPT_HEAD 7 /* "$2b$12$" */
#define BCRYPT_LENGTH 60
#define BCRYPT_COST_MIN 4
#define DIGITS "0123456789"

/* As bcrypt writes salt and hash. */
#define BCRYPT_CHARS                             \
	"./" DIGITS "abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/*
 * What stands behind "m=" or the like: digits, the first not 0, up to the mark
 * behind them. *text moves on behind that. 0: something else.
 */
static int64_t
read_number(const char **text, const char *name, char mark)
{
	const char *digits = *text + strlen(name);
	size_t count;

	if (!text_starts_with(*text, name))
		return 0;
	count = strspn(digits, DIGITS);
	if (count == 0 || count > 9 || digits[0] == '0' ||
	    digits[count] != mark)
		return 0;
	*text = digits + count + 1;
	return strtoll(digits, NULL, 10);
}

static struct password_kind
read_argon2id(const char *text)
{
	struct password_kind kind = { .scheme = PASSWORD_ARGON2ID };

	kind.memory = read_number(&text, "m=", ',') * 1024;
	kind.passes = read_number(&text, "t=", ',');
	if (kind.memory < (int64_t)crypto_pwhash_argon2id_MEMLIMIT_MIN ||
	    kind.passes < (int64_t)crypto_pwhash_argon2id_OPSLIMIT_MIN ||
	    read_number(&text, "p=", '$') != 1)
		return (struct password_kind){ .scheme = PASSWORD_NO_SCHEME };
	return kind;
}

static struct password_kind
read_bcrypt(const char *hash)
{
	struct password_kind kind = { .scheme = PASSWORD_NO_SCHEME };

	if (strchr("aby", hash[2]) == NULL || hash[2] == '\0' ||
	    strspn(hash + 3, "$" DIGITS) < 4 || hash[3] != '$' ||
	    hash[4] == '$' || hash[5] == '$' || hash[6] != '$')
		return kind;
	kind.cost = 10 * (hash[4] - '0') + hash[5] - '0';
	if (kind.cost >= BCRYPT_COST_MIN &&
	    kind.cost <= PASSWORD_BCRYPT_COST_MAX)
		kind.scheme = PASSWORD_BCRYPT;
	return kind;
}

struct password_kind
password_kind_of(const char *hash)
{
	if (text_starts_with(hash, ARGON2ID))
		return read_argon2id(hash + strlen(ARGON2ID));
	if (text_starts_with(hash, "$2"))
		return read_bcrypt(hash);
	return (struct password_kind){ .scheme = PASSWORD_NO_SCHEME };
}

struct password_kind
password_kind_today(const struct config *config)
{
	/* libsodium rounds down to what the string can say. */
	return (struct password_kind){
		.scheme = PASSWORD_ARGON2ID,
		.memory = config->password_memory / 1024 * 1024,
		.passes = config->password_passes,
	};
}

bool
password_kind_is_same(struct password_kind a, struct password_kind b)
{
	if (a.scheme != b.scheme)
		return false;
	if (a.scheme == PASSWORD_BCRYPT)
		return a.cost == b.cost;
	return a.memory == b.memory && a.passes == b.passes;
}

bool
password_hash_is_importable(const char *hash)
{
	struct password_kind kind = password_kind_of(hash);

	switch (kind.scheme) {
	case PASSWORD_BCRYPT:
		return strlen(hash) == BCRYPT_LENGTH &&
		    strspn(hash + BCRYPT_HEAD, BCRYPT_CHARS) ==
		    BCRYPT_LENGTH - BCRYPT_HEAD;
	case PASSWORD_ARGON2ID:
		/* libsodium reads it as a whole to answer that. */
		return strlen(hash) < crypto_pwhash_STRBYTES &&
		    kind.memory <= PASSWORD_IMPORT_MEMORY_MAX &&
		    kind.passes <= PASSWORD_IMPORT_WORK_MAX / kind.memory &&
		    crypto_pwhash_str_needs_rehash(hash,
			(unsigned long long)kind.passes,
			(size_t)kind.memory) == 0;
	case PASSWORD_NO_SCHEME:
		break;
	}
	return false;
}
