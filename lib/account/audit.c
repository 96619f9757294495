/* audit.c - rows in, rows out; the words of the deeds are for readers. */

#include "account/audit.h"

enum { ADD, LIST, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[ADD] = { "audit_add",
	    "INSERT INTO audit_log"
	    " (actor, action, account_id, subject, ip, request_id)"
	    " VALUES ($1, $2, $3::uuid, $4, $5::inet, $6)" },
	[LIST] = { "audit_list",
	    "SELECT l.id, to_char(l.at AT TIME ZONE 'UTC',"
	    " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), l.actor, l.action,"
	    " l.account_id, l.subject, host(l.ip), l.request_id, s.seq"
	    " FROM audit_log l LEFT JOIN audit_seal s ON s.audit_id = l.id"
	    " WHERE ($1::uuid IS NULL OR l.account_id = $1::uuid)"
	    " AND l.at >= to_timestamp($2::bigint)"
	    " ORDER BY l.id DESC LIMIT $3::bigint" },
};

static const char *const actors[] = {
	[ACTOR_PERSON] = "person",
	[ACTOR_OPERATOR] = "operator",
	[ACTOR_WORKER] = "worker",
};

static const char *const deeds[DEED_COUNT] = {
	[DEED_SIGNED_UP] = "signed up",
	[DEED_ADDRESS_VERIFIED] = "address verified",
	[DEED_ADDRESS_BOUNCED] = "address bounced",
	[DEED_ADDRESS_UNBLOCKED] = "address unblocked",
	[DEED_SIGNED_IN] = "signed in",
	[DEED_SIGN_IN_REFUSED] = "sign-in refused",
	[DEED_SIGN_IN_ALERTED] = "sign-in alerted",
	[DEED_SIGN_IN_DISOWNED] = "sign-in disowned",
	[DEED_SIGNED_OUT] = "signed out",
	[DEED_REFRESH_REUSED] = "refresh token reused",
	[DEED_PASSWORD_CONFIRMED] = "password confirmed",
	[DEED_CONFIRMATION_REFUSED] = "confirmation refused",
	[DEED_SESSION_ENDED] = "session ended",
	[DEED_OTHER_SESSIONS_ENDED] = "other sessions ended",
	[DEED_SESSIONS_ENDED] = "sessions ended",
	[DEED_RESET_SENT] = "reset link sent",
	[DEED_PASSWORD_RESET] = "password reset",
	[DEED_DEVICE_FORGOTTEN] = "device forgotten",
	[DEED_OTHER_DEVICES_FORGOTTEN] = "other devices forgotten",
	[DEED_ACCOUNT_CHANGED] = "account changed",
	[DEED_PASSWORD_CHANGED] = "password changed",
	[DEED_EMAIL_CHANGE_ASKED] = "address change asked for",
	[DEED_EMAIL_CHANGED] = "address changed",
	[DEED_EMAIL_CHANGE_UNDONE] = "address change undone",
	[DEED_DELETION_ASKED] = "deletion asked for",
	[DEED_DELETION_UNDONE] = "deletion undone",
	[DEED_ACCOUNT_DELETED] = "account deleted",
	[DEED_PREFERENCE_CHANGED] = "mail preference changed",
	[DEED_ACCOUNT_CREATED] = "account created",
	[DEED_ACCOUNT_IMPORTED] = "account imported",
	[DEED_ACCOUNTS_IMPORTED] = "accounts imported",
	[DEED_ACCOUNT_DISABLED] = "account disabled",
	[DEED_ACCOUNT_ENABLED] = "account enabled",
	[DEED_SECOND_FACTOR_ON] = "second factor switched on",
	[DEED_SECOND_FACTOR_OFF] = "second factor switched off",
	[DEED_CODE_REFUSED] = "code refused",
	[DEED_RECOVERY_CODE_USED] = "recovery code used",
	[DEED_RECOVERY_CODES_MADE] = "recovery codes made",
	[DEED_KEY_PUBLISHED] = "signing key published",
	[DEED_KEY_ACTIVATED] = "signing key activated",
	[DEED_KEY_RETIRED] = "signing key retired",
	[DEED_KEY_REMOVED] = "signing key removed",
	[DEED_KEY_REVOKED] = "signing key revoked",
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

static const char *
text_or_null(const struct db_rows *rows, size_t row, size_t column)
{
	return db_is_null(rows, row, column) ? NULL
					     : db_text(rows, row, column);
}

enum status
audit_list(struct db *db, struct arena *arena, const struct audit_query *query,
    struct audit_row **list, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[LIST],
	    DB_ARGS(DB_TEXT(query->account_id), DB_INT(query->since),
		DB_INT(query->limit)),
	    &rows);
	if (st != ST_OK)
		return st;
	*count = db_count(rows);
	*list = arena_array(arena, *count, sizeof(**list));
	/* Read from the newest back, given from the oldest on. */
	for (size_t i = 0; i < *count; i++)
		(*list)[*count - 1 - i] = (struct audit_row){
			.id = db_int(rows, i, 0),
			.at = db_text(rows, i, 1),
			.actor = db_text(rows, i, 2),
			.action = db_text(rows, i, 3),
			.account_id = text_or_null(rows, i, 4),
			.subject = text_or_null(rows, i, 5),
			.ip = text_or_null(rows, i, 6),
			.request_id = text_or_null(rows, i, 7),
			.seal = db_int(rows, i, 8),
		};
	return ST_OK;
}
