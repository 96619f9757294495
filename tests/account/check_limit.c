/*
 * check_limit.c - how many get through, when the next one does, and for whom.
 *
 * Time passes by moving the rows back, as only the database's clock counts.
 */

#include <check.h>

#include "account/account.h"
#include "account/known_device.h"
#include "account/limit.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define ADA "ada@example.org"
#define IP "192.0.2.1"
#define MINUTE 60
#define HOUR (60 * 60)

static struct arena *arena;
static struct config config;
static struct limiter limiter;
static struct master_key *master;

static void
setup(void)
{
	arena = arena_new();
	config = *test_config(arena);
	test_clear();
	master = test_master_key();
	limiter = (struct limiter){
		.db = db_open(test_handler_url(), "check_limit"),
		.arena = arena,
		.config = &config,
		.key = master,
	};
}

static void
teardown(void)
{
	db_close(limiter.db);
	master_key_free(master);
	arena_free(arena);
}

static struct rates
rate(int64_t count, int64_t period)
{
	return (struct rates){ { { count, period } }, 1 };
}

/* Seconds to wait; 0: it was let through. */
static int64_t
take(enum limit limit, const char *subject)
{
	int64_t wait = 0;
	enum status st = limit_take(&limiter, limit, subject, NULL, &wait);

	ck_assert(st == ST_OK ? wait == 0 : st == ST_LIMITED && wait >= 1);
	return wait;
}

/* How many get through at once; more than max are not tried. */
static int64_t
count_through(enum limit limit, const char *subject, int64_t max)
{
	int64_t count = 0;

	while (count < max && take(limit, subject) == 0)
		count++;
	return count;
}

static void
let_pass(int64_t seconds)
{
	test_execute(arena_printf(arena,
	    "UPDATE limit_state SET earned_at = earned_at - interval '%lld s'",
	    (long long)seconds));
}

/* A second or two may go by on a busy machine. */
#define ck_assert_wait(got, expected)                     \
	do {                                              \
		int64_t got_ = (got), most_ = (expected); \
		ck_assert_int_le(got_, most_);            \
		ck_assert_int_ge(got_, most_ - 5);        \
	} while (0)

/* --- how many --- */

static const struct rate rates[] = {
	{ 1, 1 * MINUTE },
	{ 3, 10 * MINUTE },
	{ 7, 1 * MINUTE * 60 },
	{ 10, 15 * MINUTE },
	{ 13, 11 * HOUR },
	{ 20, 2 * HOUR },
	{ 97, 30 * 24 * HOUR },
	{ 1000, 30 * 24 * HOUR },
};

START_TEST(lets_so_many_through_and_not_one_more)
{
	int64_t count = rates[_i].count;

	config.limit_signup = rate(count, rates[_i].period);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, IP, count + 1), count);
	let_pass(rates[_i].period);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, IP, count + 1), count);
}
END_TEST

START_TEST(earns_one_back_in_each_part_of_the_period)
{
	config.limit_signup = rate(10, 15 * MINUTE);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, IP, 11), 10);
	ck_assert_wait(take(LIMIT_SIGNUP, IP), 90);
	let_pass(80);
	ck_assert_wait(take(LIMIT_SIGNUP, IP), 10);
	let_pass(10);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, IP, 2), 1);
	let_pass(3 * 90);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, IP, 4), 3);
}
END_TEST

START_TEST(does_not_save_up_more_than_it_allows_at_once)
{
	config.limit_signup = rate(3, HOUR);
	ck_assert_int_eq(take(LIMIT_SIGNUP, IP), 0);
	let_pass(30 * 24 * HOUR);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, IP, 4), 3);
}
END_TEST

/* What the longer one refuses is not taken from the shorter one either. */
START_TEST(several_hold_at_once)
{
	config.limit_mail =
	    (struct rates){ { { 1, MINUTE }, { 5, HOUR }, { 8, 24 * HOUR } },
		    3 };
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(take(LIMIT_MAIL, ADA), 0);
		ck_assert_wait(take(LIMIT_MAIL, ADA), MINUTE);
		let_pass(MINUTE);
	}
	/* 12 minutes each are earned, and 5 of them are over. */
	for (int i = 0; i < 10; i++)
		ck_assert_wait(take(LIMIT_MAIL, ADA), 7 * MINUTE);
	let_pass(7 * MINUTE);
	ck_assert_int_eq(take(LIMIT_MAIL, ADA), 0);
	let_pass(12 * MINUTE);
	ck_assert_int_eq(take(LIMIT_MAIL, ADA), 0);
	let_pass(12 * MINUTE);
	ck_assert_int_eq(take(LIMIT_MAIL, ADA), 0);
	/* Eight; a ninth when 3 hours are over, 36 minutes of them already. */
	let_pass(12 * MINUTE);
	ck_assert_int_gt(take(LIMIT_MAIL, ADA), 2 * HOUR);
}
END_TEST

