/*
 * person - somebody who is signed in, for tests of what becomes of accounts:
 * ada@example.org, verified, with TEST_PASSWORD, and two sessions.
 */
#ifndef CHATELAINE_TESTS_PERSON_H
#define CHATELAINE_TESTS_PERSON_H

#include "account/entry.h"

#define ADA "ada@example.org"

extern struct entry entry;    /* as the handlers' role, from 192.0.2.1 */
extern struct session here;   /* the session at hand */
extern const char *elsewhere; /* the id of the other one */

/* A checked fixture: takes all other rows out of the database first. */
void person_setup(void);
void person_teardown(void);

/* One more account; its id. */
const char *person_another(const char *email, bool verified);

/* Begin a transaction; commit it if st is ST_OK, else roll back; st. */
void person_begin(void);
enum status person_end(enum status st);

/* Do all jobs of a kind as the worker would. How many there were. */
size_t person_work(const char *kind,
    enum status (*work)(const struct entry *entry, const struct job *job));

/* How many audit rows of this action ada has; how many mails of a template. */
int64_t person_noted(const char *action);
int64_t person_mails(const char *template);

/* What a sign-in with ada's address comes to. */
enum entry_outcome person_sign_in(const char *password);

#endif
