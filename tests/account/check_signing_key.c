/* check_signing_key.c - one active key, made once, opened by its master alone. */

#include <check.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "account/signing_key.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static struct db *db;
static struct master_key *master;
static struct signing_keys *keys;

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_signing_key");
	master = test_master_key();
	keys = signing_keys_new(master);
}

static void
teardown(void)
{
	signing_keys_free(keys);
	master_key_free(master);
	db_close(db);
	arena_free(arena);
}

static const struct signing_key *
active(void)
{
	const struct signing_key *key = NULL;

	ck_assert_int_eq(signing_keys_active(keys, db, arena, &key), ST_OK);
	return key;
}

static EVP_PKEY *
read_public(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	ck_assert_ptr_nonnull(pkey);
	return pkey;
}

static EVP_PKEY *
read_private(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	ck_assert_ptr_nonnull(pkey);
	return pkey;
}

static const char *
member(struct json_object *json, const char *name)
{
	return json_object_get_string(json_object_object_get(json, name));
}

/* The key that a JWK describes, put together as any client would. */
static EVP_PKEY *
key_of_jwk(struct json_object *jwk)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	unsigned char point[65] = { 4 }, *bytes;
	char group[] = "P-256";
	EVP_PKEY *pkey = NULL;
	size_t size;

	for (size_t i = 0; i < 2; i++) {
		const char *text = member(jwk, i == 0 ? "x" : "y");

		ck_assert_int_eq(
		    base64url_decode(arena, text, strlen(text), &bytes, &size),
		    ST_OK);
		ck_assert_uint_eq(size, 32);
		memcpy(point + 1 + 32 * i, bytes, 32);
	}
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("group", group, 0),
		OSSL_PARAM_construct_octet_string("pub", point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};
	ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
	ck_assert_int_eq(
	    EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(context);
	return pkey;
}

static int64_t
stored(void)
{
	return test_int("SELECT count(*) FROM signing_key", NULL);
}

START_TEST(the_first_is_made_when_it_is_needed)
{
	const struct signing_key *key;

	ck_assert_int_eq(stored(), 0);
	key = active();
	ck_assert_int_eq(stored(), 1);
	ck_assert_str_eq(test_text(arena,
			     "SELECT kid FROM signing_key"
			     " WHERE state = 'active'",
			     NULL),
	    key->kid);
	/* And kept. */
	ck_assert_ptr_eq(active(), key);
	ck_assert_int_eq(stored(), 1);
}
END_TEST

START_TEST(its_halves_belong_together)
{
	const struct signing_key *key = active();
	EVP_PKEY *public = read_public(key->public_pem);
	EVP_PKEY *private = read_private(key->private_pem);
	char group[32] = "";

	ck_assert_int_eq(EVP_PKEY_eq(public, private), 1);
	ck_assert_int_eq(
	    EVP_PKEY_get_group_name(public, group, sizeof(group), NULL), 1);
	ck_assert_str_eq(group, "prime256v1");
	EVP_PKEY_free(public);
	EVP_PKEY_free(private);
}
END_TEST

START_TEST(another_process_finds_the_same)
{
	const struct signing_key *key = active(), *other;
	struct signing_keys *elsewhere = signing_keys_new(master);

	ck_assert_int_eq(
	    signing_keys_active(elsewhere, db, arena, &other), ST_OK);
	ck_assert_str_eq(other->kid, key->kid);
	ck_assert_str_eq(other->public_pem, key->public_pem);
	ck_assert_str_eq(other->private_pem, key->private_pem);
	signing_keys_free(elsewhere);
}
END_TEST

/* A key kept beyond the request that read it. */
START_TEST(outlives_the_request)
{
	const struct signing_key *key = active();

	arena_reset(arena);
	ck_assert_str_eq(
	    key->kid, test_text(arena, "SELECT kid FROM signing_key", NULL));
	EVP_PKEY_free(read_public(key->public_pem));
	EVP_PKEY_free(read_private(key->private_pem));
}
END_TEST

