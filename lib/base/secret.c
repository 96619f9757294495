/* secret.c - thin layers over libsodium, with the formats pinned down. */

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"

#define BASE64URL sodium_base64_VARIANT_URLSAFE_NO_PADDING

#define KEY_HEX_LEN (2 * SECRET_BYTES)
#define KEY_FILE_MAX \
	(MASTER_KEYS_MAX * (KEY_HEX_LEN + 2) + 16) /* and white space */
#define WHITE_SPACE " \t\r\n"
#define OPEN_TO_OTHERS (S_IROTH | S_IWOTH | S_IWGRP)
#define KEY_ID_BYTES 8
#define KEY_ID_DOMAIN "chatelaine master key id"
#define KDF_CONTEXT "chatelai" /* crypto_kdf wants 8 bytes */

/*
 * What is sealed:
 *
 *	 1 byte   SEAL_VERSION
 *	 8 bytes  the id of the master key, to tell another key from damage
 *	24 bytes  nonce
 *	 n bytes  ciphertext
 *	16 bytes  tag
 */
#define SEAL_VERSION 1
#define SEAL_NONCE (1 + KEY_ID_BYTES)
#define SEAL_HEADER (SEAL_NONCE + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
#define SEAL_TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

static_assert(SECRET_BYTES == crypto_kdf_KEYBYTES, "master key");
static_assert(SECRET_BYTES == crypto_generichash_BYTES, "hash");
static_assert(
    SECRET_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "sealing key");
static_assert(SECRET_SEAL_MARK_BYTES == SEAL_NONCE, "mark");
static_assert(sizeof(KDF_CONTEXT) - 1 == crypto_kdf_CONTEXTBYTES, "context");

/* Of bytes alone: sodium_malloc promises no other alignment. */
struct single_key {
	unsigned char bytes[SECRET_BYTES];
	unsigned char id[KEY_ID_BYTES];
};

struct master_key {
	unsigned char count;
	struct single_key keys[MASTER_KEYS_MAX]; /* the current one first */
};

enum status
secret_init(void)
{
	if (sodium_init() >= 0)
		return ST_OK;
	log_error("libsodium can't be initialised");
	return ST_FAULT;
}

static const struct single_key *
find_key(const struct master_key *key, const unsigned char *id)
{
	for (size_t i = 0; i < key->count; i++)
		if (memcmp(key->keys[i].id, id, KEY_ID_BYTES) == 0)
			return &key->keys[i];
	return NULL;
}

static enum status
add_key(struct master_key *key, const char *hex, size_t len)
{
	struct single_key *single = &key->keys[key->count];
	unsigned char id[SECRET_BYTES];
	size_t size = 0;

	if (key->count == MASTER_KEYS_MAX || len != KEY_HEX_LEN ||
	    sodium_hex2bin(single->bytes, sizeof(single->bytes), hex, len, NULL,
		&size, NULL) != 0 ||
	    size != sizeof(single->bytes))
		return ST_INVALID;
	secret_keyed_hash(
	    id, single->bytes, KEY_ID_DOMAIN, strlen(KEY_ID_DOMAIN));
	if (find_key(key, id) != NULL)
		return ST_INVALID;
	memcpy(single->id, id, sizeof(single->id));
	key->count++;
	return ST_OK;
}

/* Make the key of its text: one, or several with white space between. */
static enum status
key_from_hex(const char *text, size_t len, struct master_key **key)
{
	struct master_key *new = sodium_malloc(sizeof(*new));
	enum status st = ST_OK;
	size_t word;

	if (new == NULL)
		return ST_FAULT;
	sodium_memzero(new, sizeof(*new));
	for (size_t at = 0; at < len && st == ST_OK; at += word) {
		at += strspn(text + at, WHITE_SPACE);
		word = strcspn(text + at, WHITE_SPACE);
		if (at < len)
			st = add_key(new, text + at, word);
	}
	if (st == ST_OK && new->count == 0)
		st = ST_INVALID;
	if (st != ST_OK) {
		sodium_free(new);
		return st;
	}
	(void)sodium_mprotect_readonly(new);
	*key = new;
	return ST_OK;
}

