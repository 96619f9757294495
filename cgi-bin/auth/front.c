/* front.c - the front door, and what machines ask for. */

#include <string.h>

#include "account/signing_key.h"
#include "auth.h"
#include "base/health.h"
#include "base/secret.h"

#define ETAG_BYTES 16

enum status
show_front(struct request *rq, struct response *rs)
{
	return response_redirect(rs,
	    rq->session != NULL || rq->renewable ? "/auth/session"
						 : "/auth/signin");
}

/* Alive, the database answers, a worker was seen lately. */
enum status
show_health(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	struct health health;
	enum status st;

	st = health_check(rq->db, rq->arena, &health);
	response_header(rs, "Cache-Control", "no-store");
	view_text(view, "status",
	    st != ST_OK            ? "down"
		: health.worker_ok ? "ok"
				   : "degraded");
	view_text(view, "database", st == ST_OK ? "ok" : "unavailable");
	if (st == ST_OK)
		view_text(view, "worker", health.worker_ok ? "ok" : "absent");
	if (st == ST_OK && health.worker_seen)
		view_int(view, "worker_seconds", health.worker_seconds);
	return response_document(
	    rs, st == ST_OK ? 200 : 503, "application/json", view);
}

/* A strong validator of the view: the set changes when its text does. */
static const char *
etag_of(struct arena *arena, const struct view *view)
{
	const char *text =
	    json_object_to_json_string_ext(view->json, JSON_C_TO_STRING_PLAIN);
	unsigned char hash[SECRET_BYTES];

	secret_hash(hash, text, strlen(text));
	return arena_printf(
	    arena, "\"%s\"", base64url_encode(arena, hash, ETAG_BYTES));
}

/*
 * Does If-None-Match name it (RFC 9110, 13.1.2)? A tag that a web server made
 * weak, as when it compresses, means the same.
 */
static bool
is_named(const char *names, const char *etag)
{
	size_t len = strlen(etag);

	while (*names != '\0') {
		names += strspn(names, " \t,");
		if (names[0] == '*')
			return true;
		if (strncmp(names, "W/", 2) == 0)
			names += 2;
		if (strncmp(names, etag, len) == 0 &&
		    strchr(" \t,", names[len]) != NULL)
			return true;
		names += strcspn(names, ",");
	}
	return false;
}

enum status
show_jwks(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	const struct signing_key *active;
	struct json_object *jwks = NULL;
	const char *etag;
	enum status st;

	/* Makes the first one: an empty set would be kept, and be wrong soon. */
	st = signing_keys_active(
	    rq->site->signing_keys, rq->db, rq->arena, &active);
	if (st == ST_OK)
		st = signing_key_jwks(rq->db, rq->arena, &jwks);
	if (st != ST_OK)
		return st;
	json_object_object_add(view->json, "keys",
	    json_object_get(json_object_object_get(jwks, "keys")));
	json_object_put(jwks);
	etag = etag_of(rq->arena, view);
	response_header(rs, "ETag", etag);
	response_header(rs, "Cache-Control",
	    arena_printf(
		rq->arena, "public, max-age=%d", SIGNING_KEYS_MAX_AGE));
	if (is_named(request_variable(rq, "HTTP_IF_NONE_MATCH"), etag))
		return response_document(
		    rs, 304, "application/jwk-set+json", NULL);
	return response_document(rs, 200, "application/jwk-set+json", view);
}

/* Where password managers send people (W3C, A Well-Known URL for Changing Passwords). */
enum status
lead_to_password(struct request *rq, struct response *rs)
{
	(void)rq;
	return response_redirect(rs, "/auth/account/password");
}
