/*
 * import_file - reading accounts from a file of another system.
 *
 * CSV (RFC 4180, by libcsv) whose first row names the columns email, name, hash
 * and verified in any order, or JSON lines: an object with these members a
 * line. What is read is bounded, line by line, however long the file is.
 */
#ifndef CHATELAINE_IMPORT_FILE_H
#define CHATELAINE_IMPORT_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

/* Bytes of a line of JSON, or of a field of CSV. */
#define IMPORT_LINE_MAX 16384

enum import_format {
	IMPORT_GUESS, /* JSON lines if the file begins with "{", else CSV */
	IMPORT_CSV,
	IMPORT_JSON,
};

enum import_field {
	IMPORT_EMAIL,
	IMPORT_NAME,
	IMPORT_HASH,
	IMPORT_VERIFIED,
	IMPORT_FIELD_COUNT
};

/* What a field is called in the file. */
extern const char *const import_field_names[IMPORT_FIELD_COUNT];

/* One account as the file has it, until the callee returns. */
struct import_record {
	int64_t line; /* where it begins, from 1 */
	/* NULL: not there. Of booleans in JSON, "true" or "false". */
	const char *values[IMPORT_FIELD_COUNT];
	const char *fault; /* why it can't be read, for people; NULL: it can */
};

/* Anything but ST_OK ends the reading. */
typedef enum status import_take(
    void *closure, const struct import_record *record);

/*
 * Read a file to its end, with take called for each account. ST_INVALID: from
 * some place on it can't be made sense of; *fatal says where and why, and
 * what was taken is not all there was. ST_FAULT: it can't be read; errno tells.
 */
enum status import_file_read(FILE *file, enum import_format format,
    import_take *take, void *closure, struct import_record *fatal) MUST_CHECK;

#endif
