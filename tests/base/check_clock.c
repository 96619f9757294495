/* check_clock.c - times and durations, written and read. */

#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
	/* Neither may show in what is written. */
	ck_assert_int_eq(setenv("TZ", "Pacific/Chatham", 1), 0);
	ck_assert_int_eq(setenv("LC_ALL", "de_DE.UTF-8", 1), 0);
	tzset();
}

static void
teardown(void)
{
	arena_free(arena);
}

static const struct moment {
	int64_t when;
	const char *rfc3339;
	const char *words;
} moments[] = {
	{ 0, "1970-01-01T00:00:00Z", "1 January 1970, 00:00 UTC" },
	{ -1, "1969-12-31T23:59:59Z", "31 December 1969, 23:59 UTC" },
	{ 1795231200, "2026-11-21T03:20:00Z", "21 November 2026, 03:20 UTC" },
	{ 951782399, "2000-02-28T23:59:59Z", "28 February 2000, 23:59 UTC" },
	{ 951782400, "2000-02-29T00:00:00Z", "29 February 2000, 00:00 UTC" },
	{ 4294967296, "2106-02-07T06:28:16Z", "7 February 2106, 06:28 UTC" },
	{ 253402300799, "9999-12-31T23:59:59Z", "31 December 9999, 23:59 UTC" },
	{ INT64_MAX, "9999-12-31T23:59:59Z", "31 December 9999, 23:59 UTC" },
	{ INT64_MIN, "0000-01-01T00:00:00Z", "1 January 0, 00:00 UTC" },
};

START_TEST(writes_a_time)
{
	const struct moment *moment = &moments[_i];

	ck_assert_str_eq(clock_rfc3339(arena, moment->when), moment->rfc3339);
	ck_assert_str_eq(clock_words(arena, moment->when), moment->words);
}
END_TEST

START_TEST(counts_days)
{
	ck_assert_int_eq(clock_days(1970, 1, 1), 0);
	ck_assert_int_eq(clock_days(1969, 12, 31), -1);
	ck_assert_int_eq(clock_days(2000, 2, 29), 11016);
	ck_assert_int_eq(clock_days(2000, 3, 1), 11017);
	ck_assert_int_eq(clock_days(2100, 3, 1), 47541);
	ck_assert_int_eq(clock_days(1, 1, 1), -719162);
	ck_assert_int_eq(clock_days(9999, 12, 31), 2932896);
}
END_TEST

START_TEST(steady_clock_never_goes_back)
{
	int64_t before = clock_steady_us();

	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_steady_us();

		ck_assert_int_ge(now, before);
		before = now;
	}
	ck_assert_int_gt(before, 0);
}
END_TEST

START_TEST(now_is_the_system_time)
{
	int64_t before = (int64_t)time(NULL), now = clock_now();

	ck_assert_int_ge(now, before);
	ck_assert_int_le(now, (int64_t)time(NULL));
}
END_TEST

static const struct duration {
	const char *text;
	int64_t seconds;
} durations[] = {
	{ "0s", 0 },
	{ "90s", 90 },
	{ "10m", 600 },
	{ "24h", 86400 },
	{ "30d", 2592000 },
	{ "007m", 420 },
	{ "3650d", 315360000 },
	{ "315360000s", 315360000 },
};

START_TEST(reads_a_duration)
{
	int64_t seconds = -1;

	ck_assert_int_eq(
	    clock_parse_duration(durations[_i].text, &seconds), ST_OK);
	ck_assert_int_eq(seconds, durations[_i].seconds);
}
END_TEST

static const char *const not_durations[] = { "", "m", "10", "10 m", " 10m",
	"10m ", "10min", "10M", "-10m", "+10m", "1.5h", "1h30m", "0x10s",
	"3651d", "87601h", "5256001m", "315360001s", "9223372036854775808s",
	"99999999999999999999999999999999d", "10w", "\xd9\xa1h" };

START_TEST(refuses_what_is_no_duration)
{
	int64_t seconds = -1;

	ck_assert_int_eq(
	    clock_parse_duration(not_durations[_i], &seconds), ST_INVALID);
	ck_assert_int_eq(seconds, -1);
}
END_TEST

static const struct duration words[] = {
	{ "0 seconds", 0 },
	{ "1 second", 1 },
	{ "90 seconds", 90 },
	{ "1 minute", 60 },
	{ "10 minutes", 600 },
	{ "90 minutes", 5400 },
	{ "1 hour", 3600 },
	{ "24 hours", 86400 },
	{ "36 hours", 129600 },
	{ "2 days", 172800 },
	{ "7 days", 604800 },
	{ "30 days", 2592000 },
	{ "3601 seconds", 3601 },
};

START_TEST(says_a_duration_in_words)
{
	ck_assert_str_eq(
	    clock_duration_words(arena, words[_i].seconds), words[_i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tcase = tcase_create("clock");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, writes_a_time, 0, (int)ARRAY_LEN(moments));
	tcase_add_test(tcase, counts_days);
	tcase_add_test(tcase, steady_clock_never_goes_back);
	tcase_add_test(tcase, now_is_the_system_time);
	tcase_add_loop_test(
	    tcase, reads_a_duration, 0, (int)ARRAY_LEN(durations));
	tcase_add_loop_test(tcase, refuses_what_is_no_duration, 0,
	    (int)ARRAY_LEN(not_durations));
	tcase_add_loop_test(
	    tcase, says_a_duration_in_words, 0, (int)ARRAY_LEN(words));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
