/* smtp.c - starts, asks and stops tests/mail/smtp_server.py. */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "tests/harness/smtp.h"

#define PYTHON "/usr/bin/python3" /* the one that Debian's aiosmtpd is for */
#define SERVER TEST_SRCDIR "/tests/mail/smtp_server.py"
#define OPTIONS_MAX 8
#define START_SECONDS 30

/* Not an assertion of Check's: an instance wants one before any test runs. */
static void
need(bool good, const char *what)
{
	if (!good) {
		perror(what);
		exit(EXIT_FAILURE);
	}
}

static const char *
path(struct arena *arena, const struct test_smtp *smtp, const char *name)
{
	return arena_printf(arena, "%s/%s", smtp->dir, name);
}

const char *
test_smtp_file(
    struct arena *arena, const struct test_smtp *smtp, const char *name)
{
	struct strbuf sb;
	char buffer[4096];
	ssize_t got;
	int fd = open(path(arena, smtp, name), O_RDONLY);

	strbuf_init(&sb, arena);
	while (fd >= 0 && (got = read(fd, buffer, sizeof(buffer))) > 0)
		strbuf_add(&sb, buffer, (size_t)got);
	if (fd >= 0)
		(void)close(fd);
	return sb.text;
}

static void
run_server(const struct test_smtp *smtp, const char *const *options)
{
	const char *argv[OPTIONS_MAX + 6] = { PYTHON, SERVER, smtp->dir,
		"--port" };
	char port[8];
	size_t argc = 5;

	(void)snprintf(port, sizeof(port), "%d", smtp->port);
	argv[4] = port;
	while (
	    options != NULL && *options != NULL && argc < ARRAY_LEN(argv) - 1)
		argv[argc++] = *options++;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(PYTHON, (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Start it, and wait for the port's file: then it listens. */
static void
launch(struct arena *arena, struct test_smtp *smtp, const char *const *options)
{
	const char *port = "";

	(void)unlink(path(arena, smtp, "port"));
	smtp->pid = fork();
	need(smtp->pid >= 0, "fork");
	if (smtp->pid == 0)
		run_server(smtp, options);
	for (int i = 0; i < START_SECONDS * 50 && *port == '\0'; i++) {
		need(waitpid(smtp->pid, NULL, WNOHANG) == 0, SERVER);
		(void)usleep(20 * 1000);
		port = test_smtp_file(arena, smtp, "port");
	}
	smtp->port = (int)strtol(port, NULL, 10);
	need(smtp->port > 0, SERVER);
}

struct test_smtp *
test_smtp_start(struct arena *arena, const char *const *options)
{
	struct test_smtp *smtp = arena_alloc(arena, sizeof(*smtp));
	char *dir = arena_strdup(arena, "/tmp/chatelaine-smtp-XXXXXX");

	need(mkdtemp(dir) != NULL, dir);
	smtp->dir = dir;
	launch(arena, smtp, options);
	return smtp;
}

void
test_smtp_halt(struct test_smtp *smtp)
{
	if (smtp->pid <= 0)
		return;
	(void)kill(smtp->pid, SIGKILL);
	(void)waitpid(smtp->pid, NULL, 0);
	smtp->pid = 0;
}

void
test_smtp_resume(struct test_smtp *smtp)
{
	struct arena *arena = arena_new();

	launch(arena, smtp, NULL);
	arena_free(arena);
}

void
test_smtp_stop(struct test_smtp *smtp)
{
	struct arena *arena = arena_new();
	DIR *dir = opendir(smtp->dir);
	struct dirent *entry;

	test_smtp_halt(smtp);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)unlink(path(arena, smtp, entry->d_name));
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(smtp->dir);
	arena_free(arena);
}

struct config
test_smtp_config(struct arena *arena, const struct test_smtp *smtp)
{
	return (struct config){
		.site_url = "https://house.example",
		.site_name = "The House",
		.mail_host = "localhost",
		.mail_port = smtp->port,
		.mail_tls = MAIL_TLS_STARTTLS,
		.mail_ca_file = path(arena, smtp, "ca.pem"),
		.mail_user = TEST_SMTP_USER,
		.mail_password = TEST_SMTP_PASSWORD,
		.mail_from = "house@house.example",
		.mail_return_path = "",
		.mail_timeout = 20,
	};
}

const char *
test_smtp_message(
    struct arena *arena, const struct test_smtp *smtp, size_t number)
{
	return test_smtp_file(
	    arena, smtp, arena_printf(arena, "%zu.eml", number));
}

size_t
test_smtp_count(const struct test_smtp *smtp)
{
	struct arena *arena = arena_new();
	size_t count = 0;

	while (*test_smtp_message(arena, smtp, count + 1) != '\0')
		count++;
	arena_free(arena);
	return count;
}

void
test_smtp_go(const struct test_smtp *smtp)
{
	struct arena *arena = arena_new();
	int fd = open(path(arena, smtp, "go"), O_WRONLY | O_CREAT, 0600);

	need(fd >= 0, "go");
	(void)close(fd);
	arena_free(arena);
}
