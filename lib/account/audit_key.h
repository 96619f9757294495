/*
 * audit_key - what the seals on the audit log are made with.
 *
 * Keys of their own, in the database and sealed with the master key: so that
 * can be replaced, and the seals stay good.
 */
#ifndef CHATELAINE_AUDIT_KEY_H
#define CHATELAINE_AUDIT_KEY_H

#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"

#define AUDIT_KEY_ID_LEN 11

/*
 * The advisory lock of whoever adds a key or a seal, "audit lg" as a number. An
 * account that is removed takes it, too (account_forget, in the migrations).
 */
#define AUDIT_LOCK "7022629598036782183"

/* Wipe it with secret_wipe. */
struct audit_key {
	unsigned char bytes[SECRET_BYTES];
	char id[AUDIT_KEY_ID_LEN + 1]; /* stands beside each seal */
};

/*
 * All that this master key opens, the newest first, in the arena; and the
 * newest, made if there is none. Both need the worker's role.
 */
enum status audit_keys_open(struct db *db, struct arena *arena,
    const struct master_key *master, struct audit_key **keys,
    size_t *count) MUST_CHECK;
enum status audit_key_current(struct db *db, struct arena *arena,
    const struct master_key *master, struct audit_key *key) MUST_CHECK;

#endif
