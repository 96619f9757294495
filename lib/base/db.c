/* db.c - statements, transactions and rows. */

#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/db_internal.h"
#include "base/log.h"

#define BYTEA_OID 17 /* pg_type.dat; fixed for ever */

struct db_rows {
	PGresult *result;
	struct arena *arena;
};

struct params {
	int count;
	const char **values;
	int *lengths;
	int *formats;
};

/* --- statements --- */

static enum status
params_make(struct arena *arena, const struct db_arg *args, size_t count,
    struct params *params)
{
	if (count > 65535) /* the protocol's limit */
		return ST_INVALID;
	params->count = (int)count;
	params->values = arena_array(arena, count, sizeof(*params->values));
	params->lengths = arena_array(arena, count, sizeof(*params->lengths));
	params->formats = arena_array(arena, count, sizeof(*params->formats));
	for (size_t i = 0; i < count; i++) {
		switch (args[i].kind) {
		case DB_KIND_NULL:
			break;
		case DB_KIND_TEXT:
			params->values[i] = args[i].data;
			break;
		case DB_KIND_INT:
			params->values[i] =
			    arena_printf(arena, "%" PRId64, args[i].number);
			break;
		case DB_KIND_BYTES:
			if (args[i].size > INT_MAX)
				return ST_INVALID;
			/* NULL with no size is an empty value, not NULL. */
			params->values[i] =
			    args[i].data != NULL ? args[i].data : "";
			params->lengths[i] = (int)args[i].size;
			params->formats[i] = 1;
			break;
		}
	}
	return ST_OK;
}

static PGresult *
execute(struct db *db, const struct db_stmt *stmt, const struct params *params)
{
	PGresult *result;

	if (!db_prepared_has(&db->prepared, stmt)) {
		result = PQprepare(db->conn, stmt->name, stmt->sql, 0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			return result;
		PQclear(result);
		db_prepared_add(db, stmt);
	}
	return PQexecPrepared(db->conn, stmt->name, params->count,
	    params->values, params->lengths, params->formats, 0);
}

static void
clear_result(void *result)
{
	PQclear(result);
}

static struct db_rows *
rows_new(struct arena *arena, PGresult *result)
{
	struct db_rows *rows = arena_alloc(arena, sizeof(*rows));

	rows->result = result;
	rows->arena = arena;
	arena_defer(arena, clear_result, result);
	return rows;
}

enum status
db_query(struct db *db, struct arena *arena, const struct db_stmt *stmt,
    const struct db_arg *args, size_t arg_count, struct db_rows **rows)
{
	struct params params;
	PGresult *result;
	enum status st;

	st = params_make(arena, args, arg_count, &params);
	if (st == ST_OK)
		st = db_make_ready(db);
	if (st != ST_OK)
		return st;
	result = execute(db, stmt, &params);
	if (db_is_stale(result) && !db->in_transaction) {
		/* Nothing has run yet. Inside a transaction it ended that. */
		PQclear(result);
		db_prepared_forget(db);
		result = execute(db, stmt, &params);
	}
	st = db_judge(db, stmt->name, result);
	if (st == ST_OK && rows != NULL)
		*rows = rows_new(arena, result);
	else
		PQclear(result);
	return st;
}

enum status
db_query_one(struct db *db, struct arena *arena, const struct db_stmt *stmt,
    const struct db_arg *args, size_t arg_count, struct db_rows **rows)
{
	struct db_rows *found;
	enum status st;

	st = db_query(db, arena, stmt, args, arg_count, &found);
	if (st != ST_OK)
		return st;
	if (rows != NULL)
		*rows = found;
	switch (db_count(found)) {
	case 0:
		return ST_NOT_FOUND;
	case 1:
		return ST_OK;
	default:
		log_error("statement %s gave %zu rows instead of one",
		    stmt->name, db_count(found));
		return ST_FAULT;
	}
}

enum status
db_change(struct db *db, struct arena *arena, const struct db_stmt *stmt,
    const struct db_arg *args, size_t arg_count)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, stmt, args, arg_count, &rows);
	if (st == ST_OK && db_affected(rows) == 0)
		return ST_NOT_FOUND;
	return st;
}

const char *
db_constraint(const struct db *db)
{
	return db->constraint;
}

/* --- transactions --- */

/* Run a statement of our own that has no parameters and gives no rows. */
static enum status
command(struct db *db, const char *sql)
{
	PGresult *result = PQexec(db->conn, sql);
	enum status st = db_judge(db, sql, result);

	PQclear(result);
	return st;
}

