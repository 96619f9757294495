/* key_pair.c - made by OpenSSL, named by its thumbprint, sealed. */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "account/key_pair.h"
#include "base/log.h"

#define COORDINATE_BYTES 32 /* of a point on P-256 */

static void
free_key(void *key)
{
	EVP_PKEY_free(key);
}

static void
free_bio(void *bio)
{
	BIO_free(bio);
}

/* One coordinate of the public point, as base64url (RFC 7518, 6.2.1.2). */
static const char *
coordinate(struct arena *arena, const EVP_PKEY *pkey, const char *name)
{
	unsigned char bytes[COORDINATE_BYTES];
	BIGNUM *number = NULL;
	const char *text = NULL;

	if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
	    BN_bn2binpad(number, bytes, sizeof(bytes)) == sizeof(bytes))
		text = base64url_encode(arena, bytes, sizeof(bytes));
	BN_free(number);
	return text;
}

/* A PEM text of the key in the arena; NULL when OpenSSL fails. */
static const char *
write_pem(struct arena *arena, EVP_PKEY *pkey, bool private)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data;
	long size;
	int done;

	if (bio == NULL)
		return NULL;
	arena_defer(arena, free_bio, bio);
	done = private ? PEM_write_bio_PKCS8PrivateKey(
			     bio, pkey, NULL, NULL, 0, NULL, NULL)
		       : PEM_write_bio_PUBKEY(bio, pkey);
	size = BIO_get_mem_data(bio, &data);
	if (done != 1 || size <= 0)
		return NULL;
	return arena_strndup(arena, data, (size_t)size);
}

/* The kid is the key's thumbprint (RFC 7638): SHA-256 of its required members. */
static const char *
thumbprint(struct arena *arena, const char *x, const char *y)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	const char *members = arena_printf(arena,
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x,
	    y);

	crypto_hash_sha256(
	    hash, (const unsigned char *)members, strlen(members));
	return base64url_encode(arena, hash, sizeof(hash));
}

enum status
key_pair_new(
    struct arena *arena, const struct master_key *master, struct key_pair *pair)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	const char *x, *y, *pem;
	unsigned char *sealed;

	if (pkey == NULL)
		goto fault;
	arena_defer(arena, free_key, pkey);
	x = coordinate(arena, pkey, OSSL_PKEY_PARAM_EC_PUB_X);
	y = coordinate(arena, pkey, OSSL_PKEY_PARAM_EC_PUB_Y);
	pair->public_pem = write_pem(arena, pkey, false);
	pem = write_pem(arena, pkey, true);
	if (x == NULL || y == NULL || pair->public_pem == NULL || pem == NULL)
		goto fault;
	pair->kid = thumbprint(arena, x, y);
	pair->jwk = arena_printf(arena,
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\","
	    "\"kid\":\"%s\",\"use\":\"sig\",\"alg\":\"ES256\"}",
	    x, y, pair->kid);
	secret_seal(master, arena, SECRET_FOR_SIGNING_KEY, pair->kid, pem,
	    strlen(pem), &sealed, &pair->sealed_size);
	pair->private_sealed = sealed;
	return ST_OK;
fault:
	log_error("signing key not made: openssl failed");
	return ST_FAULT;
}
