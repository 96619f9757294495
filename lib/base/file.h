/* file - whole files into memory. */
#ifndef CHATELAINE_FILE_H
#define CHATELAINE_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"

/*
 * Read a file of at most limit bytes. *text is NUL-terminated besides; *size
 * does not count that. ST_NOT_FOUND: no such file; ST_INVALID: longer than
 * limit, or not a regular file; ST_FAULT: any other error, errno tells. Logs
 * nothing: the caller knows what the file was for.
 */
enum status file_read(struct arena *arena, const char *path, size_t limit,
    char **text, size_t *size) MUST_CHECK;

/*
 * The same, and on ST_OK *info is the owner and mode of the very file that was
 * read, for those who must not trust a file that others can read or write.
 */
enum status file_read_stat(struct arena *arena, const char *path, size_t limit,
    char **text, size_t *size, struct stat *info) MUST_CHECK;

#endif
