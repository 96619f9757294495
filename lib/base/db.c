/* db.c - the only file that knows libpq. */

#include <inttypes.h>
#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/db.h"
#include "base/log.h"

#define BYTEA_OID 17 /* pg_type.dat; fixed for ever */
#define IDENTIFIER_MAX 63
#define FIRST_SLOTS 64 /* a power of two */

/* What every session begins with; options in the URL come after, and win. */
#define SESSION_OPTIONS                                 \
	"-c TimeZone=UTC -c DateStyle=ISO"              \
	" -c bytea_output=hex -c statement_timeout=15s" \
	" -c idle_in_transaction_session_timeout=60s"   \
	" -c client_connection_check_interval=1s"       \
	" -c client_min_messages=warning "

/* The statements prepared on the connection: a set of pointers. */
struct prepared {
	const struct db_stmt **slots;
	size_t size; /* a power of two */
	size_t count;
};

struct channel {
	struct channel *next;
	const char *name;
};

struct db {
	struct arena *arena; /* holds this struct too */
	const char *url;
	const char *application;
	PGconn *conn;        /* NULL: none, or lost */
	bool in_transaction; /* as the caller sees it: lost ones too */
	bool good_bye;       /* the server said that it is closing */
	enum status refused; /* what the transaction failed of */
	char constraint[IDENTIFIER_MAX + 1];
	struct prepared prepared;
	bool stale; /* some of them: see is_stale() */
	struct channel *channels;
	bool missed; /* there may have been notifications unheard */
};

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
	{ "40",    ST_CONFLICT },	/* serialization, deadlock */
	{ "42501", ST_FORBIDDEN },
	{ "44",    ST_INVALID },	/* WITH CHECK OPTION */
	{ "53",    ST_UNAVAILABLE },	/* disk, memory or connections used up */
	{ "55P03", ST_UNAVAILABLE },	/* lock not available */
	{ "57",    ST_UNAVAILABLE },	/* cancelled, timed out, shutting down */
	{ "58",    ST_UNAVAILABLE },	/* the server's operating system */
	{ "",      ST_FAULT },
	/* clang-format on */
};

/* --- the set of prepared statements --- */

static size_t
slot_of(const struct prepared *prepared, const struct db_stmt *stmt)
{
	size_t i = ((uintptr_t)stmt / sizeof(*stmt)) & (prepared->size - 1);

	while (prepared->slots[i] != NULL && prepared->slots[i] != stmt)
		i = (i + 1) & (prepared->size - 1);
	return i;
}

static bool
prepared_has(const struct prepared *prepared, const struct db_stmt *stmt)
{
	return prepared->size != 0 &&
	    prepared->slots[slot_of(prepared, stmt)] == stmt;
}

static void
prepared_add(struct db *db, const struct db_stmt *stmt)
{
	struct prepared *set = &db->prepared, old = *set;

	if (2 * (set->count + 1) > set->size) {
		set->size = old.size != 0 ? 2 * old.size : FIRST_SLOTS;
		set->slots =
		    arena_array(db->arena, set->size, sizeof(*set->slots));
		for (size_t i = 0; i < old.size; i++) {
			if (old.slots[i] != NULL)
				set->slots[slot_of(set, old.slots[i])] =
				    old.slots[i];
		}
	}
	set->slots[slot_of(set, stmt)] = stmt;
	set->count++;
}

static void
prepared_clear(struct prepared *prepared)
{
	for (size_t i = 0; i < prepared->size; i++)
		prepared->slots[i] = NULL;
	prepared->count = 0;
}

/* Prepare everything again at its next use. */
static void
forget_prepared(struct db *db)
{
	PQclear(PQexec(db->conn, "DEALLOCATE ALL"));
	prepared_clear(&db->prepared);
	db->stale = false;
}

/* --- the connection --- */

struct db *
db_open(const char *url, const char *application)
{
	struct arena *arena = arena_new();
	struct db *db = arena_alloc(arena, sizeof(*db));

	db->arena = arena;
	db->url = arena_strdup(arena, url);
	db->application = arena_strdup(arena, application);
	return db;
}

static void
disconnect(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	prepared_clear(&db->prepared);
	db->stale = false;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	disconnect(db);
	arena_free(db->arena);
}

/* A part of an error or a notice; "" when it has none such. */
static const char *
field(const PGresult *result, int code)
{
	const char *text = PQresultErrorField(result, code);

	return text != NULL ? text : "";
}

/* A message of libpq's as one line. */
static const char *
one_line(struct arena *arena, const char *message)
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

/*
 * What the server sends unasked. One that is FATAL, or of the class of
 * shutdowns, says that it closes the connection, before the socket shows it.
 */
static void
notice(void *closure, const PGresult *result)
{
	struct db *db = closure;
	const char *severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *sqlstate = field(result, PG_DIAG_SQLSTATE);

	if (strcmp(severity, "FATAL") == 0 || strncmp(sqlstate, "57P", 3) == 0)
		db->good_bye = true;
	else
		log_warning("the database warns: SQLSTATE %s", sqlstate);
}

