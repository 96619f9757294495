/* web.c - what ./quickstart starts, asked and stopped; and its mails. */

#include <assert.h>
#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/mail.h"
#include "tests/harness/smtp.h"
#include "tests/harness/web.h"

#define FILE_LIMIT (16 * 1024 * 1024)
#define PATIENCE 60 /* seconds, for a mail or the end of a process */

static struct arena *arena; /* process-long */
static const char *dir, *url, *server;
static struct test_smtp *smtp;
static const char *more_settings[8];

static const char *
quickstart(void)
{
	return arena_printf(arena, "%s/quickstart", test_srcdir());
}

/* "" when there is no such file. */
static const char *
read_file(struct arena *into, const char *name)
{
	const char *path = arena_printf(into, "%s/%s", dir, name);
	size_t size;
	char *text;

	return file_read(into, path, FILE_LIMIT, &text, &size) == ST_OK ? text
									: "";
}

/* Starting and stopping, outside of any test */

/* PostgreSQL and what this server is made of. */
static bool
is_installed(void)
{
	static const struct {
		const char *server;
		const char *programs;
	} needs[] = {
		{ "lighttpd", "lighttpd" },
		{ "apache-proxy-fcgi", "apache2 spawn-fcgi multiwatch" },
		{ "apache-fcgid",
		    "apache2 /usr/lib/apache2/modules/mod_fcgid.so" },
		{ "apache", "apache2" },
	};
	size_t i = 0;

	while (i < ARRAY_LEN(needs) - 1 && !web_is(needs[i].server))
		i++;
	return test_run((const char *const[]){ "sh", "-c",
		   arena_printf(arena,
		       "PATH=$PATH:/usr/sbin; ls %s >/dev/null &&"
		       " for p in %s; do [ -e $p ] ||"
		       " command -v $p >/dev/null || exit 1; done",
		       "/usr/lib/postgresql/*/bin/initdb", needs[i].programs),
		   NULL }) == 0;
}

int
web_prepare(const char *directory, const char *name)
{
	arena = arena_new();
	dir = arena_strdup(arena, directory);
	server = arena_strdup(arena, name);
	if (!is_installed())
		return NOT_INSTALLED;
	smtp = test_smtp_start(arena, NULL);
	/* The worker may be another user, and wants ca.pem. */
	return chmod(smtp->dir, 0755) == 0 ? 0 : EXIT_FAILURE;
}

void
web_set(const char *setting)
{
	size_t i = 0;

	while (more_settings[i] != NULL)
		i++;
	assert(i < ARRAY_LEN(more_settings) - 1);
	more_settings[i] = setting;
}

/* Tests sign in and up more often than people. */
static const char *const unlimited[] = { "limit.password=off",
	"limit.password_device=off", "limit.password_ip=off", "limit.code=off",
	"limit.signup=off", "limit.mail=off", "limit.mail_ip=off",
	"limit.token=off", "limit.refresh=off" };

/* Of settings given twice, the last one counts. */
static int
start(void)
{
	const char *argv[64] = { quickstart(), "start", "--dir", dir, "--build",
		test_builddir(), "--port", "0", "--no-mail", "--server", server,
		"--set", "password.memory=19M", "--set", "mail.host=localhost",
		"--set", arena_printf(arena, "mail.port=%d", smtp->port),
		"--set", "mail.tls=starttls", "--set",
		arena_printf(arena, "mail.ca_file=%s/ca.pem", smtp->dir),
		"--set", "mail.user=" TEST_SMTP_USER, "--set",
		"mail.password=" TEST_SMTP_PASSWORD, "--set",
		"metrics.token=" WEB_METRICS_TOKEN };
	size_t argc = 0;

	while (argv[argc] != NULL)
		argc++;
	for (size_t i = 0; i < ARRAY_LEN(unlimited); i++) {
		argv[argc++] = "--set";
		argv[argc++] = unlimited[i];
	}
	for (size_t i = 0; more_settings[i] != NULL; i++) {
		argv[argc++] = "--set";
		argv[argc++] = more_settings[i];
	}
	return test_run(argv);
}

/* The address that quickstart has drawn. */
static const char *
read_url(void)
{
	return arena_printf(arena, "http://127.0.0.1:%ld",
	    strtol(read_file(arena, "ports"), NULL, 10));
}

