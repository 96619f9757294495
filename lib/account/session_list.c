/* session_list.c - the sessions of one account, and ways to end them. */

#include "account/session_list.h"
#include "base/text.h"

enum { LIST, END_OWN, IS_OWN, END_OTHERS, END_ANY, OWNER, STMT_COUNT };

#define END                                      \
	"UPDATE session SET revoked_at = now()," \
	" revoked_reason = $1 WHERE revoked_at IS NULL"

static const struct db_stmt stmts[STMT_COUNT] = {
	/* A row is compared with that of the item to go on behind. */
	[LIST] = { "session_list",
	    "SELECT s.id, floor(extract(epoch FROM s.created_at))::bigint,"
	    " floor(extract(epoch FROM s.last_seen_at))::bigint,"
	    " host(s.ip), s.user_agent, s.id IS NOT DISTINCT FROM $2::uuid"
	    " FROM session s WHERE s.account_id = $1::uuid"
	    " AND s.revoked_at IS NULL"
	    " AND least(s.idle_expires_at, s.expires_at) > now()"
	    " AND ($3::uuid IS NULL OR"
	    " (s.id IS NOT DISTINCT FROM $2::uuid, s.created_at, s.id)"
	    " < (SELECT c.id IS NOT DISTINCT FROM $2::uuid, c.created_at, c.id"
	    " FROM session c WHERE c.id = $3::uuid"
	    " AND c.account_id = $1::uuid))"
	    " ORDER BY s.id IS NOT DISTINCT FROM $2::uuid DESC,"
	    " s.created_at DESC, s.id DESC LIMIT $4::bigint" },
	[END_OWN] = { "session_end_own",
	    END " AND account_id = $2::uuid AND id = $3::uuid" },
	[IS_OWN] = { "session_is_own",
	    "SELECT FROM session WHERE account_id = $1::uuid"
	    " AND id = $2::uuid" },
	/*
	 * Those that have expired, too, as a refresh that began before would
	 * bring them back. They count for nothing.
	 */
	[END_OTHERS] = { "session_end_others",
	    "WITH ended AS (" END " AND account_id = $2::uuid"
	    " AND id <> $3::uuid"
	    " RETURNING least(idle_expires_at, expires_at) > now())"
	    " SELECT count(*) FROM ended AS e (alive) WHERE alive" },
	[END_ANY] = { "session_end_any", END " AND id = $2::uuid" },
	[OWNER] = { "session_owner",
	    "SELECT account_id FROM session WHERE id = $1::uuid" },
};

static void
read_item(const struct db_rows *rows, size_t row, struct session_item *item)
{
	item->id = db_text(rows, row, 0);
	item->created_at = db_int(rows, row, 1);
	item->last_seen_at = db_int(rows, row, 2);
	item->ip = db_is_null(rows, row, 3) ? NULL : db_text(rows, row, 3);
	item->user_agent = db_text(rows, row, 4);
	item->current = db_bool(rows, row, 5);
}

enum status
session_list(struct db *db, struct arena *arena, const char *account_id,
    const char *current, const char *after, int64_t limit,
    struct session_item **list, size_t *count, bool *more)
{
	struct db_rows *rows;
	enum status st;

	/* One more than wanted tells whether there are more. */
	st = db_query(db, arena, &stmts[LIST],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(current), DB_TEXT(after),
		DB_INT(limit + 1)),
	    &rows);
	if (st != ST_OK)
		return st;
	*count = db_page(rows, limit, more);
	*list = arena_array(arena, *count, sizeof(**list));
	for (size_t i = 0; i < *count; i++)
		read_item(rows, i, &(*list)[i]);
	return ST_OK;
}

enum status
session_end_own(struct db *db, struct arena *arena, const char *account_id,
    const char *id, enum session_end reason, bool *ended)
{
	struct db_rows *rows;
	enum status st;

	if (!text_is_uuid(id))
		return ST_NOT_FOUND;
	st = db_query(db, arena, &stmts[END_OWN],
	    DB_ARGS(DB_TEXT(session_end_word(reason)), DB_TEXT(account_id),
		DB_TEXT(id)),
	    &rows);
	if (st != ST_OK)
		return st;
	*ended = db_affected(rows) > 0;
	if (*ended)
		return ST_OK;
	return db_query_one(db, arena, &stmts[IS_OWN],
	    DB_ARGS(DB_TEXT(account_id), DB_TEXT(id)), &rows);
}

enum status
session_end_others(struct db *db, struct arena *arena, const char *account_id,
    const char *but, enum session_end reason, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[END_OTHERS],
	    DB_ARGS(DB_TEXT(session_end_word(reason)), DB_TEXT(account_id),
		DB_TEXT(but)),
	    &rows);
	if (st == ST_OK)
		*count = (size_t)db_int(rows, 0, 0);
	return st;
}

enum status
session_end_any(struct db *db, struct arena *arena, const char *id,
    enum session_end reason, const char **account_id, bool *ended)
{
	struct db_rows *rows;
	enum status st;

	if (!text_is_uuid(id))
		return ST_NOT_FOUND;
	st = db_query(db, arena, &stmts[END_ANY],
	    DB_ARGS(DB_TEXT(session_end_word(reason)), DB_TEXT(id)), &rows);
	if (st != ST_OK)
		return st;
	*ended = db_affected(rows) > 0;
	st =
	    db_query_one(db, arena, &stmts[OWNER], DB_ARGS(DB_TEXT(id)), &rows);
	if (st == ST_OK)
		*account_id = db_text(rows, 0, 0);
	return st;
}
