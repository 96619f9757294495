/* check_password.c - what is a good password, and who has given it. */

#include <check.h>
#include <crypt.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>

#include "account/password.h"
#include "account/password_kind.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define EMAIL "ada.lovelace@example.org"
#define NAME "Ada Lovelace"

static struct arena *arena;
static struct config settings;

static void
setup(void)
{
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	settings = (struct config){
		.site_name = "The Keep",
		.password_min_length = 15,
		.password_memory = 19 * 1024 * 1024,
		.password_passes = 2,
	};
}

static void
teardown(void)
{
	arena_free(arena);
}

static const char *
repeat(const char *text, size_t count)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	while (count-- > 0)
		strbuf_str(&sb, text);
	return sb.text;
}

static enum password_verdict
judge(const char *password)
{
	return password_judge(&settings, arena, password, EMAIL, NAME);
}

static const char *
hash_of(const char *password)
{
	const char *hash;

	ck_assert_int_eq(
	    password_hash(&settings, arena, password, &hash), ST_OK);
	return hash;
}

static bool
fits(const char *password, const char *hash)
{
	bool fits, outdated;

	ck_assert_int_eq(
	    password_verify(&settings, arena, password, hash, &fits, &outdated),
	    ST_OK);
	return fits;
}

/* clang-format off */
static const struct {
	const char *password;
	enum password_verdict verdict;
} judged[] = {
	{ "seven damp owls in a teapot", PASSWORD_GOOD },
	{ "", PASSWORD_TOO_SHORT },
	{ "b7#kQ9!xZ2@mP4", PASSWORD_TOO_SHORT },	/* 14 */
	{ "b7#kQ9!xZ2@mP4v", PASSWORD_GOOD },		/* 15 */
	/* Characters count, not bytes: 14 and 15 of two bytes each. */
	{ "\u00e4\u00df\u0142\u0111\u0146\u00fe\u0117\u0129\u00f5\u01ff\u00fd\u0163\u0219\u0177",
	    PASSWORD_TOO_SHORT },
	{ "\u00e4\u00df\u0142\u0111\u0146\u00fe\u0117\u0129\u00f5\u01ff\u00fd\u0163\u0219\u0177\u0157",
	    PASSWORD_GOOD },
	{ "aaaaaaaaaaaaaaaaaaaa", PASSWORD_GUESSABLE },
	{ "passwordpassword", PASSWORD_GUESSABLE },
	{ "qwertyuiopasdfghjkl", PASSWORD_GUESSABLE },
	{ "123456789012345678", PASSWORD_GUESSABLE },
	/* The person's own words, and the site's, in any case. */
	{ EMAIL, PASSWORD_GUESSABLE },
	{ "Ada Lovelace Ada Lovelace", PASSWORD_GUESSABLE },
	{ "LovelaceLovelace", PASSWORD_GUESSABLE },
	{ "adalovelaceexample", PASSWORD_GUESSABLE },
	{ "thekeepthekeepthekeep", PASSWORD_GUESSABLE },
	/* Any character may be part of it. */
	{ "  \t spaces, tabs and \x7f too \n", PASSWORD_GOOD },
};
/* clang-format on */

START_TEST(judges)
{
	ck_assert_msg(judge(judged[_i].password) == judged[_i].verdict, "%s",
	    judged[_i].password);
}
END_TEST

/* zxcvbn knows the person's words only if it is told them. */
START_TEST(own_words_make_it_guessable)
{
	const char *password = "Zaphkiel-Quintero";

	ck_assert_int_eq(judge(password), PASSWORD_GOOD);
	ck_assert_int_eq(password_judge(&settings, arena, password,
			     "ada@example.org", "Zaphkiel Quintero"),
	    PASSWORD_GUESSABLE);
	ck_assert_int_eq(password_judge(&settings, arena, password,
			     "zaphkiel.quintero@example.org", "Ada"),
	    PASSWORD_GUESSABLE);
	settings.site_name = "Zaphkiel Quintero";
	ck_assert_int_eq(judge(password), PASSWORD_GUESSABLE);
}
END_TEST

START_TEST(the_least_length_is_a_setting)
{
	settings.password_min_length = 8;
	ck_assert_int_eq(judge("b7#kQ9!x"), PASSWORD_GOOD);
	ck_assert_int_eq(judge("b7#kQ9!"), PASSWORD_TOO_SHORT);
}
END_TEST