int
web_start(void)
{
	int code;

	code = start();
	url = read_url();
	return code == 0 ? 0 : EXIT_FAILURE;
}

static int
stop(void)
{
	return test_run(
	    (const char *const[]){ quickstart(), "stop", "--dir", dir, NULL });
}

/* Did a sanitizer write into this log? Leaks are told at a process's end. */
static bool
is_clean(const char *log)
{
	if (strstr(log, "Sanitizer") == NULL &&
	    strstr(log, "runtime error:") == NULL)
		return true;
	puts(log);
	return false;
}

bool
web_stop(void)
{
	return stop() == 0 && is_clean(web_log(arena)) &&
	    is_clean(web_worker_log(arena));
}

void
web_remove(void)
{
	(void)stop();
	if (smtp != NULL)
		test_smtp_stop(smtp);
	test_directory_remove(dir);
}

/* Looking at it */

const char *
web_url(void)
{
	return url;
}

const char *
web_directory(void)
{
	return dir;
}

bool
web_is(const char *name)
{
	return text_starts_with(server, name);
}

bool
web_is_cgi(void)
{
	return web_is("lighttpd-cgi") || web_is("apache-cgi") ||
	    web_is("apache-htaccess");
}

/* The services of ./quickstart that may have handlers among their processes. */
static const char *const services[] = { "lighttpd", "apache2", "auth",
	"auth-hash", "reset" };

/* Handlers of their own have logs of their own. */
const char *
web_log(struct arena *into)
{
	struct strbuf text;

	strbuf_init(&text, into);
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		strbuf_str(&text,
		    read_file(
			into, arena_printf(into, "log/%s.log", services[i])));
	return text.text;
}

const char *
web_worker_log(struct arena *into)
{
	return read_file(into, "log/worker.log");
}

/* The parent of a process; 0 when it is no more. */
static long
parent_of(struct arena *into, const char *pid)
{
	char line[512];
	const char *fields = NULL;
	FILE *file = fopen(arena_printf(into, "/proc/%s/stat", pid), "r");
	long parent = 0;
	char state;

	/* The name, in parentheses, may hold anything. */
	if (file != NULL && fgets(line, sizeof(line), file) != NULL)
		fields = strrchr(line, ')');
	if (fields == NULL || sscanf(fields, ") %c %ld", &state, &parent) != 2)
		parent = 0;
	if (file != NULL)
		(void)fclose(file);
	return parent;
}

