/*
 * smtp - hand one message to the mail server (worker and admin command only).
 *
 * By libesmtp: STARTTLS with the certificate verified against host name and
 * CA, AUTH (PLAIN, LOGIN, CRAM-MD5). With mail.tls = starttls nothing is sent
 * before TLS is up, and with mail.user set nothing unless AUTH succeeded.
 */
#ifndef CHATELAINE_SMTP_H
#define CHATELAINE_SMTP_H

#include "base/arena.h"
#include "base/config.h"

enum smtp_outcome {
	SMTP_ACCEPTED, /* 250 for the whole message: it is the server's now */
	SMTP_REFUSED,  /* 5xx: this message to this recipient will never do */
	SMTP_DEFERRED, /* 4xx, no connection, TLS, AUTH: try again later */
};

/*
 * Send text (CRLF line ends, headers included) from sender to recipient.
 * *reply, in the arena: the server's answer or what went wrong, one line,
 * without a secret. Blocks up to a few times mail.timeout.
 */
enum smtp_outcome smtp_send(struct arena *arena, const struct config *config,
    const char *sender, const char *recipient, const char *text,
    const char **reply) MUST_CHECK;

/*
 * Talk to the server as far as TLS and AUTH, sending nothing: for doctor.
 * ST_UNAVAILABLE: *reply says what failed.
 */
enum status smtp_probe(struct arena *arena, const struct config *config,
    const char **reply) MUST_CHECK;

#endif
