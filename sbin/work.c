/* work.c - chatelaine work: do the jobs that requests leave behind. */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "account/audit_chain.h"
#include "account/clean_up.h"
#include "account/entry.h"
#include "account/key_rotation.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/health.h"
#include "base/job.h"
#include "base/log.h"
#include "base/template.h"
#include "command.h"
#include "mail/deliver.h"
#include "mail/outbox.h"
#include "mail/smtp.h"

#define CHANNEL "job"
#define TEND_SECONDS 2   /* between looks at the audit log and the counters */
#define TEND_BATCHES 20  /* sealed at a look, so that jobs get their turn */
#define LEASE_SECONDS 60 /* at first; a kind that takes longer extends it */
#define UNKNOWN_SECONDS (60 * 60)
#define PAUSE_MAX_SECONDS 30 /* between looks for a database that is away */

/* One job of each for all workers, which never ends: the subject sees to it. */
#define CLEAN_UP_JOB "clean-up"
#define CLEAN_UP_SECONDS (60 * 60)
#define KEYS_JOB "signing-keys"
#define KEYS_SECONDS (60 * 60)
#define STANDING_SUBJECT "00000000-0000-0000-0000-000000000000"

/* Nothing is heard of a worker that sends a mail. */
_Static_assert(SMTP_SECONDS_MAX < HEALTH_WORKER_LATE,
    "a worker is not missed while it sends");

struct work {
	struct db *db;
	const struct config *config;
	const struct master_key *key;
	struct audit_key audit_key;
	struct template_set *templates;
	struct arena *arena; /* of the job in hand */
	char host[256];
	int signals;     /* readable once it is time to go */
	bool ready;      /* listening, with a key, the standing jobs there */
	int64_t beat_us; /* last sign of life, by the steady clock; 0: none */
	int64_t tend_us; /* last look at the audit log, likewise */
	int64_t pause;   /* seconds, while something is wrong */
};

/*
 * Does a job and ends it, outside of any transaction. Anything but ST_OK: it
 * is put off.
 */
typedef enum status do_job(struct work *work, const struct job *job);

struct kind {
	const char *kind;
	int64_t lease; /* seconds */
	int64_t tries; /* after so many that failed it is dropped; 0: never */
	do_job *run;
};

/* Two days, as the pauses of job_pause add up. */
#define TRIES_IN_TWO_DAYS 52

static do_job do_mail, do_link, do_clean_up, do_keys;

static const char *const standing[] = { CLEAN_UP_JOB, KEYS_JOB };

/* clang-format off */
static const struct kind kinds[] = {
	/* kind          lease          tries              function */
	{ OUTBOX_JOB,    DELIVER_LEASE, 0,                 do_mail },
	{ ENTRY_LINK_JOB, LEASE_SECONDS, TRIES_IN_TWO_DAYS, do_link },
	{ CLEAN_UP_JOB,  LEASE_SECONDS, 0,                 do_clean_up },
	{ KEYS_JOB,      LEASE_SECONDS, 0,                 do_keys },
};
/* clang-format on */

static enum status
do_mail(struct work *work, const struct job *job)
{
	return deliver(work->db, work->arena, work->config, work->key,
	    work->templates, job);
}

/* End the transaction of a job: all of it, or nothing. */
static enum status
finish(struct work *work, enum status st)
{
	if (st == ST_OK)
		return db_commit(work->db);
	db_rollback(work->db);
	return st;
}

static enum status
do_link(struct work *work, const struct job *job)
{
	const struct entry entry = {
		.db = work->db,
		.arena = work->arena,
		.config = work->config,
		.key = work->key,
	};
	enum status st = db_begin(work->db);

	if (st != ST_OK)
		return st;
	st = entry_send_link(&entry, job);
	if (st == ST_OK)
		st = job_done(work->db, work->arena, job);
	return finish(work, st);
}

/*
 * Leave the head of the audit log's chain where nobody who can write to the
 * database can take it back. Once an hour, by the clean-up, and not while
 * nothing is added.
 */
