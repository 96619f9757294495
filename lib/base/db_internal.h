/*
 * db_internal - what the files of db share. They are the only ones that
 * include libpq.
 */
#ifndef CHATELAINE_DB_INTERNAL_H
#define CHATELAINE_DB_INTERNAL_H

#include <libpq-fe.h>

#include "base/db.h"

#define IDENTIFIER_MAX 63 /* NAMEDATALEN - 1 */

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
	bool stale; /* some of them: see db_is_stale */
	struct channel *channels;
	bool missed; /* there may have been notifications unheard */
};

/* db_connection.c */

/*
 * To be called before anything: connects where there is no connection, or none
 * that still works. Inside a transaction a lost one stays lost.
 */
enum status db_make_ready(struct db *db) MUST_CHECK;

/* Connect, whatever there was before. */
enum status db_connect(struct db *db) MUST_CHECK;

/* Give the connection up. */
void db_disconnect(struct db *db);

/* Is the statement prepared on the connection? It is now. None is any more. */
bool db_prepared_has(
    const struct prepared *prepared, const struct db_stmt *stmt);
void db_prepared_add(struct db *db, const struct db_stmt *stmt);
void db_prepared_forget(struct db *db);

/* db_outcome.c */

/*
 * The status of a result; logged if somebody has to mend it. A connection that
 * was lost is noticed here, and given up. name: the statement's.
 */
enum status db_judge(
    struct db *db, const char *name, const PGresult *result) MUST_CHECK;

/*
 * Did the server refuse because it no longer has the statement (DISCARD, a
 * pooler that changed servers), or has it for a table that was altered since?
 */
bool db_is_stale(const PGresult *result);

/* A part (PG_DIAG_...) of an error or a notice; "" when it has none such. */
const char *db_field(const PGresult *result, int code);

/* A message of libpq's as one line. */
const char *db_one_line(struct arena *arena, const char *message);

#endif
