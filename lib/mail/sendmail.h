/*
 * sendmail - hand one message to a program like sendmail(8), for hosts where
 * mail goes out by that alone (worker and admin command only).
 *
 * Any that knows -i and -f: Postfix, Exim, OpenSMTPD, msmtp, nullmailer. It is
 * run without a shell, with a clean environment, and tells by its exit status
 * (sysexits.h) what became of the message.
 */
#ifndef CHATELAINE_SENDMAIL_H
#define CHATELAINE_SENDMAIL_H

#include "mail/smtp.h"

/*
 * As smtp_send, by "mail.sendmail -i -f SENDER -- RECIPIENT". Accepted: 0;
 * SMTP_NOBODY: EX_NOUSER, EX_NOHOST; refused: EX_DATAERR; deferred:
 * EX_TEMPFAIL, EX_UNAVAILABLE; away: anything else, also when it can't be run
 * or takes longer than a conversation may.
 */
enum smtp_outcome sendmail_send(struct arena *arena,
    const struct config *config, const char *sender, const char *recipient,
    const char *text, const char **reply) MUST_CHECK;

/* Is it there? ST_UNAVAILABLE: *reply says what is wrong. */
enum status sendmail_probe(struct arena *arena, const struct config *config,
    const char **reply) MUST_CHECK;

#endif
