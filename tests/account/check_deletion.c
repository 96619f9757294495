/* check_deletion.c - the end of an account: put off, undone, and whole. */

#include <check.h>
#include <string.h>

#include "account/audit.h"
#include "account/audit_chain.h"
#include "account/deletion.h"
#include "account/known_device.h"
#include "account/link.h"
#include "tests/account/person.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define DAY 86400

static struct db *worker;

static void
setup(void)
{
	person_setup();
	worker = db_open(test_database_url(), "worker");
}

static void
teardown(void)
{
	db_close(worker);
	person_teardown();
}

static int64_t
ask(void)
{
	int64_t until = 0;

	person_begin();
	ck_assert_int_eq(
	    person_end(deletion_ask(&entry, &here.account, &until)), ST_OK);
	return until;
}

static bool
undo(void)
{
	bool undone;

	person_begin();
	ck_assert_int_eq(
	    person_end(deletion_undo(&entry, &here.account, &undone)), ST_OK);
	return undone;
}

static bool
tend(void)
{
	const struct entry own = {
		.db = worker,
		.arena = entry.arena,
		.config = entry.config,
		.key = entry.key,
	};
	bool more;

	ck_assert_int_eq(db_begin(worker), ST_OK);
	ck_assert_int_eq(deletion_tend(&own, &more), ST_OK);
	ck_assert_int_eq(db_commit(worker), ST_OK);
	return more;
}

static void
leave(int64_t seconds)
{
	test_execute(arena_printf(entry.arena,
	    "UPDATE account SET delete_after ="
	    " now() + interval '%lld s' WHERE delete_after IS NOT NULL",
	    (long long)seconds));
}

static int64_t
accounts(void)
{
	return test_int("SELECT count(*) FROM account", NULL);
}

/* --- asking --- */

START_TEST(puts_it_off_and_signs_out_everywhere)
{
	int64_t until = ask();
	struct account account;

	ck_assert_int_eq(
	    account_find(entry.db, entry.arena, here.account.id, &account),
	    ST_OK);
	ck_assert_int_eq(account.delete_after, until);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM account WHERE delete_after"
		     " BETWEEN now() + interval '13 days 23 hours'"
		     " AND now() + interval '14 days'",
		NULL),
	    1);
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL),
	    0);
	ck_assert_int_eq(person_noted("deletion asked for"), 1);
	ck_assert_str_ne(
	    test_mailed(entry.arena, entry.key, "deletion", "until"), "");
	ck_assert_str_eq(
	    test_mailed(entry.arena, entry.key, "deletion", "ip"), "192.0.2.1");
}
END_TEST

START_TEST(ends_links_to_another_address)
{
	struct link link;
	const char *token;

	ck_assert_int_eq(link_issue(entry.db, entry.arena, LINK_EMAIL_CHANGE,
			     here.account.id, "x", 3600, &token),
	    ST_OK);
	(void)ask();
	ck_assert_int_eq(
	    link_find(entry.db, entry.arena, LINK_EMAIL_CHANGE, token, &link),
	    ST_OK);
	ck_assert_int_eq(link.state, LINK_EXPIRED);
}
END_TEST

