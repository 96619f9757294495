/* check_email_change.c - another address: asked for, proven, taken back. */

#include <check.h>
#include <string.h>

#include "account/email_change.h"
#include "account/reset.h"
#include "tests/account/person.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define NEW "new@example.org"
#define NEWER "newer@example.org"

static void
ask(const char *email)
{
	person_begin();
	ck_assert_int_eq(
	    person_end(email_change_ask(&entry, &here, email)), ST_OK);
}

static size_t
answer(void)
{
	return person_work(EMAIL_CHANGE_JOB, email_change_answer);
}

/* The link that was mailed to an address, after asking for it. */
static const char *
link_to(const char *email)
{
	ask(email);
	ck_assert_uint_eq(answer(), 1);
	return test_mailed(entry.arena, entry.key, "email-change", "token");
}

static struct email_link
use(const char *token)
{
	struct email_link link;

	person_begin();
	ck_assert_int_eq(
	    person_end(email_change_use(&entry, token, &link)), ST_OK);
	return link;
}

static struct email_link
undo(const char *token, const char **reset_token)
{
	struct email_link link;

	person_begin();
	ck_assert_int_eq(
	    person_end(email_change_undo(&entry, token, &link, reset_token)),
	    ST_OK);
	return link;
}

/* Change to an address; the link back. */
static const char *
change(const char *email)
{
	struct email_link link = use(link_to(email));

	ck_assert_int_eq(link.state, LINK_LIVE);
	ck_assert(!link.taken);
	return test_mailed(entry.arena, entry.key, "email-changed", "token");
}

static const char *
address(void)
{
	return test_text(entry.arena,
	    "SELECT email FROM account WHERE id = $1::uuid", here.account.id);
}

static const char *
recipient(const char *template)
{
	return test_text(entry.arena,
	    "SELECT recipient FROM outbox WHERE template = $1"
	    " ORDER BY created_at DESC LIMIT 1",
	    template);
}

/* --- asking --- */

START_TEST(a_free_address_gets_the_link)
{
	const char *token = link_to(NEW);

	ck_assert_str_eq(recipient("email-change"), NEW);
	ck_assert_uint_eq(strlen(token), SECRET_TEXT_LEN);
	ck_assert_str_eq(
	    test_mailed(entry.arena, entry.key, "email-change", "ttl"),
	    "24 hours");
	ck_assert(!test_is_stored(token));
	ck_assert_str_eq(address(), ADA);
	ck_assert_int_eq(person_noted("address change asked for"), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 1);
}
END_TEST

START_TEST(so_does_one_that_was_never_proven)
{
	(void)person_another(NEW, false);
	(void)link_to("New@Example.org");
	ck_assert_str_eq(recipient("email-change"), "New@Example.org");
}
END_TEST

START_TEST(so_does_its_own_in_other_letters)
{
	(void)change("Ada@Example.org");
	ck_assert_str_eq(address(), "Ada@Example.org");
}
END_TEST