START_TEST(one_that_is_off_lets_all_through)
{
	ck_assert_uint_eq(config.limit_signup.count, 0);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, IP, 100), 100);
	ck_assert_int_eq(test_int("SELECT count(*) FROM limit_state", NULL), 0);
}
END_TEST

START_TEST(what_is_nobodys_is_not_counted)
{
	config.limit_signup = rate(1, HOUR);
	ck_assert_int_eq(count_through(LIMIT_SIGNUP, NULL, 10), 10);
}
END_TEST

/* --- at the same time --- */

#define PROCESSES 50
#define TRIES 4

static int
take_some(void *unused)
{
	int count = 0;

	(void)unused;
	limiter.db = db_open(test_handler_url(), "rival");
	for (int i = 0; i < TRIES; i++)
		count +=
		    limit_take(&limiter, LIMIT_SIGNUP, IP, NULL, NULL) == ST_OK;
	db_close(limiter.db);
	return count;
}

START_TEST(many_at_once_get_no_more)
{
	pid_t rivals[PROCESSES];
	int count = 0;

	config.limit_signup = rate(20, 24 * HOUR);
	for (int i = 0; i < PROCESSES; i++)
		rivals[i] = test_fork(take_some, NULL);
	for (int i = 0; i < PROCESSES; i++)
		count += test_join(rivals[i]);
	ck_assert_int_eq(count, 20);
}
END_TEST

/* Guesses are taken before they turn out wrong: all are under way at once. */
static int
guess(void *unused)
{
	struct limit_ticket *taken = NULL;
	int64_t wait;
	enum status st;

	(void)unused;
	limiter.db = db_open(test_handler_url(), "rival");
	st = limit_take_password(&limiter, ADA, NULL, IP, &taken, &wait);
	db_close(limiter.db);
	return st == ST_OK;
}

START_TEST(many_guesses_at_once_are_no_more_than_one_after_the_other)
{
	pid_t rivals[PROCESSES];
	int count = 0;

	config.limit_password = rate(10, 15 * MINUTE);
	config.limit_password_ip = rate(30, 10 * MINUTE);
	for (int i = 0; i < PROCESSES; i++)
		rivals[i] = test_fork(guess, NULL);
	for (int i = 0; i < PROCESSES; i++)
		count += test_join(rivals[i]);
	ck_assert_int_eq(count, 10);
}
END_TEST

/* --- waits that double --- */

START_TEST(waits_double_up_to_the_period)
{
	static const int64_t waits[] = { 60, 120, 240, 480, 900, 900, 900 };

	config.limit_password = rate(10, 15 * MINUTE);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 11), 10);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		ck_assert_wait(take(LIMIT_PASSWORD, ADA), waits[i]);
		let_pass(waits[i] - 10);
		ck_assert_wait(take(LIMIT_PASSWORD, ADA), 10);
		let_pass(10);
		ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 2), 1);
	}
}
END_TEST

START_TEST(waits_are_forgotten_after_a_quiet_period)
{
	config.limit_password = rate(10, 15 * MINUTE);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 11), 10);
	let_pass(60);
	ck_assert_int_eq(take(LIMIT_PASSWORD, ADA), 0);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 120);
	/* Nearly, and the wait after the next ten goes on from there. */
	let_pass(120 + 15 * MINUTE - 10);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 11), 10);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 240);
	let_pass(240 + 15 * MINUTE);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 11), 10);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 60);
}
END_TEST

START_TEST(a_single_one_makes_wait_at_once)
{
	config.limit_password = rate(1, 15 * MINUTE);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 2), 1);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 60);
	let_pass(60);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 2), 1);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 120);
}
END_TEST

START_TEST(no_wait_is_longer_than_the_period)
{
	config.limit_password = rate(2, 10);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 3), 2);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 10);
}
END_TEST

/* --- giving back --- */

