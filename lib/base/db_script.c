/* db_script.c - the text of migrations. */

#include <stdlib.h>

#include "base/db_internal.h"

/* The line, from 1, of a position in characters (UTF-8), from 1. */
static int
line_of(const char *sql, long position)
{
	int line = 1;

	for (; *sql != '\0' && position > 1; sql++) {
		if (*sql == '\n')
			line++;
		if (((unsigned char)sql[1] & 0xc0) != 0x80)
			position--;
	}
	return line;
}

/* Where in the script, and why; without a position, which statement it was. */
static const char *
script_message(
    struct arena *arena, const char *sql, const PGresult *result, int statement)
{
	long position =
	    strtol(db_field(result, PG_DIAG_STATEMENT_POSITION), NULL, 10);
	const char *where = position > 0
	    ? arena_printf(arena, "line %d", line_of(sql, position))
	    : arena_printf(arena, "statement %d", statement);
	const char *detail = db_field(result, PG_DIAG_MESSAGE_DETAIL);

	return arena_printf(arena, "%s: %s%s%s (SQLSTATE %s)", where,
	    db_one_line(arena, db_field(result, PG_DIAG_MESSAGE_PRIMARY)),
	    detail[0] != '\0' ? "; " : "", db_one_line(arena, detail),
	    db_field(result, PG_DIAG_SQLSTATE));
}

static bool
is_copy(const PGresult *result)
{
	ExecStatusType outcome = PQresultStatus(result);

	return outcome == PGRES_COPY_IN || outcome == PGRES_COPY_OUT ||
	    outcome == PGRES_COPY_BOTH;
}

/* Read the results of a script up to the one that failed, which is freed. */
static enum status
script_results(
    struct db *db, struct arena *arena, const char *sql, const char **message)
{
	enum status st = ST_OK;
	PGresult *result;

	for (int statement = 1; (result = PQgetResult(db->conn)) != NULL;
	     statement++) {
		if (is_copy(result)) {
			PQclear(result);
			*message = "COPY from or to the client can't be used";
			db_disconnect(db);
			return ST_INVALID;
		}
		if (PQresultStatus(result) == PGRES_FATAL_ERROR &&
		    st == ST_OK) {
			*message =
			    script_message(arena, sql, result, statement);
			st = ST_INVALID;
		}
		PQclear(result);
	}
	return st;
}

enum status
db_script(
    struct db *db, struct arena *arena, const char *sql, const char **message)
{
	enum status st = db_make_ready(db);

	*message = "no connection to the database";
	if (st != ST_OK)
		return st;
	if (PQsendQuery(db->conn, sql) == 1)
		st = script_results(db, arena, sql, message);
	if (db->conn != NULL && PQstatus(db->conn) != CONNECTION_OK) {
		*message = "the connection to the database was lost";
		db_disconnect(db);
		st = ST_UNAVAILABLE;
	}
	if (st == ST_OK && db->in_transaction &&
	    PQtransactionStatus(db->conn) != PQTRANS_INTRANS) {
		*message = "it ends the transaction that it runs in";
		st = ST_INVALID;
	}
	if (st == ST_OK)
		*message = "";
	if (db->in_transaction && db->refused == ST_OK)
		db->refused = st;
	return st;
}
