/* check_second_factor.c - a factor begun, switched on, used and switched off. */

#include <check.h>
#include <string.h>

#include "account/clean_up.h"
#include "account/refresh.h"
#include "account/second_factor.h"
#include "base/strbuf.h"
#include "tests/harness/code.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define RACERS 12

static struct arena *arena;
static struct master_key *key;
static struct db *db;
static struct entry entry;
static struct account ada;
static struct session session;
static int64_t step;
static const char *secret;
static const char *codes[RECOVERY_CODES];

static const struct origin origin = { "192.0.2.7", "Check/1", "id" };

static void
setup(void)
{
	const char *token;

	arena = arena_new();
	step = code_step();
	test_clear();
	db = db_open(test_handler_url(), "check_second_factor");
	entry = (struct entry){
		.db = db,
		.arena = arena,
		.config = test_config(arena),
		.origin = &origin,
		.browser = "",
	};
	entry.key = key = test_master_key();
	ada = (struct account){ .email = "ada@example.org" };
	ck_assert_int_eq(
	    account_create(db, arena, ada.email, "Ada", "hash", true, &ada.id),
	    ST_OK);
	ck_assert_int_eq(
	    refresh_begin(&entry, ada.id, false, &session, &token), ST_OK);
}

static void
teardown(void)
{
	db_close(db);
	master_key_free(key);
	arena_free(arena);
}

/* The first, and the one after it. */
static const char *
code(int64_t which)
{
	return code_at(arena, secret, step + which);
}

static void
begin(void)
{
	ck_assert_int_eq(second_factor_begin(&entry, ada.id, &secret), ST_OK);
}

static enum status
activate(const char *text)
{
	return second_factor_activate(&entry, &ada, session.id, text, codes);
}

/* With the first code, so that the one after it is left. */
static void
have_factor(void)
{
	begin();
	ck_assert_int_eq(activate(code(0)), ST_OK);
}

static enum status
use(const char *text)
{
	return second_factor_use(&entry, &ada, text);
}

static struct second_factor
found(void)
{
	struct second_factor factor;

	ck_assert_int_eq(second_factor_find(db, arena, ada.id, &factor), ST_OK);
	return factor;
}

static int64_t
noted(const char *deed)
{
	return test_int(
	    "SELECT count(*) FROM audit_log WHERE action = $1", deed);
}

static int64_t
mailed(void)
{
	return test_int(
	    "SELECT count(*) FROM outbox WHERE template = $1", "second-factor");
}

/* --- switching on --- */

START_TEST(what_was_begun_does_not_count)
{
	const char *again;

	ck_assert_int_eq(
	    second_factor_begun(&entry, ada.id, &again), ST_NOT_FOUND);
	begin();
	ck_assert_int_eq(second_factor_begun(&entry, ada.id, &again), ST_OK);
	ck_assert_str_eq(again, secret);
	ck_assert(!found().active);
	ck_assert_int_eq(use(code(0)), ST_NOT_FOUND);
	ck_assert_int_eq(mailed(), 0);
}
END_TEST

START_TEST(the_newest_one_that_was_begun_counts)
{
	const char *first;

	begin();
	first = secret;
	begin();
	ck_assert_str_ne(secret, first);
	ck_assert_int_eq(activate(code_at(arena, first, step)), ST_FORBIDDEN);
	ck_assert_int_eq(activate(code(0)), ST_OK);
	ck_assert_int_eq(activate(code(1)), ST_NOT_FOUND);
}
END_TEST

START_TEST(a_code_switches_it_on)
{
	begin();
	ck_assert_int_eq(activate("000000"), ST_FORBIDDEN);
	ck_assert(!found().active);
	ck_assert_int_eq(activate(code(0)), ST_OK);
	ck_assert(found().active);
	ck_assert_int_gt(found().activated_at, 0);
	ck_assert_int_eq(found().recovery_left, RECOVERY_CODES);
	ck_assert_int_eq(noted("second factor switched on"), 1);
	ck_assert_int_eq(mailed(), 1);
	/* That one is used up. */
	ck_assert_int_eq(use(code(0)), ST_FORBIDDEN);
	ck_assert_int_eq(use(code(1)), ST_OK);
}
END_TEST

START_TEST(sessions_begun_without_it_end)
{
	struct session other;
	const char *token;

	ck_assert_int_eq(
	    refresh_begin(&entry, ada.id, false, &other, &token), ST_OK);
	have_factor();
	ck_assert_str_eq(test_text(arena,
			     "SELECT string_agg(id::text, ' ') FROM session"
			     " WHERE revoked_at IS NULL",
			     NULL),
	    session.id);
	ck_assert_int_eq(noted("other sessions ended"), 1);
}
END_TEST