START_TEST(refuses_what_is_too_long_and_never_cuts)
{
	const char *longest = arena_printf(
	    arena, "b7#kQ9!xZ2@mP4v%s", repeat("x", PASSWORD_MAX_BYTES - 15));
	const char *longer = arena_printf(arena, "%sx", longest);

	ck_assert_int_eq(judge(longest), PASSWORD_GOOD);
	ck_assert_int_eq(judge(longer), PASSWORD_TOO_LONG);
	ck_assert(fits(longest, hash_of(longest)));
	/* The last byte counts. */
	ck_assert(
	    !fits(arena_printf(arena, "%.*sy", PASSWORD_MAX_BYTES - 1, longest),
		hash_of(longest)));
	ck_assert(!fits(longer, hash_of(longest)));
	ck_assert(!fits(longer, hash_of(longer)));
}
END_TEST

START_TEST(kinds_of_characters_count_where_an_operator_asks)
{
	settings.password_require_classes = 3;
	ck_assert_int_eq(
	    judge("seven damp owls in a teapot"), PASSWORD_CLASSES);
	ck_assert_int_eq(judge("Seven damp owls in a teapot"), PASSWORD_GOOD);
	ck_assert_int_eq(judge("7even damp owls in a teapot"), PASSWORD_GOOD);
	settings.password_require_classes = 4;
	ck_assert_int_eq(
	    judge("7even damp owls in a teapot"), PASSWORD_CLASSES);
	ck_assert_int_eq(judge("7even Damp owls in a teapot"), PASSWORD_GOOD);
}
END_TEST

START_TEST(a_hash_fits_its_password_alone)
{
	const char *hash = hash_of(TEST_PASSWORD);

	ck_assert(fits(TEST_PASSWORD, hash));
	ck_assert(!fits("Seven damp owls in a teapot", hash));
	ck_assert(!fits("seven damp owls in a teapo", hash));
	ck_assert(!fits("", hash));
}
END_TEST

START_TEST(two_hashes_of_a_password_differ)
{
	ck_assert_str_ne(hash_of(TEST_PASSWORD), hash_of(TEST_PASSWORD));
}
END_TEST

START_TEST(hashes_say_how_they_were_made)
{
	ck_assert(text_starts_with(
	    hash_of(TEST_PASSWORD), "$argon2id$v=19$m=19456,t=2,p=1$"));
}
END_TEST

START_TEST(fits_however_a_letter_is_composed)
{
	/* e with an acute accent: one code point, or two; and a ligature. */
	const char *hash = hash_of("caf\xc3\xa9 \xef\xac\x81ne");

	ck_assert(fits("cafe\xcc\x81 fine", hash));
	ck_assert(!fits("cafe fine", hash));
}
END_TEST

START_TEST(other_settings_make_a_hash_outdated)
{
	const char *hash = hash_of(TEST_PASSWORD);
	bool fits, outdated;

	ck_assert_int_eq(password_verify(&settings, arena, TEST_PASSWORD, hash,
			     &fits, &outdated),
	    ST_OK);
	ck_assert(fits && !outdated);
	settings.password_memory = 20 * 1024 * 1024;
	ck_assert_int_eq(password_verify(&settings, arena, TEST_PASSWORD, hash,
			     &fits, &outdated),
	    ST_OK);
	ck_assert(fits && outdated);
	/* Only who knows the password can bring it up to date. */
	ck_assert_int_eq(
	    password_verify(&settings, arena, "wrong", hash, &fits, &outdated),
	    ST_OK);
	ck_assert(!fits && !outdated);
}
END_TEST

START_TEST(no_account_fits_no_password)
{
	ck_assert(!fits(TEST_PASSWORD, NULL));
	ck_assert(!fits("", NULL));
	ck_assert(!fits(TEST_PASSWORD, ""));
	ck_assert(!fits("", ""));
	ck_assert(!fits("*", "*"));
}
END_TEST

/* --- hashes from elsewhere --- */