START_TEST(signing_in_undoes_it_once)
{
	ck_assert(!undo());
	(void)ask();
	ck_assert_int_eq(person_sign_in(TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert(undo());
	ck_assert(!undo());
	ck_assert_int_eq(person_noted("deletion undone"), 1);
	ck_assert_int_eq(person_mails("deletion-undone"), 1);
	leave(-1);
	(void)tend();
	ck_assert_int_eq(accounts(), 1);
}
END_TEST

/* --- reminding --- */

START_TEST(reminds_once_when_the_time_is_nearly_over)
{
	(void)ask();
	(void)tend();
	ck_assert_int_eq(person_mails("deletion-reminder"), 0);
	leave(3 * DAY - 60);
	ck_assert(!tend());
	(void)tend();
	ck_assert_int_eq(person_mails("deletion-reminder"), 1);
	ck_assert_str_ne(
	    test_mailed(entry.arena, entry.key, "deletion-reminder", "until"),
	    "");
	/* Undone and asked for again, it is another time. */
	ck_assert(undo());
	(void)ask();
	leave(DAY);
	(void)tend();
	ck_assert_int_eq(person_mails("deletion-reminder"), 2);
}
END_TEST

START_TEST(reminds_of_nothing_that_is_soon_anyway)
{
	struct config config = *entry.config;

	config.account_deletion_grace = 3 * DAY;
	entry.config = &config;
	(void)ask();
	(void)tend();
	ck_assert_int_eq(person_mails("deletion-reminder"), 0);
	ck_assert_int_eq(accounts(), 1);
}
END_TEST

/* --- deleting --- */

/* A row of this person in each table that has any. */
static void
have_rows(void)
{
	const char *token;
	bool seen;

	test_execute(arena_printf(entry.arena,
	    "INSERT INTO second_factor (account_id, secret_sealed, activated_at)"
	    " VALUES ('%1$s', '\\x03', now());"
	    " INSERT INTO recovery_code (account_id, hash) VALUES ('%1$s',"
	    " decode(repeat('04', 32), 'hex'));"
	    " INSERT INTO mail_opt_out (account_id, category)"
	    " VALUES ('%1$s', 'reminders')",
	    here.account.id));
	ck_assert_int_eq(link_issue(entry.db, entry.arena, LINK_EMAIL_REVERT,
			     here.account.id, "old@example.org", 3600, &token),
	    ST_OK);
	ck_assert_int_eq(known_device_remember(entry.db, entry.arena, "",
			     here.account.id, "Firefox", &token, &seen),
	    ST_OK);
	ck_assert_int_eq(
	    audit(entry.db, entry.arena, ACTOR_PERSON, DEED_SIGNED_IN,
		here.account.id, here.id, entry.origin),
	    ST_OK);
}

START_TEST(leaves_nothing_but_ids_in_the_log)
{
	have_rows();
	(void)ask();
	(void)person_another("eve@example.org", true);
	leave(-1);
	ck_assert(test_is_stored(ADA));
	ck_assert(test_is_stored("192.0.2.1"));
	(void)tend();
	ck_assert_int_eq(accounts(), 1);
	ck_assert(!test_is_stored(ADA));
	ck_assert(!test_is_stored("old@example.org"));
	ck_assert(!test_is_stored("192.0.2.1"));
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 0);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 0);
	ck_assert_int_eq(person_noted("signed in"), 1);
	ck_assert_int_eq(person_noted("account deleted"), 1);
	ck_assert_str_eq(test_text(entry.arena,
			     "SELECT actor FROM audit_log WHERE action = $1",
			     "account deleted"),
	    "worker");
}
END_TEST

static size_t
seal(const struct audit_key *key)
{
	size_t sealed;

	ck_assert_int_eq(audit_seal(worker, entry.arena, key, &sealed), ST_OK);
	return sealed;
}

/* Of rows that were sealed before and of such that were not. */
START_TEST(leaves_the_chain_of_the_log_whole)
{
	struct audit_report report;
	struct audit_key key;

	ck_assert_int_eq(
	    audit_key_current(worker, entry.arena, entry.key, &key), ST_OK);
	have_rows();
	ck_assert_uint_eq(seal(&key), 1);
	(void)ask();
	leave(-1);
	(void)tend();
	ck_assert_uint_eq(seal(&key), 2);
	ck_assert_int_eq(audit_verify(worker, &key, 1, NULL, &report), ST_OK);
	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	ck_assert_int_eq(report.sealed, 3);
	ck_assert_int_eq(report.erased, 1);
	ck_assert_int_eq(report.pending, 0);
}
END_TEST

/* A request that was on its way, as a refused sign-in, is noted afterwards. */
START_TEST(leaves_no_address_that_is_noted_later)
{
	struct audit_report report;
	struct audit_key key;

	ck_assert_int_eq(
	    audit_key_current(worker, entry.arena, entry.key, &key), ST_OK);
	person_begin();
	ck_assert_int_eq(
	    audit(entry.db, entry.arena, ACTOR_PERSON, DEED_SIGN_IN_REFUSED,
		here.account.id, NULL, entry.origin),
	    ST_OK);
	ck_assert_int_eq(
	    deletion_now(worker, entry.arena, here.account.id), ST_OK);
	ck_assert_int_eq(person_end(ST_OK), ST_OK);
	ck_assert_int_eq(audit(entry.db, entry.arena, ACTOR_PERSON,
			     DEED_SIGN_IN_REFUSED, NULL, NULL, entry.origin),
	    ST_OK);
	ck_assert_uint_eq(seal(&key), 2);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM audit_log WHERE ip IS NOT NULL"
		     " AND account_id IS NOT NULL",
		NULL),
	    0);
	/* Nobody's own goes. */
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM audit_log WHERE ip IS NOT NULL", NULL),
	    1);
	ck_assert_int_eq(audit_verify(worker, &key, 1, NULL, &report), ST_OK);
	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	ck_assert_int_eq(report.sealed, 2);
	ck_assert_int_eq(report.erased, 0);
}
END_TEST

