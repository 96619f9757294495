/* check_gateway.c - when handlers end, what they read, and what they write. */

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account/hash_slot.h"
#include "base/text.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/http/fcgi.h"

#define TIMEOUT 120 /* seconds */

#define SIGNUP                                             \
	"{\"email\":\"ada@example.org\",\"name\":\"Ada\"," \
	"\"password\":\"" TEST_PASSWORD "\"}"

#define POST_OF(path, length)                                                 \
	PARAMS("REQUEST_METHOD", "POST", "REQUEST_URI", path, "CONTENT_TYPE", \
	    "application/json", "CONTENT_LENGTH", length, "HTTP_ACCEPT",      \
	    "application/json", "REMOTE_ADDR", "127.0.0.1")

#define SIGN_IN_PAGE \
	PARAMS("REQUEST_METHOD", "GET", "REQUEST_URI", "/auth/signin")

static const int signals[] = { SIGTERM, SIGUSR1 };

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena); /* into the environment */
	test_clear();
}

static void
teardown(void)
{
	arena_free(arena);
}

static const char *
length_of(const char *text)
{
	return arena_printf(arena, "%zu", strlen(text));
}

static int64_t
accounts(void)
{
	return test_int("SELECT count(*) FROM account", NULL);
}

static void
is_answered(int connection, const char *status)
{
	bool whole;
	const char *answer = fcgi_answer(arena, connection, &whole);

	ck_assert(whole);
	ck_assert_msg(text_starts_with(answer, status), "%s", answer);
	ck_assert((strstr(answer, "\r\nRetry-After: ") != NULL) ==
	    (strstr(status, "503") != NULL));
}

/* One request that is answered; the handler then is as if new. */
static void
is_served(const struct fcgi *fcgi)
{
	int connection = fcgi_begin(fcgi, SIGN_IN_PAGE);

	fcgi_finish(connection);
	is_answered(connection, "Status: 200\r\n");
}

/* Told to end while it has nothing to do. */
static void
is_ended(struct fcgi *fcgi, int signal)
{
	fcgi_await_idle(fcgi);
	ck_assert_int_eq(kill(fcgi->pid, signal), 0);
	ck_assert_int_eq(fcgi_join(fcgi), 0);
}

#ifdef __x86_64__

#define SYSCALL_SIZE 2 /* bytes of the instruction */
#define BREAKPOINT 0xccL

static struct user_regs_struct
registers_of(pid_t pid)
{
	struct user_regs_struct registers;

	ck_assert_int_eq(ptrace(PTRACE_GETREGS, pid, NULL, &registers), 0);
	return registers;
}

/* Let it run by PTRACE_CONT or its like, until it is trapped. */
static void
trap(int request, pid_t pid)
{
	int status;

	ck_assert_int_eq(ptrace(request, pid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(WSTOPSIG(status), SIGTRAP);
}

/* Stopped while it waits for a connection, run on until it is about to again. */
static void
run_until_next_accept(pid_t pid)
{
	struct user_regs_struct registers = registers_of(pid);
	void *at = (void *)(registers.rip - SYSCALL_SIZE);
	long code = ptrace(PTRACE_PEEKTEXT, pid, at, NULL);

	ck_assert_uint_eq(registers.orig_rax, SYS_accept);
	trap(PTRACE_SINGLESTEP, pid); /* there is a connection by now */
	ck_assert_int_eq(ptrace(PTRACE_POKETEXT, pid, at,
			     (void *)((code & ~0xffL) | BREAKPOINT)),
	    0);
	trap(PTRACE_CONT, pid);
	registers = registers_of(pid);
	ck_assert_uint_eq(registers.rax, SYS_accept);
	registers.rip = (uintptr_t)at;
	ck_assert_int_eq(ptrace(PTRACE_SETREGS, pid, NULL, &registers), 0);
	ck_assert_int_eq(ptrace(PTRACE_POKETEXT, pid, at, (void *)code), 0);
}

/* Too late for any look at whether it is to stop. */
START_TEST(ends_when_about_to_wait)
{
	struct fcgi *fcgi = fcgi_start(arena);
	int connection, status;

	is_served(fcgi);
	fcgi_await_idle(fcgi);
	ck_assert_int_eq(ptrace(PTRACE_SEIZE, fcgi->pid, NULL, NULL), 0);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, fcgi->pid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(fcgi->pid, &status, 0), fcgi->pid);
	connection = fcgi_begin(fcgi, PARAMS("REQUEST_METHOD", "TRACE"));
	fcgi_finish(connection);
	run_until_next_accept(fcgi->pid);
	ck_assert_int_eq(kill(fcgi->pid, signals[_i]), 0);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, fcgi->pid, NULL, NULL), 0);
	is_answered(connection, "Status: 4");
	ck_assert_int_eq(fcgi_join(fcgi), 0);
}
END_TEST

