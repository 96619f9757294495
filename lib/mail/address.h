/*
 * address - which strings are taken for mail addresses.
 *
 * The common part of RFC 5321, section 4.1.2: a dot-string, "@" and a domain
 * name, in ASCII. Quoted local parts, address literals and SMTPUTF8 (RFC 6531)
 * are left out: hardly anybody has such an address, and much software on the
 * way stumbles over them.
 */
#ifndef CHATELAINE_ADDRESS_H
#define CHATELAINE_ADDRESS_H

#include <stdbool.h>

#include "base/status.h"

#define ADDRESS_MAX 254      /* bytes; RFC 5321 with erratum 1690 to RFC 3696 */
#define ADDRESS_LOCAL_MAX 64 /* bytes before the @ */

/* Can mail be sent to this? */
bool address_is_valid(const char *address) MUST_CHECK;

#endif
