/* routes.c - who may do what about accounts and sessions. */

#include "auth.h"

/* clang-format off */
static const struct route routes[] = {
	/* method path                      access   action              page             fields          fill */
	{ GET,    "/",                      PUBLIC,  show_front,         NULL,            NULL,           NULL },
	{ GET,    "/auth",                  PUBLIC,  show_front,         NULL,            NULL,           NULL },
	{ GET,    "/healthz",               PUBLIC,  show_health,        NULL,            NULL,           NULL },
	{ GET,    "/metrics",               PUBLIC,  show_metrics,       NULL,            NULL,           NULL },
	{ GET,    "/.well-known/jwks.json", PUBLIC,  show_jwks,          NULL,            NULL,           NULL },
	{ GET,    "/.well-known/change-password", PUBLIC, lead_to_password, NULL,      NULL,           NULL },

	{ GET,    "/auth/signup",           PUBLIC,  show_signup,        "auth/signup",   NULL,           NULL },
	{ POST,   "/auth/signup",           PUBLIC,  sign_up,            "auth/signup",   signup_fields,  .flags = ROUTE_HASHES, .limit = LIMIT_SIGNUP },
	{ GET,    "/auth/verify",           PUBLIC,  show_verify,        "auth/verify",   verify_fields,  NULL },
	{ POST,   "/auth/verify",           PUBLIC,  verify,             "auth/verify",   verify_fields,  .flags = ROUTE_HASHES, .limit = LIMIT_TOKEN },
	{ GET,    "/auth/verify/resend",    PUBLIC,  show_resend,        "auth/resend",   NULL,           NULL },
	{ POST,   "/auth/verify/resend",    PUBLIC,  resend,             "auth/resend",   resend_fields,  NULL },

	{ GET,    "/auth/signin",           PUBLIC,  show_signin,        "auth/signin",   signin_query,   NULL },
	{ POST,   "/auth/signin",           PUBLIC,  sign_in,            "auth/signin",   signin_fields,  .flags = ROUTE_HASHES, .limit = LIMIT_PASSWORD },
	{ POST,   "/auth/signin/code",      PUBLIC,  sign_in_with_code,  "auth/signin_code", signin_code_fields, .limit = LIMIT_CODE },
	{ POST,   "/auth/signout",          PUBLIC,  sign_out,           NULL,            NULL,           NULL },
	{ GET,    "/auth/refresh",          PUBLIC,  refresh,            NULL,            refresh_query,  .flags = ROUTE_DETOUR | ROUTE_IDEMPOTENT, .limit = LIMIT_REFRESH },
	{ POST,   "/auth/refresh",          PUBLIC,  refresh,            NULL,            refresh_fields, .flags = ROUTE_DETOUR | ROUTE_IDEMPOTENT, .limit = LIMIT_REFRESH },

	{ GET,    "/auth/alert/{token}",    PUBLIC,  show_alert,         "auth/alert",    NULL,           NULL },
	{ POST,   "/auth/alert/{token}",    PUBLIC,  disown_sign_in,     "auth/alert",    NULL,           fill_alert, .limit = LIMIT_TOKEN },

	{ GET,    "/auth/session",          SESSION, show_session,       "auth/session",  NULL,           NULL },
	{ GET,    "/auth/confirm",          SESSION, show_confirm,       "auth/confirm",  confirm_query,  .flags = ROUTE_SETS_UP },
	{ POST,   "/auth/confirm",          SESSION, confirm,            "auth/confirm",  confirm_fields, .flags = ROUTE_HASHES | ROUTE_SETS_UP, .limit = LIMIT_PASSWORD },
	{ GET,    "/auth/sessions",         SESSION, show_sessions,      "auth/sessions", list_query,     NULL },
	{ DELETE, "/auth/sessions",         SESSION, end_other_sessions, NULL,            NULL,           NULL },
	{ DELETE, "/auth/sessions/{id}",    SESSION, end_session,        NULL,            NULL,           NULL },
	{ GET,    "/auth/devices",          SESSION, show_devices,       "auth/devices",  list_query,     NULL },
	{ DELETE, "/auth/devices",          SESSION, forget_other_devices, NULL,          NULL,           NULL },
	{ DELETE, "/auth/devices/{id}",     SESSION, forget_device,      NULL,            NULL,           NULL },
	{ GET,    "/auth/account",          SESSION, show_account,       "auth/account",  account_query,  NULL },
	{ PATCH,  "/auth/account",          SESSION, change_account,     "auth/account",  account_fields, fill_account },
	{ GET,    "/auth/account/delete",   SESSION, show_delete,        "auth/delete",   NULL,           NULL },
	{ DELETE, "/auth/account",          SESSION, delete_account,     "auth/delete",   delete_fields,  fill_delete, .flags = ROUTE_HASHES, .limit = LIMIT_PASSWORD },
	{ GET,    "/auth/account/export",   CONFIRMED, export_own_account, NULL,          NULL,           NULL },
	{ GET,    "/auth/account/password", SESSION, show_password,      "auth/password", NULL,           NULL },
	{ POST,   "/auth/account/password", SESSION, change_password,    "auth/password", password_fields, .flags = ROUTE_HASHES, .limit = LIMIT_PASSWORD },
	{ GET,    "/auth/account/email",    SESSION, show_email,         "auth/email",    NULL,           NULL },
	{ POST,   "/auth/account/email",    SESSION, ask_email,          "auth/email",    email_fields,   .flags = ROUTE_HASHES, .limit = LIMIT_PASSWORD },

	{ GET,    "/auth/email/{token}",        PUBLIC, show_email_link,   "auth/email_link",   NULL, NULL },
	{ POST,   "/auth/email/{token}",        PUBLIC, change_email,      "auth/email_link",   NULL, fill_email_link, .limit = LIMIT_TOKEN },
	{ GET,    "/auth/email/{token}/revert", PUBLIC, show_email_revert, "auth/email_revert", NULL, NULL },
	{ POST,   "/auth/email/{token}/revert", PUBLIC, revert_email,      "auth/email_revert", NULL, fill_email_link, .limit = LIMIT_TOKEN },

	{ GET,    "/auth/preferences",      SESSION, show_preferences,   "auth/preferences", preferences_query, NULL },
	{ PATCH,  "/auth/preferences",      SESSION, change_preferences, "auth/preferences", preferences_fields, NULL },
	{ GET,    "/auth/unsubscribe/{token}", TOKEN, show_unsubscribe,  "auth/unsubscribe", NULL,           NULL },
	{ POST,   "/auth/unsubscribe/{token}", TOKEN, unsubscribe,       "auth/unsubscribe", unsubscribe_fields, NULL },
	{ GET,    "/auth/second-factor",          SESSION,   show_second_factor,     "auth/second_factor",       second_factor_query,  .flags = ROUTE_SETS_UP },
	{ POST,   "/auth/second-factor",          CONFIRMED, begin_second_factor,    NULL,                       second_factor_fields, .flags = ROUTE_SETS_UP },
	{ DELETE, "/auth/second-factor",          CONFIRMED, remove_second_factor,   NULL,                       NULL,                 NULL },
	{ POST,   "/auth/second-factor/activate", CONFIRMED, activate_second_factor, "auth/second_factor_begin", activate_fields,      fill_activate, .flags = ROUTE_SETS_UP },
	{ POST,   "/auth/second-factor/codes",    CONFIRMED, renew_recovery_codes,   NULL,                       second_factor_fields, NULL },
};
/* clang-format on */

const struct handler auth_handler = { "auth", routes, ARRAY_LEN(routes) };
