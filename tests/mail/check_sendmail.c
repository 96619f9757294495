/* check_sendmail.c - one message, one run of a program. */

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "mail/transport.h"
#include "tests/harness/harness.h"

#define FROM "-house@house.example"
#define TO "ada@example.org"
#define TEXT "Subject: Hello\r\n\r\n.one dot\r\n.\r\na\rb\r\n"

static struct arena *arena;
static struct config config;
static const char *dir, *reply;

static const char *
path(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

/* A program of these lines of sh(1), which finds its directory in $d. */
static void
make_program(const char *lines)
{
	FILE *file = fopen(path("sendmail"), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fprintf(file, "#!/bin/sh\nd=%s\n%s\n", dir, lines), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path("sendmail"), 0700), 0);
}

static const char *
content(const char *name)
{
	char *text;
	size_t size;

	ck_assert_int_eq(
	    file_read(arena, path(name), 65536, &text, &size), ST_OK);
	return text;
}

static void
setup(void)
{
	char *made;

	arena = arena_new();
	made = arena_strdup(arena, "/tmp/chatelaine-sendmail-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(made));
	dir = made;
	config = (struct config){
		.mail_transport = MAIL_TRANSPORT_SENDMAIL,
		.mail_sendmail = path("sendmail"),
		.mail_timeout = 20,
	};
}

static void
teardown(void)
{
	(void)test_run((const char *const[]){ "rm", "-rf", dir, NULL });
	arena_free(arena);
}

static enum smtp_outcome
send_text(const char *text)
{
	reply = NULL;
	return transport_send(arena, &config, FROM, TO, text, &reply);
}

START_TEST(hands_over_message_and_envelope)
{
	make_program("for a; do echo \"<$a>\"; done >$d/args; cat >$d/text");
	ck_assert_int_eq(send_text(TEXT), SMTP_ACCEPTED);
	ck_assert_str_eq(reply, "exit 0, accepted");
	ck_assert_str_eq(
	    content("args"), "<-i>\n<-f>\n<" FROM ">\n<-->\n<" TO ">\n");
	ck_assert_str_eq(
	    content("text"), "Subject: Hello\n\n.one dot\n.\na\rb\n");
}
END_TEST

START_TEST(gives_it_nothing_else)
{
	ck_assert_int_eq(setenv("CHATELAINE_MASTER_KEY", "secret", 1), 0);
	make_program("env >$d/env; ls /proc/self/fd >$d/fd");
	ck_assert_int_eq(send_text(TEXT), SMTP_ACCEPTED);
	ck_assert_ptr_null(strstr(content("env"), "CHATELAINE"));
	/* 3 is that of ls itself. */
	ck_assert_str_eq(content("fd"), "0\n1\n2\n3\n");
}
END_TEST

static const struct {
	int status;
	enum smtp_outcome outcome;
	const char *reply;
} exits[] = {
	{ EX_NOUSER, SMTP_NOBODY, "exit 67, no such user: who?" },
	{ EX_NOHOST, SMTP_NOBODY, "exit 68, no such host: who?" },
	{ EX_DATAERR, SMTP_REFUSED, "exit 65, message not wanted: who?" },
	{ EX_TEMPFAIL, SMTP_DEFERRED, "exit 75, not now: who?" },
	{ EX_UNAVAILABLE, SMTP_DEFERRED, "exit 69, unavailable: who?" },
	{ EX_CONFIG, SMTP_AWAY, "exit 78, wrong configuration: who?" },
	{ EX_NOPERM, SMTP_AWAY, "exit 77, not permitted: who?" },
	{ 1, SMTP_AWAY, "exit 1: who?" },
};

START_TEST(reads_its_exit_status)
{
	make_program(arena_printf(arena,
	    "cat >/dev/null; echo who? >&2; echo more; exit %d",
	    exits[_i].status));
	ck_assert_int_eq(send_text(TEXT), exits[_i].outcome);
	ck_assert_str_eq(reply, exits[_i].reply);
}
END_TEST

START_TEST(tells_that_it_was_killed)
{
	make_program("kill -KILL $$");
	ck_assert_int_eq(send_text(TEXT), SMTP_AWAY);
	ck_assert_str_eq(reply, "exit 137");
}
END_TEST

START_TEST(tells_that_it_is_not_there)
{
	ck_assert_int_eq(send_text(TEXT), SMTP_AWAY);
	ck_assert_str_eq(reply, "exit 127, it could not be run");
	ck_assert_int_eq(
	    transport_probe(arena, &config, &reply), ST_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(reply, "No such file or directory"));
	make_program("exit 0");
	ck_assert_int_eq(transport_probe(arena, &config, &reply), ST_OK);
	ck_assert_str_eq(transport_name(arena, &config), path("sendmail"));
}
END_TEST

/* And then it is ended, or it could still send what is tried again. */
START_TEST(waits_no_longer_than_for_a_server)
{
	struct pollfd end = { .events = POLLIN };

	ck_assert_int_eq(mkfifo(path("held"), 0600), 0);
	end.fd = open(path("held"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(end.fd, 0);
	config.mail_timeout = 1;
	make_program("exec sleep 300 >$d/held");
	ck_assert_int_eq(send_text(TEXT), SMTP_AWAY);
	ck_assert_str_eq(reply, "sendmail took too long");
	ck_assert_int_eq(poll(&end, 1, 30 * 1000), 1);
	ck_assert_int_eq(end.revents, POLLHUP);
	ck_assert_int_eq(close(end.fd), 0);
}
END_TEST

/* It may queue the message and see to it in the background. */
START_TEST(does_not_wait_for_what_it_leaves_behind)
{
	make_program("sleep 5 & exit 0");
	ck_assert_int_eq(send_text(TEXT), SMTP_ACCEPTED);
}
END_TEST

START_TEST(needs_no_open_descriptors)
{
	make_program("cat >$d/text");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if ((_i >> fd & 1) != 0)
			(void)close(fd);
	ck_assert_int_eq(send_text(TEXT), SMTP_ACCEPTED);
	ck_assert_str_eq(
	    content("text"), "Subject: Hello\n\n.one dot\n.\na\rb\n");
}
END_TEST

/* Neither waits for the other to read. */
START_TEST(bears_a_long_message_and_much_talk)
{
	char *text = arena_alloc(arena, 1 << 20);

	memset(text, 'x', (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	make_program("head -c 1000000 /dev/zero; wc -c >$d/size; exit 75");
	ck_assert_int_eq(send_text(text), SMTP_DEFERRED);
	ck_assert_str_eq(content("size"), "1048575\n");
}
END_TEST

START_TEST(runs_nothing_for_what_is_no_address)
{
	make_program("exit 0");
	ck_assert_int_eq(
	    transport_send(arena, &config, FROM, "-bi", TEXT, &reply),
	    SMTP_REFUSED);
	ck_assert_int_eq(
	    transport_send(arena, &config, "a b@c.example", TO, TEXT, &reply),
	    SMTP_REFUSED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sendmail");
	TCase *tcase = tcase_create("sendmail");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, hands_over_message_and_envelope);
	tcase_add_test(tcase, gives_it_nothing_else);
	tcase_add_loop_test(
	    tcase, reads_its_exit_status, 0, (int)ARRAY_LEN(exits));
	tcase_add_test(tcase, tells_that_it_was_killed);
	tcase_add_test(tcase, tells_that_it_is_not_there);
	tcase_add_test(tcase, waits_no_longer_than_for_a_server);
	tcase_add_test(tcase, does_not_wait_for_what_it_leaves_behind);
	/* Any of the first three may be closed. */
	tcase_add_loop_test(tcase, needs_no_open_descriptors, 0, 8);
	tcase_add_test(tcase, bears_a_long_message_and_much_talk);
	tcase_add_test(tcase, runs_nothing_for_what_is_no_address);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