static enum status
key_from_file(struct arena *arena, const char *path, struct master_key **key,
    const char **why)
{
	struct stat info;
	char *text;
	size_t len;
	enum status st;

	st = file_read_stat(arena, path, KEY_FILE_MAX, &text, &len, &info);
	if (st == ST_OK && (info.st_mode & OPEN_TO_OTHERS) != 0) {
		secret_wipe(text, len);
		*why = arena_printf(arena,
		    "%s is open to others (mode %04o): chmod 0600, or 0640 with"
		    " a group of its own",
		    path, (unsigned)(info.st_mode & 07777));
		return ST_INVALID;
	}
	if (st == ST_OK) {
		st = key_from_hex(text, len, key);
		secret_wipe(text, len);
	}
	if (st == ST_NOT_FOUND)
		*why = arena_printf(arena,
		    "%s does not exist: make one with"
		    " (umask 077; openssl rand -hex %d > %s)",
		    path, SECRET_BYTES, path);
	else if (st == ST_INVALID)
		*why = arena_printf(arena,
		    "%s must be a file of %d hexadecimal digits and no more, or"
		    " of up to %d such keys, each once, on lines of their own",
		    path, KEY_HEX_LEN, MASTER_KEYS_MAX);
	else if (st != ST_OK)
		*why = arena_printf(
		    arena, "%s can't be read: %s", path, strerror(errno));
	return st;
}

enum status
master_key_load(struct arena *arena, const char *text, const char *path,
    struct master_key **key, const char **why)
{
	enum status st;

	*key = NULL;
	*why = "";
	if (text == NULL || *text == '\0')
		return key_from_file(arena, path, key, why);
	st = key_from_hex(text, strlen(text), key);
	if (st == ST_INVALID)
		*why = arena_printf(arena,
		    "the master key must be %d hexadecimal digits",
		    KEY_HEX_LEN);
	else if (st == ST_FAULT)
		*why = "no locked memory for the master key";
	return st;
}

void
master_key_free(struct master_key *key)
{
	sodium_free(key);
}

size_t
master_key_count(const struct master_key *key)
{
	return key->count;
}

void
secret_random(void *out, size_t size)
{
	randombytes_buf(out, size);
}

char *
secret_token(struct arena *arena)
{
	unsigned char bytes[SECRET_BYTES];
	char *text;

	secret_random(bytes, sizeof(bytes));
	text = base64url_encode(arena, bytes, sizeof(bytes));
	sodium_memzero(bytes, sizeof(bytes));
	return text;
}

char *
secret_uuid(struct arena *arena)
{
	unsigned char b[TEXT_UUID_BYTES];

	secret_random(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* variant */
	return text_uuid(arena, b);
}

void
secret_hash(
    unsigned char out[static SECRET_BYTES], const void *data, size_t size)
{
	(void)crypto_generichash(out, SECRET_BYTES, data, size, NULL, 0);
}

void
secret_keyed_hash(unsigned char out[static SECRET_BYTES],
    const unsigned char key[static SECRET_BYTES], const void *data, size_t size)
{
	(void)crypto_generichash(
	    out, SECRET_BYTES, data, size, key, SECRET_BYTES);
}

/*
 * libsodium up to 1.0.18 takes each byte above 0x7f for "_". Without a place to
 * put the end of what was read, it must be the end of the text.
 */
static bool
decode(const char *text, size_t len, unsigned char *bytes, size_t most,
    size_t *size)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7f)
			return false;
	return sodium_base642bin(
		   bytes, most, text, len, NULL, size, NULL, BASE64URL) == 0;
}

bool
secret_token_hash(const char *text, unsigned char out[static SECRET_BYTES])
{
	unsigned char bytes[SECRET_BYTES];
	size_t size = 0;
	bool good;

	if (strnlen(text, SECRET_TEXT_LEN + 1) != SECRET_TEXT_LEN)
		return false;
	good = decode(text, SECRET_TEXT_LEN, bytes, sizeof(bytes), &size) &&
	    size == sizeof(bytes);
	if (good)
		secret_hash(out, bytes, sizeof(bytes));
	sodium_memzero(bytes, sizeof(bytes));
	return good;
}

bool
secret_equal(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size) == 0;
}

void
secret_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
}

char *
base64url_encode(struct arena *arena, const void *data, size_t size)
{
	size_t text_size = sodium_base64_encoded_len(size, BASE64URL);
	char *text = arena_alloc(arena, text_size);

	return sodium_bin2base64(text, text_size, data, size, BASE64URL);
}

