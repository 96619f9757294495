/*
 * command - a subcommand of chatelaine(8), run in the test as it is typed.
 */
#ifndef CHATELAINE_TESTS_COMMAND_H
#define CHATELAINE_TESTS_COMMAND_H

#include "sbin/command.h"

/*
 * Run one with the settings in dir/conf, and arguments, the noun first, up to a
 * NULL. Returns the exit status.
 */
int test_command(struct arena *arena, const char *dir, command *deed,
    const char *const *args);

/* What the last one said on standard output, and on standard error. */
const char *test_command_output(struct arena *arena, const char *dir);
const char *test_command_errors(struct arena *arena, const char *dir);

#endif
