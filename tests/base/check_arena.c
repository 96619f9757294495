/* check_arena.c - memory by lifetime. */

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "tests/harness/harness.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(arena);
}

START_TEST(hands_out_zeroed_aligned_pieces)
{
	static const unsigned char zero[5000];

	for (size_t size = 0; size < sizeof(zero); size += 7) {
		unsigned char *piece = arena_alloc(arena, size);

		ck_assert_uint_eq((uintptr_t)piece % _Alignof(max_align_t), 0);
		ck_assert_mem_eq(piece, zero, size);
		memset(piece, 0xff, size);
	}
}
END_TEST

START_TEST(is_zeroed_again_after_a_reset)
{
	memset(arena_alloc(arena, 4000), 0xff, 4000);
	arena_reset(arena);
	hands_out_zeroed_aligned_pieces_fn(0);
}
END_TEST

static char order[8];

static void
note(void *object)
{
	order[strlen(order)] = *(const char *)object;
}

START_TEST(releases_the_last_deferred_first)
{
	memset(order, 0, sizeof(order));
	arena_defer(arena, note, arena_strdup(arena, "a"));
	arena_defer(arena, note, arena_strdup(arena, "b"));
	arena_reset(arena);
	ck_assert_str_eq(order, "ba");
	arena_reset(arena);
	ck_assert_str_eq(order, "ba");
}
END_TEST

START_TEST(copies_no_further_than_told)
{
	const char bytes[3] = { 'x', 'y', 'z' };

	ck_assert_str_eq(arena_strndup(arena, bytes, 2), "xy");
	ck_assert_str_eq(arena_strndup(arena, bytes, 3), "xyz");
	ck_assert_str_eq(arena_strndup(arena, "x", 3), "x");
	ck_assert_str_eq(arena_printf(arena, "%s-%d", "a", 7), "a-7");
}
END_TEST

/* From any fill of the block: into its free end, or into one of its own. */
START_TEST(prints_across_the_end_of_a_block)
{
	static const char zero[16];
	char text[100], *piece;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 1000; i++) {
		ck_assert_str_eq(arena_printf(arena, "%s", text), text);
		piece = arena_printf(arena, "%d", i % 10);
		ck_assert_int_eq(piece[0], '0' + i % 10);
		ck_assert_int_eq(piece[1], '\0');
	}
	arena_reset(arena);
	for (int i = 0; i < 1000; i++)
		ck_assert_mem_eq(arena_alloc(arena, 16), zero, sizeof(zero));
}
END_TEST

START_TEST(ends_the_process_when_a_count_overflows)
{
	/* Through a variable, or the compiler refuses the call. */
	volatile size_t count = SIZE_MAX / 2;

	ck_assert_ptr_null(arena_array(arena, count, 16));
}
END_TEST

START_TEST(grows_a_string)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	ck_assert_str_eq(sb.text, "");
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&sb, "%03d", i);
	ck_assert_uint_eq(sb.len, 3000);
	ck_assert_uint_eq(strlen(sb.text), 3000);
	ck_assert(strncmp(sb.text, "000001002", 9) == 0);
	strbuf_truncate(&sb, 3);
	strbuf_char(&sb, '!');
	ck_assert_str_eq(sb.text, "000!");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tcase = tcase_create("arena");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, hands_out_zeroed_aligned_pieces);
	tcase_add_test(tcase, is_zeroed_again_after_a_reset);
	tcase_add_test(tcase, releases_the_last_deferred_first);
	tcase_add_test(tcase, copies_no_further_than_told);
	tcase_add_test(tcase, prints_across_the_end_of_a_block);
	tcase_add_test_raise_signal(
	    tcase, ends_the_process_when_a_count_overflows, 6);
	tcase_add_test(tcase, grows_a_string);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
