/* check_preference.c - categories of mail, and the links that end them. */

#include <check.h>
#include <string.h>

#include "account/account.h"
#include "mail/preference.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define OTHER_KEY \
	"ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct arena *arena;
static struct db *db; /* as a handler */
static struct master_key *key;
static const char *ada, *bob;

static const char *
account(const char *email)
{
	const char *id;

	ck_assert_int_eq(
	    account_create(db, arena, email, "A", "-", true, &id), ST_OK);
	return id;
}

static void
setup(void)
{
	test_clear();
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	key = test_master_key();
	db = db_open(test_handler_url(), "check_preference");
	ada = account("ada@example.org");
	bob = account("bob@example.org");
}

static void
teardown(void)
{
	db_close(db);
	master_key_free(key);
	arena_free(arena);
}

static bool
set(const char *id, bool wanted)
{
	bool changed;

	ck_assert_int_eq(
	    preference_set(db, arena, id, MAIL_REMINDERS, wanted, &changed),
	    ST_OK);
	return changed;
}

static bool
wants(const char *id, enum mail_category category)
{
	struct preferences preferences;
	bool wanted;

	ck_assert_int_eq(
	    preference_wants(db, arena, id, category, &wanted), ST_OK);
	ck_assert_int_eq(preference_list(db, arena, id, &preferences), ST_OK);
	ck_assert(preferences.wanted[category] == wanted);
	return wanted;
}

START_TEST(takes_mail_for_security_unless_it_is_listed)
{
	enum mail_category category;

	ck_assert_int_eq(mail_category_of("verify"), MAIL_SECURITY);
	ck_assert_int_eq(mail_category_of("unheard-of"), MAIL_SECURITY);
	ck_assert_int_eq(mail_category_of("deletion-reminder"), MAIL_REMINDERS);
	ck_assert_int_eq(mail_category_find("reminders", &category), ST_OK);
	ck_assert_int_eq(category, MAIL_REMINDERS);
	ck_assert_int_eq(
	    mail_category_find("security", &category), ST_NOT_FOUND);
	ck_assert_int_eq(mail_category_find("", &category), ST_NOT_FOUND);
}
END_TEST

START_TEST(writes_to_what_bounced_only_to_prove_it)
{
	ck_assert(mail_goes_to_bounced("verify"));
	ck_assert(mail_goes_to_bounced("confirm-address"));
	ck_assert(!mail_goes_to_bounced("reset"));
	ck_assert(!mail_goes_to_bounced("deletion-reminder"));
}
END_TEST

START_TEST(switches_off_and_on)
{
	ck_assert(wants(ada, MAIL_REMINDERS));
	ck_assert(!set(ada, true));
	ck_assert(set(ada, false));
	ck_assert(!set(ada, false));
	ck_assert(!wants(ada, MAIL_REMINDERS));
	ck_assert(wants(ada, MAIL_SECURITY));
	ck_assert(wants(bob, MAIL_REMINDERS));
	ck_assert(set(ada, true));
	ck_assert(wants(ada, MAIL_REMINDERS));
	ck_assert(!set(TEST_UUID, false));
}
END_TEST

static enum status
read_token(const struct master_key *by, const char *token)
{
	enum mail_category category = MAIL_SECURITY;
	const char *id = NULL;
	enum status st;

	st = preference_read_token(by, arena, token, &id, &category);
	if (st == ST_OK) {
		ck_assert_str_eq(id, ada);
		ck_assert_int_eq(category, MAIL_REMINDERS);
	}
	return st;
}

START_TEST(reads_its_own_links)
{
	ck_assert_int_eq(
	    read_token(key, preference_token(key, arena, ada, MAIL_REMINDERS)),
	    ST_OK);
}
END_TEST

START_TEST(reads_none_that_was_changed)
{
	char *token = arena_strdup(
	    arena, preference_token(key, arena, ada, MAIL_REMINDERS));

	for (char *at = token; *at != '\0'; at++) {
		const char was = *at;

		*at = was == 'A' ? 'B' : 'A';
		ck_assert_int_eq(read_token(key, token), ST_NOT_FOUND);
		*at = '\0';
		ck_assert_int_eq(read_token(key, token), ST_NOT_FOUND);
		*at = was;
	}
	ck_assert_int_eq(
	    read_token(key, arena_printf(arena, "%sA", token)), ST_NOT_FOUND);
	ck_assert_int_eq(read_token(key, token), ST_OK);
}
END_TEST

START_TEST(can_switch_off_nothing_but_a_category)
{
	/* Signed by us, and yet not a link for that. */
	ck_assert_int_eq(
	    read_token(key, preference_token(key, arena, ada, MAIL_SECURITY)),
	    ST_NOT_FOUND);
	ck_assert_int_eq(
	    read_token(key, preference_token(key, arena, "", MAIL_SECURITY)),
	    ST_NOT_FOUND);
}
END_TEST

START_TEST(reads_links_of_an_older_master_key_while_it_is_there)
{
	const char *token = preference_token(key, arena, ada, MAIL_REMINDERS);
	struct master_key *other, *both;
	const char *why, *text = test_config(arena)->master_key;

	ck_assert_int_eq(
	    master_key_load(arena, OTHER_KEY, "", &other, &why), ST_OK);
	ck_assert_int_eq(
	    master_key_load(arena,
		arena_printf(arena, "%s %s", OTHER_KEY, text), "", &both, &why),
	    ST_OK);
	ck_assert_int_eq(read_token(other, token), ST_NOT_FOUND);
	ck_assert_int_eq(read_token(both, token), ST_OK);
	master_key_free(other);
	master_key_free(both);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("preference");
	TCase *tcase = tcase_create("preference");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, takes_mail_for_security_unless_it_is_listed);
	tcase_add_test(tcase, writes_to_what_bounced_only_to_prove_it);
	tcase_add_test(tcase, switches_off_and_on);
	tcase_add_test(tcase, reads_its_own_links);
	tcase_add_test(tcase, reads_none_that_was_changed);
	tcase_add_test(tcase, can_switch_off_nothing_but_a_category);
	tcase_add_test(
	    tcase, reads_links_of_an_older_master_key_while_it_is_there);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
