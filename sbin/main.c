/* main.c - chatelaine(8): find the subcommand and run it. */

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "command.h"

struct entry {
	const char *noun;
	const char *arguments;
	const char *help;
	command *run;
};

static const struct entry commands[] = {
	{ "migrate", "[status | up | new NAME | down --yes-lose-data]",
	    "bring the control database up to date", command_migrate },
	{ "key", "list | rotate [--now] | revoke KID | reseal",
	    "look after the keys that sign tokens, and the one that seals",
	    command_key },
	{ "work", "[--once]", "send mail and do the other jobs", command_work },
	{ "user",
	    "create [--name NAME] EMAIL | list | show EMAIL | disable EMAIL |"
	    " enable EMAIL | delete EMAIL |"
	    " import [--format csv|json] [--dry-run] FILE |"
	    " second-factor off EMAIL",
	    "look after accounts", command_user },
	{ "mail",
	    "test ADDRESS | queue | retry ID|--all | unblock ADDRESS |"
	    " bounce [ADDRESS]",
	    "try how mail leaves, see what waits, take in what comes back",
	    command_mail },
	{ "audit",
	    "verify [--head SEQ:HASH] |"
	    " list [--account EMAIL|ID] [--since TIME] [--limit N] [--json]",
	    "read the audit log, and see that nobody has changed it",
	    command_audit },
	{ "session",
	    "list --user EMAIL | revoke ID | revoke --user EMAIL |"
	    " revoke --all",
	    "see who is signed in, and end that", command_session },
	{ "doctor", "", "check the installation and say how to mend it",
	    command_doctor },
};

static void
print_usage(FILE *to)
{
	fprintf(
	    to, "usage: chatelaine [--config FILE] COMMAND [ARGUMENT ...]\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "\n  %s %s\n      %s\n", commands[i].noun,
		    commands[i].arguments, commands[i].help);
}

static const struct entry *
find_command(const char *noun)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].noun, noun) == 0)
			return &commands[i];
	return NULL;
}

static int
run(struct program *program, const struct entry *entry, int argc, char **argv)
{
	int code = entry->run(program, argc, argv);

	if (code == EXIT_USAGE)
		fprintf(stderr, "usage: chatelaine %s %s\n", entry->noun,
		    entry->arguments);
	db_close(program->db);
	master_key_free(program->key);
	return code;
}

/*
 * What cron, a supervisor or a shell may leave to us. A connection that got
 * the number of standard error would be sent our log, and of children that
 * nobody waits for there is nothing to be learnt.
 */
static void
forget_inheritance(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
	(void)signal(SIGCHLD, SIG_DFL);
}

int
main(int argc, char **argv)
{
	struct program program = { .arena = arena_new() };
	const struct entry *entry;
	int at = 1, code;

	forget_inheritance();
	log_program("chatelaine");
	if (at < argc && strcmp(argv[at], "--help") == 0) {
		print_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (at < argc && strcmp(argv[at], "--version") == 0) {
		puts(PACKAGE_STRING);
		return EXIT_SUCCESS;
	}
	if (at + 1 < argc && strcmp(argv[at], "--config") == 0) {
		program.config_path = argv[at + 1];
		at += 2;
	}
	entry = at < argc ? find_command(argv[at]) : NULL;
	if (entry == NULL) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (secret_init() != ST_OK)
		return EXIT_FAILURE;
	code = run(&program, entry, argc - at, argv + at);
	arena_free(program.arena);
	return code;
}
