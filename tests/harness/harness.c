/* harness.c - the cluster's life is bound to a pipe, not to our good manners. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/migrate.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"

#define SKIP 77

static struct arena *arena; /* for the paths and URLs; process-long */
static const char *cluster; /* the directory; NULL: none */
static const char *owner = "postgres"; /* of the cluster, when root calls */
static pid_t guardian;
static int lifeline = -1; /* the guardian acts when all copies are closed */

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

const char *
test_srcdir(void)
{
	static char path[PATH_MAX];
	const char *given = getenv("srcdir");

	if (path[0] == '\0' &&
	    realpath(given != NULL ? given : TEST_SRCDIR, path) == NULL)
		die("srcdir");
	return path;
}

const char *
test_builddir(void)
{
	return TEST_BUILDDIR;
}

int
test_run(const char *const *argv)
{
	pid_t child = fork();
	int status;

	if (child == -1)
		die("fork");
	if (child == 0) {
		/* execvp changes no string, it only lacks the const. */
		union {
			const char *const *in;
			char *const *out;
		} args = { .in = argv };

		(void)execvp(argv[0], args.out);
		_exit(127);
	}
	while (waitpid(child, &status, 0) == -1) {
		if (errno != EINTR)
			die("waitpid");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const char *
test_directory_new(struct arena *holder)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = arena_printf(
	    holder, "%s/chatelaine.XXXXXX", tmp != NULL ? tmp : "/tmp");

	if (mkdtemp(dir) == NULL)
		die(dir);
	return dir;
}

void
test_write_file(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		die(path);
}

void
test_directory_remove(const char *dir)
{
	if (test_run((const char *const[]){ "rm", "-rf", dir, NULL }) != 0)
		die(dir);
}

/* "start" or "stop" the cluster; option may be NULL. */
static int
postgres(const char *verb, const char *option)
{
	const char *script =
	    arena_printf(arena, "%s/conf/quickstart/postgres", test_srcdir());

	return test_run((const char *const[]){ script, verb, cluster, "--user",
	    owner, "--pattern", TEST_BUILDDIR "/tests/cluster", option, NULL });
}

static void
cluster_remove(void)
{
	(void)postgres("stop", "--fast");
	test_directory_remove(cluster);
}

/*
 * A process that waits for the death of this one and then clears up, so that
 * a crash, a Ctrl-C or a SIGKILL leaves no server behind.
 */
static void
guardian_start(void (*clear_up)(void))
{
	int fds[2];
	char byte;

	if (pipe2(fds, O_CLOEXEC) != 0)
		die("pipe");
	guardian = fork();
	if (guardian == -1)
		die("fork");
	if (guardian != 0) {
		(void)close(fds[0]);
		lifeline = fds[1];
		return;
	}
	(void)setsid(); /* or the terminal's Ctrl-C would end it too */
	(void)close(fds[1]);
	while (read(fds[0], &byte, 1) == -1 && errno == EINTR)
		;
	clear_up();
	_exit(0);
}

static void
guardian_finish(void)
{
	(void)close(lifeline);
	while (waitpid(guardian, NULL, 0) == -1 && errno == EINTR)
		;
}

static int
cluster_start(void)
{
	cluster = test_directory_new(arena);
	guardian_start(cluster_remove);
	return postgres("start", "--fast");
}

/* An instance brings a cluster of its own. */
static int
instance_start(const char *server)
{
	const char *dir = test_directory_new(arena);
	int code = web_prepare(dir, server);

	guardian_start(web_remove);
	cluster = arena_printf(arena, "%s/pg", dir);
	owner = "chatelaine";
	if (code == 0)
		code = web_start();
	return code;
}

/* Before any fork, on a connection that is closed again. */
static int
migrate(void)
{
	const char *dir =
	    arena_printf(arena, "%s/migrations/control", test_srcdir());
	struct db *db = db_open(test_database_url(), "harness");
	const char *why;
	enum status st = migrate_up(db, arena, dir, NULL, NULL, &why);

	if (st != ST_OK)
		printf("FAIL: migrations: %s: %s\n", status_name(st), why);
	db_close(db);
	return st == ST_OK ? 0 : EXIT_FAILURE;
}

/* Bring up what is needed. Returns 0, NOT_INSTALLED or another failure. */
static int
bring_up(const char *server, unsigned needs)
{
	int code = 0;

	if (server != NULL)
		code = instance_start(server);
	if ((needs & NEEDS_POSTGRES) != 0)
		code = cluster_start();
	if ((needs & NEEDS_POSTGRES) != 0 && code == 0)
		code = migrate();
	return code;
}

/* The suite, under this server or, when NULL, none. */
static int
run(SRunner *runner, const char *server, unsigned needs)
{
	int code = bring_up(server, needs);

	if (code == 0) {
		srunner_run_all(runner, CK_ENV);
		if (srunner_ntests_failed(runner) != 0)
			code = EXIT_FAILURE;
	} else if (code == NOT_INSTALLED) {
		puts("SKIP: a server is not installed");
		code = SKIP;
	} else {
		code = EXIT_FAILURE;
	}
	if (server != NULL && code != SKIP && !web_stop())
		code = EXIT_FAILURE;
	if (guardian != 0)
		guardian_finish();
	return code;
}

/* In a process of its own, so that nothing of one server meets another. */
static int
run_under(SRunner *runner, const char *server)
{
	pid_t child;
	int status;

	printf("== %s\n", server);
	(void)fflush(NULL);
	child = fork();
	if (child == -1)
		die("fork");
	if (child == 0)
		exit(run(runner, server, 0));
	while (waitpid(child, &status, 0) == -1) {
		if (errno != EINTR)
			die("waitpid");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* Failed under any, failed; else skipped under any, skipped. */
static int
run_under_each(SRunner *runner)
{
	const char *chosen = getenv("TEST_SERVERS");
	char *rest = arena_strdup(arena, chosen != NULL ? chosen : WEB_SERVERS);
	int code = 0, one;

	for (char *name; (name = strsep(&rest, " ")) != NULL;) {
		if (*name == '\0')
			continue;
		one = run_under(runner, name);
		if (code == 0 || (code == SKIP && one != 0))
			code = one;
	}
	return code;
}

int
harness_run(Suite *suite, unsigned needs)
{
	SRunner *runner = srunner_create(suite);
	int code;

	arena = arena_new();
	if ((needs & NEEDS_SERVERS) != 0)
		code = run_under_each(runner);
	else if ((needs & NEEDS_CGI) != 0)
		code = run(runner, "lighttpd-cgi", needs);
	else if ((needs & NEEDS_FASTCGI) != 0)
		code = run(runner, "lighttpd", needs);
	else
		code = run(runner, NULL, needs);
	srunner_free(runner);
	arena_free(arena);
	return code;
}

static const char *
url_of(const char *database, const char *user)
{
	return arena_printf(arena,
	    "postgres:///%s?host=%s/sock&user=%s&sslmode=disable", database,
	    cluster, user);
}

const char *
test_database_url(void)
{
	return url_of("chatelaine", "chatelaine");
}

const char *
test_handler_url(void)
{
	return url_of("chatelaine", "chatelaine_web");
}

const char *
test_empty_database(void)
{
	static unsigned count;
	const char *message;
	struct db *db = db_open(url_of("postgres", "chatelaine"), "harness");
	/* The process is in it, as tests of one program share the server. */
	const char *name =
	    arena_printf(arena, "empty_%ld_%u", (long)getpid(), count++);

	ck_assert_msg(db_script(db, arena,
			  arena_printf(arena,
			      "CREATE DATABASE %s TEMPLATE template0", name),
			  &message) == ST_OK,
	    "%s", message);
	db_close(db);
	return url_of(name, "chatelaine");
}

static struct db *kept; /* of this process, and none that it was forked from */
static pid_t keeper;

struct db *
test_db(void)
{
	if (keeper != getpid()) {
		keeper = getpid();
		kept = db_open(test_database_url(), "fixture");
	}
	return kept;
}

static void
forget_kept(void)
{
	if (keeper == getpid())
		db_close(kept);
	keeper = 0;
}

struct db *
test_db_begin(void)
{
	struct db *db = db_open(test_database_url(), "test");

	ck_assert_int_eq(db_begin(db), ST_OK);
	return db;
}

void
test_db_end(struct db *db)
{
	db_rollback(db);
	db_close(db);
}

void
test_db_stop(void)
{
	forget_kept();
	/* Not the stop that is fast: it forgets the latest commits. */
	ck_assert_int_eq(postgres("stop", NULL), 0);
}

void
test_db_start(void)
{
	ck_assert_int_eq(postgres("start", "--fast"), 0);
}

void
test_db_restart(void)
{
	test_db_stop();
	test_db_start();
}
