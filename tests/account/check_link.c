/* check_link.c - mailed links: live once, and what became of them. */

#include <check.h>
#include <string.h>

#include "account/account.h"
#include "account/link.h"
#include "base/secret.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define TTL (60 * 60)

static struct arena *arena;
static struct db *db;
static const char *ada;

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_link");
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
issue(enum link_kind kind, const char *subject)
{
	const char *token = NULL;

	ck_assert_int_eq(
	    link_issue(db, arena, kind, ada, subject, TTL, &token), ST_OK);
	ck_assert_uint_eq(strlen(token), SECRET_TEXT_LEN);
	return token;
}

static struct link
find(enum link_kind kind, const char *token)
{
	struct link link;

	ck_assert_int_eq(link_find(db, arena, kind, token, &link), ST_OK);
	return link;
}

START_TEST(stands_for_its_account_and_subject)
{
	const char *token = issue(LINK_EMAIL_CHANGE, "new@example.org");
	struct link link = find(LINK_EMAIL_CHANGE, token);

	ck_assert_int_eq(link.state, LINK_LIVE);
	ck_assert_str_eq(link.account_id, ada);
	ck_assert_str_eq(link.subject, "new@example.org");
	ck_assert(!link.opened);
	token = issue(LINK_RESET, NULL);
	ck_assert_str_eq(find(LINK_RESET, token).subject, "");
	ck_assert(!test_is_stored(token));
}
END_TEST

START_TEST(does_what_it_is_for_alone)
{
	const char *token = issue(LINK_SESSION_END, TEST_UUID);
	struct link link;

	for (enum link_kind kind = 0; kind < LINK_KIND_COUNT; kind++) {
		if (kind == LINK_SESSION_END)
			continue;
		ck_assert_int_eq(
		    link_find(db, arena, kind, token, &link), ST_NOT_FOUND);
		ck_assert_int_eq(
		    link_open(db, arena, kind, token, TTL), ST_NOT_FOUND);
		ck_assert_int_eq(
		    link_spend(db, arena, kind, token), ST_NOT_FOUND);
	}
	ck_assert_int_eq(find(LINK_SESSION_END, token).state, LINK_LIVE);
}
END_TEST

START_TEST(what_was_never_made_is_not_found)
{
	const char *const tokens[] = { "", "x", secret_token(arena), "' OR 1" };
	struct link link;

	issue(LINK_RESET, NULL);
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		ck_assert_int_eq(
		    link_find(db, arena, LINK_RESET, tokens[i], &link),
		    ST_NOT_FOUND);
		ck_assert_int_eq(
		    link_open(db, arena, LINK_RESET, tokens[i], TTL),
		    ST_NOT_FOUND);
		ck_assert_int_eq(
		    link_spend(db, arena, LINK_RESET, tokens[i]), ST_NOT_FOUND);
	}
}
END_TEST

START_TEST(is_spent_once_and_says_so)
{
	const char *token = issue(LINK_RESET, NULL);

	ck_assert_int_eq(link_spend(db, arena, LINK_RESET, token), ST_OK);
	ck_assert_int_eq(
	    link_spend(db, arena, LINK_RESET, token), ST_NOT_FOUND);
	ck_assert_int_eq(
	    link_open(db, arena, LINK_RESET, token, TTL), ST_NOT_FOUND);
	ck_assert_int_eq(find(LINK_RESET, token).state, LINK_USED);
}
END_TEST

START_TEST(a_newer_one_replaces_resets_and_changes)
{
	static const struct {
		enum link_kind kind;
		enum link_state older;
	} cases[] = {
		{ LINK_RESET, LINK_REPLACED },
		{ LINK_EMAIL_CHANGE, LINK_REPLACED },
		{ LINK_EMAIL_REVERT, LINK_LIVE },
		{ LINK_SESSION_END, LINK_LIVE },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *older = issue(cases[i].kind, "subject");
		const char *newer = issue(cases[i].kind, "subject");

		ck_assert_int_eq(
		    find(cases[i].kind, older).state, cases[i].older);
		ck_assert_int_eq(find(cases[i].kind, newer).state, LINK_LIVE);
		/* One that is dead itself gives no older one its life back. */
		ck_assert_int_eq(
		    link_spend(db, arena, cases[i].kind, newer), ST_OK);
		ck_assert_int_eq(
		    find(cases[i].kind, older).state, cases[i].older);
	}
}
END_TEST

