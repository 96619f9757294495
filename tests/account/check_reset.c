/* check_reset.c - links to choose a new password, and what choosing one does. */

#include <check.h>
#include <string.h>

#include "account/reset.h"
#include "base/secret.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static const struct config *config;
static struct db *db;
static const char *ada;

static void
setup(void)
{
	arena = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_reset");
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
issue(void)
{
	const char *token = NULL;

	ck_assert_int_eq(reset_issue(db, arena, config, ada, &token), ST_OK);
	ck_assert_uint_eq(strlen(token), SECRET_TEXT_LEN);
	return token;
}

static struct reset
find(const char *token)
{
	struct reset reset;

	ck_assert_int_eq(reset_find(db, arena, token, &reset), ST_OK);
	return reset;
}

/* Seconds that a link has left, by the database's clock. */
static int64_t
left(const char *token)
{
	return find(token).expires_at -
	    test_int("SELECT floor(extract(epoch FROM now()))::bigint", NULL);
}

START_TEST(a_link_stands_for_its_account)
{
	const char *token = issue();
	struct reset reset = find(token);

	ck_assert_int_eq(reset.state, LINK_LIVE);
	ck_assert_str_eq(reset.account.id, ada);
	ck_assert_str_eq(reset.account.email, "ada@example.org");
	ck_assert_str_eq(reset.account.name, "Ada");
	ck_assert(!reset.opened);
	ck_assert_int_le(left(token), config->reset_ttl);
	ck_assert_int_gt(left(token), config->reset_opened_ttl);
	ck_assert(!test_is_stored(token));
}
END_TEST

START_TEST(opening_it_leaves_less_time)
{
	const char *token = issue();
	struct reset reset;

	ck_assert_int_eq(reset_open(db, arena, config, token, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_LIVE);
	ck_assert(reset.opened);
	ck_assert_int_le(left(token), config->reset_opened_ttl);
	ck_assert_int_eq(reset.expires_at, find(token).expires_at);
	/* Once: reloading buys no time. */
	test_execute(
	    "UPDATE link SET expires_at = now() + interval '1 minute'");
	ck_assert_int_eq(reset_open(db, arena, config, token, &reset), ST_OK);
	ck_assert_int_le(left(token), 60);
}
END_TEST

START_TEST(one_can_be_handed_out_opened)
{
	const char *older = issue(), *token;

	ck_assert_int_eq(
	    reset_issue_opened(db, arena, config, ada, &token), ST_OK);
	ck_assert(find(token).opened);
	ck_assert_int_eq(find(token).state, LINK_LIVE);
	ck_assert_int_le(left(token), config->reset_opened_ttl);
	ck_assert_int_eq(find(older).state, LINK_REPLACED);
}
END_TEST

START_TEST(a_dead_one_says_what_became_of_it)
{
	const char *older = issue(), *token = issue();
	struct reset reset;

	ck_assert_int_eq(reset_open(db, arena, config, older, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_REPLACED);
	ck_assert(!reset.opened);
	test_execute("UPDATE link SET expires_at = now()");
	ck_assert_int_eq(reset_open(db, arena, config, token, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_EXPIRED);
	ck_assert(!reset.opened);
}
END_TEST

START_TEST(what_was_never_made_is_not_found)
{
	const char *const tokens[] = { "", "x", secret_token(arena), "' OR 1" };
	struct reset reset;

	issue();
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		ck_assert_int_eq(
		    reset_find(db, arena, tokens[i], &reset), ST_NOT_FOUND);
		ck_assert_int_eq(
		    reset_open(db, arena, config, tokens[i], &reset),
		    ST_NOT_FOUND);
	}
}
END_TEST

START_TEST(a_disabled_account_has_no_links)
{
	const char *token = issue();
	struct reset reset;

	ck_assert_int_eq(account_disable(db, arena, ada), ST_OK);
	ck_assert_int_eq(reset_find(db, arena, token, &reset), ST_NOT_FOUND);
	ck_assert_int_eq(
	    reset_open(db, arena, config, token, &reset), ST_NOT_FOUND);
	ck_assert_int_eq(
	    test_int("SELECT count(opened_at) FROM link", NULL), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reset");
	TCase *tcase = tcase_create("links");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_link_stands_for_its_account);
	tcase_add_test(tcase, opening_it_leaves_less_time);
	tcase_add_test(tcase, one_can_be_handed_out_opened);
	tcase_add_test(tcase, a_dead_one_says_what_became_of_it);
	tcase_add_test(tcase, what_was_never_made_is_not_found);
	tcase_add_test(tcase, a_disabled_account_has_no_links);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