START_TEST(one_with_an_account_is_told)
{
	const char *eve = person_another(NEW, true);

	ask(NEW);
	ck_assert_uint_eq(answer(), 1);
	ck_assert_str_eq(recipient("email-taken"), NEW);
	ck_assert_str_eq(
	    test_text(entry.arena, "SELECT account_id FROM outbox", NULL), eve);
	ck_assert_int_eq(person_mails("email-change"), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM link", NULL), 0);
}
END_TEST

START_TEST(the_address_is_sealed_meanwhile)
{
	ask(NEW);
	ck_assert(!test_is_stored(NEW));
}
END_TEST

START_TEST(nothing_is_sent_once_the_session_has_ended)
{
	ask(NEW);
	ck_assert_int_eq(session_revoke(entry.db, entry.arena, here.id,
			     SESSION_ENDED_ELSEWHERE),
	    ST_OK);
	ck_assert_uint_eq(answer(), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM link", NULL), 0);
}
END_TEST

static int
answer_too(void *unused)
{
	(void)unused;
	return (int)answer();
}

/* As a reset does it, while the worker is at it. */
START_TEST(nothing_is_sent_while_the_session_ends)
{
	struct account account;
	pid_t rival;

	ask(NEW);
	person_begin();
	ck_assert_int_eq(
	    account_lock(entry.db, entry.arena, here.account.id, &account),
	    ST_OK);
	ck_assert_int_eq(session_revoke_all(entry.db, entry.arena,
			     here.account.id, SESSION_PASSWORD_RESET, NULL),
	    ST_OK);
	ck_assert_int_eq(link_expire(entry.db, entry.arena, LINK_EMAIL_CHANGE,
			     here.account.id),
	    ST_OK);
	rival = test_fork(answer_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(person_end(ST_OK), ST_OK);
	ck_assert_int_eq(test_join(rival), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM link", NULL), 0);
}
END_TEST

START_TEST(beyond_the_limit_nothing_is_sent)
{
	struct config config = *entry.config;

	config.limit_mail = (struct rates){ { { 1, 86400 } }, 1 };
	entry.config = &config;
	ask(NEW);
	ask("NEW@example.org");
	ck_assert_uint_eq(answer(), 1);
	config.limit_mail = (struct rates){ { { 0 } }, 0 };
	config.limit_mail_ip = (struct rates){ { { 1, 86400 } }, 1 };
	ask("a@example.org");
	ask("b@example.org");
	ck_assert_uint_eq(answer(), 1);
}
END_TEST

/* --- proving --- */

START_TEST(the_link_changes_the_address)
{
	struct email_link link;
	const char *token = link_to(NEW), *reset;

	ck_assert_int_eq(reset_issue(entry.db, entry.arena, entry.config,
			     here.account.id, &reset),
	    ST_OK);
	link = use(token);
	ck_assert_str_eq(link.email, NEW);
	ck_assert_str_eq(link.account.email, ADA);
	ck_assert_str_eq(address(), NEW);
	ck_assert_int_eq(person_noted("address changed"), 1);
	/* This device and all others go on. */
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL),
	    2);
	/* What lies in the old mailbox opens the account no more. */
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM link WHERE kind = 'reset'"
		     " AND expires_at > now()",
		NULL),
	    0);
}
END_TEST

static int
send_reset_too(void *unused)
{
	(void)unused;
	return (int)person_work(RESET_JOB, reset_send);
}

/* Somebody asked for one, and the worker comes to that just now. */
START_TEST(no_reset_goes_to_an_address_on_its_way_out)
{
	const char *token = link_to(NEW);
	struct email_link link;
	pid_t rival;

	ck_assert_int_eq(reset_ask(&entry, ADA), ST_OK);
	person_begin();
	ck_assert_int_eq(email_change_use(&entry, token, &link), ST_OK);
	rival = test_fork(send_reset_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(person_end(ST_OK), ST_OK);
	ck_assert_int_eq(test_join(rival), 1);
	ck_assert_int_eq(person_mails("reset"), 0);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM link WHERE kind = 'reset'", NULL),
	    0);
}
END_TEST

START_TEST(the_old_address_is_told)
{
	(void)change(NEW);
	ck_assert_str_eq(recipient("email-changed"), ADA);
	ck_assert_str_eq(
	    test_mailed(entry.arena, entry.key, "email-changed", "ttl"),
	    "7 days");
	ck_assert_str_eq(
	    test_mailed(entry.arena, entry.key, "email-changed", "ip"),
	    "192.0.2.1");
}
END_TEST

START_TEST(the_link_works_once_and_the_newest_alone)
{
	const char *first = link_to(NEW), *second = link_to(NEWER);

	ck_assert_int_eq(use(first).state, LINK_REPLACED);
	ck_assert_str_eq(address(), ADA);
	ck_assert_int_eq(use(second).state, LINK_LIVE);
	ck_assert_int_eq(use(second).state, LINK_USED);
	ck_assert_str_eq(address(), NEWER);
	ck_assert_int_eq(person_mails("email-changed"), 1);
}
END_TEST

START_TEST(the_link_ends_with_its_time)
{
	const char *token = link_to(NEW);

	test_execute("UPDATE link SET expires_at = now()");
	ck_assert_int_eq(use(token).state, LINK_EXPIRED);
	ck_assert_str_eq(address(), ADA);
}
END_TEST

START_TEST(a_sign_up_that_was_never_proven_makes_way)
{
	const char *token = link_to(NEW);

	(void)person_another("NEW@example.org", false);
	ck_assert(!use(token).taken);
	ck_assert_str_eq(address(), NEW);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 1);
}
END_TEST

