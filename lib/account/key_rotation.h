/*
 * key_rotation - the life of a signing key: next, active, retiring, gone.
 *
 * A key is published for KEY_ROTATION_NEXT before it is used, so that whoever
 * keeps a copy of the JWKS has it by then. Then it signs, until another one
 * takes its place, or SIGNING_KEYS_FRESH longer where that is not known yet; it
 * stays, to verify with, until the last token it signed has expired. So a
 * rotation signs nobody out.
 *
 * What changes states runs in the caller's transaction, takes a lock on the
 * table that lets others read it, and writes audit rows: any number of workers
 * and operators may do it at once, and be killed. The times are those of the
 * database's clock. It needs the worker's role.
 */
#ifndef CHATELAINE_KEY_ROTATION_H
#define CHATELAINE_KEY_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "account/audit.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/secret.h"

#define KEY_ROTATION_NEXT (24 * 60 * 60) /* seconds */

/* One key, and when it moves on: Unix seconds, 0 when nothing is planned. */
struct key_state {
	const char *kid;
	const char *state; /* "next", "active", "retiring" */
	int64_t since;
	int64_t until;
};

/* What was done: ids of keys, NULL for what was not. */
struct key_moves {
	const char *published; /* became next */
	const char *activated;
	const char *retired;
	size_t removed; /* keys */
	int64_t due;    /* when the next key may be activated; 0: it was */
};

/* Who asks, and with what. */
struct key_rotation {
	struct db *db;
	struct arena *arena;
	const struct config *config;
	const struct master_key *master;
	enum actor actor;
};

/* All keys, oldest first. Any role may ask. */
enum status key_rotation_list(struct db *db, struct arena *arena,
    const struct config *config, struct key_state **list,
    size_t *count) MUST_CHECK;

/*
 * What is due by itself: remove keys whose tokens are dead, publish the next
 * one in time for signing_key.lifetime, activate one that was published for
 * long enough.
 */
enum status key_rotation_tend(
    const struct key_rotation *rotation, struct key_moves *moves) MUST_CHECK;

/*
 * One step: publish a next key if there is none, activate it if its time has
 * come or at_once is true. Where nothing signs yet it is activated in any case.
 */
enum status key_rotation_step(const struct key_rotation *rotation, bool at_once,
    struct key_moves *moves) MUST_CHECK;

/*
 * A key has become known to others: remove it, and with it what it signed. If
 * it was active, the next one (made if there is none) is activated at once. A
 * process may take its tokens, and sign some more that nobody will take then,
 * for another SIGNING_KEYS_FRESH seconds after the commit. ST_NOT_FOUND: there
 * is no such key.
 */
enum status key_rotation_revoke(const struct key_rotation *rotation,
    const char *kid, struct key_moves *moves) MUST_CHECK;

#endif
