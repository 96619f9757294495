/*
 * config - the settings, each with its type, default and bounds.
 *
 * Sources, the later ones winning: the built-in defaults; the configuration
 * file (key = value, # begins a comment line, no sections, no continuation);
 * .env and .env.local in the working directory and the file that
 * CHATELAINE_ENV_FILE names (lines KEY=VALUE, where only keys that begin with
 * CHATELAINE_ count, so that an application's own .env can be shared); the
 * environment. The setting access_token.ttl is CHATELAINE_ACCESS_TOKEN_TTL
 * there. White space round a value is dropped, then one pair of double quotes
 * round it; nothing within is special. Where the default is empty the value
 * may be, too.
 *
 * An env file counts only when it belongs to root or the caller and nobody
 * else can write it. .env and .env.local that break this rule are an error
 * when they name a setting, else they are someone else's affair.
 *
 * The configuration file is the caller's path, else $CHATELAINE_CONF, else
 * SYSCONFDIR/chatelaine.conf. A named file must exist; the built-in one need
 * not. Whatever is unknown, twice in one file, malformed or out of bounds is an
 * error, and no message ever shows a value.
 */
#ifndef CHATELAINE_BASE_CONFIG_H
#define CHATELAINE_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum cookie_secure { COOKIE_SECURE_AUTO, COOKIE_SECURE_ALWAYS };
enum mail_transport { MAIL_TRANSPORT_SMTP, MAIL_TRANSPORT_SENDMAIL };
enum mail_tls { MAIL_TLS_NONE, MAIL_TLS_STARTTLS };
enum mfa { MFA_OPTIONAL, MFA_REQUIRED };
enum environment { ENVIRONMENT_PRODUCTION, ENVIRONMENT_DEVELOPMENT };

/* So many at once, and as many again in each period; see account/limit.h. */
struct rate {
	int64_t count;
	int64_t period; /* seconds */
};

#define RATES_MAX 4

/* Bytes before the @ of mail.return_path: see mail/return_path.h. */
#define CONFIG_RETURN_PATH_LOCAL_MAX 21

/* All of them hold together; none: no limit. */
struct rates {
	struct rate list[RATES_MAX];
	size_t count;
};

/*
 * Durations in seconds, sizes in bytes, strings never NULL ("" when unset, but
 * database_worker_url, which is then the same as database_url).
 */
struct config {
	enum environment environment;    /* environment */
	const char *site_url;            /* site.url, without a final slash */
	const char *site_name;           /* site.name */
	const char *database_url;        /* database.url: the handlers' role */
	const char *database_worker_url; /* database.worker_url */
	const char *master_key_file;     /* master_key_file */
	const char *master_key;          /* master_key (environment only) */
	const char *templates_dir;       /* templates.dir */
	const char *migrations_dir;      /* migrations.dir */
	int64_t access_token_ttl;        /* access_token.ttl */
	int64_t signing_key_lifetime;    /* signing_key.lifetime; 0: none */
	int64_t session_idle;            /* session.idle */
	int64_t session_absolute;        /* session.absolute */
	int64_t session_remember_idle;   /* session.remember_idle */
	int64_t session_remember_absolute;  /* session.remember_absolute */
	int64_t refresh_grace;              /* refresh.grace */
	int64_t confirm_ttl;                /* confirm.ttl */
	int64_t verification_ttl;           /* verification.ttl */
	int64_t reset_ttl;                  /* reset.ttl */
	int64_t reset_opened_ttl;           /* reset.opened_ttl */
	int64_t alert_ttl;                  /* alert.ttl */
	int64_t email_change_ttl;           /* email_change.ttl */
	int64_t email_revert_ttl;           /* email_revert.ttl */
	int64_t account_deletion_grace;     /* account.deletion_grace */
	enum cookie_secure cookie_secure;   /* cookie.secure */
	enum mfa mfa;                       /* mfa.required */
	int64_t password_min_length;        /* password.min_length */
	int64_t password_memory;            /* password.memory, bytes */
	int64_t password_passes;            /* password.passes */
	int64_t password_at_once;           /* password.at_once, hashes */
	int64_t password_wait;              /* password.wait */
	int64_t password_require_classes;   /* password.require_classes */
	int64_t body_limit;                 /* body.limit, bytes */
	const char *trusted_proxies;        /* proxy.trusted, space-separated */
	const char *problem_base;           /* problem.base, no final slash */
	struct rates limit_password;        /* limit.password */
	struct rates limit_password_device; /* limit.password_device */
	struct rates limit_password_ip;     /* limit.password_ip */
	struct rates limit_code;            /* limit.code */
	struct rates limit_signup;          /* limit.signup */
	struct rates limit_mail;            /* limit.mail */
	struct rates limit_mail_ip;         /* limit.mail_ip */
	struct rates limit_token;           /* limit.token */
	struct rates limit_refresh;         /* limit.refresh */
	enum mail_transport mail_transport; /* mail.transport */
	const char *mail_sendmail;          /* mail.sendmail */
	const char *mail_host;              /* mail.host */
	int64_t mail_port;                  /* mail.port */
	enum mail_tls mail_tls;             /* mail.tls */
	const char *mail_ca_file;           /* mail.ca_file; "": the system's */
	const char *mail_user;              /* mail.user; "": no AUTH */
	const char *mail_password;          /* mail.password */
	const char *mail_from;              /* mail.from, an address */
	const char *mail_return_path;       /* mail.return_path; "": none */
	int64_t mail_timeout;               /* mail.timeout */
	int64_t work_interval;              /* work.interval */
	const char *metrics_token;          /* metrics.token; "": no /metrics */
};

/* One thing wrong with the settings. */
struct config_error {
	struct config_error *next;
	const char *where;   /* "FILE:LINE", "environment", "FILE" */
	const char *message; /* names the setting and the remedy */
};

enum setting_kind {
	SETTING_TEXT,
	SETTING_PATH,     /* absolute */
	SETTING_URL,      /* http or https; lower case up to its path */
	SETTING_ADDRESS,  /* of mail */
	SETTING_HOSTS,    /* numeric IP addresses, by spaces or commas */
	SETTING_DURATION, /* 90s, 10m, 24h, 7d */
	SETTING_SIZE,     /* bytes, or 64K, 64M, 1G: powers of 1024 */
	SETTING_INTEGER,
	SETTING_CHOICE,
	SETTING_RATES, /* 10/15m, 30/10m 100/1h, off */
};

/* One row of the table of settings; also for documentation and doctor. */
struct setting {
	const char *key;            /* "access_token.ttl" */
	const char *fallback;       /* the default, as one would write it */
	enum setting_kind kind;     /* what is allowed */
	const char *min, *max;      /* of numbers, as one would write them */
	const char *const *choices; /* of a choice, by value; NULL ends them */
	size_t offset;              /* in struct config */
	bool secret;                /* never to be shown */
	bool environment_only;      /* or in an env file others can't read */
};

/*
 * Load the settings. path: NULL to look where the environment says. On
 * ST_INVALID *errors lists everything wrong, in order, not just the first;
 * *config then holds what was good, for doctor to go on with. All of it lives
 * in the arena.
 */
enum status config_load(struct arena *arena, const char *path,
    const struct config **config,
    const struct config_error **errors) MUST_CHECK;

/* The same, and each error logged: for programs that can't go on. */
enum status config_load_or_log(struct arena *arena, const char *path,
    const struct config **config) MUST_CHECK;

/* All settings, in the order of chatelaine.conf(5). */
const struct setting *config_settings(size_t *count);

/* Where config_load would look: for messages. Lives in the arena. */
const char *config_path(struct arena *arena, const char *path);

#endif
