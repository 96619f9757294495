/* check_hash_slot.c - as many as there are slots, then a queue, then nobody. */

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account/hash_slot.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define HOST "keep"
#define PATIENCE 30 /* seconds, for a process to come so far */

static const struct db_stmt ask_pid = { "pid", "SELECT pg_backend_pid()" };
static const struct db_stmt be_patient = { "patient",
	"SELECT set_config('statement_timeout', '0', false)" };
static const struct db_stmt ask_timeout = { "timeout",
	"SELECT current_setting('lock_timeout')" };
static const struct db_stmt ask_locks = { "locks",
	"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
	" AND pid = pg_backend_pid()" };

/* Processes that work in the background end with one of these. */
enum ending { GRANTED = 10, REFUSED, ELSE };

static struct arena *arena;
static struct config config;

static void
setup(void)
{
	arena = arena_new();
	config = *test_config(arena);
	config.password_at_once = 2;
	config.password_wait = 10;
}

static void
teardown(void)
{
	arena_free(arena);
}

/* A connection in a transaction. */
static struct db *
begin(void)
{
	struct db *db = db_open(test_handler_url(), "check_hash_slot");

	ck_assert_int_eq(db_begin(db), ST_OK);
	return db;
}

static void
end(struct db *db)
{
	db_rollback(db);
	db_close(db);
}

static enum status
take(struct db *db)
{
	return hash_slot_take(db, arena, &config, HOST, 0);
}

/* A connection that has a slot. */
static struct db *
hold(void)
{
	struct db *db = begin();

	ck_assert_int_eq(take(db), ST_OK);
	return db;
}

static const char *
ask(struct db *db, const struct db_stmt *stmt)
{
	struct db_rows *rows;

	ck_assert_int_eq(
	    db_query_one(db, arena, stmt, DB_NO_ARGS, &rows), ST_OK);
	return db_text(rows, 0, 0);
}

static int64_t
locks(bool granted)
{
	return test_int("SELECT count(*) FROM pg_locks"
			" WHERE locktype = 'advisory' AND granted = $1::bool",
	    granted ? "t" : "f");
}

static void
await_waiting(int64_t count)
{
	for (int i = 0; i < PATIENCE * 100 && locks(false) != count; i++)
		(void)usleep(10 * 1000);
	ck_assert_int_eq(locks(false), count);
}

/* For test_fork: take a slot as the settings say, and let all of it go. */
static int
take_and_end(void *closure)
{
	struct db *db = begin();
	enum status st = take(db);

	(void)closure;
	db_rollback(db);
	if (strcmp(ask(db, &ask_locks), "0") != 0)
		return ELSE;
	db_close(db);
	return st == ST_OK ? GRANTED : st == ST_UNAVAILABLE ? REFUSED : ELSE;
}

/* For test_fork: take a slot, and keep it until somebody ends us. */
static int
take_and_stay(void *closure)
{
	struct db *db = begin();

	(void)closure;
	if (take(db) == ST_OK)
		for (;;)
			(void)pause();
	return ELSE;
}

START_TEST(takes_one_slot)
{
	struct db *first = hold();

	ck_assert_int_eq(locks(true), 1);
	end(first);
	ck_assert_int_eq(locks(true), 0);
}
END_TEST

START_TEST(ends_with_the_transaction)
{
	struct db *first = hold();

	ck_assert_int_eq(db_commit(first), ST_OK);
	ck_assert_int_eq(locks(true), 0);
	db_close(first);
}
END_TEST

START_TEST(is_for_a_transaction)
{
	struct db *db = db_open(test_handler_url(), "check_hash_slot");

	ck_assert_int_eq(take(db), ST_FAULT);
	ck_assert_int_eq(locks(true), 0);
	db_close(db);
}
END_TEST

START_TEST(grants_as_many_as_are_set)
{
	struct db *holders[5];

	config.password_at_once = ARRAY_LEN(holders);
	for (size_t i = 0; i < ARRAY_LEN(holders); i++)
		holders[i] = hold();
	ck_assert_int_eq(locks(true), ARRAY_LEN(holders));
	for (size_t i = 0; i < ARRAY_LEN(holders); i++)
		end(holders[i]);
}
END_TEST

START_TEST(of_three_one_waits_its_turn)
{
	struct db *first = hold(), *second = hold();
	pid_t third = test_fork(take_and_end, NULL);

	await_waiting(1);
	end(first);
	end(second);
	ck_assert_int_eq(test_join(third), GRANTED);
}
END_TEST

START_TEST(refuses_when_the_wait_is_over)
{
	struct db *first = hold(), *second = hold(), *third = begin();
	const char *pid = ask(third, &ask_pid);

	config.password_wait = 1;
	/* So that nothing else can end the wait. */
	(void)ask(third, &be_patient);
	ck_assert_int_eq(take(third), ST_UNAVAILABLE);
	db_rollback(third);
	/* The connection is as good as before. */
	ck_assert_int_eq(db_begin(third), ST_OK);
	ck_assert_str_eq(ask(third, &ask_pid), pid);
	end(second);
	ck_assert_int_eq(take(third), ST_OK);
	end(third);
	end(first);
}
END_TEST

