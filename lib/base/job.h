/*
 * job - work that is done outside of requests.
 *
 * A request inserts a row in its own transaction; a worker leases it, does it
 * and deletes it. A lease is for a time: when a worker is killed, another one
 * takes the job over once the time is up, so every job must be safe to do
 * again from any point at which it may have been cut off. FOR UPDATE SKIP
 * LOCKED keeps workers from waiting for each other; the lease's number keeps
 * one that was believed dead from finishing what is no longer its own.
 *
 * Jobs of a kind that may take long for no fault of theirs have a lane of their
 * own, so that they hold up nothing but each other: mail, which waits for other
 * people's servers. The table derives the lane from the kind.
 */
#ifndef CHATELAINE_JOB_H
#define CHATELAINE_JOB_H

#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

#define JOB_LANE_JOBS "jobs" /* whatever has no lane of its own */
#define JOB_LANE_MAIL "mail"

struct job {
	int64_t id;
	const char *kind;
	const char *subject; /* a UUID, "" if it is about no row */
	const unsigned char *payload;
	size_t payload_size;
	int64_t attempts; /* this one included: 1 at the first */
	int64_t lease;
};

/*
 * Ask for work, in the caller's transaction. The handlers' role may do this
 * and nothing else here. subject: a UUID or NULL; payload:
 * bytes that the kind knows how to read, NULL for none. Asking again for the
 * same kind and subject before it is done does nothing.
 */
enum status job_add(struct db *db, struct arena *arena, const char *kind,
    const char *subject, const void *payload, size_t payload_size) MUST_CHECK;

/*
 * Lease the job of a lane that has been due longest, for so many seconds.
 * ST_NOT_FOUND: nothing is due.
 */
enum status job_lease(struct db *db, struct arena *arena, const char *lane,
    int64_t seconds, struct job *job) MUST_CHECK;

/*
 * Hold the lease for so many seconds from now, for a job that takes longer
 * than it was leased for. ST_CONFLICT: it was lost.
 */
enum status job_extend(struct db *db, struct arena *arena,
    const struct job *job, int64_t seconds) MUST_CHECK;

/*
 * Seconds until the next job of a lane is due (0: one is now), at most limit.
 */
enum status job_next_due(struct db *db, struct arena *arena, const char *lane,
    int64_t limit, int64_t *seconds) MUST_CHECK;

/*
 * The job is done: delete it. ST_CONFLICT: the lease was lost meanwhile;
 * called inside the transaction that stores the outcome, which must then be
 * rolled back.
 */
enum status job_done(
    struct db *db, struct arena *arena, const struct job *job) MUST_CHECK;

/* Give the job back, to be done again after so many seconds. As job_done. */
enum status job_again(struct db *db, struct arena *arena, const struct job *job,
    int64_t seconds) MUST_CHECK;

/*
 * How long to wait, in seconds, after so many attempts that failed: half a
 * minute after the first, growing to an hour, up to a tenth longer by chance,
 * so that what failed together is not tried together again.
 */
int64_t job_pause(int64_t attempts);

#endif
