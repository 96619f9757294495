/*
 * sign_in_ticket - the right password was given, and a code is still asked for.
 *
 * Nothing is stored: the ticket holds, sealed, what sign-in asked for, and the
 * client brings it back with the code. It is good for SIGN_IN_TICKET_TTL, in the
 * browser it was given to (where that has a cookie), and as long as the account
 * has the password that was given.
 */
#ifndef CHATELAINE_SIGN_IN_TICKET_H
#define CHATELAINE_SIGN_IN_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "account/entry.h"

#define SIGN_IN_TICKET_TTL (10 * 60) /* seconds */
#define SIGN_IN_TICKET_MAX 4000      /* bytes */

struct sign_in_ticket {
	const char *account_id;
	int64_t expires_at; /* Unix seconds */
	bool remember;
	bool api;
	const char *next;                     /* a local path */
	unsigned char password[SECRET_BYTES]; /* hash of the account's hash */
};

/*
 * A ticket for the account whose password fitted. Fills in account_id and
 * password of *ticket; the rest is the caller's. Returns its text, base64url,
 * in the arena.
 */
const char *sign_in_ticket_issue(const struct entry *entry,
    const struct account *account, struct sign_in_ticket *ticket);

/*
 * Read one that came back. ST_EXPIRED: its time is over, and *ticket is filled
 * in; ST_NOT_FOUND: it is none of ours, or another browser's.
 */
enum status sign_in_ticket_open(const struct entry *entry, const char *text,
    struct sign_in_ticket *ticket) MUST_CHECK;

/*
 * Show a code for it, which is used up, see second_factor_use. *outcome:
 * ENTRY_WRONG, ENTRY_GRANTED or ENTRY_DISABLED; *account is then filled in.
 * ST_EXPIRED: the account has another password by now, or no second factor, or
 * is gone.
 */
enum status sign_in_ticket_use(const struct entry *entry,
    const struct sign_in_ticket *ticket, const char *code,
    enum entry_outcome *outcome, struct account *account) MUST_CHECK;

#endif