enum status
base64url_decode(struct arena *arena, const char *text, size_t len,
    unsigned char **data, size_t *size)
{
	size_t most = len / 4 * 3 + 2, got = 0;
	unsigned char *bytes = arena_alloc(arena, most + 1);

	if (!decode(text, len, bytes, most, &got))
		return ST_INVALID;
	bytes[got] = '\0';
	*data = bytes;
	*size = got;
	return ST_OK;
}

static void
derive(const struct single_key *single, enum secret_purpose purpose,
    unsigned char out[static SECRET_BYTES])
{
	(void)crypto_kdf_derive_from_key(
	    out, SECRET_BYTES, (uint64_t)purpose, KDF_CONTEXT, single->bytes);
}

void
secret_derive(const struct master_key *key, enum secret_purpose purpose,
    unsigned char out[static SECRET_BYTES])
{
	derive(&key->keys[0], purpose, out);
}

void
secret_mac(const struct master_key *key, size_t which,
    enum secret_purpose purpose, const void *data, size_t size,
    unsigned char out[static SECRET_BYTES])
{
	unsigned char subkey[SECRET_BYTES];

	assert(which < key->count);
	derive(&key->keys[which], purpose, subkey);
	secret_keyed_hash(out, subkey, data, size);
	sodium_memzero(subkey, sizeof(subkey));
}

bool
secret_mac_fits(const struct master_key *key, enum secret_purpose purpose,
    const void *data, size_t size, const unsigned char mac[static SECRET_BYTES])
{
	unsigned char expected[SECRET_BYTES];
	bool fits = false;

	/* All of them each time, so that how long it takes tells nothing. */
	for (size_t i = 0; i < key->count; i++) {
		secret_mac(key, i, purpose, data, size, expected);
		fits |= secret_equal(mac, expected, sizeof(expected));
	}
	sodium_memzero(expected, sizeof(expected));
	return fits;
}

void
secret_seal_mark(const struct master_key *key,
    unsigned char out[static SECRET_SEAL_MARK_BYTES])
{
	out[0] = SEAL_VERSION;
	memcpy(out + 1, key->keys[0].id, KEY_ID_BYTES);
}

void
secret_seal(const struct master_key *key, struct arena *arena,
    enum secret_purpose purpose, const char *context, const void *data,
    size_t size, unsigned char **sealed, size_t *sealed_size)
{
	unsigned char *out = arena_alloc(arena, SEAL_HEADER + size + SEAL_TAG);
	unsigned char subkey[SECRET_BYTES];

	secret_seal_mark(key, out);
	/* 24 random bytes never meet twice in the life of a key. */
	secret_random(out + SEAL_NONCE, SEAL_HEADER - SEAL_NONCE);
	secret_derive(key, purpose, subkey);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + SEAL_HEADER,
	    NULL, data, size, (const unsigned char *)context, strlen(context),
	    NULL, out + SEAL_NONCE, subkey);
	sodium_memzero(subkey, sizeof(subkey));
	*sealed = out;
	*sealed_size = SEAL_HEADER + size + SEAL_TAG;
}

enum status
secret_open(const struct master_key *key, struct arena *arena,
    enum secret_purpose purpose, const char *context,
    const unsigned char *sealed, size_t sealed_size, unsigned char **data,
    size_t *size)
{
	const struct single_key *single;
	unsigned char subkey[SECRET_BYTES], *out;
	size_t len;
	int failed;

	if (sealed_size < SEAL_HEADER + SEAL_TAG || sealed[0] != SEAL_VERSION)
		return ST_INVALID;
	single = find_key(key, sealed + 1);
	if (single == NULL)
		return ST_INVALID;
	len = sealed_size - SEAL_HEADER - SEAL_TAG;
	out = arena_alloc(arena, len + 1);
	derive(single, purpose, subkey);
	failed = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL,
	    sealed + SEAL_HEADER, len + SEAL_TAG,
	    (const unsigned char *)context, strlen(context),
	    sealed + SEAL_NONCE, subkey);
	sodium_memzero(subkey, sizeof(subkey));
	if (failed)
		return ST_INVALID;
	out[len] = '\0';
	*data = out;
	*size = len;
	return ST_OK;
}
