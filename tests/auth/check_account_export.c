/* check_account_export.c - taking away all that is held, without a socket. */

#include <check.h>
#include <string.h>

#include "tests/auth/member.h"

#define PATH "/auth/account/export"

START_TEST(is_a_file_of_json_whoever_asks)
{
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_str_eq(
	    visitor_header(visitor, "Content-Type"), "application/json");
	ck_assert_str_eq(visitor_header(visitor, "Content-Disposition"),
	    "attachment; filename=\"account.json\"");
	ck_assert_str_eq(visitor_header(visitor, "Cache-Control"), "no-store");
	ck_assert_str_eq(visitor_json(visitor, "account.email"), ADA);
	ck_assert_uint_eq(strlen(visitor_json(visitor, "exported_at")), 20);
}
END_TEST

START_TEST(needs_the_password_to_have_been_given_lately)
{
	member_unconfirmed();
	ck_assert_int_eq(visitor_get(visitor, PATH), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/confirm?next=%2Fauth%2Faccount%2Fexport");
	ck_assert_int_eq(visitor_get(visitor, "/auth/confirm"), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor, "/auth/confirm",
		"password=" FORM_PASSWORD "&next=%2Fauth%2Faccount%2Fexport"),
	    303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), PATH);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
}
END_TEST

START_TEST(tells_a_program_to_confirm)
{
	member_unconfirmed();
	member_is_program();
	ck_assert_int_eq(visitor_get(visitor, PATH), 403);
	ck_assert(visitor_sees(visitor, "confirmation-required"));
}
END_TEST

START_TEST(needs_a_session)
{
	struct visitor *stranger = member_stranger();

	ck_assert_int_eq(visitor_get(stranger, PATH), 303);
	visitor_free(stranger);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("account_export");
	TCase *tcase = tcase_create("export");

	tcase_add_checked_fixture(tcase, member_setup, member_teardown);
	tcase_add_test(tcase, is_a_file_of_json_whoever_asks);
	tcase_add_test(tcase, needs_the_password_to_have_been_given_lately);
	tcase_add_test(tcase, tells_a_program_to_confirm);
	tcase_add_test(tcase, needs_a_session);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
