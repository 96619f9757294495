/* check_smtp.c - one message, one conversation. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mail/smtp.h"
#include "tests/harness/smtp.h"

#define TEXT                                                                   \
	"From: House <house@house.example>\r\nTo: ada@example.org\r\n"         \
	"Subject: Hello\r\nDate: Sat, 21 Nov 2026 03:20:00 +0000\r\n"          \
	"Message-Id: <1@house.example>\r\nMIME-Version: 1.0\r\n"               \
	"Content-Type: text/plain; charset=utf-8\r\n\r\n.one dot\r\n..two\r\n" \
	".\r\nend\r\n"
#define FROM "house@house.example"

static struct arena *arena;
static struct test_smtp *smtp;
static struct config config;
static const char *reply;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	if (smtp != NULL)
		test_smtp_stop(smtp);
	arena_free(arena);
}

static void
start(const char *option)
{
	const char *options[] = { option, NULL };

	smtp = test_smtp_start(arena, options);
	config = test_smtp_config(arena, smtp);
}

static enum smtp_outcome
send_to(const char *recipient)
{
	reply = NULL;
	return smtp_send(arena, &config, FROM, recipient, TEXT, &reply);
}

static bool
server_saw(const char *command)
{
	return strstr(test_smtp_file(arena, smtp, "commands"), command) != NULL;
}

/* Deferred, for a reason that says so, and the server saw no envelope. */
static void
assert_nothing_sent(enum smtp_outcome outcome, const char *why)
{
	ck_assert_int_eq(outcome, SMTP_AWAY);
	ck_assert_msg(strstr(reply, why) != NULL, "%s", reply);
	ck_assert(!server_saw("MAIL"));
	ck_assert_uint_eq(test_smtp_count(smtp), 0);
}

START_TEST(sends_by_tls_and_auth)
{
	start(NULL);
	ck_assert_int_eq(send_to("ada@example.org"), SMTP_ACCEPTED);
	ck_assert_str_eq(reply, "250 OK number 1");
	ck_assert_str_eq(test_smtp_message(arena, smtp, 1), TEXT);
	ck_assert_str_eq(test_smtp_file(arena, smtp, "1.envelope"),
	    FROM "\nada@example.org\n");
	ck_assert(server_saw("STARTTLS\nEHLO\nAUTH\nMAIL"));
	ck_assert(server_saw("QUIT"));
}
END_TEST

START_TEST(names_the_server_it_wants)
{
	start(NULL);
	ck_assert_int_eq(send_to("ada@example.org"), SMTP_ACCEPTED);
	ck_assert_str_eq(test_smtp_file(arena, smtp, "sni"), "localhost\n");
}
END_TEST

START_TEST(knows_a_server_by_its_ip_address)
{
	start(NULL);
	config.mail_host = "127.0.0.1";
	ck_assert_int_eq(send_to("ada@example.org"), SMTP_ACCEPTED);
	ck_assert_str_eq(test_smtp_file(arena, smtp, "sni"), "None\n");
}
END_TEST

START_TEST(sends_without_tls_and_auth_when_told_so)
{
	start("--plain");
	config.mail_tls = MAIL_TLS_NONE;
	config.mail_user = "";
	ck_assert_int_eq(send_to("ada@example.org"), SMTP_ACCEPTED);
	ck_assert_str_eq(test_smtp_message(arena, smtp, 1), TEXT);
}
END_TEST

START_TEST(sends_in_chunks_where_the_server_takes_them)
{
	start("--chunking");
	ck_assert_int_eq(send_to("ada@example.org"), SMTP_ACCEPTED);
	ck_assert(server_saw("BDAT"));
	ck_assert_str_eq(test_smtp_message(arena, smtp, 1), TEXT);
}
END_TEST

static const struct answer {
	const char *recipient;
	enum smtp_outcome outcome;
	const char *reply;
} answers[] = {
	{ "defer-a@example.org", SMTP_DEFERRED, "451 4.3.0 try again later" },
	{ "refuse-a@example.org", SMTP_NOBODY, "550 5.1.1 no such mailbox" },
	{ "reject-a@example.org", SMTP_REFUSED,
	    "554 5.6.0 message not wanted" },
	{ "cut-a@example.org", SMTP_DEFERRED,
	    "the mail server gave no answer: 354 go ahead" },
};

