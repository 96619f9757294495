/* check_clean_up.c - what is forgotten, and what is not. */

#include <check.h>

#include "account/clean_up.h"
#include "tests/harness/harness.h"

/* One statement, as a row needs the one before. $1: days ago. */
#define ACCOUNT                                                             \
	"WITH a AS (INSERT INTO account (email, name, password_hash,"       \
	" created_at, verified_at, disabled_at) VALUES ('ada@example.org'," \
	" 'Ada', '-', now() - make_interval(days => $1), "
#define SESSION                                                       \
	"now(), NULL) RETURNING id) INSERT INTO session (account_id," \
	" idle_expires_at, expires_at, revoked_at, revoked_reason) SELECT id, "
#define AGO "now() - make_interval(days => $1)"
#define AHEAD "now() + interval '1 day'"

static const struct db_stmt count = { "test_count",
	"SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM"
	" verification), (SELECT count(*) FROM session)" };

static const struct scene {
	struct db_stmt stmt;
	int64_t days;
	int64_t left[3]; /* account, verification, session */
} scenes[] = {
	/* Accounts that were never verified, verified, disabled. */
	{ { "never", ACCOUNT "NULL, NULL) RETURNING id) SELECT FROM a" }, 8,
	    { 0, 0, 0 } },
	{ { "never_yet", ACCOUNT "NULL, NULL) RETURNING id) SELECT FROM a" }, 6,
	    { 1, 0, 0 } },
	{ { "verified", ACCOUNT "now(), NULL) RETURNING id) SELECT FROM a" },
	    1000, { 1, 0, 0 } },
	{ { "disabled", ACCOUNT "NULL, now()) RETURNING id) SELECT FROM a" },
	    1000, { 1, 0, 0 } },
	/* A link that is good keeps its account; one that is not goes first. */
	{ { "link",
	      ACCOUNT "NULL, NULL) RETURNING id) INSERT INTO verification"
		      " (account_id, hash, expires_at)"
		      " SELECT id, decode(repeat('00', 32), 'hex'), " AHEAD
		      " FROM a" },
	    8, { 1, 1, 0 } },
	{ { "dead_link",
	      ACCOUNT "NULL, NULL) RETURNING id) INSERT INTO verification"
		      " (account_id, hash, expires_at)"
		      " SELECT id, decode(repeat('00', 32), 'hex'), " AGO
		      " FROM a" },
	    8, { 0, 0, 0 } },
	{ { "new_dead_link",
	      ACCOUNT "NULL, NULL) RETURNING id) INSERT INTO verification"
		      " (account_id, hash, expires_at)"
		      " SELECT id, decode(repeat('00', 32), 'hex'), " AGO
		      " FROM a" },
	    1, { 1, 0, 0 } },
	/* Sessions: alive, ended in each way, lately and long ago. */
	{ { "alive", ACCOUNT SESSION AHEAD ", " AHEAD ", NULL, NULL FROM a" },
	    1000, { 1, 0, 1 } },
	{ { "idle", ACCOUNT SESSION AGO ", " AHEAD ", NULL, NULL FROM a" }, 31,
	    { 1, 0, 0 } },
	{ { "idle_now", ACCOUNT SESSION AGO ", " AHEAD ", NULL, NULL FROM a" },
	    29, { 1, 0, 1 } },
	{ { "over", ACCOUNT SESSION AHEAD ", " AGO ", NULL, NULL FROM a" }, 31,
	    { 1, 0, 0 } },
	{ { "revoked",
	      ACCOUNT SESSION AHEAD ", " AHEAD ", " AGO
				    ", 'signed-out' FROM a" },
	    31, { 1, 0, 0 } },
	{ { "revoked_now",
	      ACCOUNT SESSION AHEAD ", " AHEAD ", " AGO
				    ", 'signed-out' FROM a" },
	    29, { 1, 0, 1 } },
};