static int
is_process(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

/* Somewhere below what ./quickstart has started for this. */
static bool
is_descendant(struct arena *into, const char *pid)
{
	const char *file;
	long parent;

	while ((parent = parent_of(into, pid)) > 1) {
		for (size_t i = 0; i < ARRAY_LEN(services); i++) {
			file = arena_printf(into, "run/%s.pid", services[i]);
			if (strtol(read_file(into, file), NULL, 10) == parent)
				return true;
		}
		pid = arena_printf(into, "%ld", parent);
	}
	return false;
}

/* By the name of what it runs: NAME.fcgi or NAME.cgi. */
static bool
is_handler(struct arena *into, const char *pid)
{
	char name[64];
	FILE *file = fopen(arena_printf(into, "/proc/%s/comm", pid), "r");
	bool found = file != NULL && fgets(name, sizeof(name), file) != NULL &&
	    strstr(name, "cgi\n") != NULL;

	if (file != NULL)
		(void)fclose(file);
	return found && is_descendant(into, pid);
}

static const char *
running_handlers(struct arena *into)
{
	struct dirent **entries;
	struct strbuf pids;
	int count = scandir("/proc", &entries, is_process, versionsort);

	ck_assert_int_ge(count, 0);
	strbuf_init(&pids, into);
	for (int i = 0; i < count; i++) {
		if (is_handler(into, entries[i]->d_name))
			strbuf_printf(&pids, "%s%s", pids.len > 0 ? " " : "",
			    entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return pids.text;
}

const char *
web_handlers(struct arena *into)
{
	const char *pids = running_handlers(into);

	for (int i = 0; web_is_cgi() && *pids != '\0'; i++) {
		ck_assert_msg(i < PATIENCE * 50, "%s have not ended", pids);
		(void)usleep(20 * 1000);
		pids = running_handlers(into);
	}
	return pids;
}

const char *
web_handlers_lost(struct arena *into, const char *handlers)
{
	const char *now = arena_printf(into, " %s ", web_handlers(into));
	char *rest = arena_strdup(into, handlers);
	struct strbuf lost;

	strbuf_init(&lost, into);
	for (const char *pid; (pid = strsep(&rest, " ")) != NULL;)
		if (strstr(now, arena_printf(into, " %s ", pid)) == NULL &&
		    *pid != '\0')
			strbuf_printf(&lost, "%s ", pid);
	return lost.text;
}

/* The admin command */

static void
run_command(const char *const *args, int in, int out)
{
	const char *argv[16] = { NULL, "--config" };
	size_t argc = 3;

	argv[0] = arena_printf(arena, "%s/sbin/chatelaine", test_builddir());
	argv[2] = arena_printf(arena, "%s/chatelaine.conf", dir);
	while (*args != NULL && argc < ARRAY_LEN(argv) - 1)
		argv[argc++] = *args++;
	(void)dup2(in, STDIN_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(out, STDERR_FILENO);
	_exit(test_run(argv));
}

int
web_command(struct arena *into, const char **output, const char *input,
    const char *const *args)
{
	struct strbuf text;
	char buffer[4096];
	int in[2], out[2], status;
	ssize_t got;
	pid_t pid;

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	if (input != NULL)
		ck_assert_int_eq(
		    write(in[1], input, strlen(input)), (ssize_t)strlen(input));
	(void)close(in[1]);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		run_command(args, in[0], out[1]);
	(void)close(in[0]);
	(void)close(out[1]);
	strbuf_init(&text, into);
	while ((got = read(out[0], buffer, sizeof(buffer))) > 0)
		strbuf_add(&text, buffer, (size_t)got);
	(void)close(out[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	*output = text.text;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
web_account(const char *email, const char *name)
{
	struct arena *own = arena_new();
	const char *output;
	int code;

	code = web_command(own, &output, TEST_PASSWORD "\n",
	    (const char *const[]){
		"user", "create", "--name", name, email, NULL });
	ck_assert_msg(code == 0, "%s", output);
	arena_free(own);
}

/* Mails */

static void
read_text(struct arena *into, struct mail *mail)
{
	mail->text = mail_plain_part(into, mail->source);
	ck_assert_msg(mail->text != NULL, "no plain part in: %s", mail->source);
	mail->link = mail_link(into, mail->text, url);
}

/* The nth mail, from 1, for an address and a subject; NULL: not yet there. */
static const char *
find_mail(
    struct arena *into, const char *address, const char *subject, size_t nth)
{
	const char *envelope, *source;

	for (size_t i = 1;; i++) {
		source = test_smtp_message(into, smtp, i);
		if (*source == '\0')
			return NULL;
		envelope = test_smtp_file(
		    into, smtp, arena_printf(into, "%zu.envelope", i));
		if (strstr(envelope, arena_printf(into, "\n%s\n", address)) ==
			NULL ||
		    strstr(mail_header(into, source, "Subject"), subject) ==
			NULL)
			continue;
		if (--nth == 0)
			return source;
	}
}

struct mail
web_mail(
    struct arena *into, const char *address, const char *subject, size_t nth)
{
	const char *source = NULL;
	struct mail mail;

	for (int i = 0; i < PATIENCE * 50 && source == NULL; i++) {
		source = find_mail(into, address, subject, nth);
		if (source == NULL)
			(void)usleep(20 * 1000);
	}
	ck_assert_msg(source != NULL, "no mail %zu to %s about %s", nth,
	    address, subject);
	mail.recipient = arena_strdup(into, address);
	mail.source = source;
	read_text(into, &mail);
	return mail;
}

bool
web_mail_at(struct arena *into, size_t number, struct mail *mail)
{
	const char *envelope = test_smtp_file(
	    into, smtp, arena_printf(into, "%zu.envelope", number));
	const char *recipient = strchr(envelope, '\n');

	mail->source = test_smtp_message(into, smtp, number);
	if (*mail->source == '\0' || recipient == NULL)
		return false;
	mail->recipient =
	    arena_strndup(into, recipient + 1, strcspn(recipient + 1, "\n"));
	read_text(into, mail);
	return true;
}

size_t
web_mail_count(const char *address)
{
	struct arena *own = arena_new();
	size_t count = 0;

	while (find_mail(own, address, "", count + 1) != NULL)
		count++;
	arena_free(own);
	return count;
}
