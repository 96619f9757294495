/* config_table.c - the settings, in the order of chatelaine.conf(5). */

#include <assert.h>
#include <stddef.h>

#include "base/config.h"

static const char *const environments[] = {
	[ENVIRONMENT_PRODUCTION] = "production",
	[ENVIRONMENT_DEVELOPMENT] = "development",
	NULL,
};

static const char *const secure_modes[] = {
	[COOKIE_SECURE_AUTO] = "auto",
	[COOKIE_SECURE_ALWAYS] = "always",
	NULL,
};

static const char *const transports[] = {
	[MAIL_TRANSPORT_SMTP] = "smtp",
	[MAIL_TRANSPORT_SENDMAIL] = "sendmail",
	NULL,
};

static const char *const tls_modes[] = {
	[MAIL_TLS_NONE] = "none",
	[MAIL_TLS_STARTTLS] = "starttls",
	NULL,
};

static const char *const mfa_modes[] = {
	[MFA_OPTIONAL] = "no",
	[MFA_REQUIRED] = "yes",
	NULL,
};

/* A choice is stored as an unsigned, whichever it is. */
static_assert(sizeof(enum environment) == sizeof(unsigned) &&
	sizeof(enum cookie_secure) == sizeof(unsigned) &&
	sizeof(enum mail_transport) == sizeof(unsigned) &&
	sizeof(enum mfa) == sizeof(unsigned) &&
	sizeof(enum mail_tls) == sizeof(unsigned),
    "enumerations");

/* clang-format off */

/* A member of the wrong type does not compile. */
#define AT(type, member) \
	_Generic(((struct config *)NULL)->member, \
	    type: offsetof(struct config, member))

#define TEXT_OF(what, name, member, value) \
	.key = (name), .kind = SETTING_##what, .fallback = (value), \
	.offset = AT(const char *, member)
#define NUMBER_OF(what, name, member, value, least, most) \
	.key = (name), .kind = SETTING_##what, .fallback = (value), \
	.min = (least), .max = (most), .offset = AT(int64_t, member)
#define CHOICE_OF(type, name, member, value, words) \
	.key = (name), .kind = SETTING_CHOICE, .fallback = (value), \
	.choices = (words), .offset = AT(type, member)
#define RATES_OF(name, member, value) \
	.key = (name), .kind = SETTING_RATES, .fallback = (value), \
	.offset = AT(struct rates, member)

