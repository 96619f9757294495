/* check_password.c - what is a good password, and who has given it. */

#include <check.h>
#include <string.h>
#include <sys/resource.h>

#include "account/password.h"
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
	TCase *hashes = tcase_create("hashes");

	tcase_add_checked_fixture(policy, setup, teardown);
	tcase_add_loop_test(policy, judges, 0, (int)ARRAY_LEN(judged));
	tcase_add_test(policy, own_words_make_it_guessable);
	tcase_add_test(policy, the_least_length_is_a_setting);
	tcase_add_test(policy, refuses_what_is_too_long_and_never_cuts);
	tcase_add_test(
	    policy, kinds_of_characters_count_where_an_operator_asks);
	suite_add_tcase(suite, policy);
	tcase_add_checked_fixture(hashes, setup, teardown);
	tcase_add_test(hashes, a_hash_fits_its_password_alone);
	tcase_add_test(hashes, two_hashes_of_a_password_differ);
	tcase_add_test(hashes, hashes_say_how_they_were_made);
	tcase_add_test(hashes, fits_however_a_letter_is_composed);
	tcase_add_test(hashes, other_settings_make_a_hash_outdated);
	tcase_add_test(hashes, no_account_fits_no_password);
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(hashes, without_memory_nothing_is_known);
#endif
	suite_add_tcase(suite, hashes);
	return harness_run(suite, 0);
}