START_TEST(an_account_that_was_proven_meanwhile_does_not)
{
	const char *token = link_to(NEW);
	struct email_link link;

	(void)person_another("NEW@example.org", true);
	link = use(token);
	ck_assert_int_eq(link.state, LINK_LIVE);
	ck_assert(link.taken);
	ck_assert_str_eq(address(), ADA);
	/* And the link is good still. */
	test_execute("DELETE FROM account WHERE email = 'NEW@example.org'");
	ck_assert(!use(token).taken);
	ck_assert_str_eq(address(), NEW);
}
END_TEST

/* Or the operator's ban would end with the address. */
START_TEST(nor_does_one_that_is_disabled)
{
	const char *token = link_to(NEW);
	const char *eve = person_another(NEW, false);

	ck_assert_int_eq(account_disable(entry.db, entry.arena, eve), ST_OK);
	ck_assert(use(token).taken);
	ck_assert_str_eq(address(), ADA);
	ask(NEW);
	ck_assert_uint_eq(answer(), 1);
	ck_assert_int_eq(person_mails("email-taken"), 1);
}
END_TEST

START_TEST(a_disabled_account_has_no_links)
{
	struct email_link link;
	const char *token = link_to(NEW);

	ck_assert_int_eq(
	    account_disable(entry.db, entry.arena, here.account.id), ST_OK);
	person_begin();
	ck_assert_int_eq(
	    person_end(email_change_use(&entry, token, &link)), ST_NOT_FOUND);
	ck_assert_int_eq(
	    email_change_find(&entry, LINK_EMAIL_CHANGE, "x", &link),
	    ST_NOT_FOUND);
	ck_assert_str_eq(address(), ADA);
}
END_TEST

START_TEST(looking_changes_nothing)
{
	struct email_link link;
	const char *token = link_to(NEW);

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    email_change_find(&entry, LINK_EMAIL_CHANGE, token, &link),
		    ST_OK);
		ck_assert_int_eq(link.state, LINK_LIVE);
		ck_assert_str_eq(link.email, NEW);
	}
	ck_assert_int_eq(
	    email_change_find(&entry, LINK_EMAIL_REVERT, token, &link),
	    ST_NOT_FOUND);
	ck_assert_str_eq(address(), ADA);
}
END_TEST

/* --- taking back --- */

START_TEST(the_link_back_brings_the_old_address_and_shuts_all_out)
{
	const char *back = change(NEW), *pending, *alert, *reset_token;
	struct reset reset;
	struct link link;

	pending = link_to(NEWER);
	ck_assert_int_eq(link_issue(entry.db, entry.arena, LINK_SESSION_END,
			     here.account.id, TEST_UUID, 3600, &alert),
	    ST_OK);
	ck_assert_int_eq(undo(back, &reset_token).state, LINK_LIVE);
	ck_assert_str_eq(address(), ADA);
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL),
	    0);
	ck_assert_int_eq(person_sign_in(TEST_PASSWORD), ENTRY_WRONG);
	ck_assert_int_eq(use(pending).state, LINK_EXPIRED);
	/* An alert that went to the other mailbox leads to no password. */
	ck_assert_int_eq(
	    link_find(entry.db, entry.arena, LINK_SESSION_END, alert, &link),
	    ST_OK);
	ck_assert_int_eq(link.state, LINK_EXPIRED);
	ck_assert_int_eq(
	    reset_find(entry.db, entry.arena, reset_token, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_LIVE);
	ck_assert(reset.opened);
	ck_assert_str_eq(reset.account.id, here.account.id);
	ck_assert_int_eq(person_noted("address change undone"), 1);
	ck_assert_int_eq(undo(back, &reset_token).state, LINK_USED);
}
END_TEST

/* Who has taken the account over changes the address twice. */
START_TEST(the_first_owner_has_the_last_word)
{
	const char *owners = change(NEW), *thiefs = change(NEWER), *reset_token;

	ck_assert_int_eq(undo(thiefs, &reset_token).state, LINK_LIVE);
	ck_assert_str_eq(address(), NEW);
	ck_assert_int_eq(undo(owners, &reset_token).state, LINK_LIVE);
	ck_assert_str_eq(address(), ADA);
}
END_TEST

