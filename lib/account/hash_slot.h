/*
 * hash_slot - how many passwords a host hashes at once, and who waits.
 *
 * A hash takes password.memory and a core while it lasts. At most
 * password.at_once run on a host at a time, in whichever processes; a short
 * queue waits for its turn, nobody in it longer than password.wait, and the
 * rest is refused at once. So a crowd at the door exhausts neither the memory
 * nor the connections to the database, and who is refused knows it soon.
 *
 * Slots are advisory locks of a transaction (PostgreSQL 15, section 13.3.5):
 * they end with it, however it ends, with its process or its connection too.
 */
#ifndef CHATELAINE_HASH_SLOT_H
#define CHATELAINE_HASH_SLOT_H

#include "base/config.h"
#include "base/db.h"

/* Requests that may wait, for each slot. */
#define HASH_SLOT_QUEUE 8

/*
 * Take a slot until the end of the transaction, which must have begun. Best
 * before anything else in it, as others would wait for that, too. host: whose
 * slots, this machine's name. waited_ms: how long the request may have waited
 * already, which counts towards password.wait. ST_UNAVAILABLE: the queue is
 * full, or the time is up; the transaction is then fit for db_rollback alone.
 */
enum status hash_slot_take(struct db *db, struct arena *arena,
    const struct config *config, const char *host,
    int64_t waited_ms) MUST_CHECK;

#endif
