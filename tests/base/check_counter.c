/* check_counter.c - sums that many add to, and nobody waits for. */

#include <check.h>
#include <string.h>

#include "base/counter.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define FOLDERS 4
#define EACH 200

static struct arena *arena;
static struct db *db, *worker;

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_counter");
	worker = db_open(test_database_url(), "check_counter");
}

static void
teardown(void)
{
	db_close(db);
	db_close(worker);
	arena_free(arena);
}

static void
add(enum counter counter, const char *label)
{
	ck_assert_int_eq(counter_add(db, arena, counter, label), ST_OK);
}

/* What is told of a counter; -1: nothing. */
static int64_t
value(const char *name, const char *label)
{
	struct count *counts;
	size_t count;

	ck_assert_int_eq(counter_read(db, arena, &counts, &count), ST_OK);
	for (size_t i = 0; i < count; i++)
		if (strcmp(counts[i].name, name) == 0 &&
		    strcmp(counts[i].label, label) == 0)
			return counts[i].value;
	return -1;
}

START_TEST(counts_each_label_for_itself)
{
	add(COUNTER_SIGN_INS, "wrong");
	add(COUNTER_SIGN_INS, "granted");
	add(COUNTER_SIGN_INS, "wrong");
	add(COUNTER_LIMIT_HITS, "signup.ip");
	ck_assert_int_eq(value("sign_ins", "wrong"), 2);
	ck_assert_int_eq(value("sign_ins", "granted"), 1);
	ck_assert_int_eq(value("limit_hits", "signup.ip"), 1);
	ck_assert_int_eq(value("sign_ins", "blocked"), -1);
}
END_TEST

START_TEST(says_the_same_before_and_after_folding)
{
	for (int i = 0; i < 3; i++) {
		add(COUNTER_REFRESHES, "rotated");
		ck_assert_int_eq(value("refreshes", "rotated"), 2 * i + 1);
		ck_assert_int_eq(counter_fold(worker, arena), ST_OK);
		ck_assert_int_eq(value("refreshes", "rotated"), 2 * i + 1);
		ck_assert_int_eq(
		    test_int("SELECT count(*) FROM counted", NULL), 0);
		add(COUNTER_REFRESHES, "rotated");
		ck_assert_int_eq(value("refreshes", "rotated"), 2 * i + 2);
	}
}
END_TEST

START_TEST(counts_nothing_that_was_rolled_back)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	add(COUNTER_MAILS, "sent");
	db_rollback(db);
	ck_assert_int_eq(value("mails", "sent"), -1);
}
END_TEST

/* Two transactions that count the same wait neither for each other nor us. */
START_TEST(makes_nobody_wait)
{
	struct db *other = db_open(test_handler_url(), "check_counter");

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(db_begin(other), ST_OK);
	add(COUNTER_SIGN_INS, "granted");
	ck_assert_int_eq(
	    counter_add(other, arena, COUNTER_SIGN_INS, "granted"), ST_OK);
	ck_assert_int_eq(counter_fold(worker, arena), ST_OK);
	ck_assert_int_eq(db_commit(other), ST_OK);
	ck_assert_int_eq(counter_fold(worker, arena), ST_OK);
	ck_assert_int_eq(value("sign_ins", "granted"), 2);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(counter_fold(worker, arena), ST_OK);
	ck_assert_int_eq(value("sign_ins", "granted"), 2);
	db_close(other);
}
END_TEST

static int
count_many(void *closure)
{
	struct arena *own = arena_new();
	struct db *mine = db_open(test_handler_url(), "check_counter");
	int failed = 0;

	(void)closure;
	for (int i = 0; i < EACH && !failed; i++) {
		failed = counter_add(mine, own, COUNTER_SIGN_INS,
			     i % 2 == 0 ? "granted" : "wrong") != ST_OK;
		arena_reset(own);
	}
	db_close(mine);
	arena_free(own);
	return failed;
}

static int
fold_many(void *closure)
{
	struct arena *own = arena_new();
	struct db *mine = db_open(test_database_url(), "check_counter");
	int failed = 0;

	(void)closure;
	for (int i = 0; i < EACH && !failed; i++) {
		failed = counter_fold(mine, own) != ST_OK;
		arena_reset(own);
	}
	db_close(mine);
	arena_free(own);
	return failed;
}

