/* check_key_rotation.c - next, active, retiring, gone; and nobody signed out. */

#include <check.h>
#include <string.h>

#include "account/access_token.h"
#include "account/key_rotation.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define ACCOUNT "11111111-2222-4333-8444-555555555555"
#define SESSION "66666666-7777-4888-8999-aaaaaaaaaaaa"
#define DAY (24 * 60 * 60)

static struct arena *arena;
static struct config config;
static struct db *db, *handler;
static struct master_key *master;
static struct signing_keys *keys;
static struct key_rotation rotation;
static struct key_moves moves;

static void
setup(void)
{
	arena = arena_new();
	config = *test_config(arena);
	test_clear();
	db = db_open(test_database_url(), "check_key_rotation");
	handler = db_open(test_handler_url(), "check_key_rotation handler");
	master = test_master_key();
	keys = signing_keys_new(master);
	rotation =
	    (struct key_rotation){ db, arena, &config, master, ACTOR_WORKER };
}

static void
teardown(void)
{
	signing_keys_free(keys);
	master_key_free(master);
	db_close(handler);
	db_close(db);
	arena_free(arena);
}

/* What a handler would sign with, made if need be, inside a transaction. */
static const char *
ask_signer(void)
{
	const struct signing_key *key;

	ck_assert_int_eq(
	    signing_keys_active(keys, handler, arena, &key), ST_OK);
	return key->kid;
}

static const char *
signer(void)
{
	const char *kid;

	ck_assert_int_eq(db_begin(handler), ST_OK);
	kid = ask_signer();
	ck_assert_int_eq(db_commit(handler), ST_OK);
	return kid;
}

static const char *
issue(void)
{
	const struct session session = { .id = SESSION, .account.id = ACCOUNT };
	const char *text;
	int64_t expires_at;

	ck_assert_int_eq(db_begin(handler), ST_OK);
	ck_assert_int_eq(access_token_issue(keys, handler, arena, &config,
			     &session, &text, &expires_at),
	    ST_OK);
	ck_assert_int_eq(db_commit(handler), ST_OK);
	return text;
}

/* By a process that was just started, and by one that was not. */
static enum status
verify(const char *text)
{
	struct signing_keys *fresh = signing_keys_new(master);
	struct access_token token;
	enum status st;

	st = access_token_verify(fresh, handler, arena, &config, text, &token);
	ck_assert_int_eq(
	    access_token_verify(keys, handler, arena, &config, text, &token),
	    st);
	signing_keys_free(fresh);
	return st;
}

static void
commit(enum status st)
{
	ck_assert_int_eq(st, ST_OK);
	ck_assert_int_eq(db_commit(db), ST_OK);
}

static void
step(bool at_once)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	commit(key_rotation_step(&rotation, at_once, &moves));
}

static void
tend(void)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	commit(key_rotation_tend(&rotation, &moves));
}

static void
revoke(const char *kid)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	commit(key_rotation_revoke(&rotation, kid, &moves));
}

/* So much time goes by for all keys. */
static void
pass(int64_t seconds)
{
	test_execute(arena_printf(arena,
	    "UPDATE signing_key SET since = since - interval '%lld s',"
	    " dead_at = dead_at - interval '%lld s'",
	    (long long)seconds, (long long)seconds));
}

/* "active next retiring", as many as there are. */
static const char *
states(void)
{
	return test_text(arena,
	    "SELECT coalesce(string_agg(state, ' ' ORDER BY state), '')"
	    " FROM signing_key",
	    NULL);
}

static const char *
kid_of(const char *state)
{
	return test_text(
	    arena, "SELECT kid FROM signing_key WHERE state = $1", state);
}

static const char *
deeds(void)
{
	return test_text(arena,
	    "SELECT coalesce(string_agg(replace(action, 'signing key ', ''),"
	    " ' ' ORDER BY id), '') FROM audit_log",
	    NULL);
}

static bool
is_published(const char *kid)
{
	struct json_object *jwks;
	bool found;

	ck_assert_int_eq(signing_key_jwks(handler, arena, &jwks), ST_OK);
	found = strstr(json_object_to_json_string(jwks), kid) != NULL;
	json_object_put(jwks);
	return found;
}