#endif

static struct db *
lock_accounts(void)
{
	static const struct db_stmt lock = { "lock", "LOCK TABLE account" };
	struct db *db = test_db_begin();

	ck_assert_int_eq(db_query(db, arena, &lock, DB_NO_ARGS, NULL), ST_OK);
	return db;
}

START_TEST(ends_at_once_when_idle)
{
	struct fcgi *fcgi = fcgi_start(arena);

	is_served(fcgi);
	is_ended(fcgi, signals[_i]);
}
END_TEST

START_TEST(ends_before_its_first_request)
{
	struct fcgi *fcgi = fcgi_start(arena);

	is_ended(fcgi, signals[_i]);
}
END_TEST

/* The password is hashed, the row about to be written. */
START_TEST(finishes_the_request_in_hand)
{
	struct fcgi *fcgi = fcgi_start(arena);
	struct db *db = lock_accounts();
	int connection =
	    fcgi_begin(fcgi, POST_OF("/auth/signup", length_of(SIGNUP)));
	const char *answer;
	bool whole;

	fcgi_body(connection, SIGNUP);
	fcgi_finish(connection);
	test_await_waiting(1);
	ck_assert_int_eq(kill(fcgi->pid, signals[_i]), 0);
	ck_assert_int_eq(waitpid(fcgi->pid, NULL, WNOHANG), 0);
	test_db_end(db);
	answer = fcgi_answer(arena, connection, &whole);
	ck_assert(whole);
	ck_assert_msg(
	    text_starts_with(answer, "Status: 202\r\n"), "%s", answer);
	ck_assert_int_eq(fcgi_join(fcgi), 0);
	ck_assert_int_eq(accounts(), 1);
}
END_TEST

START_TEST(finishes_a_request_as_cgi)
{
	struct fcgi *cgi =
	    cgi_start(arena, POST_OF("/auth/signup", length_of(SIGNUP)));
	struct db *db = lock_accounts();
	const char *answer;

	ck_assert_int_eq(
	    write(cgi->in, SIGNUP, strlen(SIGNUP)), (ssize_t)strlen(SIGNUP));
	(void)close(cgi->in);
	test_await_waiting(1);
	ck_assert_int_eq(kill(cgi->pid, signals[_i]), 0);
	test_db_end(db);
	answer = cgi_answer(cgi);
	ck_assert_msg(
	    text_starts_with(answer, "Status: 202\r\n"), "%s", answer);
	ck_assert_int_eq(fcgi_join(cgi), 0);
	ck_assert_int_eq(accounts(), 1);
}
END_TEST

/* A body that does not come as announced: how long it says it is. */
static const char *const lengths[] = { "1000", "5", "0", "-1", "1e3",
	"18446744073709551616", "" };

START_TEST(refuses_a_body_of_another_length)
{
	struct fcgi *fcgi = fcgi_start(arena);
	int connection = fcgi_begin(fcgi, POST_OF("/auth/signup", lengths[_i]));
	const char *answer;
	bool whole;

	fcgi_body(connection, SIGNUP);
	fcgi_finish(connection);
	answer = fcgi_answer(arena, connection, &whole);
	ck_assert(whole);
	/* Without a length, as for chunks, its end is where it ends. */
	ck_assert_msg(
	    text_starts_with(answer,
		lengths[_i][0] != '\0' ? "Status: 400\r\n" : "Status: 202\r\n"),
	    "%s", answer);
	ck_assert_int_eq(accounts(), lengths[_i][0] != '\0' ? 0 : 1);
	is_served(fcgi);
	is_ended(fcgi, SIGTERM);
}
END_TEST

START_TEST(refuses_a_cut_body_as_cgi)
{
	struct fcgi *cgi = cgi_start(arena, POST_OF("/auth/signup", "1000"));
	const char *answer;

	ck_assert_int_eq(
	    write(cgi->in, SIGNUP, strlen(SIGNUP)), (ssize_t)strlen(SIGNUP));
	(void)close(cgi->in);
	answer = cgi_answer(cgi);
	ck_assert_msg(
	    text_starts_with(answer, "Status: 400\r\n"), "%s", answer);
	ck_assert_int_eq(fcgi_join(cgi), 0);
	ck_assert_int_eq(accounts(), 0);
}
END_TEST

