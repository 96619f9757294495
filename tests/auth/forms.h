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
};

#define FORM_COUNT 4
extern const struct form forms[FORM_COUNT];

/*
 * Make the accounts k00000@example.org and so on, count of them: by turns
 * proven, not proven and disabled, with hashes of these settings.
 */
void forms_fill(const struct site *site, size_t count);

/* The nth address: of such an account, or of nobody. */
const char *forms_address(struct arena *arena, size_t nth, bool known);

/* Look at the form's page. */
void forms_open(struct visitor *visitor, const struct form *form);

/* Send a form for it, as a page or as a program does. Returns the status. */
int forms_send(
    struct visitor *visitor, const struct form *form, const char *address);

#endif
