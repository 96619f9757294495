/* csrf.c - a token computed, never stored. */

#include <string.h>

#include "base/secret.h"
#include "web/csrf.h"

/* The prefix keeps a browser cookie from standing for a session. */
static const char *
tie_to(const struct request *rq, const char *prefix, const char *id)
{
	return arena_printf(rq->arena, "%s %s", prefix, id);
}

static const char *
token_of(const struct request *rq, const char *prefix, const char *id)
{
	const char *tie = tie_to(rq, prefix, id);
	unsigned char mac[SECRET_BYTES];

	secret_mac(rq->site->key, 0, SECRET_FOR_CSRF, tie, strlen(tie), mac);
	return base64url_encode(rq->arena, mac, sizeof(mac));
}

const char *
csrf_token(const struct request *rq)
{
	if (rq->session != NULL)
		return token_of(rq, "session", rq->session->id);
	if (rq->browser[0] != '\0')
		return token_of(rq, "browser", rq->browser);
	return "";
}

/* A page from before the master key was replaced has an older one's. */
static bool
is_token_of(const struct request *rq, const char *given, const char *prefix,
    const char *id)
{
	const char *tie = tie_to(rq, prefix, id);
	unsigned char *mac;
	size_t size;

	return base64url_decode(rq->arena, given, strlen(given), &mac, &size) ==
	    ST_OK &&
	    size == SECRET_BYTES &&
	    secret_mac_fits(
		rq->site->key, SECRET_FOR_CSRF, tie, strlen(tie), mac);
}

/* Fetch metadata (W3C) where the browser sends it, else Origin (RFC 6454). */
static bool
comes_from_our_pages(const struct request *rq)
{
	const char *site = request_variable(rq, "HTTP_SEC_FETCH_SITE");
	const char *origin = request_variable(rq, "HTTP_ORIGIN");

	if (site[0] != '\0')
		return strcmp(site, "same-origin") == 0;
	return strcmp(origin, rq->site->origin) == 0;
}

/* The token a request brought: in a header, or as a field. */
static const char *
given_token(const struct request *rq)
{
	const char *token = request_variable(rq, "HTTP_X_CSRF_TOKEN");

	for (size_t i = 0; token[0] == '\0' && i < rq->body.count; i++)
		if (strcmp(rq->body.list[i].name, "csrf_token") == 0)
			token = rq->body.list[i].text;
	return token;
}

/*
 * Is it a token that a page of ours held? The page may be from before the
 * session began or, with a session that has ended since, from within it.
 */
static bool
is_ours(const struct request *rq, const char *given)
{
	return (rq->session_id != NULL &&
		   is_token_of(rq, given, "session", rq->session_id)) ||
	    (rq->session == NULL && rq->browser[0] != '\0' &&
		is_token_of(rq, given, "browser", rq->browser));
}

enum problem
csrf_check(const struct request *rq)
{
	if (!comes_from_our_pages(rq))
		return PROBLEM_CROSS_SITE;
	return is_ours(rq, given_token(rq)) ? PROBLEM_NONE : PROBLEM_STALE_FORM;
}
