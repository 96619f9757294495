/* check_refresh.c - sessions go on, whatever happens to an answer, and end when stolen. */

#include <check.h>
#include <string.h>
#include <sys/mman.h>

#include "account/refresh.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define RACERS 20

static struct arena *arena;
static struct master_key *key;
static struct db *db;
static const char *ada;
static struct entry entry;
static struct session session;
static const char *first; /* refresh token */

static const struct origin origin = { "192.0.2.7", "Check/1", "id" };

static void
setup(void)
{
	arena = arena_new();
	test_clear();
	db = db_open(test_handler_url(), "check_refresh");
	entry =
	    (struct entry){ db, arena, test_config(arena), NULL, &origin, "" };
	entry.key = key = test_master_key();
	ck_assert_int_eq(account_create(db, arena, "ada@example.org", "Ada",
			     "hash", true, &ada),
	    ST_OK);
	ck_assert_int_eq(
	    refresh_begin(&entry, ada, false, &session, &first), ST_OK);
}

static void
teardown(void)
{
	db_close(db);
	master_key_free(key);
	arena_free(arena);
}

/* Present a token; *text is what was handed out. */
static enum session_refresh
present(const char *token, const char **text)
{
	enum session_refresh outcome;

	ck_assert_int_eq(
	    refresh_present(&entry, token, &outcome, &session, text), ST_OK);
	return outcome;
}

/* A refresh that is to go well. */
static const char *
rotate(const char *token)
{
	const char *text;

	ck_assert_int_eq(present(token, &text), SESSION_REFRESH_ROTATED);
	return text;
}

/* An access token of this generation has come back. */
static void
deliver(int64_t generation)
{
	ck_assert_int_eq(
	    session_touch(db, arena, entry.config, session.id, generation),
	    ST_OK);
}

static enum session_state
state(void)
{
	struct session found;
	enum session_state now;

	ck_assert_int_eq(
	    session_check(db, arena, session.id, 0, &now, &found), ST_OK);
	return now;
}

START_TEST(each_token_gives_another_and_the_session_goes_on)
{
	const char *token = first;

	for (int64_t n = 1; n <= 5; n++) {
		const char *next = rotate(token);

		ck_assert_str_ne(next, token);
		ck_assert_int_eq(session.generation, n);
		ck_assert_str_eq(session.account.id, ada);
		ck_assert_int_eq(state(), SESSION_ALIVE);
		ck_assert(!test_is_stored(next));
		token = next;
	}
}
END_TEST

/* --- while the master key is being replaced --- */

#define TEST_HEX \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NEW_HEX \
	"ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Restarted with this in its file. */
static void
change_key(const char *text)
{
	const char *why;

	master_key_free(key);
	ck_assert_int_eq(master_key_load(arena, text, "", &key, &why), ST_OK);
	entry.key = key;
}

START_TEST(a_session_outlives_the_master_key)
{
	const char *second = rotate(first), *third;

	change_key(TEST_HEX "\n" NEW_HEX);
	third = rotate(second);
	change_key(NEW_HEX "\n" TEST_HEX);
	third = rotate(third);
	change_key(NEW_HEX);
	(void)rotate(rotate(third));
}
END_TEST

/* Lost before the key was replaced, asked for again afterwards. */
START_TEST(a_lost_answer_outlives_the_master_key)
{
	const char *lost = rotate(first), *again, *third, *other;

	change_key(NEW_HEX "\n" TEST_HEX);
	ck_assert_int_eq(present(first, &again), SESSION_REFRESH_REPEATED);
	/* The same token by another tag: both of them lead on to one. */
	ck_assert_str_ne(again, lost);
	third = rotate(lost);
	ck_assert_int_eq(present(again, &other), SESSION_REFRESH_REPEATED);
	ck_assert_str_eq(other, third);
	(void)rotate(other);
	ck_assert_int_eq(state(), SESSION_ALIVE);
}
END_TEST