/* Our options, then those in the URL. NULL: the URL is malformed. */
static char *
session_options(struct arena *arena, const char *url)
{
	PQconninfoOption *parsed = PQconninfoParse(url, NULL), *option;
	char *options = NULL;

	for (option = parsed; option != NULL && option->keyword != NULL;
	     option++) {
		if (strcmp(option->keyword, "options") == 0)
			options = arena_printf(arena, "%s%s", SESSION_OPTIONS,
			    option->val != NULL ? option->val : "");
	}
	PQconninfoFree(parsed);
	return options;
}

/* Connect; what stands before dbname is a default, what follows is not. */
static PGconn *
connect_to(const char *url, const char *application, const char *options)
{
	const char *const keywords[] = { "fallback_application_name",
		"connect_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "dbname",
		"client_encoding", "options", NULL };
	const char *const values[] = { application, "5", "10", "5", "3",
		"20000", url, "UTF8", options, NULL };

	return PQconnectdbParams(keywords, values, 1);
}

static enum status
listen_on(struct db *db, const char *channel)
{
	char *name = PQescapeIdentifier(db->conn, channel, strlen(channel));
	char sql[2 * IDENTIFIER_MAX + sizeof("LISTEN \"\"")];
	PGresult *result;
	enum status st;

	if (name == NULL)
		return ST_FAULT;
	(void)snprintf(sql, sizeof(sql), "LISTEN %s", name);
	PQfreemem(name);
	result = PQexec(db->conn, sql);
	st =
	    PQresultStatus(result) == PGRES_COMMAND_OK ? ST_OK : ST_UNAVAILABLE;
	PQclear(result);
	return st;
}

static enum status
connect_anew(struct db *db)
{
	struct arena *scratch = arena_new();
	const char *options = session_options(scratch, db->url);
	enum status st = ST_OK;

	disconnect(db);
	db->good_bye = false;
	if (options == NULL) {
		/* libpq's own message would quote it, password and all. */
		log_error("the database's URL is malformed");
		arena_free(scratch);
		return ST_UNAVAILABLE;
	}
	db->conn = connect_to(db->url, db->application, options);
	if (PQstatus(db->conn) != CONNECTION_OK) {
		log_error("no connection to the database: %s",
		    one_line(scratch, PQerrorMessage(db->conn)));
		st = ST_UNAVAILABLE;
	} else {
		(void)PQsetNoticeReceiver(db->conn, notice, db);
	}
	for (struct channel *ch = db->channels; ch != NULL && st == ST_OK;
	     ch = ch->next) {
		st = listen_on(db, ch->name);
		db->missed = true;
	}
	if (st != ST_OK)
		disconnect(db);
	arena_free(scratch);
	return st;
}

/*
 * Has an idle connection outlived the server? All there is to read then is a
 * notification, a notice, or the end.
 */
static bool
alive(struct db *db)
{
	struct pollfd peek = { .fd = PQsocket(db->conn), .events = POLLIN };

	while (PQstatus(db->conn) == CONNECTION_OK && poll(&peek, 1, 0) > 0) {
		if (PQconsumeInput(db->conn) == 0)
			return false;
		(void)PQisBusy(db->conn); /* parses what came */
	}
	return PQstatus(db->conn) == CONNECTION_OK && !db->good_bye;
}

/* Before anything: inside a transaction a lost connection stays lost. */
static enum status
make_ready(struct db *db)
{
	db->constraint[0] = '\0';
	if (db->in_transaction)
		return db->conn != NULL ? ST_OK : ST_UNAVAILABLE;
	if (db->conn == NULL || !alive(db))
		return connect_anew(db);
	if (db->stale)
		forget_prepared(db);
	return ST_OK;
}

/* --- what became of it --- */

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
	const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
	bool names_only = strncmp(sqlstate, "42", 2) == 0;

	if (st == ST_FAULT || st == ST_FORBIDDEN)
		log_error("statement %s failed: SQLSTATE %s%s%s", name,
		    sqlstate, names_only ? ": " : "",
		    names_only ? field(result, PG_DIAG_MESSAGE_PRIMARY) : "");
	else if (st == ST_UNAVAILABLE)
		log_warning(
		    "statement %s did not run: SQLSTATE %s", name, sqlstate);
}

/*
 * Did the server refuse because it no longer has the statement (DISCARD, a
 * pooler that changed servers), or has it for a table that was altered since?
 * The message is translated, so go by the function that raises it.
 */
static bool
is_stale(const PGresult *result)
{
	const char *sqlstate = field(result, PG_DIAG_SQLSTATE);

	return strcmp(sqlstate, "26000") == 0 ||
	    (strcmp(sqlstate, "0A000") == 0 &&
		strcmp(field(result, PG_DIAG_SOURCE_FUNCTION),
		    "RevalidateCachedQuery") == 0);
}

