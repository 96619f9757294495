/* program.c - what the subcommands share. */

#include <stdarg.h>

#include "base/log.h"
#include "command.h"

const struct config *
program_config(struct program *program)
{
	if (program->config == NULL &&
	    config_load_or_log(program->arena, program->config_path,
		&program->config) != ST_OK)
		program->config = NULL;
	return program->config;
}

struct db *
program_db(struct program *program)
{
	const struct config *config = program_config(program);

	if (program->db == NULL && config != NULL)
		program->db =
		    db_open(config->database_worker_url, "chatelaine");
	return program->db;
}

const struct master_key *
program_key(struct program *program)
{
	const struct config *config = program_config(program);
	const char *why;

	if (program->key == NULL && config != NULL &&
	    master_key_load(program->arena, config->master_key,
		config->master_key_file, &program->key, &why) != ST_OK)
		log_error("%s", why);
	return program->key;
}

/* migrations.dir holds those of the stores, too. */
const char *
program_migrations(const struct program *program)
{
	return arena_printf(
	    program->arena, "%s/control", program->config->migrations_dir);
}

int
program_fail(const char *format, ...)
{
	va_list args;

	fputs("chatelaine: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILURE;
}
