/* check_deliver.c - from a row of the outbox to a mailbox, or not. */

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "mail/deliver.h"
#include "mail/outbox.h"
#include "mail/preference.h"
#include "mail/return_path.h"
#include "tests/harness/harness.h"
#include "tests/harness/smtp.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PLAIN                                        \
	"Subject: Welcome to {{site.name}}\n\nOpen " \
	"{{site.url}}/verify?token={{token}}\n"
#define HTML                                                            \
	"<p><a href=\"{{site.url}}/verify?token={{token}}\">Open</a>\n" \
	"<p>{{site.name}}\n"

#define REMINDER "Subject: Soon\n\nNo more of these:\n{{unsubscribe}}\n"

static const struct db_stmt empty = { "test_empty",
	"WITH a AS (DELETE FROM job), b AS (DELETE FROM counted)"
	" , c AS (DELETE FROM account) DELETE FROM outbox" };
static const struct db_stmt new_account = { "test_new_account",
	"INSERT INTO account (email, name, password_hash)"
	" VALUES ('ada@example.org', 'Ada', '-') RETURNING id" };
static const struct db_stmt counts = { "test_counts",
	"SELECT string_agg(label, ' ' ORDER BY label) FROM counted"
	" WHERE name = 'mails'" };
static const struct db_stmt observed = { "test_observed",
	"SELECT count(*) FROM counted"
	" WHERE name = 'mail_delivery_seconds' AND label <> 'sum'" };
static const struct db_stmt mails = { "test_mails",
	"SELECT id, state, sealed IS NULL, ended_at IS NULL,"
	" coalesce(reply, '-') FROM outbox" };
static const struct db_stmt jobs = { "test_jobs",
	"SELECT extract(epoch FROM run_at - now())::bigint,"
	" leased_until IS NULL FROM job" };
static const struct db_stmt set_age = { "test_set_age",
	"UPDATE outbox SET created_at = now() - make_interval(hours => $1)" };
static const struct db_stmt set_date = { "test_set_date",
	"UPDATE outbox SET created_at = '2026-11-21 03:20:00Z'" };
static const struct db_stmt spoil = { "test_spoil",
	"UPDATE outbox SET sealed = 'nonsense'" };
static const struct db_stmt make_due = { "test_make_due",
	"UPDATE job SET run_at = now(), leased_until = NULL" };
static const struct db_stmt remove_mail = { "test_remove_mail",
	"DELETE FROM outbox" };
static const struct db_stmt set_ended = { "test_set_ended",
	"UPDATE outbox SET state = 'sent', sealed = NULL,"
	" ended_at = now() - make_interval(days => $1)" };

static const struct db_stmt rename_refused = { "test_rename_refused",
	"UPDATE account SET email = 'refuse-ada@example.org'" };
static const struct db_stmt rename_us = { "test_rename_us",
	"UPDATE account SET email = 'refuse-us-ada@example.org'" };
static const struct db_stmt bounced = { "test_bounced",
	"SELECT 1 FROM account WHERE email_bounced_at IS NOT NULL" };
static const struct db_stmt set_bounced = { "test_set_bounced",
	"UPDATE account SET email_bounced_at = now()" };

static struct arena *arena;
static struct master_key *key;
static struct template_set *set;
static struct db *db;
static struct test_smtp *smtp;
static struct config config;
static struct job job;
static bool away;

static void
setup(void)
{
	const char *why;

	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	ck_assert_int_eq(master_key_load(arena, KEY, "", &key, &why), ST_OK);
	db = db_open(test_database_url(), "check_deliver");
	ck_assert_int_eq(db_query(db, arena, &empty, DB_NO_ARGS, NULL), ST_OK);
	set = template_set_new(arena);
	ck_assert_int_eq(template_add(set, "mail/verify", TEMPLATE_TEXT, PLAIN,
			     strlen(PLAIN)),
	    ST_OK);
	ck_assert_int_eq(
	    template_add(set, "mail/verify", TEMPLATE_HTML, HTML, strlen(HTML)),
	    ST_OK);
	ck_assert_int_eq(template_add(set, "mail/deletion-reminder",
			     TEMPLATE_TEXT, REMINDER, strlen(REMINDER)),
	    ST_OK);
	ck_assert_int_eq(template_add(set, "mail/deletion-reminder",
			     TEMPLATE_HTML, HTML, strlen(HTML)),
	    ST_OK);
	smtp = test_smtp_start(arena, NULL);
	config = test_smtp_config(arena, smtp);
}