START_TEST(without_its_master_key_a_lost_answer_stays_lost)
{
	const char *second, *third, *again;

	change_key(TEST_HEX "\n" NEW_HEX);
	second = rotate(first);
	/* Tagged anew, so that it is read; its successor is the old key's. */
	change_key(NEW_HEX "\n" TEST_HEX);
	ck_assert_int_eq(present(first, &second), SESSION_REFRESH_REPEATED);
	change_key(TEST_HEX "\n" NEW_HEX);
	third = rotate(second);
	change_key(NEW_HEX);
	ck_assert_int_eq(present(second, &again), SESSION_REFRESH_EXPIRED);
	/* Not a theft: whoever has the answer goes on. */
	ck_assert_int_eq(state(), SESSION_ALIVE);
	change_key(NEW_HEX "\n" TEST_HEX);
	(void)rotate(third);
}
END_TEST

START_TEST(a_lost_answer_can_be_asked_for_again)
{
	const char *next = rotate(first), *again;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(
		    present(first, &again), SESSION_REFRESH_REPEATED);
		ck_assert_str_eq(again, next);
		ck_assert_int_eq(session.generation, 1);
	}
	(void)rotate(next);
}
END_TEST

/* A device that was closed before the answer came is opened the next morning. */
START_TEST(an_answer_nobody_proved_can_be_asked_for_however_late)
{
	const char *next = rotate(first), *again;

	test_execute(
	    "UPDATE session SET rotated_at = now() - interval '20 hours',"
	    " last_seen_at = now() - interval '20 hours'");
	ck_assert_int_eq(present(first, &again), SESSION_REFRESH_REPEATED);
	ck_assert_str_eq(again, next);
}
END_TEST

START_TEST(a_tab_that_is_a_little_late_is_no_thief)
{
	const char *again;

	(void)rotate(first);
	deliver(1);
	ck_assert_int_eq(present(first, &again), SESSION_REFRESH_REPEATED);
	test_execute("UPDATE session SET delivered_at ="
		     " delivered_at - interval '29 seconds'");
	ck_assert_int_eq(present(first, &again), SESSION_REFRESH_REPEATED);
}
END_TEST

START_TEST(only_the_generation_itself_proves_its_delivery)
{
	const char *second = rotate(first), *again;

	deliver(1);
	(void)rotate(second);
	/* A token of before that is still being used. */
	deliver(1);
	test_execute("UPDATE session SET delivered_at ="
		     " delivered_at - interval '1 hour'");
	ck_assert_int_eq(present(second, &again), SESSION_REFRESH_REPEATED);
}
END_TEST

/* --- theft --- */

static int64_t
counted(const char *outcome)
{
	return test_int("SELECT count(*) FROM counted WHERE name = 'refreshes'"
			" AND label = $1",
	    outcome);
}

/* The session is over, everybody's, and the person is told. */
static void
assert_ended_for_safety(const char *live)
{
	const char *text;

	ck_assert_int_eq(state(), SESSION_REVOKED);
	ck_assert_str_eq(
	    test_text(arena, "SELECT revoked_reason FROM session", NULL),
	    "stolen");
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log WHERE"
				  " action = 'refresh token reused'"
				  " AND account_id = $1::uuid",
			     ada),
	    1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox WHERE"
				  " template = 'stolen'"
				  " AND recipient = 'ada@example.org'",
			     NULL),
	    1);
	ck_assert_int_eq(present(live, &text), SESSION_REFRESH_REVOKED);
}

START_TEST(a_token_proven_replaced_is_in_two_hands)
{
	const char *second = rotate(first), *text;

	deliver(1);
	test_execute("UPDATE session SET delivered_at ="
		     " delivered_at - interval '31 seconds'");
	ck_assert_int_eq(present(first, &text), SESSION_REFRESH_STOLEN);
	assert_ended_for_safety(second);
}
END_TEST

START_TEST(an_old_token_is_in_two_hands_at_once)
{
	const char *second = rotate(first), *third = rotate(second), *text;

	ck_assert_int_eq(present(first, &text), SESSION_REFRESH_STOLEN);
	assert_ended_for_safety(third);
}
END_TEST