static int
delete_now(void *closure)
{
	struct db *own = db_open(test_database_url(), "rival");

	(void)closure;
	return (int)deletion_now(own, entry.arena, here.account.id);
}

/* A seal made meanwhile would be over an address that is gone by then. */
START_TEST(waits_for_who_is_sealing)
{
	static const struct db_stmt lock = { "lock",
		"SELECT pg_advisory_xact_lock(7022629598036782183)" };
	pid_t rival;

	ck_assert_int_eq(db_begin(worker), ST_OK);
	ck_assert_int_eq(
	    db_query(worker, entry.arena, &lock, DB_NO_ARGS, NULL), ST_OK);
	rival = test_fork(delete_now, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(accounts(), 1);
	ck_assert_int_eq(db_commit(worker), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_int_eq(accounts(), 0);
}
END_TEST

START_TEST(goes_on_batch_by_batch)
{
	test_execute("INSERT INTO account (email, name, password_hash,"
		     " delete_after) SELECT n || '@example.org', 'x', 'x',"
		     " now() + (n - 150) * interval '1 minute'"
		     " FROM generate_series(1, 160) n");
	ck_assert(tend());
	ck_assert_int_eq(accounts(), 61);
	/* Of what is over nobody is reminded. */
	ck_assert_int_eq(
	    test_int("SELECT count(delete_reminded_at) FROM account", NULL),
	    10);
	ck_assert(!tend());
	ck_assert_int_eq(accounts(), 11);
	ck_assert(!tend());
	ck_assert_int_eq(person_mails("deletion-reminder"), 10);
}
END_TEST

/* Who signs in just now is not waited for, and may undo it. */
START_TEST(leaves_alone_who_signs_in_just_now)
{
	struct account account;
	bool undone;

	(void)ask();
	for (int64_t left = DAY; left >= -1; left -= DAY + 1) {
		leave(left);
		person_begin();
		ck_assert_int_eq(account_lock(entry.db, entry.arena,
				     here.account.id, &account),
		    ST_OK);
		(void)tend();
		ck_assert_int_eq(accounts(), 1);
		ck_assert_int_eq(person_mails("deletion-reminder"), 0);
		ck_assert_int_eq(person_end(ST_OK), ST_OK);
	}
	person_begin();
	ck_assert_int_eq(
	    person_end(deletion_undo(&entry, &account, &undone)), ST_OK);
	ck_assert(undone);
	(void)tend();
	ck_assert_int_eq(accounts(), 1);
}
END_TEST

START_TEST(the_operator_deletes_at_once)
{
	ck_assert_int_eq(
	    deletion_now(worker, entry.arena, here.account.id), ST_OK);
	ck_assert_int_eq(accounts(), 0);
	ck_assert_int_eq(
	    deletion_now(worker, entry.arena, here.account.id), ST_NOT_FOUND);
	ck_assert_int_eq(
	    deletion_now(entry.db, entry.arena, here.account.id), ST_FAULT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("deletion");
	TCase *asking = tcase_create("asking");
	TCase *reminding = tcase_create("reminding");
	TCase *deleting = tcase_create("deleting");

	tcase_add_checked_fixture(asking, setup, teardown);
	tcase_add_test(asking, puts_it_off_and_signs_out_everywhere);
	tcase_add_test(asking, ends_links_to_another_address);
	tcase_add_test(asking, signing_in_undoes_it_once);
	suite_add_tcase(suite, asking);
	tcase_add_checked_fixture(reminding, setup, teardown);
	tcase_add_test(reminding, reminds_once_when_the_time_is_nearly_over);
	tcase_add_test(reminding, reminds_of_nothing_that_is_soon_anyway);
	suite_add_tcase(suite, reminding);
	tcase_add_checked_fixture(deleting, setup, teardown);
	tcase_add_test(deleting, leaves_nothing_but_ids_in_the_log);
	tcase_add_test(deleting, leaves_the_chain_of_the_log_whole);
	tcase_add_test(deleting, leaves_no_address_that_is_noted_later);
	tcase_add_test(deleting, waits_for_who_is_sealing);
	tcase_add_test(deleting, goes_on_batch_by_batch);
	tcase_add_test(deleting, leaves_alone_who_signs_in_just_now);
	tcase_add_test(deleting, the_operator_deletes_at_once);
	suite_add_tcase(suite, deleting);
	return harness_run(suite, NEEDS_POSTGRES);
}
