/* check_job.c - leasing, losing and ending jobs. */

#include <check.h>
#include <string.h>

#include "base/job.h"
#include "tests/harness/harness.h"

#define ADA "7a9c2d0e-95ab-4c4e-8f66-0f2b8ad51f27"
#define BOB "0d7f4b1c-6a0e-4f55-9c39-3f1a53f0b9aa"

static const struct db_stmt empty = { "test_empty", "DELETE FROM job" };
static const struct db_stmt all = { "test_all",
	"SELECT kind, coalesce(subject::text, '-'),"
	" extract(epoch FROM run_at - now())::bigint,"
	" extract(epoch FROM leased_until - now())::bigint"
	" FROM job ORDER BY id" };
static const struct db_stmt due_in = { "test_due_in",
	"UPDATE job SET run_at = now() + make_interval(secs => $2)"
	" WHERE kind = $1" };
static const struct db_stmt end_leases = { "test_end_leases",
	"UPDATE job SET leased_until = now()" };

static struct arena *arena;
static struct db *db, *other;
static struct job job, again;

static void
setup(void)
{
	arena = arena_new();
	db = db_open(test_database_url(), "check_job");
	other = db_open(test_database_url(), "check_job other");
	ck_assert_int_eq(db_query(db, arena, &empty, DB_NO_ARGS, NULL), ST_OK);
}

static void
teardown(void)
{
	db_close(other);
	db_close(db);
	arena_free(arena);
}

static void
add(const char *kind, const char *subject)
{
	ck_assert_int_eq(job_add(db, arena, kind, subject, NULL, 0), ST_OK);
}

/* Jobs of this kind are due so many seconds from now. */
static void
set_due(const char *kind, int64_t seconds)
{
	ck_assert_int_eq(db_query(db, arena, &due_in,
			     DB_ARGS(DB_TEXT(kind), DB_INT(seconds)), NULL),
	    ST_OK);
}

static void
expire_leases(void)
{
	ck_assert_int_eq(
	    db_query(db, arena, &end_leases, DB_NO_ARGS, NULL), ST_OK);
}

static struct db_rows *
rows(void)
{
	struct db_rows *result;

	ck_assert_int_eq(db_query(db, arena, &all, DB_NO_ARGS, &result), ST_OK);
	return result;
}

START_TEST(leases_what_was_added)
{
	ck_assert_int_eq(job_add(db, arena, "a", ADA, "a\0b", 3), ST_OK);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	ck_assert_str_eq(job.kind, "a");
	ck_assert_str_eq(job.subject, ADA);
	ck_assert_uint_eq(job.payload_size, 3);
	ck_assert_mem_eq(job.payload, "a\0b", 3);
	ck_assert_int_eq(job.attempts, 1);
}
END_TEST

START_TEST(can_be_about_nothing)
{
	add("a", NULL);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	ck_assert_str_eq(job.subject, "");
	ck_assert_uint_eq(job.payload_size, 0);
}
END_TEST

START_TEST(does_once_what_is_asked_twice)
{
	add("a", ADA);
	add("a", ADA);
	ck_assert_uint_eq(db_count(rows()), 1);
	add("b", ADA);
	add("a", BOB);
	ck_assert_uint_eq(db_count(rows()), 3);
	add("a", NULL);
	add("a", NULL);
	ck_assert_uint_eq(db_count(rows()), 5);
}
END_TEST

START_TEST(goes_with_its_transaction)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	add("a", ADA);
	ck_assert_int_eq(
	    job_lease(other, arena, JOB_LANE_JOBS, 60, &job), ST_NOT_FOUND);
	db_rollback(db);
	ck_assert_int_eq(
	    job_lease(other, arena, JOB_LANE_JOBS, 60, &job), ST_NOT_FOUND);
}
END_TEST

