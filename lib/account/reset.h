/*
 * reset - a mailed link with which a person chooses a new password.
 *
 * Whoever holds it proves the account's address by that. Of an account only
 * the newest works, once: reset.ttl unopened, reset.opened_ttl once it has
 * been opened, which takes a form, so that a mail scanner that follows links
 * changes nothing. All that change something are called inside the request's
 * transaction.
 */
#ifndef CHATELAINE_RESET_H
#define CHATELAINE_RESET_H

#include "account/account.h"
#include "account/entry.h"
#include "account/link.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/job.h"

/*
 * Ask for a link, by entry_ask. Whether one is mailed, the worker finds out:
 * to every address that has an account which is not disabled.
 */
enum status reset_ask(const struct entry *entry, const char *email) MUST_CHECK;

/* The job kind that reset_ask asks for, and what does it. */
#define RESET_JOB "reset"
enum status reset_send(
    const struct entry *entry, const struct job *job) MUST_CHECK;

/* What a link stands for. */
struct reset {
	struct account account;
	enum link_state state;
	bool opened;
	int64_t expires_at; /* Unix seconds */
};

/*
 * Make a link for the account; any older one is replaced. *token goes into the
 * path /reset/TOKEN. reset_issue is for a mail; reset_issue_opened for
 * somebody who is led there at once, and finds it opened.
 */
enum status reset_issue(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id,
    const char **token) MUST_CHECK;
enum status reset_issue_opened(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id,
    const char **token) MUST_CHECK;

/*
 * What a link stands for and what has become of it. Inside a transaction that
 * stays so. ST_NOT_FOUND: malformed, never made, forgotten by now, or its
 * account is disabled.
 */
enum status reset_find(struct db *db, struct arena *arena, const char *token,
    struct reset *reset) MUST_CHECK;

/*
 * Somebody opens it; again is no different. *reset: as it is then, and no
 * different from before unless it was live. ST_NOT_FOUND: as reset_find.
 */
enum status reset_open(struct db *db, struct arena *arena,
    const struct config *config, const char *token,
    struct reset *reset) MUST_CHECK;

/*
 * Use up the link of this account, which was found live in the same
 * transaction: the password, which must have been judged good, is set. The
 * address counts as proven, all sessions end, a change of the address that was
 * asked for is off, the wrong passwords of others no longer make the owner
 * wait, and the person is told by mail. Of any number of callers at once one
 * gets ST_OK, the others ST_NOT_FOUND.
 */
enum status reset_password(const struct entry *entry, const char *token,
    const struct account *account, const char *password) MUST_CHECK;

#endif
