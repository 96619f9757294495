/* clean_up - forget what nobody needs any more (worker only). */
#ifndef CHATELAINE_ACCOUNT_CLEAN_UP_H
#define CHATELAINE_ACCOUNT_CLEAN_UP_H

#include "base/arena.h"
#include "base/db.h"

/*
 * Remove what has expired: links that prove an address at once, all others and
 * sessions (those revoked, too) after 30 days; accounts whose address was not
 * proven within 7 days of signing up; devices not used for 400 days, and limits
 * that nothing was taken from lately; second factors that were only begun.
 * Disabled accounts stay. Needs the worker's role.
 */
enum status account_clean_up(struct db *db, struct arena *arena) MUST_CHECK;

#endif
