/*
 * db - PostgreSQL, by constant prepared statements.
 *
 * A process has one connection (a struct db). A statement is prepared at its
 * first use on the connection and forgotten when the connection is made anew.
 * There is no way to run SQL that was put together at run time, but for
 * db_script, which the migration runner alone uses.
 *
 * When the connection is lost, the call at hand ends with ST_UNAVAILABLE and
 * the next one that starts something fresh connects again. Inside a
 * transaction everything up to db_rollback then fails too: what was begun on
 * a lost connection is gone, and only the caller can begin it again.
 */
#ifndef CHATELAINE_DB_H
#define CHATELAINE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct db;
struct db_rows;

/* One statement: keep it in a static const table beside its only user. */
struct db_stmt {
	const char *name; /* unique in the program; seen in pg_stat */
	const char *sql;
};

enum db_kind { DB_KIND_NULL, DB_KIND_TEXT, DB_KIND_INT, DB_KIND_BYTES };

/* One parameter. Make them with the macros below. */
struct db_arg {
	enum db_kind kind;
	const void *data;
	size_t size;
	int64_t number;
};

#define DB_NULL ((struct db_arg){ .kind = DB_KIND_NULL })
#define DB_TEXT(s) db_arg_text(s) /* NULL becomes SQL NULL */
#define DB_INT(n) ((struct db_arg){ .kind = DB_KIND_INT, .number = (n) })
#define DB_BOOL(b) db_arg_text((b) ? "t" : "f")
#define DB_BYTES(p, n) \
	((struct db_arg){ .kind = DB_KIND_BYTES, .data = (p), .size = (n) })
#define DB_ARGS(...)                              \
	((const struct db_arg[]){ __VA_ARGS__ }), \
	    ARRAY_LEN(((const struct db_arg[]){ __VA_ARGS__ }))
#define DB_NO_ARGS NULL, 0

static inline struct db_arg
db_arg_text(const char *text)
{
	return (struct db_arg){
		.kind = text != NULL ? DB_KIND_TEXT : DB_KIND_NULL,
		.data = text,
	};
}

/*
 * Prepare to talk to the database at url (a libpq connection string or URI).
 * Connects at the first use, so it never fails. application: the name that
 * pg_stat_activity shows. End with db_close.
 */
struct db *db_open(const char *url, const char *application);
void db_close(struct db *db); /* NULL is allowed */

/*
 * Run a statement. *rows (NULL: not wanted) lives in the arena.
 * ST_OK: it ran, whatever it returned. ST_CONFLICT: a unique or exclusion
 * constraint or a foreign key refused it. ST_INVALID: a check constraint or the
 * type of a parameter did. ST_UNAVAILABLE: no connection, or it was lost, or a
 * deadlock was solved at its cost. ST_FAULT: anything else, a right that the
 * role lacks, too; logged with the statement's name and SQLSTATE.
 */
enum status db_query(struct db *db, struct arena *arena,
    const struct db_stmt *stmt, const struct db_arg *args, size_t arg_count,
    struct db_rows **rows) MUST_CHECK;

/*
 * db_query that must give exactly one row: ST_NOT_FOUND when it gives none.
 */
enum status db_query_one(struct db *db, struct arena *arena,
    const struct db_stmt *stmt, const struct db_arg *args, size_t arg_count,
    struct db_rows **rows) MUST_CHECK;

/*
 * db_query for a statement that changes rows: ST_NOT_FOUND when it meets none.
 */
enum status db_change(struct db *db, struct arena *arena,
    const struct db_stmt *stmt, const struct db_arg *args,
    size_t arg_count) MUST_CHECK;

/* The name of the constraint that refused the last statement; "" if none did. */
const char *db_constraint(const struct db *db);

/*
 * Transactions, not nested. db_begin connects anew when the connection was
 * lost since, as nothing has happened yet. A refused statement leaves the
 * transaction fit for db_rollback alone. db_commit ends the transaction
 * whatever it returns. ST_UNAVAILABLE: nobody knows whether it took place.
 * Anything else but ST_OK: it did not; the status is that of the statement
 * that had been refused, or of a deferred constraint. db_rollback can't fail:
 * a connection that can't roll back is closed, which does; without a
 * transaction it does nothing.
 */
enum status db_begin(struct db *db) MUST_CHECK;
enum status db_commit(struct db *db) MUST_CHECK;
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);

/* Rows: counts, and values by row and column from 0. NULL reads as "", 0, false. */
size_t db_count(const struct db_rows *rows);
size_t db_affected(const struct db_rows *rows); /* by INSERT, UPDATE, DELETE */
const char *db_text(const struct db_rows *rows, size_t row, size_t column);
int64_t db_int(const struct db_rows *rows, size_t row, size_t column);
bool db_bool(const struct db_rows *rows, size_t row, size_t column);
bool db_is_null(const struct db_rows *rows, size_t row, size_t column);

/*
 * A timestamptz as Unix seconds, rounded down: it costs PostgreSQL half of
 * what extract(epoch FROM ...) does. For times of our era that are finite.
 */
int64_t db_time(const struct db_rows *rows, size_t row, size_t column);

/*
 * Of a statement that was asked for one row more than limit: how many of its
 * rows to use. *more: others follow them.
 */
size_t db_page(const struct db_rows *rows, int64_t limit, bool *more);

/* A bytea; *size its length. In the arena of the query. */
const unsigned char *db_bytes(
    const struct db_rows *rows, size_t row, size_t column, size_t *size);

/*
 * Run the text of a migration: several statements, no parameters, as one
 * simple query. ST_INVALID: PostgreSQL refused it; *message (in the arena)
 * says why, and names the line where PostgreSQL tells it, else the number of
 * the statement. For lib/base/migrate.c alone.
 */
enum status db_script(struct db *db, struct arena *arena, const char *sql,
    const char **message) MUST_CHECK;

/*
 * Listen on channel (an identifier of the program's own), again after every
 * reconnect. db_wait sleeps until a notification arrives, timeout_ms have
 * passed (-1: for ever), the descriptor wake (-1: none) becomes readable or a
 * signal was handled. ST_OK: one of them, or none and the connection was made
 * anew since the last wait, so that something may have gone unheard: look.
 * *woken: false when time has passed and that is all; no clock can tell it, as
 * a notification may come while it runs out. ST_UNAVAILABLE: the connection was
 * lost (sleep, then call again). Neither can be used inside a transaction.
 */
enum status db_listen(struct db *db, const char *channel) MUST_CHECK;
enum status db_wait(
    struct db *db, int timeout_ms, int wake, bool *woken) MUST_CHECK;

#endif
