/*
 * queue - the mails that wait, for the operator to see and to hurry (admin
 * command only).
 */
#ifndef CHATELAINE_QUEUE_H
#define CHATELAINE_QUEUE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

struct queue_item {
	const char *id;
	const char *recipient; /* shortened: "a...@example.org" */
	const char *template;
	int64_t age;       /* seconds since it was written */
	int64_t attempts;  /* begun, the one that goes on included */
	int64_t due;       /* seconds until the next; 0: now; -1: under way */
	const char *reply; /* to the last one; "" before that. No address */
};

/*
 * Mails by age, the oldest first, at most limit of those written after the mail
 * `after` (its id; NULL to begin), in the arena. None where that mail has been
 * removed meanwhile. ST_UNAVAILABLE: no database.
 */
enum status queue_list(struct db *db, struct arena *arena, const char *after,
    int64_t limit, struct queue_item **items, size_t *count) MUST_CHECK;

/*
 * Let this mail (NULL: all) be tried at once, and wake the worker. *count: how
 * many; those under way are left alone. ST_INVALID: the id is no UUID;
 * ST_UNAVAILABLE: no database.
 */
enum status queue_retry(struct db *db, struct arena *arena, const char *id,
    size_t *count) MUST_CHECK;

/* An address as the operator may see it. In the arena. */
const char *queue_shorten(struct arena *arena, const char *address);

#endif