START_TEST(takes_what_has_been_due_longest)
{
	add("late", ADA);
	add("early", ADA);
	add("future", ADA);
	set_due("early", -10);
	set_due("late", -5);
	set_due("future", 5);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	ck_assert_str_eq(job.kind, "early");
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	ck_assert_str_eq(job.kind, "late");
	ck_assert_int_eq(
	    job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_NOT_FOUND);
}
END_TEST

START_TEST(gives_a_job_to_one_worker)
{
	add("a", ADA);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	ck_assert_int_eq(
	    job_lease(other, arena, JOB_LANE_JOBS, 60, &again), ST_NOT_FOUND);
}
END_TEST

START_TEST(does_not_wait_for_another_worker)
{
	add("a", ADA);
	add("a", BOB);
	ck_assert_int_eq(db_begin(other), ST_OK);
	ck_assert_int_eq(
	    job_lease(other, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	/* Its row is locked by now. */
	ck_assert_int_eq(
	    job_lease(db, arena, JOB_LANE_JOBS, 60, &again), ST_OK);
	ck_assert_str_ne(job.subject, again.subject);
	db_rollback(other);
}
END_TEST

START_TEST(is_taken_over_when_the_lease_has_ended)
{
	add("a", ADA);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	expire_leases();
	ck_assert_int_eq(
	    job_lease(other, arena, JOB_LANE_JOBS, 60, &again), ST_OK);
	ck_assert_int_eq(again.id, job.id);
	ck_assert_int_eq(again.attempts, 2);
	/* Who was believed dead changes nothing any more. */
	ck_assert_int_eq(job_done(db, arena, &job), ST_CONFLICT);
	ck_assert_int_eq(job_again(db, arena, &job, 1), ST_CONFLICT);
	ck_assert_int_eq(job_extend(db, arena, &job, 1), ST_CONFLICT);
	ck_assert_int_eq(job_done(other, arena, &again), ST_OK);
	ck_assert_uint_eq(db_count(rows()), 0);
	ck_assert_int_eq(job_done(other, arena, &again), ST_CONFLICT);
}
END_TEST

START_TEST(may_end_late_if_nobody_else_began)
{
	add("a", ADA);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	expire_leases();
	ck_assert_int_eq(job_done(db, arena, &job), ST_OK);
}
END_TEST

START_TEST(comes_again_after_a_pause)
{
	struct db_rows *seen;

	add("a", ADA);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	ck_assert_int_eq(job_again(db, arena, &job, 1000), ST_OK);
	ck_assert_int_eq(
	    job_lease(db, arena, JOB_LANE_JOBS, 60, &again), ST_NOT_FOUND);
	seen = rows();
	ck_assert(db_is_null(seen, 0, 3));
	ck_assert_int_gt(db_int(seen, 0, 2), 900);
	set_due("a", 0);
	ck_assert_int_eq(
	    job_lease(db, arena, JOB_LANE_JOBS, 60, &again), ST_OK);
	ck_assert_int_eq(again.attempts, 2);
}
END_TEST

START_TEST(can_be_held_for_longer)
{
	add("a", ADA);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 60, &job), ST_OK);
	ck_assert_int_le(db_int(rows(), 0, 3), 60);
	ck_assert_int_eq(job_extend(db, arena, &job, 6000), ST_OK);
	ck_assert_int_gt(db_int(rows(), 0, 3), 5900);
	ck_assert_int_eq(job_done(db, arena, &job), ST_OK);
}
END_TEST

static int64_t
next_due(void)
{
	int64_t seconds = -1;

	ck_assert_int_eq(
	    job_next_due(db, arena, JOB_LANE_JOBS, 500, &seconds), ST_OK);
	return seconds;
}

