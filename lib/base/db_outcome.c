/* db_outcome.c - what PostgreSQL's errors mean to us. */

#include <stdio.h>
#include <string.h>

#include "base/db_internal.h"
#include "base/log.h"

/* How errors end; the first row that begins the SQLSTATE counts. */
static const struct {
	const char *sqlstate;
	enum status status;
} outcomes[] = {
	/* clang-format off */
	{ "08P01", ST_FAULT },		/* as with too many parameters */
	{ "08",    ST_UNAVAILABLE },	/* connection exceptions */
	{ "22",    ST_INVALID },	/* the data: form, range, encoding */
	{ "23502", ST_INVALID },	/* not null */
	{ "23514", ST_INVALID },	/* check */
	{ "23",    ST_CONFLICT },	/* unique, exclusion, foreign key */
	{ "25006", ST_UNAVAILABLE },	/* read-only: a standby by now */
	{ "28",    ST_UNAVAILABLE },	/* the server won't have us */
	{ "40",    ST_UNAVAILABLE },	/* serialization, deadlock */
	{ "44",    ST_INVALID },	/* WITH CHECK OPTION */
	{ "53",    ST_UNAVAILABLE },	/* disk, memory or connections used up */
	{ "55P03", ST_UNAVAILABLE },	/* lock not available */
	{ "57",    ST_UNAVAILABLE },	/* cancelled, timed out, shutting down */
	{ "58",    ST_UNAVAILABLE },	/* the server's operating system */
	{ "",      ST_FAULT },
	/* clang-format on */
};

const char *
db_field(const PGresult *result, int code)
{
	const char *text = PQresultErrorField(result, code);

	return text != NULL ? text : "";
}

const char *
db_one_line(struct arena *arena, const char *message)
{
	char *line = arena_strdup(arena, message);
	size_t len = strlen(line);

	while (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	for (char *c = line; *c != '\0'; c++) {
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	}
	return line;
}

static enum status
status_of(const char *sqlstate)
{
	size_t i = 0;

	while (strncmp(sqlstate, outcomes[i].sqlstate,
		   strlen(outcomes[i].sqlstate)) != 0)
		i++;
	return outcomes[i].status;
}

/*
 * Log what somebody has to mend. The server's message only where it can name
 * nothing but tables and columns: others quote what people typed.
 */
static void
report(enum status st, const char *name, const PGresult *result)
{
	const char *sqlstate = db_field(result, PG_DIAG_SQLSTATE);
	bool names_only = strncmp(sqlstate, "42", 2) == 0;

	if (st == ST_FAULT)
		log_error("statement %s failed: SQLSTATE %s%s%s", name,
		    sqlstate, names_only ? ": " : "",
		    names_only ? db_field(result, PG_DIAG_MESSAGE_PRIMARY)
			       : "");
	else if (st == ST_UNAVAILABLE)
		log_warning(
		    "statement %s did not run: SQLSTATE %s", name, sqlstate);
}

bool
db_is_stale(const PGresult *result)
{
	const char *sqlstate = db_field(result, PG_DIAG_SQLSTATE);

	/* The message is translated, so go by the function that raises it. */
	return strcmp(sqlstate, "26000") == 0 ||
	    (strcmp(sqlstate, "0A000") == 0 &&
		strcmp(db_field(result, PG_DIAG_SOURCE_FUNCTION),
		    "RevalidateCachedQuery") == 0);
}

enum status
db_judge(struct db *db, const char *name, const PGresult *result)
{
	ExecStatusType outcome = PQresultStatus(result);
	enum status st;

	if (outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK ||
	    outcome == PGRES_EMPTY_QUERY)
		return ST_OK;
	/* What has no SQLSTATE is libpq's own: it could not reach the server. */
	if (PQstatus(db->conn) != CONNECTION_OK ||
	    db_field(result, PG_DIAG_SQLSTATE)[0] == '\0') {
		log_warning(
		    "connection to the database lost in statement %s", name);
		db_disconnect(db);
		st = ST_UNAVAILABLE;
	} else {
		st = status_of(db_field(result, PG_DIAG_SQLSTATE));
		if (db_is_stale(result)) {
			db->stale = true;
			st = ST_UNAVAILABLE;
		}
		(void)snprintf(db->constraint, sizeof(db->constraint), "%s",
		    db_field(result, PG_DIAG_CONSTRAINT_NAME));
		report(st, name, result);
	}
	if (db->in_transaction && db->refused == ST_OK)
		db->refused = st;
	return st;
}
