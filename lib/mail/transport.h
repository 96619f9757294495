/* transport - the way that mail.transport has chosen for a message to leave. */
#ifndef CHATELAINE_TRANSPORT_H
#define CHATELAINE_TRANSPORT_H

#include "mail/smtp.h"

/* As smtp_send and sendmail_send. */
enum smtp_outcome transport_send(struct arena *arena,
    const struct config *config, const char *sender, const char *recipient,
    const char *text, const char **reply) MUST_CHECK;

/*
 * Would it take mail? Sends nothing. ST_UNAVAILABLE: *reply says what failed.
 */
enum status transport_probe(struct arena *arena, const struct config *config,
    const char **reply) MUST_CHECK;

/* What it is called: "localhost:25", "/usr/sbin/sendmail". */
const char *transport_name(struct arena *arena, const struct config *config);

#endif
