/* check_work.c - worker processes against a real database and mail server. */

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account/account.h"
#include "account/entry.h"
#include "base/file.h"
#include "base/job.h"
#include "mail/outbox.h"
#include "tests/harness/harness.h"
#include "tests/harness/smtp.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define STANDING "00000000-0000-0000-0000-000000000000"
#define TOKEN "S3cret-one-time-token"
#define PATIENCE \
	30 /* seconds until a condition that does not come true fails */
#define WORKERS_MAX 4

enum {
	EMPTY,
	STATE,
	SEALED,
	REPLY,
	JOBS,
	UNKNOWN,
	RELEASE,
	WAITING,
	CUT,
	CONNECTED,
	ANSWERED,
	SENT,
	LINKS,
	CLOSE,
	OPEN,
	HIDE,
	SHOW,
	HEARTBEAT,
	OLD_HEARTBEAT,
	OLD_ROWS,
	OLD_LEFT,
	OLD_KEY,
	NEXT_KEYS,
	AUDITED,
	SEALED_ROWS,
	COUNTED,
	COUNT
};

static const struct db_stmt stmts[COUNT] = {
	[EMPTY] = { "test_empty",
	    "TRUNCATE job, outbox, worker, signing_key, audit_log,"
	    " audit_pending, audit_seal, counter, account CASCADE" },
	[STATE] = { "test_state", "SELECT state FROM outbox" },
	[SEALED] = { "test_sealed", "SELECT sealed FROM outbox" },
	[REPLY] = { "test_reply", "SELECT coalesce(reply, '-') FROM outbox" },
	[JOBS] = { "test_jobs",
	    "SELECT count(*) FROM job WHERE subject IS DISTINCT FROM '" STANDING
	    "'" },
	[UNKNOWN] = { "test_unknown",
	    "SELECT extract(epoch FROM run_at - now())::bigint FROM job"
	    " WHERE kind = 'unknown'" },
	[RELEASE] = { "test_release",
	    "WITH a AS (UPDATE job SET leased_until = NULL, run_at = now()"
	    " WHERE subject IS DISTINCT FROM '" STANDING
	    "') SELECT pg_notify('job', '')" },
	[WAITING] = { "test_waiting",
	    "SELECT count(*) FROM pg_stat_activity"
	    " WHERE application_name LIKE 'chatelaine %' AND state = 'idle'" },
	[CUT] = { "test_cut",
	    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
	    " WHERE application_name LIKE 'chatelaine %'" },
	[CONNECTED] = { "test_connected",
	    "SELECT count(*) FROM pg_stat_activity"
	    " WHERE application_name LIKE 'chatelaine %'" },
	[ANSWERED] = { "test_answered",
	    "SELECT count(*) FROM outbox WHERE reply IS NOT NULL" },
	[SENT] = { "test_sent",
	    "SELECT count(*) FROM outbox WHERE state = 'sent'" },
	[LINKS] = { "test_links",
	    "SELECT count(*) FROM job WHERE kind = '" ENTRY_LINK_JOB "'" },
	[CLOSE] = { "test_close",
	    "ALTER DATABASE chatelaine ALLOW_CONNECTIONS false" },
	[OPEN] = { "test_open",
	    "ALTER DATABASE chatelaine ALLOW_CONNECTIONS true" },
	/* What the other jobs need, and mail does not. */
	[HIDE] = { "test_hide", "ALTER TABLE audit_pending RENAME TO hidden" },
	[SHOW] = { "test_show", "ALTER TABLE hidden RENAME TO audit_pending" },
	[HEARTBEAT] = { "test_heartbeat",
	    "SELECT count(*) FROM worker"
	    " WHERE seen_at > now() - interval '60 s'" },
	[OLD_HEARTBEAT] = { "test_old_heartbeat",
	    "UPDATE worker SET seen_at = now() - interval '1 day'" },
	[OLD_ROWS] = { "test_old_rows",
	    "INSERT INTO account (email, name, password_hash, created_at)"
	    " VALUES ('old@example.org', 'Old', '-',"
	    " now() - interval '8 days')" },
	[OLD_LEFT] = { "test_old_left", "SELECT count(*) FROM account" },
	[OLD_KEY] = { "test_old_key",
	    "INSERT INTO signing_key"
	    " (kid, public_jwk, public_pem, private_sealed, since)"
	    " VALUES ('old', '{}', '-', '-', now() - interval '89 days')" },
	[NEXT_KEYS] = { "test_next_keys",
	    "SELECT count(*) FROM signing_key WHERE state = 'next'" },
	/* As a handler does it: nobody is told. */
	[AUDITED] = { "test_audited",
	    "WITH a AS (INSERT INTO counted VALUES ('sign_ins', 'granted'))"
	    " INSERT INTO audit_log (actor, action)"
	    " SELECT 'worker', 'check' FROM generate_series(1, 1100)" },
	[SEALED_ROWS] = { "test_sealed_rows",
	    "SELECT count(*) FROM audit_seal" },
	[COUNTED] = { "test_counted",
	    "SELECT value FROM counter WHERE name = 'sign_ins'" },
};

