/* check_child.c - a function in a process of its own. */

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

static char text[64];
static size_t len;

static void
say(int out, void *closure)
{
	const char *words = closure;

	if (write(out, words, strlen(words)) < 0)
		_exit(1);
}

static void
say_and_die(int out, void *closure)
{
	say(out, closure);
	abort();
}

static void
say_nothing(int out, void *closure)
{
	(void)out;
	(void)closure;
}

static void
sleep_on(int out, void *closure)
{
	(void)out;
	(void)closure;
	for (;;)
		(void)pause();
}

static enum status
run(void (*work)(int, void *), const char *words)
{
	char copy[64];

	(void)snprintf(copy, sizeof(copy), "%s", words);
	return child_run(1, work, copy, text, 8, &len);
}

START_TEST(brings_back_what_was_said)
{
	ck_assert_int_eq(run(say, "hello"), ST_OK);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(text, "hello", 5);
}
END_TEST

START_TEST(brings_back_no_more_than_fits)
{
	text[8] = '!';
	ck_assert_int_eq(run(say, "0123456789"), ST_OK);
	ck_assert_uint_eq(len, 8);
	ck_assert_mem_eq(text, "01234567!", 9);
}
END_TEST

START_TEST(brings_back_what_was_said_before_death)
{
	ck_assert_int_eq(run(say_and_die, "hello"), ST_OK);
	ck_assert_uint_eq(len, 5);
}
END_TEST

START_TEST(tells_silence_from_lateness)
{
	ck_assert_int_eq(run(say_nothing, ""), ST_FAULT);
	ck_assert_int_eq(run(sleep_on, ""), ST_EXPIRED);
}
END_TEST

START_TEST(ends_in_time_with_the_alarm_blocked_or_ignored)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGALRM, SIG_IGN);
	ck_assert_int_eq(run(sleep_on, ""), ST_EXPIRED);
}
END_TEST

START_TEST(leaves_no_child_behind)
{
	ck_assert_int_eq(run(say, "hello"), ST_OK);
	ck_assert_int_eq(run(sleep_on, ""), ST_EXPIRED);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* Tell its own id, by the pipe that closure is, and hang. */
static void
tell_id_and_sleep(int out, void *closure)
{
	pid_t pid = getpid();

	if (write(*(int *)closure, &pid, sizeof(pid)) < 0)
		_exit(1);
	sleep_on(out, NULL);
}

START_TEST(dies_with_its_parent)
{
	int fd[2];
	pid_t parent, pid;

	ck_assert_int_eq(pipe(fd), 0);
	parent = fork();
	if (parent == 0) {
		(void)close(fd[0]);
		_exit(child_run(600, tell_id_and_sleep, &fd[1], text,
			  sizeof(text), &len) == ST_OK);
	}
	(void)close(fd[1]);
	ck_assert_int_eq(read(fd[0], &pid, sizeof(pid)), sizeof(pid));
	ck_assert_int_eq(kill(parent, SIGKILL), 0);
	/* The pipe ends when the last that holds it does. */
	ck_assert_int_eq(read(fd[0], &pid, sizeof(pid)), 0);
	ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("child");
	TCase *tcase = tcase_create("child");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, brings_back_what_was_said);
	tcase_add_test(tcase, brings_back_no_more_than_fits);
	tcase_add_test(tcase, brings_back_what_was_said_before_death);
	tcase_add_test(tcase, tells_silence_from_lateness);
	tcase_add_test(tcase, ends_in_time_with_the_alarm_blocked_or_ignored);
	tcase_add_test(tcase, leaves_no_child_behind);
	tcase_add_test(tcase, dies_with_its_parent);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
