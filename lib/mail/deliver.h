/*
 * deliver - the worker's half of the outbox: render a row, send it, store what
 * became of it (worker and admin command only).
 *
 * A mail of a category that its recipient has switched off is suppressed, and
 * so is one to an address that bounced (bounce.h), unless it is to prove it. 250
 * for the whole message: sent. A 5xx: bounced. Anything else is tried again
 * after growing pauses for DELIVER_DAYS days from when the mail was written,
 * and then counts as bounced too: no connection, a 4xx, and also a mail that
 * can't be rendered or whose values can't be opened, as the operator may mend
 * the template or the key. Message-ID and Date are the same at each try, so
 * that a reader can tell a mail that was sent twice: that happens when the
 * worker dies between the server's 250 and the commit.
 */
#ifndef CHATELAINE_DELIVER_H
#define CHATELAINE_DELIVER_H

#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/job.h"
#include "base/secret.h"
#include "base/template.h"
#include "mail/smtp.h"

#define DELIVER_LEASE (10 * 60) /* seconds: more than one try can take */
#define DELIVER_DAYS 2

/*
 * Do an OUTBOX_JOB, outside of any transaction. The job is done, or put off,
 * when this returns ST_OK. ST_CONFLICT: another worker has it by now, and this
 * one's outcome was forgotten; ST_UNAVAILABLE: no database. *away: the mail
 * server was not there, or would take no mail from us at all, so that others
 * need not be tried just now.
 */
enum status deliver(struct db *db, struct arena *arena,
    const struct config *config, const struct master_key *key,
    struct template_set *templates, const struct job *job,
    bool *away) MUST_CHECK;

/*
 * Send the template "test" to an address now, without an outbox: for the
 * operator, who wants to see the answer. *reply as that of transport_send.
 */
enum smtp_outcome deliver_test(struct arena *arena, const struct config *config,
    const struct master_key *key, struct template_set *templates,
    const char *recipient, const char **reply) MUST_CHECK;

/* Forget mail that was sent or bounced over 30 days ago. */
enum status deliver_clean_up(struct db *db, struct arena *arena) MUST_CHECK;

#endif
