/* check_secret.c - what is kept secret, and in which form. */

#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

/* The bytes 0 to 31, as each form writes them. */
#define KEY_HEX \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_BASE64URL "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define OTHER_HEX \
	"ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct arena *arena;
static struct master_key *key;
static unsigned char bytes[SECRET_BYTES];
static char dir[64], path[128];

static struct master_key *
load(const char *text)
{
	struct master_key *loaded;
	const char *why;

	ck_assert_int_eq(
	    master_key_load(arena, text, "/nowhere", &loaded, &why), ST_OK);
	return loaded;
}

static void
setup(void)
{
	ck_assert_int_eq(secret_init(), ST_OK);
	arena = arena_new();
	key = load(KEY_HEX);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	(void)snprintf(dir, sizeof(dir), "/tmp/check_secret.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/key", dir);
}

static void
teardown(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
	master_key_free(key);
	arena_free(arena);
}

static void
put_key_file(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
assert_hex(const unsigned char data[static SECRET_BYTES], const char *hex)
{
	char text[2 * SECRET_BYTES + 1];

	sodium_bin2hex(text, sizeof(text), data, SECRET_BYTES);
	ck_assert_str_eq(text, hex);
}

/* Two keys are one when what derives from them is. */
static bool
same_key(const struct master_key *a, const struct master_key *b)
{
	unsigned char one[SECRET_BYTES], other[SECRET_BYTES];

	secret_derive(a, SECRET_FOR_CSRF, one);
	secret_derive(b, SECRET_FOR_CSRF, other);
	return secret_equal(one, other, sizeof(one));
}

START_TEST(reads_the_key_from_a_file)
{
	struct master_key *loaded;
	const char *why;

	put_key_file(KEY_HEX "\r\n", 0600);
	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), ST_OK);
	ck_assert(same_key(key, loaded));
	master_key_free(loaded);
	ck_assert_int_eq(
	    master_key_load(arena, "", path, &loaded, &why), ST_OK);
	ck_assert(same_key(key, loaded));
	master_key_free(loaded);
}
END_TEST

START_TEST(prefers_the_key_in_the_settings)
{
	struct master_key *other;

	put_key_file(KEY_HEX, 0600);
	other = load(OTHER_HEX);
	ck_assert(!same_key(key, other));
	master_key_free(other);
}
END_TEST

static const struct mode {
	mode_t mode;
	enum status st;
} modes[] = {
	{ 0600, ST_OK },
	{ 0400, ST_OK },
	{ 0640, ST_OK },
	{ 0440, ST_OK },
	{ 0644, ST_INVALID },
	{ 0604, ST_INVALID },
	{ 0602, ST_INVALID },
	{ 0660, ST_INVALID },
	{ 0620, ST_INVALID },
};

START_TEST(refuses_a_file_that_is_open_to_others)
{
	struct master_key *loaded;
	const char *why;

	put_key_file(KEY_HEX, modes[_i].mode);
	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), modes[_i].st);
	if (modes[_i].st != ST_OK) {
		ck_assert_ptr_null(loaded);
		ck_assert_ptr_nonnull(strstr(why, path));
		ck_assert_ptr_nonnull(strstr(why, "chmod 0600"));
		ck_assert_ptr_null(strstr(why, KEY_HEX));
	}
	master_key_free(loaded);
}
END_TEST

static const char *const malformed[] = { "0", KEY_HEX "00", KEY_HEX " 00",
	KEY_HEX " " KEY_HEX, KEY_HEX OTHER_HEX, "0x" KEY_HEX, KEY_BASE64URL,
	"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	"0001 2030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
	"00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14:"
	"15:16:17:18:19:1a:1b:1c:1d:1e:1f" };