/* In chunks, which web servers undo without saying how long it was. */
START_TEST(refuses_an_endless_body_as_cgi)
{
	struct fcgi *cgi = cgi_start(arena,
	    PARAMS("REQUEST_METHOD", "POST", "REQUEST_URI", "/auth/signup",
		"CONTENT_TYPE", "application/json", "HTTP_ACCEPT",
		"application/json", "HTTP_TRANSFER_ENCODING", "chunked"));
	const char *answer;

	ck_assert_int_eq(
	    write(cgi->in, SIGNUP, strlen(SIGNUP)), (ssize_t)strlen(SIGNUP));
	(void)close(cgi->in);
	answer = cgi_answer(cgi);
	ck_assert_msg(
	    text_starts_with(answer, "Status: 411\r\n"), "%s", answer);
	ck_assert_int_eq(fcgi_join(cgi), 0);
	ck_assert_int_eq(accounts(), 0);
}
END_TEST

/* A pipe holds less than that: whoever stops reading stops the writer. */
START_TEST(takes_all_of_what_it_refuses_as_cgi)
{
	static const char bytes[1024 * 1024];
	struct fcgi *cgi = cgi_start(arena, POST_OF("/auth/signup", "1048576"));
	size_t sent = 0;
	const char *answer;
	ssize_t put;

	while (sent < sizeof(bytes)) {
		put = write(cgi->in, bytes + sent, sizeof(bytes) - sent);
		ck_assert_int_gt(put, 0);
		sent += (size_t)put;
	}
	(void)close(cgi->in);
	answer = cgi_answer(cgi);
	ck_assert_msg(
	    text_starts_with(answer, "Status: 413\r\n"), "%s", answer);
	ck_assert_int_eq(fcgi_join(cgi), 0);
}
END_TEST

START_TEST(does_nothing_for_a_request_taken_back)
{
	struct fcgi *fcgi = fcgi_start(arena);
	int connection =
	    fcgi_begin(fcgi, POST_OF("/auth/signup", length_of(SIGNUP)));
	bool whole;

	fcgi_body(connection, "{\"email\":");
	fcgi_abort(connection);
	(void)fcgi_answer(arena, connection, &whole);
	ck_assert_int_eq(accounts(), 0);
	is_served(fcgi);

	/* A body without a length, complete but for its end. */
	connection = fcgi_begin(fcgi, POST_OF("/auth/signup", ""));
	fcgi_body(connection, SIGNUP);
	fcgi_abort(connection);
	(void)fcgi_answer(arena, connection, &whole);
	ck_assert_int_eq(accounts(), 0);
	is_served(fcgi);

	/* Gone altogether, within the body. */
	connection =
	    fcgi_begin(fcgi, POST_OF("/auth/signup", length_of(SIGNUP)));
	fcgi_body(connection, "{\"email\":");
	(void)close(connection);
	is_served(fcgi);
	ck_assert_int_eq(accounts(), 0);

	/* Gone with the body sent: what was asked for is done. */
	connection =
	    fcgi_begin(fcgi, POST_OF("/auth/signup", length_of(SIGNUP)));
	fcgi_body(connection, SIGNUP);
	fcgi_finish(connection);
	(void)close(connection);
	is_served(fcgi);
	ck_assert_int_eq(accounts(), 1);
	is_ended(fcgi, SIGTERM);
}
END_TEST

/* Nor does it hang up, as this end of the connection stays open. */
START_TEST(answers_a_server_that_owes_the_end)
{
	struct fcgi *fcgi = fcgi_start(arena);
	int connection = fcgi_begin(fcgi, SIGN_IN_PAGE);
	int open = dup(connection);

	is_answered(connection, "Status: 200\r\n");
	is_served(fcgi);
	(void)close(open);
	is_ended(fcgi, SIGTERM);
}
END_TEST

#define HEAD_OF(path) PARAMS("REQUEST_METHOD", "HEAD", "REQUEST_URI", path)