START_TEST(a_key_is_found_by_its_id)
{
	const char *kid = active()->kid;
	struct signing_keys *elsewhere = signing_keys_new(master);
	const struct signing_key *found;

	ck_assert_int_eq(
	    signing_keys_find(elsewhere, db, arena, kid, &found), ST_OK);
	ck_assert_str_eq(found->kid, kid);
	ck_assert_str_eq(found->public_pem, active()->public_pem);
	/* To verify with takes no private half. */
	ck_assert_ptr_null(found->private_pem);
	ck_assert_int_eq(
	    signing_keys_find(elsewhere, db, arena, "nobody", &found),
	    ST_NOT_FOUND);
	ck_assert_int_eq(
	    signing_keys_find(elsewhere, db, arena, "", &found), ST_NOT_FOUND);
	/* Having been found, it can still become the one to sign with. */
	ck_assert_int_eq(
	    signing_keys_active(elsewhere, db, arena, &found), ST_OK);
	ck_assert_ptr_nonnull(found->private_pem);
	signing_keys_free(elsewhere);
}
END_TEST

/* The kid that is signed with once another one is, within a bound. */
static const char *
active_once_it_changed(const char *from)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };

	for (int i = 0; i < 400 && strcmp(active()->kid, from) == 0; i++)
		(void)nanosleep(&pause, NULL);
	return active()->kid;
}

START_TEST(one_that_stopped_being_active_is_soon_not_signed_with)
{
	const char *first = active()->kid;
	const struct signing_key *found;

	test_retire_key();
	ck_assert_str_ne(active_once_it_changed(first), first);
	ck_assert_int_eq(stored(), 2);
	ck_assert_int_eq(
	    signing_keys_find(keys, db, arena, first, &found), ST_OK);
}
END_TEST

START_TEST(inside_a_transaction_the_active_one_is_always_read)
{
	const char *first = active()->kid, *second;

	/* Twice: the second time it is known to be active still. */
	ck_assert_str_eq(active()->kid, first);
	test_retire_key();
	ck_assert_int_eq(db_begin(db), ST_OK);
	second = active()->kid;
	ck_assert_str_ne(second, first);
	db_rollback(db);
	/* What came to nothing there is not signed with. */
	ck_assert_str_ne(active_once_it_changed(first), second);
}
END_TEST

START_TEST(the_active_one_is_not_asked_for_each_time)
{
	const char *first = active()->kid;
	struct db *away = db_open("host=/nonexistent", "check_signing_key");
	const struct signing_key *key;

	ck_assert_str_eq(active()->kid, first);
	ck_assert_int_eq(signing_keys_active(keys, away, arena, &key), ST_OK);
	ck_assert_str_eq(key->kid, first);
	db_close(away);
}
END_TEST

