/*
 * outbox - mail that waits to be sent, as rows.
 *
 * A mail is a row written in the transaction of what it speaks of, so it is
 * sent if and only if that happened. The row names a pair of templates,
 * mail/NAME.txt and mail/NAME.html, and holds the values for them: sealed, as
 * they contain one-time links, and erased once the server has accepted it.
 * Handlers add rows; deliver.c, in the worker, sends them.
 */
#ifndef CHATELAINE_OUTBOX_H
#define CHATELAINE_OUTBOX_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"

/* The job kind that sends a row; its subject is the row's id. */
#define OUTBOX_JOB "mail"

/*
 * Queue one mail to one recipient. account_id: whom it is about, NULL if
 * nobody. template: the pair's name ("verify"). values: an object, kept by the
 * caller; the template finds site.name, site.url besides.
 */
enum status outbox_add(struct db *db, struct arena *arena,
    const struct master_key *key, const char *account_id, const char *recipient,
    const char *template, struct json_object *values) MUST_CHECK;

#endif
