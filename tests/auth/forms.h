/*
 * forms - every form that takes an address, sent for one that is known and one
 * that is not: for the test that compares what is said, and the benchmark that
 * compares how long it takes.
 */
#ifndef CHATELAINE_TESTS_FORMS_H
#define CHATELAINE_TESTS_FORMS_H

#include "tests/harness/visitor.h"

struct form {
	const struct handler *handler;
	const char *path;
	const char *fields; /* besides the address, urlencoded */
	int status;         /* of the answer */
	bool member;        /* for somebody who is signed in */
};

#define FORM_COUNT 5
extern const struct form forms[FORM_COUNT];

/*
 * Make the accounts k00000@example.org and so on, count of them: by turns
 * proven, not proven and disabled, with hashes of these settings.
 */
void forms_fill(const struct site *site, size_t count);

/* The nth address: of such an account, or of nobody. */
const char *forms_address(struct arena *arena, size_t nth, bool known);

/*
 * Be who the form is for: member@example.org, with TEST_PASSWORD, if that has to
 * be somebody who is signed in. Call it after forms_fill.
 */
void forms_enter(struct visitor *visitor, const struct form *form);

/* Look at the form's page. */
void forms_open(struct visitor *visitor, const struct form *form);

/* Send a form for it, as a page or as a program does. Returns the status. */
int forms_send(
    struct visitor *visitor, const struct form *form, const char *address);

#endif
