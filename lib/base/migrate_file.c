/* migrate_file.c - migrations as files: their names and their two halves. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/migrate_internal.h"

#define VERSION_LEN 14
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define NAME_MAX_LEN 100
#define SUFFIX ".sql"
#define FILE_LIMIT (4 * 1024 * 1024)

/* --- markers --- */

/* A line of the file that says what follows. */
struct marker {
	size_t begin, end; /* of the line, in bytes from the top */
	bool transaction;
	int count; /* how often it was found; the places are the last's */
};

/*
 * The end of "-- migrate:up" or "-- migrate:down" at the beginning of a line,
 * with as much white space as dbmate allows. NULL: the line is none such.
 */
static const char *
skip_marker(const char *line, const char *direction)
{
	if (strncmp(line, "--", 2) != 0)
		return NULL;
	line += 2;
	line += strspn(line, " \t");
	if (strncmp(line, "migrate:", 8) != 0)
		return NULL;
	line += 8;
	if (strncmp(line, direction, strlen(direction)) != 0)
		return NULL;
	line += strlen(direction);
	return strchr(" \t\r\n", *line) != NULL ? line : NULL;
}

static void
find_marker(const char *text, const char *direction, struct marker *marker)
{
	*marker = (struct marker){ .transaction = true };
	for (const char *line = text; *line != '\0';) {
		const char *end = strchrnul(line, '\n');
		const char *options = skip_marker(line, direction);

		if (options != NULL) {
			marker->count++;
			marker->begin = (size_t)(line - text);
			marker->end = (size_t)(end - text);
			marker->transaction =
			    memmem(options, (size_t)(end - options),
				"transaction:false", 17) == NULL;
		}
		line = *end != '\0' ? end + 1 : end;
	}
}

/* Is there anything but comments and empty lines before end? */
static bool
has_statement(const char *text, size_t end)
{
	const char *line = text;

	while (line < text + end) {
		line += strspn(line, " \t\r");
		if (*line != '\n' && strncmp(line, "--", 2) != 0)
			return true;
		line = strchrnul(line, '\n');
		line += *line != '\0';
	}
	return false;
}

static const char *
find_markers(const char *text, struct marker *up, struct marker *down)
{
	find_marker(text, "up", up);
	find_marker(text, "down", down);
	if (up->count != 1)
		return up->count == 0 ? "it has no line \"-- migrate:up\""
				      : "it has two lines \"-- migrate:up\"";
	if (down->count != 1)
		return down->count == 0
		    ? "it has no line \"-- migrate:down\""
		    : "it has two lines \"-- migrate:down\"";
	if (down->begin < up->begin)
		return "\"-- migrate:down\" comes before \"-- migrate:up\"";
	if (has_statement(text, up->begin))
		return "there is a statement above \"-- migrate:up\"";
	return NULL;
}

/* The part from begin to end, with only the lines of what is before. */
static const char *
part(struct arena *arena, const char *text, size_t begin, size_t end)
{
	char *copy = arena_strndup(arena, text, end);

	for (size_t i = 0; i < begin; i++) {
		if (copy[i] != '\n')
			copy[i] = ' ';
	}
	return copy;
}

enum status
migrate_read(struct arena *arena, const char *path, struct migrate_script *up,
    struct migrate_script *down, const char **why)
{
	struct marker up_marker, down_marker;
	const char *wrong = NULL;
	enum status st;
	size_t size;
	char *text;

	errno = 0;
	st = file_read(arena, path, FILE_LIMIT, &text, &size);
	if (st != ST_OK)
		wrong = errno != 0 ? strerror(errno) : status_name(st);
	else if (strlen(text) != size)
		wrong = "there is a NUL in it";
	else
		wrong = find_markers(text, &up_marker, &down_marker);
	if (wrong != NULL) {
		*why = arena_printf(arena, "%s: %s", path, wrong);
		return ST_INVALID;
	}
	if (up != NULL)
		*up = (struct migrate_script){ part(arena, text, up_marker.end,
						   down_marker.begin),
			up_marker.transaction };
	if (down != NULL)
		*down = (struct migrate_script){ part(arena, text,
						     down_marker.end, size),
			down_marker.transaction };
	return ST_OK;
}

/* --- names --- */

