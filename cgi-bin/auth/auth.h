/* auth - the actions of this program, for its table. */
#ifndef CHATELAINE_AUTH_H
#define CHATELAINE_AUTH_H

#include "account/password.h"
#include "account/sign_in_ticket.h"
#include "web/response.h"
#include "web/route.h"

/* front.c */
action show_front, show_health, show_jwks, lead_to_password;

/* metrics.c */
action show_metrics;

/* signup.c */
action show_signup, sign_up;
extern const struct field signup_fields[];

/* verify.c */
action show_verify, verify, show_resend, resend;
extern const struct field verify_fields[], resend_fields[];

/* signin.c */
action show_signin, sign_in, sign_out;
extern const struct field signin_query[], signin_fields[];

/* alert.c */
action show_alert, disown_sign_in;
fill fill_alert;
/* signin_code.c */
action sign_in_with_code;
extern const struct field signin_code_fields[];

/* second_factor.c */
action show_second_factor, begin_second_factor, activate_second_factor;
action renew_recovery_codes, remove_second_factor;
fill fill_activate;
extern const struct field second_factor_query[], second_factor_fields[];
extern const struct field activate_fields[];

/* refresh.c */
action refresh;
extern const struct field refresh_query[], refresh_fields[];

/* session.c */
action show_session;

/* confirm.c */
action show_confirm, confirm;
extern const struct field confirm_query[], confirm_fields[];

/* sessions.c */
action show_sessions, end_session, end_other_sessions;

/* devices.c */
action show_devices, forget_device, forget_other_devices;

/* account.c */
action show_account, change_account;
fill fill_account;
extern const struct field account_query[], account_fields[];

/* account_password.c */
action show_password, change_password;
extern const struct field password_fields[];

/* account_email.c */
action show_email, ask_email;
extern const struct field email_fields[];

/* account_delete.c */
action show_delete, delete_account;
fill fill_delete;
extern const struct field delete_fields[];

/* account_export.c */
action export_own_account;

/* email_link.c */
action show_email_link, change_email, show_email_revert, revert_email;
fill fill_email_link;

/* preferences.c */
action show_preferences, change_preferences, show_unsubscribe, unsubscribe;
extern const struct field preferences_query[], preferences_fields[],
    unsubscribe_fields[];

/* The answer to every address that asks for its link: it may be on its way. */
enum status auth_answer_sent(struct request *rq, struct response *rs);

/* The members `user`, `session` and their kin, as the wire has them. */
void auth_tell_session(
    struct request *rq, struct view *view, const struct session *session);

/* A device by its user agent, in words: "Firefox on Linux". */
const char *auth_device_words(const struct request *rq, const char *user_agent);

/* What both lists take of the query: where to go on, what was just done. */
extern const struct field list_query[];

/* Items of a list in one answer. */
#define AUTH_LIST_MAX 50

/*
 * The id to go on behind, of the query's field `after`; NULL: from the start.
 * ST_NOT_FOUND: it is no id.
 */
enum status auth_list_after(
    const struct request *rq, const char **after) MUST_CHECK;

/*
 * What stands beside the items: next, the id to go on behind (NULL: there are no
 * more), and for the page whether there are others than the current one and
 * what was just done, by the query's field `done`.
 */
void auth_tell_list(
    const struct request *rq, struct view *view, const char *next, bool others);

/*
 * Check the password of the person who is signed in, as this field of the
 * route has it. *granted: it is right, and the session counts as confirmed.
 * If not, rs is the answer: the route's page, or what became of the session.
 */
enum status auth_check_password(struct request *rq, struct response *rs,
    const char *field, bool *granted) MUST_CHECK;

/* The session that the request came with has ended: the browser drops it. */
void auth_forget_session(struct request *rq, struct response *rs);

/* Where the person was going before: the field `next`, or home. */
const char *auth_next_page(const struct request *rq);

/* Somebody who has shown all that is asked for, and how to let them in. */
struct newcomer {
	const struct account *account;
	bool remember;    /* stay signed in */
	bool api;         /* the tokens go into the body, and none by cookie */
	const char *next; /* where a browser is led */
};

/*
 * The one place where a session begins: nothing that a right sign-in brings
 * with it is done anywhere else.
 */
enum status auth_begin_session(struct request *rq, struct response *rs,
    const struct entry *entry, const struct newcomer *who) MUST_CHECK;

/* Ask for a code before that: the right password is not enough. */
enum status auth_ask_code(struct request *rq, struct response *rs,
    const struct entry *entry, const struct newcomer *who) MUST_CHECK;

/* A row of fields: the password that the account has. */
#define AUTH_PASSWORD_FIELD                                         \
	{                                                           \
		.name = "password", .type = FIELD_SECRET,           \
		.flags = FIELD_REQUIRED, .max = PASSWORD_MAX_BYTES, \
		.missing = WORDING_PASSWORD_MISSING                 \
	}

/* Bytes of a field for codes, blanks and all. */
#define AUTH_CODE_MAX 200

/* A row of fields; what it holds is asked of those with a second factor. */
#define AUTH_CODE_FIELD                                                    \
	{                                                                  \
		.name = "code", .type = FIELD_SECRET, .max = AUTH_CODE_MAX \
	}

/*
 * Hand out the tokens of a session that begins or goes on: in the body for
 * api, else by cookie. refresh_token: NULL if the client keeps the one it has.
 * next: where a browser is led.
 */
enum status auth_hand_out(struct request *rq, struct response *rs,
    struct session *session, const char *refresh_token, bool api,
    const char *next) MUST_CHECK;

#endif
