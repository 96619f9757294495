/* child.c - fork, a pipe, an alarm clock. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"

static void __attribute__((noreturn)) be_child(pid_t parent, unsigned seconds,
    void (*work)(int, void *), int out, void *closure)
{
	sigset_t set;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before that took effect */
		_exit(1);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGALRM, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)alarm(seconds);
	work(out, closure);
	_exit(0);
}

/* To the end of the pipe, which the child's end is at the latest. */
static size_t
read_all(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, text + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	return len;
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

enum status
child_run(unsigned seconds, void (*work)(int out, void *closure), void *closure,
    char *text, size_t size, size_t *len)
{
	pid_t parent = getpid(), pid;
	int fd[2], status;

	*len = 0;
	if (pipe(fd) < 0) {
		log_error("no pipe for a child: %s", strerror(errno));
		return ST_FAULT;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(fd[0]);
		be_child(parent, seconds, work, fd[1], closure);
	}
	if (pid < 0)
		log_error("no child: %s", strerror(errno));
	(void)close(fd[1]);
	if (pid > 0)
		*len = read_all(fd[0], text, size);
	(void)close(fd[0]);
	status = pid > 0 ? wait_for(pid) : 0;
	if (*len > 0)
		return ST_OK;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? ST_EXPIRED
								  : ST_FAULT;
}
