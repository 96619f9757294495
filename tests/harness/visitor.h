/*
 * visitor - somebody who sends requests to a handler, without a socket.
 *
 * A visitor is a browser: it keeps cookies, sends fetch metadata, and puts the
 * token of the last page it saw into the forms it submits. What else a request
 * is to carry, visitor_set says. As in a program, one arena is used for one
 * request after the other and reset between them, so what an answer points to
 * is gone with the next request.
 */
#ifndef CHATELAINE_VISITOR_H
#define CHATELAINE_VISITOR_H

#include <stdbool.h>

#include "account/refresh.h"
#include "web/dispatch.h"

#define VISITOR_VARIABLES 24

struct visitor {
	struct arena *arena; /* of one request */
	struct arena *kept;  /* of the visitor */
	const struct site *site;
	const struct handler *handler;
	struct {
		const char *name;
		const char *value; /* NULL: not sent */
	} variables[VISITOR_VARIABLES];
	const char *cookies[COOKIE_COUNT]; /* values; NULL: none */
	const char *csrf_token;            /* of the last page with a form */
	bool program;                      /* no cookies, no fetch metadata */
	int64_t busy_ms;                   /* of the program it comes to */

	/* For the body of the next request alone */
	const char *length; /* CONTENT_LENGTH, when it is not the real one */
	bool cut;           /* the connection breaks at the body's end */

	const char *body; /* what is left of it to read */
	size_t left;
	size_t read; /* bytes that were read */

	struct response rs;
	const char *answer; /* its body, with a NUL */
};

/* End it with visitor_free. The site is the caller's. */
struct visitor *visitor_new(
    const struct site *site, const struct handler *handler);
void visitor_free(struct visitor *visitor);

/*
 * Sign in without a page and without a password: makes an account with this
 * address, verified, with a session, and keeps its cookies. Returns the
 * session's id.
 */
const char *visitor_sign_in(struct visitor *visitor, const char *email);

/* Send this CGI variable with every request; NULL: no longer. Kept. */
void visitor_set(struct visitor *visitor, const char *name, const char *value);

/*
 * Send a request; type and body may be NULL. Returns the status; the answer is
 * in visitor->rs.
 */
int visitor_send(struct visitor *visitor, const char *method,
    const char *target, const char *type, const char *body);

/* GET; POST a form as a page does, token included; POST JSON. */
int visitor_get(struct visitor *visitor, const char *target);
int visitor_submit(
    struct visitor *visitor, const char *target, const char *form);
int visitor_post_json(
    struct visitor *visitor, const char *target, const char *json);

/* A header of the answer, "" when it has none; how many of that name. */
const char *visitor_header(const struct visitor *visitor, const char *name);
size_t visitor_header_count(const struct visitor *visitor, const char *name);

/* Does the answer's body hold this text? */
bool visitor_sees(const struct visitor *visitor, const char *text);

/*
 * A member of a JSON answer as text, "a.b" within objects, "a.0" within lists;
 * "" if absent.
 */
const char *visitor_json(const struct visitor *visitor, const char *path);

#endif
