/*
 * audit - who did what, to what, from where: rows that are only ever added.
 *
 * Written in the transaction of the deed. No secret, no address: ids only.
 */
#ifndef CHATELAINE_AUDIT_H
#define CHATELAINE_AUDIT_H

#include "account/origin.h"
#include "base/arena.h"
#include "base/db.h"

enum actor { ACTOR_PERSON, ACTOR_OPERATOR, ACTOR_WORKER };

enum deed {
	DEED_SIGNED_UP,
	DEED_ADDRESS_VERIFIED,
	DEED_SIGNED_IN,
	DEED_SIGN_IN_REFUSED,
	DEED_SIGNED_OUT,
	DEED_REFRESH_REUSED,
	DEED_ACCOUNT_CHANGED,
	DEED_ACCOUNT_CREATED,
	DEED_ACCOUNT_DISABLED,
	DEED_ACCOUNT_ENABLED,
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

#endif