static const struct setting settings[] = {
	{ CHOICE_OF(enum environment, "environment", environment,
	    "production", environments) },
	{ TEXT_OF(URL, "site.url", site_url, "http://127.0.0.1:8080") },
	{ TEXT_OF(TEXT, "site.name", site_name, "Chatelaine") },
	{ TEXT_OF(TEXT, "database.url", database_url,
	    "postgresql:///chatelaine"), .secret = true },
	{ TEXT_OF(TEXT, "database.worker_url", database_worker_url, ""),
	    .secret = true },
	{ TEXT_OF(PATH, "master_key_file", master_key_file,
	    SYSCONFDIR "/chatelaine.key") },
	{ TEXT_OF(TEXT, "master_key", master_key, ""),
	    .secret = true, .environment_only = true },
	{ TEXT_OF(PATH, "templates.dir", templates_dir,
	    PKGDATADIR "/templates") },
	{ TEXT_OF(PATH, "migrations.dir", migrations_dir,
	    PKGDATADIR "/migrations") },
	{ NUMBER_OF(DURATION, "access_token.ttl", access_token_ttl,
	    "10m", "1s", "24h") },
	{ NUMBER_OF(DURATION, "signing_key.lifetime", signing_key_lifetime,
	    "90d", "0s", "3650d") },
	{ NUMBER_OF(DURATION, "session.idle", session_idle,
	    "24h", "1s", "365d") },
	{ NUMBER_OF(DURATION, "session.absolute", session_absolute,
	    "7d", "1s", "365d") },
	{ NUMBER_OF(DURATION, "session.remember_idle", session_remember_idle,
	    "30d", "1s", "365d") },
	{ NUMBER_OF(DURATION, "session.remember_absolute",
	    session_remember_absolute, "90d", "1s", "365d") },
	{ NUMBER_OF(DURATION, "refresh.grace", refresh_grace,
	    "30s", "0s", "10m") },
	{ NUMBER_OF(DURATION, "confirm.ttl", confirm_ttl,
	    "15m", "1s", "24h") },
	{ NUMBER_OF(DURATION, "verification.ttl", verification_ttl,
	    "24h", "1s", "30d") },
	{ NUMBER_OF(DURATION, "reset.ttl", reset_ttl, "60m", "1s", "24h") },
	{ NUMBER_OF(DURATION, "reset.opened_ttl", reset_opened_ttl,
	    "10m", "1s", "24h") },
	{ NUMBER_OF(DURATION, "alert.ttl", alert_ttl, "7d", "1h", "30d") },
	{ NUMBER_OF(DURATION, "email_change.ttl", email_change_ttl,
	    "24h", "1s", "30d") },
	{ NUMBER_OF(DURATION, "email_revert.ttl", email_revert_ttl,
	    "7d", "1s", "90d") },
	{ NUMBER_OF(DURATION, "account.deletion_grace", account_deletion_grace,
	    "14d", "1s", "90d") },
	{ CHOICE_OF(enum cookie_secure, "cookie.secure", cookie_secure,
	    "auto", secure_modes) },
	{ CHOICE_OF(enum mfa, "mfa.required", mfa, "no", mfa_modes) },
	{ NUMBER_OF(INTEGER, "password.min_length", password_min_length,
	    "15", "8", "64") },
	{ NUMBER_OF(SIZE, "password.memory", password_memory,
	    "64M", "19M", "1G") },
	{ NUMBER_OF(INTEGER, "password.passes", password_passes,
	    "2", "2", "10") },
	{ NUMBER_OF(INTEGER, "password.at_once", password_at_once,
	    "2", "1", "64") },
	{ NUMBER_OF(DURATION, "password.wait", password_wait,
	    "2s", "1s", "10s") },
	{ NUMBER_OF(INTEGER, "password.require_classes",
	    password_require_classes, "0", "0", "4") },
	{ NUMBER_OF(SIZE, "body.limit", body_limit, "64K", "1K", "16M") },
	{ TEXT_OF(HOSTS, "proxy.trusted", trusted_proxies, "") },
	{ TEXT_OF(URL, "problem.base", problem_base,
	    "https://chatelaine.invalid/problems/") },
	{ RATES_OF("limit.password", limit_password, "10/15m") },
	{ RATES_OF("limit.password_device", limit_password_device, "10/15m") },
	{ RATES_OF("limit.password_ip", limit_password_ip, "30/10m 100/1h") },
	{ RATES_OF("limit.code", limit_code, "10/15m") },
	{ RATES_OF("limit.signup", limit_signup, "10/1h") },
	{ RATES_OF("limit.mail", limit_mail, "1/1m 5/1h 10/1d") },
	{ RATES_OF("limit.mail_ip", limit_mail_ip, "20/1h") },
	{ RATES_OF("limit.token", limit_token, "20/1m") },
	{ RATES_OF("limit.refresh", limit_refresh, "30/1m") },
	{ CHOICE_OF(enum mail_transport, "mail.transport", mail_transport,
	    "smtp", transports) },
	{ TEXT_OF(PATH, "mail.sendmail", mail_sendmail,
	    "/usr/sbin/sendmail") },
	{ TEXT_OF(TEXT, "mail.host", mail_host, "localhost") },
	{ NUMBER_OF(INTEGER, "mail.port", mail_port, "25", "1", "65535") },
	{ CHOICE_OF(enum mail_tls, "mail.tls", mail_tls,
	    "starttls", tls_modes) },
	{ TEXT_OF(PATH, "mail.ca_file", mail_ca_file, "") },
	{ TEXT_OF(TEXT, "mail.user", mail_user, "") },
	{ TEXT_OF(TEXT, "mail.password", mail_password, ""), .secret = true },
	{ TEXT_OF(ADDRESS, "mail.from", mail_from, "chatelaine@localhost") },
	{ TEXT_OF(ADDRESS, "mail.return_path", mail_return_path, "") },
	{ NUMBER_OF(DURATION, "mail.timeout", mail_timeout,
	    "30s", "1s", "10m") },
	{ NUMBER_OF(DURATION, "work.interval", work_interval,
	    "60s", "5s", "2m") },
	{ TEXT_OF(TEXT, "metrics.token", metrics_token, ""), .secret = true },
};
/* clang-format on */

const struct setting *
config_settings(size_t *count)
{
	*count = ARRAY_LEN(settings);
	return settings;
}