/* Web servers would hide it. */
START_TEST(sends_no_body_to_head)
{
	struct fcgi *fcgi = fcgi_start(arena);
	struct fcgi *cgi = cgi_start(arena, HEAD_OF("/auth/signin"));
	int connection = fcgi_begin(fcgi, HEAD_OF("/auth/signin"));
	const char *answers[2];
	bool whole;

	fcgi_finish(connection);
	answers[0] = fcgi_answer(arena, connection, &whole);
	answers[1] = cgi_answer(cgi);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		ck_assert(text_starts_with(answers[i], "Status: 200\r\n"));
		ck_assert_ptr_nonnull(strstr(answers[i], "Content-Length: "));
		ck_assert_str_eq(strstr(answers[i], "\r\n\r\n"), "\r\n\r\n");
	}
	(void)close(cgi->in);
	ck_assert_int_eq(fcgi_join(cgi), 0);
	is_ended(fcgi, SIGTERM);
}
END_TEST

/* The one slot of this machine, for a second of patience. */
static struct db *
fill_slots(void)
{
	struct db *db = db_open(test_handler_url(), "check_gateway");
	struct config config = *test_config(arena);
	char host[256] = "";

	config.password_at_once = 1;
	ck_assert_int_eq(setenv("CHATELAINE_PASSWORD_AT_ONCE", "1", 1), 0);
	ck_assert_int_eq(setenv("CHATELAINE_PASSWORD_WAIT", "1s", 1), 0);
	ck_assert_int_eq(gethostname(host, sizeof(host) - 1), 0);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(hash_slot_take(db, arena, &config, host, 0), ST_OK);
	return db;
}

static int
begin_sign_up(const struct fcgi *fcgi)
{
	int connection =
	    fcgi_begin(fcgi, POST_OF("/auth/signup", length_of(SIGNUP)));

	fcgi_body(connection, SIGNUP);
	fcgi_finish(connection);
	return connection;
}

/* The second would get the slot that the first did not, had it come alone. */
START_TEST(whoever_queued_too_long_is_put_off)
{
	struct db *db = fill_slots();
	struct fcgi *fcgi = fcgi_start(arena);
	int first = begin_sign_up(fcgi), second = begin_sign_up(fcgi);

	is_answered(first, "Status: 503\r\n");
	db_close(db);
	is_answered(second, "Status: 503\r\n");
	ck_assert_int_eq(accounts(), 0);
	/* When nobody queues any more, all is as before. */
	fcgi_await_idle(fcgi);
	is_answered(begin_sign_up(fcgi), "Status: 202\r\n");
	ck_assert_int_eq(accounts(), 1);
	is_ended(fcgi, SIGTERM);
}
END_TEST

/* What hashes nothing is answered, however long the queue. */
START_TEST(others_queue_as_long_as_it_takes)
{
	struct db *db = fill_slots();
	struct fcgi *fcgi = fcgi_start(arena);
	int first = begin_sign_up(fcgi);

	is_served(fcgi);
	is_answered(first, "Status: 503\r\n");
	db_close(db);
	is_ended(fcgi, SIGTERM);
}
END_TEST

static Suite *
gateway_suite(void)
{
	Suite *suite = suite_create("gateway");
	TCase *tcase = tcase_create("gateway");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(
	    tcase, ends_at_once_when_idle, 0, ARRAY_LEN(signals));
	tcase_add_loop_test(
	    tcase, ends_before_its_first_request, 0, ARRAY_LEN(signals));
#ifdef __x86_64__
	tcase_add_loop_test(
	    tcase, ends_when_about_to_wait, 0, ARRAY_LEN(signals));
#endif
	tcase_add_loop_test(
	    tcase, finishes_the_request_in_hand, 0, ARRAY_LEN(signals));
	tcase_add_loop_test(
	    tcase, finishes_a_request_as_cgi, 0, ARRAY_LEN(signals));
	tcase_add_loop_test(
	    tcase, refuses_a_body_of_another_length, 0, ARRAY_LEN(lengths));
	tcase_add_test(tcase, refuses_a_cut_body_as_cgi);
	tcase_add_test(tcase, refuses_an_endless_body_as_cgi);
	tcase_add_test(tcase, takes_all_of_what_it_refuses_as_cgi);
	tcase_add_test(tcase, does_nothing_for_a_request_taken_back);
	tcase_add_test(tcase, answers_a_server_that_owes_the_end);
	tcase_add_test(tcase, sends_no_body_to_head);
	tcase_add_test(tcase, whoever_queued_too_long_is_put_off);
	tcase_add_test(tcase, others_queue_as_long_as_it_takes);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return harness_run(gateway_suite(), NEEDS_POSTGRES);
}
