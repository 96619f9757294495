/*
 * known_device - browsers that have signed in to an account before.
 *
 * A browser is known by the token in its device cookie, of which the database
 * keeps the hash. One cookie may be known to several accounts, as in a family:
 * a row for each. A known device has a limit of wrong passwords of its own.
 */
#ifndef CHATELAINE_KNOWN_DEVICE_H
#define CHATELAINE_KNOWN_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

/* How long one is remembered after it was last used, and its cookie kept. */
#define KNOWN_DEVICE_DAYS 400
#define KNOWN_DEVICE_TTL (KNOWN_DEVICE_DAYS * 24 * 60 * 60) /* seconds */

/*
 * The id of this browser's row for the account with this address. token: of
 * its cookie, "" for none. ST_NOT_FOUND: not known to it, or no such account.
 */
enum status known_device_find(struct db *db, struct arena *arena,
    const char *token, const char *email, const char **id) MUST_CHECK;

/*
 * The browser with this token has signed in to the account. *kept: what its
 * cookie is to hold from now on. That is a new token unless some account knows
 * the one it has, so that nobody can choose it for others. *seen: this account
 * knew it before.
 */
enum status known_device_remember(struct db *db, struct arena *arena,
    const char *token, const char *account_id, const char *user_agent,
    const char **kept, bool *seen) MUST_CHECK;

struct known_device {
	const char *id;
	int64_t first_seen_at; /* Unix seconds */
	int64_t last_seen_at;  /* when it last signed in */
	const char *user_agent;
	bool current;
};

/*
 * The devices that an account knows, at most limit: the one with this token
 * ("" for none) first, then those that were used last. after: the id of the one
 * to go on behind, NULL to begin. *more: others follow.
 */
enum status known_device_list(struct db *db, struct arena *arena,
    const char *account_id, const char *token, const char *after, int64_t limit,
    struct known_device **list, size_t *count, bool *more) MUST_CHECK;

/*
 * Forget one: it counts as never seen. Its session goes on. ST_NOT_FOUND: the
 * account knows no such device; so is what is no id.
 */
enum status known_device_forget(struct db *db, struct arena *arena,
    const char *account_id, const char *id) MUST_CHECK;

/* Forget all but the one with this token. *count: how many these were. */
enum status known_device_forget_others(struct db *db, struct arena *arena,
    const char *account_id, const char *token, size_t *count) MUST_CHECK;

/*
 * Forget the device that became known to the account when this session began.
 * There need not be one.
 */
enum status known_device_forget_new(
    struct db *db, struct arena *arena, const char *session_id) MUST_CHECK;

#endif
