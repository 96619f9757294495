/* check_config.c - settings, from where they may come. */

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/text.h"

#define CONF "test.conf"
#define PORT_RULE "mail.port must be a whole number from 1 to 65535"
#define KEY_HEX \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

extern char **environ;

static struct arena *arena;
static const struct config *config;
static const struct config_error *errors;
static char start[4096], dir[64];

static void
clear_environment(void)
{
	for (char **entry = environ; *entry != NULL;) {
		char *name = arena_strndup(arena, *entry, strcspn(*entry, "="));

		if (text_starts_with(name, "CHATELAINE_")) {
			ck_assert_int_eq(unsetenv(name), 0);
			entry = environ;
		} else {
			entry++;
		}
	}
}

/* Each test in an empty directory of its own, with nothing set. */
static void
setup(void)
{
	arena = arena_new();
	clear_environment();
	(void)umask(077);
	(void)snprintf(dir, sizeof(dir), "/tmp/check_config.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void
teardown(void)
{
	static const char *const files[] = { CONF, ".env", ".env.local",
		"named.env", "log" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlink(files[i]);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	arena_free(arena);
}

static void
put_bytes(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static void
put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void
set(const char *name, const char *value)
{
	ck_assert_int_eq(setenv(name, value, 1), 0);
}

static const char *
all_errors(void)
{
	const struct config_error *error;
	struct strbuf text;

	strbuf_init(&text, arena);
	for (error = errors; error != NULL; error = error->next)
		strbuf_printf(&text, "%s: %s\n", error->where, error->message);
	return text.text;
}

static void
load(void)
{
	enum status st = config_load(arena, CONF, &config, &errors);

	ck_assert_int_eq(st, errors == NULL ? ST_OK : ST_INVALID);
}

static void
load_text(const char *text)
{
	put(CONF, text);
	load();
}

/* In words, as one would set it. */
static const char *
rates_words(const struct rates *rates)
{
	const char *words = "";

	for (size_t i = 0; i < rates->count; i++)
		words = arena_printf(arena, "%s%s%lld/%llds", words,
		    i > 0 ? " " : "", (long long)rates->list[i].count,
		    (long long)rates->list[i].period);
	return words;
}

static void
load_clean(const char *text)
{
	load_text(text);
	ck_assert_str_eq(all_errors(), "");
}

START_TEST(a_second_factor_for_all_lets_passwords_be_shorter)
{
	load_clean("mfa.required = yes\n");
	ck_assert_int_eq(config->mfa, MFA_REQUIRED);
	ck_assert_int_eq(config->password_min_length, 8);
	load_clean("password.min_length = 15\nmfa.required = yes\n");
	ck_assert_int_eq(config->password_min_length, 15);
	load_clean("mfa.required = no\n");
	ck_assert_int_eq(config->mfa, MFA_OPTIONAL);
	ck_assert_int_eq(config->password_min_length, 15);
}
END_TEST

START_TEST(gives_the_documented_defaults)
{
	load_clean("");
	ck_assert_int_eq(config->environment, ENVIRONMENT_PRODUCTION);
	ck_assert_str_eq(config->site_url, "http://127.0.0.1:8080");
	ck_assert_str_eq(config->site_name, "Chatelaine");
	ck_assert_str_eq(config->database_url, "postgresql:///chatelaine");
	ck_assert_str_eq(
	    config->database_worker_url, "postgresql:///chatelaine");
	ck_assert_str_eq(config->master_key_file, SYSCONFDIR "/chatelaine.key");
	ck_assert_str_eq(config->master_key, "");
	ck_assert_str_eq(config->templates_dir, PKGDATADIR "/templates");
	ck_assert_str_eq(config->migrations_dir, PKGDATADIR "/migrations");
	ck_assert_int_eq(config->access_token_ttl, 600);
	ck_assert_int_eq(config->session_idle, 86400);
	ck_assert_int_eq(config->session_absolute, 7 * 86400);
	ck_assert_int_eq(config->confirm_ttl, 900);
	ck_assert_int_eq(config->verification_ttl, 86400);
	ck_assert_int_eq(config->reset_ttl, 3600);
	ck_assert_int_eq(config->reset_opened_ttl, 600);
	ck_assert_int_eq(config->alert_ttl, 7 * 86400);
	ck_assert_int_eq(config->email_change_ttl, 86400);
	ck_assert_int_eq(config->email_revert_ttl, 7 * 86400);
	ck_assert_int_eq(config->account_deletion_grace, 14 * 86400);
	ck_assert_int_eq(config->cookie_secure, COOKIE_SECURE_AUTO);
	ck_assert_int_eq(config->password_min_length, 15);
	ck_assert_int_eq(config->password_memory, 64 * 1024 * 1024);
	ck_assert_int_eq(config->password_passes, 2);
	ck_assert_int_eq(config->password_require_classes, 0);
	ck_assert_int_eq(config->body_limit, 65536);
	ck_assert_str_eq(config->trusted_proxies, "");
	ck_assert_str_eq(
	    config->problem_base, "https://chatelaine.invalid/problems");
	ck_assert_str_eq(rates_words(&config->limit_password), "10/900s");
	ck_assert_str_eq(
	    rates_words(&config->limit_password_device), "10/900s");
	ck_assert_str_eq(
	    rates_words(&config->limit_password_ip), "30/600s 100/3600s");
	ck_assert_str_eq(rates_words(&config->limit_signup), "10/3600s");
	ck_assert_str_eq(
	    rates_words(&config->limit_mail), "1/60s 5/3600s 10/86400s");
	ck_assert_str_eq(rates_words(&config->limit_mail_ip), "20/3600s");
	ck_assert_str_eq(rates_words(&config->limit_token), "20/60s");
	ck_assert_str_eq(rates_words(&config->limit_refresh), "30/60s");
	ck_assert_str_eq(config->mail_host, "localhost");
	ck_assert_int_eq(config->mail_port, 25);
	ck_assert_int_eq(config->mail_tls, MAIL_TLS_STARTTLS);
	ck_assert_str_eq(config->mail_ca_file, "");
	ck_assert_str_eq(config->mail_user, "");
	ck_assert_str_eq(config->mail_password, "");
	ck_assert_str_eq(config->mail_from, "chatelaine@localhost");
	ck_assert_int_eq(config->mail_timeout, 30);
	ck_assert_int_eq(config->work_interval, 60);
}
END_TEST

START_TEST(puts_every_setting_in_its_place)
{
	set("CHATELAINE_MASTER_KEY", "mk");
	load_clean("environment = development\n"
		   "site.url = https://example.org/house/\n"
		   "site.name = The House\n"
		   "database.url = du\n"
		   "database.worker_url = dwu\n"
		   "master_key_file = /mkf\n"
		   "templates.dir = /t\n"
		   "migrations.dir = /m\n"
		   "access_token.ttl = 11s\n"
		   "session.idle = 12s\n"
		   "session.absolute = 13s\n"
		   "confirm.ttl = 19s\n"
		   "verification.ttl = 14s\n"
		   "reset.ttl = 15s\n"
		   "reset.opened_ttl = 16s\n"
		   "alert.ttl = 2h\n"
		   "email_change.ttl = 17s\n"
		   "email_revert.ttl = 18s\n"
		   "account.deletion_grace = 20s\n"
		   "cookie.secure = always\n"
		   "password.min_length = 16\n"
		   "password.memory = 20M\n"
		   "password.passes = 3\n"
		   "password.require_classes = 4\n"
		   "body.limit = 2K\n"
		   "proxy.trusted = 10.0.0.1 fd00::1\n"
		   "problem.base = http://p\n"
		   "mail.host = mh\n"
		   "mail.port = 26\n"
		   "mail.tls = none\n"
		   "mail.ca_file = /ca\n"
		   "mail.password = mp\n"
		   "mail.from = mf@x\n"
		   "mail.timeout = 17s\n"
		   "work.interval = 18s\n");
	ck_assert_int_eq(config->environment, ENVIRONMENT_DEVELOPMENT);
	ck_assert_str_eq(config->site_url, "https://example.org/house");
	ck_assert_str_eq(config->site_name, "The House");
	ck_assert_str_eq(config->database_url, "du");
	ck_assert_str_eq(config->database_worker_url, "dwu");
	ck_assert_str_eq(config->master_key_file, "/mkf");
	ck_assert_str_eq(config->master_key, "mk");
	ck_assert_str_eq(config->templates_dir, "/t");
	ck_assert_str_eq(config->migrations_dir, "/m");
	ck_assert_int_eq(config->access_token_ttl, 11);
	ck_assert_int_eq(config->session_idle, 12);
	ck_assert_int_eq(config->session_absolute, 13);
	ck_assert_int_eq(config->confirm_ttl, 19);
	ck_assert_int_eq(config->verification_ttl, 14);
	ck_assert_int_eq(config->reset_ttl, 15);
	ck_assert_int_eq(config->reset_opened_ttl, 16);
	ck_assert_int_eq(config->alert_ttl, 7200);
	ck_assert_int_eq(config->email_change_ttl, 17);
	ck_assert_int_eq(config->email_revert_ttl, 18);
	ck_assert_int_eq(config->account_deletion_grace, 20);
	ck_assert_int_eq(config->cookie_secure, COOKIE_SECURE_ALWAYS);
	ck_assert_int_eq(config->password_min_length, 16);
	ck_assert_int_eq(config->password_memory, 20 * 1024 * 1024);
	ck_assert_int_eq(config->password_passes, 3);
	ck_assert_int_eq(config->password_require_classes, 4);
	ck_assert_int_eq(config->body_limit, 2048);
	ck_assert_str_eq(config->trusted_proxies, "10.0.0.1 fd00::1");
	ck_assert_str_eq(config->problem_base, "http://p");
	ck_assert_str_eq(config->mail_host, "mh");
	ck_assert_int_eq(config->mail_port, 26);
	ck_assert_int_eq(config->mail_tls, MAIL_TLS_NONE);
	ck_assert_str_eq(config->mail_ca_file, "/ca");
	ck_assert_str_eq(config->mail_password, "mp");
	ck_assert_str_eq(config->mail_from, "mf@x");
	ck_assert_int_eq(config->mail_timeout, 17);
	ck_assert_int_eq(config->work_interval, 18);
	load_clean("mail.user = mu\n");
	ck_assert_str_eq(config->mail_user, "mu");
}
END_TEST

START_TEST(takes_the_worker_to_the_same_database_unless_told)
{
	load_clean("database.url = one\n");
	ck_assert_str_eq(config->database_worker_url, "one");
}
END_TEST

/* A text of settings, and what must be said of it; NULL: nothing. */
struct sample {
	const char *text;
	const char *error;
};

START_TEST(keeps_the_default_where_a_value_is_bad)
{
	load_text("mail.port = x\nmail.from = x\ncookie.secure = x\n");
	ck_assert_int_eq(config->mail_port, 25);
	ck_assert_str_eq(config->mail_from, "chatelaine@localhost");
	ck_assert_int_eq(config->cookie_secure, COOKIE_SECURE_AUTO);
}
END_TEST

START_TEST(reads_lines_as_people_write_them)
{
	load_clean("\xef\xbb\xbf# a comment, after a byte order mark\r\n"
		   "\r\n"
		   "   # another\n"
		   " \t \n"
		   "site.name=a=b \"c\"\r\n"
		   "\tmail.host\t =\t two words\t\n"
		   "mail.user = \"  kept  \"\n"
		   "mail.password = \"\"quoted\"\"\n"
		   "proxy.trusted = \"\"\n"
		   "mail.port = \"26\"");
	ck_assert_str_eq(config->site_name, "a=b \"c\"");
	ck_assert_str_eq(config->mail_host, "two words");
	ck_assert_str_eq(config->mail_user, "  kept  ");
	ck_assert_str_eq(config->mail_password, "\"quoted\"");
	ck_assert_str_eq(config->trusted_proxies, "");
	ck_assert_int_eq(config->mail_port, 26);
}
END_TEST

START_TEST(tells_every_error_in_order_with_its_line)
{
	load_text("nonsense\n"
		  "\n"
		  "site.name = \"a\n"
		  "# comment\n"
		  "mail.port = 0\n"
		  "mail.port = 26\n"
		  "= x\n"
		  "site.name = \"\n"
		  "mail.host = good\n");
	ck_assert_str_eq(all_errors(),
	    CONF ":1: no '=' in the line\n" CONF
		 ":3: a double quote without its end\n" CONF ":5: " PORT_RULE
		 "\n" CONF ":6: mail.port is set a second time\n" CONF
		 ":7: unknown setting ''\n" CONF
		 ":8: a double quote without its end\n");
	ck_assert_str_eq(config->mail_host, "good");
}
END_TEST

START_TEST(refuses_bytes_that_are_not_text)
{
	static const char bytes[] = "site.name = caf\xe9\n"
				    "mail.host = a\0b\n"
				    "# \xff\n"
				    "mail.user = good\n";

	put_bytes(CONF, bytes, sizeof(bytes) - 1);
	load();
	ck_assert_str_eq(all_errors(),
	    CONF ":1: not UTF-8, or with a NUL in it\n" CONF
		 ":2: not UTF-8, or with a NUL in it\n" CONF
		 ":3: not UTF-8, or with a NUL in it\n");
	ck_assert_str_eq(config->mail_user, "good");
}
END_TEST

START_TEST(refuses_a_long_line_and_a_long_file)
{
	size_t size = 256 * 1024;
	char *text = arena_alloc(arena, size + 2);

	memset(text, 'x', 4096);
	memcpy(text, "site.name =", 11);
	load_clean(text);
	text[4096] = 'x';
	load_text(text);
	ck_assert_str_eq(all_errors(), CONF ":1: longer than 4096 bytes\n");
	memset(text, '\n', size);
	load_clean(text);
	text[size] = '\n';
	load_text(text);
	ck_assert_str_eq(all_errors(),
	    CONF ": not a regular file of at most 262144 bytes\n");
}
END_TEST

START_TEST(guesses_what_was_meant)
{
	load_text("acess_token.ttl = 1h\n"
		  "site-url = http://x\n"
		  "Site.Name = x\n"
		  "mail.xyzt = 1\n"
		  "session.timeout = 1h\n");
	ck_assert_str_eq(all_errors(),
	    CONF ":1: unknown setting 'acess_token.ttl':"
		 " did you mean access_token.ttl?\n" CONF
		 ":2: unknown setting 'site-url':"
		 " did you mean site.url?\n" CONF
		 ":3: unknown setting 'Site.Name':"
		 " did you mean site.name?\n" CONF
		 ":4: unknown setting 'mail.xyzt'\n" CONF
		 ":5: unknown setting 'session.timeout'\n");
	put(CONF, "");
	set("CHATELAINE_SITE_NAM", "x");
	load();
	ck_assert_str_eq(all_errors(),
	    "environment: unknown setting 'CHATELAINE_SITE_NAM':"
	    " did you mean CHATELAINE_SITE_NAME?\n");
}
END_TEST

#define MARK "hunter2"

/* Whatever is wrong with a line, the secret in it stays there. */
static const char *const torn[] = { MARK, "mail.password " MARK,
	"mail.password: " MARK " = x", "mail.pasword = " MARK,
	"mail.password = \"" MARK, "mail.password = a\x01" MARK,
	"mail.password = a\nmail.password = " MARK, "master_key = " MARK,
	"database.url = " MARK "\x7f", MARK "\xff", "site.url = " MARK,
	"site.url = https://ada:" MARK "@host", "mail.port = " MARK,
	"mail.tls = " MARK, "mail.from = " MARK, "mail.ca_file = " MARK,
	"access_token.ttl = " MARK, "password.memory = " MARK,
	"nothing = " MARK };

START_TEST(never_shows_a_value)
{
	load_text(torn[_i]);
	ck_assert_ptr_nonnull(errors);
	ck_assert_ptr_null(strstr(all_errors(), MARK));
	put(CONF, "");
	set("CHATELAINE_MAIL_PASSWORD", "\x01" MARK);
	set("CHATELAINE_PASSWORD", MARK);
	load();
	ck_assert_ptr_nonnull(errors->next);
	ck_assert_ptr_null(strstr(all_errors(), MARK));
}
END_TEST

START_TEST(lets_the_later_source_win)
{
	put(CONF,
	    "site.name = conf\nmail.host = conf\nmail.user = conf\n"
	    "mail.port = 1\nmail.password = conf\n");
	put(".env",
	    "CHATELAINE_MAIL_HOST=env\nCHATELAINE_MAIL_USER=env\n"
	    "CHATELAINE_MAIL_PORT=2\nCHATELAINE_MAIL_PASSWORD=env\n");
	put(".env.local",
	    "CHATELAINE_MAIL_USER=local\n"
	    "CHATELAINE_MAIL_PORT=3\n"
	    "CHATELAINE_MAIL_PASSWORD=local\n");
	put("named.env",
	    "CHATELAINE_MAIL_PORT=4\nCHATELAINE_MAIL_PASSWORD=named\n");
	set("CHATELAINE_ENV_FILE", "named.env");
	set("CHATELAINE_MAIL_PASSWORD", "environment");
	load();
	ck_assert_str_eq(all_errors(), "");
	ck_assert_str_eq(config->site_name, "conf");
	ck_assert_str_eq(config->mail_host, "env");
	ck_assert_str_eq(config->mail_user, "local");
	ck_assert_int_eq(config->mail_port, 4);
	ck_assert_str_eq(config->mail_password, "environment");
}
END_TEST

START_TEST(lets_an_empty_variable_win_too)
{
	set("CHATELAINE_MAIL_USER", "");
	load_clean("mail.user = ada\n");
	ck_assert_str_eq(config->mail_user, "");
}
END_TEST

START_TEST(reads_only_its_own_lines_of_an_env_file)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	strbuf_str(&text, "APP_KEY=\"open\ncaf\xe9\nno equals sign\n");
	for (int i = 0; i < 5000; i++)
		strbuf_char(&text, 'x');
	strbuf_str(&text,
	    "\n# CHATELAINE_SITE_NAME=comment\n"
	    "APP_KEY=twice\nMY_CHATELAINE_X=1\n"
	    "  CHATELAINE_SITE_NAME = \"The House\"\r\n"
	    "export  CHATELAINE_MAIL_HOST=mail\n"
	    "CHATELAINE_MAIL_USER=caf\xe9\n"
	    "export CHATELAINE_MAIL_PORT=0\n"
	    "CHATELAINE_NONE=1\n"
	    "CHATELAINE_CONF=/x\n"
	    "CHATELAINE_MAIL_HOST=again\n"
	    "CHATELAINE_MAIL_FROM\n");
	put(".env", text.text);
	load_text("");
	ck_assert_str_eq(all_errors(),
	    ".env:10: not UTF-8, or with a NUL in it\n"
	    ".env:11: CHATELAINE_MAIL_PORT must be a whole number from 1 to"
	    " 65535\n"
	    ".env:12: unknown setting 'CHATELAINE_NONE'\n"
	    ".env:13: CHATELAINE_CONF counts in the environment alone\n"
	    ".env:14: CHATELAINE_MAIL_HOST is set a second time\n"
	    ".env:15: no '=' in the line\n");
	ck_assert_str_eq(config->site_name, "The House");
	ck_assert_str_eq(config->mail_host, "mail");
}
END_TEST

START_TEST(refuses_variables_that_are_no_settings)
{
	put("named.env", "");
	set("CHATELAINE_CONF", CONF);
	set("CHATELAINE_ENV_FILE", "named.env");
	set("CHATELAINE_SESSION_TIMEOUT", "1h");
	set("CHATELAINE_MAIL_TLS", "maybe");
	set("CHATELAINE_SITE_NAME", "caf\xe9");
	set("XCHATELAINE_MAIL_PORT", "x");
	set("CHATELAINER", "x");
	load_text("");
	ck_assert_ptr_nonnull(errors);
	ck_assert_ptr_nonnull(strstr(all_errors(),
	    "environment: unknown setting 'CHATELAINE_SESSION_TIMEOUT'\n"));
	ck_assert_ptr_nonnull(strstr(all_errors(),
	    "environment: CHATELAINE_MAIL_TLS must be one of none,"
	    " starttls\n"));
	ck_assert_ptr_nonnull(strstr(all_errors(),
	    "environment: CHATELAINE_SITE_NAME must be UTF-8 without control"
	    " characters\n"));
	ck_assert_ptr_null(errors->next->next->next);
}
END_TEST

static const struct trust {
	mode_t mode;
	bool trusted;
} trusts[] = {
	{ 0600, true },
	{ 0644, true },
	{ 0664, false },
	{ 0620, false },
	{ 0602, false },
};

START_TEST(trusts_no_env_file_that_others_can_write)
{
	bool trusted = trusts[_i].trusted;

	put(".env", "CHATELAINE_SITE_NAME=x\n");
	ck_assert_int_eq(chmod(".env", trusts[_i].mode), 0);
	load_text("");
	ck_assert_str_eq(config->site_name, trusted ? "x" : "Chatelaine");
	ck_assert(trusted == (errors == NULL));
	if (!trusted)
		ck_assert_ptr_nonnull(strstr(
		    all_errors(), ".env: not read: it must belong to root"));
	/* What says nothing to us is no affair of ours. */
	put(".env", "APP_KEY=x\n");
	load_clean("");
	/* Unless we were sent to it. */
	set("CHATELAINE_ENV_FILE", ".env");
	load_text("");
	ck_assert(trusted == (errors == NULL));
}
END_TEST

START_TEST(trusts_no_env_file_of_another_user)
{
	put(".env", "CHATELAINE_SITE_NAME=x\n");
	ck_assert_int_eq(chown(".env", 12345, 0), 0);
	load_text("");
	ck_assert_str_eq(config->site_name, "Chatelaine");
	ck_assert_ptr_nonnull(
	    strstr(all_errors(), ".env: not read: it must belong to root"));
}
END_TEST

START_TEST(wants_the_files_that_were_named)
{
	load();
	ck_assert_str_eq(all_errors(), CONF ": does not exist\n");
	set("CHATELAINE_ENV_FILE", "named.env");
	load_text("");
	ck_assert_str_eq(all_errors(), "named.env: does not exist\n");
	ck_assert_int_eq(unsetenv("CHATELAINE_ENV_FILE"), 0);
	set("CHATELAINE_CONF", "other.conf");
	ck_assert_int_eq(
	    config_load(arena, NULL, &config, &errors), ST_INVALID);
	ck_assert_str_eq(all_errors(), "other.conf: does not exist\n");
	/* The caller's path comes before the variable. */
	load_clean("");
}
END_TEST

START_TEST(looks_where_the_caller_or_the_environment_says)
{
	ck_assert_str_eq(
	    config_path(arena, NULL), SYSCONFDIR "/chatelaine.conf");
	set("CHATELAINE_CONF", "");
	ck_assert_str_eq(
	    config_path(arena, NULL), SYSCONFDIR "/chatelaine.conf");
	set("CHATELAINE_CONF", CONF);
	ck_assert_str_eq(config_path(arena, NULL), CONF);
	ck_assert_str_eq(config_path(arena, "other"), "other");
	put(CONF, "site.name = found\n");
	ck_assert_int_eq(config_load(arena, NULL, &config, &errors), ST_OK);
	ck_assert_str_eq(config->site_name, "found");
}
END_TEST

START_TEST(does_without_the_built_in_file)
{
	if (access(SYSCONFDIR "/chatelaine.conf", F_OK) == 0)
		return; /* an installed one is not ours to judge */
	ck_assert_int_eq(config_load(arena, NULL, &config, &errors), ST_OK);
}
END_TEST

START_TEST(says_why_a_file_was_not_read)
{
	ck_assert_int_eq(symlink(".env", ".env"), 0);
	ck_assert_int_eq(mkdir(".env.local", 0700), 0);
	load_text("");
	ck_assert_str_eq(all_errors(),
	    ".env: can't be read: Too many levels of symbolic links\n"
	    ".env.local: not a regular file of at most 262144 bytes\n");
	ck_assert_int_eq(rmdir(".env.local"), 0);
}
END_TEST

START_TEST(keeps_the_master_key_out_of_shared_files)
{
	load_text("master_key = " KEY_HEX "\n");
	ck_assert_ptr_nonnull(strstr(all_errors(),
	    CONF ":1: master_key is taken from the environment alone"
		 " (CHATELAINE_MASTER_KEY)"));
	ck_assert_str_eq(config->master_key, "");
	put(".env", "CHATELAINE_MASTER_KEY=" KEY_HEX "\n");
	load_clean("");
	ck_assert_str_eq(config->master_key, KEY_HEX);
	ck_assert_int_eq(chmod(".env", 0644), 0);
	load_text("");
	ck_assert_ptr_nonnull(
	    strstr(all_errors(), ".env:1: CHATELAINE_MASTER"));
	ck_assert_str_eq(config->master_key, "");
	ck_assert_int_eq(unlink(".env"), 0);
	set("CHATELAINE_MASTER_KEY", KEY_HEX);
	load_clean("");
	ck_assert_str_eq(config->master_key, KEY_HEX);
}
END_TEST

static const struct sample pairs[] = {
	{ "session.idle = 7d\n", NULL },
	{ "session.idle = 8d\n",
	    CONF ":1: session.idle must not be longer than"
		 " session.absolute\n" },
	{ "# shorter\nsession.absolute = 86399s\n",
	    CONF ":2: session.idle must not be longer than"
		 " session.absolute\n" },
	{ "session.idle = 1m\nsession.absolute = 1h\n", NULL },
	{ "session.idle = 1m\nsession.absolute = 9m\n",
	    CONF ":2: access_token.ttl must not be longer than"
		 " session.absolute\n" },
	{ "session.remember_idle = 91d\n",
	    CONF ":1: session.remember_idle must not be longer than"
		 " session.remember_absolute\n" },
	{ "mail.tls = none\nmail.host = mail.example.org\n", NULL },
	{ "mail.user = a\nmail.host = mail.example.org\n", NULL },
	{ "mail.user = a\nmail.tls = none\nmail.host = mail.example.org\n",
	    CONF ":1: mail.user would send its password in clear without"
		 " starttls in mail.tls\n" },
	{ "mail.user = a\nmail.tls = none\nmail.host = localhost\n", NULL },
	{ "mail.user = a\nmail.tls = none\nmail.host = LocalHost\n", NULL },
	{ "mail.user = a\nmail.tls = none\nmail.host = 127.0.0.1\n", NULL },
	{ "mail.user = a\nmail.tls = none\nmail.host = 127.9.9.9\n", NULL },
	{ "mail.user = a\nmail.tls = none\nmail.host = ::1\n", NULL },
	{ "mail.user = a\nmail.tls = none\nmail.host = 128.0.0.1\n",
	    CONF ":1: mail.user would send its password in clear without"
		 " starttls in mail.tls\n" },
	{ "mail.user = a\nmail.tls = none\nmail.host = 127.0.0.1.x.org\n",
	    CONF ":1: mail.user would send its password in clear without"
		 " starttls in mail.tls\n" },
	{ "mail.user = a\nmail.tls = none\nmail.host = localhost.x.org\n",
	    CONF ":1: mail.user would send its password in clear without"
		 " starttls in mail.tls\n" },
	{ "mail.user = a\nmail.tls = none\nmail.host = ::2\n",
	    CONF ":1: mail.user would send its password in clear without"
		 " starttls in mail.tls\n" },
	{ "metrics.token = 0123456789abcdef\n", NULL },
	{ "metrics.token =\n", NULL },
	{ "\nmetrics.token = 0123456789abcde\n",
	    CONF ":2: metrics.token can be guessed: make one of at least 16"
		 " characters with openssl rand -hex 16\n" },
};

START_TEST(judges_settings_that_go_together)
{
	load_text(pairs[_i].text);
	ck_assert_str_eq(
	    all_errors(), pairs[_i].error != NULL ? pairs[_i].error : "");
}
END_TEST

START_TEST(logs_each_error)
{
	int saved = dup(STDERR_FILENO),
	    fd = open("log", O_CREAT | O_RDWR, 0600);
	enum status st;
	char *text;
	size_t size;

	put(CONF, "nonsense\nmail.port = x\n");
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	st = config_load_or_log(arena, CONF, &config);
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(st, ST_INVALID);
	(void)close(fd);
	(void)close(saved);
	ck_assert_int_eq(file_read(arena, "log", 4096, &text, &size), ST_OK);
	ck_assert_ptr_nonnull(strstr(text, CONF ":1: no '=' in the line"));
	ck_assert_ptr_nonnull(strstr(text, CONF ":2: " PORT_RULE));
	put(CONF, "");
	ck_assert_int_eq(config_load_or_log(arena, CONF, &config), ST_OK);
}
END_TEST

/* As config.c makes it, so that two settings can't share one. */
static char *
variable_of(const char *key)
{
	char *name = arena_strdup(arena, key);

	for (char *at = name; *at != '\0'; at++)
		if (*at == '.')
			*at = '_';
	return name;
}

START_TEST(has_a_name_of_its_own_for_each_setting)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	ck_assert_uint_gt(count, 0);
	for (size_t i = 0; i < count; i++) {
		const char *key = settings[i].key;

		ck_assert_uint_le(strlen(key), TEXT_DISTANCE_MAX);
		ck_assert_uint_eq(
		    strspn(key, "abcdefghijklmnopqrstuvwxyz._"), strlen(key));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(
			    variable_of(key), variable_of(settings[j].key));
	}
}
END_TEST

START_TEST(marks_what_must_not_be_shown)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	for (size_t i = 0; i < count; i++) {
		const char *key = settings[i].key;

		ck_assert_msg(settings[i].secret ==
			(strcmp(key, "mail.password") == 0 ||
			    strcmp(key, "master_key") == 0 ||
			    strcmp(key, "metrics.token") == 0 ||
			    text_starts_with(key, "database.")),
		    "%s", key);
	}
}
END_TEST

/* The sample, with the # taken from before every setting. */
static char *
read_sample(void)
{
	char *text, *line;
	struct strbuf out;
	size_t size;

	ck_assert_int_eq(
	    file_read(arena,
		arena_printf(arena, "%s/conf/chatelaine.conf", start), 65536,
		&text, &size),
	    ST_OK);
	strbuf_init(&out, arena);
	for (line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		bool setting =
		    line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';

		/* As delivered it sets nothing. */
		ck_assert(*line == '#' || *line == '\n');
		strbuf_add(
		    &out, line + setting, strcspn(line + setting, "\n") + 1);
	}
	return out.text;
}

START_TEST(is_explained_whole_and_truly_by_the_sample)
{
	const char *sample = read_sample();
	size_t count, lines = 0, wanted = 0;
	const struct setting *settings = config_settings(&count);

	load_clean(sample);
	for (const char *at = sample; (at = strstr(at, " =")) != NULL; at++)
		lines++;
	for (size_t i = 0; i < count; i++) {
		const char *fallback = settings[i].fallback;
		const char *line = arena_printf(arena, "\n%s =%s%s\n",
		    settings[i].key, *fallback != '\0' ? " " : "", fallback);

		if (settings[i].environment_only)
			continue;
		wanted++;
		ck_assert_msg(strstr(sample, line) != NULL, "%s", line);
	}
	/* One more stands in the words at the top. */
	ck_assert_uint_eq(lines, wanted + 1);
	ck_assert_ptr_nonnull(strstr(sample, "CHATELAINE_MASTER_KEY"));
}
END_TEST

static TCase *
case_settings(void)
{
	TCase *tcase = tcase_create("settings");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, gives_the_documented_defaults);
	tcase_add_test(
	    tcase, a_second_factor_for_all_lets_passwords_be_shorter);
	tcase_add_test(tcase, puts_every_setting_in_its_place);
	tcase_add_test(
	    tcase, takes_the_worker_to_the_same_database_unless_told);
	tcase_add_test(tcase, keeps_the_default_where_a_value_is_bad);
	tcase_add_loop_test(
	    tcase, judges_settings_that_go_together, 0, (int)ARRAY_LEN(pairs));
	return tcase;
}

