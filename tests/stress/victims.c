/* victims.c - finds them in /proc below those that were started for us. */

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/stress/stress.h"
#include "tests/stress/victims.h"

#define USER "chatelaine" /* of the instance, when root calls */
#define PIDS_MAX 64

static pid_t workers[WORKERS];

/* The number that a file of the instance begins with; 0: none. */
static pid_t
read_pid(const char *name)
{
	struct arena *arena = arena_new();
	long pid = 0;
	size_t size;
	char *text;

	if (file_read(arena,
		arena_printf(arena, "%s/%s", web_directory(), name), 4096,
		&text, &size) == ST_OK)
		pid = strtol(text, NULL, 10);
	arena_free(arena);
	return (pid_t)pid;
}

/* Numbers in a text, up to PIDS_MAX. */
static size_t
list_pids(const char *text, pid_t pids[static PIDS_MAX])
{
	size_t count = 0;
	char *end;

	while (count < PIDS_MAX) {
		long pid = strtol(text, &end, 10);

		if (end == text)
			break;
		pids[count++] = (pid_t)pid;
		text = end;
	}
	return count;
}

static size_t
children_of(pid_t parent, pid_t pids[static PIDS_MAX])
{
	struct arena *arena = arena_new();
	const char *path = arena_printf(
	    arena, "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
	char text[4096] = "";
	FILE *file = fopen(path, "r");
	size_t count = 0;

	if (file != NULL) {
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		count = list_pids(text, pids);
		(void)fclose(file);
	}
	arena_free(arena);
	return count;
}

/* --- PostgreSQL --- */

/*
 * The harness starts it so that it forgets the latest commits when it is
 * killed. As no power is cut here, what it has written to files is safe.
 */
static void
make_commits_last(void)
{
	static const char *const settings[] = {
		"ALTER SYSTEM SET synchronous_commit = on",
		"ALTER SYSTEM SET full_page_writes = on",
		"SELECT pg_reload_conf()",
		"CHECKPOINT",
	};
	struct arena *arena = arena_new();
	struct db *db = db_open(arena_printf(arena,
				    "postgres:///chatelaine?host=%s/pg/sock"
				    "&user=postgres&sslmode=disable",
				    web_directory()),
	    "stress");
	const char *message;

	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		ck_assert_msg(
		    db_script(db, arena, settings[i], &message) == ST_OK, "%s",
		    message);
	db_close(db);
	for (int i = 0;
	     test_int("SELECT count(*) FROM pg_settings WHERE name IN"
		      " ('synchronous_commit', 'full_page_writes')"
		      " AND setting = 'on'",
		 NULL) < 2;
	     i++) {
		ck_assert_int_lt(i, 1000);
		(void)usleep(10 * 1000);
	}
	/* Those that are connected have to read them, too: let them go. */
	test_cut_connections();
	arena_free(arena);
}

bool
kill_backend(void)
{
	pid_t pids[PIDS_MAX];
	size_t count = children_of(read_pid("pg/data/postmaster.pid"), pids);

	return count > 0 && kill(pids[chance((uint32_t)count)], SIGKILL) == 0;
}

bool
kill_postgres(void)
{
	pid_t postmaster = read_pid("pg/data/postmaster.pid");
	pid_t pids[PIDS_MAX];
	size_t count;

	ck_assert_int_gt(postmaster, 0);
	/* Stopped, it neither gets more children nor sees them die. */
	(void)kill(postmaster, SIGSTOP);
	count = children_of(postmaster, pids);
	(void)kill(postmaster, SIGKILL);
	for (size_t i = 0; i < count; i++)
		(void)kill(pids[i], SIGKILL);
	test_db_start();
	return true;
}

/* --- handlers --- */

bool
kill_handler(void)
{
	struct arena *arena = arena_new();
	pid_t pids[PIDS_MAX];
	size_t count = list_pids(web_handlers(arena), pids);

	arena_free(arena);
	return count > 0 && kill(pids[chance((uint32_t)count)], SIGKILL) == 0;
}

/* --- workers --- */

static void
become_user(void)
{
	const struct passwd *user = getpwnam(USER);

	if (geteuid() == 0 &&
	    (user == NULL || setgroups(0, NULL) != 0 ||
		setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		_exit(126);
}

static void
run_worker(void)
{
	struct arena *arena = arena_new();
	const char *dir = web_directory();
	const char *argv[] = { arena_printf(arena, "%s/sbin/chatelaine",
				   test_builddir()),
		"--config", arena_printf(arena, "%s/chatelaine.conf", dir),
		"work", NULL };
	union {
		const char **in;
		char *const *out;
	} args = { .in = argv };
	int log;

	(void)setpgid(0, 0);
	become_user();
	/* It goes when we do, whatever ends us; setuid would undo that. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	log = open(
	    arena_printf(arena, "%s/log/worker.log", dir), O_WRONLY | O_APPEND);
	if (log < 0 || dup2(log, STDERR_FILENO) < 0 ||
	    dup2(log, STDOUT_FILENO) < 0 || chdir(dir) != 0)
		_exit(126);
	(void)execve(argv[0], args.out, (char *const[]){ NULL });
	_exit(127);
}

static void
start_worker(int index)
{
	workers[index] = fork();
	ck_assert_int_ge(workers[index], 0);
	if (workers[index] == 0)
		run_worker();
	/* A group, so that its lanes can be killed with it. */
	(void)setpgid(workers[index], workers[index]);
}

static void
end_worker(int index, int signal_number)
{
	int status;

	/* One that has ended by itself is a fault of its own. */
	ck_assert_int_eq(waitpid(workers[index], &status, WNOHANG), 0);
	ck_assert_int_eq(
	    kill(signal_number == SIGKILL ? -workers[index] : workers[index],
		signal_number),
	    0);
	ck_assert_int_eq(waitpid(workers[index], &status, 0), workers[index]);
}

bool
kill_worker(void)
{
	int index = (int)chance(WORKERS);

	end_worker(index, SIGKILL);
	start_worker(index);
	return true;
}

void
workers_stop(void)
{
	for (int i = 0; i < WORKERS; i++)
		end_worker(i, SIGTERM);
}

void
workers_start(void)
{
	for (int i = 0; i < WORKERS; i++)
		start_worker(i);
}

void
victims_prepare(void)
{
	pid_t worker = read_pid("run/worker.pid");
	pid_t pids[PIDS_MAX];

	make_commits_last();
	ck_assert_uint_gt(
	    children_of(read_pid("pg/data/postmaster.pid"), pids), 0);
	ck_assert_int_gt(worker, 0);
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	workers_start();
}
