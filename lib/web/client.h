/* client - what is known of the other end. */
#ifndef CHATELAINE_CLIENT_H
#define CHATELAINE_CLIENT_H

#include "web/request.h"

#define USER_AGENT_MAX 300 /* bytes */

/*
 * The client's address in numeric form, NULL if unknown: REMOTE_ADDR or, when
 * that is one of proxy.trusted, the last address in X-Forwarded-For that is
 * not. In the arena.
 */
const char *client_ip(const struct request *rq);

/*
 * The address that limits count by, which is client_ip unless that is nobody's
 * in particular: requests come through a proxy on this very machine, as a
 * header says, and proxy.trusted is empty. NULL then, or when it is unknown.
 */
const char *client_counted_ip(const struct request *rq);

/* Does a proxy on this machine that nobody has set up to be trusted ask? */
bool client_is_hidden(const struct request *rq);

/*
 * The User-Agent header, "" when it is absent, is not UTF-8 or holds control
 * characters; cut to USER_AGENT_MAX bytes.
 */
const char *client_user_agent(const struct request *rq);

#endif
