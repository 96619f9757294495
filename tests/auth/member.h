/*
 * member - a visitor who is signed in, with a password, for tests of what one
 * does with an account.
 */
#ifndef CHATELAINE_TESTS_MEMBER_H
#define CHATELAINE_TESTS_MEMBER_H

#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define FORM_PASSWORD "seven+damp+owls+in+a+teapot" /* TEST_PASSWORD */

extern struct site *site;
extern struct config config; /* the site's, to be changed at will */
extern struct visitor *visitor;
extern const char *here; /* the visitor's session */

/* A checked fixture. */
void member_setup(void);
void member_teardown(void);

/* A browser that knows nobody. End it with visitor_free. */
struct visitor *member_stranger(void);

/* One more session of ada's; how many live ones there are, of anybody. */
void member_session(void);
int64_t member_sessions(void);

/* The password was not given lately. */
void member_unconfirmed(void);

/* From now on the visitor is a program, with a bearer token and JSON. */
void member_is_program(void);

/* How many audit rows of this action there are. */
int64_t member_noted(const char *deed);

/*
 * Do what was left to the worker, but for sending mails, as it would.
 */
void member_work(void);

#endif
