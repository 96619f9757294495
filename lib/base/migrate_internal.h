/* migrate_internal - what migrate.c takes from migrate_file.c. */
#ifndef CHATELAINE_MIGRATE_INTERNAL_H
#define CHATELAINE_MIGRATE_INTERNAL_H

#include "base/migrate.h"

/*
 * One direction of a migration. The rest of the file is blanked out and not
 * cut off, so that PostgreSQL counts the lines as an editor does.
 */
struct migrate_script {
	const char *sql;
	bool transaction; /* false: "transaction:false" */
};

/*
 * The migrations in dir, by version, none marked as applied. Each has been
 * read and is well-formed. Statuses as migrate_list.
 */
enum status migrate_files(struct arena *arena, const char *dir,
    struct migration **list, size_t *count, const char **why) MUST_CHECK;

/*
 * Read a file. Either script may be NULL: not wanted. ST_INVALID: its markers
 * are wrong, or it can't be read.
 */
enum status migrate_read(struct arena *arena, const char *path,
    struct migrate_script *up, struct migrate_script *down,
    const char **why) MUST_CHECK;

#endif
