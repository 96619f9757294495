/*
 * second_factor - a secret shared with an app on the person's own device.
 *
 * Besides the password it asks for a code: of the app (totp.h), or a recovery
 * code (recovery_code.h). Each is good once. A secret that was begun counts
 * only when a code has shown that the app has it; until then, one that was
 * active before stays so. Secrets are sealed to the account's id. What matters
 * leaves an audit row and mails the person.
 *
 * All are called inside a transaction. Of struct entry they need db, arena,
 * key and origin, which is NULL for the admin command.
 */
#ifndef CHATELAINE_SECOND_FACTOR_H
#define CHATELAINE_SECOND_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "account/audit.h"
#include "account/entry.h"
#include "account/recovery_code.h"

/* A secret that no code has been shown of is forgotten after so many hours. */
#define SECOND_FACTOR_BEGUN_HOURS 24

struct second_factor {
	bool active;
	int64_t activated_at;  /* Unix seconds; 0 unless active */
	int64_t recovery_left; /* recovery codes */
};

/* What an account has. Without one, active is false. */
enum status second_factor_find(struct db *db, struct arena *arena,
    const char *account_id, struct second_factor *factor) MUST_CHECK;

/* Begin: a new secret instead of one that was begun before. As base32. */
enum status second_factor_begin(const struct entry *entry,
    const char *account_id, const char **secret) MUST_CHECK;

/* The secret that was begun, once more. ST_NOT_FOUND: none was. */
enum status second_factor_begun(const struct entry *entry,
    const char *account_id, const char **secret) MUST_CHECK;

/*
 * Switch on what was begun, with the first recovery codes. session_id: the one
 * at hand; all others end, as they were begun without this. ST_FORBIDDEN: the
 * code does not fit; ST_NOT_FOUND: nothing was begun, or the session has been
 * ended meanwhile.
 */
enum status second_factor_activate(const struct entry *entry,
    const struct account *account, const char *session_id, const char *code,
    const char *codes[static RECOVERY_CODES]) MUST_CHECK;

/*
 * Use a code up: one of the app, or a recovery code; blanks and dashes do
 * not matter. Of any number of callers at once with the same one, one gets
 * ST_OK. ST_FORBIDDEN: it is none that counts, or used; ST_NOT_FOUND: the
 * account has no second factor. Take from LIMIT_CODE first.
 */
enum status second_factor_use(const struct entry *entry,
    const struct account *account, const char *code) MUST_CHECK;

/* New recovery codes instead of all there are. ST_NOT_FOUND: not active. */
enum status second_factor_renew_codes(const struct entry *entry,
    const struct account *account,
    const char *codes[static RECOVERY_CODES]) MUST_CHECK;

/* Switch it off. ST_NOT_FOUND: it was not on. */
enum status second_factor_remove(const struct entry *entry, enum actor actor,
    const struct account *account) MUST_CHECK;

#endif
