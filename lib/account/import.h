/*
 * import - accounts from another system, with the hashes of their passwords.
 *
 * All of a file is loaded in one transaction, but for the lines that are
 * refused, each of which is reported. Memory does not grow with the file.
 */
#ifndef CHATELAINE_IMPORT_H
#define CHATELAINE_IMPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "account/import_file.h"
#include "base/db.h"

/*
 * Kinds of Argon2id hashes (password_kind.h) that an import may lead to, as
 * every refused sign-in does the work of each.
 */
#define IMPORT_KINDS_MAX 4

struct import_result {
	int64_t loaded;
	int64_t refused;
	const char *id; /* of the import, in the audit log; in the arena */
};

/*
 * Told of each line that is refused. field: "email" or the like; NULL: it is
 * about the line. reason: for people, and without any text of the file.
 */
typedef void import_report(
    void *closure, int64_t line, const char *field, const char *reason);

/*
 * Load a file. dry_run: find out what would happen, and leave nothing behind.
 * ST_OK: what was not refused is loaded. Otherwise nothing is. ST_INVALID: the
 * file makes no sense from some line on, which is reported; ST_FAULT with
 * errno: it can't be read. Needs the worker's role.
 */
enum status import_accounts(struct db *db, struct arena *arena, FILE *file,
    enum import_format format, bool dry_run, import_report *report,
    void *closure, struct import_result *result) MUST_CHECK;

#endif