/* A crash is as good: what a theft entails happens together or not at all. */
START_TEST(a_theft_that_could_not_be_reported_is_found_again)
{
	const char *second = rotate(first), *third = rotate(second), *text;
	enum session_refresh outcome;
	enum status st;

	test_execute("ALTER TABLE outbox RENAME TO away");
	st = refresh_present(&entry, first, &outcome, &session, &text);
	test_execute("ALTER TABLE away RENAME TO outbox");
	ck_assert_int_ne(st, ST_OK);
	ck_assert(!db_in_transaction(db));
	ck_assert_int_eq(state(), SESSION_ALIVE);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log", NULL), 0);
	ck_assert_int_eq(counted("stolen"), 0);
	ck_assert_int_eq(present(first, &text), SESSION_REFRESH_STOLEN);
	ck_assert_int_eq(counted("stolen"), 1);
	assert_ended_for_safety(third);
}
END_TEST

START_TEST(each_outcome_is_counted_once)
{
	const char *second = rotate(first), *text;

	ck_assert_int_eq(counted("rotated"), 1);
	ck_assert_int_eq(present(first, &text), SESSION_REFRESH_REPEATED);
	ck_assert_int_eq(counted("repeated"), 1);
	(void)rotate(second);
	ck_assert_int_eq(counted("rotated"), 2);
	ck_assert_int_eq(present("nonsense", &text), SESSION_REFRESH_UNKNOWN);
	ck_assert_int_eq(counted("unknown"), 1);
	ck_assert_int_eq(present(first, &text), SESSION_REFRESH_STOLEN);
	ck_assert_int_eq(counted("stolen"), 1);
	ck_assert_int_eq(present(second, &text), SESSION_REFRESH_REVOKED);
	ck_assert_int_eq(counted("revoked"), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM counted", NULL), 6);
}
END_TEST

/* Whoever has a copy takes turns with the owner: one of them is found out. */
START_TEST(two_who_take_turns_are_found_out)
{
	const char *owner = first, *thief = first, *text;
	enum session_refresh outcome = SESSION_REFRESH_ROTATED;
	int turns = 0;

	while (outcome != SESSION_REFRESH_STOLEN && turns++ < 4) {
		const char **turn = turns % 2 == 1 ? &thief : &owner;

		outcome = present(*turn, &text);
		if (outcome == SESSION_REFRESH_ROTATED)
			*turn = text;
		deliver(session.generation);
		test_execute("UPDATE session SET delivered_at ="
			     " delivered_at - interval '10 minutes'");
	}
	ck_assert_int_eq(outcome, SESSION_REFRESH_STOLEN);
	ck_assert_int_eq(turns, 2);
}
END_TEST

/* Its tag is right, so it can only be from a lineage that was split off. */
START_TEST(another_secret_of_the_live_generation_is_a_theft)
{
	struct refresh_token other;
	const char *text;

	refresh_token_first(&other);
	other.session_id = session.id;
	ck_assert_int_eq(present(refresh_token_text(key, arena, &other), &text),
	    SESSION_REFRESH_STOLEN);
	assert_ended_for_safety(first);
}
END_TEST

/* Or anybody could end the session of whose id he knows. */
START_TEST(a_forged_token_ends_nothing)
{
	const char *text, *forged;
	char *end;

	(void)rotate(rotate(first));
	forged = arena_strdup(arena, first);
	end = strrchr(forged, '.') + 10;
	*end = *end == 'A' ? 'B' : 'A';
	ck_assert_int_eq(present(forged, &text), SESSION_REFRESH_UNKNOWN);
	ck_assert_int_eq(present("", &text), SESSION_REFRESH_UNKNOWN);
	ck_assert_int_eq(state(), SESSION_ALIVE);
}
END_TEST

/* The database was put back to yesterday's: no crime of the owner's. */
START_TEST(a_generation_to_come_ends_nothing)
{
	const char *later = rotate(rotate(first)), *text;

	test_execute("UPDATE session SET generation = 0");
	ck_assert_int_eq(present(later, &text), SESSION_REFRESH_UNKNOWN);
	ck_assert_int_eq(state(), SESSION_ALIVE);
}
END_TEST

/* --- lifetimes --- */

static const struct {
	const char *sql;
	enum session_refresh outcome;
} ends[] = {
	{ "UPDATE session SET idle_expires_at = now()",
	    SESSION_REFRESH_EXPIRED },
	{ "UPDATE session SET expires_at = now()", SESSION_REFRESH_EXPIRED },
	{ "UPDATE session SET revoked_at = now(), revoked_reason = 'operator'",
	    SESSION_REFRESH_REVOKED },
	{ "UPDATE account SET disabled_at = now()", SESSION_REFRESH_REVOKED },
	{ "DELETE FROM session", SESSION_REFRESH_UNKNOWN },
};

START_TEST(nothing_brings_a_session_back)
{
	const char *text, *second = rotate(first);

	test_execute(ends[_i].sql);
	ck_assert_int_eq(present(second, &text), ends[_i].outcome);
	ck_assert_int_eq(present(first, &text), ends[_i].outcome);
	ck_assert_int_ne(state(), SESSION_ALIVE);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM session WHERE"
		     " generation > 1 OR revoked_reason = 'stolen'",
		NULL),
	    0);
}
END_TEST

