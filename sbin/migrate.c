/* migrate.c - chatelaine migrate: the control database's tables. */

#include "base/migrate.h"

#include "command.h"

static void
print(const char *what, const struct migration *migration)
{
	printf("%-8s %s %s\n", what, migration->version,
	    migration->path != NULL ? migration->name : "(no file)");
	(void)fflush(stdout); /* the next one may take long */
}

static int
status(struct program *program, struct db *db)
{
	struct migration *list;
	const char *why;
	size_t count;

	if (migrate_list(db, program->arena, program_migrations(program), &list,
		&count, &why) != ST_OK)
		return program_fail("%s", why);
	for (size_t i = 0; i < count; i++)
		print(list[i].applied ? "applied" : "pending", &list[i]);
	return EXIT_SUCCESS;
}

static void
report(const struct migration *migration, void *closure)
{
	size_t *applied = closure;

	(*applied)++;
	print("applied", migration);
}

static int
up(struct program *program, struct db *db)
{
	size_t applied = 0;
	const char *why;

	if (migrate_up(db, program->arena, program_migrations(program), report,
		&applied, &why) != ST_OK)
		return program_fail("%s", why);
	if (applied == 0)
		puts("nothing to apply");
	return EXIT_SUCCESS;
}

static int
down(struct program *program, struct db *db, int argc, char **argv)
{
	struct migration undone;
	const char *why;

	if (argc == 1)
		return program_fail("migrate down drops tables with all that"
				    " is in them; say --yes-lose-data");
	if (argc != 2 || strcmp(argv[1], "--yes-lose-data") != 0)
		return EXIT_USAGE;
	if (program->config->environment != ENVIRONMENT_DEVELOPMENT)
		return program_fail("migrate down is for development: it needs"
				    " the setting environment = development");
	if (migrate_down(db, program->arena, program_migrations(program),
		&undone, &why) != ST_OK)
		return program_fail("%s", why);
	print("undone", &undone);
	return EXIT_SUCCESS;
}

static int new (struct program *program, int argc, char **argv)
{
	const char *path, *why;

	if (argc != 2)
		return EXIT_USAGE;
	if (migrate_new(program->arena, program_migrations(program), argv[1],
		&path, &why) != ST_OK)
		return program_fail("%s", why);
	puts(path);
	return EXIT_SUCCESS;
}

int
command_migrate(struct program *program, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "up";
	struct db *db = program_db(program);

	if (db == NULL)
		return EXIT_FAILURE;
	if (strcmp(verb, "up") == 0 && argc <= 2)
		return up(program, db);
	if (strcmp(verb, "status") == 0 && argc == 2)
		return status(program, db);
	if (strcmp(verb, "down") == 0)
		return down(program, db, argc - 1, argv + 1);
	if (strcmp(verb, "new") == 0)
		return new (program, argc - 1, argv + 1);
	return EXIT_USAGE;
}
