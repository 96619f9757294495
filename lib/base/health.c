/* health.c - one SELECT proves the database and finds the worker. */

#include "config.h"

#include "base/health.h"

static const struct db_stmt last_seen = { "health_last_seen",
	"SELECT extract(epoch FROM now() - max(seen_at))::bigint FROM worker" };

enum status
health_check(struct db *db, struct arena *arena, struct health *health)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &last_seen, DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	health->worker_seen = !db_is_null(rows, 0, 0);
	health->worker_seconds = db_int(rows, 0, 0);
	health->worker_ok =
	    health->worker_seen && health->worker_seconds <= HEALTH_WORKER_LATE;
	return ST_OK;
}