static enum status
log_audit_head(struct work *work)
{
	struct audit_head head;
	enum status st;

	st = audit_head_since(
	    work->db, work->arena, CLEAN_UP_SECONDS + LEASE_SECONDS, &head);
	if (st == ST_OK)
		log_info("audit log sealed up to %s",
		    audit_head_text(work->arena, &head));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status
do_clean_up(struct work *work, const struct job *job)
{
	enum status st = db_begin(work->db);

	if (st != ST_OK)
		return st;
	st = account_clean_up(work->db, work->arena);
	if (st == ST_OK)
		st = deliver_clean_up(work->db, work->arena);
	if (st == ST_OK)
		st = health_clean_up(work->db, work->arena);
	if (st == ST_OK)
		st = log_audit_head(work);
	if (st == ST_OK)
		st = job_again(work->db, work->arena, job, CLEAN_UP_SECONDS);
	return finish(work, st);
}

static enum status
do_keys(struct work *work, const struct job *job)
{
	const struct key_rotation rotation = { work->db, work->arena,
		work->config, work->key, ACTOR_WORKER };
	struct key_moves moves;
	enum status st = db_begin(work->db);

	if (st != ST_OK)
		return st;
	st = key_rotation_tend(&rotation, &moves);
	if (st == ST_OK)
		st = job_again(work->db, work->arena, job, KEYS_SECONDS);
	st = finish(work, st);
	if (st == ST_OK && moves.published != NULL)
		log_info("signing key %s published", moves.published);
	if (st == ST_OK && moves.activated != NULL)
		log_info("signing key %s activated", moves.activated);
	return st;
}

static const struct kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].kind, name) == 0)
			return &kinds[i];
	return NULL;
}

