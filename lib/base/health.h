/* health - does the database answer, and is a worker at work? */
#ifndef CHATELAINE_HEALTH_H
#define CHATELAINE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

/* A worker that cron starts each minute is seen that often. */
#define HEALTH_WORKER_LATE (5 * 60) /* seconds */

/* Of the lane (base/job.h) that has been without a worker for longest. */
struct health {
	const char *lane;
	bool worker_seen;       /* ever */
	bool worker_ok;         /* within HEALTH_WORKER_LATE */
	int64_t worker_seconds; /* since the last sign of life */
};

/* Look. ST_UNAVAILABLE: the database does not answer. */
enum status health_check(
    struct db *db, struct arena *arena, struct health *health) MUST_CHECK;

/*
 * Give a sign of life of the worker that does a lane; starting: it is its first
 * one. Needs the worker's role.
 */
enum status health_beat(struct db *db, struct arena *arena, const char *host,
    const char *lane, bool starting) MUST_CHECK;

/* Forget hosts whose worker was not seen for 30 days. */
enum status health_clean_up(struct db *db, struct arena *arena) MUST_CHECK;

#endif