START_TEST(a_key_goes_from_state_to_state)
{
	const char *first = signer(), *second;

	step(false);
	ck_assert_str_eq(states(), "active next");
	ck_assert_str_eq(signer(), first);
	second = kid_of("next");
	ck_assert_str_eq(moves.published, second);
	ck_assert_ptr_null(moves.activated);
	pass(DAY);
	step(false);
	ck_assert_str_eq(states(), "active retiring");
	ck_assert_str_eq(signer(), second);
	ck_assert_str_eq(kid_of("retiring"), first);
	ck_assert_str_eq(moves.activated, second);
	ck_assert_str_eq(moves.retired, first);
	ck_assert_int_eq(moves.due, 0);
	pass(config.access_token_ttl + 120);
	tend();
	ck_assert_str_eq(states(), "active");
	ck_assert_uint_eq(moves.removed, 1);
	ck_assert_str_eq(deeds(), "published retired activated removed");
}
END_TEST

START_TEST(rotation_signs_nobody_out)
{
	const char *first = issue(), *second, *third;

	step(false);
	ck_assert_int_eq(verify(first), ST_OK);
	/* A next key signs nothing yet. */
	second = issue();
	ck_assert_str_eq(signer(), kid_of("active"));
	pass(DAY);
	tend();
	third = issue();
	ck_assert_int_eq(verify(first), ST_OK);
	ck_assert_int_eq(verify(second), ST_OK);
	ck_assert_int_eq(verify(third), ST_OK);
	/* Right to the end of the last token, signed a little late. */
	pass(config.access_token_ttl + SIGNING_KEYS_FRESH);
	tend();
	ck_assert_str_eq(states(), "active retiring");
	ck_assert_int_eq(verify(second), ST_OK);
	ck_assert_int_eq(verify(third), ST_OK);
}
END_TEST

START_TEST(each_state_is_published)
{
	const char *first = signer();

	step(false);
	pass(DAY);
	step(false);
	step(false);
	ck_assert_str_eq(states(), "active next retiring");
	ck_assert(is_published(first));
	ck_assert(is_published(kid_of("active")));
	ck_assert(is_published(kid_of("next")));
}
END_TEST

START_TEST(the_next_key_waits_a_day)
{
	(void)signer();
	step(false);
	pass(DAY - 60);
	step(false);
	ck_assert_str_eq(states(), "active next");
	ck_assert_ptr_null(moves.published);
	ck_assert_ptr_null(moves.activated);
	ck_assert_int_ne(moves.due, 0);
	tend();
	ck_assert_str_eq(states(), "active next");
	step(true);
	ck_assert_str_eq(states(), "active retiring");
}
END_TEST

START_TEST(where_nothing_signs_nothing_has_to_wait)
{
	step(false);
	ck_assert_str_eq(states(), "active");
	ck_assert_str_eq(signer(), moves.activated);
	ck_assert_ptr_null(moves.retired);
}
END_TEST

START_TEST(at_once_is_one_step)
{
	const char *first = issue();

	step(true);
	ck_assert_str_eq(states(), "active retiring");
	ck_assert_int_eq(verify(first), ST_OK);
	ck_assert_int_eq(verify(issue()), ST_OK);
}
END_TEST

START_TEST(the_worker_rotates_in_time)
{
	const char *first = signer();

	tend();
	pass(config.signing_key_lifetime - DAY - 60);
	tend();
	ck_assert_str_eq(states(), "active");
	pass(60);
	tend();
	ck_assert_str_eq(states(), "active next");
	tend();
	ck_assert_str_eq(states(), "active next");
	pass(DAY);
	tend();
	ck_assert_str_eq(states(), "active retiring");
	ck_assert_str_ne(signer(), first);
}
END_TEST

START_TEST(without_a_lifetime_the_worker_begins_nothing)
{
	(void)signer();
	config.signing_key_lifetime = 0;
	pass(3650LL * DAY);
	tend();
	ck_assert_str_eq(states(), "active");
	/* And ends what an operator began. */
	step(false);
	pass(DAY);
	tend();
	ck_assert_str_eq(states(), "active retiring");
	pass(DAY);
	tend();
	ck_assert_str_eq(states(), "active");
}
END_TEST

START_TEST(without_any_key_the_worker_makes_none)
{
	tend();
	ck_assert_str_eq(states(), "");
}
END_TEST