START_TEST(and_the_thief_has_none_after_that)
{
	const char *owners = change(NEW), *thiefs = change(NEWER), *reset_token;

	ck_assert_int_eq(undo(owners, &reset_token).state, LINK_LIVE);
	ck_assert_int_eq(undo(thiefs, &reset_token).state, LINK_EXPIRED);
	ck_assert_str_eq(address(), ADA);
}
END_TEST

/* A second factor that is on since so many minutes after the change. */
static void
switch_factor_on(int minutes)
{
	test_execute(arena_printf(entry.arena,
	    "DELETE FROM second_factor; INSERT INTO second_factor (account_id,"
	    " secret_sealed, activated_at) SELECT account_id, '\\x00',"
	    " created_at + interval '%d minutes' FROM link"
	    " WHERE kind = 'email-revert' ORDER BY id DESC LIMIT 1",
	    minutes));
}

START_TEST(a_second_factor_of_the_thief_goes_and_one_of_the_owner_stays)
{
	const char *reset_token, *back;

	back = change(NEW);
	switch_factor_on(-1);
	ck_assert_int_eq(undo(back, &reset_token).state, LINK_LIVE);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 1);

	/* Of the same moment, too: whoever was quick was no owner. */
	for (int minutes = 0; minutes < 2; minutes++) {
		test_execute("UPDATE session SET revoked_at = NULL,"
			     " revoked_reason = NULL");
		back = change(NEW);
		switch_factor_on(minutes);
		ck_assert_int_eq(undo(back, &reset_token).state, LINK_LIVE);
		ck_assert_int_eq(
		    test_int("SELECT count(*) FROM second_factor", NULL), 0);
	}
	ck_assert_int_eq(person_noted("second factor switched off"), 2);
	ck_assert_int_eq(person_mails("second-factor"), 2);
}
END_TEST

START_TEST(what_another_account_has_by_now_stays_there)
{
	const char *back = change(NEW), *reset_token;
	struct email_link link;

	(void)person_another(ADA, true);
	link = undo(back, &reset_token);
	ck_assert_int_eq(link.state, LINK_LIVE);
	ck_assert(link.taken);
	ck_assert_str_eq(address(), NEW);
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL),
	    2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("email_change");
	TCase *asking = tcase_create("asking");
	TCase *proving = tcase_create("proving");
	TCase *back = tcase_create("back");

	tcase_add_checked_fixture(asking, person_setup, person_teardown);
	tcase_add_test(asking, a_free_address_gets_the_link);
	tcase_add_test(asking, so_does_one_that_was_never_proven);
	tcase_add_test(asking, so_does_its_own_in_other_letters);
	tcase_add_test(asking, one_with_an_account_is_told);
	tcase_add_test(asking, the_address_is_sealed_meanwhile);
	tcase_add_test(asking, nothing_is_sent_once_the_session_has_ended);
	tcase_add_test(asking, nothing_is_sent_while_the_session_ends);
	tcase_add_test(asking, beyond_the_limit_nothing_is_sent);
	suite_add_tcase(suite, asking);
	tcase_add_checked_fixture(proving, person_setup, person_teardown);
	tcase_add_test(proving, the_link_changes_the_address);
	tcase_add_test(proving, no_reset_goes_to_an_address_on_its_way_out);
	tcase_add_test(proving, the_old_address_is_told);
	tcase_add_test(proving, the_link_works_once_and_the_newest_alone);
	tcase_add_test(proving, the_link_ends_with_its_time);
	tcase_add_test(proving, a_sign_up_that_was_never_proven_makes_way);
	tcase_add_test(proving, an_account_that_was_proven_meanwhile_does_not);
	tcase_add_test(proving, nor_does_one_that_is_disabled);
	tcase_add_test(proving, a_disabled_account_has_no_links);
	tcase_add_test(proving, looking_changes_nothing);
	suite_add_tcase(suite, proving);
	tcase_add_checked_fixture(back, person_setup, person_teardown);
	tcase_add_test(
	    back, the_link_back_brings_the_old_address_and_shuts_all_out);
	tcase_add_test(back, the_first_owner_has_the_last_word);
	tcase_add_test(
	    back, a_second_factor_of_the_thief_goes_and_one_of_the_owner_stays);
	tcase_add_test(back, and_the_thief_has_none_after_that);
	tcase_add_test(back, what_another_account_has_by_now_stays_there);
	suite_add_tcase(suite, back);
	return harness_run(suite, NEEDS_POSTGRES);
}
