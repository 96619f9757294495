/*
 * bounce - mail that came back, and the address it was for.
 *
 * An address that a server refuses for good, when we send or in a report later,
 * is written to no more (deliver.h): its owner sees a banner, and proves it or
 * changes it. Worker and admin command only.
 */
#ifndef CHATELAINE_BOUNCE_H
#define CHATELAINE_BOUNCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"
#include "mail/report.h"

/*
 * Take a report in, in a transaction of its own. address: whom the MTA has
 * delivered it to, or NULL, and its headers may say it. *id: of the mail it is
 * about. ST_NOT_FOUND: none of our addresses is there, or no such mail any more;
 * ST_INVALID: it reports no failure, and nothing was changed; ST_UNAVAILABLE: no
 * database.
 */
enum status bounce_take(struct db *db, struct arena *arena,
    const struct master_key *key, const struct report *report,
    const char *address, const char **id) MUST_CHECK;

/*
 * Does a failure with this status (RFC 3463; "5.1.1", what follows is passed
 * over) speak of the address, and not of the mail, its sender, the way or a
 * mailbox that is full? Those that say nothing in particular do.
 */
bool bounce_blames_address(const char *status);

/*
 * The recipient of this mail is not there, as the server says: if the address
 * is still the account's, it is noted as one that bounced, with an audit row.
 * In the caller's transaction.
 */
enum status bounce_note(
    struct db *db, struct arena *arena, const char *id) MUST_CHECK;

#endif
