/* check_reseal.c - from an old master key to a new one, and nothing lost. */

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "account/audit_chain.h"
#include "account/entry.h"
#include "account/reseal.h"
#include "account/second_factor.h"
#include "account/signing_key.h"
#include "base/job.h"
#include "mail/outbox.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define OLD_HEX \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NEW_HEX \
	"ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define MANY 250 /* more than two batches */

enum { KEYS, MAILS, AUDIT, FACTORS, JOBS };

static struct arena *arena, *batch;
static const struct config *config;
static struct db *db;
static struct master_key *old, *both, *new;
static struct resealed results[RESEAL_COLUMNS];

static struct master_key *
load(const char *text)
{
	struct master_key *key;
	const char *why;

	ck_assert_int_eq(master_key_load(arena, text, "", &key, &why), ST_OK);
	return key;
}

static void
setup(void)
{
	arena = arena_new();
	batch = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_database_url(), "check_reseal");
	old = load(OLD_HEX);
	both = load(NEW_HEX "\n" OLD_HEX);
	new = load(NEW_HEX);
}

static void
teardown(void)
{
	master_key_free(new);
	master_key_free(both);
	master_key_free(old);
	db_close(db);
	arena_free(batch);
	arena_free(arena);
}

static enum status
sign_with(const struct master_key *master)
{
	struct signing_keys *keys = signing_keys_new(master);
	const struct signing_key *key;
	enum status st = signing_keys_active(keys, db, arena, &key);

	signing_keys_free(keys);
	return st;
}

static void
add_mail(const struct master_key *master)
{
	ck_assert_int_eq(outbox_add(db, arena, master, NULL, "ada@example.org",
			     "verify", OUTBOX_VALUES({ "token", "T" })),
	    ST_OK);
}

static void
add_job(const struct master_key *master)
{
	const struct entry entry = {
		.db = db,
		.arena = arena,
		.config = config,
		.key = master,
	};

	ck_assert_int_eq(entry_ask_link(&entry, "ada@example.org"), ST_OK);
}

static void
add_rows(const struct master_key *master, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		add_mail(master);
		add_job(master);
	}
}

static void
reseal_all(const struct master_key *master)
{
	ck_assert_int_eq(reseal(db, batch, master, results), ST_OK);
}

/* How many mails and link jobs a key opens. */
static size_t
count_opened(const struct master_key *master)
{
	static const struct db_stmt mails = { "mails",
		"SELECT id, sealed FROM outbox" };
	static const struct db_stmt jobs = { "jobs",
		"SELECT kind, payload FROM job WHERE payload IS NOT NULL" };
	struct db_rows *rows;
	unsigned char *data;
	size_t size, count = 0;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(db_query(db, arena, i == 0 ? &mails : &jobs,
				     DB_NO_ARGS, &rows),
		    ST_OK);
		for (size_t row = 0; row < db_count(rows); row++) {
			size_t sealed_size;
			const unsigned char *sealed =
			    db_bytes(rows, row, 1, &sealed_size);

			count +=
			    secret_open(master, arena,
				i == 0 ? SECRET_FOR_OUTBOX : SECRET_FOR_JOB,
				db_text(rows, row, 0), sealed, sealed_size,
				&data, &size) == ST_OK;
		}
	}
	return count;
}

START_TEST(afterwards_the_new_key_opens_all)
{
	struct audit_key audit_key;

	ck_assert_int_eq(sign_with(old), ST_OK);
	ck_assert_int_eq(audit_key_current(db, arena, old, &audit_key), ST_OK);
	add_rows(old, MANY);
	ck_assert_uint_eq(count_opened(new), 0);
	reseal_all(both);
	ck_assert_str_eq(results[KEYS].column, "signing_key.private_sealed");
	ck_assert_str_eq(results[MAILS].column, "outbox.sealed");
	ck_assert_str_eq(results[JOBS].column, "job.payload");
	ck_assert_uint_eq(results[KEYS].done, 1);
	ck_assert_uint_eq(results[AUDIT].done, 1);
	ck_assert_uint_eq(results[MAILS].done, MANY);
	ck_assert_uint_eq(results[JOBS].done, MANY);
	ck_assert_uint_eq(count_opened(new), 2 * MANY);
	ck_assert_uint_eq(count_opened(old), 0);
	ck_assert_int_eq(sign_with(new), ST_OK);
	ck_assert_int_eq(test_int("SELECT count(*) FROM signing_key", NULL), 1);
	ck_assert_int_eq(audit_key_current(db, arena, new, &audit_key), ST_OK);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_key", NULL), 1);
}
END_TEST

