/*
 * audit - who did what, to what, from where: rows that are only ever added.
 *
 * Written in the transaction of the deed. No secret, no mail address: ids only.
 */
#ifndef CHATELAINE_AUDIT_H
#define CHATELAINE_AUDIT_H

#include <stdint.h>

#include "account/origin.h"
#include "base/arena.h"
#include "base/db.h"

enum actor { ACTOR_PERSON, ACTOR_OPERATOR, ACTOR_WORKER };

enum deed {
	DEED_SIGNED_UP,
	DEED_ADDRESS_VERIFIED,
	DEED_ADDRESS_BOUNCED, /* the subject: the mail that came back */
	DEED_ADDRESS_UNBLOCKED,
	DEED_SIGNED_IN,
	DEED_SIGN_IN_REFUSED,
	DEED_SIGN_IN_ALERTED,  /* by mail; the session is the subject */
	DEED_SIGN_IN_DISOWNED, /* "it was not me": likewise */
	DEED_SIGNED_OUT,
	DEED_REFRESH_REUSED,
	DEED_PASSWORD_CONFIRMED,
	DEED_CONFIRMATION_REFUSED,
	DEED_SESSION_ENDED,        /* one, which is the subject */
	DEED_OTHER_SESSIONS_ENDED, /* all of the account but the subject */
	DEED_SESSIONS_ENDED,       /* all of the account, or of everybody */
	DEED_RESET_SENT,
	DEED_PASSWORD_RESET,   /* which ends all sessions of the account */
	DEED_DEVICE_FORGOTTEN, /* the known device that is the subject */
	DEED_OTHER_DEVICES_FORGOTTEN,
	DEED_ACCOUNT_CHANGED,
	DEED_PASSWORD_CHANGED,   /* in the session that is the subject */
	DEED_EMAIL_CHANGE_ASKED, /* likewise */
	DEED_EMAIL_CHANGED,
	DEED_EMAIL_CHANGE_UNDONE,
	DEED_DELETION_ASKED,
	DEED_DELETION_UNDONE,
	DEED_ACCOUNT_DELETED,
	DEED_PREFERENCE_CHANGED, /* the subject: a category of mail */
	DEED_ACCOUNT_CREATED,
	DEED_ACCOUNT_IMPORTED,  /* by the import that is the subject */
	DEED_ACCOUNTS_IMPORTED, /* all of an import, which is the subject */
	DEED_ACCOUNT_DISABLED,
	DEED_ACCOUNT_ENABLED,
	DEED_SECOND_FACTOR_ON,
	DEED_SECOND_FACTOR_OFF,
	DEED_CODE_REFUSED,
	DEED_RECOVERY_CODE_USED,
	DEED_RECOVERY_CODES_MADE,
	DEED_KEY_PUBLISHED,
	DEED_KEY_ACTIVATED,
	DEED_KEY_RETIRED,
	DEED_KEY_REMOVED,
	DEED_KEY_REVOKED,
	DEED_COUNT
};

/*
 * Add a row. account_id: whose deed or, for the operator's, whom it is about;
 * NULL if nobody known. subject: the id of what it was done to, or NULL.
 * origin: NULL for the admin command and the worker.
 */
enum status audit(struct db *db, struct arena *arena, enum actor actor,
    enum deed deed, const char *account_id, const char *subject,
    const struct origin *origin) MUST_CHECK;

/* Which rows to list. */
struct audit_query {
	const char *account_id; /* NULL: of all, and of nobody */
	int64_t since;          /* Unix seconds */
	int64_t limit;          /* the newest so many */
};

struct audit_row {
	int64_t id;
	const char *at; /* RFC 3339, UTC, to the microsecond */
	const char *actor;
	const char *action;
	const char *account_id; /* this and what follows: NULL if not known */
	const char *subject;
	const char *ip;
	const char *request_id;
	int64_t seal; /* its number in the chain, 0: not sealed yet */
};

/* Rows, the oldest first, in the arena. Needs the worker's role. */
enum status audit_list(struct db *db, struct arena *arena,
    const struct audit_query *query, struct audit_row **rows,
    size_t *count) MUST_CHECK;

#endif
