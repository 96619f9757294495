/* command.c - runs a subcommand with its output in files. */

#include <check.h>
#include <stdio.h>

#include "base/file.h"
#include "tests/harness/command.h"

#define OUTPUT_LIMIT (1024 * 1024)
#define ARGUMENTS_MAX 12

int
test_command(struct arena *arena, const char *dir, command *deed,
    const char *const *args)
{
	struct program program = { .arena = arena,
		.config_path = arena_printf(arena, "%s/conf", dir) };
	char *argv[ARGUMENTS_MAX + 1];
	int argc = 0, code;

	for (; args[argc] != NULL; argc++) {
		ck_assert_int_lt(argc, ARGUMENTS_MAX);
		argv[argc] = arena_strdup(arena, args[argc]);
	}
	argv[argc] = NULL;
	ck_assert_ptr_nonnull(
	    freopen(arena_printf(arena, "%s/out", dir), "w", stdout));
	ck_assert_ptr_nonnull(
	    freopen(arena_printf(arena, "%s/err", dir), "w", stderr));
	code = deed(&program, argc, argv);
	ck_assert_int_eq(fflush(stdout), 0);
	ck_assert_int_eq(fflush(stderr), 0);
	db_close(program.db);
	master_key_free(program.key);
	return code;
}

static const char *
said(struct arena *arena, const char *dir, const char *name)
{
	size_t size;
	char *text;

	ck_assert_int_eq(
	    file_read(arena, arena_printf(arena, "%s/%s", dir, name),
		OUTPUT_LIMIT, &text, &size),
	    ST_OK);
	return text;
}

const char *
test_command_output(struct arena *arena, const char *dir)
{
	return said(arena, dir, "out");
}

const char *
test_command_errors(struct arena *arena, const char *dir)
{
	return said(arena, dir, "err");
}
