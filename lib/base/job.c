/* job.c - a queue of rows, taken with FOR UPDATE SKIP LOCKED. */

#include "base/job.h"
#include "base/secret.h"

enum { ADD, LEASE, EXTEND, NEXT_DUE, DONE, AGAIN, STMT_COUNT };

/* Seconds; the last one for ever after. */
static const int64_t pauses[] = { 30, 60, 120, 300, 900, 1800, 3600 };

static const struct db_stmt stmts[STMT_COUNT] = {
	/* No conflict target: naming its columns takes the right to read them. */
	[ADD] = { "job_add",
	    "INSERT INTO job (kind, subject, payload) VALUES ($1, $2::uuid, $3)"
	    " ON CONFLICT DO NOTHING" },
	[LEASE] = { "job_lease",
	    "UPDATE job SET attempts = attempts + 1, lease = lease + 1,"
	    " leased_until = now() + make_interval(secs => $1::bigint)"
	    " WHERE id = (SELECT id FROM job"
	    " WHERE lane = $2 AND run_at <= now()"
	    " AND (leased_until IS NULL OR leased_until <= now())"
	    " ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
	    " RETURNING id, kind, subject, payload, attempts, lease" },
	[EXTEND] = { "job_extend",
	    "UPDATE job SET"
	    " leased_until = now() + make_interval(secs => $3::bigint)"
	    " WHERE id = $1::bigint AND lease = $2::bigint" },
	/* A leased job is due again when its lease ends. */
	[NEXT_DUE] = { "job_next_due",
	    "SELECT ceil(extract(epoch FROM least("
	    "min(greatest(run_at, coalesce(leased_until, run_at))) - now(),"
	    " make_interval(secs => $1::bigint))))::bigint"
	    " FROM job WHERE lane = $2" },
	[DONE] = { "job_done",
	    "DELETE FROM job WHERE id = $1::bigint AND lease = $2::bigint" },
	[AGAIN] = { "job_again",
	    "UPDATE job SET leased_until = NULL,"
	    " run_at = now() + make_interval(secs => $3::bigint)"
	    " WHERE id = $1::bigint AND lease = $2::bigint" },
};

enum status
job_add(struct db *db, struct arena *arena, const char *kind,
    const char *subject, const void *payload, size_t payload_size)
{
	return db_query(db, arena, &stmts[ADD],
	    DB_ARGS(DB_TEXT(kind), DB_TEXT(subject),
		payload != NULL ? DB_BYTES(payload, payload_size) : DB_NULL),
	    NULL);
}

enum status
job_lease(struct db *db, struct arena *arena, const char *lane, int64_t seconds,
    struct job *job)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[LEASE],
	    DB_ARGS(DB_INT(seconds), DB_TEXT(lane)), &rows);
	if (st != ST_OK)
		return st;
	job->id = db_int(rows, 0, 0);
	job->kind = db_text(rows, 0, 1);
	job->subject = db_text(rows, 0, 2);
	job->payload = db_bytes(rows, 0, 3, &job->payload_size);
	job->attempts = db_int(rows, 0, 4);
	job->lease = db_int(rows, 0, 5);
	return ST_OK;
}

/* Run what touches a lease; it meets no row when the lease is another's. */
static enum status
touch_lease(struct db *db, struct arena *arena, const struct db_stmt *stmt,
    const struct db_arg *args, size_t arg_count)
{
	enum status st = db_change(db, arena, stmt, args, arg_count);

	return st == ST_NOT_FOUND ? ST_CONFLICT : st;
}

enum status
job_extend(
    struct db *db, struct arena *arena, const struct job *job, int64_t seconds)
{
	return touch_lease(db, arena, &stmts[EXTEND],
	    DB_ARGS(DB_INT(job->id), DB_INT(job->lease), DB_INT(seconds)));
}

enum status
job_next_due(struct db *db, struct arena *arena, const char *lane,
    int64_t limit, int64_t *seconds)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[NEXT_DUE],
	    DB_ARGS(DB_INT(limit), DB_TEXT(lane)), &rows);
	if (st != ST_OK)
		return st;
	*seconds = db_int(rows, 0, 0);
	if (*seconds < 0)
		*seconds = 0;
	return ST_OK;
}

enum status
job_done(struct db *db, struct arena *arena, const struct job *job)
{
	return touch_lease(db, arena, &stmts[DONE],
	    DB_ARGS(DB_INT(job->id), DB_INT(job->lease)));
}

enum status
job_again(
    struct db *db, struct arena *arena, const struct job *job, int64_t seconds)
{
	return touch_lease(db, arena, &stmts[AGAIN],
	    DB_ARGS(DB_INT(job->id), DB_INT(job->lease), DB_INT(seconds)));
}

int64_t
job_pause(int64_t attempts)
{
	size_t last = ARRAY_LEN(pauses) - 1;
	size_t i = attempts < 1 ? 0 : (size_t)attempts - 1;
	int64_t pause = pauses[i < last ? i : last];
	uint32_t chance;

	secret_random(&chance, sizeof(chance));
	return pause + (int64_t)(chance % (uint32_t)(pause / 10 + 1));
}
