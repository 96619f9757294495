/* check_outbox.c - mail as rows, by the handlers' role. */

#include <check.h>
#include <string.h>

#include "mail/outbox.h"
#include "tests/harness/harness.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define TOKEN "one-time-secret"

static const struct db_stmt empty = { "test_empty",
	"WITH gone AS (DELETE FROM job) DELETE FROM outbox" };
static const struct db_stmt mails = { "test_mails",
	"SELECT id, recipient, template, sealed, state, account_id IS NULL,"
	" position($1::bytea IN sealed) FROM outbox ORDER BY recipient" };
static const struct db_stmt jobs = { "test_jobs",
	"SELECT kind, subject, payload IS NULL FROM job" };

static struct arena *arena;
static struct master_key *key;
static struct db *owner, *handler;

static void
setup(void)
{
	const char *why;

	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	ck_assert_int_eq(master_key_load(arena, KEY, "", &key, &why), ST_OK);
	owner = db_open(test_database_url(), "check_outbox");
	handler = db_open(test_handler_url(), "check_outbox");
	ck_assert_int_eq(
	    db_query(owner, arena, &empty, DB_NO_ARGS, NULL), ST_OK);
}

static void
teardown(void)
{
	db_close(handler);
	db_close(owner);
	master_key_free(key);
	arena_free(arena);
}

static enum status
add(const char *recipient)
{
	return outbox_add(handler, arena, key, NULL, recipient, "verify",
	    OUTBOX_VALUES({ "token", TOKEN }, { "absent", NULL }));
}

static struct db_rows *
rows(void)
{
	struct db_rows *result;

	ck_assert_int_eq(db_query(owner, arena, &mails,
			     DB_ARGS(DB_BYTES(TOKEN, strlen(TOKEN))), &result),
	    ST_OK);
	return result;
}

START_TEST(queues_a_mail_and_its_job)
{
	struct db_rows *mail, *job;

	ck_assert_int_eq(add("ada@example.org"), ST_OK);
	mail = rows();
	ck_assert_uint_eq(db_count(mail), 1);
	ck_assert_str_eq(db_text(mail, 0, 1), "ada@example.org");
	ck_assert_str_eq(db_text(mail, 0, 2), "verify");
	ck_assert_str_eq(db_text(mail, 0, 4), "queued");
	ck_assert(db_bool(mail, 0, 5));
	ck_assert_int_eq(
	    db_query_one(owner, arena, &jobs, DB_NO_ARGS, &job), ST_OK);
	ck_assert_str_eq(db_text(job, 0, 0), OUTBOX_JOB);
	ck_assert_str_eq(db_text(job, 0, 1), db_text(mail, 0, 0));
	ck_assert(db_bool(job, 0, 2));
}
END_TEST

START_TEST(goes_with_its_transaction)
{
	struct db_rows *job;

	ck_assert_int_eq(db_begin(handler), ST_OK);
	ck_assert_int_eq(add("ada@example.org"), ST_OK);
	ck_assert_int_eq(add("bob@example.org"), ST_OK);
	ck_assert_uint_eq(db_count(rows()), 0);
	db_rollback(handler);
	ck_assert_uint_eq(db_count(rows()), 0);
	ck_assert_int_eq(
	    db_query(owner, arena, &jobs, DB_NO_ARGS, &job), ST_OK);
	ck_assert_uint_eq(db_count(job), 0);
}
END_TEST

START_TEST(keeps_the_values_sealed)
{
	struct db_rows *mail;

	ck_assert_int_eq(add("ada@example.org"), ST_OK);
	mail = rows();
	ck_assert_int_eq(db_int(mail, 0, 6), 0);
}
END_TEST

START_TEST(seals_the_values_to_their_row)
{
	struct db_rows *mail;
	const unsigned char *sealed;
	unsigned char *text;
	size_t sealed_size, size;

	ck_assert_int_eq(add("ada@example.org"), ST_OK);
	ck_assert_int_eq(add("bob@example.org"), ST_OK);
	mail = rows();
	sealed = db_bytes(mail, 0, 3, &sealed_size);
	ck_assert_int_eq(
	    secret_open(key, arena, SECRET_FOR_OUTBOX, db_text(mail, 0, 0),
		sealed, sealed_size, &text, &size),
	    ST_OK);
	ck_assert_str_eq((char *)text, "{\"token\":\"" TOKEN "\"}");
	ck_assert_int_eq(
	    secret_open(key, arena, SECRET_FOR_OUTBOX, db_text(mail, 1, 0),
		sealed, sealed_size, &text, &size),
	    ST_INVALID);
}
END_TEST

static const struct db_stmt forbidden[] = {
	{ "test_read_sealed", "SELECT sealed FROM outbox" },
	{ "test_read_recipient", "SELECT recipient FROM outbox" },
	{ "test_read_id", "SELECT id FROM outbox" },
	{ "test_change", "UPDATE outbox SET recipient = 'eve@evil.example'" },
	{ "test_remove", "DELETE FROM outbox" },
	{ "test_truncate", "TRUNCATE outbox" },
	{ "test_claim_sent",
	    "INSERT INTO outbox (recipient, template, state, ended_at)"
	    " VALUES ('a', 'b', 'sent', now())" },
};

START_TEST(lets_handlers_add_and_nothing_else)
{
	ck_assert_int_eq(add("ada@example.org"), ST_OK);
	ck_assert_msg(db_query(handler, arena, &forbidden[_i], DB_NO_ARGS,
			  NULL) == ST_FAULT,
	    "%s", forbidden[_i].sql);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *tcase = tcase_create("outbox");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, queues_a_mail_and_its_job);
	tcase_add_test(tcase, goes_with_its_transaction);
	tcase_add_test(tcase, keeps_the_values_sealed);
	tcase_add_test(tcase, seals_the_values_to_their_row);
	tcase_add_loop_test(tcase, lets_handlers_add_and_nothing_else, 0,
	    (int)ARRAY_LEN(forbidden));
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
