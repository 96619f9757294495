/* check_verified.c - a table that holds many, mixes up none, and never grows. */

#include <check.h>
#include <string.h>

#include "account/verified.h"
#include "base/secret.h"
#include "tests/harness/harness.h"

#define ACCOUNT "11111111-2222-4333-8444-555555555555"
#define SESSION "66666666-7777-4888-8999-aaaaaaaaaaaa"
#define EXPIRES 2000000000
#define MANY 10000 /* tokens in use at one time */

static struct arena *arena;
static struct verified *table;

static void
setup(void)
{
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	table = verified_new();
	ck_assert_ptr_nonnull(table);
}

static void
teardown(void)
{
	verified_free(table);
	arena_free(arena);
}

/* As long as a token is, and like the others but for a few characters. */
static const char *
text_of(size_t n)
{
	static char same[600];

	memset(same, 'x', sizeof(same) - 1);
	return arena_printf(arena, "%s.%zu.%s", same, n, same);
}

static const char *
session_of(size_t n)
{
	return arena_printf(arena, "%08zx-7777-4888-8999-aaaaaaaaaaaa", n);
}

static void
add(size_t n, int64_t expires_at)
{
	const struct access_token token = {
		.account_id = ACCOUNT,
		.session_id = session_of(n),
		.generation = (int64_t)n,
		.expires_at = expires_at,
	};

	verified_add(table, text_of(n), &token, (uint32_t)n + 1);
}

/* Is it there? Then with what was said of it, and nothing else. */
static bool
holds(size_t n)
{
	struct access_token token;
	uint32_t key_number;

	if (!verified_find(table, arena, text_of(n), &token, &key_number))
		return false;
	ck_assert_str_eq(token.account_id, ACCOUNT);
	ck_assert_str_eq(token.session_id, session_of(n));
	ck_assert_int_eq(token.generation, (int64_t)n);
	ck_assert_uint_eq(key_number, n + 1);
	return true;
}

static size_t
count_held(size_t first, size_t end)
{
	size_t count = 0;

	for (size_t n = first; n < end; n++) {
		count += holds(n);
		arena_reset(arena);
	}
	return count;
}

static void
add_all(size_t first, size_t end, int64_t expires_at)
{
	for (size_t n = first; n < end; n++) {
		add(n, expires_at);
		arena_reset(arena);
	}
}

START_TEST(finds_what_was_added)
{
	struct access_token token;
	uint32_t key_number;

	ck_assert(!holds(7));
	add(7, EXPIRES);
	ck_assert(holds(7));
	ck_assert(verified_find(table, arena, text_of(7), &token, &key_number));
	ck_assert_int_eq(token.expires_at, EXPIRES);
	/* What is found does not live in the table. */
	add_all(0, 1000, EXPIRES);
	ck_assert(!holds(1000));
}
END_TEST

START_TEST(finds_no_other_text)
{
	const char *good;
	char *other;
	struct access_token token;
	uint32_t key_number;

	add(7, EXPIRES);
	good = text_of(7);
	ck_assert(!verified_find(table, arena, "", &token, &key_number));
	for (size_t i = 0; i < strlen(good); i++) {
		other = arena_strdup(arena, good);
		other[i] ^= 1;
		ck_assert(
		    !verified_find(table, arena, other, &token, &key_number));
		other[i] = '\0';
		ck_assert(
		    !verified_find(table, arena, other, &token, &key_number));
	}
	other = arena_printf(arena, "%sx", good);
	ck_assert(!verified_find(table, arena, other, &token, &key_number));
}
END_TEST

START_TEST(one_text_has_one_place)
{
	const struct access_token token = { ACCOUNT, SESSION, 8, EXPIRES };
	struct access_token found;
	uint32_t key_number;

	add(7, EXPIRES - 1);
	verified_add(table, text_of(7), &token, 9);
	ck_assert(verified_find(table, arena, text_of(7), &found, &key_number));
	ck_assert_str_eq(found.session_id, SESSION);
	ck_assert_int_eq(found.generation, 8);
	ck_assert_int_eq(found.expires_at, EXPIRES);
	ck_assert_uint_eq(key_number, 9);
}
END_TEST

/* One in 250 may find its place taken; one in 100 never does. */
START_TEST(holds_ten_thousand)
{
	add_all(0, MANY, EXPIRES);
	ck_assert_uint_ge(count_held(0, MANY), MANY - MANY / 100);
	/* Asked for and added again in turn, as requests do, most stay. */
	for (size_t n = 0; n < MANY; n++) {
		if (!holds(n))
			add(n, EXPIRES);
		arena_reset(arena);
	}
	ck_assert_uint_ge(count_held(0, MANY), MANY - MANY / 100);
}
END_TEST

START_TEST(is_bounded)
{
	size_t end = (size_t)6 * VERIFIED_ENTRIES;

	add_all(0, end, EXPIRES);
	ck_assert_uint_le(count_held(0, end), VERIFIED_ENTRIES);
	/* Full as it is, there is room for whoever comes next. */
	add(end, EXPIRES);
	ck_assert(holds(end));
}
END_TEST

START_TEST(the_soonest_to_expire_make_room)
{
	size_t full = (size_t)4 * VERIFIED_ENTRIES;

	add_all(0, full, EXPIRES - 600);
	add_all(full, full + MANY, EXPIRES);
	ck_assert_uint_ge(count_held(full, full + MANY), MANY - MANY / 100);
	ck_assert_uint_ge(
	    count_held(0, full), VERIFIED_ENTRIES - MANY - MANY / 100);
}
END_TEST

START_TEST(remembers_only_what_it_can_hold)
{
	struct access_token token = { ACCOUNT, SESSION, 0, EXPIRES };
	const char *text = text_of(1);
	uint32_t key_number;

	token.generation = (int64_t)UINT32_MAX + 1;
	verified_add(table, text, &token, 1);
	token.generation = -1;
	verified_add(table, text, &token, 1);
	token.generation = 0;
	token.expires_at = (int64_t)UINT32_MAX + 1 + EXPIRES;
	verified_add(table, text, &token, 1);
	token.expires_at = EXPIRES;
	token.session_id = "66666666";
	verified_add(table, text, &token, 1);
	ck_assert(!verified_find(table, arena, text, &token, &key_number));
	token =
	    (struct access_token){ ACCOUNT, SESSION, UINT32_MAX, UINT32_MAX };
	verified_add(table, text, &token, 1);
	ck_assert(verified_find(table, arena, text, &token, &key_number));
	ck_assert_int_eq(token.generation, UINT32_MAX);
	ck_assert_int_eq(token.expires_at, UINT32_MAX);
}
END_TEST

START_TEST(two_processes_share_nothing)
{
	struct verified *other = verified_new();
	struct access_token token;
	uint32_t key_number;

	add(7, EXPIRES);
	ck_assert(
	    !verified_find(other, arena, text_of(7), &token, &key_number));
	verified_free(other);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("verified");
	TCase *tcase = tcase_create("verified");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, finds_what_was_added);
	tcase_add_test(tcase, finds_no_other_text);
	tcase_add_test(tcase, one_text_has_one_place);
	tcase_add_test(tcase, holds_ten_thousand);
	tcase_add_test(tcase, is_bounded);
	tcase_add_test(tcase, the_soonest_to_expire_make_room);
	tcase_add_test(tcase, remembers_only_what_it_can_hold);
	tcase_add_test(tcase, two_processes_share_nothing);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
