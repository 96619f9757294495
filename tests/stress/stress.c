/* stress.c - the phases, their shares of the time, and what they report. */

#include <check.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/stress/stress.h"

#define SECONDS 180
#define TIMEOUT 900 /* beyond a phase's share: a guard, not a bound */
#define TOLD_MAX 10 /* of what is broken, a phase */
#define REPORT_SIZE 4096

/* Shared by all processes of the run. */
static struct board {
	char report[REPORT_SIZE];
	atomic_uint broken;
} * board;

static int64_t end_us; /* of the phase, by the steady clock */

/* In hundredths of the whole. */
static const struct phase {
	const char *name;
	void (*run)(void);
	int share;
} phases[] = {
	{ "refresh races", refresh_races, 15 },
	{ "replays", replays, 15 },
	{ "one-time links", link_races, 10 },
	{ "reset links", reset_races, 15 },
	{ "codes", code_races, 10 },
	{ "sign-out races", sign_out_races, 10 },
	{ "kills", kills, 25 },
};

static long
seconds(void)
{
	const char *text = getenv("STRESS_SECONDS");
	long given = text != NULL ? strtol(text, NULL, 10) : 0;

	return given > 0 ? given : SECONDS;
}

bool
stress_goes_on(void)
{
	return clock_steady_us() < end_us;
}

void
stress_report(const char *format, ...)
{
	size_t len = strlen(board->report);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(
	    board->report + len, sizeof(board->report) - len, format, args);
	va_end(args);
	len = strlen(board->report);
	(void)snprintf(board->report + len, sizeof(board->report) - len, "\n");
}

void
stress_broken(const char *format, ...)
{
	va_list args;

	if (atomic_fetch_add(&board->broken, 1) >= TOLD_MAX)
		return;
	printf("BROKEN: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	(void)fflush(stdout);
}

uint32_t
chance(uint32_t below)
{
	uint32_t number;

	secret_random(&number, sizeof(number));
	return number % below;
}

START_TEST(holds)
{
	const struct phase *phase = &phases[_i];

	ck_assert_int_eq(secret_init(), ST_OK);
	printf("== %s\n", phase->name);
	(void)fflush(stdout);
	atomic_store(&board->broken, 0);
	end_us = clock_steady_us() + seconds() * phase->share * 10000;
	phase->run();
	ck_assert_msg(atomic_load(&board->broken) == 0, "broken %u times",
	    atomic_load(&board->broken));
}
END_TEST

static Suite *
stress_suite(void)
{
	Suite *suite = suite_create("stress");

	/* A case each, so that CK_RUN_CASE runs one alone. */
	for (int i = 0; i < (int)ARRAY_LEN(phases); i++) {
		TCase *tcase = tcase_create(phases[i].name);

		tcase_set_timeout(tcase, (double)(seconds() + TIMEOUT));
		tcase_add_loop_test(tcase, holds, i, i + 1);
		suite_add_tcase(suite, tcase);
	}
	return suite;
}

int
main(void)
{
	int code;

	board = shared_new(sizeof(*board));
	/* So that no slow moment is taken for a theft, or a crowd. */
	web_set("refresh.grace=10m");
	web_set("access_token.ttl=24h");
	web_set("password.wait=10s");
	code = harness_run(stress_suite(), NEEDS_FASTCGI);
	if (board->report[0] == '\0') /* nothing was tried */
		code = code == 0 ? EXIT_FAILURE : code;
	printf("%s%s\n", board->report,
	    code == 0 ? "all claims hold" : "NOT all claims hold");
	return code;
}
