/*
 * counter - what has happened how often, over all processes and restarts.
 *
 * Counted in the transaction of what happened, by one INSERT that waits for
 * nobody; what is rolled back was not counted. The worker folds the rows into
 * sums. A counter never goes down.
 */
#ifndef CHATELAINE_COUNTER_H
#define CHATELAINE_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

enum counter {
	/*
	 * granted wrong blocked unverified disabled; and, of those whose
	 * password was right: code_asked code_wrong code_blocked code_late
	 */
	COUNTER_SIGN_INS,
	COUNTER_REFRESHES, /* rotated repeated stolen expired revoked unknown */
	COUNTER_LIMIT_HITS, /* the limit's name, as in its setting */
	COUNTER_MAILS,      /* sent bounced deferred suppressed returned */
	COUNTER_COUNT
};

/* The row of a counter. In the database its name and label stand as here. */
struct counter_kind {
	const char *name;          /* "sign_ins" */
	const char *label;         /* what is told apart: "result" */
	const char *const *labels; /* which there are; NULL ends them */
	const char *help;          /* one line */
};

const struct counter_kind *counter_kind(enum counter counter);

/*
 * The beginning of an INSERT of rows of name and label, as the table has them,
 * for a statement that counts what it does itself.
 */
#define COUNTER_ADD "INSERT INTO counted (name, label)"

/*
 * Count one. label: one of the counter's; where the table has none, any of
 * a-z, 0-9, "_", "." and "-". ST_FAULT: there is no such label; logged.
 */
enum status counter_add(struct db *db, struct arena *arena,
    enum counter counter, const char *label) MUST_CHECK;

/* How long something took, in buckets (Prometheus' histogram). */
enum histogram { HISTOGRAM_MAIL_DELIVERY, HISTOGRAM_COUNT };

/* Labels of counted rows, beside those of the bounds. */
#define HISTOGRAM_INFINITE "+Inf"
#define HISTOGRAM_SUM "sum" /* of milliseconds */

struct histogram_bound {
	int64_t milliseconds; /* so many, or less */
	const char *label;    /* in seconds: "0.5" */
};

struct histogram_kind {
	const char *name;                     /* "mail_delivery_seconds" */
	const struct histogram_bound *bounds; /* upwards */
	size_t count;
	const char *help; /* one line */
};

const struct histogram_kind *histogram_kind(enum histogram histogram);

/* Something took so long. */
enum status counter_observe(struct db *db, struct arena *arena,
    enum histogram histogram, int64_t milliseconds) MUST_CHECK;

/* A sum, and whatever is not in it yet. */
struct count {
	const char *name;
	const char *label;
	int64_t value;
};

/* All that were ever counted, by name and label. In the arena. */
enum status counter_read(struct db *db, struct arena *arena,
    struct count **counts, size_t *count) MUST_CHECK;

/*
 * Make sums of what was counted since. Needs the worker's role; of several
 * workers one does it, and the others need not wait.
 */
enum status counter_fold(struct db *db, struct arena *arena) MUST_CHECK;

#endif
