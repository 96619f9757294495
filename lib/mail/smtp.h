/*
 * smtp - hand one message to the mail server (worker and admin command only).
 *
 * By libesmtp: STARTTLS (TLS 1.2) with the certificate verified against
 * mail.host, a name or an IPv4 address, and the CA; AUTH (PLAIN, LOGIN,
 * CRAM-MD5). With mail.tls = starttls nothing is sent before TLS is up, and
 * with mail.user set nothing unless AUTH succeeded. Each conversation is held
 * in a child process (base/child.h).
 */
#ifndef CHATELAINE_SMTP_H
#define CHATELAINE_SMTP_H

#include "base/arena.h"
#include "base/config.h"

/*
 * The longest a call can take, in seconds; less where mail.timeout is short. In
 * this time the worker gives no sign of life, so it is below
 * HEALTH_WORKER_LATE.
 */
#define SMTP_SECONDS_MAX 240

/*
 * A 5xx to the greeting, AUTH or MAIL speaks of this installation, not of the
 * message: the operator can mend it. Whatever comes before the server has
 * looked at the recipient would be so with any other mail.
 */
enum smtp_outcome {
	SMTP_ACCEPTED, /* 250 for the whole message: it is the server's now */
	SMTP_REFUSED,  /* 5xx to the message: it will never do */
	SMTP_NOBODY,   /* 5xx to the recipient: likewise, nor will any other */
	SMTP_DEFERRED, /* anything else: try again later */
	SMTP_AWAY,     /* likewise, and no other mail would fare better now */
};

/*
 * Send text (CRLF line ends, headers included) from sender to recipient.
 * *reply, in the arena: the server's answer or what went wrong, one line,
 * without a secret. Blocks for up to five times mail.timeout, and never longer
 * than SMTP_SECONDS_MAX.
 */
enum smtp_outcome smtp_send(struct arena *arena, const struct config *config,
    const char *sender, const char *recipient, const char *text,
    const char **reply) MUST_CHECK;

/* How long a call can take, in seconds, with mail.timeout as it is. */
unsigned smtp_seconds(const struct config *config);

/*
 * Talk to the server as far as TLS and AUTH, sending nothing: for doctor.
 * ST_OK: it would take mail; ST_UNAVAILABLE: *reply says what failed.
 */
enum status smtp_probe(struct arena *arena, const struct config *config,
    const char **reply) MUST_CHECK;

#endif
