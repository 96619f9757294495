/*
 * ledger - what the clients of a load were told is so.
 *
 * Memory shared with the judge, a part for each client, who alone writes it.
 * Nothing is noted before its answer was read to the end.
 */
#ifndef CHATELAINE_TESTS_LEDGER_H
#define CHATELAINE_TESTS_LEDGER_H

#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

/* A client's, for an hour; then no more are begun. */
#define LEDGER_ADDRESSES 16000
#define LEDGER_SESSIONS 6000
#define ADDRESS_SIZE 48
#define LINK_SIZE 96

enum fact {
	FACT_ALIVE,
	FACT_LEAVING, /* a sign-out was asked for, and not acknowledged */
	FACT_ENDED,
};

/* An account whose password is forgotten again and again. */
struct forgetful {
	const char *email;
	struct tokens session; /* begun before the password was forgotten */
	enum { REMEMBERS, FORGETS, AWAITS, TRIES } state;
	unsigned resets;      /* that were acknowledged; or see unsure */
	bool unsure;          /* one more may have been made */
	char link[LINK_SIZE]; /* tried last */
};

struct page {
	struct forgetful forgetful;
	unsigned addresses, sessions;
	char address[LEDGER_ADDRESSES][ADDRESS_SIZE]; /* signed up */
	struct known {
		enum fact fact;
		struct tokens tokens;
	} session[LEDGER_SESSIONS];
	/* Answers by what they were. */
	unsigned good, put_off, lost, by_server, refreshed, dropped;
};

struct ledger {
	struct page pages[CROWD];
};

/* The password after so many resets. */
const char *ledger_password(struct arena *arena, unsigned resets);

/* load.c: the clients, until *stop. Each signs in to an account of its own. */
void load_begin(struct ledger *ledger, const char *const accounts[CROWD]);
void load_end(void);

/* aftermath.c: is all of it so? */
void aftermath(const struct ledger *ledger, unsigned worker_kills);

#endif