static struct arena *arena;
static struct master_key *key;
static struct db *db;
static struct test_smtp *smtp;
static const char *dir;
static pid_t workers[WORKERS_MAX];
static size_t worker_count;
static bool bare; /* start them with as little as can be */

static const char *
path(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static void PRINTF(2, 3) put_file(const char *name, const char *format, ...)
{
	FILE *file = fopen(path(name), "w");
	va_list args;

	ck_assert_ptr_nonnull(file);
	va_start(args, format);
	ck_assert_int_ge(vfprintf(file, format, args), 0);
	va_end(args);
	ck_assert_int_eq(fclose(file), 0);
}

static void
write_settings(const char *interval)
{
	put_file("key", "%s\n", KEY);
	put_file("conf",
	    "site.url = https://house.example\n"
	    "site.name = The House\n"
	    "database.url = %s\n"
	    "database.worker_url = %s\n"
	    "master_key_file = %s\n"
	    "templates.dir = %s/templates\n"
	    "mail.host = localhost\n"
	    "mail.port = %d\n"
	    "mail.ca_file = %s/ca.pem\n"
	    "mail.user = " TEST_SMTP_USER "\n"
	    "mail.password = " TEST_SMTP_PASSWORD "\n"
	    "mail.from = house@house.example\n"
	    "work.interval = %s\n",
	    test_handler_url(), test_database_url(), path("key"), test_srcdir(),
	    smtp->port, smtp->dir, interval);
}

static void
setup(void)
{
	const char *why;
	char *made;

	arena = arena_new();
	(void)umask(077);
	made = arena_strdup(arena, "/tmp/chatelaine-work-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(made));
	dir = made;
	ck_assert_int_eq(secret_init(), ST_OK);
	ck_assert_int_eq(master_key_load(arena, KEY, "", &key, &why), ST_OK);
	db = db_open(test_database_url(), "check_work");
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[EMPTY], DB_NO_ARGS, NULL), ST_OK);
	smtp = test_smtp_start(arena, NULL);
	/* Too long to wait for: only a notification can be in time. */
	write_settings("2m");
}

static void
teardown(void)
{
	for (size_t i = 0; i < worker_count; i++) {
		if (workers[i] > 0) {
			(void)kill(workers[i], SIGKILL);
			(void)waitpid(workers[i], NULL, 0);
		}
	}
	test_smtp_stop(smtp);
	(void)test_run((const char *const[]){ "rm", "-rf", dir, NULL });
	db_close(db);
	master_key_free(key);
	arena_free(arena);
}