START_TEST(one_account_replaces_nothing_of_another)
{
	const char *token = issue(LINK_RESET, NULL), *eve, *theirs;

	ck_assert_int_eq(account_create(db, arena, "eve@example.org", "Eve",
			     "hash", true, &eve),
	    ST_OK);
	ck_assert_int_eq(
	    link_issue(db, arena, LINK_RESET, eve, NULL, TTL, &theirs), ST_OK);
	ck_assert_int_eq(link_expire(db, arena, LINK_RESET, eve), ST_OK);
	ck_assert_int_eq(find(LINK_RESET, token).state, LINK_LIVE);
	ck_assert_int_eq(find(LINK_RESET, theirs).state, LINK_EXPIRED);
}
END_TEST

START_TEST(opening_shortens_its_life_once)
{
	const char *token = issue(LINK_RESET, NULL);
	int64_t expires;

	ck_assert_int_eq(
	    link_open(db, arena, LINK_RESET, token, TTL / 2), ST_OK);
	ck_assert(find(LINK_RESET, token).opened);
	expires = find(LINK_RESET, token).expires_at;
	ck_assert_int_le(expires,
	    test_int("SELECT ceil(extract(epoch FROM"
		     " now()))::bigint + 1800",
		NULL));
	ck_assert_int_eq(link_open(db, arena, LINK_RESET, token, 1), ST_OK);
	ck_assert_int_eq(find(LINK_RESET, token).expires_at, expires);
	/* Nor does it live longer than it would have unopened. */
	token = issue(LINK_RESET, NULL);
	expires = find(LINK_RESET, token).expires_at;
	ck_assert_int_eq(
	    link_open(db, arena, LINK_RESET, token, 2 * TTL), ST_OK);
	ck_assert_int_eq(find(LINK_RESET, token).expires_at, expires);
}
END_TEST

START_TEST(is_good_for_its_time_and_no_longer)
{
	const char *token = issue(LINK_RESET, NULL);

	test_execute("UPDATE link SET expires_at = now()");
	ck_assert_int_eq(find(LINK_RESET, token).state, LINK_EXPIRED);
	ck_assert_int_eq(
	    link_open(db, arena, LINK_RESET, token, TTL), ST_NOT_FOUND);
	ck_assert_int_eq(
	    link_spend(db, arena, LINK_RESET, token), ST_NOT_FOUND);
}
END_TEST

START_TEST(all_of_a_kind_expire_at_once)
{
	const char *used = issue(LINK_EMAIL_REVERT, "a@example.org");
	const char *live = issue(LINK_EMAIL_REVERT, "b@example.org");
	const char *other = issue(LINK_RESET, NULL);

	ck_assert_int_eq(link_spend(db, arena, LINK_EMAIL_REVERT, used), ST_OK);
	ck_assert_int_eq(link_expire(db, arena, LINK_EMAIL_REVERT, ada), ST_OK);
	ck_assert_int_eq(find(LINK_EMAIL_REVERT, used).state, LINK_USED);
	ck_assert_int_eq(find(LINK_EMAIL_REVERT, live).state, LINK_EXPIRED);
	ck_assert_int_eq(find(LINK_RESET, other).state, LINK_LIVE);
}
END_TEST

