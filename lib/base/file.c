/* file.c - one open, one fstat, as a rule one read. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/file.h"

/* Read up to size bytes; fewer when the file has shrunk meanwhile. */
static enum status
read_all(int fd, char *text, size_t size, size_t *got)
{
	ssize_t n;

	*got = 0;
	while (*got < size) {
		n = read(fd, text + *got, size - *got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ST_FAULT;
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return ST_OK;
}

static enum status
read_open(struct arena *arena, int fd, size_t limit, char **text, size_t *size,
    struct stat *info)
{
	if (fstat(fd, info) != 0)
		return ST_FAULT;
	if (!S_ISREG(info->st_mode) || info->st_size < 0 ||
	    (uintmax_t)info->st_size > limit)
		return ST_INVALID;
	*text = arena_alloc(arena, (size_t)info->st_size + 1);
	return read_all(fd, *text, (size_t)info->st_size, size);
}

enum status
file_read_stat(struct arena *arena, const char *path, size_t limit, char **text,
    size_t *size, struct stat *info)
{
	enum status st;
	int fd, saved;

	/* Not to wait for a writer, should it be a FIFO. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ST_NOT_FOUND
							   : ST_FAULT;
	st = read_open(arena, fd, limit, text, size, info);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return st;
}

enum status
file_read(struct arena *arena, const char *path, size_t limit, char **text,
    size_t *size)
{
	struct stat info;

	return file_read_stat(arena, path, limit, text, size, &info);
}
