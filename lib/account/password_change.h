/*
 * password_change - another password for somebody who is signed in.
 */
#ifndef CHATELAINE_PASSWORD_CHANGE_H
#define CHATELAINE_PASSWORD_CHANGE_H

#include "account/entry.h"

/*
 * Set the password, once entry_confirm has seen the current one in the same
 * transaction. It must have been judged good. All other sessions of the
 * account end, links that would set another password or address are good no
 * longer, and the person is told by mail. ST_NOT_FOUND: no such account.
 */
enum status password_change(const struct entry *entry,
    const struct session *session, const char *password) MUST_CHECK;

#endif
