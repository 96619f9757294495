/*
 * mail - what is in a mail as it came: a header, the plain part, a link.
 *
 * For multipart mails in quoted-printable, as ours are. All that is returned
 * lives in the arena passed in.
 */
#ifndef CHATELAINE_TESTS_MAIL_H
#define CHATELAINE_TESTS_MAIL_H

#include "base/arena.h"

/* The value of a header line, which is not folded; "" when absent. */
const char *mail_header(
    struct arena *arena, const char *source, const char *name);

/*
 * The first part of type text/plain, decoded, without the line end that
 * belongs to the boundary after it (RFC 2046, section 5.1.1). NULL: there is
 * none, or it is cut off.
 */
const char *mail_plain_part(struct arena *arena, const char *source);

/* The first link in a text to a site, from its path on; "" when there is none. */
const char *mail_link(struct arena *arena, const char *text, const char *site);

#endif
