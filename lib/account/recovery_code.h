/*
 * recovery_code - what lets in who has lost the device of the second factor.
 *
 * A set of RECOVERY_CODES, each good once. A code is twenty random digits, 66
 * bits, in groups of four: digits, as they are typed where the app's are, on
 * the keyboard that phones show for those. The database keeps the BLAKE2b hash
 * of the code with the account's id.
 */
#ifndef CHATELAINE_RECOVERY_CODE_H
#define CHATELAINE_RECOVERY_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

#define RECOVERY_CODES 10
#define RECOVERY_CODE_LEN 20 /* without what parts the groups */

/*
 * Is it of the form of a recovery code? text: without blanks and dashes. A
 * code of the app's is not.
 */
bool recovery_code_is_one(const char *text);

/*
 * A new set instead of the one that the account had. codes: as they are shown,
 * "0482-5913-7720-6618-3059". Lock the account first.
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
