/*
 * gateway - FastCGI and CGI, from the same binary (RFC 3875, FastCGI 1.0).
 *
 * Started with a listening socket as descriptor 0, requests are taken from it
 * one at a time until SIGTERM or SIGUSR1, which let the one in hand finish.
 * Started otherwise, one CGI request is served. The only user of libfcgi.
 */
#ifndef CHATELAINE_GATEWAY_H
#define CHATELAINE_GATEWAY_H

#include "web/route.h"

/* Serve until told to stop. Returns the exit status of the program. */
int gateway_run(const struct handler *handler);

#endif