/* clang-format off */
static const struct {
	const char *hash;
	const char *password;
	bool fits;
} imported[] = {
	/* Of crypt_blowfish, with bytes as they came, which are no UTF-8 */
	{ "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    "U*U", true },
	{ "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    "U*U*", false },
	{ "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    "U*U", true },
	{ "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq",
	    "\xa3", true },
	/* The broken one, and what is no hash at all */
	{ "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaRepZ2nHeTFiAaRhKHGPwlUe",
	    "\xa3", false },
	{ "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
	    "U*U", false },
	{ "$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    "U*U", false },
	{ "$2a$05$", "U*U", false },
	{ "$2a$05", "U*U", false },
	{ "$2", "U*U", false },
	{ "*0", "U*U", false },
	{ "*1", "*0", false },
	{ "$1$abcdefgh$irWbblnpmw.5z7wgBnprh0", "password", false },
};
/* clang-format on */

START_TEST(checks_bcrypt_by_the_bytes_as_typed)
{
	bool fits, outdated;

	ck_assert_int_eq(
	    password_verify(&settings, arena, imported[_i].password,
		imported[_i].hash, &fits, &outdated),
	    ST_OK);
	ck_assert_msg(fits == imported[_i].fits, "%s", imported[_i].hash);
	ck_assert(outdated == fits);
}
END_TEST

START_TEST(bcrypt_sees_the_first_72_bytes)
{
	const char *longer = repeat("0123456789", 60);
	const char *setting = "$2b$04$abcdefghijklmnopqrstuu";
	struct crypt_data *data = arena_alloc(arena, sizeof(*data));
	const char *hash = crypt_rn(arena_strndup(arena, longer, 72), setting,
	    data, (int)sizeof(*data));

	ck_assert(fits(longer, hash));
	ck_assert(fits(arena_strndup(arena, longer, 72), hash));
	ck_assert(!fits(arena_strndup(arena, longer, 71), hash));
}
END_TEST

/* Made elsewhere of the letters as they were typed: two code points for one. */
START_TEST(checks_argon2id_by_the_bytes_as_typed_too)
{
	static const char typed[] = "cafe\xcc\x81 teapot";
	char hash[crypto_pwhash_STRBYTES];
	bool fits, outdated;

	ck_assert_int_eq(crypto_pwhash_str_alg(hash, typed, strlen(typed), 2,
			     19 * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13),
	    0);
	ck_assert_int_eq(
	    password_verify(&settings, arena, typed, hash, &fits, &outdated),
	    ST_OK);
	ck_assert(fits && outdated);
	ck_assert_int_eq(password_verify(&settings, arena, "caf\xc3\xa9 teapot",
			     hash, &fits, &outdated),
	    ST_OK);
	ck_assert(!fits && !outdated);
}
END_TEST

#define SALT_AND_HASH                                            \
	"$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAA"
#define BCRYPT "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

/* clang-format off */
static const struct {
	const char *hash;
	bool importable;
} hashes[] = {
	{ "$2a$04" BCRYPT, true },
	{ "$2b$14" BCRYPT, true },
	{ "$2y$10" BCRYPT, true },
	{ "$2x$10" BCRYPT, false },
	{ "$2$10" BCRYPT, false },
	{ "$2b$03" BCRYPT, false },
	{ "$2b$15" BCRYPT, false },
	{ "$2b$31" BCRYPT, false },
	{ "$2b$1$" BCRYPT, false },
	{ "$2b$10" BCRYPT "W", false },
	{ "$2b$10" BCRYPT " ", false },
	{ "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO W", false },
	{ "$argon2id$v=19$m=65536,t=2,p=1" SALT_AND_HASH, true },
	{ "$argon2id$v=19$m=262144,t=4,p=1" SALT_AND_HASH, true },
	{ "$argon2id$v=19$m=8,t=1,p=1" SALT_AND_HASH, true },
	{ "$argon2id$v=19$m=262145,t=1,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=4194304,t=1,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=99999999999999999999,t=1,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=262144,t=5,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=65536,t=17,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=65536,t=0,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=65536,t=2,p=4" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=65536,t=2" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=7,t=1,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=16$m=65536,t=2,p=1" SALT_AND_HASH, false },
	{ "$argon2i$v=19$m=65536,t=2,p=1" SALT_AND_HASH, false },
	{ "$argon2id$v=19$m=65536,t=2,p=1$AAAA$A", false },
	{ "$argon2id$v=19$m=65536,t=2,p=1$", false },
	{ "$argon2id$", false },
	{ "", false },
	{ "*0", false },
	{ "secret", false },
};
/* clang-format on */

START_TEST(some_hashes_may_be_imported)
{
	ck_assert_msg(password_hash_is_importable(hashes[_i].hash) ==
		hashes[_i].importable,
	    "%s", hashes[_i].hash);
}
END_TEST

START_TEST(kinds_are_what_costs_the_same)
{
	struct password_kind today = password_kind_today(&settings);

	ck_assert(password_kind_is_same(
	    today, password_kind_of(hash_of(TEST_PASSWORD))));
	ck_assert(password_kind_is_same(
	    password_kind_of("$2a$10" BCRYPT), password_kind_of("$2y$10$")));
	ck_assert(!password_kind_is_same(
	    password_kind_of("$2a$10$"), password_kind_of("$2a$11$")));
	ck_assert(!password_kind_is_same(today, password_kind_of("$2a$10$")));
	/* 65536 and 2 to the 54th: in bytes that would overflow to 64 MiB. */
	ck_assert_int_eq(
	    password_kind_of("$argon2id$v=19$m=18014398509547520,t=2,p=1$")
		.scheme,
	    PASSWORD_NO_SCHEME);
	settings.password_passes = 3;
	ck_assert(
	    !password_kind_is_same(today, password_kind_today(&settings)));
}
END_TEST

/*
 * Not the time, which varies, but what takes it: without the memory for the
 * work, neither an account nor the want of one can be answered.
 */
#ifndef __SANITIZE_ADDRESS__
START_TEST(without_memory_nothing_is_known)
{
	const char *hash = hash_of(TEST_PASSWORD);
	struct rlimit limit = { 0, 0 };
	bool fits, outdated;

	settings.password_memory = 1024 * 1024 * 1024;
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = 16 * 1024 * 1024;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_int_eq(password_hash(&settings, arena, TEST_PASSWORD, &hash),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(password_verify(&settings, arena, TEST_PASSWORD, hash,
			     &fits, &outdated),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(password_verify(&settings, arena, TEST_PASSWORD, NULL,
			     &fits, &outdated),
	    ST_UNAVAILABLE);
	ck_assert(!fits && !outdated);
}
END_TEST
#endif

int
main(void)
{
	Suite *suite = suite_create("password");
	TCase *policy = tcase_create("policy");
	TCase *made = tcase_create("hashes");
	TCase *elsewhere = tcase_create("hashes from elsewhere");

	tcase_add_checked_fixture(policy, setup, teardown);
	tcase_add_loop_test(policy, judges, 0, (int)ARRAY_LEN(judged));
	tcase_add_test(policy, own_words_make_it_guessable);
	tcase_add_test(policy, the_least_length_is_a_setting);
	tcase_add_test(policy, refuses_what_is_too_long_and_never_cuts);
	tcase_add_test(
	    policy, kinds_of_characters_count_where_an_operator_asks);
	suite_add_tcase(suite, policy);
	tcase_add_checked_fixture(made, setup, teardown);
	tcase_add_test(made, a_hash_fits_its_password_alone);
	tcase_add_test(made, two_hashes_of_a_password_differ);
	tcase_add_test(made, hashes_say_how_they_were_made);
	tcase_add_test(made, fits_however_a_letter_is_composed);
	tcase_add_test(made, other_settings_make_a_hash_outdated);
	tcase_add_test(made, no_account_fits_no_password);
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(made, without_memory_nothing_is_known);
#endif
	suite_add_tcase(suite, made);
	tcase_add_checked_fixture(elsewhere, setup, teardown);
	tcase_add_loop_test(elsewhere, checks_bcrypt_by_the_bytes_as_typed, 0,
	    (int)ARRAY_LEN(imported));
	tcase_add_test(elsewhere, bcrypt_sees_the_first_72_bytes);
	tcase_add_test(elsewhere, checks_argon2id_by_the_bytes_as_typed_too);
	tcase_add_loop_test(
	    elsewhere, some_hashes_may_be_imported, 0, (int)ARRAY_LEN(hashes));
	tcase_add_test(elsewhere, kinds_are_what_costs_the_same);
	suite_add_tcase(suite, elsewhere);
	return harness_run(suite, 0);
}