static TCase *
case_lines(void)
{
	TCase *tcase = tcase_create("lines");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, reads_lines_as_people_write_them);
	tcase_add_test(tcase, tells_every_error_in_order_with_its_line);
	tcase_add_test(tcase, refuses_bytes_that_are_not_text);
	tcase_add_test(tcase, refuses_a_long_line_and_a_long_file);
	tcase_add_test(tcase, guesses_what_was_meant);
	tcase_add_loop_test(
	    tcase, never_shows_a_value, 0, (int)ARRAY_LEN(torn));
	tcase_add_test(tcase, logs_each_error);
	return tcase;
}

static TCase *
case_sources(void)
{
	TCase *tcase = tcase_create("sources");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, lets_the_later_source_win);
	tcase_add_test(tcase, lets_an_empty_variable_win_too);
	tcase_add_test(tcase, reads_only_its_own_lines_of_an_env_file);
	tcase_add_test(tcase, refuses_variables_that_are_no_settings);
	tcase_add_loop_test(tcase, trusts_no_env_file_that_others_can_write, 0,
	    (int)ARRAY_LEN(trusts));
	if (geteuid() == 0) /* nobody else can give files away */
		tcase_add_test(tcase, trusts_no_env_file_of_another_user);
	tcase_add_test(tcase, wants_the_files_that_were_named);
	tcase_add_test(tcase, looks_where_the_caller_or_the_environment_says);
	tcase_add_test(tcase, does_without_the_built_in_file);
	tcase_add_test(tcase, says_why_a_file_was_not_read);
	tcase_add_test(tcase, keeps_the_master_key_out_of_shared_files);
	return tcase;
}

static TCase *
case_table(void)
{
	TCase *tcase = tcase_create("table");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, has_a_name_of_its_own_for_each_setting);
	tcase_add_test(tcase, marks_what_must_not_be_shown);
	tcase_add_test(tcase, is_explained_whole_and_truly_by_the_sample);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("config");
	SRunner *runner = srunner_create(suite);
	int failed;

	/* The build directory, where make has put the sample. */
	if (getcwd(start, sizeof(start)) == NULL)
		return EXIT_FAILURE;
	suite_add_tcase(suite, case_settings());
	suite_add_tcase(suite, case_lines());
	suite_add_tcase(suite, case_sources());
	suite_add_tcase(suite, case_table());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
