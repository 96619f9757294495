/* check_access_token.c - only what we signed, as we signed it, while it is good. */

#include <check.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "account/access_token.h"
#include "account/verified.h"
#include "base/clock.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define ACCOUNT "11111111-2222-4333-8444-555555555555"
#define SESSION "66666666-7777-4888-8999-aaaaaaaaaaaa"
#define PATIENCE 30 /* seconds, for what takes a few */

static struct arena *arena;
static const struct config *config;
static struct db *db;
static struct master_key *master;
static struct signing_keys *keys;
static struct session session;

static void
setup(void)
{
	arena = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_access_token");
	master = test_master_key();
	keys = signing_keys_new(master);
	session = (struct session){
		.id = SESSION,
		.account.id = ACCOUNT,
		.generation = 7,
		.confirmed_at = 1000,
	};
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

static const char *
issue(void)
{
	const char *text = NULL;
	int64_t expires_at;

	ck_assert_int_eq(access_token_issue(keys, db, arena, config, &session,
			     &text, &expires_at),
	    ST_OK);
	return text;
}

static enum status
verify(const char *text)
{
	struct access_token token;

	return access_token_verify(keys, db, arena, config, text, &token);
}

/* --- tokens made by hand --- */

static const char *
encode(const char *text)
{
	return base64url_encode(arena, text, strlen(text));
}

/* A signature as a JWT has it: r and s, 32 bytes each (RFC 7518, 3.4). */
static const char *
es256(const char *private_pem, const char *text)
{
	BIO *bio = BIO_new_mem_buf(private_pem, -1);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[128], raw[64];
	const unsigned char *at = der;
	size_t size = sizeof(der);
	ECDSA_SIG *sig;

	ck_assert_int_eq(
	    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pkey), 1);
	ck_assert_int_eq(EVP_DigestSign(context, der, &size,
			     (const unsigned char *)text, strlen(text)),
	    1);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)size);
	ck_assert_ptr_nonnull(sig);
	(void)BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	(void)BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return base64url_encode(arena, raw, sizeof(raw));
}

