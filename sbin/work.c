/* work.c - chatelaine work: do the jobs that requests leave behind. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "account/clean_up.h"
#include "account/deletion.h"
#include "account/email_change.h"
#include "account/entry.h"
#include "account/key_rotation.h"
#include "account/reset.h"
#include "base/counter.h"
#include "base/health.h"
#include "base/log.h"
#include "mail/deliver.h"
#include "mail/outbox.h"
#include "mail/smtp.h"
#include "work.h"

#define TEND_BATCHES 20 /* sealed at a look, so that jobs get their turn */

/* Cron comes each minute: no lane begins a job later than that. */
#define ONCE_SECONDS 50

/* One job of each for all workers, which never ends: the subject sees to it. */
#define CLEAN_UP_JOB "clean-up"
#define CLEAN_UP_SECONDS (60 * 60)
#define DELETIONS_JOB "deletions"
#define DELETIONS_SECONDS (60 * 60)
#define KEYS_JOB "signing-keys"
#define KEYS_SECONDS (60 * 60)
#define STANDING_SUBJECT "00000000-0000-0000-0000-000000000000"

/* Nothing is heard of a worker that sends a mail. */
_Static_assert(SMTP_SECONDS_MAX < HEALTH_WORKER_LATE,
    "a worker is not missed while it sends");

/*
 * One run of cron's at a time sends this host's mail: with a server that lets
 * each of them wait for minutes, they would become ever more.
 */
static const struct db_stmt lock_once = { "work_lock_once",
	"SELECT pg_try_advisory_lock(1836018028, hashtext($1))" };

/* Two days, as the pauses of job_pause add up. */
#define TRIES_IN_TWO_DAYS 52

static do_job do_mail, do_link, do_reset, do_email_change, do_clean_up,
    do_deletions, do_keys;

static const char *const standing[] = { CLEAN_UP_JOB, DELETIONS_JOB, KEYS_JOB };

/* clang-format off */
static const struct kind mail_kinds[] = {
	/* kind          lease          tries              function */
	{ OUTBOX_JOB,    DELIVER_LEASE, 0,                 do_mail },
};

static const struct kind kinds[] = {
	/* kind          lease               tries              function */
	{ ENTRY_LINK_JOB, WORK_LEASE_SECONDS, TRIES_IN_TWO_DAYS, do_link },
	{ RESET_JOB,     WORK_LEASE_SECONDS, TRIES_IN_TWO_DAYS, do_reset },
	{ EMAIL_CHANGE_JOB, WORK_LEASE_SECONDS, TRIES_IN_TWO_DAYS, do_email_change },
	{ CLEAN_UP_JOB,  WORK_LEASE_SECONDS, 0,                 do_clean_up },
	{ DELETIONS_JOB, WORK_LEASE_SECONDS, 0,                 do_deletions },
	{ KEYS_JOB,      WORK_LEASE_SECONDS, 0,                 do_keys },
};
/* clang-format on */

static enum status
do_mail(struct work *work, const struct job *job)
{
	return deliver(work->db, work->arena, work->config, work->key,
	    work->templates, job, &work->away);
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

/* Do what a request has left to us by entry_ask. */
static enum status
do_asked(struct work *work, const struct job *job,
    enum status (*send)(const struct entry *entry, const struct job *job))
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
	st = send(&entry, job);
	if (st == ST_OK)
		st = job_done(work->db, work->arena, job);
	return finish(work, st);
}

static enum status
do_link(struct work *work, const struct job *job)
{
	return do_asked(work, job, entry_send_link);
}

static enum status
do_reset(struct work *work, const struct job *job)
{
	return do_asked(work, job, reset_send);
}