START_TEST(what_is_given_back_was_never_taken)
{
	struct limit_ticket *taken = NULL;
	int64_t wait;

	config.limit_mail =
	    (struct rates){ { { 3, HOUR }, { 4, 24 * HOUR } }, 2 };
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(
		    limit_take(&limiter, LIMIT_MAIL, ADA, &taken, &wait),
		    ST_OK);
		ck_assert_int_eq(limit_give_back(&limiter, &taken), ST_OK);
		ck_assert_ptr_null(taken);
	}
	ck_assert_int_eq(count_through(LIMIT_MAIL, ADA, 4), 3);
}
END_TEST

/* Who knows the password signs in as often as they like, even at the brim. */
START_TEST(right_passwords_use_nothing_up)
{
	struct limit_ticket *taken = NULL;
	int64_t wait;

	config.limit_password = rate(3, 15 * MINUTE);
	config.limit_password_ip = rate(5, 10 * MINUTE);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 2), 2);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(
		    limit_take_password(&limiter, ADA, NULL, IP, &taken, &wait),
		    ST_OK);
		ck_assert_int_eq(limit_give_back(&limiter, &taken), ST_OK);
	}
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 2), 1);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 60);
	/* And the wait that one began is gone with it, the next no longer. */
	let_pass(60);
	ck_assert_int_eq(
	    limit_take_password(&limiter, ADA, NULL, IP, &taken, &wait), ST_OK);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 120);
	ck_assert_int_eq(limit_give_back(&limiter, &taken), ST_OK);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 2), 1);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), 120);
}
END_TEST

/* --- hits --- */

/* In all periods, waits included, and of nobody else. */
START_TEST(what_is_forgotten_begins_anew)
{
	config.limit_password =
	    (struct rates){ { { 2, 15 * MINUTE }, { 3, HOUR } }, 2 };
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 3), 2);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, "eve@b.org", 3), 2);
	ck_assert_int_eq(
	    limit_forget(&limiter, LIMIT_PASSWORD, "Ada@Example.org"), ST_OK);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 3), 2);
	ck_assert_wait(take(LIMIT_PASSWORD, ADA), MINUTE);
	ck_assert_int_ne(take(LIMIT_PASSWORD, "eve@b.org"), 0);
}
END_TEST

START_TEST(hits_are_counted_by_name)
{
	config.limit_mail =
	    (struct rates){ { { 1, HOUR }, { 1, 24 * HOUR } }, 2 };
	config.limit_password = rate(1, HOUR);
	ck_assert_int_eq(count_through(LIMIT_MAIL, ADA, 2), 1);
	ck_assert_int_gt(take(LIMIT_MAIL, ADA), 0);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 2), 1);
	ck_assert_str_eq(test_text(arena,
			     "SELECT string_agg(label, ' ' ORDER BY label)"
			     " FROM counted WHERE name = 'limit_hits'",
			     NULL),
	    "mail mail password");
}
END_TEST

/* --- who is counted --- */

START_TEST(each_is_counted_apart)
{
	config.limit_password = rate(2, HOUR);
	config.limit_mail = rate(2, HOUR);
	ck_assert_int_eq(count_through(LIMIT_PASSWORD, ADA, 3), 2);
	ck_assert_int_eq(count_through(LIMIT_MAIL, ADA, 3), 2);
	ck_assert_int_eq(
	    count_through(LIMIT_PASSWORD, "eve@example.org", 3), 2);
}
END_TEST

START_TEST(an_address_is_one_however_it_is_written)
{
	config.limit_mail = rate(2, HOUR);
	ck_assert_int_eq(take(LIMIT_MAIL, ADA), 0);
	ck_assert_int_eq(count_through(LIMIT_MAIL, "ADA@Example.ORG", 2), 1);
}
END_TEST

static const struct {
	const char *one;
	const char *other;
	bool same;
} networks[] = {
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true },
	{ "2001:db8::1", "2001:db8:0:1::1", false },
	{ "::ffff:192.0.2.1", "192.0.2.1", true },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.2", false },
	{ "::1", "127.0.0.1", false },
};

START_TEST(of_ipv6_the_network_is_counted)
{
	config.limit_signup = rate(1, HOUR);
	ck_assert_int_eq(take(LIMIT_SIGNUP, networks[_i].one), 0);
	ck_assert_int_eq(
	    take(LIMIT_SIGNUP, networks[_i].other) > 0, networks[_i].same);
}
END_TEST