START_TEST(loses_nothing_when_several_fold)
{
	pid_t pids[2 * FOLDERS];

	for (int i = 0; i < FOLDERS; i++) {
		pids[2 * i] = test_fork(count_many, NULL);
		pids[2 * i + 1] = test_fork(fold_many, NULL);
	}
	for (int i = 0; i < 2 * FOLDERS; i++)
		ck_assert_int_eq(test_join(pids[i]), 0);
	ck_assert_int_eq(
	    value("sign_ins", "granted") + value("sign_ins", "wrong"),
	    FOLDERS * EACH);
	ck_assert_int_eq(counter_fold(worker, arena), ST_OK);
	ck_assert_int_eq(
	    test_int("SELECT sum(value) FROM counter", NULL), FOLDERS * EACH);
}
END_TEST

/* A worker that is about to fold keeps no other one from its work. */
START_TEST(lets_one_worker_fold_and_the_others_go_on)
{
	struct db *other = db_open(test_database_url(), "check_counter");

	add(COUNTER_SIGN_INS, "granted");
	ck_assert_int_eq(db_begin(worker), ST_OK);
	ck_assert_int_eq(counter_fold(worker, arena), ST_OK);
	ck_assert_int_eq(counter_fold(other, arena), ST_OK);
	ck_assert_int_eq(db_commit(worker), ST_OK);
	ck_assert_int_eq(value("sign_ins", "granted"), 1);
	db_close(other);
}
END_TEST

START_TEST(knows_no_other_label)
{
	ck_assert_int_eq(
	    counter_add(db, arena, COUNTER_SIGN_INS, "signup"), ST_FAULT);
	ck_assert_int_eq(
	    counter_add(db, arena, COUNTER_LIMIT_HITS, "a\"b"), ST_FAULT);
	ck_assert_int_eq(
	    counter_add(db, arena, COUNTER_LIMIT_HITS, ""), ST_FAULT);
	ck_assert_int_eq(test_int("SELECT count(*) FROM counted", NULL), 0);
}
END_TEST

/* Nobody makes a counter go down, or changes a sum, but the worker. */
START_TEST(lets_handlers_add_and_no_more)
{
	static const struct db_stmt forbidden[] = {
		{ "", "UPDATE counter SET value = 0" },
		{ "", "DELETE FROM counter" },
		{ "", "DELETE FROM counted" },
		{ "", "TRUNCATE counted" },
		{ "", "INSERT INTO counter VALUES ('sign_ins', 'wrong', 5)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		ck_assert_msg(db_query(db, arena, &forbidden[i], DB_NO_ARGS,
				  NULL) == ST_FAULT,
		    "%s", forbidden[i].sql);
}
END_TEST

static void
observe(int64_t milliseconds)
{
	ck_assert_int_eq(
	    counter_observe(db, arena, HISTOGRAM_MAIL_DELIVERY, milliseconds),
	    ST_OK);
}

START_TEST(sorts_what_it_observes_into_buckets)
{
	const char *name = histogram_kind(HISTOGRAM_MAIL_DELIVERY)->name;

	observe(-5);
	observe(100);
	observe(101);
	observe(2000);
	observe(INT64_C(172800001));
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(value(name, "0.1"), 2);
		ck_assert_int_eq(value(name, "0.25"), 1);
		ck_assert_int_eq(value(name, "2"), 1);
		ck_assert_int_eq(value(name, HISTOGRAM_INFINITE), 1);
		ck_assert_int_eq(value(name, HISTOGRAM_SUM),
		    100 + 101 + 2000 + INT64_C(172800001));
		/* The same once they are summed up. */
		ck_assert_int_eq(counter_fold(worker, arena), ST_OK);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("counter");
	TCase *tcase = tcase_create("counter");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, counts_each_label_for_itself);
	tcase_add_test(tcase, sorts_what_it_observes_into_buckets);
	tcase_add_test(tcase, says_the_same_before_and_after_folding);
	tcase_add_test(tcase, counts_nothing_that_was_rolled_back);
	tcase_add_test(tcase, makes_nobody_wait);
	tcase_add_test(tcase, loses_nothing_when_several_fold);
	tcase_add_test(tcase, lets_one_worker_fold_and_the_others_go_on);
	tcase_add_test(tcase, knows_no_other_label);
	tcase_add_test(tcase, lets_handlers_add_and_no_more);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
