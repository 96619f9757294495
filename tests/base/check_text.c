/* check_text.c - what makes a string acceptable. */

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"

#define BYTES(literal)                       \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

struct bytes {
	const char *text;
	size_t len;
};

static const struct bytes good[] = {
	BYTES(""),
	BYTES("plain"),
	BYTES("\x7f"),
	BYTES("\xc2\x80"),
	BYTES("\xdf\xbf"),
	BYTES("\xe0\xa0\x80"),
	BYTES("\xed\x9f\xbf"),
	BYTES("\xee\x80\x80"),
	BYTES("\xef\xbf\xbf"),
	BYTES("\xf0\x90\x80\x80"),
	BYTES("\xf4\x8f\xbf\xbf"),
	BYTES("z\xc3\xbcrich \xf0\x9f\x94\x91"),
};

START_TEST(takes_well_formed_utf8)
{
	ck_assert(text_is_utf8(good[_i].text, good[_i].len));
}
END_TEST

static const struct bytes bad[] = {
	BYTES("a\0b"),             /* U+0000 */
	BYTES("\x80"),             /* a continuation alone */
	BYTES("\xc0\x80"),         /* overlong U+0000 */
	BYTES("\xc1\xbf"),         /* overlong, two bytes */
	BYTES("\xe0\x9f\xbf"),     /* overlong, three bytes */
	BYTES("\xf0\x8f\xbf\xbf"), /* overlong, four bytes */
	BYTES("\xed\xa0\x80"),     /* surrogates, first and last */
	BYTES("\xed\xbf\xbf"),
	BYTES("\xf4\x90\x80\x80"), /* beyond U+10FFFF */
	BYTES("\xf5\x80\x80\x80"), /* no such first byte */
	BYTES("\xff"),
	BYTES("\xc3"), /* cut short */
	BYTES("\xe2\x82"),
	BYTES("\xf0\x9f\x94"),
	BYTES("\xc3("), /* no continuation */
	BYTES("\xe2\x82("),
	BYTES("\xf0\x9f(\x91"),
	BYTES("\xf0\x9f\x94\xc3"),
	BYTES("caf\xe9 au lait"), /* Latin-1 */
	BYTES("good, then bad\xfe"),
};

START_TEST(refuses_malformed_utf8)
{
	ck_assert(!text_is_utf8(bad[_i].text, bad[_i].len));
}
END_TEST

START_TEST(reads_no_byte_past_the_length)
{
	/* The rest of the character is there, but not ours. */
	ck_assert(!text_is_utf8("\xe2\x82\xac", 2));
	ck_assert(text_is_utf8("\xe2\x82\xac\xff", 3));
	/* A piece from malloc, for the sanitizer to watch. */
	char *piece = malloc(1);

	ck_assert_ptr_nonnull(piece);
	*piece = '\xc3';
	ck_assert(!text_is_utf8(piece, 1));
	free(piece);
}
END_TEST

START_TEST(counts_characters_not_bytes)
{
	ck_assert_uint_eq(text_length(""), 0);
	ck_assert_uint_eq(text_length("abc"), 3);
	ck_assert_uint_eq(text_length("z\xc3\xbcrich \xf0\x9f\x94\x91"), 8);
}
END_TEST

START_TEST(sees_every_control_character)
{
	static const char *const controls[] = {
		"\x01",
		"a\tb",
		"a\r\n",
		"\x1f",
		"\x7f",
		"a\xc2\x80",
		"\xc2\x85",
		"\xc2\x9f",
		"a\xe2\x80\xa8",
		"\xe2\x80\xa9z",
	};

	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		ck_assert_msg(text_has_control(controls[i]), "row %zu", i);
}
END_TEST

START_TEST(takes_no_letter_for_a_control_character)
{
	ck_assert(!text_has_control(""));
	ck_assert(!text_has_control(" ~"));
	ck_assert(!text_has_control("\xc2\xa0"));           /* U+00A0 */
	ck_assert(!text_has_control("\xc3\x85"));           /* U+00C5 */
	ck_assert(!text_has_control("\xe2\x80\xa7"));       /* U+2027 */
	ck_assert(!text_has_control("\xe2\x81\xa8 \xe2"));  /* U+2068; cut */
	ck_assert(!text_has_control("\xf0\x9f\x94\x91 k")); /* U+1F511 */
}
END_TEST

