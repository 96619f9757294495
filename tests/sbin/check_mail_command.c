/* check_mail_command.c - chatelaine mail, as typed and as a mail server calls it. */

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "account/account.h"
#include "base/job.h"
#include "mail/bounce.h"
#include "mail/outbox.h"
#include "mail/report.h"
#include "mail/return_path.h"
#include "tests/harness/command.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/smtp.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ADA "ada@example.org"
#define ID "7a9c2d0e-95ab-4c4e-8f66-0f2b8ad51f27" /* of the kept reports */

static struct arena *arena;
static const char *dir, *ada, *output;
static struct master_key *key;
static struct db *db;
static struct test_smtp *smtp;

static void
put_config(const char *database_url, const char *more)
{
	const char *path = arena_printf(arena, "%s/key", dir);

	test_write_file(dir, "key", KEY);
	ck_assert_int_eq(
	    test_run((const char *const[]){ "chmod", "600", path, NULL }), 0);
	test_write_file(dir, "conf",
	    arena_printf(arena,
		"site.url = https://house.example\nsite.name = The House\n"
		"database.worker_url = %s\nmaster_key_file = %s\n"
		"templates.dir = %s/templates\n"
		"mail.return_path = bounces@house.example\n%s",
		database_url, path, test_srcdir(), more));
}

static void
setup(void)
{
	const char *why;

	arena = arena_new();
	(void)test_config(arena);
	ck_assert_int_eq(unsetenv("CHATELAINE_MASTER_KEY"), 0);
	ck_assert_int_eq(unsetenv("CHATELAINE_DATABASE_URL"), 0);
	ck_assert_int_eq(secret_init(), ST_OK);
	test_clear();
	dir = test_directory_new(arena);
	put_config(test_database_url(), "");
	ck_assert_int_eq(master_key_load(arena, KEY, "", &key, &why), ST_OK);
	db = db_open(test_database_url(), "check_mail_command");
	ck_assert_int_eq(
	    account_create(db, arena, ADA, "Ada", "-", true, &ada), ST_OK);
	smtp = NULL;
}

static void
teardown(void)
{
	if (smtp != NULL)
		test_smtp_stop(smtp);
	db_close(db);
	master_key_free(key);
	test_directory_remove(dir);
	arena_free(arena);
}

static int
run(const char *const *args)
{
	int code = test_command(arena, dir, command_mail, args);

	output = test_command_output(arena, dir);
	return code;
}

#define RUN(...) run((const char *const[]){ "mail", __VA_ARGS__, NULL })

/* With this on standard input. */
static int
bounce(const char *text, const char *address)
{
	const char *path = arena_printf(arena, "%s/in", dir);

	test_write_file(dir, "in", text);
	ck_assert_ptr_nonnull(freopen(path, "r", stdin));
	return run((const char *const[]){ "mail", "bounce", address, NULL });
}

/* A kept report of Postfix's. */
static int
take_sample(const char *name)
{
	const char *path = arena_printf(
	    arena, "%s/tests/mail/reports/postfix-%s.eml", test_srcdir(), name);

	ck_assert_ptr_nonnull(freopen(path, "r", stdin));
	return RUN("bounce");
}

/* A mail to Ada that was sent, with the id of the kept reports. */
static void
have_sent(void)
{
	test_execute(arena_printf(arena,
	    "INSERT INTO outbox (id, account_id, recipient, template, state,"
	    " ended_at) VALUES ('" ID "', '%s', 'Ada@Example.org', 'verify',"
	    " 'sent', now())",
	    ada));
}

static const char *
mail_is(void)
{
	return test_text(arena,
	    "SELECT concat(state, ' ', reply) FROM outbox WHERE id = $1::uuid",
	    ID);
}

static bool
bounced(void)
{
	return test_int("SELECT count(*) FROM account WHERE email = $1"
			" AND email_bounced_at IS NOT NULL",
		   ADA) > 0;
}

static int64_t
noted(const char *deed)
{
	return test_int(
	    "SELECT count(*) FROM audit_log WHERE action = $1", deed);
}

static const char *
report_to(const char *address)
{
	return arena_printf(arena,
	    "To: %s\nContent-Type: message/delivery-status\n\n"
	    "Action: failed\nStatus: 5.1.1\n",
	    address);
}

/* --- bounce --- */

