/* signin.c - beginning a session, and ending it. */

#include <string.h>

#include "account/access_token.h"
#include "account/audit.h"
#include "account/known_device.h"
#include "account/password.h"
#include "auth.h"
#include "web/csrf.h"
#include "web/limits.h"

/* Why a person was sent to the sign-in page. */
static const char *const reasons[] = { "signed_out", "expired", "revoked",
	"not_signed_in", NULL };

static const char *const clients[] = { "api", NULL };

const struct field signin_query[] = {
	{ .name = "next", .type = FIELD_PATH, .flags = FIELD_QUERY },
	{ .name = "reason",
	    .type = FIELD_CHOICE,
	    .flags = FIELD_QUERY,
	    .choices = reasons },
	{ .name = NULL },
};

const struct field signin_fields[] = {
	{ .name = "email",
	    .type = FIELD_EMAIL,
	    .flags = FIELD_REQUIRED,
	    .missing = WORDING_EMAIL_MISSING },
	{ .name = "password",
	    .type = FIELD_SECRET,
	    .flags = FIELD_REQUIRED,
	    .max = PASSWORD_MAX_BYTES,
	    .missing = WORDING_PASSWORD_MISSING },
	{ .name = "client", .type = FIELD_CHOICE, .choices = clients },
	{ .name = "next", .type = FIELD_PATH },
	{ .name = NULL },
};

/* Where the person was going before. */
static const char *
next_page(const struct request *rq)
{
	const char *next = request_field(rq, "next");

	return next[0] != '\0' ? next : "/auth/session";
}

enum status
show_signin(struct request *rq, struct response *rs)
{
	struct view *view = view_of_fields(rq);
	const char *reason = request_field(rq, "reason");

	if (rq->session != NULL)
		return response_redirect(rs, next_page(rq));
	/* A section in the page for each reason. */
	for (size_t i = 0; reasons[i] != NULL; i++)
		if (strcmp(reason, reasons[i]) == 0)
			view_flag(view_object(view_page_only(view), "reasons"),
			    reason, true);
	return response_page(rs, 200, "auth/signin", view);
}

/* So that the wrong passwords of others don't lock this browser out. */
static enum status
remember_device(
    struct request *rq, struct response *rs, const struct account *account)
{
	const char *token;
	enum status st;

	st = known_device_remember(rq->db, rq->arena, rq->device, account->id,
	    rq->origin.user_agent, &token);
	if (st == ST_OK)
		response_set_cookie(
		    rq, rs, COOKIE_DEVICE, token, KNOWN_DEVICE_TTL);
	return st;
}

/* The session has begun: hand out the token, by cookie or in the body. */
static enum status
grant(struct request *rq, struct response *rs, const struct account *account)
{
	bool api = strcmp(request_field(rq, "client"), "api") == 0;
	struct session *session = arena_alloc(rq->arena, sizeof(*session));
	struct view *view = view_new(rq->arena);
	const char *token;
	int64_t expires_at;
	enum status st;

	st = session_start(rq->db, rq->arena, rq->site->config, account->id,
	    &rq->origin, session);
	if (st == ST_OK)
		st = access_token_issue(rq->site->signing_keys, rq->db,
		    rq->arena, rq->site->config, session, &token, &expires_at);
	if (st == ST_OK)
		st = audit(rq->db, rq->arena, ACTOR_PERSON, DEED_SIGNED_IN,
		    account->id, session->id, &rq->origin);
	if (st != ST_OK)
		return st;
	rq->session = session;
	rq->session_id = session->id;
	rq->token_expires_at = expires_at;
	auth_tell_session(rq, view, session);
	view_time(view, "expires_at", expires_at);
	if (api) {
		view_text(view, "access_token", token);
		return response_document(rs, 200, "application/json", view);
	}
	response_set_cookie(rq, rs, COOKIE_ACCESS, token, 0);
	response_clear_cookie(rq, rs, COOKIE_BROWSER);
	st = remember_device(rq, rs, account);
	if (st != ST_OK)
		return st;
	return response_done(rs, 200, view, next_page(rq));
}

enum status
sign_in(struct request *rq, struct response *rs)
{
	struct entry entry = auth_entry(rq);
	enum entry_outcome outcome;
	struct account account;
	enum status st;

	if (!rq->site->may_sign_in)
		return response_refuse(rs, PROBLEM_INSECURE_SITE, NULL, NULL);
	st = entry_sign_in(&entry, request_field(rq, "email"),
	    request_field(rq, "password"), &outcome, &account);
	/* Only wrong passwords count. */
	if (st == ST_OK && outcome != ENTRY_WRONG)
		st = limits_give_back(rq);
	if (st != ST_OK)
		return st;
	switch (outcome) {
	case ENTRY_GRANTED:
		return grant(rq, rs, &account);
	case ENTRY_UNVERIFIED:
		return response_refuse(rs, PROBLEM_ADDRESS_UNVERIFIED,
		    "auth/unverified", view_of_fields(rq));
	case ENTRY_DISABLED:
		return response_refuse(
		    rs, PROBLEM_ACCOUNT_DISABLED, NULL, NULL);
	case ENTRY_WRONG:
		break;
	}
	return response_refuse(
	    rs, PROBLEM_WRONG_CREDENTIALS, "auth/signin", view_of_fields(rq));
}

/* Ending a session that has ended already is no error. */
enum status
sign_out(struct request *rq, struct response *rs)
{
	enum status st = ST_OK;

	if (rq->session != NULL)
		st = session_revoke(
		    rq->db, rq->arena, rq->session->id, SESSION_SIGNED_OUT);
	if (st == ST_OK && rq->session != NULL)
		st = audit(rq->db, rq->arena, ACTOR_PERSON, DEED_SIGNED_OUT,
		    rq->session->account.id, rq->session->id, &rq->origin);
	if (st != ST_OK)
		return st;
	rq->session = NULL;
	response_clear_cookie(rq, rs, COOKIE_ACCESS);
	return response_done(rs, 204, NULL, "/auth/signin?reason=signed_out");
}
