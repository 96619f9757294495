/* fcgi.c - just enough of the FastCGI specification (1.0, section 3.3). */

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "tests/harness/harness.h"
#include "tests/http/fcgi.h"

#define PROGRAM "cgi-bin/auth/auth.fcgi"
#define LOG_LIMIT (1024 * 1024)
#define PATIENCE 30 /* seconds */

enum record {
	BEGIN_REQUEST = 1,
	ABORT_REQUEST = 2,
	END_REQUEST = 3,
	FCGI_PARAMS = 4,
	FCGI_STDIN = 5,
	FCGI_STDOUT = 6,
};

static const char *
path_of(const struct fcgi *fcgi, const char *name)
{
	return arena_printf(fcgi->arena, "%s/%s", fcgi->dir, name);
}

static struct sockaddr_un
address_of(const struct fcgi *fcgi)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    path_of(fcgi, "socket"));
	return address;
}

/* The handler takes its connections, or its body, from descriptor 0. */
static void
run_handler(const struct fcgi *fcgi, int in, int out)
{
	const char *program =
	    arena_printf(fcgi->arena, "%s/" PROGRAM, test_builddir());
	int log = open(path_of(fcgi, "log"), O_WRONLY | O_CREAT, 0600);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(in, STDIN_FILENO);
	if (out >= 0)
		(void)dup2(out, STDOUT_FILENO);
	(void)dup2(log, STDERR_FILENO);
	for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
		(void)close(fd);
	execl(program, program, (char *)NULL);
	_exit(127);
}

static struct fcgi *
new_handler(struct arena *arena)
{
	struct fcgi *fcgi = arena_alloc(arena, sizeof(*fcgi));

	fcgi->arena = arena;
	fcgi->dir = test_directory_new(arena);
	fcgi->in = fcgi->out = -1;
	return fcgi;
}

struct fcgi *
fcgi_start(struct arena *arena)
{
	struct fcgi *fcgi = new_handler(arena);
	struct sockaddr_un address = address_of(fcgi);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	fcgi->pid = fork();
	ck_assert_int_ge(fcgi->pid, 0);
	if (fcgi->pid == 0)
		run_handler(fcgi, fd, -1);
	(void)close(fd);
	return fcgi;
}

struct fcgi *
cgi_start(struct arena *arena, const char *const *params)
{
	struct fcgi *cgi = new_handler(arena);
	int in[2], out[2];

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	cgi->pid = fork();
	ck_assert_int_ge(cgi->pid, 0);
	if (cgi->pid == 0) {
		for (; *params != NULL; params += 2)
			(void)setenv(params[0], params[1], 1);
		run_handler(cgi, in[0], out[1]);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	cgi->in = in[1];
	cgi->out = out[0];
	return cgi;
}

/* S in /proc/PID/stat, after the name in parentheses. */
static bool
sleeps(const struct fcgi *fcgi)
{
	FILE *file = fopen(
	    arena_printf(fcgi->arena, "/proc/%d/stat", (int)fcgi->pid), "r");
	char line[512];
	const char *state = NULL;

	if (file != NULL && fgets(line, sizeof(line), file) != NULL)
		state = strrchr(line, ')');
	if (file != NULL)
		(void)fclose(file);
	return state != NULL && strncmp(state, ") S", 3) == 0;
}

void
fcgi_await_idle(const struct fcgi *fcgi)
{
	int asleep = 0;

	/* Twice, as it may doze while it starts or waits for the database. */
	for (int i = 0; i < PATIENCE * 50 && asleep < 2; i++) {
		asleep = sleeps(fcgi) ? asleep + 1 : 0;
		(void)usleep(20 * 1000);
	}
	ck_assert_int_eq(asleep, 2);
}

int
fcgi_join(struct fcgi *fcgi)
{
	size_t size;
	char *log;
	int status;

	ck_assert_int_eq(waitpid(fcgi->pid, &status, 0), fcgi->pid);
	ck_assert_int_eq(file_read(fcgi->arena, path_of(fcgi, "log"), LOG_LIMIT,
			     &log, &size),
	    ST_OK);
	ck_assert_msg(strstr(log, "Sanitizer") == NULL &&
		strstr(log, "runtime error:") == NULL,
	    "%s", log);
	test_directory_remove(fcgi->dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
send_record(int connection, enum record type, const void *content, size_t len)
{
	const unsigned char head[8] = { 1, (unsigned char)type, 0, 1,
		(unsigned char)(len >> 8), (unsigned char)len };

	ck_assert_uint_lt(len, 0x10000);
	ck_assert_int_eq(
	    send(connection, head, sizeof(head), MSG_NOSIGNAL), sizeof(head));
	/* One that ends a request may have been answered by now. */
	if (len > 0)
		ck_assert_int_eq(
		    send(connection, content, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Lengths of up to 127 bytes are one byte, others four. */
static void
add_length(struct strbuf *sb, size_t len)
{
	if (len < 0x80) {
		strbuf_char(sb, (char)len);
		return;
	}
	strbuf_char(sb, (char)(0x80 | len >> 24));
	strbuf_char(sb, (char)(len >> 16));
	strbuf_char(sb, (char)(len >> 8));
	strbuf_char(sb, (char)len);
}

int
fcgi_begin(const struct fcgi *fcgi, const char *const *params)
{
	static const unsigned char responder[8] = { 0, 1 };
	struct sockaddr_un address = address_of(fcgi);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct strbuf sb;

	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	send_record(fd, BEGIN_REQUEST, responder, sizeof(responder));
	strbuf_init(&sb, fcgi->arena);
	for (; *params != NULL; params += 2) {
		add_length(&sb, strlen(params[0]));
		add_length(&sb, strlen(params[1]));
		strbuf_str(&sb, params[0]);
		strbuf_str(&sb, params[1]);
	}
	send_record(fd, FCGI_PARAMS, sb.text, sb.len);
	send_record(fd, FCGI_PARAMS, "", 0);
	return fd;
}

void
fcgi_body(int connection, const char *text)
{
	send_record(connection, FCGI_STDIN, text, strlen(text));
}

void
fcgi_finish(int connection)
{
	send_record(connection, FCGI_STDIN, "", 0);
}

void
fcgi_abort(int connection)
{
	send_record(connection, ABORT_REQUEST, "", 0);
}

const char *
fcgi_answer(struct arena *arena, int connection, bool *whole)
{
	unsigned char head[8], content[0x10000 + 0x100];
	struct strbuf answer;

	strbuf_init(&answer, arena);
	*whole = false;
	while (!*whole &&
	    recv(connection, head, sizeof(head), MSG_WAITALL) ==
		(ssize_t)sizeof(head)) {
		size_t len = (size_t)head[4] << 8 | head[5];
		size_t size = len + head[6];

		ck_assert_int_eq(recv(connection, content, size, MSG_WAITALL),
		    (ssize_t)size);
		if (head[1] == FCGI_STDOUT)
			strbuf_add(&answer, content, len);
		*whole = head[1] == END_REQUEST;
	}
	(void)close(connection);
	return answer.text;
}

const char *
cgi_answer(struct fcgi *cgi)
{
	struct strbuf answer;
	char buffer[4096];
	ssize_t got;

	strbuf_init(&answer, cgi->arena);
	while ((got = read(cgi->out, buffer, sizeof(buffer))) > 0)
		strbuf_add(&answer, buffer, (size_t)got);
	(void)close(cgi->out);
	return answer.text;
}