/* Of a file that is meant to be a migration: no hidden one, nothing else. */
static bool
is_candidate(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > strlen(SUFFIX) &&
	    strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static bool
is_name(const char *name, size_t len)
{
	return len > 0 && len <= NAME_MAX_LEN &&
	    strspn(name, NAME_CHARS) >= len;
}

/* "20261121032000_create_accounts.sql" into its parts. */
static bool
parse_filename(struct arena *arena, const char *file, struct migration *into)
{
	size_t len = strlen(file) - strlen(SUFFIX);

	if (strspn(file, "0123456789") != VERSION_LEN ||
	    file[VERSION_LEN] != '_' ||
	    !is_name(file + VERSION_LEN + 1, len - VERSION_LEN - 1))
		return false;
	into->version = arena_strndup(arena, file, VERSION_LEN);
	into->name =
	    arena_strndup(arena, file + VERSION_LEN + 1, len - VERSION_LEN - 1);
	return true;
}

/* --- the directory --- */

static int
by_version(const void *a, const void *b)
{
	const struct migration *first = a, *second = b;

	return strcmp(first->version, second->version);
}

/* Grow the list by one; in the arena, so the old one is left behind. */
static struct migration *
append(struct arena *arena, struct migration **list, size_t *count)
{
	if ((*count & (*count - 1)) == 0) { /* 0 or a power of two: full */
		struct migration *grown = arena_array(
		    arena, *count != 0 ? 2 * *count : 1, sizeof(*grown));

		if (*count != 0)
			memcpy(grown, *list, *count * sizeof(*grown));
		*list = grown;
	}
	return &(*list)[(*count)++];
}

static enum status
add_file(struct arena *arena, const char *dir, const char *file,
    struct migration **list, size_t *count, const char **why)
{
	struct migration *added = append(arena, list, count);

	added->path = arena_printf(arena, "%s/%s", dir, file);
	if (!parse_filename(arena, file, added)) {
		*why = arena_printf(arena,
		    "%s: its name is not YYYYMMDDHHMMSS_name.sql, with a-z, "
		    "0-9 and _ in the name",
		    added->path);
		return ST_INVALID;
	}
	return migrate_read(arena, added->path, NULL, NULL, why);
}

enum status
migrate_files(struct arena *arena, const char *dir, struct migration **list,
    size_t *count, const char **why)
{
	DIR *stream = opendir(dir);
	enum status st = ST_OK;
	struct dirent *entry;

	*list = NULL;
	*count = 0;
	if (stream == NULL) {
		*why = arena_printf(arena, "%s: %s", dir, strerror(errno));
		return ST_NOT_FOUND;
	}
	while (st == ST_OK && (entry = readdir(stream)) != NULL) {
		if (is_candidate(entry->d_name))
			st = add_file(
			    arena, dir, entry->d_name, list, count, why);
	}
	(void)closedir(stream);
	if (st != ST_OK)
		return st;
	if (*count != 0)
		qsort(*list, *count, sizeof(**list), by_version);
	for (size_t i = 1; i < *count; i++) {
		if (by_version(&(*list)[i - 1], &(*list)[i]) == 0) {
			*why = arena_printf(arena,
			    "%s and %s have the same version",
			    (*list)[i - 1].path, (*list)[i].path);
			return ST_INVALID;
		}
	}
	return ST_OK;
}

/* --- a new one --- */

static void
format_version(char version[static VERSION_LEN + 1], time_t when)
{
	struct tm tm;

	(void)gmtime_r(&when, &tm);
	(void)strftime(version, VERSION_LEN + 1, "%Y%m%d%H%M%S", &tm);
}

/* The present second, or the next that no file of the list has. */
static char *
free_version(struct arena *arena, const struct migration *list, size_t count)
{
	char version[VERSION_LEN + 1];
	time_t when = (time_t)clock_now();

	format_version(version, when);
	for (size_t i = 0; i < count; i++) {
		/* They are sorted, so one that was passed can't recur. */
		if (strcmp(list[i].version, version) == 0)
			format_version(version, ++when);
	}
	return arena_strdup(arena, version);
}

enum status
migrate_new(struct arena *arena, const char *dir, const char *name,
    const char **path, const char **why)
{
	static const char text[] = "-- migrate:up\n\n\n-- migrate:down\n\n";
	struct migration *list;
	enum status st;
	size_t count;
	int fd;

	if (!is_name(name, strlen(name))) {
		*why = arena_printf(arena,
		    "a migration's name has 1 to %d of a-z, 0-9 and _",
		    NAME_MAX_LEN);
		return ST_INVALID;
	}
	st = migrate_files(arena, dir, &list, &count, why);
	if (st != ST_OK)
		return st;
	*path = arena_printf(arena, "%s/%s_%s" SUFFIX, dir,
	    free_version(arena, list, count), name);
	fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd == -1 || write(fd, text, sizeof(text) - 1) == -1 ||
	    close(fd) == -1) {
		st = errno == EEXIST ? ST_CONFLICT : ST_FAULT;
		*why = arena_printf(arena, "%s: %s", *path, strerror(errno));
	}
	return st;
}
