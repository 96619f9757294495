/*
 * exchange - a request that can be held back, and an answer that can be lost.
 *
 * A socket and no libcurl: all of a request but its last byte is sent ahead,
 * so that those who are let go together arrive together.
 */
#ifndef CHATELAINE_TESTS_EXCHANGE_H
#define CHATELAINE_TESTS_EXCHANGE_H

#include "base/arena.h"
#include "tests/harness/client.h"

struct ask {
	const char *method, *target;
	const char *header; /* one line without its CRLF; NULL: none */
	const char *body;   /* JSON; NULL: none */
};

enum fate {
	FATE_READ,
	FATE_DROP,    /* the answer comes, and is not read */
	FATE_HANG_UP, /* we are gone before it does */
};

struct exchange {
	struct arena *arena;
	int fd;
	char last;
};

/* Send all of it but the last byte. */
void exchange_begin(
    struct exchange *exchange, struct arena *arena, const struct ask *ask);

/*
 * Send that byte and wait for the answer. Its status is 0 when it was not
 * read, or did not come; that it takes a minute breaks a claim.
 */
const struct answer *exchange_end(struct exchange *exchange, enum fate fate);

/* Both at once; the answer is read. */
const struct answer *exchange(struct arena *arena, const struct ask *ask);

#endif
