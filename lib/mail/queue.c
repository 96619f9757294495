/* queue.c - rows of the outbox with their jobs. */

#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "mail/outbox.h"
#include "mail/queue.h"

enum { LIST, RETRY, STMT_COUNT };

#define UNDER_WAY "j.leased_until > now()"

static const struct db_stmt stmts[STMT_COUNT] = {
	[LIST] = { "queue_list",
	    "SELECT o.id, o.recipient, o.template,"
	    " floor(extract(epoch FROM now() - o.created_at))::bigint,"
	    " coalesce(j.attempts, 0), CASE WHEN " UNDER_WAY " THEN -1"
	    " ELSE ceil(greatest(0, coalesce("
	    "extract(epoch FROM j.run_at - now()), 0))) END::bigint,"
	    " coalesce(o.reply, '')"
	    " FROM outbox o LEFT JOIN job j ON j.subject = o.id"
	    " AND j.kind = '" OUTBOX_JOB "'"
	    " WHERE o.state = 'queued' AND ($1::uuid IS NULL OR"
	    " (o.created_at, o.id) > (SELECT p.created_at, p.id FROM outbox p"
	    " WHERE p.id = $1::uuid))"
	    " ORDER BY o.created_at, o.id LIMIT $2::bigint" },
	[RETRY] = { "queue_retry",
	    "WITH hurried AS (UPDATE job j SET run_at = now()"
	    " WHERE j.kind = '" OUTBOX_JOB "' AND (" UNDER_WAY ") IS NOT TRUE"
	    " AND ($1::uuid IS NULL OR j.subject = $1::uuid) RETURNING 1)"
	    " SELECT count(*), pg_notify('job', '') FROM hurried" },
};

const char *
queue_shorten(struct arena *arena, const char *address)
{
	const char *at = strrchr(address, '@');

	return arena_printf(arena, "%.1s...%s", address, at != NULL ? at : "");
}

/* A server's words often repeat whom the mail is for. */
static const char *
without_address(struct arena *arena, const char *words, const char *address)
{
	size_t len = strlen(address);
	struct strbuf sb;

	strbuf_init(&sb, arena);
	while (*words != '\0') {
		if (strncasecmp(words, address, len) == 0) {
			strbuf_str(&sb, queue_shorten(arena, address));
			words += len;
		} else {
			strbuf_char(&sb, *words++);
		}
	}
	return sb.text;
}

static void
read_row(struct arena *arena, const struct db_rows *rows, size_t row,
    struct queue_item *item)
{
	const char *recipient = db_text(rows, row, 1);

	item->id = db_text(rows, row, 0);
	item->recipient = queue_shorten(arena, recipient);
	item->template = db_text(rows, row, 2);
	item->age = db_int(rows, row, 3);
	item->attempts = db_int(rows, row, 4);
	item->due = db_int(rows, row, 5);
	item->reply = without_address(arena, db_text(rows, row, 6), recipient);
}

enum status
queue_list(struct db *db, struct arena *arena, const char *after, int64_t limit,
    struct queue_item **items, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[LIST],
	    DB_ARGS(DB_TEXT(after), DB_INT(limit)), &rows);
	if (st != ST_OK)
		return st;
	*count = db_count(rows);
	*items = arena_array(arena, *count, sizeof(**items));
	for (size_t row = 0; row < *count; row++)
		read_row(arena, rows, row, &(*items)[row]);
	return ST_OK;
}

enum status
queue_retry(struct db *db, struct arena *arena, const char *id, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	st =
	    db_query_one(db, arena, &stmts[RETRY], DB_ARGS(DB_TEXT(id)), &rows);
	if (st == ST_OK)
		*count = (size_t)db_int(rows, 0, 0);
	return st;
}
