/*
 * account - a person who may sign in.
 *
 * Addresses that differ in case alone are the same account. Strings returned
 * live in the arena passed in.
 */
#ifndef CHATELAINE_ACCOUNT_H
#define CHATELAINE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

#define ACCOUNT_EMAIL_MAX 254 /* bytes: RFC 5321, 4.5.3.1.3 */
#define ACCOUNT_NAME_MAX 100  /* bytes */

struct account {
	const char *id;
	const char *email;
	const char *name;
	const char *password_hash;
	int64_t created_at;
	bool verified;
	bool disabled;
	bool bounced;         /* mail to its address comes back */
	int64_t delete_after; /* when it is to be deleted; 0: never */
};

/* One account by its id or its address. ST_NOT_FOUND. */
enum status account_find(struct db *db, struct arena *arena, const char *id,
    struct account *account) MUST_CHECK;
enum status account_find_by_email(struct db *db, struct arena *arena,
    const char *email, struct account *account) MUST_CHECK;

/*
 * As account_find; until the transaction ends it then stays as it is. What
 * changes other rows of an account besides locks it first, so that nobody waits
 * for somebody who waits for them.
 */
enum status account_lock(struct db *db, struct arena *arena, const char *id,
    struct account *account) MUST_CHECK;

/*
 * Accounts by address, after the address `after` ("" to begin), at most limit.
 */
enum status account_list(struct db *db, struct arena *arena, const char *after,
    int64_t limit, struct account **list, size_t *count) MUST_CHECK;

/* Insert one. ST_CONFLICT: the address is taken. *id: the new one's. */
enum status account_create(struct db *db, struct arena *arena,
    const char *email, const char *name, const char *password_hash,
    bool verified, const char **id) MUST_CHECK;

/*
 * A sign-up that was never verified begins again: name and hash are replaced.
 * ST_NOT_FOUND: verified meanwhile, or gone.
 */
enum status account_start_over(struct db *db, struct arena *arena,
    const char *id, const char *name, const char *password_hash) MUST_CHECK;

/*
 * Somebody signs in. *first: nobody ever did before. Best called before the
 * session begins, which locks the account for others to read.
 */
enum status account_note_sign_in(
    struct db *db, struct arena *arena, const char *id, bool *first) MUST_CHECK;

/*
 * Remove the account that has an address and has never proven it, if there is
 * one that is not disabled. Then its owner can have it: ST_CONFLICT: another
 * account has the address; ST_NOT_FOUND: no such account.
 */
enum status account_make_way(
    struct db *db, struct arena *arena, const char *email) MUST_CHECK;
enum status account_set_email(struct db *db, struct arena *arena,
    const char *id, const char *email) MUST_CHECK;

/*
 * Mail to its address may be sent again. ST_NOT_FOUND: no such account, or it
 * may be already.
 */
enum status account_unblock(
    struct db *db, struct arena *arena, const char *id) MUST_CHECK;

/* ST_NOT_FOUND: no such account. */
enum status account_rename(struct db *db, struct arena *arena, const char *id,
    const char *name) MUST_CHECK;
enum status account_set_password_hash(struct db *db, struct arena *arena,
    const char *id, const char *password_hash) MUST_CHECK;

/*
 * Another password, from somebody who has proven the address by that.
 * ST_NOT_FOUND: disabled, or gone.
 */
enum status account_reset_password(struct db *db, struct arena *arena,
    const char *id, const char *password_hash) MUST_CHECK;

/*
 * The kinds of hash that accounts have: how each begins, up to its salt, with
 * "$2b$" for all bcrypt. At most ACCOUNT_KINDS_MAX.
 */
#define ACCOUNT_KINDS_MAX 16
enum status account_password_kinds(struct db *db, struct arena *arena,
    const char *const **kinds, size_t *count) MUST_CHECK;

/*
 * The same password hashed anew. ST_NOT_FOUND: it is another one meanwhile, or
 * the account is gone.
 */
enum status account_renew_password_hash(struct db *db, struct arena *arena,
    const char *id, const char *old_hash, const char *new_hash) MUST_CHECK;

/*
 * Disable: no sign-in, and every session ends at once, in the caller's
 * transaction. Enable undoes the first half. ST_NOT_FOUND: no such account.
 */
enum status account_disable(
    struct db *db, struct arena *arena, const char *id) MUST_CHECK;
enum status account_enable(
    struct db *db, struct arena *arena, const char *id) MUST_CHECK;

#endif