/* The app goes on giving codes that fit. */
START_TEST(second_factors_stay_as_they_are)
{
	struct entry entry = { .db = db, .arena = arena, .key = old };
	const char *ada, *before, *after;

	ck_assert_int_eq(account_create(db, arena, "ada@example.org", "Ada",
			     "hash", true, &ada),
	    ST_OK);
	ck_assert_int_eq(second_factor_begin(&entry, ada, &before), ST_OK);
	reseal_all(both);
	ck_assert_str_eq(
	    results[FACTORS].column, "second_factor.secret_sealed");
	ck_assert_uint_eq(results[FACTORS].done, 1);
	entry.key = new;
	ck_assert_int_eq(second_factor_begun(&entry, ada, &after), ST_OK);
	ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(what_is_sealed_anew_is_left_alone)
{
	ck_assert_int_eq(sign_with(both), ST_OK);
	add_rows(both, 3);
	add_rows(old, 2);
	reseal_all(both);
	ck_assert_uint_eq(results[KEYS].done, 0);
	ck_assert_uint_eq(results[MAILS].done, 2);
	ck_assert_uint_eq(results[JOBS].done, 2);
	reseal_all(both);
	ck_assert_uint_eq(results[MAILS].done + results[JOBS].done, 0);
	ck_assert_uint_eq(count_opened(new), 10);
}
END_TEST

/* Of a key that is not in the file any more. */
START_TEST(what_no_key_opens_is_counted_and_kept)
{
	add_rows(old, MANY);
	add_rows(both, 2);
	reseal_all(new);
	ck_assert_uint_eq(results[MAILS].done, 0);
	ck_assert_uint_eq(results[MAILS].closed, MANY);
	ck_assert_uint_eq(results[JOBS].closed, MANY);
	ck_assert_uint_eq(count_opened(old), 2 * MANY);
	/* With the old key back nothing is lost. */
	reseal_all(both);
	ck_assert_uint_eq(results[MAILS].done, MANY);
	ck_assert_uint_eq(results[MAILS].closed, 0);
}
END_TEST

/* A worker ends the mail between our two statements. */
/* End all mails, tell by the pipe, and commit once somebody waits for that. */
static int
hold_and_end(void *closure)
{
	const int *telling = closure;
	static const struct db_stmt end = { "end",
		"UPDATE outbox SET state = 'sent', sealed = NULL,"
		" ended_at = now()" };
	struct db *worker = db_open(test_database_url(), "worker");
	enum status st = db_begin(worker);

	if (st == ST_OK)
		st = db_query(worker, arena, &end, DB_NO_ARGS, NULL);
	ck_assert_int_eq(write(telling[1], "", 1), 1);
	if (st == ST_OK)
		test_await_waiting(1);
	if (st == ST_OK)
		st = db_commit(worker);
	db_close(worker);
	return (int)st;
}

START_TEST(what_changes_meanwhile_is_not_overwritten)
{
	int telling[2];
	pid_t worker;
	char told;

	add_mail(old);
	ck_assert_int_eq(pipe(telling), 0);
	worker = test_fork(hold_and_end, telling);
	ck_assert_int_eq(read(telling[0], &told, 1), 1);
	reseal_all(both);
	ck_assert_int_eq(test_join(worker), ST_OK);
	ck_assert_uint_eq(results[MAILS].done, 0);
	ck_assert_uint_eq(results[MAILS].closed, 0);
	ck_assert_str_eq(
	    test_text(arena, "SELECT state FROM outbox", NULL), "sent");
	ck_assert_int_eq(test_int("SELECT count(sealed) FROM outbox", NULL), 0);
}
END_TEST

/* Whoever adds a column of sealed bytes is told to add it there; not a salt. */
START_TEST(knows_every_sealed_column)
{
	ck_assert_str_eq(
	    test_text(arena,
		"SELECT string_agg(table_name || '.' || column_name, ' '"
		" ORDER BY table_name, column_name)"
		" FROM information_schema.columns WHERE table_schema = 'public'"
		" AND data_type = 'bytea' AND column_name NOT LIKE '%hash'",
		NULL),
	    "audit_key.sealed audit_seal.ip_salt job.payload outbox.sealed"
	    " second_factor.secret_sealed signing_key.private_sealed");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reseal");
	TCase *tcase = tcase_create("reseal");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, afterwards_the_new_key_opens_all);
	tcase_add_test(tcase, second_factors_stay_as_they_are);
	tcase_add_test(tcase, what_is_sealed_anew_is_left_alone);
	tcase_add_test(tcase, what_no_key_opens_is_counted_and_kept);
	tcase_add_test(tcase, what_changes_meanwhile_is_not_overwritten);
	tcase_add_test(tcase, knows_every_sealed_column);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
