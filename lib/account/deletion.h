/*
 * deletion - the end of an account, and the time in which it can be undone.
 *
 * Whoever asks for it is signed out everywhere, and account.deletion_grace
 * later the account and all its rows are gone. Signing in before keeps it. The
 * audit log keeps its rows, with the ids alone: the database sees to that with
 * every account that is removed (account_forget).
 */
#ifndef CHATELAINE_DELETION_H
#define CHATELAINE_DELETION_H

#include "account/entry.h"

/* So long before, the person is reminded. */
#define DELETION_REMINDER (3 * 24 * 60 * 60) /* seconds */

/*
 * Ask for it, once entry_confirm has seen the password in the same transaction.
 * All sessions end, and links to another address. *until: when it takes place,
 * in Unix seconds. The person is told by mail. ST_NOT_FOUND: no such account.
 */
enum status deletion_ask(const struct entry *entry,
    const struct account *account, int64_t *until) MUST_CHECK;

/*
 * Somebody signs in: a deletion that was asked for is not to take place.
 * *undone: it was; the person is told by mail.
 */
enum status deletion_undo(const struct entry *entry,
    const struct account *account, bool *undone) MUST_CHECK;

/*
 * Remind those whose time is nearly over, and remove the accounts whose time
 * has come; of each up to DELETION_BATCH. *more: there may be others. For the
 * worker, in its transaction.
 */
#define DELETION_BATCH 100
enum status deletion_tend(const struct entry *entry, bool *more) MUST_CHECK;

/*
 * Remove an account at once, for the operator. ST_NOT_FOUND: no such account.
 * Needs the worker's role.
 */
enum status deletion_now(
    struct db *db, struct arena *arena, const char *account_id) MUST_CHECK;

#endif