START_TEST(writes_a_uuid)
{
	static const unsigned char id[TEXT_UUID_BYTES] = { 0x01, 0x90, 0xf5,
		0xfe, 0x7c, 0x3a, 0x7b, 0x5e, 0x8d, 0x1f, 0x00, 0xa9, 0xb8,
		0xc7, 0xd6, 0xe5 };
	struct arena *arena = arena_new();

	ck_assert_str_eq(
	    text_uuid(arena, id), "0190f5fe-7c3a-7b5e-8d1f-00a9b8c7d6e5");
	arena_free(arena);
}
END_TEST

START_TEST(knows_a_uuid)
{
	static const char uuid[] = "0190f5fe-7c3a-7b5e-8d1f-00a9b8c7d6e5";

	ck_assert(text_is_uuid(uuid));
	ck_assert(!text_is_uuid(""));
	ck_assert(!text_is_uuid("0190f5fe-7c3a-7b5e-8d1f-00a9b8c7d6e"));
	ck_assert(!text_is_uuid("0190f5fe-7c3a-7b5e-8d1f-00a9b8c7d6e55"));
	ck_assert(!text_is_uuid("0190F5FE-7C3A-7B5E-8D1F-00A9B8C7D6E5"));
	ck_assert(!text_is_uuid("{190f5fe-7c3a-7b5e-8d1f-00a9b8c7d6e}"));
	ck_assert(!text_is_uuid("0190f5fe07c3a-7b5e-8d1f-00a9b8c7d6e5"));
	ck_assert(!text_is_uuid("0190f5fe-7c3a-7b5e-8d1f-00a9b8c7d6g5"));
	ck_assert(!text_is_uuid("-190f5fe-7c3a-7b5e-8d1f-00a9b8c7d6e5"));
}
END_TEST

START_TEST(ignores_the_case_of_ascii_only)
{
	ck_assert(text_equal_nocase("", ""));
	ck_assert(text_equal_nocase("Content-TYPE", "content-type"));
	ck_assert(!text_equal_nocase("abc", "ab"));
	ck_assert(!text_equal_nocase("ab", "abc"));
	ck_assert(!text_equal_nocase("[", "{"));
	ck_assert(!text_equal_nocase("@", "`"));
	ck_assert(!text_equal_nocase("\xc3\x84", "\xc3\xa4"));
}
END_TEST

START_TEST(finds_a_prefix)
{
	ck_assert(text_starts_with("abc", ""));
	ck_assert(text_starts_with("abc", "ab"));
	ck_assert(text_starts_with("abc", "abc"));
	ck_assert(!text_starts_with("abc", "abcd"));
	ck_assert(!text_starts_with("abc", "b"));
}
END_TEST

START_TEST(measures_how_far_apart_words_are)
{
	char longest[TEXT_DISTANCE_MAX + 1] = "", longer[TEXT_DISTANCE_MAX + 2];

	ck_assert_uint_eq(text_distance("", ""), 0);
	ck_assert_uint_eq(text_distance("", "abc"), 3);
	ck_assert_uint_eq(text_distance("abc", ""), 3);
	ck_assert_uint_eq(text_distance("acess", "access"), 1);
	ck_assert_uint_eq(text_distance("access", "acess"), 1);
	ck_assert_uint_eq(text_distance("site.url", "site.irl"), 1);
	ck_assert_uint_eq(text_distance("kitten", "sitting"), 3);
	memset(longest, 'x', sizeof(longest) - 1);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_uint_eq(text_distance(longest, longest), 0);
	ck_assert_uint_eq(text_distance(longest, ""), TEXT_DISTANCE_MAX);
	ck_assert_uint_eq(text_distance(longer, ""), SIZE_MAX);
	ck_assert_uint_eq(text_distance("", longer), SIZE_MAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
	    tcase, takes_well_formed_utf8, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(
	    tcase, refuses_malformed_utf8, 0, (int)ARRAY_LEN(bad));
	tcase_add_test(tcase, reads_no_byte_past_the_length);
	tcase_add_test(tcase, counts_characters_not_bytes);
	tcase_add_test(tcase, sees_every_control_character);
	tcase_add_test(tcase, takes_no_letter_for_a_control_character);
	tcase_add_test(tcase, writes_a_uuid);
	tcase_add_test(tcase, knows_a_uuid);
	tcase_add_test(tcase, ignores_the_case_of_ascii_only);
	tcase_add_test(tcase, finds_a_prefix);
	tcase_add_test(tcase, measures_how_far_apart_words_are);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