START_TEST(a_longer_token_keeps_its_key_longer)
{
	(void)signer();
	config.access_token_ttl = DAY;
	step(true);
	pass(DAY);
	tend();
	ck_assert_str_eq(states(), "active retiring");
	pass(120);
	tend();
	ck_assert_str_eq(states(), "active");
}
END_TEST

START_TEST(a_revoked_key_takes_its_tokens_with_it)
{
	const char *bad = signer(), *token = issue();
	struct signing_keys *fresh = signing_keys_new(master);
	struct access_token unused;

	revoke(bad);
	ck_assert_str_eq(states(), "active");
	ck_assert_str_ne(signer(), bad);
	ck_assert(!is_published(bad));
	ck_assert_int_eq(
	    access_token_verify(fresh, handler, arena, &config, token, &unused),
	    ST_INVALID);
	ck_assert_int_eq(verify(issue()), ST_OK);
	ck_assert_str_eq(deeds(), "revoked published activated");
	signing_keys_free(fresh);
}
END_TEST

START_TEST(the_next_key_takes_the_place_of_a_revoked_one)
{
	const char *next;

	(void)signer();
	step(false);
	next = kid_of("next");
	revoke(kid_of("active"));
	ck_assert_str_eq(states(), "active");
	ck_assert_str_eq(signer(), next);
	/* Any other is just removed. */
	step(false);
	revoke(kid_of("next"));
	ck_assert_str_eq(states(), "active");
	ck_assert_str_eq(signer(), next);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    key_rotation_revoke(&rotation, "nobody", &moves), ST_NOT_FOUND);
	db_rollback(db);
}
END_TEST

START_TEST(a_step_that_fails_leaves_all_as_it_was)
{
	const char *first = signer();

	step(false);
	pass(DAY);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(key_rotation_step(&rotation, false, &moves), ST_OK);
	ck_assert_str_eq(signer(), first);
	db_rollback(db);
	ck_assert_str_eq(states(), "active next");
	ck_assert_str_eq(signer(), first);
	ck_assert_str_eq(deeds(), "published");
}
END_TEST

/* Another operator, or worker. */
static int
step_too(void *tending)
{
	struct key_rotation theirs = rotation;
	struct key_moves moved;
	enum status st;

	theirs.db = db_open(test_database_url(), "rival");
	st = db_begin(theirs.db);
	if (st == ST_OK)
		st = tending != NULL
		    ? key_rotation_tend(&theirs, &moved)
		    : key_rotation_step(&theirs, false, &moved);
	if (st == ST_OK)
		st = db_commit(theirs.db);
	db_close(theirs.db);
	return (int)st;
}

START_TEST(of_many_at_once_one_moves_a_key)
{
	pid_t rivals[4];

	(void)signer();
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(rivals); i++)
			rivals[i] =
			    test_fork(step_too, i % 2 == 0 ? NULL : &moves);
		for (size_t i = 0; i < ARRAY_LEN(rivals); i++)
			ck_assert_int_eq(test_join(rivals[i]), ST_OK);
		pass(DAY);
	}
	ck_assert_int_eq(test_int("SELECT count(*) FROM signing_key"
				  " WHERE state = 'active'",
			     NULL),
	    1);
	ck_assert_int_le(test_int("SELECT count(*) FROM signing_key"
				  " WHERE state = 'next'",
			     NULL),
	    1);
	/* The second of two steps at once finds the next key made, and waits. */
	ck_assert_int_le(test_int("SELECT count(*) FROM audit_log"
				  " WHERE action = 'signing key activated'",
			     NULL),
	    2);
}
END_TEST