START_TEST(refuses_a_malformed_key_and_does_not_show_it)
{
	struct master_key *loaded;
	const char *why;

	ck_assert_int_eq(
	    master_key_load(arena, malformed[_i], path, &loaded, &why),
	    ST_INVALID);
	ck_assert_ptr_null(loaded);
	ck_assert_str_eq(why, "the master key must be 64 hexadecimal digits");
	put_key_file(malformed[_i], 0600);
	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), ST_INVALID);
	ck_assert_ptr_null(loaded);
	ck_assert_ptr_nonnull(strstr(why, "64 hexadecimal digits"));
	ck_assert_ptr_nonnull(strstr(why, path));
	if (strlen(malformed[_i]) > 2)
		ck_assert_ptr_null(strstr(why, malformed[_i]));
}
END_TEST

START_TEST(refuses_a_file_of_another_size)
{
	struct master_key *loaded;
	const char *why;
	char text[4096];

	memset(text, ' ', sizeof(text));
	memcpy(text, KEY_HEX, strlen(KEY_HEX));
	text[sizeof(text) - 1] = '\0';
	put_key_file(text, 0600);
	/* White space is white space, but not without end. */
	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), ST_INVALID);
	put_key_file("", 0600);
	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), ST_INVALID);
}
END_TEST

START_TEST(says_how_to_make_a_missing_key)
{
	struct master_key *loaded;
	const char *why;

	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), ST_NOT_FOUND);
	ck_assert_ptr_null(loaded);
	ck_assert_ptr_nonnull(strstr(why, path));
	ck_assert_ptr_nonnull(strstr(why, "openssl rand -hex 32"));
}
END_TEST

START_TEST(takes_no_key_from_what_is_not_a_file)
{
	struct master_key *loaded;
	const char *why;

	ck_assert_int_eq(
	    master_key_load(arena, NULL, dir, &loaded, &why), ST_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "must be a file"));
	/* A FIFO that nobody writes to must not stop the program. */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), ST_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "must be a file"));
}
END_TEST

START_TEST(says_why_a_file_is_unreadable)
{
	struct master_key *loaded;
	const char *why;

	/* A loop, as root can read everything else. */
	ck_assert_int_eq(symlink(path, path), 0);
	ck_assert_int_eq(
	    master_key_load(arena, NULL, path, &loaded, &why), ST_FAULT);
	ck_assert_ptr_null(loaded);
	ck_assert_ptr_nonnull(strstr(why, "symbolic links"));
}
END_TEST

START_TEST(hashes_as_blake2b_256)
{
	unsigned char hash[SECRET_BYTES];

	secret_hash(hash, "abc", 3);
	assert_hex(hash,
	    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	secret_hash(hash, NULL, 0);
	assert_hex(hash,
	    "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	secret_keyed_hash(hash, bytes, "abc", 3);
	assert_hex(hash,
	    "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f");
}
END_TEST

/* BLAKE2b with the purpose as salt, made with another implementation. */
START_TEST(derives_the_keys_that_are_on_disk)
{
	static const char *const keys[] = {
		[SECRET_FOR_CSRF] = "fce1e4d612fbf5f88b6a6ea6a62c4ed7"
				    "da5f4c693a0be9cec6db6602294921a7",
		[SECRET_FOR_SIGNING_KEY] = "3c825f95425dad59c3268c093cd936b9"
					   "ac7cfaccc7fef6719fa58618263ecc1e",
		[SECRET_FOR_OUTBOX] = "08585970363c88cf80804f28dceb7cc0"
				      "a987dc6271fad0f4ce19e57be870b2da",
		[SECRET_FOR_JOB] = "1ec9293982dbdca341257a2e93291e82"
				   "31df370e4bd2cfdcc91e514841c2ce83",
	};
	unsigned char derived[SECRET_BYTES];

	for (size_t i = SECRET_FOR_CSRF; i < ARRAY_LEN(keys); i++) {
		secret_derive(key, (enum secret_purpose)i, derived);
		assert_hex(derived, keys[i]);
	}
}
END_TEST

START_TEST(makes_tokens_that_differ)
{
	char *tokens[64];

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		unsigned char hash[SECRET_BYTES];

		tokens[i] = secret_token(arena);
		ck_assert_uint_eq(strlen(tokens[i]), SECRET_TEXT_LEN);
		ck_assert(secret_token_hash(tokens[i], hash));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(tokens[i], tokens[j]);
	}
}
END_TEST

/* Through several fillings of the pool, none of whose size is a multiple. */
START_TEST(gives_out_no_identifier_twice)
{
	unsigned char ids[3 * SECRET_POOL / 7][7];
	static const unsigned char wiped[7];

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		secret_identifier(ids[i], sizeof(ids[i]));
		ck_assert_mem_ne(ids[i], wiped, sizeof(wiped));
		for (size_t j = 0; j < i; j++)
			ck_assert_mem_ne(ids[i], ids[j], sizeof(ids[i]));
	}
}
END_TEST

