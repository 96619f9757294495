/* check_metrics.c - who may read /metrics, and that its figures are right. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "account/audit.h"
#include "base/counter.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define TOKEN "0123456789abcdef"

extern const struct handler auth_handler;

static struct site *site;
static struct visitor *visitor;
static struct config config;

static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	config = *site->config;
	config.metrics_token = TOKEN;
	site->config = &config;
	visitor = visitor_new(site, &auth_handler);
	visitor->program = true;
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer " TOKEN);
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

/* The text after a sample's name, and its labels, as a number; -1: no such. */
static int64_t
value(const char *sample)
{
	const char *line;

	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 200);
	line = strstr(visitor->answer,
	    arena_printf(visitor->arena, "\nchatelaine_%s ", sample));
	return line != NULL ? strtoll(strchr(line + 1, ' '), NULL, 10) : -1;
}

START_TEST(is_not_there_without_a_token_to_ask_for)
{
	config.metrics_token = "";
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 404);
	visitor_set(visitor, "HTTP_AUTHORIZATION", "Bearer ");
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 404);
	visitor_set(visitor, "HTTP_AUTHORIZATION", NULL);
	visitor_set(visitor, "REMOTE_ADDR", "127.0.0.1");
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 404);
}
END_TEST

static const char *const wrong[] = { NULL, "", "Bearer", "Bearer ", TOKEN,
	"Basic " TOKEN, "Bearer " TOKEN " ", "Bearer 0123456789abcdeg",
	"Bearer 0123456789abcde", "Bearer " TOKEN "0" };

START_TEST(is_told_to_nobody_else)
{
	visitor_set(visitor, "HTTP_AUTHORIZATION", wrong[_i]);
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 401);
	ck_assert_str_eq(visitor_header(visitor, "WWW-Authenticate"), "Bearer");
	ck_assert(!visitor_sees(visitor, "chatelaine_"));
}
END_TEST

/* Being signed in is no reason to be told. */
START_TEST(is_told_to_no_session)
{
	visitor->program = false;
	visitor_set(visitor, "HTTP_AUTHORIZATION", NULL);
	(void)visitor_sign_in(visitor, "ada@example.org");
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 401);
}
END_TEST

START_TEST(is_text_of_prometheus)
{
	visitor_set(visitor, "HTTP_ACCEPT", "application/json");
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 200);
	ck_assert_str_eq(visitor_header(visitor, "Content-Type"),
	    "text/plain; version=0.0.4; charset=utf-8");
	ck_assert_str_eq(visitor_header(visitor, "Cache-Control"), "no-store");
	ck_assert_ptr_eq(
	    strstr(visitor->answer, "# HELP chatelaine_sign_ins_total "),
	    visitor->answer);
}
END_TEST

/* A rate needs a beginning: what has not happened is 0. */
START_TEST(begins_at_zero)
{
	ck_assert_int_eq(value("sign_ins_total{result=\"granted\"}"), 0);
	ck_assert_int_eq(value("refreshes_total{outcome=\"stolen\"}"), 0);
	ck_assert_int_eq(value("mails_total{outcome=\"bounced\"}"), 0);
	ck_assert_int_eq(value("sessions"), 0);
	ck_assert_int_eq(value("outbox_mails{state=\"queued\"}"), 0);
	ck_assert_int_eq(value("outbox_oldest_seconds"), 0);
	ck_assert_int_eq(value("audit_pending_rows"), 0);
	/* Of these there is nothing to tell. */
	ck_assert_int_eq(value("worker_heartbeat_age_seconds"), -1);
	ck_assert(!visitor_sees(visitor, "\nchatelaine_limit_hits_total"));
	ck_assert(!visitor_sees(visitor, "\nchatelaine_jobs"));
}
END_TEST

START_TEST(tells_what_was_counted)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(counter_add(site->db, visitor->kept,
				     COUNTER_SIGN_INS, "wrong"),
		    ST_OK);
	ck_assert_int_eq(
	    counter_add(site->db, visitor->kept, COUNTER_LIMIT_HITS, "signup"),
	    ST_OK);
	test_execute("INSERT INTO counter VALUES ('sign_ins', 'wrong', 40)");
	ck_assert_int_eq(value("sign_ins_total{result=\"wrong\"}"), 43);
	ck_assert_int_eq(value("sign_ins_total{result=\"granted\"}"), 0);
	ck_assert_int_eq(value("limit_hits_total{limit=\"signup\"}"), 1);
}
END_TEST