START_TEST(waits_for_the_one_that_makes_the_first)
{
	const char *first;
	pid_t rival;

	ck_assert_int_eq(db_begin(handler), ST_OK);
	first = ask_signer();
	rival = test_fork(step_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(handler), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_str_eq(kid_of("active"), first);
	ck_assert_str_eq(states(), "active next");
}
END_TEST

START_TEST(lists_what_comes_when)
{
	const char *first = signer();
	struct key_state *list;
	size_t count;

	ck_assert_int_eq(
	    key_rotation_list(handler, arena, &config, &list, &count), ST_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(list[0].kid, first);
	ck_assert_str_eq(list[0].state, "active");
	ck_assert_int_eq(
	    list[0].until, list[0].since + config.signing_key_lifetime);
	step(false);
	ck_assert_int_eq(
	    key_rotation_list(handler, arena, &config, &list, &count), ST_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(list[1].state, "next");
	ck_assert_int_eq(list[1].until, list[1].since + DAY);
	ck_assert_int_eq(list[0].until, list[1].until);
	step(true);
	config.signing_key_lifetime = 0;
	ck_assert_int_eq(
	    key_rotation_list(handler, arena, &config, &list, &count), ST_OK);
	ck_assert_str_eq(list[0].state, "retiring");
	ck_assert_int_gt(
	    list[0].until, list[0].since + config.access_token_ttl);
	ck_assert_int_eq(list[1].until, 0);
}
END_TEST

/* --- what handlers may do --- */

static const char *const forbidden[] = {
	"UPDATE signing_key SET state = 'retiring', dead_at = now()",
	"UPDATE signing_key SET since = now()",
	"DELETE FROM signing_key",
	"LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE",
	"INSERT INTO signing_key (kid, state, public_jwk, public_pem,"
	" private_sealed) VALUES ('x', 'next', '{}', 'x', 'x')",
	"INSERT INTO signing_key (kid, since, public_jwk, public_pem,"
	" private_sealed) VALUES ('x', '2000-01-01', '{}', 'x', 'x')",
};

START_TEST(handlers_move_no_key)
{
	const struct db_stmt stmt = { "", forbidden[_i] };

	(void)signer();
	ck_assert_int_eq(db_begin(handler), ST_OK);
	ck_assert_int_eq(
	    db_query(handler, arena, &stmt, DB_NO_ARGS, NULL), ST_FAULT);
	db_rollback(handler);
	ck_assert_str_eq(states(), "active");
}
END_TEST

START_TEST(handlers_add_no_second_key)
{
	static const struct db_stmt add = { "add",
		"INSERT INTO signing_key (kid, public_jwk, public_pem,"
		" private_sealed) VALUES ('x', '{}', 'x', 'x')" };

	(void)signer();
	ck_assert_int_eq(
	    db_query(handler, arena, &add, DB_NO_ARGS, NULL), ST_CONFLICT);
	ck_assert_str_eq(states(), "active");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("key_rotation");
	TCase *life = tcase_create("life");
	TCase *schedule = tcase_create("schedule");
	TCase *race = tcase_create("race");
	TCase *rights = tcase_create("rights");

	tcase_add_checked_fixture(life, setup, teardown);
	tcase_add_test(life, a_key_goes_from_state_to_state);
	tcase_add_test(life, rotation_signs_nobody_out);
	tcase_add_test(life, each_state_is_published);
	tcase_add_test(life, the_next_key_waits_a_day);
	tcase_add_test(life, where_nothing_signs_nothing_has_to_wait);
	tcase_add_test(life, at_once_is_one_step);
	tcase_add_test(life, a_revoked_key_takes_its_tokens_with_it);
	tcase_add_test(life, the_next_key_takes_the_place_of_a_revoked_one);
	tcase_add_test(life, lists_what_comes_when);
	suite_add_tcase(suite, life);
	tcase_add_checked_fixture(schedule, setup, teardown);
	tcase_add_test(schedule, the_worker_rotates_in_time);
	tcase_add_test(schedule, without_a_lifetime_the_worker_begins_nothing);
	tcase_add_test(schedule, without_any_key_the_worker_makes_none);
	tcase_add_test(schedule, a_longer_token_keeps_its_key_longer);
	suite_add_tcase(suite, schedule);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, a_step_that_fails_leaves_all_as_it_was);
	tcase_add_test(race, of_many_at_once_one_moves_a_key);
	tcase_add_test(race, waits_for_the_one_that_makes_the_first);
	suite_add_tcase(suite, race);
	tcase_add_checked_fixture(rights, setup, teardown);
	tcase_add_loop_test(
	    rights, handlers_move_no_key, 0, (int)ARRAY_LEN(forbidden));
	tcase_add_test(rights, handlers_add_no_second_key);
	suite_add_tcase(suite, rights);
	return harness_run(suite, NEEDS_POSTGRES);
}
