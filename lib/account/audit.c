/* audit.c - one INSERT; the words of the deeds are those of the log's readers. */

#include "account/audit.h"

enum { ADD, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[ADD] = { "audit_add",
	    "INSERT INTO audit_log"
	    " (actor, action, account_id, subject, ip, request_id)"
	    " VALUES ($1, $2, $3::uuid, $4, $5::inet, $6)" },
};

static const char *const actors[] = {
	[ACTOR_PERSON] = "person",
	[ACTOR_OPERATOR] = "operator",
	[ACTOR_WORKER] = "worker",
};

static const char *const deeds[DEED_COUNT] = {
	[DEED_SIGNED_UP] = "signed up",
	[DEED_ADDRESS_VERIFIED] = "address verified",
	[DEED_SIGNED_IN] = "signed in",
	[DEED_SIGN_IN_REFUSED] = "sign-in refused",
	[DEED_SIGNED_OUT] = "signed out",
	[DEED_REFRESH_REUSED] = "refresh token reused",
	[DEED_ACCOUNT_CHANGED] = "account changed",
	[DEED_ACCOUNT_CREATED] = "account created",
	[DEED_ACCOUNT_DISABLED] = "account disabled",
	[DEED_ACCOUNT_ENABLED] = "account enabled",
};

enum status
audit(struct db *db, struct arena *arena, enum actor actor, enum deed deed,
    const char *account_id, const char *subject, const struct origin *origin)
{
	return db_query(db, arena, &stmts[ADD],
	    DB_ARGS(DB_TEXT(actors[actor]), DB_TEXT(deeds[deed]),
		DB_TEXT(account_id), DB_TEXT(subject),
		DB_TEXT(origin != NULL ? origin->ip : NULL),
		DB_TEXT(origin != NULL ? origin->request_id : NULL)),
	    NULL);
}
