/*
 * migrate - forward-only migrations in dbmate's format.
 *
 * Files are VERSION_name.sql, VERSION being 14 digits (YYYYMMDDHHMMSS), with a
 * line "-- migrate:up" and a line "-- migrate:down" after it. What was applied
 * stands in public.schema_migrations (version varchar primary key): the table
 * that dbmate keeps, so that the two can take turns. Each file runs in one
 * transaction together with its row, unless it says "-- migrate:up
 * transaction:false": such a file should hold one statement, one that can be
 * repeated, as PostgreSQL puts several into a transaction by itself and a run
 * that is cut short may leave it done and not noted. A session-level advisory
 * lock keeps two runners apart; as the server drops it with the connection, a
 * killed run blocks nobody and the next one goes on where it stopped.
 */
#ifndef CHATELAINE_MIGRATE_H
#define CHATELAINE_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/db.h"

struct migration {
	const char *version; /* 14 digits */
	const char *name;    /* "create_accounts"; "" if only applied */
	const char *path;    /* NULL: applied, but there is no file */
	bool applied;
};

/*
 * All migrations, those in dir and those applied, by version. ST_INVALID: a
 * file whose name or markers are wrong, or two of one version; ST_NOT_FOUND:
 * no such directory. *why (in the arena) tells.
 */
enum status migrate_list(struct db *db, struct arena *arena, const char *dir,
    struct migration **list, size_t *count, const char **why) MUST_CHECK;

/*
 * Apply what is pending, in order, calling report (NULL: none) after each.
 * Waits while another runner holds the lock. ST_INVALID: see migrate_list, or
 * PostgreSQL refused a file; *why names file and reason. What was applied
 * before stays.
 */
enum status migrate_up(struct db *db, struct arena *arena, const char *dir,
    void (*report)(const struct migration *, void *), void *closure,
    const char **why) MUST_CHECK;

/*
 * Take back the newest applied migration, which *undone becomes. ST_NOT_FOUND:
 * none is applied.
 */
enum status migrate_down(struct db *db, struct arena *arena, const char *dir,
    struct migration *undone, const char **why) MUST_CHECK;

/*
 * Create an empty migration file in dir, named after the present time (UTC)
 * and name (a-z, 0-9, _). *path is the file. ST_INVALID: the name;
 * ST_CONFLICT: it exists; ST_FAULT: it can't be written.
 */
enum status migrate_new(struct arena *arena, const char *dir, const char *name,
    const char **path, const char **why) MUST_CHECK;

#endif