START_TEST(the_private_half_is_stored_sealed)
{
	const struct signing_key *key = active();
	EVP_PKEY *pkey = read_private(key->private_pem);
	unsigned char scalar[32];
	BIGNUM *number = NULL;

	ck_assert(!test_is_stored(key->private_pem));
	ck_assert(!test_is_stored("PRIVATE"));
	ck_assert(test_is_stored("PUBLIC KEY"));
	ck_assert_int_eq(
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
	ck_assert_int_eq(BN_bn2binpad(number, scalar, sizeof(scalar)), 32);
	ck_assert(
	    !test_is_stored(base64url_encode(arena, scalar, sizeof(scalar))));
	BN_clear_free(number);
	EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(another_master_key_does_not_open_it)
{
	struct signing_keys *elsewhere;
	const struct signing_key *key;
	struct master_key *other;
	const char *why;

	(void)active();
	ck_assert_int_eq(master_key_load(arena,
			     "ff112233445566778899aabbccddeeff"
			     "00112233445566778899aabbccddeeff",
			     "", &other, &why),
	    ST_OK);
	elsewhere = signing_keys_new(other);
	ck_assert_int_eq(
	    signing_keys_active(elsewhere, db, arena, &key), ST_FAULT);
	/* Not at the second attempt either, nor is another key made. */
	ck_assert_int_eq(
	    signing_keys_active(elsewhere, db, arena, &key), ST_FAULT);
	ck_assert_int_eq(stored(), 1);
	signing_keys_free(elsewhere);
	master_key_free(other);
}
END_TEST

/* Sealed to its row: a private half can't be put into another. */
START_TEST(a_private_half_from_another_row_is_not_opened)
{
	struct signing_keys *elsewhere = signing_keys_new(master);
	const struct signing_key *key;
	const char *first = active()->kid;

	test_retire_key();
	(void)active_once_it_changed(first);
	test_execute("UPDATE signing_key SET private_sealed ="
		     " (SELECT private_sealed FROM signing_key"
		     " WHERE state = 'retiring') WHERE state = 'active'");
	ck_assert_int_eq(
	    signing_keys_active(elsewhere, db, arena, &key), ST_FAULT);
	signing_keys_free(elsewhere);
}
END_TEST

START_TEST(the_jwks_holds_all_public_halves)
{
	struct json_object *jwks, *list;
	const char *first = active()->kid;

	test_retire_key();
	(void)active_once_it_changed(first);
	test_execute("INSERT INTO signing_key SELECT 'next', 'next',"
		     " public_jwk, public_pem, private_sealed"
		     " FROM signing_key LIMIT 1");
	ck_assert_int_eq(signing_key_jwks(db, arena, &jwks), ST_OK);
	list = json_object_object_get(jwks, "keys");
	ck_assert_uint_eq(json_object_array_length(list), 3);
	ck_assert_str_eq(
	    member(json_object_array_get_idx(list, 0), "kid"), first);
	json_object_put(jwks);
}
END_TEST

START_TEST(a_jwk_is_the_public_key_and_nothing_else)
{
	const struct signing_key *key = active();
	EVP_PKEY *pem = read_public(key->public_pem), *pkey;
	struct json_object *jwks, *jwk;

	ck_assert_int_eq(signing_key_jwks(db, arena, &jwks), ST_OK);
	ck_assert_int_eq(json_object_object_length(jwks), 1);
	jwk =
	    json_object_array_get_idx(json_object_object_get(jwks, "keys"), 0);
	ck_assert_str_eq(member(jwk, "kty"), "EC");
	ck_assert_str_eq(member(jwk, "crv"), "P-256");
	ck_assert_str_eq(member(jwk, "use"), "sig");
	ck_assert_str_eq(member(jwk, "alg"), "ES256");
	ck_assert_str_eq(member(jwk, "kid"), key->kid);
	ck_assert_int_eq(json_object_object_length(jwk), 7);
	pkey = key_of_jwk(jwk);
	ck_assert_int_eq(EVP_PKEY_eq(pkey, pem), 1);
	EVP_PKEY_free(pkey);
	EVP_PKEY_free(pem);
	json_object_put(jwks);
}
END_TEST

START_TEST(its_id_is_the_thumbprint)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	struct json_object *jwks, *jwk;
	const char *kid = active()->kid, *members;

	ck_assert_int_eq(signing_key_jwks(db, arena, &jwks), ST_OK);
	jwk =
	    json_object_array_get_idx(json_object_object_get(jwks, "keys"), 0);
	/* RFC 7638, 3: the required members in this order, without spaces. */
	members = arena_printf(arena,
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    member(jwk, "x"), member(jwk, "y"));
	crypto_hash_sha256(
	    hash, (const unsigned char *)members, strlen(members));
	ck_assert_str_eq(kid, base64url_encode(arena, hash, sizeof(hash)));
	json_object_put(jwks);
}
END_TEST

START_TEST(without_a_key_the_jwks_is_an_empty_list)
{
	struct json_object *jwks;

	ck_assert_int_eq(signing_key_jwks(db, arena, &jwks), ST_OK);
	ck_assert_str_eq(
	    json_object_to_json_string_ext(jwks, JSON_C_TO_STRING_PLAIN),
	    "{\"keys\":[]}");
	json_object_put(jwks);
}
END_TEST

/* The first sign-in of another process, at the same time. */
static int
sign_too(void *unused)
{
	struct db *second = db_open(test_handler_url(), "rival");
	struct signing_keys *theirs = signing_keys_new(master);
	const struct signing_key *key;
	enum status st = db_begin(second);

	(void)unused;
	if (st == ST_OK)
		st = signing_keys_active(theirs, second, arena, &key);
	/* The one that is stored, whoever made it, with its private half. */
	if (st == ST_OK &&
	    strcmp(key->kid,
		test_text(arena,
		    "SELECT coalesce(max(kid), '') FROM signing_key", NULL)) !=
		0)
		st = ST_NOT_FOUND;
	if (st == ST_OK && key->private_pem == NULL)
		st = ST_INVALID;
	if (st == ST_OK)
		st = db_commit(second);
	signing_keys_free(theirs);
	db_close(second);
	return (int)st;
}

START_TEST(of_two_processes_one_makes_it)
{
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	(void)active();
	rival = test_fork(sign_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_int_eq(stored(), 1);
}
END_TEST

/* Signing that came to nothing leaves no key that nobody else knows. */
START_TEST(a_key_whose_transaction_failed_is_not_used)
{
	const char *lost, *kid;

	ck_assert_int_eq(db_begin(db), ST_OK);
	lost = active()->kid;
	db_rollback(db);
	ck_assert_int_eq(stored(), 0);
	kid = active()->kid;
	ck_assert_str_ne(kid, lost);
	ck_assert_str_eq(
	    test_text(arena, "SELECT kid FROM signing_key", NULL), kid);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signing_key");
	TCase *life = tcase_create("life");
	TCase *secrecy = tcase_create("secrecy");
	TCase *jwks = tcase_create("jwks");
	TCase *race = tcase_create("race");

	tcase_add_checked_fixture(life, setup, teardown);
	tcase_add_test(life, the_first_is_made_when_it_is_needed);
	tcase_add_test(life, its_halves_belong_together);
	tcase_add_test(life, another_process_finds_the_same);
	tcase_add_test(life, outlives_the_request);
	tcase_add_test(life, a_key_is_found_by_its_id);
	tcase_add_test(
	    life, one_that_stopped_being_active_is_soon_not_signed_with);
	tcase_add_test(
	    life, inside_a_transaction_the_active_one_is_always_read);
	tcase_add_test(life, the_active_one_is_not_asked_for_each_time);
	suite_add_tcase(suite, life);
	tcase_add_checked_fixture(secrecy, setup, teardown);
	tcase_add_test(secrecy, the_private_half_is_stored_sealed);
	tcase_add_test(secrecy, another_master_key_does_not_open_it);
	tcase_add_test(secrecy, a_private_half_from_another_row_is_not_opened);
	suite_add_tcase(suite, secrecy);
	tcase_add_checked_fixture(jwks, setup, teardown);
	tcase_add_test(jwks, the_jwks_holds_all_public_halves);
	tcase_add_test(jwks, a_jwk_is_the_public_key_and_nothing_else);
	tcase_add_test(jwks, its_id_is_the_thumbprint);
	tcase_add_test(jwks, without_a_key_the_jwks_is_an_empty_list);
	suite_add_tcase(suite, jwks);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, of_two_processes_one_makes_it);
	tcase_add_test(race, a_key_whose_transaction_failed_is_not_used);
	suite_add_tcase(suite, race);
	return harness_run(suite, NEEDS_POSTGRES);
}
