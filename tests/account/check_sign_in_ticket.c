/* check_sign_in_ticket.c - between the password and the code, and meanwhile. */

#include <check.h>
#include <string.h>

#include "account/refresh.h"
#include "account/reset.h"
#include "account/second_factor.h"
#include "account/sign_in_ticket.h"
#include "base/clock.h"
#include "tests/account/person.h"
#include "tests/harness/code.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct account ada;
static int64_t step;
static const char *secret;
static const char *recovery[RECOVERY_CODES];

/* Ada with a second factor, whose first code is used up. */
static void
setup(void)
{
	person_setup();
	step = code_step();
	ck_assert_int_eq(
	    account_find(entry.db, entry.arena, here.account.id, &ada), ST_OK);
	ck_assert_int_eq(second_factor_begin(&entry, ada.id, &secret), ST_OK);
	ck_assert_int_eq(second_factor_activate(&entry, &ada, here.id,
			     code_at(entry.arena, secret, step), recovery),
	    ST_OK);
}

static const char *
code(void)
{
	return code_at(entry.arena, secret, step + 1);
}

/* A ticket for what Ada's password is now, good for so many seconds. */
static const char *
issue(int64_t ttl)
{
	struct sign_in_ticket ticket = {
		.expires_at = clock_now() + ttl,
		.remember = true,
		.next = "/auth/sessions",
	};

	ck_assert_int_eq(
	    account_find(entry.db, entry.arena, ada.id, &ada), ST_OK);
	return sign_in_ticket_issue(&entry, &ada, &ticket);
}

static struct sign_in_ticket
opened(const char *text)
{
	struct sign_in_ticket ticket;

	ck_assert_int_eq(sign_in_ticket_open(&entry, text, &ticket), ST_OK);
	return ticket;
}

/* As an action does it: a code for the ticket and, if it fits, a session. */
static enum status
sign_in(const char *text, const char *with, enum entry_outcome *outcome)
{
	const struct sign_in_ticket ticket = opened(text);
	struct session session;
	struct account account;
	const char *token;
	enum status st;

	st = sign_in_ticket_use(&entry, &ticket, with, outcome, &account);
	if (st == ST_OK && *outcome == ENTRY_GRANTED)
		st = refresh_begin(
		    &entry, account.id, ticket.remember, &session, &token);
	return st;
}

static enum entry_outcome
outcome_of(const char *text, const char *with)
{
	enum entry_outcome outcome;

	person_begin();
	ck_assert_int_eq(person_end(sign_in(text, with, &outcome)), ST_OK);
	return outcome;
}