START_TEST(takes_in_a_report)
{
	have_sent();
	ck_assert_int_eq(take_sample("unknown"), 0);
	ck_assert_str_eq(output, ID " 5.1.1\n");
	ck_assert_str_eq(
	    mail_is(), "bounced report 5.1.1: 550 5.1.1 no such mailbox");
	ck_assert(bounced());
	ck_assert_int_eq(noted("address bounced"), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM counted"
				  " WHERE name = 'mails' AND label = $1",
			     "returned"),
	    1);
	/* Again: nothing is left to be done. */
	ck_assert_int_eq(take_sample("unknown"), 0);
	ck_assert_str_eq(output, "nothing to be noted\n");
	ck_assert_int_eq(noted("address bounced"), 1);
}
END_TEST

START_TEST(takes_in_a_report_that_overtakes_the_outcome)
{
	have_sent();
	test_execute("UPDATE outbox SET state = 'queued', ended_at = NULL,"
		     " sealed = ''");
	ck_assert_int_eq(take_sample("local"), 0);
	ck_assert(bounced());
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox WHERE"
				  " state = 'bounced' AND sealed IS NULL",
			     NULL),
	    1);
}
END_TEST

static const struct {
	const char *name;
	const char *becomes;
} others[] = {
	{ "delayed", "sent " },
	{ "expired", "bounced report 4.3.0: 451 4.3.0 try again later" },
	{ "rejected", "bounced report 5.6.0: 554 5.6.0 message not wanted" },
};

START_TEST(blames_no_address_for_anything_else)
{
	have_sent();
	ck_assert_int_eq(take_sample(others[_i].name), 0);
	ck_assert_str_eq(mail_is(), others[_i].becomes);
	ck_assert(!bounced());
	ck_assert_int_eq(noted("address bounced"), 0);
}
END_TEST

START_TEST(blames_no_address_that_is_the_account_s_no_longer)
{
	have_sent();
	test_execute("UPDATE account SET email = 'countess@example.org'");
	ck_assert_int_eq(take_sample("unknown"), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account WHERE"
				  " email_bounced_at IS NOT NULL",
			     NULL),
	    0);
}
END_TEST

/* RFC 3463, section 3, as servers use it. */
START_TEST(tells_whom_a_status_blames)
{
	const char *const blaming[] = { "", "5.0.0", "5.1.0", "5.1.1", "5.1.2",
		"5.1.3", "5.1.6", "5.1.10", "5.2.0", "5.2.1", "5.4.1", "5.4.4",
		"5.1.1 no such mailbox", "no such user here" };
	const char *const sparing[] = { "5.1.7", "5.1.8", "5.2.2", "5.2.3",
		"5.3.4", "5.4.6", "5.4.7", "5.5.2", "5.6.0", "5.7.1",
		"5.7.26 unauthenticated",
		"5.1.8 <house@house.example>: Sender address rejected" };

	for (size_t i = 0; i < ARRAY_LEN(blaming); i++)
		ck_assert_msg(
		    bounce_blames_address(blaming[i]), "%s", blaming[i]);
	for (size_t i = 0; i < ARRAY_LEN(sparing); i++)
		ck_assert_msg(
		    !bounce_blames_address(sparing[i]), "%s", sparing[i]);
}
END_TEST

START_TEST(believes_only_an_address_of_its_own)
{
	have_sent();
	ck_assert_int_eq(bounce(report_to("bounces@house.example"), NULL), 0);
	ck_assert_int_eq(
	    bounce(report_to("bounces+pkoc2duvvnge5d3gb4vyvvi7e4imaxpidxfjmgj6"
			     "3x@house.example"),
		NULL),
	    0);
	ck_assert_int_eq(bounce("Hello\n", NULL), 0);
	ck_assert_int_eq(bounce("", NULL), 0);
	ck_assert_str_eq(output, "nothing to be noted\n");
	ck_assert_str_eq(mail_is(), "sent ");
	ck_assert(!bounced());
}
END_TEST

START_TEST(takes_the_address_that_it_is_given)
{
	const struct config config = { .mail_from = "",
		.mail_return_path = "bounces@house.example" };
	const char *address = return_path_make(key, arena, &config, ID);

	have_sent();
	ck_assert_int_eq(
	    bounce(report_to(address), "bounces@house.example"), 0);
	ck_assert(!bounced());
	ck_assert_int_eq(bounce(report_to("root@localhost"), address), 0);
	ck_assert(bounced());
}
END_TEST

