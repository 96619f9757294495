/* second_factor.c - a code besides the password: on, off, and recovery codes. */

#include <string.h>

#include "account/second_factor.h"
#include "account/totp.h"
#include "auth.h"
#include "base/qr_code.h"
#include "base/strbuf.h"

#define GROUP 4 /* characters of the secret that are read at once */

const struct field second_factor_query[] = {
	{ .name = "next", .type = FIELD_PATH, .flags = FIELD_QUERY },
	{ .name = "off", .type = FIELD_FLAG, .flags = FIELD_QUERY },
	{ .name = NULL },
};

const struct field second_factor_fields[] = {
	{ .name = "next", .type = FIELD_PATH },
	{ .name = NULL },
};

const struct field activate_fields[] = {
	AUTH_CODE_FIELD,
	{ .name = "next", .type = FIELD_PATH },
	{ .name = NULL },
};

enum status
show_second_factor(struct request *rq, struct response *rs)
{
	struct view *view = view_of_fields(rq);
	struct second_factor factor;
	enum status st;

	st = second_factor_find(
	    rq->db, rq->arena, rq->session->account.id, &factor);
	if (st != ST_OK)
		return st;
	view_flag(view, "active", factor.active);
	if (factor.active)
		view_time(view, "activated_at", factor.activated_at);
	else
		view_null(view, "activated_at");
	view_int(view, "recovery_codes_left", factor.recovery_left);
	return response_page(rs, 200, "auth/second_factor", view);
}

static const char *
in_groups(struct arena *arena, const char *text)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (i > 0 && i % GROUP == 0)
			strbuf_char(&sb, ' ');
		strbuf_char(&sb, text[i]);
	}
	return sb.text;
}

/* What an app needs, in each way that one takes it. */
static enum status
tell_secret(const struct request *rq, struct view *view, const char *secret)
{
	const char *url = totp_url(rq->arena, rq->site->config->site_name,
	    rq->session->account.email, secret);
	struct view *page = view_page_only(view);
	struct qr_code code;
	enum status st;

	/* A name of kilobytes has no code; there is the secret to type. */
	st = qr_code_make(rq->arena, url, &code);
	if (st != ST_OK && st != ST_INVALID)
		return st;
	view_text(view, "secret", secret);
	view_url(view, "url", url);
	view_text(page, "secret_groups", in_groups(rq->arena, secret));
	if (st == ST_OK) {
		page = view_object(page, "qr");
		view_text(page, "path", code.path);
		view_int(page, "size", code.size);
	}
	return ST_OK;
}

enum status
begin_second_factor(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	struct view *view = view_of_fields(rq);
	const char *secret;
	enum status st;

	st = second_factor_begin(&entry, rq->session->account.id, &secret);
	if (st == ST_OK)
		st = tell_secret(rq, view, secret);
	if (st != ST_OK)
		return st;
	return response_page(rs, 200, "auth/second_factor_begin", view);
}

/* The form is of use only with the secret beside it. */
enum status
fill_activate(struct request *rq, struct view *view)
{
	struct entry entry = request_entry(rq);
	const char *secret;
	enum status st;

	st = second_factor_begun(&entry, rq->session->account.id, &secret);
	return st == ST_OK ? tell_secret(rq, view, secret) : st;
}

static enum status
show_codes(struct request *rq, struct response *rs,
    const char *const codes[static RECOVERY_CODES], bool first)
{
	struct view *view = view_of_fields(rq);

	view_list(view, "recovery_codes");
	for (size_t i = 0; i < RECOVERY_CODES; i++)
		view_item_text(view, "recovery_codes", codes[i]);
	view_flag(view_page_only(view), "first", first);
	view_url(view_page_only(view), "next_url", auth_next_page(rq));
	return response_page(rs, 200, "auth/second_factor_codes", view);
}

enum status
activate_second_factor(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	const char *codes[RECOVERY_CODES], *code = request_field(rq, "code");
	struct view *view;
	enum status st;

	st = second_factor_activate(
	    &entry, &rq->session->account, rq->session->id, code, codes);
	if (st == ST_NOT_FOUND)
		return ST_CONFLICT;
	if (st == ST_OK)
		return show_codes(rq, rs, codes, true);
	if (st != ST_FORBIDDEN)
		return st;
	view = view_of_fields(rq);
	st = fill_activate(rq, view);
	if (st != ST_OK)
		return st;
	view_problem(view, "code",
	    code[0] == '\0' ? WORDING_CODE_MISSING : WORDING_CODE_WRONG, NULL);
	return response_refuse(
	    rs, PROBLEM_INVALID_INPUT, "auth/second_factor_begin", view);
}

enum status
renew_recovery_codes(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	const char *codes[RECOVERY_CODES];
	enum status st;

	st = second_factor_renew_codes(&entry, &rq->session->account, codes);
	if (st == ST_OK)
		return show_codes(rq, rs, codes, false);
	return st == ST_NOT_FOUND ? ST_CONFLICT : st;
}

enum status
remove_second_factor(struct request *rq, struct response *rs)
{
	struct entry entry = request_entry(rq);
	struct view *view = view_new(rq->arena);
	enum status st;

	if (rq->site->config->mfa == MFA_REQUIRED) {
		view_problem(view, "", WORDING_SECOND_FACTOR_KEPT, NULL);
		return response_refuse(rs, PROBLEM_FORBIDDEN, NULL, view);
	}
	st = second_factor_remove(&entry, ACTOR_PERSON, &rq->session->account);
	/* That it was off already is as well. */
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	return response_done(rs, 204, NULL, "/auth/second-factor?off=1");
}
