/* check_totp.c - codes of an app, at the edges of their time. */

#include <check.h>
#include <string.h>

#include "account/totp.h"
#include "tests/harness/code.h"
#include "tests/harness/harness.h"

/* RFC 6238, appendix B: this secret, as ASCII. */
static const unsigned char secret[] = "12345678901234567890";

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

/* The last six of the eight digits that appendix B has, as 10^6 divides 10^8. */
static const struct {
	int64_t time;
	const char *eight;
	int64_t step;
} vectors[] = {
	{ 59, "94287082", 0x1 },
	{ 1111111109, "07081804", 0x23523EC },
	{ 1111111111, "14050471", 0x23523ED },
	{ 1234567890, "89005924", 0x273EF07 },
	{ 2000000000, "69279037", 0x3F940AA },
	{ 20000000000, "65353130", 0x27BC86AA },
};

START_TEST(agrees_with_rfc_6238)
{
	int64_t step;

	ck_assert_int_eq(totp_find_step(secret, vectors[_i].time,
			     vectors[_i].eight + 2, &step),
	    ST_OK);
	ck_assert_int_eq(step, vectors[_i].step);
	/* So does what the tests judge by. */
	ck_assert_str_eq(
	    code_of_step(arena, secret, TOTP_SECRET_BYTES, vectors[_i].step, 8),
	    vectors[_i].eight);
}
END_TEST

/* The step's own 30 seconds, those before and those after. */
START_TEST(a_code_counts_for_three_steps)
{
	const int64_t begin = 1234567890 / TOTP_STEP * TOTP_STEP;
	const char *code = code_of_step(
	    arena, secret, TOTP_SECRET_BYTES, begin / TOTP_STEP, TOTP_DIGITS);
	int64_t step;

	for (int64_t at = begin - 90; at < begin + 120; at++) {
		bool counts = at >= begin - 30 && at < begin + 60;

		step = 0;
		ck_assert_int_eq(totp_find_step(secret, at, code, &step),
		    counts ? ST_OK : ST_NOT_FOUND);
		ck_assert_int_eq(step, counts ? begin / TOTP_STEP : 0);
	}
}
END_TEST

/* By chance, one in a million: used once, it is to be of no use in the other. */
START_TEST(a_code_of_two_steps_is_of_the_later)
{
	const int64_t first = 40628458;
	int64_t step;

	ck_assert_str_eq(
	    code_of_step(arena, secret, TOTP_SECRET_BYTES, first, TOTP_DIGITS),
	    code_of_step(
		arena, secret, TOTP_SECRET_BYTES, first + 1, TOTP_DIGITS));
	for (int64_t now = first - 1; now <= first + 2; now++) {
		ck_assert_int_eq(
		    totp_find_step(secret, now * TOTP_STEP, "669470", &step),
		    ST_OK);
		ck_assert_int_eq(step, now < first ? first : first + 1);
	}
}
END_TEST

/* 1970 has no step before its first. */
START_TEST(time_may_begin)
{
	int64_t step;

	for (int64_t at = 0; at < 60; at += 15)
		ck_assert_int_eq(
		    totp_find_step(secret, at, "755224", &step), ST_OK);
	ck_assert_int_eq(step, 0);
}
END_TEST

static const char *const others[] = { "", "0", "8708", "87082", "94287082",
	"4287082", "28708a", "-28708", " 28708", "28708 ", "287082 ",
	"\xd9\xa2", "287 082", "0x1234", "+87082", "999999999999999999999999" };

START_TEST(six_digits_and_nothing_else)
{
	int64_t step;

	ck_assert_int_eq(totp_find_step(secret, 59, "287082", &step), ST_OK);
	ck_assert_int_eq(
	    totp_find_step(secret, 59, others[_i], &step), ST_NOT_FOUND);
}
END_TEST

START_TEST(the_secret_is_told_in_base32)
{
	ck_assert_str_eq(totp_secret_text(arena, secret),
	    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}
END_TEST

START_TEST(the_url_is_what_apps_read)
{
	ck_assert_str_eq(
	    totp_url(arena, "The House: \xc3\xa4&b", "ada+x@example.org",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
	    "otpauth://totp/The%20House%3A%20%C3%A4%26b:ada%2Bx%40example.org"
	    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	    "&issuer=The%20House%3A%20%C3%A4%26b"
	    "&algorithm=SHA1&digits=6&period=30");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("totp");
	TCase *tcase = tcase_create("totp");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, agrees_with_rfc_6238, 0, (int)ARRAY_LEN(vectors));
	tcase_add_test(tcase, a_code_counts_for_three_steps);
	tcase_add_test(tcase, a_code_of_two_steps_is_of_the_later);
	tcase_add_test(tcase, time_may_begin);
	tcase_add_loop_test(
	    tcase, six_digits_and_nothing_else, 0, (int)ARRAY_LEN(others));
	tcase_add_test(tcase, the_secret_is_told_in_base32);
	tcase_add_test(tcase, the_url_is_what_apps_read);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