START_TEST(keeps_no_address)
{
	config.limit_mail = rate(2, HOUR);
	config.limit_signup = rate(2, HOUR);
	ck_assert_int_eq(take(LIMIT_MAIL, ADA), 0);
	ck_assert_int_eq(take(LIMIT_SIGNUP, IP), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM limit_state", NULL), 2);
	ck_assert(!test_is_stored(ADA));
	ck_assert(!test_is_stored(IP));
}
END_TEST

static enum status
try_password(const char *email, const char *device, const char *ip)
{
	struct limit_ticket *taken = NULL;
	int64_t wait;

	return limit_take_password(&limiter, email, device, ip, &taken, &wait);
}

START_TEST(strangers_do_not_lock_a_known_device_out)
{
	config.limit_password = rate(2, HOUR);
	config.limit_password_ip = rate(3, HOUR);
	config.limit_password_device = rate(2, HOUR);
	ck_assert_int_eq(try_password(ADA, NULL, IP), ST_OK);
	ck_assert_int_eq(try_password(ADA, NULL, IP), ST_OK);
	ck_assert_int_eq(try_password(ADA, NULL, IP), ST_LIMITED);
	ck_assert_int_eq(try_password(ADA, NULL, "192.0.2.9"), ST_LIMITED);
	ck_assert_int_eq(try_password("eve@example.org", NULL, IP), ST_OK);
	ck_assert_int_eq(try_password("bob@example.org", NULL, IP), ST_LIMITED);
	/* Not even from the network that the strangers share with it. */
	ck_assert_int_eq(try_password(ADA, TEST_UUID, IP), ST_OK);
	ck_assert_int_eq(try_password(ADA, TEST_UUID, IP), ST_OK);
	ck_assert_int_eq(try_password(ADA, TEST_UUID, IP), ST_LIMITED);
}
END_TEST

/* Or an account under attack would lock everybody else in the network out. */
START_TEST(what_an_account_refuses_its_network_keeps)
{
	config.limit_password = rate(1, HOUR);
	config.limit_password_ip = rate(2, HOUR);
	ck_assert_int_eq(try_password(ADA, NULL, IP), ST_OK);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(try_password(ADA, NULL, IP), ST_LIMITED);
	ck_assert_int_eq(try_password("eve@example.org", NULL, IP), ST_OK);
}
END_TEST

/* --- the rows --- */

START_TEST(rows_that_say_nothing_any_more_are_cleaned_up)
{
	struct db *worker = db_open(test_database_url(), "worker");

	config.limit_signup = rate(1, MINUTE);
	config.limit_mail = rate(1, HOUR);
	ck_assert_int_eq(take(LIMIT_SIGNUP, IP), 0);
	ck_assert_int_eq(take(LIMIT_MAIL, ADA), 0);
	let_pass(2 * MINUTE);
	ck_assert_int_eq(limit_clean_up(worker, arena), ST_OK);
	ck_assert_str_eq(
	    test_text(arena, "SELECT name FROM limit_state", NULL), "mail");
	ck_assert_int_eq(limit_clean_up(limiter.db, arena), ST_FAULT);
	db_close(worker);
}
END_TEST

START_TEST(they_are_not_logged)
{
	ck_assert_str_eq(test_text(arena,
			     "SELECT relpersistence FROM pg_class"
			     " WHERE relname = 'limit_state'",
			     NULL),
	    "u");
}
END_TEST

/* --- devices --- */

static const char *
have_account(const char *email)
{
	const char *id;

	ck_assert_int_eq(
	    account_create(limiter.db, arena, email, "Ada", "hash", true, &id),
	    ST_OK);
	return id;
}

static enum status
is_known(const char *token, const char *email)
{
	const char *id;

	return known_device_find(limiter.db, arena, token, email, &id);
}

START_TEST(a_browser_is_known_to_those_who_signed_in_with_it)
{
	const char *ada = have_account(ADA), *bob = have_account("b@x.org");
	const char *token, *again;
	bool seen;

	ck_assert_int_eq(is_known("", ADA), ST_NOT_FOUND);
	ck_assert_int_eq(known_device_remember(limiter.db, arena, "", ada,
			     "Check/1", &token, &seen),
	    ST_OK);
	ck_assert_int_eq(is_known(token, "ADA@example.org"), ST_OK);
	ck_assert_int_eq(is_known(token, "b@x.org"), ST_NOT_FOUND);
	ck_assert_int_eq(is_known(token, "nobody@x.org"), ST_NOT_FOUND);
	ck_assert_int_eq(is_known(secret_token(arena), ADA), ST_NOT_FOUND);
	/* A family's: one cookie, known to both. */
	ck_assert_int_eq(known_device_remember(limiter.db, arena, token, bob,
			     "Check/2", &again, &seen),
	    ST_OK);
	ck_assert_str_eq(again, token);
	ck_assert(!seen);
	ck_assert_int_eq(is_known(token, ADA), ST_OK);
	ck_assert_int_eq(is_known(token, "b@x.org"), ST_OK);
	ck_assert(!test_is_stored(token));
}
END_TEST

START_TEST(nobody_chooses_the_token_of_another_browser)
{
	const char *ada = have_account(ADA), *planted = secret_token(arena);
	const char *token;
	bool seen;

	ck_assert_int_eq(known_device_remember(limiter.db, arena, planted, ada,
			     "Check/1", &token, &seen),
	    ST_OK);
	ck_assert_str_ne(token, planted);
	ck_assert_int_eq(is_known(planted, ADA), ST_NOT_FOUND);
	ck_assert_int_eq(is_known(token, ADA), ST_OK);
}
END_TEST

START_TEST(a_device_that_comes_back_has_one_row)
{
	const char *ada = have_account(ADA), *token, *again;
	bool seen;

	ck_assert_int_eq(known_device_remember(limiter.db, arena, "", ada,
			     "Check/1", &token, &seen),
	    ST_OK);
	ck_assert_int_eq(known_device_remember(limiter.db, arena, token, ada,
			     "Check/2", &again, &seen),
	    ST_OK);
	ck_assert(seen);
	ck_assert_str_eq(
	    test_text(arena, "SELECT user_agent FROM known_device", NULL),
	    "Check/2");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("limit");
	TCase *number = tcase_create("number");
	TCase *race = tcase_create("race");
	TCase *doubling = tcase_create("doubling");
	TCase *back = tcase_create("back");
	TCase *subject = tcase_create("subject");
	TCase *rows = tcase_create("rows");
	TCase *device = tcase_create("device");

	tcase_add_checked_fixture(number, setup, teardown);
	tcase_add_loop_test(number, lets_so_many_through_and_not_one_more, 0,
	    (int)ARRAY_LEN(rates));
	tcase_add_test(number, earns_one_back_in_each_part_of_the_period);
	tcase_add_test(number, does_not_save_up_more_than_it_allows_at_once);
	tcase_add_test(number, several_hold_at_once);
	tcase_add_test(number, one_that_is_off_lets_all_through);
	tcase_add_test(number, what_is_nobodys_is_not_counted);
	suite_add_tcase(suite, number);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, many_at_once_get_no_more);
	tcase_add_test(
	    race, many_guesses_at_once_are_no_more_than_one_after_the_other);
	suite_add_tcase(suite, race);
	tcase_add_checked_fixture(doubling, setup, teardown);
	tcase_add_test(doubling, waits_double_up_to_the_period);
	tcase_add_test(doubling, waits_are_forgotten_after_a_quiet_period);
	tcase_add_test(doubling, a_single_one_makes_wait_at_once);
	tcase_add_test(doubling, no_wait_is_longer_than_the_period);
	suite_add_tcase(suite, doubling);
	tcase_add_checked_fixture(back, setup, teardown);
	tcase_add_test(back, what_is_given_back_was_never_taken);
	tcase_add_test(back, right_passwords_use_nothing_up);
	tcase_add_test(back, what_is_forgotten_begins_anew);
	suite_add_tcase(suite, back);
	tcase_add_test(back, hits_are_counted_by_name);
	tcase_add_checked_fixture(subject, setup, teardown);
	tcase_add_test(subject, each_is_counted_apart);
	tcase_add_test(subject, an_address_is_one_however_it_is_written);
	tcase_add_loop_test(subject, of_ipv6_the_network_is_counted, 0,
	    (int)ARRAY_LEN(networks));
	tcase_add_test(subject, keeps_no_address);
	tcase_add_test(subject, strangers_do_not_lock_a_known_device_out);
	tcase_add_test(subject, what_an_account_refuses_its_network_keeps);
	suite_add_tcase(suite, subject);
	tcase_add_checked_fixture(rows, setup, teardown);
	tcase_add_test(rows, rows_that_say_nothing_any_more_are_cleaned_up);
	tcase_add_test(rows, they_are_not_logged);
	suite_add_tcase(suite, rows);
	tcase_add_checked_fixture(device, setup, teardown);
	tcase_add_test(
	    device, a_browser_is_known_to_those_who_signed_in_with_it);
	tcase_add_test(device, nobody_chooses_the_token_of_another_browser);
	tcase_add_test(device, a_device_that_comes_back_has_one_row);
	suite_add_tcase(suite, device);
	return harness_run(suite, NEEDS_POSTGRES);
}
