/* access_token.c - signing and checking, with libjwt kept on a short lead. */

#include <json-c/json.h>
#include <jwt.h>
#include <string.h>

#include "account/access_token.h"
#include "account/verified.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"

/* Machines that sign and machines that check may disagree by this much. */
#define LEEWAY 30 /* seconds */

#define JTI_BYTES 16

static void
free_jwt(void *jwt)
{
	jwt_free(jwt);
}

static void
free_text(void *text)
{
	/* libjwt's strings are malloc's; the token in it is a secret. */
	secret_wipe(text, strlen(text));
	free(text);
}

static int
add_claims(jwt_t *jwt, struct arena *arena, const struct config *config,
    const struct session *session, int64_t now)
{
	unsigned char jti[JTI_BYTES];

	secret_random(jti, sizeof(jti));
	return jwt_add_grant(jwt, "iss", config->site_url) != 0 ||
	    jwt_add_grant(jwt, "aud", config->site_url) != 0 ||
	    jwt_add_grant(jwt, "sub", session->account.id) != 0 ||
	    jwt_add_grant(
		jwt, "jti", base64url_encode(arena, jti, sizeof(jti))) != 0 ||
	    jwt_add_grant_int(jwt, "iat", now) != 0 ||
	    jwt_add_grant_int(jwt, "nbf", now) != 0 ||
	    jwt_add_grant_int(jwt, "exp", now + config->access_token_ttl) !=
	    0 ||
	    jwt_add_grant(jwt, "sid", session->id) != 0 ||
	    jwt_add_grant_int(jwt, "gen", session->generation) != 0 ||
	    jwt_add_grant_int(jwt, "auth_time", session->confirmed_at) != 0;
}

/*
 * libjwt writes the claims; it would read the private key for each token anew,
 * which takes twenty times as long as to sign.
 */
static enum status
write_token(struct arena *arena, const struct signing_key *key, jwt_t *jwt,
    const char **text)
{
	unsigned char signature[SIGNING_KEY_SIGNATURE_BYTES];
	const char *header, *part;
	char *claims;
	enum status st;

	claims = jwt_get_grants_json(jwt, NULL);
	if (claims == NULL)
		return ST_FAULT;
	arena_defer(arena, free_text, claims);
	/* A kid is base64url: there is nothing to escape. */
	header = arena_printf(arena,
	    "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", key->kid);
	part = arena_printf(arena, "%s.%s",
	    base64url_encode(arena, header, strlen(header)),
	    base64url_encode(arena, claims, strlen(claims)));
	st = signing_key_sign(key, part, signature);
	if (st == ST_OK)
		*text = arena_printf(arena, "%s.%s", part,
		    base64url_encode(arena, signature, sizeof(signature)));
	return st;
}

enum status
access_token_issue(struct signing_keys *keys, struct db *db,
    struct arena *arena, const struct config *config,
    const struct session *session, const char **text, int64_t *expires_at)
{
	const struct signing_key *key;
	int64_t now = clock_now();
	jwt_t *jwt = NULL;
	enum status st;

	st = signing_keys_active(keys, db, arena, &key);
	if (st != ST_OK)
		return st;
	if (jwt_new(&jwt) != 0)
		goto fault;
	arena_defer(arena, free_jwt, jwt);
	if (add_claims(jwt, arena, config, session, now) != 0 ||
	    write_token(arena, key, jwt, text) != ST_OK)
		goto fault;
	*expires_at = now + config->access_token_ttl;
	return ST_OK;
fault:
	log_error("access token not signed");
	return ST_FAULT;
}

/* Kids are thumbprints: 32 bytes as base64url. */
static bool
is_kid(struct arena *arena, const char *text)
{
	unsigned char *bytes;
	size_t size;

	return base64url_decode(arena, text, strlen(text), &bytes, &size) ==
	    ST_OK &&
	    size == SECRET_BYTES;
}

/*
 * Is the third and last part a signature in its one form? libjwt passes over
 * what is not base64 in it, so that a token would have many texts.
 */
static bool
ends_in_signature(struct arena *arena, const char *text)
{
	const char *part = strchr(text, '.');
	unsigned char *bytes;
	size_t size;

	if (part != NULL)
		part = strchr(part + 1, '.');
	return part != NULL &&
	    base64url_decode(
		arena, part + 1, strlen(part + 1), &bytes, &size) == ST_OK &&
	    size == SIGNING_KEY_SIGNATURE_BYTES;
}