static int
activate_too(void *text)
{
	enum status st;

	entry.db = db_open(test_handler_url(), "rival");
	ck_assert_int_eq(db_begin(entry.db), ST_OK);
	st = activate(text);
	ck_assert_int_eq(db_commit(entry.db), ST_OK);
	return (int)st;
}

/*
 * A thief's request is on its way while the owner takes the account back, which
 * takes such a factor off again: it must not come after that.
 */
START_TEST(a_session_that_has_ended_switches_nothing_on)
{
	struct account account;
	pid_t rival;

	begin();
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(account_lock(db, arena, ada.id, &account), ST_OK);
	ck_assert_int_eq(session_revoke_all(
			     db, arena, ada.id, SESSION_ENDED_ELSEWHERE, NULL),
	    ST_OK);
	rival = test_fork(activate_too, arena_strdup(arena, code(0)));
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_NOT_FOUND);
	ck_assert(!found().active);
	ck_assert_int_eq(mailed(), 0);
}
END_TEST

/* To another device: the old one stays good until the new one is. */
START_TEST(one_follows_the_other)
{
	const char *old, *old_codes[RECOVERY_CODES];

	have_factor();
	old = secret;
	memcpy(old_codes, codes, sizeof(codes));
	begin();
	ck_assert_int_eq(use(code(1)), ST_FORBIDDEN);
	ck_assert_int_eq(use(code_at(arena, old, step + 1)), ST_OK);
	ck_assert_int_eq(activate(code(0)), ST_OK);
	ck_assert_int_eq(use(code_at(arena, old, step + 1)), ST_FORBIDDEN);
	ck_assert_int_eq(use(old_codes[0]), ST_FORBIDDEN);
	ck_assert_int_eq(use(code(1)), ST_OK);
	ck_assert_int_eq(use(codes[0]), ST_OK);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 1);
}
END_TEST

/* --- using --- */

START_TEST(each_step_counts_once_and_none_before_it)
{
	have_factor();
	ck_assert_int_eq(use(code(0)), ST_FORBIDDEN);
	ck_assert_int_eq(use(code(1)), ST_OK);
	ck_assert_int_eq(use(code(1)), ST_FORBIDDEN);
	ck_assert_int_eq(use(code(0)), ST_FORBIDDEN);
	ck_assert_int_eq(noted("code refused"), 3);
}
END_TEST

START_TEST(codes_may_be_pasted_as_they_come)
{
	const char *six;

	have_factor();
	six = code(1);
	ck_assert_int_eq(
	    use(arena_printf(arena, " %.3s\xc2\xa0%s\r\n", six, six + 3)),
	    ST_OK);
	ck_assert_int_eq(use(arena_printf(arena, "%.9s \xe2\x80\x93 %s",
			     codes[0], codes[0] + 10)),
	    ST_OK);
	ck_assert_int_eq(
	    use(arena_printf(arena, "%.4s %s", codes[1], codes[1] + 5)), ST_OK);
}
END_TEST

static const char *const wrongs[] = { "", " ", "-", "12345", "1234567",
	"abcdef", "\xe2\x80", "\xc2", "\xc2\xa0", "0482-5913-7720-6618-3059",
	"00000000000000000000000000000000000000000000000000000000000000" };

START_TEST(what_is_no_code_is_refused)
{
	have_factor();
	ck_assert_int_eq(use(wrongs[_i]), ST_FORBIDDEN);
	ck_assert_int_eq(found().recovery_left, RECOVERY_CODES);
}
END_TEST

START_TEST(a_recovery_code_is_told_of)
{
	have_factor();
	ck_assert_int_eq(use(codes[0]), ST_OK);
	ck_assert_int_eq(use(codes[0]), ST_FORBIDDEN);
	ck_assert_int_eq(found().recovery_left, RECOVERY_CODES - 1);
	ck_assert_int_eq(noted("recovery code used"), 1);
	ck_assert_int_eq(mailed(), 2);
	ck_assert_str_eq(
	    test_mailed(arena, key, "second-factor", "used"), "yes");
	ck_assert_str_eq(test_mailed(arena, key, "second-factor", "left"), "9");
}
END_TEST

static int
race(void *closure)
{
	struct entry own = entry;
	enum status st;

	own.arena = arena_new();
	own.db = db_open(test_handler_url(), "racer");
	ck_assert_int_eq(db_begin(own.db), ST_OK);
	st = second_factor_use(&own, &ada, closure);
	ck_assert_int_eq(db_commit(own.db), ST_OK);
	db_close(own.db);
	return (int)st;
}

