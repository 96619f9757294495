/*
 * response - the answer, chosen by the action, rendered and sent later.
 *
 * An action picks one of the answers below. The dispatcher renders it as a
 * page or as JSON, whichever the caller prefers, commits, and sends it.
 */
#ifndef CHATELAINE_RESPONSE_H
#define CHATELAINE_RESPONSE_H

#include <stddef.h>

#include "web/problem.h"
#include "web/request.h"
#include "web/view.h"

struct header {
	struct header *next;
	const char *name;
	const char *value;
};

struct response {
	struct arena *arena;
	int status; /* HTTP */
	struct header *headers;

	/* Chosen by the action */
	const char *page;
	struct view *view;
	const char *location; /* a local path without the base */
	enum problem problem;
	const char *reason;   /* why a session is over, for a script; or NULL */
	struct view *members; /* more of a problem (RFC 9457, 3.2); or NULL */
	const char *content_type; /* of a document or a text */

	/* Rendered, unless it is a text */
	const char *body;
	size_t len;
};

/* An empty answer. */
void response_init(struct response *rs, struct arena *arena);

/* A page, or its view as JSON. */
enum status response_page(
    struct response *rs, int status, const char *page, struct view *view);

/*
 * Something was done: a browser is sent on to a local path (303, so that
 * reloading repeats nothing), a program gets status and view (NULL: no body).
 */
enum status response_done(
    struct response *rs, int status, struct view *view, const char *location);

/* Look elsewhere, whoever asks (303). */
enum status response_redirect(struct response *rs, const char *location);

/* Go on there with the same method and body (307). */
enum status response_pass_on(struct response *rs, const char *location);

/* The view as a document of this type, whatever the caller prefers. */
enum status response_document(struct response *rs, int status,
    const char *content_type, struct view *view);

/* This text, of len bytes, whatever the caller prefers. Kept by reference. */
enum status response_text(struct response *rs, int status,
    const char *content_type, const char *text, size_t len);

/*
 * A refusal. page (NULL: the general one) comes back with the view's problems,
 * or with the problem's own words when there are none; a program gets
 * application/problem+json.
 */
enum status response_refuse(struct response *rs, enum problem problem,
    const char *page, struct view *view);

/*
 * Add a header. Control characters in a value are a defect: logged, and the
 * header is left out. Set-Cookie may be added more than once; of others the
 * last one counts.
 */
void response_header(struct response *rs, const char *name, const char *value);

/* Set, or remove, one of our cookies. max_age as in cookie_set. */
void response_set_cookie(const struct request *rq, struct response *rs,
    enum cookie cookie, const char *value, int64_t max_age);
void response_clear_cookie(
    const struct request *rq, struct response *rs, enum cookie cookie);

#endif
