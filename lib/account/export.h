/*
 * export - all that is held about a person, as JSON.
 *
 * A section for each table that has rows of an account. A member has the name of
 * its column; secrets, and hashes of them, are left out. What a new table or a
 * new column holds has to be told here, or left out on purpose: a test compares
 * the sections with the database.
 */
#ifndef CHATELAINE_EXPORT_H
#define CHATELAINE_EXPORT_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/db.h"

struct export_section {
	const char *name;     /* of the member: "sessions" */
	const char *table;    /* "session" */
	const char *left_out; /* columns, by blanks */
	struct db_stmt stmt;  /* $1: the account's id; gives its JSON */
};

/* All sections, in their order. */
const struct export_section *export_sections(size_t *count);

/*
 * Put all sections of an account into a JSON object: a list each, the account
 * itself an object. ST_NOT_FOUND: no such account.
 */
enum status export_account(struct db *db, struct arena *arena,
    const char *account_id, struct json_object *into) MUST_CHECK;

#endif