START_TEST(a_refresh_moves_the_idle_end_alone)
{
	const char *absolute =
	    test_text(arena, "SELECT expires_at::text FROM session", NULL);

	test_execute(
	    "UPDATE session SET idle_expires_at = now() + interval '1 s'");
	(void)rotate(first);
	ck_assert_int_eq(
	    test_int("SELECT round(extract(epoch FROM idle_expires_at"
		     " - last_seen_at)) FROM session",
		NULL),
	    entry.config->session_idle);
	ck_assert_str_eq(
	    test_text(arena, "SELECT expires_at::text FROM session", NULL),
	    absolute);
}
END_TEST

START_TEST(staying_signed_in_has_lifetimes_of_its_own)
{
	test_execute("DELETE FROM session");
	ck_assert_int_eq(
	    refresh_begin(&entry, ada, true, &session, &first), ST_OK);
	ck_assert(session.remember);
	ck_assert_int_eq(session.absolute_expires_at - session.created_at,
	    entry.config->session_remember_absolute);
	ck_assert_int_eq(session.expires_at - session.created_at,
	    entry.config->session_remember_idle);
	test_execute(
	    "UPDATE session SET idle_expires_at = now() + interval '1 s'");
	(void)rotate(first);
	ck_assert(session.remember);
	ck_assert_int_eq(
	    test_int("SELECT round(extract(epoch FROM idle_expires_at"
		     " - last_seen_at)) FROM session",
		NULL),
	    entry.config->session_remember_idle);
}
END_TEST

/* --- races --- */

struct race {
	enum session_refresh outcomes[RACERS];
	char texts[RACERS][REFRESH_TOKEN_MAX + 1];
};

struct racer {
	struct race *race;
	int number;
};

/* As another process would, with a connection of its own. */
static int
race_for_it(void *closure)
{
	struct racer *racer = closure;
	struct entry own = entry;
	const char *text = "";
	enum status st;

	own.db = db_open(test_handler_url(), "racer");
	st = refresh_present(&own, first, &racer->race->outcomes[racer->number],
	    &session, &text);
	memcpy(racer->race->texts[racer->number], text,
	    strnlen(text, REFRESH_TOKEN_MAX));
	db_close(own.db);
	return (int)st;
}

static const struct db_stmt lock_row = { "check_refresh_lock",
	"SELECT id FROM session FOR UPDATE" };

/* All stand at the same row when it is let go. */
START_TEST(of_tabs_that_race_one_rotates_and_all_get_the_same)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct racer racers[RACERS];
	pid_t pids[RACERS];
	int rotated = 0;

	ck_assert_ptr_ne(race, MAP_FAILED);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    db_query(db, arena, &lock_row, DB_NO_ARGS, NULL), ST_OK);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ race, i };
		pids[i] = test_fork(race_for_it, &racers[i]);
	}
	test_await_waiting(RACERS);
	ck_assert_int_eq(db_commit(db), ST_OK);
	for (int i = 0; i < RACERS; i++)
		ck_assert_int_eq(test_join(pids[i]), ST_OK);
	for (int i = 0; i < RACERS; i++) {
		if (race->outcomes[i] == SESSION_REFRESH_ROTATED)
			rotated++;
		else
			ck_assert_int_eq(
			    race->outcomes[i], SESSION_REFRESH_REPEATED);
		ck_assert_str_eq(race->texts[i], race->texts[0]);
	}
	ck_assert_int_eq(rotated, 1);
	(void)rotate(race->texts[0]);
	ck_assert_int_eq(munmap(race, sizeof(*race)), 0);
}
END_TEST