START_TEST(hashes_the_bytes_of_a_token)
{
	unsigned char hash[SECRET_BYTES];

	ck_assert(secret_token_hash(KEY_BASE64URL, hash));
	assert_hex(hash,
	    "cb2f5160fc1f7e05a55ef49d340b48da2e5a78099d53393351cd579dd42503d6");
}
END_TEST

/* All of these lenient decoders take for one token or another. */
static const char *const not_tokens[] = { "",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh88",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH+8",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH/8",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH 8",
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh=",
	"\nAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
	("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH\xff"
	 "8") };

START_TEST(refuses_what_was_never_a_token)
{
	unsigned char hash[SECRET_BYTES];

	ck_assert(!secret_token_hash(not_tokens[_i], hash));
}
END_TEST

START_TEST(compares_all_bytes)
{
	unsigned char other[SECRET_BYTES];

	memcpy(other, bytes, sizeof(other));
	ck_assert(secret_equal(bytes, other, sizeof(other)));
	ck_assert(secret_equal(bytes, other, 0));
	for (size_t i = 0; i < sizeof(other); i++) {
		other[i] ^= 0x80;
		ck_assert(!secret_equal(bytes, other, sizeof(other)));
		other[i] ^= 0x80;
	}
}
END_TEST

START_TEST(wipes)
{
	secret_wipe(bytes, sizeof(bytes));
	ck_assert(sodium_is_zero(bytes, sizeof(bytes)));
}
END_TEST

/* RFC 4648, section 10, in the other alphabet and without padding. */
static const struct vector {
	const char *plain;
	const char *text;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "-_-_" },
};

START_TEST(writes_and_reads_base64url)
{
	const struct vector *v = &vectors[_i];
	unsigned char *data;
	size_t size;

	ck_assert_str_eq(
	    base64url_encode(arena, v->plain, strlen(v->plain)), v->text);
	ck_assert_int_eq(
	    base64url_decode(arena, v->text, strlen(v->text), &data, &size),
	    ST_OK);
	ck_assert_uint_eq(size, strlen(v->plain));
	ck_assert_str_eq((const char *)data, v->plain);
}
END_TEST

START_TEST(reads_no_more_base64url_than_told)
{
	unsigned char *data;
	size_t size;

	ck_assert_int_eq(
	    base64url_decode(arena, "Zm9v!!", 4, &data, &size), ST_OK);
	ck_assert_str_eq((const char *)data, "foo");
	/* A NUL within is not the end. */
	ck_assert_int_eq(
	    base64url_decode(arena, "Zm9v\0", 5, &data, &size), ST_INVALID);
}
END_TEST

static const char *const not_base64url[] = { "Z", "Zg==", "Zm8=", "Zh", "Zm9",
	"-_+_", "-_/_", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9vY", "=", "Zm9\xff",
	"\x80m9v", "Zm9v\xc3\xa4" };

START_TEST(refuses_what_is_not_canonical_base64url)
{
	unsigned char *data;
	size_t size;

	ck_assert_int_eq(base64url_decode(arena, not_base64url[_i],
			     strlen(not_base64url[_i]), &data, &size),
	    ST_INVALID);
}
END_TEST

