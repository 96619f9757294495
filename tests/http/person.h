/*
 * person - somebody with one session from before a program's first test until
 * after its last, as most tests want a session and few end one.
 */
#ifndef CHATELAINE_TESTS_PERSON_H
#define CHATELAINE_TESTS_PERSON_H

#include "tests/harness/client.h"

#define PERSON_EMAIL "ada@example.org"
#define PERSON_NAME "Ada"

/* An unchecked fixture: makes the account and signs in. */
void person_setup(void);
void person_teardown(void);

/* The access token of that session. */
const char *person_access_token(void);

/* A client of that session, with its CSRF token on either face. */
struct client *person_client(struct arena *arena, enum client_kind kind);

/* The same with a session of its own, and the cookies of that. */
struct client *person_signed_in(struct arena *arena, enum client_kind kind);

#endif