/*
 * The kid of a token whose header says ES256; NULL for any other. libjwt would
 * take whatever algorithm the header names, so it sees none but this.
 */
static const char *
es256_kid(struct arena *arena, const char *text)
{
	struct json_object *header, *alg, *kid, *crit;
	unsigned char *json;
	size_t size;

	if (base64url_decode(arena, text, strcspn(text, "."), &json, &size) !=
	    ST_OK)
		return NULL;
	header = json_tokener_parse((const char *)json);
	if (header == NULL)
		return NULL;
	(void)json_hold(arena, header);
	if (!json_object_is_type(header, json_type_object) ||
	    !json_object_object_get_ex(header, "alg", &alg) ||
	    !json_object_object_get_ex(header, "kid", &kid) ||
	    json_object_object_get_ex(header, "crit", &crit) ||
	    !json_object_is_type(alg, json_type_string) ||
	    !json_object_is_type(kid, json_type_string) ||
	    strcmp(json_object_get_string(alg), "ES256") != 0 ||
	    !is_kid(arena, json_object_get_string(kid)))
		return NULL;
	return json_object_get_string(kid);
}

/* Is a claim this very text? */
static bool
claim_is(jwt_t *jwt, const char *name, const char *expected)
{
	const char *value = jwt_get_grant(jwt, name);

	return value != NULL && strcmp(value, expected) == 0;
}

static enum status
read_claims(jwt_t *jwt, struct arena *arena, const struct config *config,
    struct access_token *token)
{
	const char *account_id = jwt_get_grant(jwt, "sub");
	const char *session_id = jwt_get_grant(jwt, "sid");
	int64_t now = clock_now();

	if (!claim_is(jwt, "iss", config->site_url) ||
	    !claim_is(jwt, "aud", config->site_url) || account_id == NULL ||
	    session_id == NULL || !text_is_uuid(account_id) ||
	    !text_is_uuid(session_id) ||
	    jwt_get_grant_int(jwt, "nbf") > now + LEEWAY)
		return ST_INVALID;
	token->account_id = arena_strdup(arena, account_id);
	token->session_id = arena_strdup(arena, session_id);
	token->generation = jwt_get_grant_int(jwt, "gen");
	token->expires_at = jwt_get_grant_int(jwt, "exp");
	return token->expires_at <= now ? ST_EXPIRED : ST_OK;
}

/*
 * Was this text verified before, by a key that still stands? Issuer and
 * audience were those of the same process, and nbf does not come back.
 */
static bool
recall(struct signing_keys *keys, struct arena *arena, const char *text,
    struct access_token *token)
{
	uint32_t key_number;

	return verified_find(signing_keys_verified(keys), arena, text, token,
		   &key_number) &&
	    signing_keys_hold(keys, key_number);
}

static enum status
check(struct signing_keys *keys, struct db *db, struct arena *arena,
    const struct config *config, const char *text, struct access_token *token)
{
	const struct signing_key *key;
	const char *kid;
	jwt_t *jwt = NULL;
	enum status st;

	if (!ends_in_signature(arena, text))
		return ST_INVALID;
	kid = es256_kid(arena, text);
	if (kid == NULL)
		return ST_INVALID;
	st = signing_keys_find(keys, db, arena, kid, &key);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_INVALID : st;
	if (jwt_decode(&jwt, text, (const unsigned char *)key->public_pem,
		(int)strlen(key->public_pem)) != 0)
		return ST_INVALID;
	arena_defer(arena, free_jwt, jwt);
	if (jwt_get_alg(jwt) != JWT_ALG_ES256)
		return ST_INVALID;
	st = read_claims(jwt, arena, config, token);
	if (st == ST_OK)
		verified_add(
		    signing_keys_verified(keys), text, token, key->number);
	return st;
}

enum status
access_token_verify(struct signing_keys *keys, struct db *db,
    struct arena *arena, const struct config *config, const char *text,
    struct access_token *token)
{
	enum status st;

	if (strnlen(text, ACCESS_TOKEN_MAX + 1) > ACCESS_TOKEN_MAX)
		return ST_INVALID;
	st = signing_keys_refresh(keys, db, arena);
	if (st != ST_OK)
		return st;
	if (recall(keys, arena, text, token))
		return token->expires_at <= clock_now() ? ST_EXPIRED : ST_OK;
	return check(keys, db, arena, config, text, token);
}
