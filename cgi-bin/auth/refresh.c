/* refresh.c - new tokens for a session that goes on. */

#include <string.h>

#include "account/refresh.h"
#include "auth.h"
#include "base/strbuf.h"
#include "web/guard.h"

#define NEXT                                                              \
	{                                                                 \
		.name = "next", .type = FIELD_PATH, .flags = FIELD_QUERY, \
		.max = REQUEST_TARGET_MAX                                 \
	}

const struct field refresh_query[] = {
	NEXT,
	{ .name = NULL },
};

const struct field refresh_fields[] = {
	NEXT,
	{ .name = "refresh_token",
	    .type = FIELD_TOKEN,
	    .max = REFRESH_TOKEN_MAX },
	{ .name = NULL },
};

/* What a program is told, and for what reason a person has to sign in. */
static const struct {
	enum problem problem;
	const char *reason; /* NULL: as the session ended */
} outcomes[] = {
	[SESSION_REFRESH_ROTATED] = { PROBLEM_NONE, NULL },
	[SESSION_REFRESH_REPEATED] = { PROBLEM_NONE, NULL },
	[SESSION_REFRESH_EXPIRED] = { PROBLEM_SESSION_EXPIRED, "expired" },
	[SESSION_REFRESH_REVOKED] = { PROBLEM_SESSION_REVOKED, NULL },
	[SESSION_REFRESH_STOLEN] = { PROBLEM_SESSION_REVOKED, "stolen" },
	[SESSION_REFRESH_UNKNOWN] = { PROBLEM_NOT_SIGNED_IN, "not_signed_in" },
};

/*
 * The session is over, or there was none. A form goes on to where it was sent,
 * as that place knows which page to come back to. It can tell why by the
 * access token, unless that one is no longer known.
 */
static enum status
refuse(struct request *rq, struct response *rs, enum session_refresh outcome,
    enum session_end end, const char *next)
{
	bool to_form = rq->passing && !method_is_safe(rq->method);
	bool told =
	    outcome != SESSION_REFRESH_UNKNOWN && rq->token_expires_at != 0;
	struct strbuf to;

	rs->reason = outcomes[outcome].reason != NULL ? outcomes[outcome].reason
						      : guard_reason(end);
	response_clear_cookie(rq, rs, COOKIE_REFRESH);
	if (!to_form || !told)
		response_clear_cookie(rq, rs, COOKIE_ACCESS);
	if (rq->wants_json)
		return response_refuse(
		    rs, outcomes[outcome].problem, NULL, NULL);
	if (to_form)
		return response_pass_on(rs, next);
	strbuf_init(&to, rq->arena);
	strbuf_printf(&to, "/auth/signin?reason=%s&next=", rs->reason);
	strbuf_percent(&to, next, strlen(next));
	return response_redirect(rs, to.text);
}

enum status
refresh(struct request *rq, struct response *rs)
{
	const char *next = request_field(rq, "next");
	const char *token =
	    rq->method == POST ? request_field(rq, "refresh_token") : "";
	struct session *session = arena_alloc(rq->arena, sizeof(*session));
	struct entry entry = request_entry(rq);
	bool api = token[0] != '\0';
	enum session_refresh outcome;
	const char *successor;
	enum status st;

	if (next[0] == '\0')
		next = "/";
	st = refresh_present(&entry, api ? token : rq->refresh_token, &outcome,
	    session, &successor);
	if (st != ST_OK)
		return st;
	if (outcome != SESSION_REFRESH_ROTATED &&
	    outcome != SESSION_REFRESH_REPEATED)
		return refuse(rq, rs, outcome, session->end, next);
	return auth_hand_out(rq, rs, session, successor, api, next);
}