static unsigned char *sealed;
static size_t sealed_size;

static void
seal(const char *text, size_t len)
{
	secret_seal(key, arena, SECRET_FOR_OUTBOX, "row 7", text, len, &sealed,
	    &sealed_size);
}

static enum status
open_as(const struct master_key *with, enum secret_purpose purpose,
    const char *context, const char *expected)
{
	unsigned char *data = NULL;
	size_t size = 0;
	enum status st;

	st = secret_open(
	    with, arena, purpose, context, sealed, sealed_size, &data, &size);
	if (st == ST_OK) {
		ck_assert_uint_eq(size, strlen(expected));
		ck_assert_str_eq((const char *)data, expected);
	} else {
		ck_assert_ptr_null(data);
	}
	return st;
}

START_TEST(opens_what_it_sealed)
{
	seal("the text", 8);
	ck_assert_uint_eq(sealed_size, 8 + 1 + 8 + 24 + 16);
	ck_assert_int_eq(
	    open_as(key, SECRET_FOR_OUTBOX, "row 7", "the text"), ST_OK);
	seal("", 0);
	ck_assert_int_eq(open_as(key, SECRET_FOR_OUTBOX, "row 7", ""), ST_OK);
}
END_TEST

START_TEST(opens_for_its_purpose_context_and_key_alone)
{
	struct master_key *other = load(OTHER_HEX);

	seal("the text", 8);
	ck_assert_int_eq(
	    open_as(key, SECRET_FOR_SIGNING_KEY, "row 7", ""), ST_INVALID);
	ck_assert_int_eq(
	    open_as(key, SECRET_FOR_OUTBOX, "row 8", ""), ST_INVALID);
	ck_assert_int_eq(open_as(key, SECRET_FOR_OUTBOX, "", ""), ST_INVALID);
	ck_assert_int_eq(
	    open_as(other, SECRET_FOR_OUTBOX, "row 7", ""), ST_INVALID);
	master_key_free(other);
}
END_TEST

START_TEST(opens_nothing_that_was_touched_or_cut)
{
	size_t whole;

	seal("the text", 8);
	whole = sealed_size;
	for (size_t i = 0; i < whole; i++) {
		sealed[i] ^= 1;
		ck_assert_int_eq(
		    open_as(key, SECRET_FOR_OUTBOX, "row 7", ""), ST_INVALID);
		sealed[i] ^= 1;
	}
	for (sealed_size = 0; sealed_size < whole; sealed_size++)
		ck_assert_int_eq(
		    open_as(key, SECRET_FOR_OUTBOX, "row 7", ""), ST_INVALID);
	ck_assert_int_eq(
	    open_as(key, SECRET_FOR_OUTBOX, "row 7", "the text"), ST_OK);
}
END_TEST

START_TEST(seals_the_same_text_differently_each_time)
{
	unsigned char *first;

	seal("the text", 8);
	first = sealed;
	seal("the text", 8);
	ck_assert_mem_ne(first, sealed, sealed_size);
	/* Version and key id lead; the rest has nothing in common. */
	ck_assert_mem_eq(first, sealed, 9);
	for (size_t i = 9; i < sealed_size; i += 8)
		ck_assert_mem_ne(first + i, sealed + i, 8);
}
END_TEST

/* Sealed by another implementation, from the words of secret.c alone. */
START_TEST(opens_the_format_that_is_on_disk)
{
	static const char stored[] =
	    "ARBC5jRL7Al2ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7"
	    "bV3UjburfYrvdVSgjt5twiJyUwDrG2-K";

	ck_assert_int_eq(base64url_decode(arena, stored, strlen(stored),
			     &sealed, &sealed_size),
	    ST_OK);
	ck_assert_int_eq(
	    open_as(key, SECRET_FOR_OUTBOX, "row 7", "the text"), ST_OK);
}
END_TEST

/* --- several master keys, while one is being replaced --- */

