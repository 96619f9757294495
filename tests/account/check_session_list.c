/* check_session_list.c - one's own sessions, all of them, and nobody else's. */

#include <check.h>
#include <string.h>

#include "account/session_list.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static const struct config *config;
static struct db *db;
static const char *ada, *eve;

static struct session_item *list;
static size_t count;
static bool more;

static const unsigned char no_hash[SECRET_BYTES];
static const struct origin origin = { "2001:db8::1", "Check/1", "id" };

static const char *
have_account(const char *email)
{
	const char *id;

	ck_assert_int_eq(
	    account_create(db, arena, email, "Ada", "hash", true, &id), ST_OK);
	return id;
}

static void
setup(void)
{
	arena = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_session_list");
	ada = have_account("ada@example.org");
	eve = have_account("eve@example.org");
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

static const char *
start(const char *account)
{
	struct session session;

	ck_assert_int_eq(session_start(db, arena, config, account, &origin,
			     false, no_hash, &session),
	    ST_OK);
	return session.id;
}

/* Sessions that began one an hour, the last one first in ids. */
static void
start_some(const char **ids, size_t wanted)
{
	for (size_t i = wanted; i-- > 0;) {
		ids[i] = start(ada);
		test_execute("UPDATE session SET"
			     " created_at = created_at - interval '1 hour'");
	}
}

static void
look(const char *current, const char *after, int64_t limit)
{
	ck_assert_int_eq(session_list(db, arena, ada, current, after, limit,
			     &list, &count, &more),
	    ST_OK);
}

static bool
is_alive(const char *id)
{
	return test_int("SELECT count(*) FROM session WHERE id = $1::uuid"
			" AND revoked_at IS NULL",
		   id) == 1;
}

static const char *
reason_of(const char *id)
{
	return test_text(arena,
	    "SELECT revoked_reason FROM session WHERE id = $1::uuid", id);
}

START_TEST(tells_what_is_known_of_each)
{
	const char *id = start(ada);

	test_execute("UPDATE session SET"
		     " created_at = '2026-01-02 03:04:05Z',"
		     " last_seen_at = '2026-01-02 04:05:06Z'");
	look(NULL, NULL, 10);
	ck_assert_uint_eq(count, 1);
	ck_assert(!more);
	ck_assert_str_eq(list[0].id, id);
	ck_assert_int_eq(list[0].created_at, 1767323045);
	ck_assert_int_eq(list[0].last_seen_at, 1767326706);
	ck_assert_str_eq(list[0].ip, "2001:db8::1");
	ck_assert_str_eq(list[0].user_agent, "Check/1");
	ck_assert(!list[0].current);
	test_execute("UPDATE session SET ip = NULL");
	look(NULL, NULL, 10);
	ck_assert_ptr_null(list[0].ip);
}
END_TEST

START_TEST(begins_with_the_current_one_and_then_the_newest)
{
	const char *ids[4];

	start_some(ids, 4);
	look(ids[2], NULL, 10);
	ck_assert_uint_eq(count, 4);
	ck_assert_str_eq(list[0].id, ids[2]);
	ck_assert(list[0].current);
	ck_assert_str_eq(list[1].id, ids[0]);
	ck_assert_str_eq(list[2].id, ids[1]);
	ck_assert_str_eq(list[3].id, ids[3]);
	for (size_t i = 1; i < count; i++)
		ck_assert(!list[i].current);
}
END_TEST

/* Page by page, of whatever size, each one comes once. */
START_TEST(goes_on_where_a_page_ended)
{
	const char *ids[7], *after = NULL;
	size_t seen = 0;

	start_some(ids, 7);
	test_execute(
	    "UPDATE session SET created_at = now()"); /* all the same */
	do {
		look(ids[3], after, _i);
		ck_assert_uint_le(count, (size_t)_i);
		for (size_t i = 0; i < count; i++) {
			ck_assert(list[i].current == (seen == 0));
			seen++;
			test_execute(arena_printf(arena,
			    "UPDATE session SET user_agent = 'seen'"
			    " WHERE id = '%s' AND user_agent <> 'seen'",
			    list[i].id));
		}
		after = list[count - 1].id;
	} while (more);
	ck_assert_uint_eq(seen, 7);
	ck_assert_int_eq(test_int("SELECT count(*) FROM session"
				  " WHERE user_agent = 'seen'",
			     NULL),
	    7);
}
END_TEST

START_TEST(goes_on_behind_one_that_ended_meanwhile)
{
	const char *ids[3];

	start_some(ids, 3);
	ck_assert_int_eq(
	    session_revoke(db, arena, ids[1], SESSION_OPERATOR), ST_OK);
	look(NULL, ids[1], 10);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(list[0].id, ids[2]);
}
END_TEST

START_TEST(leaves_out_what_is_over_and_what_is_of_others)
{
	const char *expired = start(ada), *revoked = start(ada);
	const char *others = start(eve);

	test_execute(arena_printf(arena,
	    "UPDATE session SET idle_expires_at = now() WHERE id = '%s'",
	    expired));
	ck_assert_int_eq(
	    session_revoke(db, arena, revoked, SESSION_OPERATOR), ST_OK);
	look(NULL, NULL, 10);
	ck_assert_uint_eq(count, 0);
	(void)start(ada);
	look(NULL, NULL, 10);
	ck_assert_uint_eq(count, 1);
	test_execute(arena_printf(arena,
	    "UPDATE session SET created_at = now() + interval '1 hour'"
	    " WHERE id = '%s'",
	    others));
	look(NULL, others, 10); /* nobody else's is a place in the list */
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(ends_one_of_ones_own)
{
	const char *one = start(ada), *other = start(ada);
	bool ended;

	ck_assert_int_eq(session_end_own(db, arena, ada, one,
			     SESSION_ENDED_ELSEWHERE, &ended),
	    ST_OK);
	ck_assert(ended);
	ck_assert(!is_alive(one));
	ck_assert_str_eq(reason_of(one), "revoked");
	ck_assert(is_alive(other));
	/* Once is enough, and how it ended first stays. */
	ck_assert_int_eq(
	    session_end_own(db, arena, ada, one, SESSION_OPERATOR, &ended),
	    ST_OK);
	ck_assert(!ended);
	ck_assert_str_eq(reason_of(one), "revoked");
}
END_TEST

START_TEST(ends_none_of_another_account)
{
	const char *others = start(eve);
	bool ended = false;

	ck_assert_int_eq(session_end_own(db, arena, ada, others,
			     SESSION_ENDED_ELSEWHERE, &ended),
	    ST_NOT_FOUND);
	ck_assert(!ended);
	ck_assert(is_alive(others));
	ck_assert_int_eq(session_end_own(db, arena, ada, TEST_UUID,
			     SESSION_ENDED_ELSEWHERE, &ended),
	    ST_NOT_FOUND);
	ck_assert_int_eq(session_end_own(db, arena, ada, "x",
			     SESSION_ENDED_ELSEWHERE, &ended),
	    ST_NOT_FOUND);
}
END_TEST

START_TEST(ends_all_but_one)
{
	const char *one = start(ada), *two = start(ada), *here = start(ada);
	const char *others = start(eve);
	size_t ended;

	ck_assert_int_eq(session_end_others(db, arena, ada, here,
			     SESSION_ENDED_ELSEWHERE, &ended),
	    ST_OK);
	ck_assert_uint_eq(ended, 2);
	ck_assert(!is_alive(one));
	ck_assert(!is_alive(two));
	ck_assert(is_alive(here));
	ck_assert(is_alive(others));
	ck_assert_str_eq(reason_of(two), "revoked");
	ck_assert_int_eq(session_end_others(db, arena, ada, here,
			     SESSION_ENDED_ELSEWHERE, &ended),
	    ST_OK);
	ck_assert_uint_eq(ended, 0);
}
END_TEST

/*
 * One that expires while its refresh is on the way, which began before and
 * takes it for alive: it is not to come back.
 */
START_TEST(no_late_refresh_brings_another_one_back)
{
	const char *late = start(ada), *here = start(ada);
	struct db *rival = db_open(test_handler_url(), "rival");
	unsigned char next_hash[SECRET_BYTES], live_hash[SECRET_BYTES];
	enum session_refresh outcome;
	struct session session;
	size_t ended;

	secret_random(next_hash, sizeof(next_hash));
	ck_assert_int_eq(db_begin(rival), ST_OK);
	test_execute(arena_printf(arena,
	    "UPDATE session SET idle_expires_at = clock_timestamp()"
	    " WHERE id = '%s'",
	    late));
	ck_assert_int_eq(session_end_others(db, arena, ada, here,
			     SESSION_ENDED_ELSEWHERE, &ended),
	    ST_OK);
	ck_assert_uint_eq(ended, 0);
	ck_assert_int_eq(session_refresh(rival, arena, config, late, 0, no_hash,
			     next_hash, true, &outcome, &session, live_hash),
	    ST_OK);
	ck_assert_int_eq(db_commit(rival), ST_OK);
	db_close(rival);
	ck_assert_int_eq(outcome, SESSION_REFRESH_REVOKED);
	ck_assert(!is_alive(late));
}
END_TEST

START_TEST(the_operator_ends_any)
{
	const char *one = start(ada), *account = NULL;
	bool ended;

	ck_assert_int_eq(
	    session_end_any(db, arena, one, SESSION_OPERATOR, &account, &ended),
	    ST_OK);
	ck_assert(ended);
	ck_assert_str_eq(account, ada);
	ck_assert_str_eq(reason_of(one), "operator");
	ck_assert_int_eq(
	    session_end_any(db, arena, one, SESSION_OPERATOR, &account, &ended),
	    ST_OK);
	ck_assert(!ended);
	ck_assert_int_eq(session_end_any(db, arena, TEST_UUID, SESSION_OPERATOR,
			     &account, &ended),
	    ST_NOT_FOUND);
	ck_assert_int_eq(
	    session_end_any(db, arena, "x", SESSION_OPERATOR, &account, &ended),
	    ST_NOT_FOUND);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session_list");
	TCase *look = tcase_create("look");
	TCase *end = tcase_create("end");

	tcase_add_checked_fixture(look, setup, teardown);
	tcase_add_test(look, tells_what_is_known_of_each);
	tcase_add_test(look, begins_with_the_current_one_and_then_the_newest);
	tcase_add_loop_test(look, goes_on_where_a_page_ended, 1, 8);
	tcase_add_test(look, goes_on_behind_one_that_ended_meanwhile);
	tcase_add_test(look, leaves_out_what_is_over_and_what_is_of_others);
	suite_add_tcase(suite, look);
	tcase_add_checked_fixture(end, setup, teardown);
	tcase_add_test(end, ends_one_of_ones_own);
	tcase_add_test(end, ends_none_of_another_account);
	tcase_add_test(end, ends_all_but_one);
	tcase_add_test(end, no_late_refresh_brings_another_one_back);
	tcase_add_test(end, the_operator_ends_any);
	suite_add_tcase(suite, end);
	return harness_run(suite, NEEDS_POSTGRES);
}