START_TEST(tells_how_long_mails_took)
{
	const int64_t took[] = { 90, 700, 1900, 200000 };

	ck_assert_int_eq(value("mail_delivery_seconds_count"), 0);
	for (size_t i = 0; i < ARRAY_LEN(took); i++)
		ck_assert_int_eq(counter_observe(site->db, visitor->kept,
				     HISTOGRAM_MAIL_DELIVERY, took[i]),
		    ST_OK);
	ck_assert_int_eq(value("mail_delivery_seconds_bucket{le=\"0.1\"}"), 1);
	ck_assert_int_eq(value("mail_delivery_seconds_bucket{le=\"0.5\"}"), 1);
	ck_assert_int_eq(value("mail_delivery_seconds_bucket{le=\"2\"}"), 3);
	ck_assert_int_eq(value("mail_delivery_seconds_bucket{le=\"+Inf\"}"), 4);
	ck_assert_int_eq(value("mail_delivery_seconds_count"), 4);
	ck_assert(visitor_sees(
	    visitor, "\nchatelaine_mail_delivery_seconds_sum 202.690\n"));
}
END_TEST

START_TEST(counts_the_sessions_that_are_alive)
{
	visitor->program = false;
	(void)visitor_sign_in(visitor, "a@example.org");
	(void)visitor_sign_in(visitor, "b@example.org");
	(void)visitor_sign_in(visitor, "c@example.org");
	(void)visitor_sign_in(visitor, "d@example.org");
	test_execute("UPDATE session SET revoked_at = now(),"
		     " revoked_reason = 'operator' WHERE id ="
		     " (SELECT min(id::text)::uuid FROM session);"
		     "UPDATE session SET idle_expires_at = now() WHERE id ="
		     " (SELECT max(id::text)::uuid FROM session)");
	ck_assert_int_eq(value("sessions"), 2);
}
END_TEST

START_TEST(tells_of_the_outbox_and_its_oldest_mail)
{
	test_execute(
	    "INSERT INTO outbox (recipient, template, sealed, created_at)"
	    " VALUES ('a', 'verify', '', now() - interval '90 s'),"
	    " ('b', 'verify', '', now() - interval '30 s');"
	    "INSERT INTO outbox (recipient, template, state, ended_at,"
	    " created_at) VALUES ('c', 'verify', 'sent', now(),"
	    " now() - interval '1 day')");
	ck_assert_int_eq(value("outbox_mails{state=\"queued\"}"), 2);
	ck_assert_int_eq(value("outbox_mails{state=\"sent\"}"), 1);
	ck_assert_int_eq(value("outbox_mails{state=\"bounced\"}"), 0);
	ck_assert_int_ge(value("outbox_oldest_seconds"), 90);
	ck_assert_int_lt(value("outbox_oldest_seconds"), 1000);
}
END_TEST

/* Of several workers that do the same, the one seen last. */
START_TEST(tells_of_jobs_seals_and_the_worker)
{
	int64_t age;

	test_execute("INSERT INTO worker (host, lane, seen_at) VALUES"
		     " ('a', 'jobs', now() - interval '1 day'),"
		     " ('b', 'jobs', now() - interval '120 s'),"
		     " ('a', 'mail', now() - interval '1 day');"
		     "INSERT INTO job (kind) VALUES ('mail'), ('mail')");
	ck_assert_int_eq(audit(site->db, visitor->kept, ACTOR_PERSON,
			     DEED_SIGNED_IN, NULL, NULL, NULL),
	    ST_OK);
	age = value("worker_heartbeat_age_seconds{lane=\"jobs\"}");
	ck_assert_int_ge(age, 120);
	ck_assert_int_lt(age, 1000);
	age = value("worker_heartbeat_age_seconds{lane=\"mail\"}");
	ck_assert_int_ge(age, 86400);
	ck_assert_int_eq(value("jobs{kind=\"mail\"}"), 2);
	ck_assert_int_eq(value("audit_pending_rows"), 1);
}
END_TEST

/* What is in the database is no part of the text's form. */
START_TEST(escapes_labels)
{
	test_execute("INSERT INTO job (kind) VALUES (E'a\"b\\\\c\\nd')");
	ck_assert_int_eq(value("jobs{kind=\"a\\\"b\\\\c\\nd\"}"), 1);
}
END_TEST

START_TEST(fails_without_a_database)
{
	test_db_stop();
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 503);
	test_db_start();
	ck_assert_int_eq(visitor_get(visitor, "/metrics"), 200);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tcase = tcase_create("metrics");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, is_not_there_without_a_token_to_ask_for);
	tcase_add_loop_test(tcase, is_told_to_nobody_else, 0, ARRAY_LEN(wrong));
	tcase_add_test(tcase, is_told_to_no_session);
	tcase_add_test(tcase, is_text_of_prometheus);
	tcase_add_test(tcase, begins_at_zero);
	tcase_add_test(tcase, tells_what_was_counted);
	tcase_add_test(tcase, tells_how_long_mails_took);
	tcase_add_test(tcase, counts_the_sessions_that_are_alive);
	tcase_add_test(tcase, tells_of_the_outbox_and_its_oldest_mail);
	tcase_add_test(tcase, tells_of_jobs_seals_and_the_worker);
	tcase_add_test(tcase, escapes_labels);
	tcase_add_test(tcase, fails_without_a_database);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
