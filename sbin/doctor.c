/* doctor.c - chatelaine doctor: what is wrong, and how to mend it. */

#include <inttypes.h>
#include <stdarg.h>
#include <sys/timex.h>
#include <unistd.h>

#include "account/limit.h"
#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/migrate.h"
#include "base/template.h"
#include "base/url.h"
#include "command.h"
#include "mail/transport.h"
#include "web/wording.h"

#define CLOCK_DRIFT 5 /* seconds that two machines may differ by */

enum { CLOCK, ROLE, PROXY, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[CLOCK] = { "doctor_clock",
	    "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint" },
	[ROLE] = { "doctor_role",
	    "SELECT current_user, rolsuper,"
	    " has_table_privilege('audit_log', 'UPDATE')"
	    " OR has_table_privilege('audit_log', 'DELETE')"
	    " FROM pg_roles WHERE rolname = current_user" },
	[PROXY] = { "doctor_proxy",
	    "SELECT floor(extract(epoch FROM seen_at))::bigint FROM notice"
	    " WHERE name = $1 AND seen_at > now() - interval '7 days'" },
};

/* A patient: what was found out about it so far. */
struct doctor {
	struct program *program;
	struct arena *arena;
	const struct config *config;
	int failures;
};

static void say_well(const char *what, const char *format, ...) PRINTF(2, 3);
static void say_ill(struct doctor *doctor, const char *what, const char *format,
    ...) PRINTF(3, 4);
static void say_beware(const char *what, const char *format, ...) PRINTF(2, 3);

static void PRINTF(3, 0)
    say(const char *mark, const char *what, const char *format, va_list args)
{
	printf("%-5s %-10s ", mark, what);
	vprintf(format, args);
	putchar('\n');
}

static void
say_well(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("ok", what, format, args);
	va_end(args);
}

/* Something works, and is not as it should be in earnest. */
static void
say_beware(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("warn", what, format, args);
	va_end(args);
}

static void
say_ill(struct doctor *doctor, const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("fail", what, format, args);
	va_end(args);
	doctor->failures++;
}

/* All errors, not just the first; the checks go on with what was good. */
static void
check_settings(struct doctor *doctor)
{
	const struct config_error *error;
	const char *path =
	    config_path(doctor->arena, doctor->program->config_path);

	if (config_load(doctor->arena, doctor->program->config_path,
		&doctor->config, &error) == ST_OK) {
		say_well("settings", "%s", path);
		return;
	}
	for (; error != NULL; error = error->next)
		say_ill(
		    doctor, "settings", "%s: %s", error->where, error->message);
}

static void
check_site(struct doctor *doctor)
{
	const char *url = doctor->config->site_url;

	if (url_read(doctor->arena, url).private)
		say_well("site", "%s", url);
	else
		say_ill(doctor, "site",
		    "%s has no TLS: nobody can sign in there. Give the web"
		    " server a certificate and set site.url to https://...",
		    url);
}

static void
check_master_key(struct doctor *doctor)
{
	struct master_key *key;
	const char *why;

	if (master_key_load(doctor->arena, doctor->config->master_key,
		doctor->config->master_key_file, &key, &why) != ST_OK) {
		say_ill(doctor, "master key", "%s", why);
		return;
	}
	if (master_key_count(key) > 1)
		say_beware("master key",
		    "there are %zu: run 'chatelaine key reseal', then take the"
		    " old ones away",
		    master_key_count(key));
	else
		say_well("master key", "%s",
		    doctor->config->master_key[0] != '\0'
			? "from the environment"
			: doctor->config->master_key_file);
	master_key_free(key);
}

/* What the hashes of a crowd take is taken from everything else there. */
static void
check_passwords(struct doctor *doctor)
{
	const struct config *config = doctor->config;
	int64_t taken = config->password_at_once * config->password_memory;
	int64_t there =
	    (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE);

	if (taken > there / 2)
		say_beware("passwords",
		    "%" PRId64 " hashes at once take %" PRId64
		    " of this machine's %" PRId64 " MiB: lower"
		    " password.at_once or password.memory",
		    config->password_at_once, taken >> 20, there >> 20);
	else
		say_well(
		    "passwords", "take up to %" PRId64 " MiB", taken >> 20);
}

static void
check_templates(struct doctor *doctor)
{
	const char *dir = doctor->config->templates_dir;
	struct template_set *set;
	enum status st;

	st = template_load(doctor->arena, dir, &set);
	if (st == ST_OK)
		st = template_check(set);
	if (st == ST_OK)
		st = wording_load(doctor->arena, set, dir);
	if (st == ST_OK)
		say_well("templates", "%s", dir);
	else if (st == ST_NOT_FOUND)
		say_ill(doctor, "templates",
		    "%s does not exist: set templates.dir to where they are"
		    " installed",
		    dir);
	else
		say_ill(doctor, "templates",
		    "%s: see the lines above for what to mend", dir);
}

/* Whether the role can do more than it should. */
static void
check_role(struct doctor *doctor, struct db *db, const char *setting)
{
	struct db_rows *rows;
	const char *role;

	if (db_query_one(db, doctor->arena, &stmts[ROLE], DB_NO_ARGS, &rows) !=
	    ST_OK) {
		say_ill(doctor, setting,
		    "the control database has no tables"
		    " yet: run 'chatelaine migrate'");
		return;
	}
	role = db_text(rows, 0, 0);
	if (db_bool(rows, 0, 1))
		say_ill(doctor, setting,
		    "%s is a superuser: use a role that"
		    " is not",
		    role);
	else if (db_bool(rows, 0, 2) && strcmp(setting, "handlers") == 0)
		say_beware(setting,
		    "%s may change audit rows: use a role that"
		    " is only a member of chatelaine_handler",
		    role);
	else
		say_well(setting, "connected as %s", role);
}