static void
teardown(void)
{
	test_smtp_stop(smtp);
	db_close(db);
	master_key_free(key);
	arena_free(arena);
}

static void
change(const struct db_stmt *stmt)
{
	ck_assert_int_eq(db_query(db, arena, stmt, DB_NO_ARGS, NULL), ST_OK);
}

static void
add_mail(const char *template, const char *account_id, const char *recipient)
{
	ck_assert_int_eq(outbox_add(db, arena, key, account_id, recipient,
			     template, OUTBOX_VALUES({ "token", "T0ken-_" })),
	    ST_OK);
}

static void
add(const char *recipient)
{
	add_mail("verify", NULL, recipient);
}

static void
lease(void)
{
	ck_assert_int_eq(
	    job_lease(db, arena, JOB_LANE_MAIL, DELIVER_LEASE, &job), ST_OK);
	ck_assert_str_eq(job.kind, OUTBOX_JOB);
}

/* Lease the job and do it. */
static enum status
run(void)
{
	lease();
	return deliver(db, arena, &config, key, set, &job, &away);
}

static struct db_rows *
rows(const struct db_stmt *stmt)
{
	struct db_rows *result;

	ck_assert_int_eq(db_query(db, arena, stmt, DB_NO_ARGS, &result), ST_OK);
	return result;
}

static void
assert_ended(const char *state, const char *reply)
{
	struct db_rows *mail = rows(&mails);

	ck_assert_uint_eq(db_count(mail), 1);
	ck_assert_str_eq(db_text(mail, 0, 1), state);
	ck_assert(db_bool(mail, 0, 2));
	ck_assert(!db_bool(mail, 0, 3));
	ck_assert_str_eq(db_text(mail, 0, 4), reply);
	ck_assert_uint_eq(db_count(rows(&jobs)), 0);
}

/* Queued, its values kept, and due again between least and most seconds. */
static void
assert_put_off(const char *reply, int64_t least, int64_t most)
{
	struct db_rows *mail = rows(&mails), *left = rows(&jobs);

	ck_assert_str_eq(db_text(mail, 0, 1), "queued");
	ck_assert(!db_bool(mail, 0, 2));
	ck_assert_str_eq(db_text(mail, 0, 4), reply);
	ck_assert_uint_eq(db_count(left), 1);
	ck_assert(db_bool(left, 0, 1));
	ck_assert_int_ge(db_int(left, 0, 0), least - 1);
	ck_assert_int_le(db_int(left, 0, 0), most);
}

