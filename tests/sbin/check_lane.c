/* check_lane.c - a lane's jobs by a clock that the jobs move on. */

#include <check.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "sbin/work.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define SECOND INT64_C(1000000)
#define TAKES (20 * SECOND) /* a job, by our clock */

static struct arena *arena;
static struct db *db;
static struct work work;
static int64_t now_us;
static unsigned done;
static bool away;
static enum status answer;

/* The linker has whoever asks for the time ask here (--wrap). */
int64_t __wrap_clock_steady_us(void);

int64_t
__wrap_clock_steady_us(void)
{
	return now_us;
}

static enum status
do_job_slowly(struct work *worker, const struct job *job)
{
	now_us += TAKES;
	worker->away = away;
	done++;
	return answer == ST_OK ? job_done(worker->db, worker->arena, job)
			       : answer;
}

static const struct kind kinds[] = {
	{ "slow", WORK_LEASE_SECONDS, 0, do_job_slowly },
	{ "brief", WORK_LEASE_SECONDS, 2, do_job_slowly },
	{ "long", 10 * WORK_LEASE_SECONDS, 0, do_job_slowly },
};

static const struct lane lane = { JOB_LANE_JOBS, "check_lane", kinds,
	ARRAY_LEN(kinds), NULL, NULL };

static void
setup(void)
{
	static const struct config config = { .work_interval = 60 };

	arena = arena_new();
	test_clear();
	db = db_open(test_database_url(), "check_lane");
	work = (struct work){ .lane = &lane,
		.db = db_open(test_database_url(), "check_lane"),
		.config = &config,
		.arena = arena_new(),
		.host = "here",
		.signals = work_catch_signals() };
	ck_assert_int_ge(work.signals, 0);
	now_us = 1000 * SECOND;
	answer = ST_OK;
}

static void
teardown(void)
{
	(void)close(work.signals);
	db_close(work.db);
	arena_free(work.arena);
	db_close(db);
	arena_free(arena);
}

static void
add(const char *kind, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(
		    job_add(db, arena, kind, NULL, NULL, 0), ST_OK);
}

/* How many were begun. */
static unsigned
begun(int64_t seconds)
{
	unsigned before = done;

	ck_assert_int_eq(lane_work_once(&work, seconds), ST_OK);
	return done - before;
}

static int64_t
left(void)
{
	return test_int("SELECT count(*) FROM job", NULL);
}

START_TEST(begins_nothing_once_the_time_is_up)
{
	add("slow", 5);
	ck_assert_uint_eq(begun(0), 0);
	ck_assert_uint_eq(begun(50), 3); /* at 0, 20 and 40 s */
	ck_assert_int_eq(left(), 2);
	ck_assert_uint_eq(begun(50), 2);
	ck_assert_uint_eq(begun(50), 0);
}
END_TEST

START_TEST(begins_nothing_once_asked_to_stop)
{
	add("slow", 2);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	ck_assert_uint_eq(begun(50), 0);
}
END_TEST

/* Only one job finds out that whom all need is away, and ever more seldom. */
START_TEST(rests_while_somebody_is_away)
{
	static const int64_t rests[] = { 5, 10, 20, 40, 60, 60 };

	add("slow", 20);
	away = true;
	for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
		ck_assert_uint_eq(begun(1000), 1);
		now_us += rests[i] * SECOND - 1;
		ck_assert_uint_eq(begun(1000), 0);
		now_us += 1;
	}
	away = false;
	ck_assert_uint_eq(begun(1000), 14);
	away = true;
	add("slow", 1);
	ck_assert_uint_eq(begun(1000), 1);
	now_us += rests[0] * SECOND;
	add("slow", 1);
	ck_assert_uint_eq(begun(1000), 1);
}
END_TEST

static void
make_due(void)
{
	test_execute("UPDATE job SET run_at = now()");
}

START_TEST(puts_off_what_failed_and_drops_it_in_the_end)
{
	add("slow", 1);
	add("brief", 1);
	answer = ST_FAULT;
	ck_assert_uint_eq(begun(50), 2);
	ck_assert_uint_eq(begun(50), 0);
	ck_assert_int_eq(left(), 2);
	for (int i = 0; i < 10; i++) {
		make_due();
		ck_assert_uint_eq(begun(50), i == 0 ? 2 : 1);
	}
	ck_assert_str_eq(
	    test_text(arena, "SELECT kind FROM job", NULL), "slow");
}
END_TEST

START_TEST(leaves_alone_what_another_took_over)
{
	add("slow", 1);
	answer = ST_CONFLICT;
	ck_assert_uint_eq(begun(50), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM job"
				  " WHERE leased_until > now()",
			     NULL),
	    1);
	ck_assert_uint_eq(begun(50), 0);
}
END_TEST

/* Is the one job leased for over five minutes from now? */
static bool
is_long(void)
{
	return test_int("SELECT count(*) FROM job"
			" WHERE leased_until > now() + interval '5 min'",
		   NULL) == 1;
}

/* The lease outlasts the job, and a sign of life precedes it. */
START_TEST(holds_a_lease_for_as_long_as_its_kind_takes)
{
	answer = ST_CONFLICT; /* so that the row stays as it is */
	add("slow", 1);
	ck_assert_uint_eq(begun(50), 1);
	ck_assert(!is_long());
	test_execute("DELETE FROM job;"
		     "UPDATE worker SET seen_at = '-infinity'");
	add("long", 1);
	now_us -= TAKES; /* not due for a sign of life by itself */
	ck_assert_uint_eq(begun(50), 1);
	ck_assert(is_long());
	ck_assert_int_eq(test_int("SELECT count(*) FROM worker"
				  " WHERE seen_at > '-infinity'",
			     NULL),
	    1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lane");
	TCase *tcase = tcase_create("lane");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, begins_nothing_once_the_time_is_up);
	tcase_add_test(tcase, begins_nothing_once_asked_to_stop);
	tcase_add_test(tcase, rests_while_somebody_is_away);
	tcase_add_test(tcase, puts_off_what_failed_and_drops_it_in_the_end);
	tcase_add_test(tcase, leaves_alone_what_another_took_over);
	tcase_add_test(tcase, holds_a_lease_for_as_long_as_its_kind_takes);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
