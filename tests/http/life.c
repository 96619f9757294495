/*
 * life.c - another password, another address and back, deletion and its undoing,
 * over HTTP, with the worker and the mail server.
 */

#include <string.h>
#include <unistd.h>

#include "tests/harness/client.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/http/life.h"

#define TIMEOUT 120 /* seconds, for a test */
#define NEW_PASSWORD "eleven dry otters on a kettle"

static struct arena *arena;
static const char *email, *other; /* addresses of this test alone */
static struct client *browser;

static void
setup(void)
{
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	email = arena_printf(arena, "a%s@example.org", secret_token(arena));
	other = arena_printf(arena, "b%s@example.org", secret_token(arena));
	web_account(email, "Ada");
	browser = client_new(arena, web_url(), CLIENT_BROWSER);
}

static void
teardown(void)
{
	arena_free(arena);
}

static const struct answer *
sign_in(const char *address, const char *password)
{
	return client_submit(browser, client_get(browser, "/auth/signin"),
	    "/auth/signin", FIELDS("email", address, "password", password));
}

/* Open a page and press the button of the form that goes to target. */
static const struct answer *
submit(const char *page, const char *target, const char *const *fields)
{
	const struct answer *answer = client_get(browser, page);

	ck_assert_msg(answer->status == 200, "%s: %d", page, answer->status);
	return client_submit(browser, answer, target, fields);
}

static void
leads_to(const struct answer *answer, const char *location)
{
	ck_assert_int_eq(answer->status, 303);
	ck_assert_str_eq(answer_header(answer, "Location"), location);
}

START_TEST(another_password)
{
	leads_to(sign_in(email, TEST_PASSWORD), "/auth/session");
	leads_to(submit("/auth/account/password", "/auth/account/password",
		     FIELDS("current_password", TEST_PASSWORD, "password",
			 NEW_PASSWORD)),
	    "/auth/account?done=password");
	ck_assert(
	    answer_shows(client_get(browser, "/auth/account?done=password"),
		"Your password is changed"));
	(void)web_mail(arena, email, "password", 1);
	client_forget_cookies(browser);
	ck_assert_int_eq(sign_in(email, TEST_PASSWORD)->status, 401);
	leads_to(sign_in(email, NEW_PASSWORD), "/auth/session");
}
END_TEST

/* The link is opened in a browser that knows nobody, as is the one back. */
START_TEST(another_address_and_back)
{
	const struct answer *page;
	struct mail mail;

	leads_to(sign_in(email, TEST_PASSWORD), "/auth/session");
	page = submit("/auth/account/email", "/auth/account/email",
	    FIELDS("email", other, "password", TEST_PASSWORD));
	ck_assert_int_eq(page->status, 202);
	client_forget_cookies(browser);
	mail = web_mail(arena, other, "Confirm", 1);
	page = submit(mail.link, mail.link, NO_FIELDS);
	ck_assert_int_eq(page->status, 200);
	ck_assert(answer_shows(page, other));
	ck_assert_int_eq(sign_in(email, TEST_PASSWORD)->status, 401);
	leads_to(sign_in(other, TEST_PASSWORD), "/auth/session");
	client_forget_cookies(browser);

	mail = web_mail(arena, email, "new email address", 1);
	page = submit(mail.link, mail.link, NO_FIELDS);
	ck_assert_int_eq(page->status, 303);
	ck_assert_int_eq(sign_in(other, TEST_PASSWORD)->status, 401);
	page = client_get(browser, answer_header(page, "Location"));
	ck_assert_int_eq(page->status, 200);
	ck_assert(answer_shows(page, "new-password"));
}
END_TEST

START_TEST(an_address_with_an_account_is_told)
{
	const struct answer *page;

	web_account(other, "Eve");
	leads_to(sign_in(email, TEST_PASSWORD), "/auth/session");
	page = submit("/auth/account/email", "/auth/account/email",
	    FIELDS("email", other, "password", TEST_PASSWORD));
	ck_assert_int_eq(page->status, 202);
	(void)web_mail(arena, other, "already", 1);
}
END_TEST

static int64_t
accounts(void)
{
	return test_int("SELECT count(*) FROM account WHERE email = $1", email);
}

/* The worker looks once an hour: let that hour be over, with so much left. */
static void
let_the_worker_look(const char *left)
{
	test_execute(arena_printf(arena,
	    "UPDATE account SET delete_after = now() + interval '%s'"
	    " WHERE email = '%s'",
	    left, email));
	test_execute("UPDATE job SET run_at = now() WHERE kind = 'deletions';"
		     " NOTIFY job");
}

static void
ask_for_deletion(void)
{
	leads_to(submit("/auth/account/delete", "/auth/account",
		     FIELDS("password", TEST_PASSWORD)),
	    "/auth/signin?reason=deletion");
}

START_TEST(deletion_is_undone_and_done)
{
	const char *output;

	leads_to(sign_in(email, TEST_PASSWORD), "/auth/session");
	ask_for_deletion();
	(void)web_mail(arena, email, "will be deleted", 1);
	ck_assert_int_eq(client_get(browser, "/auth/session")->status, 303);
	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "show", email)),
	    0);
	ck_assert_ptr_nonnull(strstr(output, "deleting"));
	leads_to(sign_in(email, TEST_PASSWORD),
	    "/auth/account?done=deletion_undone");
	(void)web_mail(arena, email, "is not deleted", 1);

	ask_for_deletion();
	(void)web_mail(arena, email, "will be deleted", 2);
	let_the_worker_look("1 day");
	(void)web_mail(arena, email, "will soon be deleted", 1);
	let_the_worker_look("0");
	while (accounts() != 0)
		(void)usleep(20 * 1000);
	ck_assert_int_eq(sign_in(email, TEST_PASSWORD)->status, 401);
	ck_assert(!test_is_stored(email));
	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("audit", "verify")), 0);
}
END_TEST

START_TEST(the_operator_deletes)
{
	const char *output;

	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "delete", email)),
	    0);
	ck_assert_int_eq(accounts(), 0);
	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "delete", email)),
	    1);
}
END_TEST

TCase *
life_tcase(void)
{
	TCase *tcase = tcase_create("life");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_test(tcase, another_password);
	tcase_add_test(tcase, another_address_and_back);
	tcase_add_test(tcase, an_address_with_an_account_is_told);
	tcase_add_test(tcase, deletion_is_undone_and_done);
	tcase_add_test(tcase, the_operator_deletes);
	return tcase;
}