/* Postfix passes one on where it has been told to keep none. */
START_TEST(takes_an_empty_address_for_none)
{
	const char *path = arena_printf(
	    arena, "%s/tests/mail/reports/postfix-unknown.eml", test_srcdir());

	have_sent();
	ck_assert_ptr_nonnull(freopen(path, "r", stdin));
	ck_assert_int_eq(RUN("bounce", ""), 0);
	ck_assert(bounced());
}
END_TEST

START_TEST(takes_in_nothing_that_it_could_not_read)
{
	ck_assert_ptr_nonnull(freopen(dir, "r", stdin));
	ck_assert_int_eq(RUN("bounce"), EX_TEMPFAIL);
}
END_TEST

START_TEST(reads_all_of_what_it_is_sent)
{
	size_t size = 2 * REPORT_MAX;
	char *text = arena_alloc(arena, size);

	have_sent();
	memset(text, 'x', size);
	memcpy(text, "To: a@b.example\n\n", 17);
	text[size - 1] = '\0';
	ck_assert_int_eq(bounce(text, NULL), 0);
	ck_assert_int_eq(getc(stdin), EOF);
}
END_TEST

START_TEST(tells_the_mail_server_to_come_again)
{
	put_config("host=/nonexistent", "");
	ck_assert_int_eq(take_sample("unknown"), EX_TEMPFAIL);
	test_write_file(dir, "conf", "nonsense\n");
	ck_assert_int_eq(take_sample("unknown"), EX_TEMPFAIL);
	ck_assert_int_eq(RUN("bounce", "a", "b"), EX_USAGE);
}
END_TEST

/* --- the queue --- */

static void
queue(const char *recipient, const char *reply)
{
	ck_assert_int_eq(outbox_add(db, arena, key, NULL, recipient, "verify",
			     OUTBOX_NO_VALUES),
	    ST_OK);
	test_execute(arena_printf(arena,
	    "UPDATE outbox SET reply = '%s',"
	    " created_at = now() - interval '3 hours'"
	    " WHERE recipient = '%s';"
	    "UPDATE job SET attempts = 4, run_at = now() + interval '10 min'"
	    " WHERE subject = (SELECT id FROM outbox WHERE recipient = '%s')",
	    reply, recipient, recipient));
}

START_TEST(shows_what_waits_and_no_address_in_full)
{
	queue(ADA, "451 4.7.1 <ADA@example.org>: later, ada@example.org");
	ck_assert_int_eq(RUN("queue"), 0);
	ck_assert_ptr_nonnull(strstr(output, " verify "));
	ck_assert_ptr_nonnull(strstr(output, " 3h   4 10m "));
	ck_assert_ptr_nonnull(strstr(output,
	    " a...@example.org\t451 4.7.1 <a...@example.org>: later,"
	    " a...@example.org\n"));
	test_execute("UPDATE job SET leased_until = now() + interval '1 min'");
	ck_assert_int_eq(RUN("queue"), 0);
	ck_assert_ptr_nonnull(strstr(output, " sending "));
	test_execute("DELETE FROM outbox");
	ck_assert_int_eq(RUN("queue"), 0);
	ck_assert_str_eq(output, "");
}
END_TEST

START_TEST(shows_all_that_waits)
{
	have_sent();
	test_execute("INSERT INTO outbox (recipient, template, sealed,"
		     " created_at) SELECT 'a@b.example', 'mail' || i, '',"
		     " now() + make_interval(secs => i)"
		     " FROM generate_series(1, 250) i");
	ck_assert_int_eq(RUN("queue"), 0);
	for (int i = 1; i <= 250; i++) {
		const char *end = strchr(output, '\n');

		ck_assert_ptr_nonnull(end);
		ck_assert_ptr_nonnull(
		    strstr(arena_strndup(arena, output, (size_t)(end - output)),
			arena_printf(arena, " mail%d ", i)));
		output = end + 1;
	}
	ck_assert_str_eq(output, "");
}
END_TEST

static int64_t
due(void)
{
	return test_int("SELECT count(*) FROM job WHERE kind = 'mail'"
			" AND run_at <= now()",
	    NULL);
}