/* The same code of the app, or the same recovery code. */
START_TEST(of_many_at_once_one_wins)
{
	pid_t racers[RACERS];
	char *same;
	int won = 0;

	have_factor();
	same = arena_strdup(arena, _i == 0 ? code(1) : codes[0]);
	for (int i = 0; i < RACERS; i++)
		racers[i] = test_fork(race, same);
	for (int i = 0; i < RACERS; i++) {
		int st = test_join(racers[i]);

		ck_assert(st == ST_OK || st == ST_FORBIDDEN);
		won += st == ST_OK;
	}
	ck_assert_int_eq(won, 1);
	ck_assert_int_eq(noted("code refused"), RACERS - 1);
}
END_TEST

static int
renew(void *closure)
{
	struct entry own = entry;
	const char *mine[RECOVERY_CODES];
	enum status st;

	(void)closure;
	own.arena = arena_new();
	own.db = db_open(test_handler_url(), "racer");
	ck_assert_int_eq(db_begin(own.db), ST_OK);
	st = second_factor_renew_codes(&own, &ada, mine);
	ck_assert_int_eq(db_commit(own.db), ST_OK);
	db_close(own.db);
	return (int)st;
}

START_TEST(sets_made_at_once_leave_one)
{
	pid_t racers[RACERS];

	have_factor();
	for (int i = 0; i < RACERS; i++)
		racers[i] = test_fork(renew, NULL);
	for (int i = 0; i < RACERS; i++)
		ck_assert_int_eq(test_join(racers[i]), ST_OK);
	ck_assert_int_eq(found().recovery_left, RECOVERY_CODES);
	ck_assert_int_eq(noted("recovery codes made"), RACERS);
}
END_TEST

/* --- switching off --- */

START_TEST(switched_off_nothing_is_left)
{
	have_factor();
	begin();
	ck_assert_int_eq(
	    second_factor_remove(&entry, ACTOR_PERSON, &ada), ST_OK);
	ck_assert(!found().active);
	ck_assert_int_eq(use(code(0)), ST_NOT_FOUND);
	ck_assert_int_eq(use(codes[0]), ST_NOT_FOUND);
	ck_assert_int_eq(
	    second_factor_renew_codes(&entry, &ada, codes), ST_NOT_FOUND);
	ck_assert_int_eq(test_int("SELECT (SELECT count(*) FROM second_factor)"
				  " + (SELECT count(*) FROM recovery_code)",
			     NULL),
	    0);
	ck_assert_int_eq(noted("second factor switched off"), 1);
	ck_assert_int_eq(mailed(), 2);
	ck_assert_int_eq(
	    second_factor_remove(&entry, ACTOR_PERSON, &ada), ST_NOT_FOUND);
	ck_assert_int_eq(mailed(), 2);
}
END_TEST

/* Who has come from nowhere, and says so. */
START_TEST(the_operator_switches_it_off)
{
	struct db *owner = db_open(test_database_url(), "operator");
	const struct entry by_hand = {
		.db = owner,
		.arena = arena,
		.config = entry.config,
		.key = key,
	};

	have_factor();
	ck_assert_int_eq(
	    second_factor_remove(&by_hand, ACTOR_OPERATOR, &ada), ST_OK);
	db_close(owner);
	ck_assert(!found().active);
	ck_assert_str_eq(
	    test_text(arena, "SELECT actor FROM audit_log WHERE action = $1",
		"second factor switched off"),
	    "operator");
	ck_assert_str_eq(
	    test_mailed(arena, key, "second-factor", "off"), "yes");
	ck_assert_str_eq(test_mailed(arena, key, "second-factor", "at"), "");
	ck_assert_str_eq(test_mailed(arena, key, "second-factor", "ip"), "");
}
END_TEST

/* What every request reads of the account. */
static bool
is_noted(void)
{
	struct session read;
	enum session_state state;

	ck_assert_int_eq(
	    session_check(db, arena, session.id, 0, &state, &read), ST_OK);
	return read.second_factor;
}

START_TEST(the_account_says_whether_it_has_one)
{
	ck_assert(!is_noted());
	begin();
	ck_assert(!is_noted());
	ck_assert_int_eq(activate(code(0)), ST_OK);
	ck_assert(is_noted());
	begin();
	ck_assert(is_noted());
	ck_assert_int_eq(activate(code(1)), ST_OK);
	ck_assert(is_noted());
	ck_assert_int_eq(
	    second_factor_remove(&entry, ACTOR_PERSON, &ada), ST_OK);
	ck_assert(!is_noted());
	/* An account that goes takes all with it. */
	have_factor();
	test_execute("DELETE FROM account");
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 0);
}
END_TEST

