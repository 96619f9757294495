/* check_audit.c - rows that tell who did what, and are only ever added. */

#include <check.h>

#include "account/audit.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define SUBJECT "66666666-7777-4888-8999-aaaaaaaaaaaa"

static struct arena *arena;
static struct db *db;

static const struct origin origin = { "192.0.2.1", "Check/1", "request-1" };

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_audit");
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

static const char *
row(void)
{
	return test_text(arena,
	    "SELECT concat_ws(' | ', actor, action, coalesce(account_id::text,"
	    " '-'), coalesce(subject, '-'), coalesce(host(ip), '-'),"
	    " coalesce(request_id, '-')) FROM audit_log",
	    NULL);
}

START_TEST(says_who_did_what_from_where)
{
	ck_assert_int_eq(audit(db, arena, ACTOR_PERSON, DEED_SIGNED_IN,
			     TEST_UUID, SUBJECT, &origin),
	    ST_OK);
	ck_assert_str_eq(row(),
	    "person | signed in | " TEST_UUID " | " SUBJECT
	    " | 192.0.2.1 | request-1");
}
END_TEST

START_TEST(does_without_what_is_not_known)
{
	ck_assert_int_eq(audit(db, arena, ACTOR_OPERATOR, DEED_ACCOUNT_DISABLED,
			     NULL, NULL, NULL),
	    ST_OK);
	ck_assert_str_eq(row(), "operator | account disabled | - | - | - | -");
}
END_TEST

START_TEST(has_a_word_for_every_deed)
{
	ck_assert_int_eq(
	    audit(db, arena, ACTOR_WORKER, (enum deed)_i, NULL, NULL, NULL),
	    ST_OK);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log WHERE"
				  " action ~ '^[a-z][a-z -]+$'"
				  " AND actor = 'worker'",
			     NULL),
	    1);
}
END_TEST

/* The row outlives the account it is about. */
START_TEST(needs_no_account_to_be_there)
{
	ck_assert_int_eq(audit(db, arena, ACTOR_PERSON, DEED_SIGNED_OUT,
			     TEST_UUID, NULL, &origin),
	    ST_OK);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 0);
}
END_TEST

START_TEST(is_part_of_the_transaction)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(audit(db, arena, ACTOR_PERSON, DEED_SIGNED_UP,
			     TEST_UUID, NULL, &origin),
	    ST_OK);
	db_rollback(db);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log", NULL), 0);
}
END_TEST

START_TEST(lists_what_was_added)
{
	struct db *worker = db_open(test_database_url(), "check_audit");
	const struct audit_query all = { .limit = 10 };
	const struct audit_query ours = { .account_id = TEST_UUID, .limit = 1 };
	struct audit_row *rows;
	size_t count;

	for (int deed = 0; deed < DEED_COUNT; deed++)
		ck_assert_int_eq(audit(db, arena, ACTOR_PERSON, (enum deed)deed,
				     deed < 2 ? TEST_UUID : NULL, NULL,
				     deed < 2 ? &origin : NULL),
		    ST_OK);
	ck_assert_int_eq(audit_list(worker, arena, &all, &rows, &count), ST_OK);
	ck_assert_uint_eq(count, DEED_COUNT < 10 ? DEED_COUNT : 10);
	for (size_t i = 1; i < count; i++)
		ck_assert_int_lt(rows[i - 1].id, rows[i].id);
	ck_assert_ptr_null(rows[count - 1].account_id);
	ck_assert_ptr_null(rows[count - 1].ip);
	ck_assert_int_eq(
	    audit_list(worker, arena, &ours, &rows, &count), ST_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(rows[0].action, "address verified");
	ck_assert_str_eq(rows[0].ip, "192.0.2.1");
	ck_assert_int_eq(rows[0].seal, 0);
	/* Who writes rows has no business reading them. */
	ck_assert_int_eq(audit_list(db, arena, &ours, &rows, &count), ST_FAULT);
	db_close(worker);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("audit");
	TCase *rows = tcase_create("rows");

	tcase_add_checked_fixture(rows, setup, teardown);
	tcase_add_test(rows, says_who_did_what_from_where);
	tcase_add_test(rows, does_without_what_is_not_known);
	tcase_add_loop_test(rows, has_a_word_for_every_deed, 0, DEED_COUNT);
	tcase_add_test(rows, needs_no_account_to_be_there);
	tcase_add_test(rows, is_part_of_the_transaction);
	tcase_add_test(rows, lists_what_was_added);
	suite_add_tcase(suite, rows);
	return harness_run(suite, NEEDS_POSTGRES);
}
