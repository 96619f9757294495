/* mailbox - what has arrived at the mail server, beside what was to be sent. */
#ifndef CHATELAINE_TESTS_MAILBOX_H
#define CHATELAINE_TESTS_MAILBOX_H

#include <stddef.h>

#include "base/arena.h"

struct letter {
	struct letter *next;
	const char *id; /* of its row in the outbox */
	const char *recipient;
	const char *link; /* "" when there is none */
};

struct mailbox {
	struct arena *arena;
	struct letter *letters; /* the newest first */
	size_t count;
};

/* Take in what has come since the last time. */
void mailbox_read(struct mailbox *mailbox);

/* The newest letter to an address; waits for it. NULL breaks a claim. */
const struct letter *mailbox_await(
    struct mailbox *mailbox, const char *recipient);

/* How often a row of the outbox has arrived. */
size_t mailbox_copies(const struct mailbox *mailbox, const char *id);

/*
 * Wait until the rows of the outbox that meet this condition were sent, and
 * see that each has arrived. Returns how many came more than once.
 */
size_t mailbox_await_outbox(struct arena *arena, const char *condition);

#endif