START_TEST(counts_each_try)
{
	add("defer-a@example.org");
	ck_assert_int_eq(run(), ST_OK);
	add("ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	add("refuse-a@example.org");
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_str_eq(db_text(rows(&counts), 0, 0), "bounced deferred sent");
	ck_assert_str_eq(db_text(rows(&observed), 0, 0), "1");
}
END_TEST

START_TEST(sends_a_mail)
{
	const char *text, *id;

	add("ada@example.org");
	change(&set_date);
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("sent", "250 OK number 1");
	text = test_smtp_message(arena, smtp, 1);
	ck_assert_ptr_nonnull(strstr(text, "To: ada@example.org\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "From: The House <house@house.example>\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "Subject: Welcome to The House\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "Date: Sat, 21 Nov 2026 03:20:00 +0000\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "https://house.example/verify?token=3DT0ken-_\r\n"));
	id = db_text(rows(&mails), 0, 0);
	ck_assert_ptr_nonnull(strstr(text,
	    arena_printf(arena, "Message-Id: <%s@house.example>\r\n", id)));
	ck_assert_str_eq(test_smtp_file(arena, smtp, "1.envelope"),
	    "house@house.example\nada@example.org\n");
}
END_TEST

static size_t
occurrences(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		count++;
	return count;
}

START_TEST(arrives_with_each_header_once)
{
	const char *names[] = { "Date:", "From:", "To:", "Subject:",
		"Message-Id:", "MIME-Version:" };
	const char *text;

	add("ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	text = test_smtp_message(arena, smtp, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ck_assert_msg(
		    occurrences(text, names[i]) == 1, "%s: %s", names[i], text);
}
END_TEST

START_TEST(bounces_what_the_server_refuses)
{
	add("refuse-a@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("bounced", "550 5.1.1 no such mailbox");
}
END_TEST

START_TEST(tries_again_what_the_server_defers)
{
	add("defer-a@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_put_off("451 4.3.0 try again later", 30, 33);
	change(&make_due);
	ck_assert_int_eq(run(), ST_OK);
	assert_put_off("451 4.3.0 try again later", 60, 66);
	ck_assert(!away);
}
END_TEST

START_TEST(waits_for_a_server_that_is_down)
{
	add("ada@example.org");
	test_smtp_halt(smtp);
	ck_assert_int_eq(run(), ST_OK);
	assert_put_off("Connection refused", 30, 33);
	ck_assert(away);
	test_smtp_resume(smtp);
	change(&make_due);
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("sent", "250 OK number 1");
}
END_TEST

START_TEST(gives_up_after_two_days)
{
	add("defer-a@example.org");
	ck_assert_int_eq(
	    db_query(db, arena, &set_age, DB_ARGS(DB_INT(47)), NULL), ST_OK);
	ck_assert_int_eq(run(), ST_OK);
	assert_put_off("451 4.3.0 try again later", 30, 33);
	change(&make_due);
	ck_assert_int_eq(
	    db_query(db, arena, &set_age, DB_ARGS(DB_INT(49)), NULL), ST_OK);
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("bounced", "451 4.3.0 try again later");
}
END_TEST

START_TEST(sends_even_after_two_days_if_it_can)
{
	add("ada@example.org");
	ck_assert_int_eq(
	    db_query(db, arena, &set_age, DB_ARGS(DB_INT(49)), NULL), ST_OK);
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("sent", "250 OK number 1");
}
END_TEST

START_TEST(is_the_same_mail_at_each_try)
{
	struct job taken;

	add("ada@example.org");
	lease();
	change(&make_due);
	ck_assert_int_eq(
	    job_lease(db, arena, JOB_LANE_MAIL, DELIVER_LEASE, &taken), ST_OK);
	/* Sent, and the outcome lost; then by who took it over. */
	ck_assert_int_eq(
	    deliver(db, arena, &config, key, set, &job, &away), ST_CONFLICT);
	ck_assert_int_eq(
	    deliver(db, arena, &config, key, set, &taken, &away), ST_OK);
	ck_assert_uint_eq(test_smtp_count(smtp), 2);
	ck_assert_str_eq(test_smtp_message(arena, smtp, 1),
	    test_smtp_message(arena, smtp, 2));
}
END_TEST

START_TEST(sends_again_what_may_not_have_arrived)
{
	add("cut-a@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_put_off("the mail server gave no answer: 354 go ahead", 30, 33);
	ck_assert_uint_eq(test_smtp_count(smtp), 0);
}
END_TEST

START_TEST(has_nothing_to_do_for_a_mail_that_is_gone)
{
	add("ada@example.org");
	change(&remove_mail);
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_uint_eq(db_count(rows(&jobs)), 0);
	ck_assert_uint_eq(test_smtp_count(smtp), 0);
}
END_TEST

START_TEST(has_nothing_to_do_for_a_mail_that_has_ended)
{
	add("ada@example.org");
	ck_assert_int_eq(
	    db_query(db, arena, &set_ended, DB_ARGS(DB_INT(0)), NULL), ST_OK);
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_uint_eq(db_count(rows(&jobs)), 0);
	ck_assert_uint_eq(test_smtp_count(smtp), 0);
}
END_TEST

START_TEST(forgets_its_outcome_when_the_lease_is_lost)
{
	struct job taken;

	add("ada@example.org");
	lease();
	change(&make_due);
	ck_assert_int_eq(
	    job_lease(db, arena, JOB_LANE_MAIL, DELIVER_LEASE, &taken), ST_OK);
	ck_assert_int_eq(
	    deliver(db, arena, &config, key, set, &job, &away), ST_CONFLICT);
	ck_assert(!db_in_transaction(db));
	ck_assert_str_eq(db_text(rows(&mails), 0, 1), "queued");
	ck_assert_uint_eq(db_count(rows(&jobs)), 1);
}
END_TEST

START_TEST(waits_for_a_template_to_be_mended)
{
	set = template_set_new(arena);
	add("ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_put_off("it could not be written", 30, 33);
	ck_assert_int_eq(template_add(set, "mail/verify", TEMPLATE_TEXT, PLAIN,
			     strlen(PLAIN)),
	    ST_OK);
	ck_assert_int_eq(
	    template_add(set, "mail/verify", TEMPLATE_HTML, HTML, strlen(HTML)),
	    ST_OK);
	change(&make_due);
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("sent", "250 OK number 1");
}
END_TEST

START_TEST(waits_for_values_that_can_be_opened)
{
	add("ada@example.org");
	change(&spoil);
	ck_assert_int_eq(run(), ST_OK);
	assert_put_off("it could not be written", 30, 33);
	ck_assert_int_eq(
	    db_query(db, arena, &set_age, DB_ARGS(DB_INT(49)), NULL), ST_OK);
	change(&make_due);
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("bounced", "it could not be written");
}
END_TEST

static const char *const hosts[][2] = {
	{ "https://house.example", "@house.example>" },
	{ "http://localhost:8080", "@localhost>" },
	{ "https://house.example/some/path", "@house.example>" },
	{ "http://127.0.0.1:8080", "@127.0.0.1>" },
	{ "http://[::1]:8080", "@chatelaine.invalid>" },
};

START_TEST(names_its_mails_after_the_site)
{
	config.site_url = hosts[_i][0];
	add("ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_ptr_nonnull(
	    strstr(test_smtp_message(arena, smtp, 1), hosts[_i][1]));
}
END_TEST

static const char *
account(void)
{
	return db_text(rows(&new_account), 0, 0);
}

/* Folded or not, quoted-printable or not. */
static const char *
unfolded(const char *text)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (; *text != '\0'; text++) {
		if (strncmp(text, "=\r\n", 3) == 0)
			text += 2;
		else if (strncmp(text, "\r\n ", 3) == 0)
			text += 1;
		else
			strbuf_char(&sb, *text);
	}
	return sb.text;
}

START_TEST(tells_how_to_be_rid_of_reminders)
{
	const char *id = account(), *text, *url;

	add_mail("deletion-reminder", id, "ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("sent", "250 OK number 1");
	text = unfolded(test_smtp_message(arena, smtp, 1));
	url = arena_printf(arena, "https://house.example/auth/unsubscribe/%s",
	    preference_token(key, arena, id, MAIL_REMINDERS));
	ck_assert_ptr_nonnull(strstr(
	    text, arena_printf(arena, "\r\nList-Unsubscribe: <%s>\r\n", url)));
	ck_assert_ptr_nonnull(strstr(
	    text, "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, arena_printf(arena, "these:\r\n%s\r\n", url)));
}
END_TEST

START_TEST(offers_no_one_click_without_tls)
{
	config.site_url = "http://house.example";
	add_mail("deletion-reminder", account(), "ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_ptr_null(
	    strstr(test_smtp_message(arena, smtp, 1), "List-Unsubscribe-Post"));
}
END_TEST

START_TEST(offers_no_way_to_be_rid_of_security)
{
	add_mail("verify", account(), "ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_ptr_null(
	    strstr(test_smtp_message(arena, smtp, 1), "nsubscribe"));
}
END_TEST

/* The choice counts that is made when the mail would go, not when it came. */
START_TEST(suppresses_what_its_recipient_switched_off)
{
	const char *id = account();
	bool changed;

	add_mail("deletion-reminder", id, "ada@example.org");
	ck_assert_int_eq(
	    preference_set(db, arena, id, MAIL_REMINDERS, false, &changed),
	    ST_OK);
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("suppressed", "its recipient has switched off such mail");
	ck_assert_str_eq(db_text(rows(&counts), 0, 0), "suppressed");
	add_mail("verify", id, "ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_uint_eq(test_smtp_count(smtp), 1);
}
END_TEST

START_TEST(reminds_nobody_of_an_account_that_is_gone)
{
	add_mail("deletion-reminder", NULL, "ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("suppressed", "its recipient has switched off such mail");
	ck_assert_uint_eq(test_smtp_count(smtp), 0);
}
END_TEST

static bool
is_bounced(void)
{
	return db_count(rows(&bounced)) > 0;
}

START_TEST(notes_an_address_that_the_server_refuses)
{
	const char *id = account();

	change(&rename_refused);
	add_mail("verify", id, "refuse-Ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("bounced", "550 5.1.1 no such mailbox");
	ck_assert(is_bounced());
}
END_TEST

START_TEST(notes_no_address_for_the_message_or_for_another)
{
	const char *id = account();

	add_mail("verify", id, "reject-a@example.org");
	ck_assert_int_eq(run(), ST_OK);
	add_mail("verify", id, "refuse-a@example.org");
	ck_assert_int_eq(run(), ST_OK);
	ck_assert(!is_bounced());
	change(&remove_mail);
	change(&rename_us);
	add_mail("verify", id, "refuse-us-ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("bounced", "550 5.7.1 your host is not wanted here");
	ck_assert(!is_bounced());
}
END_TEST

START_TEST(writes_no_more_to_an_address_that_bounced)
{
	const char *id = account();

	change(&set_bounced);
	add_mail("deletion-reminder", id, "ADA@example.org");
	ck_assert_int_eq(run(), ST_OK);
	assert_ended("suppressed", "mail to its address came back");
	change(&remove_mail);
	/* But to prove it, and to another address. */
	add_mail("verify", id, "ada@example.org");
	ck_assert_int_eq(run(), ST_OK);
	add_mail("deletion-reminder", id, "countess@example.org");
	ck_assert_int_eq(run(), ST_OK);
	ck_assert_uint_eq(test_smtp_count(smtp), 2);
}
END_TEST

START_TEST(has_each_mail_come_back_to_an_address_of_its_own)
{
	const char *id, *address;

	config.mail_return_path = "bounces@house.example";
	add("ada@example.org");
	id = db_text(rows(&mails), 0, 0);
	ck_assert_int_eq(run(), ST_OK);
	address = return_path_make(key, arena, &config, id);
	ck_assert_str_eq(test_smtp_file(arena, smtp, "1.envelope"),
	    arena_printf(arena, "%s\nada@example.org\n", address));
	ck_assert_ptr_nonnull(strstr(test_smtp_message(arena, smtp, 1),
	    "From: The House <house@house.example>\r\n"));
}
END_TEST

START_TEST(forgets_old_mail)
{
	add("ada@example.org");
	ck_assert_int_eq(
	    db_query(db, arena, &set_ended, DB_ARGS(DB_INT(29)), NULL), ST_OK);
	ck_assert_int_eq(deliver_clean_up(db, arena), ST_OK);
	ck_assert_uint_eq(db_count(rows(&mails)), 1);
	ck_assert_int_eq(
	    db_query(db, arena, &set_ended, DB_ARGS(DB_INT(31)), NULL), ST_OK);
	add("bob@example.org");
	ck_assert_int_eq(
	    db_query(db, arena, &set_age, DB_ARGS(DB_INT(1000)), NULL), ST_OK);
	ck_assert_int_eq(deliver_clean_up(db, arena), ST_OK);
	ck_assert_uint_eq(db_count(rows(&mails)), 1);
	ck_assert_str_eq(db_text(rows(&mails), 0, 1), "queued");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("deliver");
	TCase *tcase = tcase_create("deliver");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, sends_a_mail);
	tcase_add_test(tcase, counts_each_try);
	tcase_add_test(tcase, arrives_with_each_header_once);
	tcase_add_test(tcase, bounces_what_the_server_refuses);
	tcase_add_test(tcase, tries_again_what_the_server_defers);
	tcase_add_test(tcase, waits_for_a_server_that_is_down);
	tcase_add_test(tcase, gives_up_after_two_days);
	tcase_add_test(tcase, sends_even_after_two_days_if_it_can);
	tcase_add_test(tcase, is_the_same_mail_at_each_try);
	tcase_add_test(tcase, sends_again_what_may_not_have_arrived);
	tcase_add_test(tcase, has_nothing_to_do_for_a_mail_that_is_gone);
	tcase_add_test(tcase, has_nothing_to_do_for_a_mail_that_has_ended);
	tcase_add_test(tcase, forgets_its_outcome_when_the_lease_is_lost);
	tcase_add_test(tcase, waits_for_a_template_to_be_mended);
	tcase_add_test(tcase, waits_for_values_that_can_be_opened);
	tcase_add_loop_test(
	    tcase, names_its_mails_after_the_site, 0, (int)ARRAY_LEN(hosts));
	tcase_add_test(tcase, tells_how_to_be_rid_of_reminders);
	tcase_add_test(tcase, offers_no_one_click_without_tls);
	tcase_add_test(tcase, offers_no_way_to_be_rid_of_security);
	tcase_add_test(tcase, suppresses_what_its_recipient_switched_off);
	tcase_add_test(tcase, reminds_nobody_of_an_account_that_is_gone);
	tcase_add_test(tcase, notes_an_address_that_the_server_refuses);
	tcase_add_test(tcase, notes_no_address_for_the_message_or_for_another);
	tcase_add_test(tcase, writes_no_more_to_an_address_that_bounced);
	tcase_add_test(tcase, has_each_mail_come_back_to_an_address_of_its_own);
	tcase_add_test(tcase, forgets_old_mail);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
