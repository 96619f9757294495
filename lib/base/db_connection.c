/* db_connection.c - a connection that comes back, and what is bound to it. */

#include <poll.h>
#include <string.h>

#include "base/db_internal.h"
#include "base/log.h"

#define FIRST_SLOTS 64 /* a power of two */

/* What every session begins with; options in the URL come after, and win. */
#define SESSION_OPTIONS                                 \
	"-c TimeZone=UTC -c DateStyle=ISO"              \
	" -c bytea_output=hex -c statement_timeout=15s" \
	" -c idle_in_transaction_session_timeout=60s"   \
	" -c client_connection_check_interval=1s"       \
	" -c client_min_messages=warning "

/* --- prepared statements --- */

static size_t
slot_of(const struct prepared *prepared, const struct db_stmt *stmt)
{
	size_t i = ((uintptr_t)stmt / sizeof(*stmt)) & (prepared->size - 1);

	while (prepared->slots[i] != NULL && prepared->slots[i] != stmt)
		i = (i + 1) & (prepared->size - 1);
	return i;
}

bool
db_prepared_has(const struct prepared *prepared, const struct db_stmt *stmt)
{
	return prepared->size != 0 &&
	    prepared->slots[slot_of(prepared, stmt)] == stmt;
}

void
db_prepared_add(struct db *db, const struct db_stmt *stmt)
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
void
db_prepared_forget(struct db *db)
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

void
db_disconnect(struct db *db)
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
	db_disconnect(db);
	arena_free(db->arena);
}

/*
 * What the server sends unasked. One that is FATAL, or of the class of
 * shutdowns, says that it closes the connection, before the socket shows it.
 */
static void
notice(void *closure, const PGresult *result)
{
	struct db *db = closure;
	const char *severity = db_field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *sqlstate = db_field(result, PG_DIAG_SQLSTATE);

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

enum status
db_connect(struct db *db)
{
	struct arena *scratch = arena_new();
	const char *options = session_options(scratch, db->url);
	enum status st = ST_OK;

	db_disconnect(db);
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
		    db_one_line(scratch, PQerrorMessage(db->conn)));
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
		db_disconnect(db);
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

enum status
db_make_ready(struct db *db)
{
	db->constraint[0] = '\0';
	if (db->in_transaction)
		return db->conn != NULL ? ST_OK : ST_UNAVAILABLE;
	if (db->conn == NULL || !alive(db))
		return db_connect(db);
	if (db->stale)
		db_prepared_forget(db);
	return ST_OK;
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
	st = db_make_ready(db);
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
db_wait(struct db *db, int timeout_ms, int wake, bool *woken)
{
	struct pollfd fds[2] = { { .events = POLLIN },
		{ .fd = wake, .events = POLLIN } };
	enum status st = db_make_ready(db);

	*woken = true;
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
	*woken = poll(fds, 2, timeout_ms) != 0;
	if (!alive(db)) {
		log_warning("connection to the database lost while waiting");
		db_disconnect(db);
		return ST_UNAVAILABLE;
	}
	/* One that came as the time ran out is taken here, and heard only now. */
	if (notified(db))
		*woken = true;
	return ST_OK;
}
