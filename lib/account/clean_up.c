/* clean_up.c - one statement for each kind of row that has had its day. */

#include "account/clean_up.h"
#include "account/known_device.h"
#include "account/limit.h"
#include "account/link.h"
#include "account/second_factor.h"

#define TEXT(number) #number
#define DAYS(number) TEXT(number) " days"
#define HOURS(number) TEXT(number) " hours"

static const struct db_stmt stmts[] = {
	{ "clean_up_verification",
	    "DELETE FROM verification WHERE expires_at < now()" },
	{ "clean_up_link",
	    "DELETE FROM link WHERE expires_at"
	    " < now() - interval '" DAYS(LINK_KEPT_DAYS) "'" },
	{ "clean_up_second_factor",
	    "DELETE FROM second_factor WHERE activated_at IS NULL"
	    " AND created_at < now() - interval"
	    " '" HOURS(SECOND_FACTOR_BEGUN_HOURS) "'" },
	{ "clean_up_session",
	    "DELETE FROM session WHERE least(revoked_at, idle_expires_at,"
	    " expires_at) < now() - interval '30 days'" },
	/* A link sent again lately keeps an account. */
	{ "clean_up_account",
	    "DELETE FROM account WHERE verified_at IS NULL"
	    " AND disabled_at IS NULL AND created_at < now() - interval '7 days'"
	    " AND NOT EXISTS (SELECT FROM verification"
	    " WHERE account_id = account.id)" },
	{ "clean_up_known_device",
	    "DELETE FROM known_device WHERE last_used_at"
	    " < now() - interval '" DAYS(KNOWN_DEVICE_DAYS) "'" },
};

enum status
account_clean_up(struct db *db, struct arena *arena)
{
	for (size_t i = 0; i < ARRAY_LEN(stmts); i++) {
		enum status st =
		    db_query(db, arena, &stmts[i], DB_NO_ARGS, NULL);

		if (st != ST_OK)
			return st;
	}
	return limit_clean_up(db, arena);
}
