/*
 * refresh - how a session goes on without its person noticing.
 *
 * Every refresh token is good once; its successor comes with the answer. An
 * answer that was lost can be asked for again, and tabs that ask at the same
 * time get the same one, so nobody is signed out by accident. A token that was
 * replaced and proven replaced is in two hands: its session ends, and the
 * person is told by mail (RFC 9700, 4.14.2).
 */
#ifndef CHATELAINE_REFRESH_H
#define CHATELAINE_REFRESH_H

#include "account/entry.h"
#include "account/refresh_token.h"
#include "account/session.h"

/*
 * Begin a session of an account, inside a transaction. *text is its first
 * refresh token. ST_CONFLICT as with session_start.
 */
enum status refresh_begin(const struct entry *entry, const char *account_id,
    bool remember, struct session *session, const char **text) MUST_CHECK;

/*
 * Go on with a session by the text of its refresh token. When it is rotated or
 * repeated *successor is the one to hand out, and *session the session as it is
 * now. A token that is not ours counts as SESSION_REFRESH_UNKNOWN. The outcome
 * is counted for /metrics.
 *
 * To be called outside of any transaction: one statement is all it takes for a
 * session to go on, and whoever got no answer can call again. A theft has a
 * transaction of its own, which ends the session, writes the audit row and the
 * mail, or none of that; then the token is found stolen again when it is next
 * presented.
 */
enum status refresh_present(const struct entry *entry, const char *text,
    enum session_refresh *outcome, struct session *session,
    const char **successor) MUST_CHECK;

#endif
