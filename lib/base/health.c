/* health.c - one SELECT proves the database and finds the worker. */

#include "base/health.h"

enum { LAST_SEEN, BEAT, CLEAN_UP, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[LAST_SEEN] = { "health_last_seen",
	    "SELECT l.lane,"
	    " floor(extract(epoch FROM now() - max(w.seen_at)))::bigint"
	    " FROM unnest(ARRAY['jobs', 'mail']) AS l (lane)"
	    " LEFT JOIN worker w ON w.lane = l.lane GROUP BY l.lane"
	    " ORDER BY max(w.seen_at) NULLS FIRST LIMIT 1" },
	[BEAT] = { "health_beat",
	    "INSERT INTO worker (host, lane) VALUES ($1, $2)"
	    " ON CONFLICT (host, lane) DO UPDATE SET seen_at = now(),"
	    " started_at = CASE WHEN $3::boolean THEN now() ELSE worker.started_at END" },
	[CLEAN_UP] = { "health_clean_up",
	    "DELETE FROM worker WHERE seen_at < now() - interval '30 days'" },
};

enum status
health_check(struct db *db, struct arena *arena, struct health *health)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[LAST_SEEN], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	health->lane = db_text(rows, 0, 0);
	health->worker_seen = !db_is_null(rows, 0, 1);
	health->worker_seconds = db_int(rows, 0, 1);
	health->worker_ok =
	    health->worker_seen && health->worker_seconds <= HEALTH_WORKER_LATE;
	return ST_OK;
}

enum status
health_beat(struct db *db, struct arena *arena, const char *host,
    const char *lane, bool starting)
{
	return db_query(db, arena, &stmts[BEAT],
	    DB_ARGS(DB_TEXT(host), DB_TEXT(lane), DB_BOOL(starting)), NULL);
}

enum status
health_clean_up(struct db *db, struct arena *arena)
{
	return db_query(db, arena, &stmts[CLEAN_UP], DB_NO_ARGS, NULL);
}