static struct arena *arena;
static struct db *db;

static void
setup(void)
{
	arena = arena_new();
	db = test_db_begin();
}

static void
teardown(void)
{
	test_db_end(db);
	arena_free(arena);
}

START_TEST(forgets_what_has_had_its_day)
{
	const struct scene *scene = &scenes[_i];
	struct db_rows *rows;

	ck_assert_int_eq(db_query(db, arena, &scene->stmt,
			     DB_ARGS(DB_INT(scene->days)), NULL),
	    ST_OK);
	ck_assert_int_eq(account_clean_up(db, arena), ST_OK);
	ck_assert_int_eq(
	    db_query_one(db, arena, &count, DB_NO_ARGS, &rows), ST_OK);
	for (size_t i = 0; i < ARRAY_LEN(scene->left); i++)
		ck_assert_msg(db_int(rows, 0, i) == scene->left[i], "%s: %zu",
		    scene->stmt.name, i);
}
END_TEST

START_TEST(forgets_devices_that_do_not_come_back)
{
	static const struct db_stmt add = { "add",
		"WITH a AS (INSERT INTO account (email, name, password_hash,"
		" verified_at) VALUES ('ada@example.org', 'Ada', '-', now())"
		" RETURNING id) INSERT INTO known_device (account_id, hash,"
		" last_used_at) SELECT id, decode(repeat(digits, 32), 'hex'),"
		" now() - make_interval(days => days) FROM a,"
		" (VALUES ('01', 399), ('02', 401)) AS v (digits, days)" };
	static const struct db_stmt left = { "left",
		"SELECT get_byte(hash, 0) FROM known_device" };
	struct db_rows *rows;

	ck_assert_int_eq(db_query(db, arena, &add, DB_NO_ARGS, NULL), ST_OK);
	ck_assert_int_eq(account_clean_up(db, arena), ST_OK);
	ck_assert_int_eq(
	    db_query_one(db, arena, &left, DB_NO_ARGS, &rows), ST_OK);
	ck_assert_int_eq(db_int(rows, 0, 0), 1);
}
END_TEST

START_TEST(forgets_links_that_nobody_asks_about)
{
	static const struct db_stmt add = { "add",
		"WITH a AS (INSERT INTO account (email, name, password_hash,"
		" verified_at) VALUES ('ada@example.org', 'Ada', '-', now())"
		" RETURNING id) INSERT INTO link (kind, account_id, hash,"
		" expires_at) SELECT 'reset', id,"
		" decode(repeat(digits, 32), 'hex'),"
		" now() - make_interval(days => days) FROM a,"
		" (VALUES ('01', -1), ('02', 29), ('03', 31))"
		" AS v (digits, days)" };
	static const struct db_stmt left = { "left",
		"SELECT sum(get_byte(hash, 0)) FROM link" };
	struct db_rows *rows;

	ck_assert_int_eq(db_query(db, arena, &add, DB_NO_ARGS, NULL), ST_OK);
	ck_assert_int_eq(account_clean_up(db, arena), ST_OK);
	ck_assert_int_eq(
	    db_query_one(db, arena, &left, DB_NO_ARGS, &rows), ST_OK);
	ck_assert_int_eq(db_int(rows, 0, 0), 3);
}
END_TEST

START_TEST(is_not_for_handlers)
{
	struct db *handler = db_open(test_handler_url(), "check_clean_up");

	ck_assert_int_eq(account_clean_up(handler, arena), ST_FAULT);
	db_close(handler);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clean_up");
	TCase *tcase = tcase_create("clean_up");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(
	    tcase, forgets_what_has_had_its_day, 0, (int)ARRAY_LEN(scenes));
	tcase_add_test(tcase, forgets_devices_that_do_not_come_back);
	tcase_add_test(tcase, forgets_links_that_nobody_asks_about);
	tcase_add_test(tcase, is_not_for_handlers);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
