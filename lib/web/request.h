/*
 * request - what came, decoded and checked.
 *
 * The dispatcher fills it step by step; an action finds all of it done.
 * Everything in it lives in rq->arena and ends with the request.
 */
#ifndef CHATELAINE_REQUEST_H
#define CHATELAINE_REQUEST_H

#include <stdint.h>
#include <sys/types.h>

#include "account/entry.h"
#include "account/limit.h"
#include "account/origin.h"
#include "account/session.h"
#include "web/field.h"
#include "web/route.h"
#include "web/site.h"

#define REQUEST_TARGET_MAX 4096 /* bytes of path and query */
#define ROUTE_SEGMENTS_MAX 8

/* What reading a body ends with, when not with 0 for its end. */
#define READ_CUT (-1)     /* it was cut short */
#define READ_ENDLESS (-2) /* there is one, and no telling where it ends */

/* Where a request comes from: the gateway, or a test. */
struct transport {
	/* A CGI variable (RFC 3875), NULL when absent. */
	const char *(*variable)(void *closure, const char *name);
	/* Up to size bytes of the body; 0 at its end, or one of the above. */
	ssize_t (*read)(void *closure, void *buffer, size_t size);
	void *closure;
	/*
	 * Milliseconds since the program last had nothing to do: no request
	 * can have waited for it longer than that.
	 */
	int64_t busy_ms;
};

struct request {
	struct arena *arena;
	const struct site *site;
	struct db *db;
	const struct transport *transport;

	enum method method; /* after _method; HEAD stays HEAD */
	const char *target; /* path and query as they came, without the base */
	const char *path;   /* the target's path, still percent-encoded */
	struct pairs query;
	struct pairs body;
	bool wants_json;
	struct origin origin;

	const struct route *route;
	bool path_has_page;    /* GET would answer at this path, too */
	bool passing;          /* on a detour, see route.h */
	struct pairs segments; /* of the path: what stands for each {name} */
	struct fields fields;

	enum session_state session_state;
	enum session_end session_end; /* why, when SESSION_REVOKED */
	struct session *session;      /* NULL: nobody is signed in */
	const char *session_id;    /* of a token of ours, even an expired one */
	int64_t token_expires_at;  /* of the access token; 0 without one */
	int64_t token_generation;  /* of the access token */
	const char *refresh_token; /* of the cookie; "" where there is none */
	const char *browser;       /* the browser cookie; "" if there is none */
	const char *device;        /* the device cookie; "" if there is none */
	const char *counted_ip;    /* NULL: nothing is limited by IP */
	struct limit_ticket *taken; /* from the route's limit */
	bool bearer;                /* came with Authorization: Bearer */
	bool renewable; /* nobody is signed in, but a refresh may help */
};

/* A request header by its CGI name ("HTTP_ACCEPT", "CONTENT_TYPE"); "" if absent. */
const char *request_variable(const struct request *rq, const char *name);

/* What stands in the path for {name}, decoded. Asserts that the route has it. */
const char *request_path(const struct request *rq, const char *name);

/* A declared field's text, "" when absent; a declared flag. */
const char *request_field(const struct request *rq, const char *name);
bool request_flag(const struct request *rq, const char *name);

/* What the domain needs to know of a request for the ways into an account. */
struct entry request_entry(const struct request *rq);

#endif