START_TEST(those_made_later_expire)
{
	const char *before = issue(LINK_EMAIL_REVERT, "a@example.org");
	const char *given = issue(LINK_EMAIL_REVERT, "b@example.org");
	const char *after = issue(LINK_EMAIL_REVERT, "c@example.org");
	const char *other = issue(LINK_RESET, NULL);

	ck_assert_int_eq(
	    link_spend(db, arena, LINK_EMAIL_REVERT, given), ST_OK);
	ck_assert_int_eq(
	    link_expire_later(db, arena, LINK_EMAIL_REVERT, given), ST_OK);
	ck_assert_int_eq(find(LINK_EMAIL_REVERT, before).state, LINK_LIVE);
	ck_assert_int_eq(find(LINK_EMAIL_REVERT, given).state, LINK_USED);
	ck_assert_int_eq(find(LINK_EMAIL_REVERT, after).state, LINK_EXPIRED);
	ck_assert_int_eq(find(LINK_RESET, other).state, LINK_LIVE);
	ck_assert_int_eq(
	    link_expire_later(db, arena, LINK_EMAIL_REVERT, "x"), ST_NOT_FOUND);
}
END_TEST

/* What a rival does meanwhile: it finds the link spent. */
static int
spend_too(void *closure)
{
	struct db *own = db_open(test_handler_url(), "rival");
	struct link link;
	enum status st;

	st = db_begin(own);
	if (st == ST_OK)
		st = link_find(own, arena, LINK_RESET, closure, &link);
	return st == ST_OK ? (int)link.state : 100;
}

START_TEST(who_has_looked_decides_before_others_look)
{
	const char *token = issue(LINK_RESET, NULL);
	union {
		const char *text;
		void *closure;
	} argument = { .text = token };
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(find(LINK_RESET, token).state, LINK_LIVE);
	rival = test_fork(spend_too, argument.closure);
	test_await_waiting(1);
	ck_assert_int_eq(link_spend(db, arena, LINK_RESET, token), ST_OK);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), LINK_USED);
}
END_TEST

/*
 * A request that has begun and waits, as for the account, has an earlier now().
 * What a reset has put an end to meanwhile is no good to it.
 */
START_TEST(what_expired_is_no_good_to_who_began_before)
{
	const char *given = issue(LINK_EMAIL_REVERT, "a@example.org");
	const char *one = issue(LINK_EMAIL_CHANGE, "b@example.org");
	const char *later = issue(LINK_EMAIL_REVERT, "c@example.org");
	struct db *rival = db_open(test_handler_url(), "rival");

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    link_expire(rival, arena, LINK_EMAIL_CHANGE, ada), ST_OK);
	ck_assert_int_eq(
	    link_expire_later(rival, arena, LINK_EMAIL_REVERT, given), ST_OK);
	db_close(rival);
	ck_assert_int_eq(find(LINK_EMAIL_CHANGE, one).state, LINK_EXPIRED);
	ck_assert_int_eq(find(LINK_EMAIL_REVERT, later).state, LINK_EXPIRED);
	ck_assert_int_eq(
	    link_spend(db, arena, LINK_EMAIL_CHANGE, one), ST_NOT_FOUND);
	ck_assert_int_eq(
	    link_spend(db, arena, LINK_EMAIL_REVERT, later), ST_NOT_FOUND);
	ck_assert_int_eq(
	    link_open(db, arena, LINK_EMAIL_REVERT, later, TTL), ST_NOT_FOUND);
	ck_assert_int_eq(db_commit(db), ST_OK);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("link");
	TCase *tcase = tcase_create("link");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, stands_for_its_account_and_subject);
	tcase_add_test(tcase, does_what_it_is_for_alone);
	tcase_add_test(tcase, what_was_never_made_is_not_found);
	tcase_add_test(tcase, is_spent_once_and_says_so);
	tcase_add_test(tcase, a_newer_one_replaces_resets_and_changes);
	tcase_add_test(tcase, one_account_replaces_nothing_of_another);
	tcase_add_test(tcase, opening_shortens_its_life_once);
	tcase_add_test(tcase, is_good_for_its_time_and_no_longer);
	tcase_add_test(tcase, all_of_a_kind_expire_at_once);
	tcase_add_test(tcase, those_made_later_expire);
	tcase_add_test(tcase, who_has_looked_decides_before_others_look);
	tcase_add_test(tcase, what_expired_is_no_good_to_who_began_before);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
