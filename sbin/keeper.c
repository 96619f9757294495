/* keeper.c - a few processes, and one that keeps them alive. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "work.h"

#define KEPT_MAX 4
#define PAUSE_MAX_SECONDS 30
#define LIVED_SECONDS 60 /* so long, and its end begins no row of them */

struct child {
	const char *name;
	pid_t pid;        /* 0: it is not there */
	int64_t pause;    /* seconds until it is started again; grows */
	int64_t start_us; /* when it was or is to be started */
};

static void __attribute__((noreturn))
be_child(pid_t parent, const char *name, kept *run, void *closure, size_t which)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it died before that took effect */
		_exit(EXIT_FAILURE);
	(void)prctl(PR_SET_NAME, name);
	exit(run(closure, which));
}

static bool
start(struct child *child, kept *run, void *closure, size_t which)
{
	pid_t parent = getpid(), pid;

	/* What stands in a buffer would be written by both. */
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		be_child(parent, child->name, run, closure, which);
	if (pid < 0) {
		log_error(
		    "no process for %s: %s", child->name, strerror(errno));
		return false;
	}
	child->pid = pid;
	child->start_us = clock_steady_us();
	return true;
}

/* One has ended: when is it started again? */
static void
note_end(struct child *child, int status)
{
	int64_t now = clock_steady_us();

	if (now - child->start_us >= LIVED_SECONDS * 1000000)
		child->pause = 0;
	child->pause = child->pause == 0 ? 1 : 2 * child->pause;
	if (child->pause > PAUSE_MAX_SECONDS)
		child->pause = PAUSE_MAX_SECONDS;
	child->pid = 0;
	child->start_us = now + child->pause * 1000000;
	if (WIFSIGNALED(status))
		log_error("%s was ended by signal %d, and begins again",
		    child->name, WTERMSIG(status));
	else
		log_error("%s ended with status %d, and begins again",
		    child->name, WEXITSTATUS(status));
}

static void
note_ends(struct child *children, size_t count)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < count; i++)
			if (children[i].pid == pid)
				note_end(&children[i], status);
}

/* Start those that are due. Returns the microseconds until the next one is. */
static int64_t
start_due(struct child *children, size_t count, kept *run, void *closure)
{
	int64_t now = clock_steady_us(), next = INT64_MAX;

	for (size_t i = 0; i < count; i++) {
		struct child *child = &children[i];

		if (child->pid == 0 && child->start_us <= now &&
		    !start(child, run, closure, i))
			child->start_us = now + 1000000;
		if (child->pid == 0 && child->start_us - now < next)
			next = child->start_us - now;
	}
	return next;
}

static void
stop_all(const struct child *children, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (children[i].pid > 0)
			(void)kill(children[i].pid, SIGTERM);
	log_info("asked to stop: what is in hand is finished first");
	for (size_t i = 0; i < count; i++)
		while (children[i].pid > 0 &&
		    waitpid(children[i].pid, NULL, 0) < 0 && errno == EINTR)
			continue;
}

bool
keeper_run(const char *const *names, size_t count, kept *run, void *closure)
{
	struct child children[KEPT_MAX] = { { .pid = 0 } };
	struct timespec wait;
	sigset_t set;
	int64_t left;
	int got;

	if (count > KEPT_MAX) {
		log_error("%zu processes are more than can be kept", count);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		children[i].name = names[i];
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
		log_error("signals not blocked: %s", strerror(errno));
		return false;
	}
	do {
		left = start_due(children, count, run, closure);
		wait = (struct timespec){ .tv_sec = left / 1000000,
			.tv_nsec = left % 1000000 * 1000 };
		got =
		    sigtimedwait(&set, NULL, left == INT64_MAX ? NULL : &wait);
		note_ends(children, count);
	} while (got != SIGTERM && got != SIGINT);
	stop_all(children, count);
	return true;
}
