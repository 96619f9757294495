/*
 * audit_chain - seals on the audit log, each over the one before.
 *
 * A row that was committed waits in audit_pending until the worker seals it:
 * it gets the next number, without gaps, and a keyed BLAKE2b-256 hash over the
 * hash before it and the row. So writers never queue for the chain, and a row
 * that commits late takes a later place, whatever its id. The hash covers an
 * address only by a salted hash of it: setting audit_log.ip and
 * audit_seal.ip_salt to null forgets the address and leaves the chain whole.
 *
 * Who can write to the database and does not know the master key can't change,
 * remove or insert a sealed row without it being found, but for two things
 * that no chain shows by itself. The newest seals can be cut off, with their
 * rows: only a head remembered elsewhere tells (audit_verify). And a row can
 * be changed before it is sealed.
 */
#ifndef CHATELAINE_AUDIT_CHAIN_H
#define CHATELAINE_AUDIT_CHAIN_H

#include <stdint.h>

#include "account/audit_key.h"
#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"

#define AUDIT_BATCH 500 /* rows sealed in one transaction */

/* A place in the chain; {0} before the first. */
struct audit_head {
	int64_t seq;
	unsigned char hash[SECRET_BYTES];
};

/* "SEQ:HASH", the hash as base64url; and back. ST_INVALID: not of that form. */
const char *audit_head_text(struct arena *arena, const struct audit_head *head);
enum status audit_head_parse(
    struct arena *arena, const char *text, struct audit_head *head) MUST_CHECK;

/*
 * Seal up to AUDIT_BATCH rows, in a transaction of its own; *sealed: how many.
 * None while another worker is at it. Of accounts that are gone by then the
 * address is forgotten, and not sealed. Needs the worker's role.
 */
enum status audit_seal(struct db *db, struct arena *arena,
    const struct audit_key *key, size_t *sealed) MUST_CHECK;

/*
 * The newest seal, if it was made within so many seconds. ST_NOT_FOUND: none
 * was.
 */
enum status audit_head_since(struct db *db, struct arena *arena,
    int64_t seconds, struct audit_head *head) MUST_CHECK;

enum audit_verdict {
	AUDIT_WHOLE = 0,
	AUDIT_CHANGED,      /* row or seal is not what was sealed */
	AUDIT_REMOVED,      /* the row is gone */
	AUDIT_REMOVED_SOON, /* it was gone before it could be sealed */
	AUDIT_SEAL_REMOVED, /* the seal is gone, and there are later ones */
	AUDIT_OTHER_KEY,    /* made with a key that is not at hand */
	AUDIT_UNQUEUED,     /* a row that is neither sealed nor about to be */
	AUDIT_HEAD_LOST,    /* the remembered head is not in the chain */
};

struct audit_report {
	enum audit_verdict verdict;
	int64_t seq;            /* of the first bad seal, 0: of none */
	int64_t audit_id;       /* of the first bad row, 0: not known */
	int64_t sealed;         /* good rows */
	int64_t erased;         /* of them, those whose address was forgotten */
	int64_t pending;        /* rows that wait to be sealed */
	struct audit_head head; /* the last good one */
};

/*
 * Follow the chain from its beginning to the first thing that is wrong with
 * it. keys: those that seals may have been made with. remembered (NULL: none):
 * a head of an earlier report that must be in it still. Memory does not grow
 * with the log.
 */
enum status audit_verify(struct db *db, const struct audit_key *keys,
    size_t key_count, const struct audit_head *remembered,
    struct audit_report *report) MUST_CHECK;

#endif
