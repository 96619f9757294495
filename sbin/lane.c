/* lane.c - the jobs of one lane, one after the other. */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "work.h"

#define CHANNEL "job"
#define TEND_SECONDS 2 /* between looks at what goes on beside the jobs */
#define UNKNOWN_SECONDS (60 * 60)
#define PAUSE_MAX_SECONDS 30 /* between looks for a database that is away */

/* Seconds that a lane rests when whom its jobs need is away. */
#define HOLD_SECONDS 5
#define HOLD_MAX_SECONDS 60

int
work_catch_signals(void)
{
	sigset_t set;
	int fd;

	/* Those a keeper waits for are none of ours. */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		log_error("no signalfd: %s", strerror(errno));
	return fd;
}

static const struct kind *
find_kind(const struct lane *lane, const char *name)
{
	for (size_t i = 0; i < lane->count; i++)
		if (strcmp(lane->kinds[i].kind, name) == 0)
			return &lane->kinds[i];
	return NULL;
}

/* Has somebody asked us to stop? */
static bool
asked_to_stop(const struct work *work)
{
	struct pollfd fd = { .fd = work->signals, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* Sleep, unless asked to stop. */
static void
rest(const struct work *work, int64_t seconds)
{
	struct pollfd fd = { .fd = work->signals, .events = POLLIN };

	(void)poll(&fd, 1, (int)(seconds * 1000));
}

/* What failed is tried later; a few kinds are dropped in the end. */
static enum status
put_off(struct work *work, const struct kind *kind, const struct job *job,
    enum status why)
{
	int64_t pause = job_pause(job->attempts);

	if (kind->tries != 0 && job->attempts >= kind->tries) {
		log_error("job %" PRId64 " (%s) dropped after %" PRId64
			  " attempts: %s",
		    job->id, job->kind, job->attempts, status_name(why));
		return job_done(work->db, work->arena, job);
	}
	log_warning("job %" PRId64 " (%s) put off for %" PRId64 " s: %s",
	    job->id, job->kind, pause, status_name(why));
	return job_again(work->db, work->arena, job, pause);
}

/* Give a sign of life, if the last one is so many seconds ago. */
static enum status
beat(struct work *work, int64_t seconds)
{
	int64_t now = clock_steady_us();
	enum status st;

	if (work->beat_us != 0 && now - work->beat_us < seconds * 1000000)
		return ST_OK;
	st = health_beat(work->db, work->arena, work->host, work->lane->name,
	    work->beat_us == 0);
	if (st == ST_OK)
		work->beat_us = now;
	return st;
}

/* What goes on beside the jobs. */
static enum status
tend(struct work *work)
{
	int64_t now = clock_steady_us();
	enum status st;

	st = beat(work, work->config->work_interval);
	if (st != ST_OK || work->lane->tend == NULL ||
	    (work->tend_us != 0 &&
		now - work->tend_us < TEND_SECONDS * 1000000))
		return st;
	st = work->lane->tend(work);
	if (st == ST_OK)
		work->tend_us = now;
	return st;
}

static enum status
do_leased(struct work *work, const struct job *job)
{
	const struct kind *kind = find_kind(work->lane, job->kind);
	enum status st = ST_OK;

	if (kind == NULL) {
		log_error("job %" PRId64 " is of an unknown kind (%s)", job->id,
		    job->kind);
		return job_again(work->db, work->arena, job, UNKNOWN_SECONDS);
	}
	if (kind->lease > WORK_LEASE_SECONDS) {
		st = job_extend(work->db, work->arena, job, kind->lease);
		/* Nothing is heard of us until it is done. */
		if (st == ST_OK)
			st = beat(work, 0);
	}
	if (st == ST_OK)
		st = kind->run(work, job);
	if (st != ST_OK && st != ST_CONFLICT)
		st = put_off(work, kind, job, st);
	return st;
}

/*
 * A thousand jobs need not wait in vain, each on its own, for the one that all
 * of them need: the lane rests, then one of them tries again.
 */
static void
hold(struct work *work)
{
	if (!work->away) {
		work->hold = work->hold_us = 0;
		return;
	}
	work->hold = work->hold == 0 ? HOLD_SECONDS : 2 * work->hold;
	if (work->hold > HOLD_MAX_SECONDS)
		work->hold = HOLD_MAX_SECONDS;
	work->hold_us = clock_steady_us() + work->hold * 1000000;
	work->away = false;
}

/* Microseconds that the lane has still to rest. */
static int64_t
held(const struct work *work)
{
	int64_t left = work->hold_us - clock_steady_us();

	return work->hold_us != 0 && left > 0 ? left : 0;
}

/* Lease the next job and do it. ST_NOT_FOUND: nothing is due. */
static enum status
do_next(struct work *work)
{
	struct job job;
	enum status st;

	arena_reset(work->arena);
	if (held(work) > 0)
		return ST_NOT_FOUND;
	st = job_lease(
	    work->db, work->arena, work->lane->name, WORK_LEASE_SECONDS, &job);
	if (st != ST_OK)
		return st;
	st = do_leased(work, &job);
	hold(work);
	if (st != ST_CONFLICT)
		return st;
	log_warning("job %" PRId64 " (%s) was taken over by another worker",
	    job.id, job.kind);
	return ST_OK;
}

static enum status
get_ready(struct work *work)
{
	enum status st = ST_OK;

	if (work->ready)
		return ST_OK;
	st = db_listen(work->db, CHANNEL);
	if (st == ST_OK && work->lane->get_ready != NULL)
		st = work->lane->get_ready(work);
	work->ready = st == ST_OK;
	return st;
}

/*
 * All that is due, and nothing begun after end, by the steady clock. ST_OK:
 * nothing is any more, or we were asked to stop, or the lane rests.
 */
static enum status
do_due(struct work *work, int64_t end)
{
	enum status st = get_ready(work);

	if (st == ST_OK)
		st = tend(work);
	while (st == ST_OK && !asked_to_stop(work) && clock_steady_us() < end) {
		st = do_next(work);
		if (st == ST_OK)
			st = tend(work);
	}
	arena_reset(work->arena);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* How long to wait, in microseconds, if nothing happens. */
static enum status
time_to_wait(struct work *work, int64_t *wait)
{
	int64_t seconds, left = held(work);
	enum status st;

	st = job_next_due(work->db, work->arena, work->lane->name,
	    work->config->work_interval, &seconds);
	*wait = seconds * 1000000;
	/* What is due has to wait, too. */
	if (*wait < left)
		*wait = left;
	if (*wait > work->config->work_interval * 1000000)
		*wait = work->config->work_interval * 1000000;
	return st;
}

/*
 * Until the next job is due, one is added, or it is time for a sign of life.
 * Meanwhile the lane is tended: who leaves something to be tended does not wake
 * us for it, as PostgreSQL would let them commit only one by one then.
 */
static enum status
wait_for_work(struct work *work)
{
	int64_t now = clock_steady_us(), end, wait, rest_us;
	bool woken = false;
	enum status st;

	st = time_to_wait(work, &wait);
	end = now + wait;
	while (st == ST_OK && !woken && now < end) {
		rest_us = end - now < TEND_SECONDS * 1000000
		    ? end - now
		    : TEND_SECONDS * 1000000;
		st = db_wait(
		    work->db, (int)(rest_us / 1000 + 1), work->signals, &woken);
		if (st == ST_OK && !woken)
			st = tend(work);
		now = clock_steady_us();
	}
	arena_reset(work->arena);
	return st;
}

/* Something is wrong, most likely with the database: it was logged. */
static void
wait_for_better(struct work *work)
{
	work->pause = work->pause == 0 ? 1 : 2 * work->pause;
	if (work->pause > PAUSE_MAX_SECONDS)
		work->pause = PAUSE_MAX_SECONDS;
	rest(work, work->pause);
}

void
lane_work(struct work *work)
{
	while (!asked_to_stop(work)) {
		enum status st = do_due(work, INT64_MAX);

		if (st == ST_OK && !asked_to_stop(work))
			st = wait_for_work(work);
		if (st == ST_OK)
			work->pause = 0;
		else
			wait_for_better(work);
	}
}

enum status
lane_work_once(struct work *work, int64_t seconds)
{
	return do_due(work, clock_steady_us() + seconds * 1000000);
}
