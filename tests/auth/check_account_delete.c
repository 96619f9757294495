/* check_account_delete.c - asking for the account's deletion, and coming back. */

#include <check.h>
#include <string.h>

#include "tests/auth/member.h"

#define PAGE "/auth/account/delete"
#define PATH "/auth/account"

static int
ask(const char *password)
{
	ck_assert_int_eq(visitor_get(visitor, PAGE), 200);
	return visitor_submit(visitor, PATH,
	    arena_printf(
		visitor->kept, "_method=DELETE&password=%s", password));
}

static int
sign_in(void)
{
	ck_assert_int_eq(visitor_get(visitor, "/auth/signin"), 200);
	return visitor_submit(visitor, "/auth/signin",
	    "email=" ADA "&password=" FORM_PASSWORD "&next=%2Fauth%2Fsessions");
}

START_TEST(says_what_will_happen)
{
	ck_assert_int_eq(visitor_get(visitor, PAGE), 200);
	ck_assert(visitor_sees(visitor, "14 days later"));
	ck_assert(visitor_sees(visitor, "autocomplete=\"current-password\""));
}
END_TEST

START_TEST(signs_out_everywhere)
{
	member_session();
	ck_assert_int_eq(ask(FORM_PASSWORD), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/signin?reason=deletion");
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_int_eq(member_sessions(), 0);
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/signin?reason=deletion"), 200);
	ck_assert(visitor_sees(visitor, "Your account will be deleted"));
}
END_TEST

START_TEST(needs_the_password)
{
	ck_assert_int_eq(ask(""), 422);
	ck_assert(visitor_sees(visitor, "Enter your password."));
	ck_assert(visitor_sees(visitor, "14 days later"));
	ck_assert_int_eq(ask("wrong"), 422);
	ck_assert(visitor_sees(visitor, "not the password of this account"));
	ck_assert(visitor_sees(visitor, "14 days later"));
	ck_assert_int_eq(member_sessions(), 1);
	ck_assert_int_eq(member_noted("deletion asked for"), 0);
}
END_TEST

START_TEST(signing_in_undoes_it_and_the_page_says_so)
{
	ck_assert_int_eq(ask(FORM_PASSWORD), 303);
	ck_assert_int_eq(sign_in(), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    "/auth/account?done=deletion_undone");
	ck_assert_int_eq(
	    visitor_get(visitor, "/auth/account?done=deletion_undone"), 200);
	ck_assert(visitor_sees(visitor, "your account is not deleted"));
	ck_assert_int_eq(member_noted("deletion undone"), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account"
				  " WHERE delete_after IS NULL",
			     NULL),
	    1);
	/* From then on it is a sign-in as any. */
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signout", ""), 303);
	ck_assert_int_eq(sign_in(), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/auth/sessions");
}
END_TEST

static void
sign_in_as_program(const char *client, const char *status)
{
	struct visitor *program = member_stranger();

	program->program = true;
	visitor_set(program, "HTTP_COOKIE", NULL);
	visitor_set(program, "HTTP_ACCEPT", "application/json");
	ck_assert_int_eq(
	    visitor_post_json(program, "/auth/signin",
		arena_printf(visitor->kept,
		    "{\"email\":\"" ADA "\",\"password\":\"" TEST_PASSWORD
		    "\",\"client\":\"%s\"}",
		    client)),
	    200);
	ck_assert_str_eq(visitor_json(program, "user.email"), ADA);
	ck_assert_str_eq(visitor_json(program, "status"), status);
	visitor_free(program);
}

START_TEST(signing_in_says_to_a_program_that_it_undoes_it)
{
	const char *client = _i == 0 ? "" : "api";

	sign_in_as_program(client, "");
	ck_assert_int_eq(ask(FORM_PASSWORD), 303);
	sign_in_as_program(client, "deletion_undone");
	sign_in_as_program(client, "");
	ck_assert_int_eq(member_noted("deletion undone"), 1);
}
END_TEST

START_TEST(a_wrong_password_undoes_nothing)
{
	ck_assert_int_eq(ask(FORM_PASSWORD), 303);
	ck_assert_int_eq(visitor_get(visitor, "/auth/signin"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signin",
			     "email=" ADA "&password=wrong"),
	    401);
	ck_assert_int_eq(member_noted("deletion undone"), 0);
}
END_TEST

START_TEST(signing_up_with_the_address_is_as_for_any_account)
{
	ck_assert_int_eq(ask(FORM_PASSWORD), 303);
	ck_assert_int_eq(visitor_get(visitor, "/auth/signup"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signup",
			     "name=Ada&email=" ADA "&password=" FORM_PASSWORD),
	    202);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox"
				  " WHERE template = 'already'",
			     NULL),
	    1);
	ck_assert_int_eq(member_noted("deletion undone"), 0);
}
END_TEST

START_TEST(says_so_to_a_program)
{
	member_is_program();
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE", PATH, "application/json",
		"{\"password\":\"" TEST_PASSWORD "\"}"),
	    200);
	ck_assert_str_eq(visitor_json(visitor, "status"), "deletion_begun");
	ck_assert_uint_eq(strlen(visitor_json(visitor, "delete_after")), 20);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("account_delete");
	TCase *deletion = tcase_create("deletion");

	tcase_add_checked_fixture(deletion, member_setup, member_teardown);
	tcase_add_test(deletion, says_what_will_happen);
	tcase_add_test(deletion, signs_out_everywhere);
	tcase_add_test(deletion, needs_the_password);
	tcase_add_test(deletion, signing_in_undoes_it_and_the_page_says_so);
	tcase_add_loop_test(
	    deletion, signing_in_says_to_a_program_that_it_undoes_it, 0, 2);
	tcase_add_test(deletion, a_wrong_password_undoes_nothing);
	tcase_add_test(
	    deletion, signing_up_with_the_address_is_as_for_any_account);
	tcase_add_test(deletion, says_so_to_a_program);
	suite_add_tcase(suite, deletion);
	return harness_run(suite, NEEDS_POSTGRES);
}
