/*
 * recovery_code - what lets in who has lost the device of the second factor.
 *
 * A set of RECOVERY_CODES, each good once. A code is 80 random bits, written as
 * sixteen of Crockford's base32 characters, in groups of four, so that it can
 * be copied by hand: upper and lower case are the same, O is 0, I and L are 1.
 * The database keeps its BLAKE2b hash with the account's id.
 */
#ifndef CHATELAINE_RECOVERY_CODE_H
#define CHATELAINE_RECOVERY_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

#define RECOVERY_CODES 10
#define RECOVERY_CODE_LEN 16 /* without what parts the groups */

/*
 * Is it of the form of a recovery code? text: without blanks and dashes. A
 * code of six digits is not.
 */
bool recovery_code_is_one(const char *text);

/*
 * A new set instead of the one that the account had. codes: as they are shown,
 * "k7mp-x2qv-9d4r-t6wz". Lock the account first.
 */
enum status recovery_code_replace(struct db *db, struct arena *arena,
    const char *account_id,
    const char *codes[static RECOVERY_CODES]) MUST_CHECK;

/*
 * Use one up. Of any number of callers at once one gets ST_OK; ST_NOT_FOUND:
 * it is none of the account's, or used. text: without blanks and dashes.
 */
enum status recovery_code_use(struct db *db, struct arena *arena,
    const char *account_id, const char *text) MUST_CHECK;

/* How many are left. */
enum status recovery_code_count(struct db *db, struct arena *arena,
    const char *account_id, int64_t *left) MUST_CHECK;

/* Forget all of an account. */
enum status recovery_code_remove(
    struct db *db, struct arena *arena, const char *account_id) MUST_CHECK;

#endif