START_TEST(hurries_one_or_all)
{
	const char *id;
	bool woken = true;

	ck_assert_int_eq(job_add(db, arena, "other", NULL, NULL, 0), ST_OK);
	ck_assert_int_eq(db_listen(db, "job"), ST_OK);
	queue(ADA, "");
	queue("bob@example.org", "");
	queue("eve@example.org", "");
	id =
	    test_text(arena, "SELECT id FROM outbox WHERE recipient = $1", ADA);
	ck_assert_int_eq(RUN("retry", id), 0);
	ck_assert_str_eq(output, "1 to be tried now\n");
	ck_assert_int_eq(due(), 1);
	test_execute("UPDATE job SET leased_until = now() + interval '1 min'"
		     " WHERE subject = (SELECT id FROM outbox"
		     " WHERE recipient = 'eve@example.org')");
	ck_assert_int_eq(RUN("retry", "--all"), 0);
	ck_assert_str_eq(output, "2 to be tried now\n");
	ck_assert_int_eq(due(), 2);
	while (woken)
		ck_assert_int_eq(db_wait(db, 0, -1, &woken), ST_OK);
	ck_assert_int_eq(RUN("retry", "--all"), 0);
	ck_assert_int_eq(db_wait(db, 30 * 1000, -1, &woken), ST_OK);
	ck_assert(woken); /* and so is the worker */
	ck_assert_int_eq(RUN("retry", TEST_UUID), 1);
	ck_assert_int_eq(RUN("retry", "x"), 1);
	ck_assert_int_eq(RUN("retry"), 2);
}
END_TEST

START_TEST(unblocks_an_address)
{
	have_sent();
	ck_assert_int_eq(take_sample("unknown"), 0);
	ck_assert_int_eq(RUN("unblock", "ADA@example.org"), 0);
	ck_assert_str_eq(output, "unblocked " ADA "\n");
	ck_assert(!bounced());
	ck_assert_int_eq(noted("address unblocked"), 1);
	ck_assert_int_eq(RUN("unblock", ADA), 1);
	ck_assert_int_eq(RUN("unblock", "bob@example.org"), 1);
	ck_assert_int_eq(noted("address unblocked"), 1);
}
END_TEST

/* --- test --- */

static void
start_smtp(void)
{
	const char *const options[] = { "--plain", NULL };

	smtp = test_smtp_start(arena, options);
	put_config(test_database_url(),
	    arena_printf(
		arena, "mail.port = %d\nmail.tls = none\n", smtp->port));
}

START_TEST(sends_one_and_says_what_was_answered)
{
	start_smtp();
	ck_assert_int_eq(RUN("test", ADA), 0);
	ck_assert_str_eq(output,
	    arena_printf(
		arena, "localhost:%d took it: 250 OK number 1\n", smtp->port));
	ck_assert_ptr_nonnull(strstr(test_smtp_message(arena, smtp, 1),
	    "Subject: A test from The House\r\n"));
	ck_assert_int_eq(RUN("test", "refuse-a@example.org"), 1);
	ck_assert_ptr_nonnull(strstr(test_command_errors(arena, dir),
	    "did not take it: 550 5.1.1 no such mailbox"));
	ck_assert_int_eq(RUN("test", "nobody"), 1);
	ck_assert_int_eq(RUN("test"), 2);
}
END_TEST

START_TEST(knows_no_other_verb)
{
	ck_assert_int_eq(RUN("send"), 2);
	ck_assert_int_eq(run((const char *const[]){ "mail", NULL }), 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("mail_command");
	TCase *tcase = tcase_create("mail_command");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, takes_in_a_report);
	tcase_add_test(tcase, takes_in_a_report_that_overtakes_the_outcome);
	tcase_add_loop_test(tcase, blames_no_address_for_anything_else, 0,
	    (int)ARRAY_LEN(others));
	tcase_add_test(
	    tcase, blames_no_address_that_is_the_account_s_no_longer);
	tcase_add_test(tcase, tells_whom_a_status_blames);
	tcase_add_test(tcase, believes_only_an_address_of_its_own);
	tcase_add_test(tcase, takes_the_address_that_it_is_given);
	tcase_add_test(tcase, takes_an_empty_address_for_none);
	tcase_add_test(tcase, takes_in_nothing_that_it_could_not_read);
	tcase_add_test(tcase, reads_all_of_what_it_is_sent);
	tcase_add_test(tcase, tells_the_mail_server_to_come_again);
	tcase_add_test(tcase, shows_what_waits_and_no_address_in_full);
	tcase_add_test(tcase, shows_all_that_waits);
	tcase_add_test(tcase, hurries_one_or_all);
	tcase_add_test(tcase, unblocks_an_address);
	tcase_add_test(tcase, sends_one_and_says_what_was_answered);
	tcase_add_test(tcase, knows_no_other_verb);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