static const char *
hs256(const char *secret, const char *text)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(
	    &state, (const unsigned char *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(
	    &state, (const unsigned char *)text, strlen(text));
	crypto_auth_hmacsha256_final(&state, mac);
	return base64url_encode(arena, mac, sizeof(mac));
}

static const char *
header(const char *rest)
{
	return arena_printf(arena, "{\"kid\":\"%s\"%s}", active()->kid, rest);
}

/* The claims of a good token, with exp this far from now and others at the end. */
static const char *
claims(int64_t ttl, const char *more)
{
	return arena_printf(arena,
	    "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"" ACCOUNT
	    "\",\"sid\":\"" SESSION "\",\"gen\":7,\"nbf\":1,\"exp\":%lld%s}",
	    config->site_url, config->site_url, (long long)(clock_now() + ttl),
	    more);
}

static const char *
unsigned_token(const char *head, const char *body)
{
	return arena_printf(arena, "%s.%s", encode(head), encode(body));
}

/* Signed by our own key, as nobody else can. */
static const char *
signed_token(const char *head, const char *body)
{
	const char *text = unsigned_token(head, body);

	return arena_printf(
	    arena, "%s.%s", text, es256(active()->private_pem, text));
}

/* A good token in its three parts. */
static void
split(const char *token, char **head, char **body, char **tail)
{
	char *copy = arena_strdup(arena, token);

	*head = copy;
	*body = strchr(copy, '.') + 1;
	(*body)[-1] = '\0';
	*tail = strchr(*body, '.') + 1;
	(*tail)[-1] = '\0';
}

static const char *
join(const char *head, const char *body, const char *tail)
{
	return arena_printf(arena, "%s.%s.%s", head, body, tail);
}

/* --- what we issue --- */

START_TEST(verifies_what_it_issued)
{
	struct access_token token;
	int64_t expires_at, now = clock_now();
	const char *text;

	ck_assert_int_eq(access_token_issue(keys, db, arena, config, &session,
			     &text, &expires_at),
	    ST_OK);
	ck_assert_int_ge(expires_at, now + config->access_token_ttl);
	ck_assert_int_le(expires_at, clock_now() + config->access_token_ttl);
	ck_assert_int_eq(
	    access_token_verify(keys, db, arena, config, text, &token), ST_OK);
	ck_assert_str_eq(token.account_id, ACCOUNT);
	ck_assert_str_eq(token.session_id, SESSION);
	ck_assert_int_eq(token.generation, 7);
	ck_assert_int_eq(token.expires_at, expires_at);
	ck_assert_uint_le(strlen(text), ACCESS_TOKEN_MAX);
}
END_TEST

static struct json_object *
part_of(const char *text)
{
	struct json_object *json;
	unsigned char *bytes;
	size_t size;

	ck_assert_int_eq(
	    base64url_decode(arena, text, strlen(text), &bytes, &size), ST_OK);
	json = json_tokener_parse((const char *)bytes);
	ck_assert_ptr_nonnull(json);
	return json;
}

static const char *
member(struct json_object *json, const char *name)
{
	return json_object_get_string(json_object_object_get(json, name));
}

START_TEST(says_what_the_design_promises)
{
	char *head, *body, *tail;
	struct json_object *json;

	split(issue(), &head, &body, &tail);
	json = part_of(head);
	ck_assert_str_eq(member(json, "alg"), "ES256");
	ck_assert_str_eq(member(json, "kid"), active()->kid);
	json_object_put(json);
	json = part_of(body);
	ck_assert_str_eq(member(json, "iss"), config->site_url);
	ck_assert_str_eq(member(json, "aud"), config->site_url);
	ck_assert_str_eq(member(json, "sub"), ACCOUNT);
	ck_assert_str_eq(member(json, "sid"), SESSION);
	ck_assert_str_eq(member(json, "gen"), "7");
	ck_assert_str_eq(member(json, "auth_time"), "1000");
	ck_assert_str_eq(member(json, "iat"), member(json, "nbf"));
	ck_assert_ptr_nonnull(member(json, "exp"));
	ck_assert_uint_eq(strlen(member(json, "jti")), 22);
	ck_assert_int_eq(json_object_object_length(json), 10);
	json_object_put(json);
}
END_TEST

START_TEST(no_two_are_the_same)
{
	ck_assert_str_ne(issue(), issue());
}
END_TEST

START_TEST(another_process_verifies_it)
{
	struct signing_keys *elsewhere = signing_keys_new(master);
	struct access_token token;

	ck_assert_int_eq(
	    access_token_verify(elsewhere, db, arena, config, issue(), &token),
	    ST_OK);
	signing_keys_free(elsewhere);
}
END_TEST

START_TEST(verifies_after_its_key_has_retired)
{
	const char *text = issue();

	test_retire_key();
	ck_assert_str_ne(active()->kid, "");
	ck_assert_int_eq(verify(text), ST_OK);
}
END_TEST

START_TEST(the_one_made_by_hand_is_good)
{
	ck_assert_int_eq(
	    verify(signed_token(header(",\"alg\":\"ES256\""), claims(60, ""))),
	    ST_OK);
}
END_TEST

START_TEST(says_who_when_it_has_expired)
{
	struct access_token token = { .session_id = NULL };
	const char *head = header(",\"alg\":\"ES256\"");

	ck_assert_int_eq(access_token_verify(keys, db, arena, config,
			     signed_token(head, claims(-1, "")), &token),
	    ST_EXPIRED);
	ck_assert_str_eq(token.session_id, SESSION);
	ck_assert_str_eq(token.account_id, ACCOUNT);
	ck_assert_int_eq(verify(signed_token(head, claims(0, ""))), ST_EXPIRED);
	ck_assert_int_eq(verify(signed_token(head, claims(30, ""))), ST_OK);
}
END_TEST

/* --- what is remembered --- */

static bool
is_remembered(const char *text)
{
	struct access_token token;
	uint32_t key_number;

	return verified_find(
	    signing_keys_verified(keys), arena, text, &token, &key_number);
}

/* Until a token that was good is no longer. */
static enum status
verify_until_it_changes(const char *text)
{
	enum status st = ST_OK;

	for (int i = 0; st == ST_OK && i < PATIENCE * 50; i++) {
		st = verify(text);
		(void)usleep(20 * 1000);
	}
	return st;
}

START_TEST(remembers_what_was_good)
{
	const char *text = issue();
	struct access_token first, second;

	ck_assert(!is_remembered(text));
	ck_assert_int_eq(
	    access_token_verify(keys, db, arena, config, text, &first), ST_OK);
	ck_assert(is_remembered(text));
	ck_assert_int_eq(
	    access_token_verify(keys, db, arena, config, text, &second), ST_OK);
	ck_assert_str_eq(second.account_id, first.account_id);
	ck_assert_str_eq(second.session_id, first.session_id);
	ck_assert_int_eq(second.generation, first.generation);
	ck_assert_int_eq(second.expires_at, first.expires_at);
}
END_TEST

START_TEST(remembers_nothing_else)
{
	const char *head = header(",\"alg\":\"ES256\"");
	const char *texts[] = {
		signed_token(head, claims(-1, "")),
		signed_token(head, claims(60, ",\"iss\":\"x\"")),
		signed_token(head, claims(60, ",\"nbf\":99999999999")),
		unsigned_token(head, claims(60, "")),
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		ck_assert_int_ne(verify(texts[i]), ST_OK);
		ck_assert(!is_remembered(texts[i]));
	}
}
END_TEST

START_TEST(what_is_remembered_expires)
{
	const char *head = header(",\"alg\":\"ES256\"");
	const char *text = signed_token(head, claims(2, ""));
	struct access_token token = { .session_id = NULL };

	ck_assert_int_eq(verify(text), ST_OK);
	ck_assert(is_remembered(text));
	ck_assert_int_eq(verify_until_it_changes(text), ST_EXPIRED);
	ck_assert_int_eq(
	    access_token_verify(keys, db, arena, config, text, &token),
	    ST_EXPIRED);
	ck_assert_str_eq(token.session_id, SESSION);
}
END_TEST

START_TEST(ends_with_its_key)
{
	const char *text = issue(), *other;

	ck_assert_int_eq(verify(text), ST_OK);
	test_execute("DELETE FROM signing_key");
	ck_assert_int_eq(verify_until_it_changes(text), ST_INVALID);
	/* One that was never seen ends as well; the next key's is good. */
	other = issue();
	ck_assert_int_eq(verify(other), ST_OK);
	ck_assert_int_eq(verify(text), ST_INVALID);
	ck_assert(is_remembered(text));
}
END_TEST

START_TEST(is_not_good_while_the_keys_are_out_of_sight)
{
	struct db *away = db_open("host=/nonexistent", "check_access_token");
	struct access_token token;
	const char *text = issue();

	/* Two: the second makes sure that the keys were looked through. */
	ck_assert_int_eq(verify(text), ST_OK);
	ck_assert_int_eq(verify(text), ST_OK);
	for (int i = 0; i < PATIENCE * 50; i++) {
		if (access_token_verify(
			keys, away, arena, config, text, &token) != ST_OK)
			break;
		(void)usleep(20 * 1000);
	}
	ck_assert_int_eq(
	    access_token_verify(keys, away, arena, config, text, &token),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(verify(text), ST_OK);
	db_close(away);
}
END_TEST

/* --- what others make --- */

/* clang-format off */
static const struct {
	const char *name;
	const char *header;	/* after {"kid":"..." */
} headers[] = {
	{ "no algorithm", "" },
	{ "none", ",\"alg\":\"none\"" },
	{ "None", ",\"alg\":\"None\"" },
	{ "empty", ",\"alg\":\"\"" },
	{ "HS256", ",\"alg\":\"HS256\"" },
	{ "RS256", ",\"alg\":\"RS256\"" },
	{ "ES384", ",\"alg\":\"ES384\"" },
	{ "lower case", ",\"alg\":\"es256\"" },
	{ "a number", ",\"alg\":256" },
	{ "a list", ",\"alg\":[\"ES256\"]" },
	{ "null", ",\"alg\":null" },
	{ "an object", ",\"alg\":{\"ES256\":1}" },
	{ "none at last", ",\"alg\":\"ES256\",\"alg\":\"none\"" },
	{ "HS256 at last", ",\"alg\":\"ES256\",\"alg\":\"HS256\"" },
	{ "crit", ",\"alg\":\"ES256\",\"crit\":[\"exp\"]" },
	{ "empty crit", ",\"alg\":\"ES256\",\"crit\":[]" },
	{ "no crit", ",\"alg\":\"ES256\",\"crit\":null" },
	{ "two kids", ",\"alg\":\"ES256\",\"kid\":\"x\"" },
	{ "a U+0000", ",\"alg\":\"ES256\\u0000\"" },
};

static const char *const kids[] = {
	"\"\"", "\"x\"", "null", "1", "true", "[]", "{}", "[\"KID\"]",
	"\"KID\\u0000\"", "\"KIDx\"", "\" KID\"", "\"../KID\"",
	"\"' OR true --\"", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
};
/* clang-format on */

/*
 * Not even our own key makes another header good; nor do the signatures that
 * the header names.
 */
START_TEST(refuses_any_other_header)
{
	const char *head = header(headers[_i].header), *body = claims(60, "");
	const char *text = unsigned_token(head, body);

	ck_assert_int_eq(verify(signed_token(head, body)), ST_INVALID);
	ck_assert_int_eq(verify(arena_printf(arena, "%s.", text)), ST_INVALID);
	ck_assert_int_eq(verify(text), ST_INVALID);
	ck_assert_int_eq(verify(arena_printf(arena, "%s.%s", text,
			     hs256(active()->public_pem, text))),
	    ST_INVALID);
}
END_TEST

static const char *
replace(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);

	if (at == NULL)
		return text;
	return arena_printf(
	    arena, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
}

START_TEST(refuses_any_other_key_id)
{
	const char *head = arena_printf(arena, "{\"alg\":\"ES256\",\"kid\":%s}",
	    replace(kids[_i], "KID", active()->kid));

	ck_assert_int_eq(
	    verify(signed_token(head, claims(60, ""))), ST_INVALID);
}
END_TEST

START_TEST(refuses_a_header_without_key_id)
{
	ck_assert_int_eq(
	    verify(signed_token("{\"alg\":\"ES256\"}", claims(60, ""))),
	    ST_INVALID);
}
END_TEST

/*
 * Of two members of one name the last counts (RFC 7515, 4), for us as for
 * libjwt, so that nothing else is verified than what was read.
 */
START_TEST(reads_a_header_as_libjwt_does)
{
	const char *body = claims(60, "");

	ck_assert_int_eq(
	    verify(signed_token(
		header(",\"alg\":\"none\",\"alg\":\"ES256\""), body)),
	    ST_OK);
	ck_assert_int_eq(
	    verify(arena_printf(arena, "%s.",
		unsigned_token(
		    header(",\"alg\":\"none\",\"alg\":\"ES256\""), body))),
	    ST_INVALID);
}
END_TEST

/* Taking the public key for the secret of a MAC is the classic. */
START_TEST(refuses_a_mac_with_the_public_key)
{
	const char *head = header(",\"alg\":\"HS256\"");
	const char *text = unsigned_token(head, claims(60, ""));
	const char *pem = active()->public_pem;

	ck_assert_int_eq(
	    verify(arena_printf(arena, "%s.%s", text, hs256(pem, text))),
	    ST_INVALID);
}
END_TEST

START_TEST(refuses_a_key_of_somebody_else)
{
	const char *text =
	    unsigned_token(header(",\"alg\":\"ES256\""), claims(60, ""));
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *pem;
	long size;

	ck_assert_int_eq(
	    PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL),
	    1);
	size = BIO_get_mem_data(bio, &data);
	pem = arena_strndup(arena, data, (size_t)size);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	ck_assert_int_eq(
	    verify(arena_printf(arena, "%s.%s", text, es256(pem, text))),
	    ST_INVALID);
}
END_TEST

/* clang-format off */
static const char *const bodies[] = {
	/* Each after a good set of claims: of two, the later counts. */
	",\"iss\":\"http://evil.example\"",
	",\"iss\":\"http://127.0.0.1:8080/\"",
	",\"iss\":null",
	",\"iss\":[\"http://127.0.0.1:8080\"]",
	",\"aud\":\"http://evil.example\"",
	",\"aud\":[\"http://127.0.0.1:8080\"]",
	",\"aud\":\"\"",
	",\"sub\":\"\"",
	",\"sub\":\"1\"",
	",\"sub\":\"11111111-2222-4333-8444-55555555555A\"",
	",\"sub\":7",
	",\"sub\":null",
	",\"sid\":\"\"",
	",\"sid\":\"x' OR true --\"",
	",\"sid\":[]",
	",\"nbf\":99999999999",
};
/* clang-format on */

START_TEST(refuses_claims_that_are_not_ours)
{
	ck_assert_int_eq(verify(signed_token(header(",\"alg\":\"ES256\""),
			     claims(60, bodies[_i]))),
	    ST_INVALID);
}
END_TEST

START_TEST(refuses_missing_claims)
{
	const char *head = header(",\"alg\":\"ES256\"");
	const char *names[] = { "iss", "aud", "sub", "sid" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ck_assert_int_eq(
		    verify(signed_token(head,
			replace(claims(60, ""),
			    arena_printf(arena, "\"%s\"", names[i]), "\"x\""))),
		    ST_INVALID);
	/* Without an end, it has ended. */
	ck_assert_int_eq(verify(signed_token(head,
			     replace(claims(60, ""), "\"exp\"", "\"x\""))),
	    ST_EXPIRED);
	ck_assert_int_eq(
	    verify(signed_token(head, claims(60, ",\"exp\":\"99999999999\""))),
	    ST_EXPIRED);
	ck_assert_int_eq(verify(signed_token(head, "[]")), ST_INVALID);
	ck_assert_int_eq(verify(signed_token(head, "x")), ST_INVALID);
	ck_assert_int_eq(verify(signed_token(head, "")), ST_INVALID);
}
END_TEST

START_TEST(clocks_may_differ_a_little)
{
	const char *head = header(",\"alg\":\"ES256\"");

	ck_assert_int_eq(verify(signed_token(head,
			     claims(600,
				 arena_printf(arena, ",\"nbf\":%lld",
				     (long long)(clock_now() + 20))))),
	    ST_OK);
	ck_assert_int_eq(verify(signed_token(head,
			     claims(600,
				 arena_printf(arena, ",\"nbf\":%lld",
				     (long long)(clock_now() + 120))))),
	    ST_INVALID);
}
END_TEST

/* --- what they make of ours --- */

START_TEST(refuses_a_changed_byte)
{
	const char *good = issue();
	char *bad;

	/* That the good one is remembered makes no other good. */
	ck_assert_int_eq(verify(good), ST_OK);
	for (size_t i = 0; i < strlen(good); i++) {
		bad = arena_strdup(arena, good);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		ck_assert_msg(verify(bad) == ST_INVALID, "byte %zu", i);
	}
	ck_assert_int_eq(verify(good), ST_OK);
}
END_TEST

START_TEST(refuses_a_part_of_another_token)
{
	char *head, *body, *tail, *other_head, *other_body, *other_tail;

	split(issue(), &head, &body, &tail);
	split(issue(), &other_head, &other_body, &other_tail);
	ck_assert_int_eq(verify(join(head, body, tail)), ST_OK);
	ck_assert_int_eq(verify(join(head, other_body, tail)), ST_INVALID);
	ck_assert_int_eq(verify(join(head, body, other_tail)), ST_INVALID);
	ck_assert_int_eq(verify(join(body, body, tail)), ST_INVALID);
	ck_assert_int_eq(verify(join(head, head, tail)), ST_INVALID);
}
END_TEST

START_TEST(refuses_missing_parts)
{
	static const char *const empty[] = { "", ".", "..", "...", "x", "x.y",
		"x.y.z", "{}", "{}.{}.", "e30.e30.", "e30.e30.e30" };
	char *head, *body, *tail;

	split(issue(), &head, &body, &tail);
	for (size_t i = 0; i < ARRAY_LEN(empty); i++)
		ck_assert_msg(verify(empty[i]) == ST_INVALID, "%s", empty[i]);
	ck_assert_int_eq(verify(head), ST_INVALID);
	ck_assert_int_eq(verify(join(head, body, "")), ST_INVALID);
	ck_assert_int_eq(verify(join(head, "", tail)), ST_INVALID);
	ck_assert_int_eq(verify(join("", body, tail)), ST_INVALID);
	ck_assert_int_eq(
	    verify(arena_printf(arena, "%s.%s", head, body)), ST_INVALID);
	ck_assert_int_eq(
	    verify(join(head, body, arena_printf(arena, "%s.", tail))),
	    ST_INVALID);
	ck_assert_int_eq(
	    verify(join(head, body, arena_printf(arena, "%s.%s", tail, tail))),
	    ST_INVALID);
}
END_TEST

/* One token has one text: whoever blocks or counts one knows all of it. */
START_TEST(refuses_another_text_for_the_same_bytes)
{
	static const char *const suffixes[] = { "=", "==", "A", "!", " ", "\n",
		"%", "\xc3\xa4" };
	char *head, *body, *tail, *other;
	size_t last;

	split(issue(), &head, &body, &tail);
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		const char *bad = suffixes[i];

		ck_assert_msg(
		    verify(join(head, body,
			arena_printf(arena, "%s%s", tail, bad))) == ST_INVALID,
		    "signature and \"%s\"", bad);
		ck_assert_msg(
		    verify(join(head, body,
			arena_printf(arena, "%s%s", bad, tail))) == ST_INVALID,
		    "\"%s\" and signature", bad);
		ck_assert_int_eq(
		    verify(join(
			head, arena_printf(arena, "%s%s", body, bad), tail)),
		    ST_INVALID);
		ck_assert_int_eq(
		    verify(join(
			arena_printf(arena, "%s%s", head, bad), body, tail)),
		    ST_INVALID);
	}
	/* 64 bytes leave four bits over in the last of 86 characters. */
	other = arena_strdup(arena, tail);
	last = strlen(other) - 1;
	ck_assert_uint_eq(last, 85);
	other[last] = other[last] == 'A' ? 'B' : (char)(other[last] + 1);
	ck_assert_int_eq(verify(join(head, body, other)), ST_INVALID);
}
END_TEST

START_TEST(refuses_the_alphabet_of_plain_base64)
{
	char *head, *body, *tail;
	bool changed = false;

	/* One in some tens has neither - nor _ in it. */
	while (!changed) {
		split(issue(), &head, &body, &tail);
		for (char *c = tail; *c != '\0'; c++) {
			changed = changed || *c == '-' || *c == '_';
			*c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
		}
	}
	ck_assert_int_eq(verify(join(head, body, tail)), ST_INVALID);
}
END_TEST

START_TEST(refuses_what_is_huge_without_looking_at_it)
{
	size_t size = 2 * 1024 * 1024;
	char *huge = arena_alloc(arena, size + 1);
	const char *good = issue();

	memset(huge, 'A', size);
	ck_assert_int_eq(verify(huge), ST_INVALID);
	memcpy(huge, good, strlen(good));
	ck_assert_int_eq(verify(huge), ST_INVALID);
	memset(huge, '.', size);
	ck_assert_int_eq(verify(huge), ST_INVALID);
	/* One that is good but for its length. */
	memset(huge, 'A', 1500);
	huge[1500] = '\0';
	ck_assert_int_eq(
	    verify(signed_token(header(",\"alg\":\"ES256\""),
		claims(60, arena_printf(arena, ",\"x\":\"%s\"", huge)))),
	    ST_INVALID);
	huge[700] = '\0';
	ck_assert_int_eq(
	    verify(signed_token(header(",\"alg\":\"ES256\""),
		claims(60, arena_printf(arena, ",\"x\":\"%s\"", huge)))),
	    ST_OK);
}
END_TEST

START_TEST(refuses_one_for_another_site)
{
	struct config other = *config;
	struct access_token token;
	const char *text = issue();

	other.site_url = "https://example.org";
	ck_assert_int_eq(
	    access_token_verify(keys, db, arena, &other, text, &token),
	    ST_INVALID);
}
END_TEST

/* A deep header must not use up the stack. */
START_TEST(refuses_a_deep_header)
{
	char *deep = arena_alloc(arena, 1401);

	memset(deep, '[', 1400);
	ck_assert_int_eq(
	    verify(arena_printf(arena, "%s.e30.e30", encode(deep))),
	    ST_INVALID);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("access_token");
	TCase *ours = tcase_create("ours");
	TCase *remembered = tcase_create("remembered");
	TCase *forged = tcase_create("forged");
	TCase *changed = tcase_create("changed");

	tcase_add_checked_fixture(ours, setup, teardown);
	tcase_add_test(ours, verifies_what_it_issued);
	tcase_add_test(ours, says_what_the_design_promises);
	tcase_add_test(ours, no_two_are_the_same);
	tcase_add_test(ours, another_process_verifies_it);
	tcase_add_test(ours, verifies_after_its_key_has_retired);
	tcase_add_test(ours, the_one_made_by_hand_is_good);
	tcase_add_test(ours, says_who_when_it_has_expired);
	suite_add_tcase(suite, ours);
	tcase_add_checked_fixture(remembered, setup, teardown);
	tcase_add_test(remembered, remembers_what_was_good);
	tcase_add_test(remembered, remembers_nothing_else);
	tcase_add_test(remembered, what_is_remembered_expires);
	tcase_add_test(remembered, ends_with_its_key);
	tcase_add_test(remembered, is_not_good_while_the_keys_are_out_of_sight);
	suite_add_tcase(suite, remembered);
	tcase_add_checked_fixture(forged, setup, teardown);
	tcase_add_loop_test(
	    forged, refuses_any_other_header, 0, (int)ARRAY_LEN(headers));
	tcase_add_loop_test(
	    forged, refuses_any_other_key_id, 0, (int)ARRAY_LEN(kids));
	tcase_add_test(forged, refuses_a_header_without_key_id);
	tcase_add_test(forged, reads_a_header_as_libjwt_does);
	tcase_add_test(forged, refuses_a_mac_with_the_public_key);
	tcase_add_test(forged, refuses_a_key_of_somebody_else);
	tcase_add_loop_test(forged, refuses_claims_that_are_not_ours, 0,
	    (int)ARRAY_LEN(bodies));
	tcase_add_test(forged, refuses_missing_claims);
	tcase_add_test(forged, clocks_may_differ_a_little);
	tcase_add_test(forged, refuses_one_for_another_site);
	tcase_add_test(forged, refuses_a_deep_header);
	suite_add_tcase(suite, forged);
	tcase_add_checked_fixture(changed, setup, teardown);
	tcase_add_test(changed, refuses_a_changed_byte);
	tcase_add_test(changed, refuses_a_part_of_another_token);
	tcase_add_test(changed, refuses_missing_parts);
	tcase_add_test(changed, refuses_another_text_for_the_same_bytes);
	tcase_add_test(changed, refuses_the_alphabet_of_plain_base64);
	tcase_add_test(changed, refuses_what_is_huge_without_looking_at_it);
	suite_add_tcase(suite, changed);
	return harness_run(suite, NEEDS_POSTGRES);
}