/* --- at rest --- */

START_TEST(the_secret_is_stored_nowhere)
{
	const unsigned char *bytes;
	struct strbuf hex;
	size_t size;

	begin();
	bytes = code_secret(arena, secret, &size);
	strbuf_init(&hex, arena);
	for (size_t i = 0; i < size; i++)
		strbuf_printf(&hex, "%02x", bytes[i]);
	ck_assert_uint_eq(hex.len, 40);
	for (int i = 0; i < 2; i++) {
		ck_assert(!test_is_stored(secret));
		ck_assert(!test_is_stored(hex.text));
		if (i == 0)
			ck_assert_int_eq(activate(code(0)), ST_OK);
	}
}
END_TEST

/* Sealed to its account: a thief's own secret in Ada's row opens nothing. */
START_TEST(a_secret_is_of_one_account)
{
	struct account eve = { .email = "eve@example.org" };

	have_factor();
	ck_assert_int_eq(
	    account_create(db, arena, eve.email, "Eve", "hash", true, &eve.id),
	    ST_OK);
	ck_assert_int_eq(second_factor_begin(&entry, eve.id, &secret), ST_OK);
	test_execute("UPDATE second_factor SET secret_sealed = (SELECT"
		     " secret_sealed FROM second_factor"
		     " WHERE activated_at IS NULL)"
		     " WHERE activated_at IS NOT NULL");
	ck_assert_int_eq(use(code(1)), ST_FAULT);
	/* Recovery codes still do. */
	ck_assert_int_eq(use(codes[0]), ST_OK);
}
END_TEST

START_TEST(what_was_begun_long_ago_is_forgotten)
{
	struct db *owner = db_open(test_database_url(), "worker");

	have_factor();
	begin();
	ck_assert_int_eq(account_clean_up(owner, arena), ST_OK);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 2);
	test_execute(
	    "UPDATE second_factor SET created_at = now() - interval '25 hours'");
	ck_assert_int_eq(account_clean_up(owner, arena), ST_OK);
	ck_assert(found().active);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 1);
	/* Begun anew, it has its time again. */
	begin();
	test_execute(
	    "UPDATE second_factor SET created_at = now() - interval '25 hours'");
	begin();
	ck_assert_int_eq(account_clean_up(owner, arena), ST_OK);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 2);
	db_close(owner);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("second_factor");
	TCase *on = tcase_create("on");
	TCase *using = tcase_create("using");
	TCase *off = tcase_create("off");
	TCase *rest = tcase_create("rest");

	tcase_add_checked_fixture(on, setup, teardown);
	tcase_add_test(on, what_was_begun_does_not_count);
	tcase_add_test(on, the_newest_one_that_was_begun_counts);
	tcase_add_test(on, a_code_switches_it_on);
	tcase_add_test(on, sessions_begun_without_it_end);
	tcase_add_test(on, a_session_that_has_ended_switches_nothing_on);
	tcase_add_test(on, one_follows_the_other);
	suite_add_tcase(suite, on);
	tcase_add_checked_fixture(using, setup, teardown);
	tcase_add_test(using, each_step_counts_once_and_none_before_it);
	tcase_add_test(using, codes_may_be_pasted_as_they_come);
	tcase_add_loop_test(
	    using, what_is_no_code_is_refused, 0, (int)ARRAY_LEN(wrongs));
	tcase_add_test(using, a_recovery_code_is_told_of);
	tcase_add_loop_test(using, of_many_at_once_one_wins, 0, 2);
	tcase_add_test(using, sets_made_at_once_leave_one);
	suite_add_tcase(suite, using);
	tcase_add_checked_fixture(off, setup, teardown);
	tcase_add_test(off, switched_off_nothing_is_left);
	tcase_add_test(off, the_operator_switches_it_off);
	tcase_add_test(off, the_account_says_whether_it_has_one);
	suite_add_tcase(suite, off);
	tcase_add_checked_fixture(rest, setup, teardown);
	tcase_add_test(rest, the_secret_is_stored_nowhere);
	tcase_add_test(rest, a_secret_is_of_one_account);
	tcase_add_test(rest, what_was_begun_long_ago_is_forgotten);
	suite_add_tcase(suite, rest);
	return harness_run(suite, NEEDS_POSTGRES);
}