static enum status
do_email_change(struct work *work, const struct job *job)
{
	return do_asked(work, job, email_change_answer);
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

	st = audit_head_since(work->db, work->arena,
	    CLEAN_UP_SECONDS + WORK_LEASE_SECONDS, &head);
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

/* A batch; what there is more of follows at once, with its turn for others. */
static enum status
do_deletions(struct work *work, const struct job *job)
{
	const struct entry entry = {
		.db = work->db,
		.arena = work->arena,
		.config = work->config,
		.key = work->key,
	};
	enum status st = db_begin(work->db);
	bool more;

	if (st != ST_OK)
		return st;
	st = deletion_tend(&entry, &more);
	if (st == ST_OK)
		st = job_again(
		    work->db, work->arena, job, more ? 0 : DELETIONS_SECONDS);
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

static enum status
get_ready(struct work *work)
{
	enum status st;

	st = audit_key_current(
	    work->db, work->arena, work->key, &work->audit_key);
	for (size_t i = 0; i < ARRAY_LEN(standing) && st == ST_OK; i++)
		st = job_add(work->db, work->arena, standing[i],
		    STANDING_SUBJECT, NULL, 0);
	return st;
}

/* Seals and sums. */
static enum status
tend(struct work *work)
{
	size_t sealed = AUDIT_BATCH;
	enum status st = ST_OK;

	for (int i = 0;
	     i < TEND_BATCHES && st == ST_OK && sealed == AUDIT_BATCH; i++) {
		st = audit_seal(
		    work->db, work->arena, &work->audit_key, &sealed);
		arena_reset(work->arena);
	}
	if (st == ST_OK)
		st = counter_fold(work->db, work->arena);
	return st;
}

/* In the order in which cron has them done. */
static const struct lane lanes[] = {
	{ JOB_LANE_JOBS, "chatelaine jobs", kinds, ARRAY_LEN(kinds), get_ready,
	    tend },
	{ JOB_LANE_MAIL, "chatelaine mail", mail_kinds, ARRAY_LEN(mail_kinds),
	    NULL, NULL },
};

/* What all lanes need, which they get from the process that starts them. */
static bool
prepare(struct work *work, struct program *program)
{
	work->config = program_config(program);
	if (work->config == NULL)
		return false;
	work->key = program_key(program);
	if (work->key == NULL)
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
	return true;
}

/* What each has of its own: no two processes can share a connection. */
static void
open_lane(struct work *work, const struct lane *lane)
{
	work->lane = lane;
	work->arena = arena_new();
	work->db = db_open(work->config->database_worker_url, lane->process);
}

static void
close_lane(struct work *work)
{
	db_close(work->db);
	arena_free(work->arena);
	secret_wipe(&work->audit_key, sizeof(work->audit_key));
}

/* A process of the keeper's. */
static int
run_lane(void *closure, size_t which)
{
	const struct work *prepared = closure;
	struct work work = *prepared;

	work.signals = work_catch_signals();
	if (work.signals < 0)
		return EXIT_FAILURE;
	open_lane(&work, &lanes[which]);
	log_info("worker started (%s)", work.lane->name);
	lane_work(&work);
	log_info("worker stopped (%s)", work.lane->name);
	close_lane(&work);
	(void)close(work.signals);
	return EXIT_SUCCESS;
}

static int
work_on(struct work *work)
{
	const char *names[ARRAY_LEN(lanes)];

	for (size_t i = 0; i < ARRAY_LEN(lanes); i++)
		names[i] = lanes[i].process;
	return keeper_run(names, ARRAY_LEN(lanes), run_lane, work)
	    ? EXIT_SUCCESS
	    : EXIT_FAILURE;
}

/* Does no other run of cron's send this host's mail? Until db_close. */
static enum status
lock_mail(struct work *work, bool *ours)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(work->db, work->arena, &lock_once,
	    DB_ARGS(DB_TEXT(work->host)), &rows);
	*ours = st == ST_OK && db_bool(rows, 0, 0);
	return st;
}

static enum status
work_once_on(struct work *work, const struct lane *lane)
{
	bool ours = true;
	enum status st = ST_OK;

	open_lane(work, lane);
	if (strcmp(lane->name, JOB_LANE_MAIL) == 0)
		st = lock_mail(work, &ours);
	if (st == ST_OK && ours)
		st = lane_work_once(work, ONCE_SECONDS);
	close_lane(work);
	return st;
}

/*
 * Mail comes last, so that what has to be mailed by now goes out, too; and it
 * does where the other jobs have failed.
 */
static int
work_once(const struct work *prepared)
{
	int code = EXIT_SUCCESS, signals = work_catch_signals();

	if (signals < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < ARRAY_LEN(lanes); i++) {
		struct work work = *prepared;

		work.signals = signals;
		if (work_once_on(&work, &lanes[i]) != ST_OK)
			code = EXIT_FAILURE;
	}
	(void)close(signals);
	return code;
}

int
command_work(struct program *program, int argc, char **argv)
{
	struct work work = { .signals = -1 };
	bool once = argc == 2 && strcmp(argv[1], "--once") == 0;

	if (argc != 1 && !once)
		return EXIT_USAGE;
	if (!prepare(&work, program))
		return EXIT_FAILURE;
	return once ? work_once(&work) : work_on(&work);
}
