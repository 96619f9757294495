/*
 * alert - a mail about a sign-in on a device that was not seen before.
 *
 * A browser has been seen before when the account knows its device cookie
 * (known_device.h); a program, which keeps none, when an earlier session came
 * from the same network, an IPv4 /24 or an IPv6 /64, with the same user agent.
 * The very first sign-in of an account makes no alert. The mail holds a link
 * that ends the session and leads on to a new password: for whoever did not
 * sign in there.
 */
#ifndef CHATELAINE_ALERT_H
#define CHATELAINE_ALERT_H

#include "account/entry.h"
#include "account/link.h"
#include "account/session.h"

/* What a link of an alert is about. */
struct alert {
	enum link_state state;
	int64_t expires_at; /* of the link, Unix seconds */
	const char *account_id;
	const char *session_id;
	bool ended;           /* the session, by whomever; or it is forgotten */
	int64_t signed_in_at; /* Unix seconds; 0: the session is forgotten */
	const char *ip;       /* NULL if unknown */
	const char *user_agent;
};

/*
 * Has a program signed in like this before? Sessions that were ended by
 * somebody else than the program itself are no proof of that.
 */
enum status alert_knows_program(const struct entry *entry,
    const struct session *session, bool *seen) MUST_CHECK;

/* Mail the alert, and note that. device: in words. */
enum status alert_send(const struct entry *entry, const struct session *session,
    const char *device) MUST_CHECK;

/*
 * What a link is about. Inside a transaction it then stays as it is.
 * ST_NOT_FOUND as with link_find.
 */
enum status alert_find(struct db *db, struct arena *arena, const char *token,
    struct alert *alert) MUST_CHECK;

/*
 * It was somebody else: use up the link of an alert that was found live, in
 * the same transaction. The session ends, its browser is no longer known, and
 * *reset_token lets the caller choose a new password. ST_NOT_FOUND: the link
 * is not live.
 */
enum status alert_disown(const struct entry *entry, const char *token,
    const struct alert *alert, const char **reset_token) MUST_CHECK;

#endif