#define THIRD_HEX \
	"ee0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FOURTH_HEX \
	"dd0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FIFTH_HEX \
	"cc0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct {
	const char *text;
	size_t count; /* 0: refused */
} several[] = {
	{ KEY_HEX, 1 },
	{ KEY_HEX "\n" OTHER_HEX "\n", 2 },
	{ "\n " KEY_HEX "\r\n\r\n\t" OTHER_HEX, 2 },
	{ KEY_HEX " " OTHER_HEX " " THIRD_HEX " " FOURTH_HEX, 4 },
	{ KEY_HEX " " OTHER_HEX " " THIRD_HEX " " FOURTH_HEX " " FIFTH_HEX, 0 },
	{ KEY_HEX "\n" OTHER_HEX "\n" KEY_HEX, 0 },
	{ KEY_HEX "," OTHER_HEX, 0 },
	{ KEY_HEX "\n# old\n" OTHER_HEX, 0 },
	{ KEY_HEX "\n00", 0 },
};

START_TEST(reads_several_keys)
{
	size_t count = several[_i].count;
	struct master_key *loaded;
	const char *why;

	put_key_file(several[_i].text, 0600);
	ck_assert_int_eq(master_key_load(arena, NULL, path, &loaded, &why),
	    count > 0 ? ST_OK : ST_INVALID);
	if (count == 0) {
		ck_assert_ptr_null(strstr(why, "0102"));
		return;
	}
	ck_assert_uint_eq(master_key_count(loaded), count);
	/* The first is the current one. */
	ck_assert(same_key(key, loaded));
	master_key_free(loaded);
	/* The environment takes the same. */
	loaded = load(several[_i].text);
	ck_assert_uint_eq(master_key_count(loaded), count);
	master_key_free(loaded);
}
END_TEST

START_TEST(the_first_seals_and_all_open)
{
	struct master_key *both = load(OTHER_HEX "\n" KEY_HEX);
	struct master_key *new = load(OTHER_HEX);
	unsigned char mark[SECRET_SEAL_MARK_BYTES];

	seal("the text", 8);
	secret_seal_mark(key, mark);
	ck_assert_mem_eq(sealed, mark, sizeof(mark));
	ck_assert_int_eq(
	    open_as(both, SECRET_FOR_OUTBOX, "row 7", "the text"), ST_OK);
	ck_assert_int_eq(
	    open_as(both, SECRET_FOR_OUTBOX, "row 8", ""), ST_INVALID);
	secret_seal(both, arena, SECRET_FOR_OUTBOX, "row 7", "new", 3, &sealed,
	    &sealed_size);
	secret_seal_mark(both, mark);
	ck_assert_mem_eq(sealed, mark, sizeof(mark));
	ck_assert_int_eq(
	    open_as(new, SECRET_FOR_OUTBOX, "row 7", "new"), ST_OK);
	ck_assert_int_eq(
	    open_as(key, SECRET_FOR_OUTBOX, "row 7", ""), ST_INVALID);
	master_key_free(new);
	master_key_free(both);
}
END_TEST

START_TEST(what_was_derived_fits_while_its_key_is_there)
{
	struct master_key *both = load(OTHER_HEX "\n" KEY_HEX);
	struct master_key *new = load(OTHER_HEX);
	unsigned char old[SECRET_BYTES], mac[SECRET_BYTES];

	secret_mac(key, 0, SECRET_FOR_CSRF, "x", 1, old);
	ck_assert(secret_mac_fits(key, SECRET_FOR_CSRF, "x", 1, old));
	ck_assert(secret_mac_fits(both, SECRET_FOR_CSRF, "x", 1, old));
	ck_assert(!secret_mac_fits(new, SECRET_FOR_CSRF, "x", 1, old));
	ck_assert(!secret_mac_fits(both, SECRET_FOR_CSRF, "y", 1, old));
	ck_assert(!secret_mac_fits(both, SECRET_FOR_JOB, "x", 1, old));
	/* Made anew by the current one; the old one can still be asked for. */
	secret_mac(both, 0, SECRET_FOR_CSRF, "x", 1, mac);
	ck_assert(secret_mac_fits(new, SECRET_FOR_CSRF, "x", 1, mac));
	ck_assert_mem_ne(mac, old, sizeof(mac));
	secret_mac(both, 1, SECRET_FOR_CSRF, "x", 1, mac);
	ck_assert_mem_eq(mac, old, sizeof(mac));
	master_key_free(new);
	master_key_free(both);
}
END_TEST

