/*
 * verification - the mailed link that proves an address.
 *
 * One a account, the newest; 256 bits, kept as a hash, used up once. It knows
 * the browser that signed up (by the hash of its cookie): in any other one the
 * password chosen at sign-up is asked for, so that nobody can have a stranger
 * prove an address for them.
 */
#ifndef CHATELAINE_VERIFICATION_H
#define CHATELAINE_VERIFICATION_H

#include <stdbool.h>

#include "account/account.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"

struct verification {
	struct account account;
	bool same_browser; /* as the one that signed up */
};

/*
 * Make a new link for the account; any older one is dead. browser: the cookie
 * of the browser that signs up; "" for none. *token: SECRET_TEXT_LEN
 * characters, nowhere stored.
 */
enum status verification_begin(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id, const char *browser,
    const char **token) MUST_CHECK;

/*
 * The account begins, or starts over, in this browser, and no mail may be sent
 * just now: a link that was mailed before stays good, tied to this browser.
 */
enum status verification_begin_quietly(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id,
    const char *browser) MUST_CHECK;

/* A new link, tied to the browser that the last one was tied to. */
enum status verification_renew(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id,
    const char **token) MUST_CHECK;

/*
 * What a link stands for, seen from a browser. Inside a transaction the account
 * and the link then stay as they are. ST_NOT_FOUND: malformed, unknown, used,
 * replaced or expired; they are not told apart, so that a guess learns nothing.
 */
enum status verification_find(struct db *db, struct arena *arena,
    const char *token, const char *browser,
    struct verification *verification) MUST_CHECK;

/*
 * Use the link up: the address is proven. Look first, in the same transaction.
 * Of any number of concurrent callers one gets ST_OK, the others ST_NOT_FOUND.
 */
enum status verification_spend(
    struct db *db, struct arena *arena, const char *token) MUST_CHECK;

#endif
