/* signing_key.c - the keys that a process has read, to sign and verify with. */

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "account/key_pair.h"
#include "account/signing_key.h"
#include "account/verified.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"

#define NUMBER_BYTES 32 /* of the two that a signature is made of */
#define DER_MAX 128     /* bytes of a signature as OpenSSL writes it */

enum { ACTIVE, FIND, KIDS, ADD, PUBLISHED, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[ACTIVE] = { "signing_key_active",
	    "SELECT kid, public_pem, private_sealed FROM signing_key"
	    " WHERE state = 'active'" },
	[FIND] = { "signing_key_find",
	    "SELECT kid, public_pem FROM signing_key WHERE kid = $1" },
	[KIDS] = { "signing_key_kids",
	    "SELECT kid, state = 'active' FROM signing_key" },
	/* Of several processes that make the first key, one wins. */
	[ADD] = { "signing_key_add",
	    "INSERT INTO signing_key"
	    " (kid, public_jwk, public_pem, private_sealed)"
	    " VALUES ($1, $2::json, $3, $4) ON CONFLICT DO NOTHING" },
	[PUBLISHED] = { "signing_key_published",
	    "SELECT public_jwk FROM signing_key ORDER BY created_at, kid" },
};

/* A key that was read, in the set's arena. */
struct known {
	struct known *next;
	struct signing_key key;
	bool gone; /* from the database */
};

struct signing_keys {
	struct arena *arena;
	const struct master_key *master;
	struct known *known;
	struct known *active; /* one of them; NULL: to be read */
	struct verified *verified;
	uint32_t count;
	int64_t looked_us; /* by the steady clock; 0: never */
};

struct signing_keys *
signing_keys_new(const struct master_key *master)
{
	struct arena *arena = arena_new();
	struct signing_keys *keys = arena_alloc(arena, sizeof(*keys));

	keys->arena = arena;
	keys->master = master;
	keys->verified = verified_new();
	return keys;
}

void
signing_keys_free(struct signing_keys *keys)
{
	if (keys == NULL)
		return;
	verified_free(keys->verified);
	arena_free(keys->arena);
}

struct verified *
signing_keys_verified(struct signing_keys *keys)
{
	return keys->verified;
}

static struct known *
find_known(struct signing_keys *keys, const char *kid)
{
	for (struct known *known = keys->known; known != NULL;
	     known = known->next)
		if (!known->gone && strcmp(known->key.kid, kid) == 0)
			return known;
	return NULL;
}

bool
signing_keys_hold(const struct signing_keys *keys, uint32_t number)
{
	for (const struct known *known = keys->known; known != NULL;
	     known = known->next)
		if (known->key.number == number)
			return !known->gone;
	return false;
}

/* The row of a kid; their count if there is none. */
static size_t
row_of(const struct db_rows *rows, const char *kid)
{
	size_t row = 0;

	while (row < db_count(rows) && strcmp(db_text(rows, row, 0), kid) != 0)
		row++;
	return row;
}

/* What a transaction sees may never come to be. */
static void
note_active(struct signing_keys *keys, const struct db *db, struct known *known)
{
	if (!db_in_transaction(db) && known->key.private != NULL)
		keys->active = known;
}

enum status
signing_keys_refresh(
    struct signing_keys *keys, struct db *db, struct arena *arena)
{
	int64_t now = clock_steady_us();
	struct db_rows *rows;
	enum status st;

