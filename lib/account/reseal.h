/*
 * reseal - seal everything with the current master key, while all goes on.
 *
 * After the master key was replaced, rows are still sealed with the older one.
 * Each is opened and sealed anew by a statement of its own that changes it only
 * if it is still what was read. So nothing is locked, nobody waits, and a run
 * that was killed is just begun again.
 */
#ifndef CHATELAINE_RESEAL_H
#define CHATELAINE_RESEAL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"

#define RESEAL_COLUMNS 5

/* One column that holds what is sealed, and what came of it. */
struct resealed {
	const char *column; /* "outbox.sealed" */
	size_t done;        /* rows that were sealed anew */
	size_t closed;      /* rows that none of the master keys opens */
};

/*
 * Go through all columns there are. When it stops early, results tell how far
 * it came, with a NULL column for what it did not reach. Needs the worker's
 * role. The arena is used for a batch at a time, and reset.
 */
enum status reseal(struct db *db, struct arena *arena,
    const struct master_key *key,
    struct resealed results[static RESEAL_COLUMNS]) MUST_CHECK;

#endif
