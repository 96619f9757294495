/* check_recovery_code.c - ten codes for when the device is gone. */

#include <check.h>
#include <string.h>

#include "account/account.h"
#include "account/recovery_code.h"
#include "base/secret.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define RACERS 12

static struct arena *arena;
static struct db *db;
static const char *ada, *bob;
static const char *codes[RECOVERY_CODES];

static void
setup(void)
{
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	test_clear();
	db = db_open(test_handler_url(), "check_recovery_code");
	ck_assert_int_eq(account_create(db, arena, "ada@example.org", "Ada",
			     "hash", true, &ada),
	    ST_OK);
	ck_assert_int_eq(account_create(db, arena, "bob@example.org", "Bob",
			     "hash", true, &bob),
	    ST_OK);
	ck_assert_int_eq(recovery_code_replace(db, arena, ada, codes), ST_OK);
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

/* As the domain gets it: without dashes. */
static const char *
plain(const char *code)
{
	char *text = arena_alloc(arena, strlen(code) + 1), *to = text;

	for (; *code != '\0'; code++)
		if (*code != '-')
			*to++ = *code;
	*to = '\0';
	return text;
}

static enum status
use(const char *account, const char *text)
{
	return recovery_code_use(db, arena, account, text);
}

static int64_t
left(void)
{
	int64_t count;

	ck_assert_int_eq(recovery_code_count(db, arena, ada, &count), ST_OK);
	return count;
}

START_TEST(ten_that_look_alike_and_differ)
{
	ck_assert_int_eq(left(), RECOVERY_CODES);
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		ck_assert_uint_eq(strlen(codes[i]), 24);
		ck_assert_uint_eq(strspn(codes[i], "0123456789-"), 24);
		for (size_t at = 0; at < 24; at++)
			ck_assert_int_eq(codes[i][at] == '-', at % 5 == 4);
		for (size_t other = 0; other < i; other++)
			ck_assert_str_ne(codes[i], codes[other]);
	}
}
END_TEST

START_TEST(none_is_stored)
{
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		ck_assert(!test_is_stored(codes[i]));
		ck_assert(!test_is_stored(plain(codes[i])));
	}
}
END_TEST

START_TEST(each_is_good_once)
{
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		ck_assert_int_eq(use(ada, plain(codes[i])), ST_OK);
		ck_assert_int_eq(left(), RECOVERY_CODES - (int64_t)i - 1);
		ck_assert_int_eq(use(ada, plain(codes[i])), ST_NOT_FOUND);
	}
}
END_TEST

START_TEST(those_of_others_do_not_count)
{
	ck_assert_int_eq(use(bob, plain(codes[0])), ST_NOT_FOUND);
	/* Nor do their rows, as the id salts the hashes. */
	test_execute("INSERT INTO recovery_code (account_id, hash)"
		     " SELECT (SELECT id FROM account WHERE name = 'Bob'), hash"
		     " FROM recovery_code");
	ck_assert_int_eq(use(bob, plain(codes[0])), ST_NOT_FOUND);
	ck_assert_int_eq(use(ada, plain(codes[0])), ST_OK);
}
END_TEST

START_TEST(a_new_set_ends_the_old_one)
{
	const char *fresh[RECOVERY_CODES];

	ck_assert_int_eq(use(ada, plain(codes[0])), ST_OK);
	ck_assert_int_eq(recovery_code_replace(db, arena, ada, fresh), ST_OK);
	ck_assert_int_eq(left(), RECOVERY_CODES);
	ck_assert_int_eq(use(ada, plain(codes[1])), ST_NOT_FOUND);
	ck_assert_int_eq(use(ada, plain(fresh[1])), ST_OK);
	ck_assert_int_eq(recovery_code_remove(db, arena, ada), ST_OK);
	ck_assert_int_eq(use(ada, plain(fresh[2])), ST_NOT_FOUND);
	ck_assert_int_eq(left(), 0);
}
END_TEST

static const struct {
	const char *text;
	bool is_one;
} forms[] = {
	{ "04825913772066183059", true },
	{ "00000000000000000000", true },
	{ "", false },
	{ "123456", false },
	{ "0482591377206618305", false },
	{ "048259137720661830590", false },
	{ "0482-5913-7720-6618-3059", false },
	{ "0482591377206618305a", false },
	{ "0482591377206618305\xd9\xa2", false },
};

START_TEST(is_known_by_its_form)
{
	ck_assert_int_eq(
	    recovery_code_is_one(forms[_i].text), forms[_i].is_one);
}
END_TEST

static int
race(void *closure)
{
	struct arena *own = arena_new();
	struct db *mine = db_open(test_handler_url(), "racer");
	enum status st;

	st = recovery_code_use(mine, own, ada, closure);
	db_close(mine);
	return (int)st;
}

START_TEST(of_many_at_once_one_wins)
{
	char *code = arena_strdup(arena, plain(codes[_i]));
	pid_t racers[RACERS];
	int won = 0;

	for (int i = 0; i < RACERS; i++)
		racers[i] = test_fork(race, code);
	for (int i = 0; i < RACERS; i++) {
		int st = test_join(racers[i]);

		ck_assert(st == ST_OK || st == ST_NOT_FOUND);
		won += st == ST_OK;
	}
	ck_assert_int_eq(won, 1);
	ck_assert_int_eq(left(), RECOVERY_CODES - 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recovery_code");
	TCase *tcase = tcase_create("recovery_code");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, ten_that_look_alike_and_differ);
	tcase_add_test(tcase, none_is_stored);
	tcase_add_test(tcase, each_is_good_once);
	tcase_add_test(tcase, those_of_others_do_not_count);
	tcase_add_test(tcase, a_new_set_ends_the_old_one);
	tcase_add_loop_test(
	    tcase, is_known_by_its_form, 0, (int)ARRAY_LEN(forms));
	tcase_add_loop_test(tcase, of_many_at_once_one_wins, 0, 3);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
