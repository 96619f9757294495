/* sendmail.c - the message on its standard input, its exit status as answer. */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "mail/address.h"
#include "mail/sendmail.h"

#define WORDS_MAX 160 /* bytes of what it says */
#define EXIT_NOT_RUN 127

static const struct {
	int status;
	enum smtp_outcome outcome;
	const char *words;
} exits[] = {
	{ EX_OK, SMTP_ACCEPTED, "accepted" },
	{ EX_NOUSER, SMTP_NOBODY, "no such user" },
	{ EX_NOHOST, SMTP_NOBODY, "no such host" },
	{ EX_DATAERR, SMTP_REFUSED, "message not wanted" },
	{ EX_UNAVAILABLE, SMTP_DEFERRED, "unavailable" },
	{ EX_TEMPFAIL, SMTP_DEFERRED, "not now" },
	{ EX_CONFIG, SMTP_AWAY, "wrong configuration" },
	{ EX_NOPERM, SMTP_AWAY, "not permitted" },
	{ EXIT_NOT_RUN, SMTP_AWAY, "it could not be run" },
};

/* One message, in the child. */
struct handover {
	const struct config *config;
	const char *sender;
	const char *recipient;
	const char *text;
};

/* What the parent is told. */
struct ending {
	int status;            /* of waitpid */
	char words[WORDS_MAX]; /* a line that it has said, "" for none */
};

/*
 * The text in memory as a file, with the line ends of this system: a pipe could
 * fill up while the program writes to another one. No MFD_CLOEXEC: where
 * standard input was closed, this is it.
 */
static int
make_input(const char *text)
{
	int fd = memfd_create("message", 0);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (file == NULL)
		return -1;
	for (; *text != '\0'; text++)
		if (text[0] != '\r' || text[1] != '\n')
			(void)putc(*text, file);
	if (fflush(file) != 0 || ferror(file) != 0 ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	return fd;
}

/*
 * SIGTERM and SIGINT stay blocked, as in the worker: what is being handed over
 * is handed over first.
 */
static void __attribute__((noreturn)) be_sendmail(
    pid_t parent, const struct handover *handover, int input, int output)
{
	const char *argv[] = { handover->config->mail_sendmail, "-i", "-f",
		handover->sender, "--", handover->recipient, NULL };
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = { path, NULL };
	union {
		const char **in;
		char *const *out;
	} args = { .in = argv };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before that took effect */
		_exit(EXIT_NOT_RUN);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, UINT_MAX, 0) != 0)
		_exit(EXIT_NOT_RUN);
	(void)execve(argv[0], args.out, environment);
	_exit(EXIT_NOT_RUN);
}

/* The first line, in printable ASCII. */
static void
read_words(int output, char words[static WORDS_MAX])
{
	ssize_t got = pread(output, words, WORDS_MAX - 1, 0);

	words[got > 0 ? got : 0] = '\0';
	words[strcspn(words, "\r\n")] = '\0';
	for (char *at = words; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = ' ';
}

/*
 * The child's part. The program writes to a file of its own: one that stays in
 * the background would keep a pipe open.
 */
static void
hand_over(int out, void *closure)
{
	const struct handover *handover = closure;
	struct ending ending = { .status = EXIT_NOT_RUN << 8 };
	int input = make_input(handover->text);
	int output = memfd_create("output", 0);
	pid_t parent = getpid(), pid;

	if (input < 0 || output < 0)
		_exit(1);
	pid = fork();
	if (pid == 0)
		be_sendmail(parent, handover, input, output);
	while (pid > 0 && waitpid(pid, &ending.status, 0) < 0 && errno == EINTR)
		continue;
	read_words(output, ending.words);
	if (write(out, &ending, sizeof(ending)) < 0)
		_exit(1);
}

static enum smtp_outcome
judge(struct arena *arena, const struct ending *ending, const char **reply)
{
	int status = WIFEXITED(ending->status) ? WEXITSTATUS(ending->status)
					       : 128 + WTERMSIG(ending->status);
	const char *colon = ending->words[0] != '\0' ? ": " : "";

	for (size_t i = 0; i < ARRAY_LEN(exits); i++)
		if (exits[i].status == status) {
			*reply = arena_printf(arena, "exit %d, %s%s%s", status,
			    exits[i].words, colon, ending->words);
			return exits[i].outcome;
		}
	*reply =
	    arena_printf(arena, "exit %d%s%s", status, colon, ending->words);
	return SMTP_AWAY;
}

enum smtp_outcome
sendmail_send(struct arena *arena, const struct config *config,
    const char *sender, const char *recipient, const char *text,
    const char **reply)
{
	struct handover handover = { config, sender, recipient, text };
	union {
		struct ending ending;
		char bytes[sizeof(struct ending)];
	} got;
	size_t len;
	enum status st;

	if (!address_is_valid(sender) || !address_is_valid(recipient)) {
		*reply = "an address that is not one";
		return SMTP_REFUSED;
	}
	st = child_run(smtp_seconds(config), hand_over, &handover, got.bytes,
	    sizeof(got), &len);
	if (st == ST_OK && len == sizeof(got))
		return judge(arena, &got.ending, reply);
	*reply = st == ST_EXPIRED ? "sendmail took too long"
				  : "sendmail was cut off";
	return st == ST_EXPIRED ? SMTP_AWAY : SMTP_DEFERRED;
}

enum status
sendmail_probe(
    struct arena *arena, const struct config *config, const char **reply)
{
	if (access(config->mail_sendmail, X_OK) == 0)
		return ST_OK;
	*reply = arena_printf(
	    arena, "%s: %s", config->mail_sendmail, strerror(errno));
	return ST_UNAVAILABLE;
}