	if (keys->known == NULL ||
	    (keys->looked_us != 0 &&
		now - keys->looked_us < SIGNING_KEYS_FRESH * 1000000))
		return ST_OK;
	st = db_query(db, arena, &stmts[KIDS], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	keys->active = NULL;
	for (struct known *known = keys->known; known != NULL;
	     known = known->next) {
		size_t row = row_of(rows, known->key.kid);

		known->gone = row == db_count(rows);
		if (db_bool(rows, row, 1))
			note_active(keys, db, known);
	}
	keys->looked_us = now;
	return ST_OK;
}

static struct known *
remember(struct signing_keys *keys, const char *kid, const char *public_pem)
{
	struct known *known = arena_alloc(keys->arena, sizeof(*known));

	known->key.kid = arena_strdup(keys->arena, kid);
	known->key.public_pem = arena_strdup(keys->arena, public_pem);
	known->key.number = ++keys->count;
	known->next = keys->known;
	keys->known = known;
	return known;
}

static void
free_key(void *key)
{
	EVP_PKEY_free(key);
}

/* Make the first key, unless another process is quicker. */
static enum status
add_first(struct signing_keys *keys, struct db *db, struct arena *arena)
{
	struct key_pair pair;
	enum status st;

	st = key_pair_new(arena, keys->master, &pair);
	if (st != ST_OK)
		return st;
	return db_query(db, arena, &stmts[ADD],
	    DB_ARGS(DB_TEXT(pair.kid), DB_TEXT(pair.jwk),
		DB_TEXT(pair.public_pem),
		DB_BYTES(pair.private_sealed, pair.sealed_size)),
	    NULL);
}

/* OpenSSL takes longer to read a key than to sign with it ten times. */
static enum status
read_private(struct signing_keys *keys, struct signing_key *key)
{
	BIO *bio = BIO_new_mem_buf(key->private_pem, -1);

	key->private = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (key->private == NULL) {
		log_error("signing key %s not read: openssl failed", key->kid);
		return ST_FAULT;
	}
	arena_defer(keys->arena, free_key, key->private);
	return ST_OK;
}

/* Unseal the private half of a row into the known key. */
static enum status
open_private(struct signing_keys *keys, struct arena *arena,
    const struct db_rows *rows, struct signing_key *key)
{
	const unsigned char *sealed;
	unsigned char *pem;
	size_t sealed_size, size;

	sealed = db_bytes(rows, 0, 2, &sealed_size);
	if (secret_open(keys->master, arena, SECRET_FOR_SIGNING_KEY, key->kid,
		sealed, sealed_size, &pem, &size) != ST_OK) {
		log_error("signing key %s not opened: it was sealed with"
			  " another master key",
		    key->kid);
		return ST_FAULT;
	}
	key->private_pem = arena_strdup(keys->arena, (const char *)pem);
	return read_private(keys, key);
}

static enum status
read_active(struct signing_keys *keys, struct db *db, struct arena *arena,
    const struct signing_key **key)
{
	struct known *found;
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[ACTIVE], DB_NO_ARGS, &rows);
	if (st == ST_NOT_FOUND) {
		st = add_first(keys, db, arena);
		if (st == ST_OK)
			st = db_query_one(
			    db, arena, &stmts[ACTIVE], DB_NO_ARGS, &rows);
	}
	if (st != ST_OK)
		return st;
	found = find_known(keys, db_text(rows, 0, 0));
	if (found == NULL)
		found =
		    remember(keys, db_text(rows, 0, 0), db_text(rows, 0, 1));
	if (found->key.private == NULL)
		st = open_private(keys, arena, rows, &found->key);
	if (st == ST_OK)
		note_active(keys, db, found);
	*key = &found->key;
	return st;
}

enum status
signing_keys_active(struct signing_keys *keys, struct db *db,
    struct arena *arena, const struct signing_key **key)
{
	enum status st;

	if (db_in_transaction(db))
		return read_active(keys, db, arena, key);
	st = signing_keys_refresh(keys, db, arena);
	if (st != ST_OK || keys->active == NULL)
		return st != ST_OK ? st : read_active(keys, db, arena, key);
	*key = &keys->active->key;
	return ST_OK;
}

/* The two numbers of a signature, as long as they can be (RFC 7518, 3.4). */
static bool
flatten(const unsigned char *der, size_t size, unsigned char *out)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
	bool done = pair != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, NUMBER_BYTES) ==
		NUMBER_BYTES &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + NUMBER_BYTES,
		NUMBER_BYTES) == NUMBER_BYTES;

	ECDSA_SIG_free(pair);
	return done;
}

enum status
signing_key_sign(const struct signing_key *key, const char *text,
    unsigned char signature[static SIGNING_KEY_SIGNATURE_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[DER_MAX];
	size_t size = sizeof(der);
	bool done = context != NULL &&
	    EVP_DigestSignInit(
		context, NULL, EVP_sha256(), NULL, key->private) == 1 &&
	    EVP_DigestSign(context, der, &size, (const unsigned char *)text,
		strlen(text)) == 1 &&
	    flatten(der, size, signature);

	EVP_MD_CTX_free(context);
	if (!done)
		log_error("not signed with %s: openssl failed", key->kid);
	return done ? ST_OK : ST_FAULT;
}

enum status
signing_keys_find(struct signing_keys *keys, struct db *db, struct arena *arena,
    const char *kid, const struct signing_key **key)
{
	struct known *found = find_known(keys, kid);
	struct db_rows *rows;
	enum status st = ST_OK;

	if (found == NULL) {
		st = db_query_one(
		    db, arena, &stmts[FIND], DB_ARGS(DB_TEXT(kid)), &rows);
		if (st != ST_OK)
			return st;
		found =
		    remember(keys, db_text(rows, 0, 0), db_text(rows, 0, 1));
	}
	*key = &found->key;
	return st;
}

enum status
signing_key_jwks(struct db *db, struct arena *arena, struct json_object **jwks)
{
	struct json_object *list, *jwk;
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[PUBLISHED], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	list = json_object_new_array();
	for (size_t row = 0; row < db_count(rows); row++) {
		jwk = json_tokener_parse(db_text(rows, row, 0));
		if (jwk != NULL)
			json_object_array_add(list, jwk);
	}
	*jwks = json_object_new_object();
	json_object_object_add(*jwks, "keys", list);
	return ST_OK;
}
