/* check_verification.c - links that prove an address, once. */

#include <check.h>
#include <string.h>

#include "account/verification.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static const struct config *config;
static struct db *db;
static const char *ada;
static const char *browser;

static void
setup(void)
{
	arena = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_verification");
	ck_assert_int_eq(account_create(db, arena, "ada@example.org", "Ada",
			     "hash", false, &ada),
	    ST_OK);
	browser = secret_token(arena);
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

static const char *
begin(const char *from)
{
	const char *token = NULL;

	ck_assert_int_eq(
	    verification_begin(db, arena, config, ada, from, &token), ST_OK);
	ck_assert_uint_eq(strlen(token), SECRET_TEXT_LEN);
	return token;
}

static const char *
renew(void)
{
	const char *token = NULL;

	ck_assert_int_eq(
	    verification_renew(db, arena, config, ada, &token), ST_OK);
	return token;
}

static enum status
find(const char *token)
{
	struct verification found;

	return verification_find(db, arena, token, browser, &found);
}

static bool
is_same_browser(const char *token, const char *from)
{
	struct verification found;

	ck_assert_int_eq(
	    verification_find(db, arena, token, from, &found), ST_OK);
	return found.same_browser;
}

static bool
is_verified(void)
{
	struct account account;

	ck_assert_int_eq(account_find(db, arena, ada, &account), ST_OK);
	return account.verified;
}

START_TEST(stands_for_its_account)
{
	struct verification found;
	const char *token = begin(browser);

	ck_assert_int_eq(
	    verification_find(db, arena, token, browser, &found), ST_OK);
	ck_assert_str_eq(found.account.id, ada);
	ck_assert_str_eq(found.account.email, "ada@example.org");
	ck_assert_str_eq(found.account.name, "Ada");
	ck_assert_str_eq(found.account.password_hash, "hash");
	ck_assert(!found.account.verified);
	ck_assert(!found.account.disabled);
	ck_assert(found.same_browser);
}
END_TEST

START_TEST(looking_uses_nothing_up)
{
	const char *token = begin(browser);

	ck_assert_int_eq(find(token), ST_OK);
	ck_assert_int_eq(find(token), ST_OK);
	ck_assert(!is_verified());
}
END_TEST

START_TEST(knows_the_browser_that_signed_up)
{
	const char *token = begin(browser);

	ck_assert(is_same_browser(token, browser));
	ck_assert(!is_same_browser(token, secret_token(arena)));
	ck_assert(!is_same_browser(token, ""));
	ck_assert(!is_same_browser(token, "not a token"));
}
END_TEST

START_TEST(no_browser_is_the_one_when_none_was_known)
{
	const char *token = begin("");

	ck_assert(!is_same_browser(token, ""));
	ck_assert(!is_same_browser(token, browser));
	token = begin("not a token");
	ck_assert(!is_same_browser(token, "not a token"));
	ck_assert_int_eq(
	    test_int("SELECT count(browser_hash) FROM verification", NULL), 0);
}
END_TEST

START_TEST(is_spent_once)
{
	const char *token = begin(browser);

	ck_assert_int_eq(verification_spend(db, arena, token), ST_OK);
	ck_assert(is_verified());
	ck_assert_int_eq(verification_spend(db, arena, token), ST_NOT_FOUND);
	ck_assert_int_eq(find(token), ST_NOT_FOUND);
}
END_TEST

START_TEST(proves_its_own_account_alone)
{
	const char *eve, *theirs, *token = begin(browser);
	struct account account;

	ck_assert_int_eq(account_create(db, arena, "eve@example.org", "Eve",
			     "hash", false, &eve),
	    ST_OK);
	ck_assert_int_eq(
	    verification_begin(db, arena, config, eve, "", &theirs), ST_OK);
	ck_assert_int_eq(verification_spend(db, arena, token), ST_OK);
	ck_assert_int_eq(account_find(db, arena, eve, &account), ST_OK);
	ck_assert(!account.verified);
	ck_assert_int_eq(find(theirs), ST_OK);
}
END_TEST

START_TEST(the_time_of_the_first_proof_stays)
{
	static const char at[] = "SELECT verified_at FROM account";
	const char *first;

	ck_assert_int_eq(verification_spend(db, arena, begin("")), ST_OK);
	first = test_text(arena, at, NULL);
	ck_assert_int_eq(verification_spend(db, arena, begin("")), ST_OK);
	ck_assert_str_eq(test_text(arena, at, NULL), first);
}
END_TEST

START_TEST(only_the_newest_is_good)
{
	const char *first = begin(browser), *second = begin(browser);
	const char *third;

	ck_assert_int_eq(find(first), ST_NOT_FOUND);
	ck_assert_int_eq(verification_spend(db, arena, first), ST_NOT_FOUND);
	ck_assert_int_eq(find(second), ST_OK);
	third = renew();
	ck_assert_int_eq(find(second), ST_NOT_FOUND);
	ck_assert_int_eq(find(third), ST_OK);
}
END_TEST

START_TEST(starting_over_changes_the_browser)
{
	const char *other = secret_token(arena), *token;

	(void)begin(browser);
	token = begin(other);
	ck_assert(is_same_browser(token, other));
	ck_assert(!is_same_browser(token, browser));
	/* To none, too. */
	token = begin("");
	ck_assert(!is_same_browser(token, other));
}
END_TEST

START_TEST(asking_again_keeps_the_browser)
{
	const char *token;

	(void)begin(browser);
	token = renew();
	ck_assert(is_same_browser(token, browser));
	ck_assert(!is_same_browser(token, ""));
}
END_TEST

START_TEST(asking_again_without_a_link_ties_it_to_no_browser)
{
	const char *token = renew();

	ck_assert(!is_same_browser(token, browser));
	ck_assert(!is_same_browser(token, ""));
}
END_TEST

START_TEST(expires)
{
	const char *token = begin(browser);

	ck_assert_int_eq(test_int("SELECT extract(epoch FROM expires_at -"
				  " created_at)::bigint FROM verification",
			     NULL),
	    config->verification_ttl);
	test_execute("UPDATE verification SET expires_at = now()");
	ck_assert_int_eq(find(token), ST_NOT_FOUND);
	ck_assert_int_eq(verification_spend(db, arena, token), ST_NOT_FOUND);
	ck_assert(!is_verified());
	/* A new one lives anew. */
	ck_assert_int_eq(find(renew()), ST_OK);
	ck_assert_int_eq(find(begin(browser)), ST_OK);
}
END_TEST

START_TEST(is_not_stored)
{
	const char *token = begin(browser);

	ck_assert(!test_is_stored(token));
	ck_assert(!test_is_stored(browser));
	token = renew();
	ck_assert(!test_is_stored(token));
}
END_TEST

/* As the search above finds what is there. */
START_TEST(a_stored_token_would_be_found)
{
	const char *token = secret_token(arena);
	unsigned char *bytes;
	size_t size;

	ck_assert(!test_is_stored(token));
	ck_assert_int_eq(
	    base64url_decode(arena, token, SECRET_TEXT_LEN, &bytes, &size),
	    ST_OK);
	ck_assert_int_eq(account_rename(db, arena, ada, token), ST_OK);
	ck_assert(test_is_stored(token));
	ck_assert_int_eq(account_rename(db, arena, ada, "Ada"), ST_OK);
	ck_assert(!test_is_stored(token));
	(void)begin("");
	test_execute(arena_printf(arena,
	    "UPDATE verification SET hash = decode(rpad(translate('%s',"
	    " '-_', '+/'), 44, '='), 'base64')",
	    token));
	ck_assert(test_is_stored(token));
}
END_TEST

static const char *const not_tokens[] = {
	"",
	"x",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* not canonical */
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+A",
	"' OR true --",
};

START_TEST(what_was_never_handed_out_is_not_found)
{
	(void)begin(browser);
	ck_assert_int_eq(find(not_tokens[_i]), ST_NOT_FOUND);
	ck_assert_int_eq(
	    verification_spend(db, arena, not_tokens[_i]), ST_NOT_FOUND);
	ck_assert(!is_verified());
}
END_TEST

/* A second process that uses the link up, in a transaction as actions are. */
static int
spend_too(void *token)
{
	struct db *second = db_open(test_handler_url(), "rival");
	struct verification found;
	enum status st = db_begin(second);

	if (st == ST_OK)
		st = verification_find(second, arena, token, "", &found);
	if (st == ST_OK)
		st = verification_spend(second, arena, token);
	if (st == ST_OK)
		st = db_commit(second);
	db_close(second);
	return (int)st;
}

static pid_t
rival_with(int (*work)(void *), const char *token)
{
	return test_fork(work, arena_strdup(arena, token));
}

START_TEST(of_two_at_once_one_spends_it)
{
	const char *token = begin(browser);
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(verification_spend(db, arena, token), ST_OK);
	rival = rival_with(spend_too, token);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_NOT_FOUND);
}
END_TEST