static void
check_clock(struct doctor *doctor, struct db *db)
{
	struct db_rows *rows;
	int64_t drift;

	if (db_query_one(db, doctor->arena, &stmts[CLOCK], DB_NO_ARGS, &rows) !=
	    ST_OK)
		return;
	drift = db_int(rows, 0, 0) - clock_now();
	if (drift < -CLOCK_DRIFT || drift > CLOCK_DRIFT)
		say_ill(doctor, "clock",
		    "this machine and the database differ"
		    " by %" PRId64 " seconds: set both by NTP",
		    drift);
	else
		say_well("clock", "agrees with the database's");
}

/* Codes of a second factor are worked out from the time. */
static void
check_time(const struct doctor *doctor)
{
	struct timex state = { .modes = 0 };

	if (doctor->config->mfa == MFA_REQUIRED &&
	    adjtimex(&state) == TIME_ERROR)
		say_beware("time",
		    "nothing keeps this machine's clock right, and mfa.required"
		    " needs that of the database to be: run chrony or"
		    " systemd-timesyncd there");
}

static void
check_worker(struct doctor *doctor, struct db *db)
{
	struct health health;

	if (health_check(db, doctor->arena, &health) != ST_OK)
		return;
	if (!health.worker_seen)
		say_ill(doctor, "worker",
		    "none was ever seen that does the lane %s: start"
		    " 'chatelaine work', or 'chatelaine work --once' each"
		    " minute by cron",
		    health.lane);
	else if (!health.worker_ok)
		say_ill(doctor, "worker",
		    "the one that does the lane %s was not seen for %" PRId64
		    " seconds: start it again, or look into cron's log",
		    health.lane, health.worker_seconds);
	else
		say_well("worker", "seen %" PRId64 " seconds ago",
		    health.worker_seconds);
}

static void
check_migrations(struct doctor *doctor, struct db *db)
{
	struct migration *list;
	size_t count, pending = 0;
	const char *why = "";
	enum status st;

	st = migrate_list(db, doctor->arena,
	    program_migrations(doctor->program), &list, &count, &why);
	if (st != ST_OK) {
		say_ill(doctor, "migrations",
		    "%s: set migrations.dir to where"
		    " they are installed",
		    why);
		return;
	}
	for (size_t i = 0; i < count; i++)
		pending += !list[i].applied;
	if (pending > 0)
		say_ill(doctor, "migrations",
		    "%zu pending: run 'chatelaine"
		    " migrate'",
		    pending);
	else
		say_well("migrations", "all %zu applied", count);
}

/*
 * The handlers note it when they see that requests come through a proxy on
 * this machine that nobody has told them of.
 */
static void
check_proxy(struct doctor *doctor, struct db *db)
{
	const char *trusted = doctor->config->trusted_proxies;
	struct db_rows *rows;

	if (trusted[0] != '\0') {
		say_well("proxy", "trusted: %s", trusted);
		return;
	}
	if (db_query(db, doctor->arena, &stmts[PROXY],
		DB_ARGS(DB_TEXT(LIMIT_NOTICE)), &rows) != ST_OK)
		return;
	if (db_count(rows) == 0)
		say_well("proxy", "none was seen");
	else
		say_beware("proxy",
		    "requests came through one on this machine, the latest"
		    " noted on %s: no limit by IP is on, and sessions show its"
		    " address. Set proxy.trusted to 127.0.0.1 ::1, if it"
		    " sends X-Forwarded-For",
		    clock_words(doctor->arena, db_int(rows, 0, 0)));
}

/* One of the two ways into the control database. */
static void
check_database(struct doctor *doctor, const char *what, const char *url,
    const char *setting, bool worker)
{
	struct db *db = db_open(url, "chatelaine doctor");
	struct db_rows *rows;

	if (db_query_one(db, doctor->arena, &stmts[CLOCK], DB_NO_ARGS, &rows) !=
	    ST_OK) {
		say_ill(doctor, what,
		    "no connection: see the line above, and"
		    " check %s and that PostgreSQL runs",
		    setting);
	} else {
		check_role(doctor, db, what);
		if (worker) {
			check_migrations(doctor, db);
			check_clock(doctor, db);
			check_time(doctor);
			check_worker(doctor, db);
			check_proxy(doctor, db);
		}
	}
	db_close(db);
}

static void
check_mail(struct doctor *doctor)
{
	const struct config *config = doctor->config;
	const char *reply;

	if (transport_probe(doctor->arena, config, &reply) == ST_OK)
		say_well("mail", "%s would take it",
		    transport_name(doctor->arena, config));
	else if (config->mail_transport == MAIL_TRANSPORT_SENDMAIL)
		say_ill(doctor, "mail",
		    "%s: set mail.sendmail to where the program is, or"
		    " mail.transport to smtp",
		    reply);
	else
		say_ill(doctor, "mail",
		    "%s:%" PRId64 ": %s: check mail.host,"
		    " mail.port, mail.tls, mail.ca_file and mail.user",
		    config->mail_host, config->mail_port, reply);
}

int
command_doctor(struct program *program, int argc, char **argv)
{
	struct doctor doctor = { .program = program, .arena = program->arena };

	(void)argv;
	if (argc != 1)
		return EXIT_USAGE;
	check_settings(&doctor);
	if (doctor.config == NULL)
		return EXIT_FAILURE;
	program->config = doctor.config;
	check_site(&doctor);
	check_master_key(&doctor);
	check_passwords(&doctor);
	check_templates(&doctor);
	check_database(&doctor, "handlers", doctor.config->database_url,
	    "database.url", false);
	check_database(&doctor, "database", doctor.config->database_worker_url,
	    "database.worker_url", true);
	check_mail(&doctor);
	return doctor.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