static int64_t
alive(void)
{
	return test_int(
	    "SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL);
}

/* --- carrying --- */

START_TEST(carries_what_was_asked_for)
{
	struct sign_in_ticket ticket = opened(issue(60));

	ck_assert_str_eq(ticket.account_id, ada.id);
	ck_assert(ticket.remember);
	ck_assert(!ticket.api);
	ck_assert_str_eq(ticket.next, "/auth/sessions");
	ck_assert_uint_le(strlen(issue(60)), SIGN_IN_TICKET_MAX);
}
END_TEST

START_TEST(is_of_one_browser)
{
	struct sign_in_ticket ticket;
	const char *text;

	entry.browser = "one";
	text = issue(60);
	(void)opened(text);
	entry.browser = "other";
	ck_assert_int_eq(
	    sign_in_ticket_open(&entry, text, &ticket), ST_NOT_FOUND);
	entry.browser = NULL;
	ck_assert_int_eq(
	    sign_in_ticket_open(&entry, text, &ticket), ST_NOT_FOUND);
}
END_TEST

START_TEST(lasts_for_its_time)
{
	struct sign_in_ticket ticket;

	(void)opened(issue(60));
	ck_assert_int_eq(
	    sign_in_ticket_open(&entry, issue(0), &ticket), ST_EXPIRED);
	/* So that a page can lead on to where the person was. */
	ck_assert_str_eq(ticket.next, "/auth/sessions");
	ck_assert_int_eq(
	    sign_in_ticket_open(&entry, "x", &ticket), ST_NOT_FOUND);
	ck_assert_int_eq(
	    sign_in_ticket_open(&entry, "", &ticket), ST_NOT_FOUND);
}
END_TEST

START_TEST(takes_a_code_once)
{
	const char *text = issue(60);

	ck_assert_int_eq(outcome_of(text, "000000"), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of(text, code()), ENTRY_GRANTED);
	ck_assert_int_eq(outcome_of(text, code()), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of(text, recovery[0]), ENTRY_GRANTED);
	ck_assert_int_eq(outcome_of(text, recovery[0]), ENTRY_WRONG);
	ck_assert_int_eq(alive(), 3);
}
END_TEST

START_TEST(no_code_of_a_disabled_account_is_used_up)
{
	const char *text = issue(60);

	ck_assert_int_eq(account_disable(entry.db, entry.arena, ada.id), ST_OK);
	ck_assert_int_eq(outcome_of(text, code()), ENTRY_DISABLED);
	ck_assert_int_eq(account_enable(entry.db, entry.arena, ada.id), ST_OK);
	ck_assert_int_eq(outcome_of(text, code()), ENTRY_GRANTED);
}
END_TEST

/* --- meanwhile --- */

static const char *
reset_link(void)
{
	const char *token;

	ck_assert_int_eq(
	    reset_issue(entry.db, entry.arena, entry.config, ada.id, &token),
	    ST_OK);
	return token;
}

/* Somebody takes the account back, within the transaction at hand. */
static enum status
take_back(const char *token)
{
	struct reset reset;
	enum status st;

	st = reset_find(entry.db, entry.arena, token, &reset);
	if (st == ST_OK)
		st = reset_password(&entry, token, &reset.account,
		    "other words that nobody knows");
	return st;
}

/* Both, on another connection; the closure is a ticket or a link. */
static int
sign_in_too(void *text)
{
	enum entry_outcome outcome;

	entry.db = db_open(test_handler_url(), "rival");
	person_begin();
	return (int)person_end(sign_in(text, code(), &outcome));
}

static int
take_back_too(void *token)
{
	entry.db = db_open(test_handler_url(), "rival");
	person_begin();
	return (int)person_end(take_back(token));
}

START_TEST(is_too_late_once_the_password_is_reset)
{
	char *text = arena_strdup(entry.arena, issue(60));
	const char *token = reset_link();
	pid_t rival;

	person_begin();
	ck_assert_int_eq(take_back(token), ST_OK);
	rival = test_fork(sign_in_too, text);
	test_await_waiting(1);
	ck_assert_int_eq(person_end(ST_OK), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_EXPIRED);
	ck_assert_int_eq(alive(), 0);
}
END_TEST

START_TEST(what_it_began_ends_with_a_reset_that_waited)
{
	const char *text = issue(60);
	char *token = arena_strdup(entry.arena, reset_link());
	enum entry_outcome outcome;
	pid_t rival;

	person_begin();
	ck_assert_int_eq(sign_in(text, code(), &outcome), ST_OK);
	ck_assert_int_eq(outcome, ENTRY_GRANTED);
	rival = test_fork(take_back_too, token);
	test_await_waiting(1);
	ck_assert_int_eq(person_end(ST_OK), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_int_eq(alive(), 0);
}
END_TEST

static const char *const ends[] = {
	"UPDATE account SET password_hash = 'another'",
	"DELETE FROM second_factor",
	"DELETE FROM account",
};

START_TEST(ends_with_what_it_was_issued_for)
{
	const char *text = issue(60);
	enum entry_outcome outcome;

	test_execute(ends[_i]);
	person_begin();
	ck_assert_int_eq(
	    person_end(sign_in(text, recovery[0], &outcome)), ST_EXPIRED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sign_in_ticket");
	TCase *carrying = tcase_create("carrying");
	TCase *meanwhile = tcase_create("meanwhile");

	tcase_add_checked_fixture(carrying, setup, person_teardown);
	tcase_add_test(carrying, carries_what_was_asked_for);
	tcase_add_test(carrying, is_of_one_browser);
	tcase_add_test(carrying, lasts_for_its_time);
	tcase_add_test(carrying, takes_a_code_once);
	tcase_add_test(carrying, no_code_of_a_disabled_account_is_used_up);
	suite_add_tcase(suite, carrying);
	tcase_add_checked_fixture(meanwhile, setup, person_teardown);
	tcase_add_test(meanwhile, is_too_late_once_the_password_is_reset);
	tcase_add_test(meanwhile, what_it_began_ends_with_a_reset_that_waited);
	tcase_add_loop_test(meanwhile, ends_with_what_it_was_issued_for, 0,
	    (int)ARRAY_LEN(ends));
	suite_add_tcase(suite, meanwhile);
	return harness_run(suite, NEEDS_POSTGRES);
}