static int
only_spend_too(void *token)
{
	struct db *second = db_open(test_handler_url(), "rival");
	enum status st = verification_spend(second, arena, token);

	db_close(second);
	return (int)st;
}

START_TEST(even_without_looking_first)
{
	const char *token = begin(browser);
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(verification_spend(db, arena, token), ST_OK);
	rival = rival_with(only_spend_too, token);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_NOT_FOUND);
}
END_TEST

START_TEST(what_was_taken_back_is_left_for_the_other)
{
	const char *token = begin(browser);
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(verification_spend(db, arena, token), ST_OK);
	rival = rival_with(spend_too, token);
	test_await_waiting(1);
	db_rollback(db);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert(is_verified());
}
END_TEST

/*
 * A sign-up that starts over takes the account, then the link. Somebody with
 * the old link comes in between: it must wait, and then find nothing.
 */
START_TEST(starting_over_beats_the_old_link)
{
	const char *token = begin(browser);
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    account_start_over(db, arena, ada, "Ada", "new"), ST_OK);
	rival = rival_with(spend_too, token);
	test_await_waiting(1);
	(void)begin(browser);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_NOT_FOUND);
	ck_assert(!is_verified());
}
END_TEST

static int
start_over_too(void *token)
{
	struct db *second = db_open(test_handler_url(), "rival");
	const char *other;
	enum status st = db_begin(second);

	(void)token;
	if (st == ST_OK)
		st = account_start_over(second, arena, ada, "Eve", "theirs");
	if (st == ST_OK)
		st = verification_begin(second, arena, config, ada, "", &other);
	if (st == ST_OK)
		st = db_commit(second);
	db_close(second);
	return (int)st;
}