START_TEST(knows_when_the_next_is_due)
{
	ck_assert_int_eq(next_due(), 500);
	add("a", ADA);
	ck_assert_int_eq(next_due(), 0);
	set_due("a", -100);
	ck_assert_int_eq(next_due(), 0);
	ck_assert_int_eq(job_lease(db, arena, JOB_LANE_JOBS, 400, &job), ST_OK);
	ck_assert_int_gt(next_due(), 300);
	ck_assert_int_le(next_due(), 400);
	add("b", ADA);
	set_due("b", 200);
	ck_assert_int_gt(next_due(), 100);
	ck_assert_int_le(next_due(), 200);
	set_due("b", 1000);
	ck_assert_int_eq(job_extend(db, arena, &job, 1000), ST_OK);
	ck_assert_int_eq(next_due(), 500);
}
END_TEST

START_TEST(wakes_who_waits)
{
	bool woken;

	ck_assert_int_eq(db_listen(other, "job"), ST_OK);
	add("a", ADA);
	ck_assert_int_eq(db_wait(other, -1, -1, &woken), ST_OK);
}
END_TEST

START_TEST(pauses_ever_longer_up_to_an_hour)
{
	int64_t last = 0;

	for (int64_t attempts = 1; attempts <= 7; attempts++) {
		int64_t pause = job_pause(attempts);

		ck_assert_int_gt(pause, last);
		last = pause;
	}
	for (int64_t attempts = 7; attempts < 100; attempts++) {
		ck_assert_int_ge(job_pause(attempts), 3600);
		ck_assert_int_le(job_pause(attempts), 3960);
	}
	ck_assert_int_ge(job_pause(1), 30);
	ck_assert_int_le(job_pause(1), 33);
	ck_assert_int_ge(job_pause(0), 30);
	ck_assert_int_ge(job_pause(INT64_MAX), 3600);
}
END_TEST

static const struct db_stmt forbidden[] = {
	{ "test_read_job", "SELECT id FROM job" },
	{ "test_read_payload", "SELECT payload FROM job" },
	{ "test_change_job", "UPDATE job SET kind = 'a'" },
	{ "test_remove_job", "DELETE FROM job" },
	{ "test_empty_job", "TRUNCATE job" },
	{ "test_hide_job",
	    "INSERT INTO job (kind, run_at) VALUES ('a', 'infinity')" },
	{ "test_beat", "INSERT INTO worker (host) VALUES ('a')" },
};

START_TEST(lets_handlers_ask_and_nothing_else)
{
	struct db *handler = db_open(test_handler_url(), "check_job");

	ck_assert_int_eq(job_add(handler, arena, "a", ADA, "x", 1), ST_OK);
	ck_assert_int_eq(job_add(handler, arena, "a", ADA, "x", 1), ST_OK);
	ck_assert_uint_eq(db_count(rows()), 1);
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		ck_assert_msg(db_query(handler, arena, &forbidden[i],
				  DB_NO_ARGS, NULL) == ST_FAULT,
		    "%s", forbidden[i].sql);
	ck_assert_int_eq(
	    job_lease(handler, arena, JOB_LANE_JOBS, 60, &job), ST_FAULT);
	db_close(handler);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("job");
	TCase *tcase = tcase_create("job");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, leases_what_was_added);
	tcase_add_test(tcase, can_be_about_nothing);
	tcase_add_test(tcase, does_once_what_is_asked_twice);
	tcase_add_test(tcase, goes_with_its_transaction);
	tcase_add_test(tcase, takes_what_has_been_due_longest);
	tcase_add_test(tcase, gives_a_job_to_one_worker);
	tcase_add_test(tcase, does_not_wait_for_another_worker);
	tcase_add_test(tcase, is_taken_over_when_the_lease_has_ended);
	tcase_add_test(tcase, may_end_late_if_nobody_else_began);
	tcase_add_test(tcase, comes_again_after_a_pause);
	tcase_add_test(tcase, can_be_held_for_longer);
	tcase_add_test(tcase, knows_when_the_next_is_due);
	tcase_add_test(tcase, wakes_who_waits);
	tcase_add_test(tcase, pauses_ever_longer_up_to_an_hour);
	tcase_add_test(tcase, lets_handlers_ask_and_nothing_else);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