START_TEST(tells_now_from_never)
{
	const struct answer *answer = &answers[_i];

	start(NULL);
	ck_assert_int_eq(send_to(answer->recipient), answer->outcome);
	ck_assert_str_eq(reply, answer->reply);
	ck_assert_uint_eq(test_smtp_count(smtp), 0);
}
END_TEST

START_TEST(tells_now_from_never_in_chunks)
{
	const struct answer *answer = &answers[_i];

	start("--chunking");
	ck_assert_int_eq(send_to(answer->recipient), answer->outcome);
	ck_assert_str_eq(reply, answer->reply);
	/* The message went out only where the recipient had been taken. */
	ck_assert(server_saw("BDAT") == (strstr(reply, "not wanted") != NULL));
	ck_assert_uint_eq(test_smtp_count(smtp), 0);
}
END_TEST

START_TEST(takes_no_chunk_for_the_whole)
{
	start("--chunking");
	config.mail_timeout = 1;
	ck_assert_int_eq(send_to("silent-a@example.org"), SMTP_DEFERRED);
	ck_assert(server_saw("BDAT"));
}
END_TEST

START_TEST(gives_up_on_a_silent_server)
{
	start(NULL);
	config.mail_timeout = 1;
	ck_assert_int_eq(send_to("silent-a@example.org"), SMTP_DEFERRED);
	ck_assert_str_eq(reply,
	    "the mail server gave no answer: 354 End data with <CR><LF>.<CR><LF>");
}
END_TEST

START_TEST(gives_up_on_a_server_that_never_ends)
{
	start("--drip");
	config.mail_timeout = 1;
	ck_assert_int_eq(send_to("ada@example.org"), SMTP_AWAY);
	ck_assert_str_eq(reply, "the mail server took too long");
}
END_TEST

START_TEST(defers_when_nobody_listens)
{
	start(NULL);
	test_smtp_halt(smtp);
	ck_assert_int_eq(send_to("ada@example.org"), SMTP_AWAY);
	ck_assert_str_eq(reply, "Connection refused");
}
END_TEST

START_TEST(defers_when_the_server_wants_nobody)
{
	start("--greeting=554 5.3.2 not today");
	assert_nothing_sent(send_to("ada@example.org"), "554 5.3.2 not today");
}
END_TEST

START_TEST(sends_nothing_without_tls)
{
	start("--no-starttls");
	assert_nothing_sent(send_to("ada@example.org"), "no STARTTLS");
	ck_assert(!server_saw("AUTH"));
}
END_TEST

START_TEST(sends_nothing_when_auth_is_not_offered)
{
	start("--no-auth-offered");
	assert_nothing_sent(send_to("ada@example.org"), "mail.user");
}
END_TEST

START_TEST(sends_nothing_when_auth_is_refused)
{
	start("--refuse-auth-but-relay");
	assert_nothing_sent(send_to("ada@example.org"),
	    "the mail server did not accept mail.user: 535");
}
END_TEST

START_TEST(sends_nothing_with_a_wrong_password)
{
	start(NULL);
	config.mail_password = "wrong";
	assert_nothing_sent(send_to("ada@example.org"), "535");
	ck_assert_ptr_null(strstr(reply, "wrong"));
}
END_TEST

START_TEST(trusts_no_certificate_for_another_name)
{
	start("--wrong-name-cert");
	assert_nothing_sent(send_to("ada@example.org"),
	    "the mail server's certificate: hostname mismatch");
	ck_assert(!server_saw("AUTH"));
}
END_TEST

START_TEST(trusts_no_certificate_for_another_ip_address)
{
	start("--wrong-name-cert");
	config.mail_host = "127.0.0.1";
	assert_nothing_sent(send_to("ada@example.org"),
	    "the mail server's certificate: IP address mismatch");
}
END_TEST

START_TEST(trusts_no_unknown_ca)
{
	start(NULL);
	config.mail_ca_file = "";
	assert_nothing_sent(send_to("ada@example.org"),
	    "the mail server's certificate: unable to get local issuer");
}
END_TEST

START_TEST(sends_nothing_when_the_ca_file_is_missing)
{
	start(NULL);
	config.mail_ca_file = "/nonexistent/ca.pem";
	assert_nothing_sent(send_to("ada@example.org"), "mail.ca_file");
}
END_TEST

START_TEST(takes_nothing_sent_before_tls_for_sent_under_it)
{
	start("--inject");
	assert_nothing_sent(send_to("ada@example.org"), "STARTTLS");
}
END_TEST

