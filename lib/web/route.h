/*
 * route - one row a route: the security policy of a program.
 *
 * Reading the tables tells who may call what. What is left out of a row is the
 * careful choice: a session is needed, no field is accepted. Unsafe methods
 * are checked for CSRF unless a bearer token came, or the row says that cookies
 * count for nothing; no column turns the check off where they do.
 */
#ifndef CHATELAINE_ROUTE_H
#define CHATELAINE_ROUTE_H

#include <stdbool.h>

#include "account/limit.h"
#include "base/status.h"
#include "web/field.h"

struct request;
struct response;
struct view;

enum method { GET, HEAD, POST, PUT, PATCH, DELETE, METHOD_COUNT };

enum access {
	SESSION = 0, /* somebody who is signed in */
	PUBLIC,      /* anybody; rq->session says who, if somebody is */
	CONFIRMED,   /* signed in, the password given within confirm.ttl */
	/*
	 * Whoever has the link: a token in the path says what may be done, and
	 * nothing else does. Cookies and bearer tokens are not looked at, so
	 * rq->session is NULL and no cookie is set. Another site can't make a
	 * browser do here what it could not do by itself: there is no need for
	 * a CSRF check, and mail programs can post (RFC 8058).
	 */
	TOKEN,
};

/*
 * What a route does. It fills the response and returns ST_OK, and what it
 * wrote is committed; any other status rolls back and becomes a problem. Those
 * of safe methods, and of ROUTE_IDEMPOTENT, are called without a transaction.
 */
typedef enum status action(struct request *rq, struct response *rs);

/*
 * Put into the view what the route's page shows besides the fields, for when
 * the form comes back because something about it was wrong.
 */
typedef enum status fill(struct request *rq, struct view *view);

enum {
	/*
	 * With `next` in the query the request is on its way there: whatever it
	 * carries is for that place, and is neither read nor judged here.
	 */
	ROUTE_DETOUR = 1 << 0,
	/* The action, of an unsafe method, hashes a password. */
	ROUTE_HASHES = 1 << 1,
	/*
	 * To do it twice is to do it once, whatever the method: the action is
	 * called outside of any transaction, begins one where it needs one, and
	 * is called again if the database was lost meanwhile.
	 */
	ROUTE_IDEMPOTENT = 1 << 2,
	/*
	 * With mfa.required: also for those who are signed in and have not set
	 * up a second factor yet.
	 */
	ROUTE_SETS_UP = 1 << 3,
};

struct route {
	enum method method;
	const char *path; /* "/auth/sessions/{id}": {x} is one segment */
	enum access access;
	action *action;
	const char *page;           /* the form that comes back on a refusal */
	const struct field *fields; /* ends with a NULL name; NULL: none */
	fill *fill;
	unsigned flags;   /* ROUTE_... */
	enum limit limit; /* taken before the action; see web/limits.h */
};

/* A program: a family of routes. */
struct handler {
	const char *name; /* in logs */
	const struct route *routes;
	size_t count;
};

/* GET and HEAD change nothing (RFC 9110, 9.2.1). */
static inline bool
method_is_safe(enum method method)
{
	return method == GET || method == HEAD;
}

#endif
