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

#include <stddef.h>

#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"

/* The job kind that sends a row; its subject is the row's id. */
#define OUTBOX_JOB "mail"

/* A value for the template; with text NULL it is not there. */
struct outbox_value {
	const char *name;
	const char *text;
};

/* OUTBOX_VALUES({ "token", token }, { "ttl", words }) */
#define OUTBOX_VALUES(...)                              \
	((const struct outbox_value[]){ __VA_ARGS__ }), \
	    ARRAY_LEN(((const struct outbox_value[]){ __VA_ARGS__ }))
#define OUTBOX_NO_VALUES NULL, 0

/*
 * Queue one mail to one recipient. account_id: whom it is about, NULL if
 * nobody. template: the pair's name ("verify"), which finds site.name and
 * site.url besides the values.
 */
enum status outbox_add(struct db *db, struct arena *arena,
    const struct master_key *key, const char *account_id, const char *recipient,
    const char *template, const struct outbox_value *values,
    size_t value_count) MUST_CHECK;

#endif
