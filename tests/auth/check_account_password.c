/* check_account_password.c - choosing another password, without a socket. */

#include <check.h>
#include <string.h>

#include "tests/auth/member.h"

#define PATH "/auth/account/password"
#define NEW "eleven+dry+otters+on+a+kettle"

static int
change(const char *current, const char *password)
{
	return visitor_submit(visitor, PATH,
	    arena_printf(visitor->kept, "current_password=%s&password=%s",
		current, password));
}

static const char *
hash(void)
{
	return test_text(
	    visitor->kept, "SELECT password_hash FROM account", NULL);
}

START_TEST(the_page_knows_password_managers)
{
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert(visitor_sees(
	    visitor, "value=\"" ADA "\" autocomplete=\"username\" hidden"));
	ck_assert(visitor_sees(visitor, "autocomplete=\"current-password\""));
	ck_assert(visitor_sees(visitor, "autocomplete=\"new-password\""));
}
END_TEST

START_TEST(changes_it_and_stays_signed_in)
{
	const char *before = hash();

	member_session();
	member_unconfirmed();
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(change(FORM_PASSWORD, NEW), 303);
	ck_assert_str_eq(
	    visitor_header(visitor, "Location"), "/auth/account?done=password");
	ck_assert_str_ne(hash(), before);
	ck_assert_int_eq(member_sessions(), 1);
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/account?done=password"), 200);
	ck_assert(visitor_sees(visitor, "Your password is changed"));
	ck_assert_int_eq(test_int("SELECT count(*) FROM session WHERE"
				  " revoked_at IS NULL AND confirmed_at >"
				  " now() - interval '5 min'",
			     NULL),
	    1);
	ck_assert_int_eq(member_noted("password changed"), 1);
	ck_assert_str_eq(
	    test_mailed(visitor->kept, site->key, "password-changed", "ip"),
	    "192.0.2.1");
}
END_TEST

/* clang-format off */
static const struct {
	const char *current, *password;
	const char *words;
} refusals[] = {
	{ "",              NEW, "Enter your current password." },
	{ FORM_PASSWORD,   "",  "Choose a new password." },
	{ FORM_PASSWORD,   "otter", "15 characters or more" },
	{ FORM_PASSWORD,   "passwordpassword", "too easy to guess" },
	{ FORM_PASSWORD,   "ada%40example.org+ada", "too easy to guess" },
	{ "seven+dry+owls", NEW, "This is not the password of this account" },
};
/* clang-format on */

START_TEST(refuses_what_will_not_do)
{
	const char *before = hash();

	member_session();
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(
	    change(refusals[_i].current, refusals[_i].password), 422);
	ck_assert(visitor_sees(visitor, refusals[_i].words));
	ck_assert(visitor_sees(visitor, "<title>Error: "));
	ck_assert(!visitor_sees(visitor, "otters"));
	ck_assert_str_eq(hash(), before);
	ck_assert_int_eq(member_sessions(), 2);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 0);
}
END_TEST

START_TEST(counts_wrong_passwords)
{
	config.limit_password_device = (struct rates){ { { 2, 86400 } }, 1 };
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	/* The right one is no attempt. */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(change(FORM_PASSWORD, FORM_PASSWORD), 303);
	ck_assert_int_eq(change("wrong", NEW), 422);
	ck_assert_int_eq(change("wrong", NEW), 422);
	ck_assert_int_eq(change(FORM_PASSWORD, NEW), 429);
	ck_assert(visitor_sees(visitor, "Change your password"));
}
END_TEST

START_TEST(says_so_to_a_program)
{
	member_is_program();
	ck_assert_int_eq(visitor_post_json(visitor, PATH,
			     "{\"current_password\":\"" TEST_PASSWORD "\","
			     "\"password\":\"eleven dry otters\"}"),
	    200);
	ck_assert_str_eq(visitor_json(visitor, "status"), "password_changed");
	ck_assert_int_eq(visitor_post_json(visitor, PATH,
			     "{\"current_password\":\"wrong\","
			     "\"password\":\"eleven dry otters\"}"),
	    422);
	ck_assert(visitor_sees(visitor, "\"field\":\"current_password\""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("account_password");
	TCase *change_case = tcase_create("change");

	tcase_add_checked_fixture(change_case, member_setup, member_teardown);
	tcase_add_test(change_case, the_page_knows_password_managers);
	tcase_add_test(change_case, changes_it_and_stays_signed_in);
	tcase_add_loop_test(
	    change_case, refuses_what_will_not_do, 0, (int)ARRAY_LEN(refusals));
	tcase_add_test(change_case, counts_wrong_passwords);
	tcase_add_test(change_case, says_so_to_a_program);
	suite_add_tcase(suite, change_case);
	return harness_run(suite, NEEDS_POSTGRES);
}
