/*
 * work - what the parts of chatelaine work share.
 *
 * Each lane of jobs (base/job.h) is done by a process of its own, one job after
 * the other: lane.c. The process that was started keeps them alive: keeper.c.
 * What the jobs are is in work.c.
 */
#ifndef CHATELAINE_WORK_H
#define CHATELAINE_WORK_H

#include "account/audit_chain.h"
#include "base/config.h"
#include "base/job.h"
#include "base/template.h"
#include "command.h"

/* A lane's process, and what it needs. */
struct work {
	const struct lane *lane;
	struct db *db;
	const struct config *config;
	const struct master_key *key;
	struct audit_key audit_key; /* of the lane that seals */
	struct template_set *templates;
	struct arena *arena; /* of the job in hand */
	char host[256];
	int signals;     /* readable once it is time to go */
	bool ready;      /* listening, and what the lane needs is there */
	int64_t beat_us; /* last sign of life, by the steady clock; 0: none */
	int64_t tend_us; /* the lane was last tended, likewise */
	int64_t pause;   /* seconds, while something is wrong */
	bool away;       /* the job in hand met nobody: see hold */
	int64_t hold;    /* seconds that the lane rests after that */
	int64_t hold_us; /* until when, by the steady clock; 0: it does not */
};

/*
 * Does a job and ends it, outside of any transaction. Anything but ST_OK: it
 * is put off. With work->away set, whom all jobs of this kind need was not
 * there, and the rest of them need not find that out one by one.
 */
typedef enum status do_job(struct work *work, const struct job *job);

struct kind {
	const char *kind;
	int64_t lease; /* seconds */
	int64_t tries; /* after so many that failed it is dropped; 0: never */
	do_job *run;
};

struct lane {
	const char *name; /* JOB_LANE_... */
	const char
	    *process; /* what it is called by ps(1) and pg_stat_activity */
	const struct kind *kinds;
	size_t count;
	/* Before the first job, and again after what failed; may be NULL. */
	enum status (*get_ready)(struct work *work);
	/* Between jobs and while there are none; may be NULL. */
	enum status (*tend)(struct work *work);
};

#define WORK_LEASE_SECONDS \
	60 /* at first; a kind that takes longer extends it */

/* Do the jobs of the lane until we are asked to stop. */
void lane_work(struct work *work);

/*
 * Do those that are due, beginning none once so many seconds have passed.
 * Anything but ST_OK: there was no way to tell.
 */
enum status lane_work_once(struct work *work, int64_t seconds) MUST_CHECK;

/* A process that keeper_run keeps: its exit status. */
typedef int kept(void *closure, size_t which);

/*
 * Run a process for each of the names, which then calls it with its place
 * among them. One that ends is started again, after a pause that grows while
 * it ends soon. Until SIGTERM or SIGINT: then all get SIGTERM, and their end is
 * waited for. They get it, too, when this process dies. Blocks those signals,
 * here and in them. false: they could not be started, which is logged.
 */
bool keeper_run(const char *const *names, size_t count, kept *run,
    void *closure) MUST_CHECK;

/*
 * SIGTERM and SIGINT become readable instead of interrupting: a job in hand is
 * finished first. A mail's child process inherits that. -1: logged.
 */
int work_catch_signals(void) MUST_CHECK;

#endif
