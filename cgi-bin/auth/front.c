/* front.c - the front door, and what machines ask for. */

#include "account/signing_key.h"
#include "auth.h"
#include "base/health.h"

/* Whoever keeps a copy of the keys sees a new one before it is used. */
#define JWKS_CACHE "public, max-age=300"

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

enum status
show_jwks(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	const struct signing_key *active;
	struct json_object *jwks = NULL;
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
	response_header(rs, "Cache-Control", JWKS_CACHE);
	return response_document(rs, 200, "application/jwk-set+json", view);
}