/* Both see the theft; one mail is enough. */
START_TEST(of_two_that_find_a_theft_one_reports_it)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct racer racers[2] = { { race, 0 }, { race, 1 } };
	const char *third = rotate(rotate(first));
	pid_t pids[2];
	int stolen = 0;

	ck_assert_ptr_ne(race, MAP_FAILED);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    db_query(db, arena, &lock_row, DB_NO_ARGS, NULL), ST_OK);
	for (size_t i = 0; i < ARRAY_LEN(pids); i++)
		pids[i] = test_fork(race_for_it, &racers[i]);
	test_await_waiting(2);
	ck_assert_int_eq(db_commit(db), ST_OK);
	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		ck_assert_int_eq(test_join(pids[i]), ST_OK);
		if (race->outcomes[i] == SESSION_REFRESH_STOLEN)
			stolen++;
		else
			ck_assert_int_eq(
			    race->outcomes[i], SESSION_REFRESH_REVOKED);
	}
	ck_assert_int_eq(stolen, 1);
	assert_ended_for_safety(third);
	ck_assert_int_eq(munmap(race, sizeof(*race)), 0);
}
END_TEST

START_TEST(a_late_refresh_does_not_bring_a_revoked_session_back)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct racer racer = { race, 0 };
	pid_t pid;

	ck_assert_ptr_ne(race, MAP_FAILED);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    session_revoke(db, arena, session.id, SESSION_SIGNED_OUT), ST_OK);
	pid = test_fork(race_for_it, &racer);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(pid), ST_OK);
	ck_assert_int_eq(race->outcomes[0], SESSION_REFRESH_REVOKED);
	ck_assert_int_eq(state(), SESSION_REVOKED);
	ck_assert_int_eq(munmap(race, sizeof(*race)), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("refresh");
	TCase *on = tcase_create("on");
	TCase *theft = tcase_create("theft");
	TCase *life = tcase_create("life");
	TCase *race = tcase_create("race");

	tcase_add_checked_fixture(on, setup, teardown);
	tcase_add_test(on, each_token_gives_another_and_the_session_goes_on);
	tcase_add_test(on, a_lost_answer_can_be_asked_for_again);
	tcase_add_test(on, a_session_outlives_the_master_key);
	tcase_add_test(on, a_lost_answer_outlives_the_master_key);
	tcase_add_test(on, without_its_master_key_a_lost_answer_stays_lost);
	tcase_add_test(
	    on, an_answer_nobody_proved_can_be_asked_for_however_late);
	tcase_add_test(on, a_tab_that_is_a_little_late_is_no_thief);
	tcase_add_test(on, only_the_generation_itself_proves_its_delivery);
	suite_add_tcase(suite, on);
	tcase_add_checked_fixture(theft, setup, teardown);
	tcase_add_test(theft, a_token_proven_replaced_is_in_two_hands);
	tcase_add_test(theft, an_old_token_is_in_two_hands_at_once);
	tcase_add_test(
	    theft, a_theft_that_could_not_be_reported_is_found_again);
	tcase_add_test(theft, each_outcome_is_counted_once);
	tcase_add_test(theft, two_who_take_turns_are_found_out);
	tcase_add_test(theft, another_secret_of_the_live_generation_is_a_theft);
	tcase_add_test(theft, a_forged_token_ends_nothing);
	tcase_add_test(theft, a_generation_to_come_ends_nothing);
	suite_add_tcase(suite, theft);
	tcase_add_checked_fixture(life, setup, teardown);
	tcase_add_loop_test(
	    life, nothing_brings_a_session_back, 0, ARRAY_LEN(ends));
	tcase_add_test(life, a_refresh_moves_the_idle_end_alone);
	tcase_add_test(life, staying_signed_in_has_lifetimes_of_its_own);
	suite_add_tcase(suite, life);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(
	    race, of_tabs_that_race_one_rotates_and_all_get_the_same);
	tcase_add_test(race, of_two_that_find_a_theft_one_reports_it);
	tcase_add_test(
	    race, a_late_refresh_does_not_bring_a_revoked_session_back);
	suite_add_tcase(suite, race);
	return harness_run(suite, NEEDS_POSTGRES);
}