/* The keyed hash and the subkey are those of the tests above. */
START_TEST(a_mac_is_the_hash_under_the_subkey)
{
	unsigned char subkey[SECRET_BYTES], hash[SECRET_BYTES];
	unsigned char mac[SECRET_BYTES];

	secret_derive(key, SECRET_FOR_CSRF, subkey);
	secret_keyed_hash(hash, subkey, "abc", 3);
	secret_mac(key, 0, SECRET_FOR_CSRF, "abc", 3, mac);
	ck_assert_mem_eq(mac, hash, sizeof(mac));
}
END_TEST

static TCase *
case_several(void)
{
	TCase *tcase = tcase_create("several master keys");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, reads_several_keys, 0, (int)ARRAY_LEN(several));
	tcase_add_test(tcase, the_first_seals_and_all_open);
	tcase_add_test(tcase, what_was_derived_fits_while_its_key_is_there);
	tcase_add_test(tcase, a_mac_is_the_hash_under_the_subkey);
	return tcase;
}

static TCase *
case_key(void)
{
	TCase *tcase = tcase_create("master key");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, reads_the_key_from_a_file);
	tcase_add_test(tcase, prefers_the_key_in_the_settings);
	tcase_add_loop_test(tcase, refuses_a_file_that_is_open_to_others, 0,
	    (int)ARRAY_LEN(modes));
	tcase_add_loop_test(tcase, refuses_a_malformed_key_and_does_not_show_it,
	    0, (int)ARRAY_LEN(malformed));
	tcase_add_test(tcase, refuses_a_file_of_another_size);
	tcase_add_test(tcase, says_how_to_make_a_missing_key);
	tcase_add_test(tcase, takes_no_key_from_what_is_not_a_file);
	tcase_add_test(tcase, says_why_a_file_is_unreadable);
	tcase_add_test(tcase, derives_the_keys_that_are_on_disk);
	return tcase;
}

static TCase *
case_token(void)
{
	TCase *tcase = tcase_create("tokens");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, hashes_as_blake2b_256);
	tcase_add_test(tcase, makes_tokens_that_differ);
	tcase_add_test(tcase, gives_out_no_identifier_twice);
	tcase_add_test(tcase, hashes_the_bytes_of_a_token);
	tcase_add_loop_test(tcase, refuses_what_was_never_a_token, 0,
	    (int)ARRAY_LEN(not_tokens));
	tcase_add_test(tcase, compares_all_bytes);
	tcase_add_test(tcase, wipes);
	tcase_add_loop_test(
	    tcase, writes_and_reads_base64url, 0, (int)ARRAY_LEN(vectors));
	tcase_add_test(tcase, reads_no_more_base64url_than_told);
	tcase_add_loop_test(tcase, refuses_what_is_not_canonical_base64url, 0,
	    (int)ARRAY_LEN(not_base64url));
	return tcase;
}

static TCase *
case_seal(void)
{
	TCase *tcase = tcase_create("sealing");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, opens_what_it_sealed);
	tcase_add_test(tcase, opens_for_its_purpose_context_and_key_alone);
	tcase_add_test(tcase, opens_nothing_that_was_touched_or_cut);
	tcase_add_test(tcase, seals_the_same_text_differently_each_time);
	tcase_add_test(tcase, opens_the_format_that_is_on_disk);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("secret");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, case_key());
	suite_add_tcase(suite, case_several());
	suite_add_tcase(suite, case_token());
	suite_add_tcase(suite, case_seal());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