/* Has somebody asked us to stop? */
static bool
asked_to_stop(const struct work *work)
{
	struct pollfd fd = { .fd = work->signals, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* Sleep, unless asked to stop. */
static void
rest(const struct work *work, int64_t seconds)
{
	struct pollfd fd = { .fd = work->signals, .events = POLLIN };

	(void)poll(&fd, 1, (int)(seconds * 1000));
}

/* What failed is tried later; a few kinds are dropped in the end. */
static enum status
put_off(struct work *work, const struct kind *kind, const struct job *job,
    enum status why)
{
	int64_t pause = job_pause(job->attempts);

	if (kind->tries != 0 && job->attempts >= kind->tries) {
		log_error("job %" PRId64 " (%s) dropped after %" PRId64
			  " attempts: %s",
		    job->id, job->kind, job->attempts, status_name(why));
		return job_done(work->db, work->arena, job);
	}
	log_warning("job %" PRId64 " (%s) put off for %" PRId64 " s: %s",
	    job->id, job->kind, pause, status_name(why));
	return job_again(work->db, work->arena, job, pause);
}

/* Give a sign of life, if the last one is so many seconds ago. */
static enum status
beat(struct work *work, int64_t seconds)
{
	int64_t now = clock_steady_us();
	enum status st;

	if (work->beat_us != 0 && now - work->beat_us < seconds * 1000000)
		return ST_OK;
	st = health_beat(work->db, work->arena, work->host, work->beat_us == 0);
	if (st == ST_OK)
		work->beat_us = now;
	return st;
}

/* What goes on beside the jobs: seals, sums and signs of life. */
static enum status
tend(struct work *work)
{
	int64_t now = clock_steady_us();
	size_t sealed = AUDIT_BATCH;
	enum status st;

	st = beat(work, work->config->work_interval);
	if (work->tend_us != 0 && now - work->tend_us < TEND_SECONDS * 1000000)
		return st;
	for (int i = 0;
	     i < TEND_BATCHES && st == ST_OK && sealed == AUDIT_BATCH; i++) {
		st = audit_seal(
		    work->db, work->arena, &work->audit_key, &sealed);
		arena_reset(work->arena);
	}
	if (st == ST_OK)
		st = counter_fold(work->db, work->arena);
	if (st == ST_OK)
		work->tend_us = now;
	return st;
}

static enum status
do_leased(struct work *work, const struct job *job)
{
	const struct kind *kind = find_kind(job->kind);
	enum status st = ST_OK;

	if (kind == NULL) {
		log_error("job %" PRId64 " is of an unknown kind (%s)", job->id,
		    job->kind);
		return job_again(work->db, work->arena, job, UNKNOWN_SECONDS);
	}
	if (kind->lease > LEASE_SECONDS) {
		st = job_extend(work->db, work->arena, job, kind->lease);
		/* Nothing is heard of us until it is done. */
		if (st == ST_OK)
			st = beat(work, 0);
	}
	if (st == ST_OK)
		st = kind->run(work, job);
	if (st != ST_OK && st != ST_CONFLICT)
		st = put_off(work, kind, job, st);
	return st;
}

/* Lease the next job and do it. ST_NOT_FOUND: nothing is due. */
static enum status
do_next(struct work *work)
{
	struct job job;
	enum status st;

	arena_reset(work->arena);
	st = job_lease(work->db, work->arena, LEASE_SECONDS, &job);
	if (st != ST_OK)
		return st;
	st = do_leased(work, &job);
	if (st != ST_CONFLICT)
		return st;
	log_warning("job %" PRId64 " (%s) was taken over by another worker",
	    job.id, job.kind);
	return ST_OK;
}

static enum status
get_ready(struct work *work)
{
	enum status st = ST_OK;

	if (work->ready)
		return ST_OK;
	st = db_listen(work->db, CHANNEL);
	if (st == ST_OK)
		st = audit_key_current(
		    work->db, work->arena, work->key, &work->audit_key);
	for (size_t i = 0; i < ARRAY_LEN(standing) && st == ST_OK; i++)
		st = job_add(work->db, work->arena, standing[i],
		    STANDING_SUBJECT, NULL, 0);
	work->ready = st == ST_OK;
	return st;
}

/* All that is due. ST_OK: nothing is any more, or we were asked to stop. */
static enum status
do_due(struct work *work)
{
	enum status st = get_ready(work);

	if (st == ST_OK)
		st = tend(work);
	while (st == ST_OK && !asked_to_stop(work)) {
		st = do_next(work);
		if (st == ST_OK)
			st = tend(work);
	}
	arena_reset(work->arena);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/*
 * Until the next job is due, one is added, or it is time for a sign of life.
 * Meanwhile the audit log is tended: writers do not wake us for it, as
 * PostgreSQL would let them commit only one by one then.
 */
static enum status
wait_for_work(struct work *work)
{
	int64_t now = clock_steady_us(), end, seconds, rest_us;
	enum status st;

	st = job_next_due(
	    work->db, work->arena, work->config->work_interval, &seconds);
	end = now + seconds * 1000000;
	while (st == ST_OK && now < end) {
		rest_us = end - now < TEND_SECONDS * 1000000
		    ? end - now
		    : TEND_SECONDS * 1000000;
		st =
		    db_wait(work->db, (int)(rest_us / 1000 + 1), work->signals);
		/* Woken early: there is something to look at. */
		if (clock_steady_us() - now < rest_us)
			break;
		now = clock_steady_us();
		if (st == ST_OK)
			st = tend(work);
	}
	arena_reset(work->arena);
	return st;
}

/* Something is wrong, most likely with the database: it was logged. */
static void
wait_for_better(struct work *work)
{
	work->pause = work->pause == 0 ? 1 : 2 * work->pause;
	if (work->pause > PAUSE_MAX_SECONDS)
		work->pause = PAUSE_MAX_SECONDS;
	rest(work, work->pause);
}

static void
work_on(struct work *work)
{
	log_info("worker started");
	while (!asked_to_stop(work)) {
		enum status st = do_due(work);

		if (st == ST_OK && !asked_to_stop(work))
			st = wait_for_work(work);
		if (st == ST_OK)
			work->pause = 0;
		else
			wait_for_better(work);
	}
	log_info("worker stopped");
}

/*
 * SIGTERM and SIGINT become readable instead of interrupting: a job in hand is
 * finished first. A mail's child process inherits that.
 */
static int
catch_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool
prepare(struct work *work, struct program *program)
{
	work->config = program_config(program);
	if (work->config == NULL)
		return false;
	work->key = program_key(program);
	work->db = program_db(program);
	if (work->key == NULL || work->db == NULL)
		return false;
	if (template_load(program->arena, work->config->templates_dir,
		&work->templates) != ST_OK) {
		log_error("no templates in %s: set templates.dir",
		    work->config->templates_dir);
		return false;
	}
	if (gethostname(work->host, sizeof(work->host) - 1) != 0) {
		log_error("no host name: %s", strerror(errno));
		return false;
	}
	work->signals = catch_signals();
	if (work->signals < 0)
		log_error("no signalfd: %s", strerror(errno));
	return work->signals >= 0;
}

int
command_work(struct program *program, int argc, char **argv)
{
	struct work work = { .signals = -1 };
	bool once = argc == 2 && strcmp(argv[1], "--once") == 0;
	int code = EXIT_SUCCESS;

	if (argc != 1 && !once)
		return EXIT_USAGE;
	if (!prepare(&work, program))
		return EXIT_FAILURE;
	work.arena = arena_new();
	if (!once)
		work_on(&work);
	else if (do_due(&work) != ST_OK)
		code = EXIT_FAILURE;
	arena_free(work.arena);
	secret_wipe(&work.audit_key, sizeof(work.audit_key));
	(void)close(work.signals);
	return code;
}
