/* user_import.c - chatelaine user import: accounts of another system. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "account/import.h"
#include "command.h"

struct arguments {
	enum import_format format;
	bool dry_run;
	const char *path; /* "-": standard input */
};

static bool
read_format(const char *word, enum import_format *format)
{
	if (strcmp(word, "csv") == 0)
		*format = IMPORT_CSV;
	else if (strcmp(word, "json") == 0)
		*format = IMPORT_JSON;
	else
		return false;
	return true;
}

static bool
read_arguments(int argc, char **argv, struct arguments *arguments)
{
	int at = 1;

	*arguments = (struct arguments){ .format = IMPORT_GUESS };
	for (; at < argc - 1; at++) {
		if (strcmp(argv[at], "--dry-run") == 0)
			arguments->dry_run = true;
		else if (strcmp(argv[at], "--format") != 0 ||
		    !read_format(argv[++at], &arguments->format))
			return false;
	}
	if (at != argc - 1 || strncmp(argv[at], "--", 2) == 0)
		return false;
	arguments->path = argv[at];
	return true;
}

/* As a compiler does it, so that editors can go to the line. */
static void
report(void *closure, int64_t line, const char *field, const char *reason)
{
	const struct arguments *arguments = closure;

	fprintf(stderr, "%s:%" PRId64 ": %s%s%s\n", arguments->path, line,
	    field != NULL ? field : "", field != NULL ? " " : "", reason);
}

static int
import(struct program *program, struct db *db, struct arguments *arguments,
    FILE *file)
{
	struct import_result result;
	enum status st;

	st = import_accounts(db, program->arena, file, arguments->format,
	    arguments->dry_run, report, arguments, &result);
	if (st == ST_FAULT && ferror(file))
		return program_fail("nothing imported: %s: %s", arguments->path,
		    strerror(errno));
	if (st != ST_OK)
		return program_fail("nothing imported: %s", status_name(st));
	printf("%s %" PRId64 ", refused %" PRId64 "\n",
	    arguments->dry_run ? "would import" : "imported", result.loaded,
	    result.refused);
	if (!arguments->dry_run && result.loaded > 0)
		printf("import   %s\n", result.id);
	return result.refused == 0 ? EXIT_SUCCESS : EXIT_PARTLY;
}

int
user_import(struct program *program, struct db *db, int argc, char **argv)
{
	struct arguments arguments;
	FILE *file = stdin;
	int code;

	if (!read_arguments(argc, argv, &arguments))
		return EXIT_USAGE;
	if (strcmp(arguments.path, "-") != 0)
		file = fopen(arguments.path, "re");
	if (file == NULL)
		return program_fail("%s: %s", arguments.path, strerror(errno));
	code = import(program, db, &arguments, file);
	if (file != stdin)
		(void)fclose(file);
	return code;
}
