/* check_session.c - the row decides, on the very next request. */

#include <check.h>
#include <string.h>

#include "account/session.h"
#include "base/clock.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static const struct config *config;
static struct db *db;
static const char *ada;

static const struct origin origin = { "2001:db8::1", "Check/1 (äöü)", "id" };
static const unsigned char hash[SECRET_BYTES];

static void
setup(void)
{
	arena = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_session");
	ck_assert_int_eq(account_create(db, arena, "ada@example.org", "Ada",
			     "hash", true, &ada),
	    ST_OK);
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

static const char *
start(void)
{
	struct session session;

	ck_assert_int_eq(session_start(db, arena, config, ada, &origin, false,
			     hash, &session),
	    ST_OK);
	return session.id;
}

static enum session_state
state_of(const char *id)
{
	enum session_state state;
	struct session session;

	ck_assert_int_eq(
	    session_check(db, arena, id, 0, &state, &session), ST_OK);
	return state;
}

START_TEST(begins_alive_with_all_that_is_known)
{
	int64_t now = clock_now();
	enum session_state state;
	struct session started, found;

	ck_assert_int_eq(session_start(db, arena, config, ada, &origin, false,
			     hash, &started),
	    ST_OK);
	ck_assert_int_eq(
	    session_check(db, arena, started.id, 0, &state, &found), ST_OK);
	ck_assert_int_eq(state, SESSION_ALIVE);
	ck_assert_str_eq(found.id, started.id);
	ck_assert_str_eq(found.account.id, ada);
	ck_assert_str_eq(found.account.email, "ada@example.org");
	ck_assert_str_eq(found.account.name, "Ada");
	ck_assert_str_eq(found.account.password_hash, "");
	ck_assert(found.account.verified);
	ck_assert(!found.account.disabled);
	ck_assert_int_ne(found.account.created_at, 0);
	ck_assert_str_eq(found.ip, "2001:db8::1");
	ck_assert_str_eq(found.user_agent, "Check/1 (äöü)");
	ck_assert_int_eq(found.generation, 0);
	ck_assert_int_ge(found.created_at, now - 1);
	ck_assert_int_ge(found.confirmed_at, now - 1);
	ck_assert_int_eq(
	    found.expires_at, found.created_at + config->session_idle);
	ck_assert(!found.unseen);
	ck_assert_int_eq(started.expires_at, found.expires_at);
}
END_TEST

START_TEST(begins_without_an_address)
{
	struct origin unknown = { NULL, "", "id" };
	struct session session;

	ck_assert_int_eq(session_start(db, arena, config, ada, &unknown, false,
			     hash, &session),
	    ST_OK);
	ck_assert_ptr_null(session.ip);
	ck_assert_str_eq(session.user_agent, "");
}
END_TEST

START_TEST(ends_at_the_earlier_of_its_two_ends)
{
	struct config shorter = *config;
	struct session session;

	shorter.session_absolute = shorter.session_idle - 60;
	ck_assert_int_eq(session_start(db, arena, &shorter, ada, &origin, false,
			     hash, &session),
	    ST_OK);
	ck_assert_int_eq(
	    session.expires_at, session.created_at + shorter.session_absolute);
}
END_TEST

START_TEST(expires_when_idle_or_old)
{
	const char *id = start();

	ck_assert_int_eq(state_of(id), SESSION_ALIVE);
	test_execute("UPDATE session SET idle_expires_at = now()");
	ck_assert_int_eq(state_of(id), SESSION_EXPIRED);
	test_execute("UPDATE session SET expires_at = now(),"
		     " idle_expires_at = now() + interval '1 day'");
	ck_assert_int_eq(state_of(id), SESSION_EXPIRED);
}
END_TEST

START_TEST(one_that_was_cleaned_up_counts_as_expired)
{
	ck_assert_int_eq(state_of(TEST_UUID), SESSION_EXPIRED);
}
END_TEST

START_TEST(revoking_one_ends_that_one)
{
	const char *one = start(), *other = start();

	ck_assert_int_eq(
	    session_revoke(db, arena, one, SESSION_SIGNED_OUT), ST_OK);
	ck_assert_int_eq(state_of(one), SESSION_REVOKED);
	ck_assert_int_eq(state_of(other), SESSION_ALIVE);
	ck_assert_str_eq(test_text(arena,
			     "SELECT revoked_reason FROM session"
			     " WHERE id = $1::uuid",
			     one),
	    "signed-out");
}
END_TEST

START_TEST(revoking_all_ends_those_of_one_account)
{
	const char *one = start(), *two = start(), *eve;
	struct session other;

	ck_assert_int_eq(account_create(db, arena, "eve@example.org", "Eve",
			     "hash", true, &eve),
	    ST_OK);
	ck_assert_int_eq(
	    session_start(db, arena, config, eve, &origin, false, hash, &other),
	    ST_OK);
	ck_assert_int_eq(
	    session_revoke_all(db, arena, ada, SESSION_OPERATOR, NULL), ST_OK);
	ck_assert_int_eq(state_of(one), SESSION_REVOKED);
	ck_assert_int_eq(state_of(two), SESSION_REVOKED);
	ck_assert_int_eq(state_of(other.id), SESSION_ALIVE);
}
END_TEST

/* One that has expired could still be brought back by a late refresh. */
START_TEST(revoking_all_counts_those_that_were_alive)
{
	const char *old = start();
	size_t count;

	test_execute("UPDATE session SET idle_expires_at = now()");
	(void)start();
	(void)start();
	ck_assert_int_eq(
	    session_revoke_all(db, arena, ada, SESSION_OPERATOR, &count),
	    ST_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(state_of(old), SESSION_REVOKED);
	ck_assert_int_eq(
	    session_revoke_all(db, arena, ada, SESSION_OPERATOR, &count),
	    ST_OK);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(revoking_all_can_end_those_of_everybody)
{
	const char *one = start(), *eve;
	struct session other;
	size_t count;

	ck_assert_int_eq(account_create(db, arena, "eve@example.org", "Eve",
			     "hash", true, &eve),
	    ST_OK);
	ck_assert_int_eq(
	    session_start(db, arena, config, eve, &origin, false, hash, &other),
	    ST_OK);
	ck_assert_int_eq(
	    session_revoke_all(db, arena, NULL, SESSION_OPERATOR, &count),
	    ST_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(state_of(one), SESSION_REVOKED);
	ck_assert_int_eq(state_of(other.id), SESSION_REVOKED);
}
END_TEST

/* How it ended first is what the log is asked for. */
START_TEST(revoking_again_is_no_error_and_changes_nothing)
{
	static const char row[] =
	    "SELECT revoked_reason || revoked_at FROM session";
	const char *id = start(), *first;

	ck_assert_int_eq(
	    session_revoke(db, arena, id, SESSION_SIGNED_OUT), ST_OK);
	first = test_text(arena, row, NULL);
	ck_assert_int_eq(
	    session_revoke(db, arena, id, SESSION_OPERATOR), ST_OK);
	ck_assert_int_eq(
	    session_revoke_all(db, arena, ada, SESSION_OPERATOR, NULL), ST_OK);
	ck_assert_str_eq(test_text(arena, row, NULL), first);
	ck_assert_int_eq(
	    session_revoke(db, arena, TEST_UUID, SESSION_OPERATOR), ST_OK);
}
END_TEST

START_TEST(a_revoked_one_stays_so_when_it_expires)
{
	const char *id = start();

	ck_assert_int_eq(
	    session_revoke(db, arena, id, SESSION_SIGNED_OUT), ST_OK);
	test_execute("UPDATE session SET expires_at = now()");
	ck_assert_int_eq(state_of(id), SESSION_REVOKED);
}
END_TEST

static enum session_end
end_of(const char *id)
{
	enum session_state state;
	struct session session;

	ck_assert_int_eq(
	    session_check(db, arena, id, 0, &state, &session), ST_OK);
	ck_assert_int_eq(state, SESSION_REVOKED);
	return session.end;
}

START_TEST(says_how_it_ended)
{
	const char *id = start();

	ck_assert_int_eq(
	    session_revoke(db, arena, id, (enum session_end)_i), ST_OK);
	ck_assert_int_eq(end_of(id), _i);
	test_execute("UPDATE account SET disabled_at = now()");
	ck_assert_int_eq(end_of(id), _i);
}
END_TEST

/* Should disabling ever forget the sessions, none of them lives on. */
START_TEST(those_of_a_disabled_account_are_over)
{
	const char *id = start();

	test_execute("UPDATE account SET disabled_at = now()");
	ck_assert_int_eq(end_of(id), SESSION_ACCOUNT_DISABLED);
}
END_TEST

START_TEST(none_begins_for_a_disabled_account)
{
	struct session session;

	ck_assert_int_eq(account_disable(db, arena, ada), ST_OK);
	ck_assert_int_eq(session_start(db, arena, config, ada, &origin, false,
			     hash, &session),
	    ST_CONFLICT);
	ck_assert_int_eq(session_start(db, arena, config, TEST_UUID, &origin,
			     false, hash, &session),
	    ST_CONFLICT);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session", NULL), 0);
}
END_TEST

static int
start_too(void *unused)
{
	struct db *second = db_open(test_handler_url(), "rival");
	struct session session;
	enum status st = session_start(
	    second, arena, config, ada, &origin, false, hash, &session);

	(void)unused;
	db_close(second);
	return (int)st;
}

START_TEST(none_slips_past_an_account_being_disabled)
{
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(account_disable(db, arena, ada), ST_OK);
	rival = test_fork(start_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_CONFLICT);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session", NULL), 0);
}
END_TEST

static int
disable_too(void *unused)
{
	struct db *second = db_open(test_handler_url(), "rival");
	enum status st;

	(void)unused;
	st = db_begin(second);
	if (st == ST_OK)
		st = account_disable(second, arena, ada);
	if (st == ST_OK)
		st = db_commit(second);
	db_close(second);
	return (int)st;
}

START_TEST(disabling_ends_one_that_is_just_beginning)
{
	const char *id;
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	id = start();
	rival = test_fork(disable_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_int_eq(account_enable(db, arena, ada), ST_OK);
	ck_assert_int_eq(state_of(id), SESSION_REVOKED);
}
END_TEST

/* Seen an age ago, and due to expire in a minute. */
static const char age[] =
    "UPDATE session SET last_seen_at = now() - interval '2 minutes',"
    " idle_expires_at = now() + interval '1 minute'";

START_TEST(being_used_moves_the_idle_end)
{
	const char *id = start();
	enum session_state state;
	struct session session;

	test_execute(age);
	ck_assert_int_eq(
	    session_check(db, arena, id, 0, &state, &session), ST_OK);
	ck_assert(session.unseen);
	ck_assert_int_eq(session_touch(db, arena, config, id, 0), ST_OK);
	ck_assert_int_eq(
	    session_check(db, arena, id, 0, &state, &session), ST_OK);
	ck_assert(!session.unseen);
	ck_assert_int_ge(
	    session.expires_at, clock_now() + config->session_idle - 60);
}
END_TEST

START_TEST(being_used_is_written_once_a_minute)
{
	static const char version[] = "SELECT xmin FROM session";
	const char *id = start(), *before = test_text(arena, version, NULL);

	ck_assert_int_eq(session_touch(db, arena, config, id, 0), ST_OK);
	ck_assert_str_eq(test_text(arena, version, NULL), before);
}
END_TEST

START_TEST(being_used_does_not_move_the_absolute_end)
{
	const char *id = start();
	enum session_state state;
	struct session session;

	test_execute(age);
	test_execute("UPDATE session SET expires_at = now() + interval '2"
		     " minutes'");
	ck_assert_int_eq(session_touch(db, arena, config, id, 0), ST_OK);
	ck_assert_int_eq(
	    session_check(db, arena, id, 0, &state, &session), ST_OK);
	ck_assert_int_le(session.expires_at, clock_now() + 120);
}
END_TEST

START_TEST(a_revoked_one_is_no_longer_seen)
{
	const char *id = start();

	ck_assert_int_eq(
	    session_revoke(db, arena, id, SESSION_SIGNED_OUT), ST_OK);
	test_execute(age);
	ck_assert_int_eq(session_touch(db, arena, config, id, 0), ST_OK);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " last_seen_at > now() - interval '1 minute'",
			     NULL),
	    0);
}
END_TEST

START_TEST(nothing_brings_one_back)
{
	const char *expired = start(), *revoked = start();

	ck_assert_int_eq(
	    session_revoke(db, arena, revoked, SESSION_SIGNED_OUT), ST_OK);
	test_execute("UPDATE session SET last_seen_at = now() - interval '2"
		     " days', idle_expires_at = now() - interval '1 day'");
	ck_assert_int_eq(session_touch(db, arena, config, expired, 0), ST_OK);
	ck_assert_int_eq(session_touch(db, arena, config, revoked, 0), ST_OK);
	ck_assert_int_eq(state_of(expired), SESSION_EXPIRED);
	ck_assert_int_eq(state_of(revoked), SESSION_REVOKED);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session"
				  " WHERE idle_expires_at > now()",
			     NULL),
	    0);
}
END_TEST

START_TEST(confirming_begins_the_count_anew)
{
	const char *id = start(), *other = start();
	enum session_state state;
	struct session session;
	int64_t confirmed_at;

	test_execute("UPDATE session SET confirmed_at = now() - interval '1"
		     " hour'");
	ck_assert_int_eq(
	    session_check(db, arena, id, 0, &state, &session), ST_OK);
	ck_assert_int_ge(session.confirmed_ago, 3600);
	ck_assert_int_le(session.confirmed_ago, 3600 + 60);
	ck_assert_int_eq(session_confirm(db, arena, id, &confirmed_at), ST_OK);
	ck_assert_int_ge(confirmed_at, clock_now() - 60);
	ck_assert_int_eq(
	    session_check(db, arena, id, 0, &state, &session), ST_OK);
	ck_assert_int_eq(session.confirmed_at, confirmed_at);
	ck_assert_int_le(session.confirmed_ago, 60);
	ck_assert_int_eq(
	    session_check(db, arena, other, 0, &state, &session), ST_OK);
	ck_assert_int_ge(session.confirmed_ago, 3600);
}
END_TEST

START_TEST(a_revoked_one_is_not_confirmed)
{
	const char *id = start();
	int64_t confirmed_at;

	ck_assert_int_eq(
	    session_revoke(db, arena, id, SESSION_SIGNED_OUT), ST_OK);
	ck_assert_int_eq(
	    session_confirm(db, arena, id, &confirmed_at), ST_NOT_FOUND);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session");
	TCase *life = tcase_create("life");
	TCase *end = tcase_create("end");
	TCase *race = tcase_create("race");
	TCase *use = tcase_create("use");

	tcase_add_checked_fixture(life, setup, teardown);
	tcase_add_test(life, begins_alive_with_all_that_is_known);
	tcase_add_test(life, begins_without_an_address);
	tcase_add_test(life, ends_at_the_earlier_of_its_two_ends);
	tcase_add_test(life, expires_when_idle_or_old);
	tcase_add_test(life, one_that_was_cleaned_up_counts_as_expired);
	suite_add_tcase(suite, life);
	tcase_add_checked_fixture(end, setup, teardown);
	tcase_add_test(end, revoking_one_ends_that_one);
	tcase_add_test(end, revoking_all_ends_those_of_one_account);
	tcase_add_test(end, revoking_all_counts_those_that_were_alive);
	tcase_add_test(end, revoking_all_can_end_those_of_everybody);
	tcase_add_test(end, revoking_again_is_no_error_and_changes_nothing);
	tcase_add_test(end, a_revoked_one_stays_so_when_it_expires);
	tcase_add_loop_test(end, says_how_it_ended, 0, SESSION_END_COUNT);
	tcase_add_test(end, those_of_a_disabled_account_are_over);
	tcase_add_test(end, none_begins_for_a_disabled_account);
	suite_add_tcase(suite, end);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, none_slips_past_an_account_being_disabled);
	tcase_add_test(race, disabling_ends_one_that_is_just_beginning);
	suite_add_tcase(suite, race);
	tcase_add_checked_fixture(use, setup, teardown);
	tcase_add_test(use, being_used_moves_the_idle_end);
	tcase_add_test(use, being_used_is_written_once_a_minute);
	tcase_add_test(use, being_used_does_not_move_the_absolute_end);
	tcase_add_test(use, a_revoked_one_is_no_longer_seen);
	tcase_add_test(use, nothing_brings_one_back);
	tcase_add_test(use, confirming_begins_the_count_anew);
	tcase_add_test(use, a_revoked_one_is_not_confirmed);
	suite_add_tcase(suite, use);
	return harness_run(suite, NEEDS_POSTGRES);
}