/* Each slot has its share of the queue, or it would stand idle. */
START_TEST(those_who_wait_spread_over_the_slots)
{
	struct db *first = hold(), *second = hold();
	pid_t third = test_fork(take_and_end, NULL), fourth;

	await_waiting(1);
	fourth = test_fork(take_and_end, NULL);
	await_waiting(2);
	ck_assert_int_eq(test_int("SELECT count(DISTINCT objid) FROM pg_locks"
				  " WHERE locktype = 'advisory'"
				  " AND NOT granted",
			     NULL),
	    2);
	end(first);
	end(second);
	ck_assert_int_eq(test_join(third), GRANTED);
	ck_assert_int_eq(test_join(fourth), GRANTED);
}
END_TEST

START_TEST(refuses_at_once_when_the_queue_is_full)
{
	pid_t waiters[HASH_SLOT_QUEUE];
	struct db *first, *last;

	config.password_at_once = 1;
	first = hold();
	for (size_t i = 0; i < ARRAY_LEN(waiters); i++)
		waiters[i] = test_fork(take_and_end, NULL);
	await_waiting(HASH_SLOT_QUEUE);
	last = begin();
	ck_assert_int_eq(take(last), ST_UNAVAILABLE);
	/* Had it waited, those before it would have been refused by now. */
	ck_assert_int_eq(locks(false), HASH_SLOT_QUEUE);
	end(last);
	end(first);
	for (size_t i = 0; i < ARRAY_LEN(waiters); i++)
		ck_assert_int_eq(test_join(waiters[i]), GRANTED);
}
END_TEST

START_TEST(a_killed_holder_frees_its_slot)
{
	pid_t holder, waiter;
	int status;

	config.password_at_once = 1;
	holder = test_fork(take_and_stay, NULL);
	for (int i = 0; i < PATIENCE * 100 && locks(true) == 0; i++)
		(void)usleep(10 * 1000);
	waiter = test_fork(take_and_end, NULL);
	await_waiting(1);
	ck_assert_int_eq(kill(holder, SIGKILL), 0);
	ck_assert_int_eq(waitpid(holder, &status, 0), holder);
	ck_assert_int_eq(test_join(waiter), GRANTED);
}
END_TEST

START_TEST(a_lost_connection_frees_its_slot)
{
	struct db *first;

	config.password_at_once = 1;
	first = hold();
	test_cut_connections();
	end(hold());
	end(first);
}
END_TEST

/* Timeouts that were there before, and must be there again. */
static const struct {
	struct db_stmt set;
	const char *shown;
} timeouts[] = {
	{ { "none", "SELECT set_config('lock_timeout', '0', false)" }, "0" },
	{ { "some", "SELECT set_config('lock_timeout', '17s', true)" }, "17s" },
};

static int
wait_and_compare(void *closure)
{
	const int *i = closure;
	struct db *db = begin();

	(void)ask(db, &timeouts[*i].set);
	return take(db) == ST_OK &&
		strcmp(ask(db, &ask_timeout), timeouts[*i].shown) == 0
	    ? GRANTED
	    : ELSE;
}

START_TEST(leaves_the_lock_timeout_as_it_was)
{
	struct db *first;
	pid_t waiter;
	int i = _i;

	config.password_at_once = 1;
	first = hold();
	waiter = test_fork(wait_and_compare, &i);
	await_waiting(1);
	end(first);
	ck_assert_int_eq(test_join(waiter), GRANTED);
}
END_TEST

/* The queue before the program counts as well. */
START_TEST(refuses_what_has_waited_too_long_already)
{
	struct db *db = begin();

	ck_assert_int_eq(hash_slot_take(db, arena, &config, HOST,
			     config.password_wait * 1000),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(
	    hash_slot_take(db, arena, &config, HOST, INT64_MAX / 2),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(locks(true), 0);
	/* Nothing was asked of the database, so nothing was refused by it. */
	ck_assert_int_eq(hash_slot_take(db, arena, &config, HOST,
			     config.password_wait * 1000 - 1),
	    ST_OK);
	end(db);
}
END_TEST

START_TEST(each_host_has_its_own)
{
	struct db *first, *second = begin();

	config.password_at_once = 1;
	first = hold();
	ck_assert_int_eq(
	    hash_slot_take(second, arena, &config, "tower", 0), ST_OK);
	end(second);
	end(first);
}
END_TEST

static Suite *
hash_slot_suite(void)
{
	Suite *suite = suite_create("hash_slot");
	TCase *tcase = tcase_create("hash_slot");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, takes_one_slot);
	tcase_add_test(tcase, ends_with_the_transaction);
	tcase_add_test(tcase, is_for_a_transaction);
	tcase_add_test(tcase, grants_as_many_as_are_set);
	tcase_add_test(tcase, of_three_one_waits_its_turn);
	tcase_add_test(tcase, refuses_when_the_wait_is_over);
	tcase_add_test(tcase, those_who_wait_spread_over_the_slots);
	tcase_add_test(tcase, refuses_at_once_when_the_queue_is_full);
	tcase_add_test(tcase, a_killed_holder_frees_its_slot);
	tcase_add_test(tcase, a_lost_connection_frees_its_slot);
	tcase_add_loop_test(tcase, leaves_the_lock_timeout_as_it_was, 0,
	    (int)ARRAY_LEN(timeouts));
	tcase_add_test(tcase, refuses_what_has_waited_too_long_already);
	tcase_add_test(tcase, each_host_has_its_own);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return harness_run(hash_slot_suite(), NEEDS_POSTGRES);
}
