/*
 * email_change - another address for an account: asked for, proven, undone.
 *
 * An account has its old address until somebody proves the new one with the
 * link that was mailed there. The old address then is told, with a link that
 * undoes it: so whoever gets into an account can't take it away from its owner.
 * Neither link needs a session, as the mailbox may be on another device. All
 * are called inside the request's, or the job's, transaction.
 */
#ifndef CHATELAINE_EMAIL_CHANGE_H
#define CHATELAINE_EMAIL_CHANGE_H

#include "account/entry.h"
#include "account/link.h"

/*
 * Ask for another address, once entry_confirm has seen the password. The worker
 * sends the link to it or, if it has an account that was proven, a mail that
 * tells its owner (email_change_answer); nobody learns here which.
 */
enum status email_change_ask(const struct entry *entry,
    const struct session *session, const char *email) MUST_CHECK;

/*
 * What such a job does. Nothing, if the session has ended since: the password
 * may have been changed because of it.
 */
#define EMAIL_CHANGE_JOB "email-change"
enum status email_change_answer(
    const struct entry *entry, const struct job *job) MUST_CHECK;

/* What a link of either kind stands for. */
struct email_link {
	enum link_state state;
	struct account account; /* as it was before */
	const char *email;      /* that it would have */
	bool taken;             /* by another account, which has proven it */
	int64_t created_at;     /* of the link, Unix seconds */
};

/*
 * Look at a link of LINK_EMAIL_CHANGE or LINK_EMAIL_REVERT. ST_NOT_FOUND:
 * malformed, of the other kind, never made, forgotten by now, or its account is
 * disabled.
 */
enum status email_change_find(const struct entry *entry, enum link_kind kind,
    const char *token, struct email_link *link) MUST_CHECK;

/*
 * Use a link, which does nothing unless *link comes out live and not taken. An
 * account that holds the address and has never proven it makes way.
 *
 * email_change_use sets the new address, and mails the old one the link back.
 * email_change_undo sets the old one; every session ends, no password is good,
 * and neither are links to another address or back to one that came later, nor a
 * second factor that was switched on since the address was changed.
 * *reset_token is for the person to choose a new password at once (reset.h).
 * ST_NOT_FOUND: as above.
 */
enum status email_change_use(const struct entry *entry, const char *token,
    struct email_link *link) MUST_CHECK;
enum status email_change_undo(const struct entry *entry, const char *token,
    struct email_link *link, const char **reset_token) MUST_CHECK;

#endif