enum status
db_begin(struct db *db)
{
	enum status st;

	if (db->in_transaction) {
		log_error("a transaction was begun inside another");
		return ST_FAULT;
	}
	st = db_make_ready(db);
	if (st != ST_OK)
		return st;
	st = command(db, "BEGIN");
	if (st == ST_UNAVAILABLE && db->conn == NULL) {
		/* Lost since; as nothing has happened yet, once more. */
		st = db_connect(db);
		if (st == ST_OK)
			st = command(db, "BEGIN");
	}
	db->in_transaction = st == ST_OK;
	db->refused = ST_OK;
	return st;
}

enum status
db_commit(struct db *db)
{
	PGresult *result;
	enum status st;

	if (!db->in_transaction) {
		log_error("a commit without a transaction");
		return ST_FAULT;
	}
	st = db_make_ready(db);
	db->in_transaction = false;
	if (st != ST_OK)
		return st;
	result = PQexec(db->conn, "COMMIT");
	st = db_judge(db, "COMMIT", result);
	/* PostgreSQL calls it a success when it rolls back what had failed. */
	if (st == ST_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
		st = db->refused != ST_OK ? db->refused : ST_FAULT;
	PQclear(result);
	return st;
}

void
db_rollback(struct db *db)
{
	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	if (db->conn != NULL && command(db, "ROLLBACK") != ST_OK)
		db_disconnect(db);
}

bool
db_in_transaction(const struct db *db)
{
	return db->in_transaction;
}

/* --- rows --- */

size_t
db_count(const struct db_rows *rows)
{
	return (size_t)PQntuples(rows->result);
}

size_t
db_page(const struct db_rows *rows, int64_t limit, bool *more)
{
	size_t count = db_count(rows);

	*more = count > (size_t)limit;
	return *more ? (size_t)limit : count;
}

size_t
db_affected(const struct db_rows *rows)
{
	return (size_t)strtoull(PQcmdTuples(rows->result), NULL, 10);
}

bool
db_is_null(const struct db_rows *rows, size_t row, size_t column)
{
	/* Beyond the last row or column counts as NULL. */
	return row >= db_count(rows) ||
	    column >= (size_t)PQnfields(rows->result) ||
	    PQgetisnull(rows->result, (int)row, (int)column) != 0;
}

const char *
db_text(const struct db_rows *rows, size_t row, size_t column)
{
	if (db_is_null(rows, row, column))
		return "";
	return PQgetvalue(rows->result, (int)row, (int)column);
}

int64_t
db_int(const struct db_rows *rows, size_t row, size_t column)
{
	return strtoll(db_text(rows, row, column), NULL, 10);
}

/* The digits at *at, and over the one sign behind them. */
static int64_t
take_number(const char **at)
{
	int64_t number = 0;

	while (**at >= '0' && **at <= '9')
		number = 10 * number + (*(*at)++ - '0');
	if (**at != '\0')
		++*at;
	return number;
}

/* "2026-11-21 06:36:27.72+00": SESSION_OPTIONS asks for ISO and UTC. */
int64_t
db_time(const struct db_rows *rows, size_t row, size_t column)
{
	const char *at = db_text(rows, row, column);
	int64_t year, month, day, hour, minute;

	if (*at < '0' || *at > '9')
		return 0;
	year = take_number(&at);
	month = take_number(&at);
	day = take_number(&at);
	hour = take_number(&at);
	minute = take_number(&at);
	return ((clock_days(year, month, day) * 24 + hour) * 60 + minute) * 60 +
	    take_number(&at);
}

bool
db_bool(const struct db_rows *rows, size_t row, size_t column)
{
	return strcmp(db_text(rows, row, column), "t") == 0;
}

const unsigned char *
db_bytes(const struct db_rows *rows, size_t row, size_t column, size_t *size)
{
	const char *text = db_text(rows, row, column);
	size_t len = strlen(text);
	unsigned char *bytes;

	if (len < 2 || PQftype(rows->result, (int)column) != BYTEA_OID) {
		*size = len;
		return (const unsigned char *)text;
	}
	/* As two digits a byte, after "\x": SESSION_OPTIONS asks for that. */
	bytes = arena_alloc(rows->arena, len / 2);
	if (sodium_hex2bin(
		bytes, len / 2, text + 2, len - 2, NULL, size, NULL) != 0)
		*size = 0;
	return bytes;
}
