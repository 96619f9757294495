/* signin.c - beginning a session, and ending it. */

#include <string.h>

#include "account/alert.h"
#include "account/audit.h"
#include "account/deletion.h"
#include "account/known_device.h"
#include "account/refresh.h"
#include "auth.h"
#include "base/counter.h"
#include "web/limits.h"

/* Why a person was sent to the sign-in page. */
static const char *const reasons[] = { "signed_out", "deletion",
	"signed_out_elsewhere", "expired", "revoked", "stolen",
	"password_reset", "account_disabled", "not_signed_in", NULL };

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
	EMAIL_FIELD,
	AUTH_PASSWORD_FIELD,
	{ .name = "remember", .type = FIELD_FLAG },
	{ .name = "client", .type = FIELD_CHOICE, .choices = clients },
	{ .name = "next", .type = FIELD_PATH },
	{ .name = NULL },
};

enum status
show_signin(struct request *rq, struct response *rs)
{
	struct view *view = view_of_fields(rq);
	const char *reason = request_field(rq, "reason");

	/* Before a password is typed, which would travel in the clear. */
	if (!rq->site->may_sign_in)
		return response_refuse(rs, PROBLEM_INSECURE_SITE, NULL, NULL);
	/* With a reason, a refresh has been tried. */
	if (rq->session != NULL || (rq->renewable && reason[0] == '\0'))
		return response_redirect(rs, auth_next_page(rq));
	/* A section in the page for each reason. */
	for (size_t i = 0; reasons[i] != NULL; i++)
		if (strcmp(reason, reasons[i]) == 0)
			view_flag(view_object(view_page_only(view), "reasons"),
			    reason, true);
	return response_page(rs, 200, "auth/signin", view);
}

/*
 * So that the wrong passwords of others don't lock this browser out. *seen: it
 * has signed in to the account before.
 */
static enum status
remember_device(struct request *rq, struct response *rs,
    const struct account *account, bool *seen)
{
	const char *token;
	enum status st;

	response_clear_cookie(rq, rs, COOKIE_BROWSER);
	st = known_device_remember(rq->db, rq->arena, rq->device, account->id,
	    rq->origin.user_agent, &token, seen);
	if (st == ST_OK)
		response_set_cookie(
		    rq, rs, COOKIE_DEVICE, token, KNOWN_DEVICE_TTL);
	return st;
}

/* The session that this browser had will not be used again. */
static enum status
end_former(struct request *rq)
{
	if (rq->session_id == NULL || rq->bearer)
		return ST_OK;
	return session_revoke(
	    rq->db, rq->arena, rq->session_id, SESSION_REPLACED);
}

enum status
auth_begin_session(struct request *rq, struct response *rs,
    const struct entry *entry, const struct newcomer *who)
{
	struct session *session = arena_alloc(rq->arena, sizeof(*session));
	const char *refresh_token;
	bool first, seen = false, undone = false;
	enum status st;

	st = account_note_sign_in(rq->db, rq->arena, who->account->id, &first);
	if (st == ST_OK)
		st = deletion_undo(entry, who->account, &undone);
	if (st == ST_OK && !who->api)
		st = end_former(rq);
	if (st == ST_OK)
		st = refresh_begin(entry, who->account->id, who->remember,
		    session, &refresh_token);
	if (st == ST_OK)
		st = audit(rq->db, rq->arena, ACTOR_PERSON, DEED_SIGNED_IN,
		    who->account->id, session->id, &rq->origin);
	if (st == ST_OK)
		st = auth_hand_out(rq, rs, session, refresh_token, who->api,
		    undone ? "/auth/account?done=deletion_undone" : who->next);
	if (st == ST_OK && undone)
		view_text(rs->view, "status", "deletion_undone");
	if (st == ST_OK && who->api)
		st = alert_knows_program(entry, session, &seen);
	else if (st == ST_OK)
		st = remember_device(rq, rs, who->account, &seen);
	if (st != ST_OK || first || seen)
		return st;
	return alert_send(
	    entry, session, auth_device_words(rq, session->user_agent));
}

/* The password was right: that is all, or a code is asked for besides. */
static enum status
let_in(struct request *rq, struct response *rs, const struct entry *entry,
    const struct account *account, enum entry_outcome outcome)
{
	const struct newcomer who = {
		.account = account,
		.remember = request_flag(rq, "remember"),
		.api = strcmp(request_field(rq, "client"), "api") == 0,
		.next = auth_next_page(rq),
	};

	if (outcome == ENTRY_SECOND_FACTOR)
		return auth_ask_code(rq, rs, entry, &who);
	return auth_begin_session(rq, rs, entry, &who);
}

/* As /metrics has them. */
static const char *const results[] = {
	[ENTRY_WRONG] = "wrong",
	[ENTRY_GRANTED] = "granted",
	[ENTRY_UNVERIFIED] = "unverified",
	[ENTRY_DISABLED] = "disabled",
	[ENTRY_SECOND_FACTOR] = "code_asked",
};

enum status
sign_in(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
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
	if (st == ST_OK)
		st = counter_add(
		    rq->db, rq->arena, COUNTER_SIGN_INS, results[outcome]);
	if (st != ST_OK)
		return st;
	switch (outcome) {
	case ENTRY_GRANTED:
	case ENTRY_SECOND_FACTOR:
		return let_in(rq, rs, &entry, &account, outcome);
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

void
auth_forget_session(struct request *rq, struct response *rs)
{
	rq->session = NULL;
	response_clear_cookie(rq, rs, COOKIE_ACCESS);
	response_clear_cookie(rq, rs, COOKIE_REFRESH);
}

/*
 * End the session that the request is of, if its access token has run out as
 * well. One that has ended already is no error.
 */
enum status
sign_out(struct request *rq, struct response *rs)
{
	struct session session;
	enum session_state state = SESSION_ABSENT;
	enum status st = ST_OK;

	if (rq->session_id != NULL)
		st = session_check(
		    rq->db, rq->arena, rq->session_id, 0, &state, &session);
	if (st == ST_OK && state == SESSION_ALIVE)
		st = session_revoke(
		    rq->db, rq->arena, rq->session_id, SESSION_SIGNED_OUT);
	if (st == ST_OK && state == SESSION_ALIVE)
		st = audit(rq->db, rq->arena, ACTOR_PERSON, DEED_SIGNED_OUT,
		    session.account.id, session.id, &rq->origin);
	if (st != ST_OK)
		return st;
	auth_forget_session(rq, rs);
	return response_done(rs, 204, NULL, "/auth/signin?reason=signed_out");
}