/* Start a worker; its log is in the directory. Returns its place in workers. */
static size_t
start(const char *option)
{
	const char *program =
	    arena_printf(arena, "%s/sbin/chatelaine", test_builddir());
	pid_t pid = fork();
	int log;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		log = open(path("log"),
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		(void)dup2(log, STDERR_FILENO);
		if (bare) {
			(void)signal(SIGCHLD, SIG_IGN);
			(void)close(STDIN_FILENO);
			(void)close(STDOUT_FILENO);
			(void)close(STDERR_FILENO);
		}
		(void)execl(program, program, "--config", path("conf"), "work",
		    option, (char *)NULL);
		_exit(127);
	}
	ck_assert_uint_lt(worker_count, WORKERS_MAX);
	workers[worker_count] = pid;
	return worker_count++;
}

/* Wait for a worker's end. Returns its exit status, or 128 and the signal. */
static int
end(size_t worker)
{
	int status;

	ck_assert_int_eq(waitpid(workers[worker], &status, 0), workers[worker]);
	workers[worker] = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int
stop(size_t worker, int signal)
{
	ck_assert_int_eq(kill(workers[worker], signal), 0);
	return end(worker);
}

static void
add(const char *recipient)
{
	ck_assert_int_eq(
	    outbox_add(db, arena, key, NULL, recipient, "verify",
		OUTBOX_VALUES({ "token", TOKEN }, { "ttl", "24 hours" })),
	    ST_OK);
}

static void
change(int stmt)
{
	ck_assert_int_eq(
	    db_query(db, arena, &stmts[stmt], DB_NO_ARGS, NULL), ST_OK);
}

static const char *
text_of(int stmt)
{
	struct db_rows *rows;

	/* The connection may be new: a test restarts the server. */
	if (db_query(db, arena, &stmts[stmt], DB_NO_ARGS, &rows) != ST_OK ||
	    db_count(rows) == 0)
		return "";
	return db_text(rows, 0, 0);
}

static void
wait_for_text(int stmt, const char *text)
{
	const char *seen = "";

	for (int i = 0; i < PATIENCE * 50; i++) {
		seen = text_of(stmt);
		if (strcmp(seen, text) == 0)
			return;
		(void)usleep(20 * 1000);
	}
	ck_abort_msg("%s: %s, not %s", stmts[stmt].name, seen, text);
}

static void
wait_for_file(const char *name)
{
	for (int i = 0; i < PATIENCE * 50; i++) {
		if (*test_smtp_file(arena, smtp, name) != '\0')
			return;
		(void)usleep(20 * 1000);
	}
	ck_abort_msg("%s did not come", name);
}

static const char *
log_text(void)
{
	char *text = NULL;
	size_t size;

	if (file_read(arena, path("log"), 1 << 20, &text, &size) != ST_OK)
		return "";
	return text;
}

static void
wait_for_log(const char *words)
{
	for (int i = 0; i < PATIENCE * 50; i++) {
		if (strstr(log_text(), words) != NULL)
			return;
		(void)usleep(20 * 1000);
	}
	ck_abort_msg("not logged: %s", words);
}

/* The process of a worker's that does a lane; waits for it. */
static pid_t
lane(size_t worker, const char *process)
{
	const char *find = arena_printf(arena,
	    "for p in /proc/[0-9]*; do"
	    " [ \"$(cat $p/comm)\" = '%s' ] &&"
	    " grep -q '^PPid:[[:space:]]*%d$' $p/status && echo ${p#/proc/};"
	    " done 2>/dev/null",
	    process, (int)workers[worker]);
	int pid = 0;

	for (int i = 0; i < PATIENCE * 10 && pid == 0; i++) {
		FILE *found = popen(find, "r");

		ck_assert_ptr_nonnull(found);
		if (fscanf(found, "%d", &pid) != 1)
			pid = 0;
		(void)pclose(found);
		if (pid == 0)
			(void)usleep(100 * 1000);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

/* An unverified account whose link somebody asks for: a job, then a mail. */
static void
ask_link(const char *email)
{
	const struct config config = { .verification_ttl = 86400 };
	struct entry entry = { .db = db,
		.arena = arena,
		.config = &config,
		.key = key,
		.browser = "" };
	const char *id;

	ck_assert_int_eq(
	    account_create(db, arena, email, "Ada", "-", false, &id), ST_OK);
	ck_assert_int_eq(entry_ask_link(&entry, email), ST_OK);
}

/* Settings for a mail server without TLS or AUTH, or with "more". */
static void
use_port(int port, const char *more)
{
	put_file("conf",
	    "site.url = https://house.example\n"
	    "site.name = The House\n"
	    "database.url = %s\n"
	    "database.worker_url = %s\n"
	    "master_key_file = %s\n"
	    "templates.dir = %s/templates\n"
	    "mail.host = localhost\n"
	    "mail.port = %d\n"
	    "mail.from = house@house.example\n"
	    "work.interval = 2m\n%s",
	    test_handler_url(), test_database_url(), path("key"), test_srcdir(),
	    port, more);
}

/* A mail server that accepts connections and says nothing: its socket. */
static int
listen_in_silence(const char *more)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	union {
		struct sockaddr_in *in;
		struct sockaddr *any;
	} at = { .in = &address };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, at.any, size), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	ck_assert_int_eq(getsockname(fd, at.any, &size), 0);
	use_port(ntohs(address.sin_port), more);
	return fd;
}

START_TEST(sends_what_is_queued_while_it_waits)
{
	size_t worker = start(NULL);

	wait_for_text(WAITING, "2");
	wait_for_text(HEARTBEAT, "2");
	add("ada@example.org");
	wait_for_text(STATE, "sent");
	ck_assert_str_eq(text_of(SEALED), "");
	ck_assert_str_eq(text_of(JOBS), "0");
	ck_assert_ptr_nonnull(strstr(test_smtp_message(arena, smtp, 1),
	    "Subject: Confirm your address for The House\r\n"));
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

START_TEST(sends_what_was_queued_before_and_stops)
{
	add("ada@example.org");
	add("bob@example.org");
	change(OLD_ROWS);
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_uint_eq(test_smtp_count(smtp), 2);
	ck_assert_str_eq(text_of(JOBS), "0");
	ck_assert_str_eq(text_of(HEARTBEAT), "2");
	ck_assert_str_eq(text_of(OLD_LEFT), "0");
	ck_assert_int_eq(end(start("--once")), 0);
}
END_TEST

/* An active key that has had its 90 days, but for the last. */
START_TEST(publishes_the_next_signing_key_in_time)
{
	change(OLD_KEY);
	ck_assert_str_eq(text_of(NEXT_KEYS), "0");
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_str_eq(text_of(NEXT_KEYS), "1");
	ck_assert_str_eq(text_of(JOBS), "0");
	wait_for_log("published");
}
END_TEST

START_TEST(ends_at_once_when_idle)
{
	size_t worker = start(NULL);

	wait_for_text(WAITING, "2");
	wait_for_text(HEARTBEAT, "2");
	ck_assert_int_eq(stop(worker, SIGINT), 0);
}
END_TEST

START_TEST(finishes_the_mail_in_hand_before_it_ends)
{
	size_t worker = start(NULL);

	add("slow-a@example.org");
	wait_for_file("waiting");
	add("bob@example.org");
	ck_assert_int_eq(kill(workers[worker], SIGTERM), 0);
	wait_for_log("asked to stop");
	test_smtp_go(smtp);
	ck_assert_int_eq(end(worker), 0);
	ck_assert_uint_eq(test_smtp_count(smtp), 1);
	ck_assert_str_eq(text_of(JOBS), "1");
}
END_TEST

START_TEST(is_taken_over_when_killed_in_mid_send)
{
	size_t first = start(NULL), second;

	add("slow-a@example.org");
	wait_for_file("waiting");
	ck_assert_int_eq(kill(lane(first, "chatelaine mail"), SIGKILL), 0);
	second = start(NULL);
	ck_assert_str_eq(text_of(STATE), "queued");
	test_smtp_go(smtp);
	change(RELEASE); /* as if the lease had ended */
	wait_for_text(STATE, "sent");
	ck_assert_str_eq(text_of(JOBS), "0");
	ck_assert_uint_ge(test_smtp_count(smtp), 1);
	ck_assert_int_eq(stop(first, SIGTERM), 0);
	ck_assert_int_eq(stop(second, SIGTERM), 0);
}
END_TEST

static const char *const processes[] = { "chatelaine jobs", "chatelaine mail" };

START_TEST(begins_again_what_was_killed)
{
	size_t worker = start(NULL);
	pid_t first = lane(worker, processes[_i]);

	wait_for_text(WAITING, "2");
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	wait_for_log("was ended by signal 9, and begins again");
	ck_assert_int_ne(lane(worker, processes[_i]), first);
	ask_link("ada@example.org");
	wait_for_text(STATE, "sent");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
	/* PostgreSQL's side of a connection ends a moment after ours. */
	wait_for_text(CONNECTED, "0");
}
END_TEST

/* No descriptor is open, and children are not to be waited for. */
START_TEST(minds_nothing_that_it_was_left)
{
	size_t worker;
	pid_t first;

	bare = true;
	worker = start(NULL);
	first = lane(worker, "chatelaine mail");
	wait_for_text(WAITING, "2");
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	for (int i = 0;
	     i < PATIENCE * 50 && lane(worker, "chatelaine mail") == first; i++)
		(void)usleep(20 * 1000);
	add("ada@example.org");
	wait_for_text(STATE, "sent");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

/* In its own time, as it may have a mail in hand. */
START_TEST(ends_with_the_process_that_keeps_it)
{
	size_t worker = start(NULL);

	add("slow-a@example.org");
	wait_for_file("waiting");
	ck_assert_int_eq(stop(worker, SIGKILL), 128 + SIGKILL);
	wait_for_text(CONNECTED, "1");
	test_smtp_go(smtp);
	wait_for_text(STATE, "sent");
	wait_for_text(CONNECTED, "0");
	ck_assert_uint_eq(test_smtp_count(smtp), 1);
}
END_TEST

/* Accepted by the kernel, and answered by nobody. */
START_TEST(does_other_jobs_while_the_mail_server_is_silent)
{
	int silent = listen_in_silence(""), heard;
	size_t worker = start(NULL);

	add("ada@example.org");
	heard = accept(silent, NULL, NULL);
	ck_assert_int_ge(heard, 0);
	ask_link("bob@example.org");
	wait_for_text(LINKS, "0");
	ck_assert_str_eq(text_of(JOBS), "2"); /* mails */
	ck_assert_str_eq(text_of(ANSWERED), "0");
	ck_assert_int_eq(close(heard), 0);
	ck_assert_int_eq(close(silent), 0);
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

/* Else a thousand mails would wait for it one by one. */
START_TEST(tries_one_mail_where_the_server_is_silent)
{
	int silent = listen_in_silence("mail.timeout = 1s\n");

	for (size_t i = 0; i < 20; i++)
		add(arena_printf(arena, "ada%zu@example.org", i));
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_str_eq(text_of(ANSWERED), "1");
	ck_assert_str_eq(text_of(JOBS), "20");
	ck_assert_int_eq(close(silent), 0);
}
END_TEST

START_TEST(tries_one_mail_where_nobody_listens)
{
	test_smtp_halt(smtp);
	for (size_t i = 0; i < 20; i++)
		add(arena_printf(arena, "ada%zu@example.org", i));
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_str_eq(text_of(ANSWERED), "1");
	ck_assert_str_eq(text_of(JOBS), "20");
	test_smtp_resume(smtp);
	change(RELEASE);
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_str_eq(text_of(JOBS), "0");
}
END_TEST

START_TEST(does_other_jobs_between_a_thousand_mails)
{
	const char *const options[] = { "--plain", NULL };
	const size_t mails = 1000;
	size_t worker;

	test_smtp_stop(smtp);
	smtp = test_smtp_start(arena, options);
	use_port(smtp->port, "mail.tls = none\n");
	ck_assert_int_eq(db_begin(db), ST_OK);
	for (size_t i = 0; i < mails; i++)
		add(arena_printf(arena, "ada%zu@example.org", i));
	ck_assert_int_eq(db_commit(db), ST_OK);
	worker = start(NULL);
	wait_for_file("1.eml");
	ask_link("bob@example.org");
	wait_for_text(LINKS, "0");
	ck_assert_int_lt(strtoll(text_of(SENT), NULL, 10), (long long)mails);
	/* However long it takes, as long as it goes on. */
	for (size_t i = 101; i <= mails + 1; i += 100)
		wait_for_file(arena_printf(arena, "%zu.eml", i));
	wait_for_text(JOBS, "0");
	ck_assert_uint_eq(test_smtp_count(smtp), mails + 1);
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

/* With a slow server they would be ever more. */
START_TEST(leaves_mail_to_the_run_that_is_at_it)
{
	size_t first;

	add("slow-a@example.org");
	first = start("--once");
	wait_for_file("waiting");
	add("bob@example.org");
	ask_link("ada@example.org");
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_str_eq(text_of(LINKS), "0");
	ck_assert_str_eq(text_of(SENT), "0");
	test_smtp_go(smtp);
	ck_assert_int_eq(end(first), 0);
	ck_assert_str_eq(text_of(SENT), "3");
}
END_TEST

START_TEST(stores_the_outcome_on_a_new_connection)
{
	size_t worker = start(NULL);

	add("slow-a@example.org");
	wait_for_file("waiting");
	wait_for_text(CONNECTED, "2");
	ck_assert_str_eq(text_of(CUT), "2");
	test_smtp_go(smtp);
	wait_for_text(STATE, "sent");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
	ck_assert_uint_eq(test_smtp_count(smtp), 1);
}
END_TEST

START_TEST(stores_the_outcome_once_it_can)
{
	struct db *elsewhere = db_open(test_empty_database(), "check_work");
	size_t worker = start(NULL);

	add("slow-a@example.org");
	wait_for_file("waiting");
	wait_for_text(CONNECTED, "2");
	ck_assert_int_eq(
	    db_query(elsewhere, arena, &stmts[CLOSE], DB_NO_ARGS, NULL), ST_OK);
	ck_assert_str_eq(text_of(CUT), "2");
	test_smtp_go(smtp);
	wait_for_file("1.eml");
	wait_for_log("no connection to the database");
	ck_assert_int_eq(
	    db_query(elsewhere, arena, &stmts[OPEN], DB_NO_ARGS, NULL), ST_OK);
	wait_for_text(STATE, "sent");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
	ck_assert_uint_eq(test_smtp_count(smtp), 1);
	db_close(elsewhere);
}
END_TEST

START_TEST(goes_on_when_the_mail_server_is_back)
{
	size_t worker = start(NULL);

	test_smtp_halt(smtp);
	add("ada@example.org");
	wait_for_text(REPLY, "Connection refused");
	ck_assert_str_eq(text_of(STATE), "queued");
	test_smtp_resume(smtp);
	change(RELEASE);
	wait_for_text(STATE, "sent");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

START_TEST(goes_on_when_the_database_is_back)
{
	size_t worker = start(NULL);

	wait_for_text(WAITING, "2");
	wait_for_text(HEARTBEAT, "2");
	test_db_restart();
	wait_for_text(JOBS, "0");
	add("ada@example.org");
	wait_for_text(STATE, "sent");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

/* One lane holds up nothing of another's, under cron either. */
START_TEST(sends_mail_though_other_jobs_fail)
{
	add("ada@example.org");
	change(HIDE);
	ck_assert_int_eq(end(start("--once")), 1);
	change(SHOW);
	ck_assert_str_eq(text_of(STATE), "sent");
	ck_assert_int_eq(end(start("--once")), 0);
}
END_TEST

START_TEST(tells_cron_when_the_database_is_away)
{
	put_file("conf",
	    "site.url = https://house.example\n"
	    "database.url = host=/nonexistent\n"
	    "database.worker_url = host=/nonexistent\n"
	    "master_key_file = %s\ntemplates.dir = %s/templates\n",
	    path("key"), test_srcdir());
	ck_assert_int_eq(end(start("--once")), 1);
}
END_TEST

START_TEST(bounces_what_is_refused)
{
	size_t worker = start(NULL);

	add("refuse-a@example.org");
	wait_for_text(STATE, "bounced");
	ck_assert_str_eq(text_of(JOBS), "0");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

START_TEST(puts_off_what_it_does_not_know)
{
	int64_t seconds;

	ck_assert_int_eq(job_add(db, arena, "unknown", NULL, NULL, 0), ST_OK);
	add("ada@example.org");
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_str_eq(text_of(STATE), "sent");
	seconds = strtoll(text_of(UNKNOWN), NULL, 10);
	ck_assert_int_gt(seconds, 3000);
	ck_assert_int_le(seconds, 3600);
}
END_TEST

START_TEST(shares_the_work_with_others)
{
	const size_t mails = 30;
	size_t one = start(NULL), two = start(NULL);
	const char *envelopes = "";

	wait_for_text(WAITING, "4");
	for (size_t i = 0; i < mails; i++)
		add(arena_printf(arena, "ada%zu@example.org", i));
	wait_for_text(JOBS, "0");
	ck_assert_uint_eq(test_smtp_count(smtp), mails);
	for (size_t i = 0; i < mails; i++)
		envelopes = arena_printf(arena, "%s%s", envelopes,
		    test_smtp_file(arena, smtp,
			arena_printf(arena, "%zu.envelope", i + 1)));
	for (size_t i = 0; i < mails; i++)
		ck_assert_ptr_nonnull(strstr(envelopes,
		    arena_printf(arena, "\nada%zu@example.org\n", i)));
	ck_assert_int_eq(stop(one, SIGTERM), 0);
	ck_assert_int_eq(stop(two, SIGTERM), 0);
}
END_TEST

START_TEST(gives_signs_of_life)
{
	size_t worker;

	write_settings("5s");
	worker = start(NULL);
	wait_for_text(HEARTBEAT, "2");
	change(OLD_HEARTBEAT);
	ck_assert_str_eq(text_of(HEARTBEAT), "0");
	wait_for_text(HEARTBEAT, "2");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

/* It may be minutes until the next one. */
START_TEST(gives_a_sign_of_life_before_a_mail)
{
	size_t worker = start(NULL);

	wait_for_text(WAITING, "2");
	wait_for_text(HEARTBEAT, "2");
	change(OLD_HEARTBEAT);
	ck_assert_str_eq(text_of(HEARTBEAT), "0");
	add("slow-a@example.org");
	wait_for_file("waiting");
	ck_assert_str_eq(text_of(HEARTBEAT), "1");
	test_smtp_go(smtp);
	wait_for_text(STATE, "sent");
	ck_assert_int_eq(stop(worker, SIGTERM), 0);
}
END_TEST

/* With an interval that is too long to wait for. */
START_TEST(seals_the_audit_log_and_sums_up_unasked)
{
	size_t one = start(NULL), two = start(NULL);

	wait_for_text(WAITING, "4");
	change(AUDITED);
	wait_for_text(SEALED_ROWS, "1100");
	wait_for_text(COUNTED, "1");
	ck_assert_int_eq(stop(one, SIGTERM), 0);
	ck_assert_int_eq(stop(two, SIGTERM), 0);
}
END_TEST

/* Once an hour, by the clean-up: the first is at once. */
START_TEST(logs_the_head_of_the_chain)
{
	change(AUDITED);
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_str_eq(text_of(SEALED_ROWS), "1100");
	ck_assert_ptr_nonnull(
	    strstr(log_text(), "\"audit log sealed up to 1100:"));
}
END_TEST

START_TEST(sends_a_link_that_was_asked_for_again)
{
	const char *message;

	ask_link("ada@example.org");
	ck_assert_int_eq(end(start("--once")), 0);
	ck_assert_uint_eq(test_smtp_count(smtp), 1);
	message = test_smtp_message(arena, smtp, 1);
	ck_assert_ptr_nonnull(strstr(message, "To: ada@example.org\r\n"));
	ck_assert_str_eq(text_of(JOBS), "0");
}
END_TEST

START_TEST(tells_its_log_no_secret)
{
	const char *const secrets[] = { TOKEN, TEST_SMTP_PASSWORD, KEY,
		"ada@example.org", "refuse-a@example.org",
		"defer-a@example.org" };
	const char *log;

	add("ada@example.org");
	add("refuse-a@example.org");
	add("defer-a@example.org");
	ck_assert_int_eq(end(start("--once")), 0);
	log = log_text();
	ck_assert_ptr_nonnull(strstr(log, "bounced: 550\""));
	ck_assert_ptr_nonnull(strstr(log, "s: 451\""));
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
		ck_assert_msg(
		    strstr(log, secrets[i]) == NULL, "%s", secrets[i]);
}
END_TEST

START_TEST(takes_no_other_argument)
{
	ck_assert_int_eq(end(start("--twice")), 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("work");
	TCase *tcase = tcase_create("work");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, sends_what_is_queued_while_it_waits);
	tcase_add_test(tcase, sends_what_was_queued_before_and_stops);
	tcase_add_test(tcase, publishes_the_next_signing_key_in_time);
	tcase_add_test(tcase, ends_at_once_when_idle);
	tcase_add_test(tcase, finishes_the_mail_in_hand_before_it_ends);
	tcase_add_test(tcase, is_taken_over_when_killed_in_mid_send);
	tcase_add_loop_test(
	    tcase, begins_again_what_was_killed, 0, (int)ARRAY_LEN(processes));
	tcase_add_test(tcase, minds_nothing_that_it_was_left);
	tcase_add_test(tcase, ends_with_the_process_that_keeps_it);
	tcase_add_test(tcase, does_other_jobs_while_the_mail_server_is_silent);
	tcase_add_test(tcase, tries_one_mail_where_the_server_is_silent);
	tcase_add_test(tcase, tries_one_mail_where_nobody_listens);
	tcase_add_test(tcase, does_other_jobs_between_a_thousand_mails);
	tcase_add_test(tcase, leaves_mail_to_the_run_that_is_at_it);
	tcase_add_test(tcase, stores_the_outcome_on_a_new_connection);
	tcase_add_test(tcase, stores_the_outcome_once_it_can);
	tcase_add_test(tcase, goes_on_when_the_mail_server_is_back);
	tcase_add_test(tcase, goes_on_when_the_database_is_back);
	tcase_add_test(tcase, sends_mail_though_other_jobs_fail);
	tcase_add_test(tcase, tells_cron_when_the_database_is_away);
	tcase_add_test(tcase, bounces_what_is_refused);
	tcase_add_test(tcase, puts_off_what_it_does_not_know);
	tcase_add_test(tcase, shares_the_work_with_others);
	tcase_add_test(tcase, gives_signs_of_life);
	tcase_add_test(tcase, gives_a_sign_of_life_before_a_mail);
	tcase_add_test(tcase, seals_the_audit_log_and_sums_up_unasked);
	tcase_add_test(tcase, logs_the_head_of_the_chain);
	tcase_add_test(tcase, sends_a_link_that_was_asked_for_again);
	tcase_add_test(tcase, tells_its_log_no_secret);
	tcase_add_test(tcase, takes_no_other_argument);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