/* The status of a result; a lost connection is noticed here. */
static enum status
judge(struct db *db, const char *name, const PGresult *result)
{
	ExecStatusType outcome = PQresultStatus(result);
	enum status st;

	if (outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK ||
	    outcome == PGRES_EMPTY_QUERY)
		return ST_OK;
	/* What has no SQLSTATE is libpq's own: it could not reach the server. */
	if (PQstatus(db->conn) != CONNECTION_OK ||
	    field(result, PG_DIAG_SQLSTATE)[0] == '\0') {
		log_warning(
		    "connection to the database lost in statement %s", name);
		disconnect(db);
		st = ST_UNAVAILABLE;
	} else {
		st = status_of(field(result, PG_DIAG_SQLSTATE));
		if (is_stale(result)) {
			db->stale = true;
			st = ST_UNAVAILABLE;
		}
		(void)snprintf(db->constraint, sizeof(db->constraint), "%s",
		    field(result, PG_DIAG_CONSTRAINT_NAME));
		report(st, name, result);
	}
	if (db->in_transaction && db->refused == ST_OK)
		db->refused = st;
	return st;
}

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

	if (!prepared_has(&db->prepared, stmt)) {
		result = PQprepare(db->conn, stmt->name, stmt->sql, 0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			return result;
		PQclear(result);
		prepared_add(db, stmt);
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
		st = make_ready(db);
	if (st != ST_OK)
		return st;
	result = execute(db, stmt, &params);
	if (is_stale(result) && !db->in_transaction) {
		/* Nothing has run yet. Inside a transaction it ended that. */
		PQclear(result);
		forget_prepared(db);
		result = execute(db, stmt, &params);
	}
	st = judge(db, stmt->name, result);
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
	enum status st = judge(db, sql, result);

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
	st = make_ready(db);
	if (st != ST_OK)
		return st;
	st = command(db, "BEGIN");
	if (st == ST_UNAVAILABLE && db->conn == NULL) {
		/* Lost since; as nothing has happened yet, once more. */
		st = connect_anew(db);
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
	st = make_ready(db);
	db->in_transaction = false;
	if (st != ST_OK)
		return st;
	result = PQexec(db->conn, "COMMIT");
	st = judge(db, "COMMIT", result);
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
		disconnect(db);
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

/* --- scripts --- */

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
	    strtol(field(result, PG_DIAG_STATEMENT_POSITION), NULL, 10);
	const char *where = position > 0
	    ? arena_printf(arena, "line %d", line_of(sql, position))
	    : arena_printf(arena, "statement %d", statement);
	const char *detail = field(result, PG_DIAG_MESSAGE_DETAIL);

	return arena_printf(arena, "%s: %s%s%s (SQLSTATE %s)", where,
	    one_line(arena, field(result, PG_DIAG_MESSAGE_PRIMARY)),
	    detail[0] != '\0' ? "; " : "", one_line(arena, detail),
	    field(result, PG_DIAG_SQLSTATE));
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
			disconnect(db);
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
	enum status st = make_ready(db);

	*message = "no connection to the database";
	if (st != ST_OK)
		return st;
	if (PQsendQuery(db->conn, sql) == 1)
		st = script_results(db, arena, sql, message);
	if (db->conn != NULL && PQstatus(db->conn) != CONNECTION_OK) {
		*message = "the connection to the database was lost";
		disconnect(db);
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

/* --- notifications --- */

enum status
db_listen(struct db *db, const char *channel)
{
	struct channel *listened;
	enum status st;

	if (strlen(channel) > IDENTIFIER_MAX || db->in_transaction) {
		log_error("can't listen on %s here", channel);
		return ST_FAULT;
	}
	st = make_ready(db);
	if (st == ST_OK)
		st = listen_on(db, channel);
	if (st != ST_OK)
		return st;
	listened = arena_alloc(db->arena, sizeof(*listened));
	listened->name = arena_strdup(db->arena, channel);
	listened->next = db->channels;
	db->channels = listened;
	return ST_OK;
}

/* Take what notifications have come. Were there any? */
static bool
notified(struct db *db)
{
	PGnotify *notification;
	bool any = db->missed;

	db->missed = false;
	while ((notification = PQnotifies(db->conn)) != NULL) {
		PQfreemem(notification);
		any = true;
	}
	return any;
}

enum status
db_wait(struct db *db, int timeout_ms, int wake)
{
	struct pollfd fds[2] = { { .events = POLLIN },
		{ .fd = wake, .events = POLLIN } };
	enum status st = make_ready(db);

	if (st != ST_OK)
		return st;
	if (db->in_transaction) {
		log_error("a wait inside a transaction");
		return ST_FAULT;
	}
	if (notified(db))
		return ST_OK;
	fds[0].fd = PQsocket(db->conn);
	/* A signal ends the wait as well: its handler may have had a reason. */
	(void)poll(fds, 2, timeout_ms);
	if (!alive(db)) {
		log_warning("connection to the database lost while waiting");
		disconnect(db);
		return ST_UNAVAILABLE;
	}
	(void)notified(db);
	return ST_OK;
}
