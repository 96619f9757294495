/* check_refresh_token.c - successors, tags, and texts that are not ours. */

#include <check.h>
#include <string.h>

#include "account/refresh_token.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static struct master_key *key;
static struct refresh_token token;

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	key = test_master_key();
	refresh_token_first(&token);
	token.session_id = TEST_UUID;
}

static void
teardown(void)
{
	master_key_free(key);
	arena_free(arena);
}

static enum status
read(const char *text)
{
	struct refresh_token found;

	return refresh_token_read(key, arena, text, &found);
}

START_TEST(is_read_as_it_was_written)
{
	struct refresh_token found;
	const char *text;

	token.generation = 1234567890123;
	text = refresh_token_text(key, arena, &token);
	ck_assert_uint_le(strlen(text), REFRESH_TOKEN_MAX);
	ck_assert_int_eq(refresh_token_read(key, arena, text, &found), ST_OK);
	ck_assert_str_eq(found.session_id, TEST_UUID);
	ck_assert_int_eq(found.generation, 1234567890123);
	ck_assert_mem_eq(found.secret, token.secret, SECRET_BYTES);
}
END_TEST

START_TEST(first_ones_are_all_different)
{
	struct refresh_token other;

	refresh_token_first(&other);
	ck_assert_int_eq(other.generation, 0);
	ck_assert_mem_ne(other.secret, token.secret, SECRET_BYTES);
}
END_TEST

START_TEST(has_one_successor)
{
	struct refresh_token next, again;

	refresh_token_next(key, 0, arena, &token, &next);
	refresh_token_next(key, 0, arena, &token, &again);
	ck_assert_int_eq(next.generation, 1);
	ck_assert_str_eq(next.session_id, TEST_UUID);
	ck_assert_mem_eq(next.secret, again.secret, SECRET_BYTES);
	ck_assert_mem_ne(next.secret, token.secret, SECRET_BYTES);
}
END_TEST

/* Each of what the successor is derived from counts. */
START_TEST(successor_depends_on_all)
{
	struct refresh_token next, other = token, found;

	refresh_token_next(key, 0, arena, &token, &next);
	other.generation = 1;
	refresh_token_next(key, 0, arena, &other, &found);
	ck_assert_mem_ne(next.secret, found.secret, SECRET_BYTES);
	other = token;
	other.session_id = "00000000-0000-4000-8000-000000000001";
	refresh_token_next(key, 0, arena, &other, &found);
	ck_assert_mem_ne(next.secret, found.secret, SECRET_BYTES);
	other = token;
	other.secret[31] ^= 1;
	refresh_token_next(key, 0, arena, &other, &found);
	ck_assert_mem_ne(next.secret, found.secret, SECRET_BYTES);
}
END_TEST

START_TEST(successor_needs_the_master_key)
{
	struct master_key *other;
	struct refresh_token next, found;
	const char *why;

	ck_assert_int_eq(master_key_load(arena,
			     "ffeeddccbbaa99887766554433221100"
			     "ffeeddccbbaa99887766554433221100",
			     NULL, &other, &why),
	    ST_OK);
	refresh_token_next(key, 0, arena, &token, &next);
	refresh_token_next(other, 0, arena, &token, &found);
	ck_assert_mem_ne(next.secret, found.secret, SECRET_BYTES);
	ck_assert_int_eq(
	    read(refresh_token_text(other, arena, &token)), ST_INVALID);
	master_key_free(other);
}
END_TEST

/* Any one character changed, and it is nobody's. */
START_TEST(a_changed_text_is_refused)
{
	const char *text = refresh_token_text(key, arena, &token);
	char *changed = arena_strdup(arena, text);

	ck_assert_int_eq(read(text), ST_OK);
	for (size_t i = 0; i < strlen(text); i++) {
		changed[i] = text[i] == '1' ? '2' : '1';
		ck_assert_int_eq(read(changed), ST_INVALID);
		changed[i] = text[i];
	}
	ck_assert_int_eq(
	    read(arena_strndup(arena, text, strlen(text) - 1)), ST_INVALID);
	ck_assert_int_eq(read(arena_printf(arena, "%sA", text)), ST_INVALID);
}
END_TEST

/* What follows in memory is not part of it. */
START_TEST(ends_where_it_ends)
{
	const char *text = refresh_token_text(key, arena, &token);
	char *cut = arena_strdup(arena, text);

	for (size_t i = 0; i < strlen(text); i++) {
		cut[i] = '\0';
		ck_assert_int_eq(read(cut), ST_INVALID);
		cut[i] = text[i];
	}
}
END_TEST

static const char *const strangers[] = {
	"",
	".",
	"..",
	TEST_UUID,
	TEST_UUID ".",
	TEST_UUID ".0",
	TEST_UUID ".0.",
	TEST_UUID ".0.AAAA",
	TEST_UUID "..AAAA",
	TEST_UUID ".99999999999999999999.AAAA",
	"00000000-0000-4000-8000-00000000000Z.0.AAAA",
};

START_TEST(what_is_no_token_is_refused)
{
	ck_assert_int_eq(read(strangers[_i]), ST_INVALID);
}
END_TEST

/* The same number written in another way would be another text. */
START_TEST(a_number_has_one_form)
{
	const char *text = refresh_token_text(key, arena, &token);
	const char *rest = text + strlen(TEST_UUID ".0");
	static const char *const numbers[] = { "00", "+0", "-0", " 0", "0x0" };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		ck_assert_int_eq(read(arena_printf(arena, "%s.%s%s", TEST_UUID,
				     numbers[i], rest)),
		    ST_INVALID);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("refresh_token");
	TCase *tcase = tcase_create("token");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, is_read_as_it_was_written);
	tcase_add_test(tcase, first_ones_are_all_different);
	tcase_add_test(tcase, has_one_successor);
	tcase_add_test(tcase, successor_depends_on_all);
	tcase_add_test(tcase, successor_needs_the_master_key);
	tcase_add_test(tcase, a_changed_text_is_refused);
	tcase_add_test(tcase, ends_where_it_ends);
	tcase_add_loop_test(
	    tcase, what_is_no_token_is_refused, 0, ARRAY_LEN(strangers));
	tcase_add_test(tcase, a_number_has_one_form);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