static const char *const bad_addresses[] = {
	"",
	"ada",
	"ada@",
	"@example.org",
	"ada@example.org>\r\nDATA",
	"ada@example.org> SIZE=1",
	"ada @example.org",
	"<ada@example.org>",
	"ada@example.org\n",
	"ada@exa\xc3\xb6mple.org",
	"a@b@example.org",
	"\"ada\"@example.org",
};

START_TEST(says_no_bad_address_to_a_server)
{
	start("--plain");
	config.mail_tls = MAIL_TLS_NONE;
	config.mail_user = "";
	ck_assert_int_eq(send_to(bad_addresses[_i]), SMTP_REFUSED);
	ck_assert_int_eq(smtp_send(arena, &config, bad_addresses[_i],
			     "ada@example.org", TEXT, &reply),
	    SMTP_REFUSED);
	ck_assert_str_eq(test_smtp_file(arena, smtp, "commands"), "");
}
END_TEST

START_TEST(probes_without_sending)
{
	start(NULL);
	ck_assert_int_eq(smtp_probe(arena, &config, &reply), ST_OK);
	ck_assert(server_saw("AUTH"));
	ck_assert(!server_saw("MAIL"));
}
END_TEST

START_TEST(probes_without_auth)
{
	start("--plain");
	config.mail_tls = MAIL_TLS_NONE;
	config.mail_user = "";
	ck_assert_int_eq(smtp_probe(arena, &config, &reply), ST_OK);
	ck_assert(!server_saw("MAIL"));
}
END_TEST

START_TEST(probes_find_a_wrong_password)
{
	start(NULL);
	config.mail_password = "wrong";
	ck_assert_int_eq(smtp_probe(arena, &config, &reply), ST_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(reply, "535"));
}
END_TEST

static void
add_trust_tests(TCase *tcase)
{
	tcase_add_test(tcase, sends_nothing_without_tls);
	tcase_add_test(tcase, sends_nothing_when_auth_is_not_offered);
	tcase_add_test(tcase, sends_nothing_when_auth_is_refused);
	tcase_add_test(tcase, sends_nothing_with_a_wrong_password);
	tcase_add_test(tcase, trusts_no_certificate_for_another_name);
	tcase_add_test(tcase, trusts_no_certificate_for_another_ip_address);
	tcase_add_test(tcase, trusts_no_unknown_ca);
	tcase_add_test(tcase, sends_nothing_when_the_ca_file_is_missing);
	tcase_add_test(tcase, takes_nothing_sent_before_tls_for_sent_under_it);
	tcase_add_loop_test(tcase, says_no_bad_address_to_a_server, 0,
	    (int)ARRAY_LEN(bad_addresses));
}

static void
add_sending_tests(TCase *tcase)
{
	tcase_add_test(tcase, sends_by_tls_and_auth);
	tcase_add_test(tcase, names_the_server_it_wants);
	tcase_add_test(tcase, knows_a_server_by_its_ip_address);
	tcase_add_test(tcase, sends_without_tls_and_auth_when_told_so);
	tcase_add_test(tcase, sends_in_chunks_where_the_server_takes_them);
	tcase_add_loop_test(
	    tcase, tells_now_from_never, 0, (int)ARRAY_LEN(answers));
	/* Where it says cut, aiosmtpd's DATA is meant. */
	tcase_add_loop_test(tcase, tells_now_from_never_in_chunks, 0,
	    (int)ARRAY_LEN(answers) - 1);
	tcase_add_test(tcase, takes_no_chunk_for_the_whole);
	tcase_add_test(tcase, gives_up_on_a_silent_server);
	tcase_add_test(tcase, gives_up_on_a_server_that_never_ends);
	tcase_add_test(tcase, defers_when_nobody_listens);
	tcase_add_test(tcase, defers_when_the_server_wants_nobody);
	tcase_add_test(tcase, probes_without_sending);
	tcase_add_test(tcase, probes_without_auth);
	tcase_add_test(tcase, probes_find_a_wrong_password);
}

int
main(void)
{
	Suite *suite = suite_create("smtp");
	TCase *sending = tcase_create("sending"),
	      *trust = tcase_create("trust");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(sending, setup, teardown);
	tcase_add_checked_fixture(trust, setup, teardown);
	tcase_set_timeout(sending, 60);
	tcase_set_timeout(trust, 60);
	add_sending_tests(sending);
	add_trust_tests(trust);
	suite_add_tcase(suite, sending);
	suite_add_tcase(suite, trust);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