/* The other way round: who has looked at the link keeps the account as it is. */
START_TEST(nobody_starts_over_between_looking_and_spending)
{
	const char *token = begin(browser);
	struct verification found;
	struct account account;
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    verification_find(db, arena, token, browser, &found), ST_OK);
	rival = rival_with(start_over_too, "");
	test_await_waiting(1);
	ck_assert_int_eq(verification_spend(db, arena, token), ST_OK);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_NOT_FOUND);
	ck_assert_int_eq(account_find(db, arena, ada, &account), ST_OK);
	ck_assert(account.verified);
	ck_assert_str_eq(account.password_hash, "hash");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("verification");
	TCase *link = tcase_create("link");
	TCase *secrecy = tcase_create("secrecy");
	TCase *race = tcase_create("race");

	tcase_add_checked_fixture(link, setup, teardown);
	tcase_add_test(link, stands_for_its_account);
	tcase_add_test(link, looking_uses_nothing_up);
	tcase_add_test(link, knows_the_browser_that_signed_up);
	tcase_add_test(link, no_browser_is_the_one_when_none_was_known);
	tcase_add_test(link, is_spent_once);
	tcase_add_test(link, proves_its_own_account_alone);
	tcase_add_test(link, the_time_of_the_first_proof_stays);
	tcase_add_test(link, only_the_newest_is_good);
	tcase_add_test(link, starting_over_changes_the_browser);
	tcase_add_test(link, asking_again_keeps_the_browser);
	tcase_add_test(link, asking_again_without_a_link_ties_it_to_no_browser);
	tcase_add_test(link, expires);
	suite_add_tcase(suite, link);
	tcase_add_checked_fixture(secrecy, setup, teardown);
	tcase_add_test(secrecy, is_not_stored);
	tcase_add_test(secrecy, a_stored_token_would_be_found);
	tcase_add_loop_test(secrecy, what_was_never_handed_out_is_not_found, 0,
	    (int)ARRAY_LEN(not_tokens));
	suite_add_tcase(suite, secrecy);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, of_two_at_once_one_spends_it);
	tcase_add_test(race, even_without_looking_first);
	tcase_add_test(race, what_was_taken_back_is_left_for_the_other);
	tcase_add_test(race, starting_over_beats_the_old_link);
	tcase_add_test(race, nobody_starts_over_between_looking_and_spending);
	suite_add_tcase(suite, race);
	return harness_run(suite, NEEDS_POSTGRES);
}
