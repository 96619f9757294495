/* check_password_change.c - another password, and what ends with the old one. */

#include <check.h>
#include <string.h>

#include "account/link.h"
#include "account/password_change.h"
#include "base/clock.h"
#include "tests/account/person.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define NEW_PASSWORD "eleven dry otters on a kettle"

static void
change(void)
{
	person_begin();
	ck_assert_int_eq(
	    person_end(password_change(&entry, &here, NEW_PASSWORD)), ST_OK);
}

START_TEST(replaces_the_password)
{
	change();
	ck_assert_int_eq(person_sign_in(TEST_PASSWORD), ENTRY_WRONG);
	ck_assert_int_eq(person_sign_in(NEW_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(person_noted("password changed"), 1);
	ck_assert(!test_is_stored(NEW_PASSWORD));
}
END_TEST

START_TEST(ends_all_other_sessions)
{
	const char *eve = person_another("eve@example.org", true);
	unsigned char hash[SECRET_BYTES] = { 1 };
	struct session hers;

	ck_assert_int_eq(session_start(entry.db, entry.arena, entry.config, eve,
			     entry.origin, false, hash, &hers),
	    ST_OK);
	change();
	ck_assert_str_eq(test_text(entry.arena,
			     "SELECT id FROM session"
			     " WHERE revoked_at IS NOT NULL",
			     NULL),
	    elsewhere);
}
END_TEST

/* clang-format off */
static const struct {
	enum link_kind kind;
	enum link_state state;
} links[] = {
	{ LINK_RESET,        LINK_EXPIRED },
	{ LINK_EMAIL_CHANGE, LINK_EXPIRED },
	{ LINK_EMAIL_REVERT, LINK_LIVE },
	{ LINK_SESSION_END,  LINK_LIVE },
};
/* clang-format on */

START_TEST(ends_links_to_another_password_or_address)
{
	struct link link;
	const char *token;

	ck_assert_int_eq(link_issue(entry.db, entry.arena, links[_i].kind,
			     here.account.id, "x", 3600, &token),
	    ST_OK);
	change();
	ck_assert_int_eq(
	    link_find(entry.db, entry.arena, links[_i].kind, token, &link),
	    ST_OK);
	ck_assert_int_eq(link.state, links[_i].state);
}
END_TEST

START_TEST(tells_the_person_when_and_from_where)
{
	change();
	ck_assert_str_eq(
	    test_text(entry.arena, "SELECT recipient FROM outbox", NULL), ADA);
	ck_assert_str_eq(
	    test_mailed(entry.arena, entry.key, "password-changed", "ip"),
	    "192.0.2.1");
	ck_assert_str_eq(
	    test_mailed(entry.arena, entry.key, "password-changed", "program"),
	    "Firefox");
	ck_assert_str_eq(
	    test_mailed(entry.arena, entry.key, "password-changed", "system"),
	    "Linux");
	ck_assert_ptr_nonnull(strstr(
	    test_mailed(entry.arena, entry.key, "password-changed", "at"),
	    " UTC"));
}
END_TEST

START_TEST(is_all_or_nothing)
{
	person_begin();
	ck_assert_int_eq(password_change(&entry, &here, NEW_PASSWORD), ST_OK);
	db_rollback(entry.db);
	ck_assert_int_eq(person_sign_in(TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(person_mails("password-changed"), 0);
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL),
	    2);
}
END_TEST

START_TEST(needs_an_account)
{
	struct session gone = here;

	gone.account.id = TEST_UUID;
	person_begin();
	ck_assert_int_eq(
	    person_end(password_change(&entry, &gone, NEW_PASSWORD)),
	    ST_NOT_FOUND);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("password_change");
	TCase *change_case = tcase_create("change");

	tcase_add_checked_fixture(change_case, person_setup, person_teardown);
	tcase_add_test(change_case, replaces_the_password);
	tcase_add_test(change_case, ends_all_other_sessions);
	tcase_add_loop_test(change_case,
	    ends_links_to_another_password_or_address, 0,
	    (int)ARRAY_LEN(links));
	tcase_add_test(change_case, tells_the_person_when_and_from_where);
	tcase_add_test(change_case, is_all_or_nothing);
	tcase_add_test(change_case, needs_an_account);
	suite_add_tcase(suite, change_case);
	return harness_run(suite, NEEDS_POSTGRES);
}
