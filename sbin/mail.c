/* mail.c - chatelaine mail: try it, see what waits, take in what comes back. */

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "account/account.h"
#include "account/audit.h"
#include "base/template.h"
#include "command.h"
#include "mail/address.h"
#include "mail/bounce.h"
#include "mail/deliver.h"
#include "mail/queue.h"
#include "mail/transport.h"

#define PAGE 100 /* mails read at a time */

/* Send one at once, by no queue, and say what was answered. */
static int
test(struct program *program, int argc, char **argv)
{
	const struct config *config = program_config(program);
	const struct master_key *key = program_key(program);
	struct template_set *templates;
	const char *reply;
	enum smtp_outcome outcome;

	if (argc != 2)
		return EXIT_USAGE;
	if (config == NULL || key == NULL)
		return EXIT_FAILURE;
	if (!address_is_valid(argv[1]))
		return program_fail("%s is not an email address", argv[1]);
	if (template_load(program->arena, config->templates_dir, &templates) !=
	    ST_OK)
		return program_fail("no templates in %s: set templates.dir",
		    config->templates_dir);
	outcome = deliver_test(
	    program->arena, config, key, templates, argv[1], &reply);
	if (outcome != SMTP_ACCEPTED)
		return program_fail("%s did not take it: %s",
		    transport_name(program->arena, config), reply);
	printf(
	    "%s took it: %s\n", transport_name(program->arena, config), reply);
	return EXIT_SUCCESS;
}

/* Seconds in the largest unit that leaves more than one. */
static const char *
brief(struct arena *arena, int64_t seconds)
{
	if (seconds >= 2 * 86400)
		return arena_printf(arena, "%" PRId64 "d", seconds / 86400);
	if (seconds >= 2 * 3600)
		return arena_printf(arena, "%" PRId64 "h", seconds / 3600);
	if (seconds >= 2 * 60)
		return arena_printf(arena, "%" PRId64 "m", seconds / 60);
	return arena_printf(arena, "%" PRId64 "s", seconds);
}

static const char *
when_due(struct arena *arena, int64_t due)
{
	if (due < 0)
		return "sending";
	return due == 0 ? "now" : brief(arena, due);
}

static int
list_queue(struct program *program, struct db *db, int argc, char **argv)
{
	struct queue_item *items;
	const char *after = NULL;
	size_t count;

	(void)argv;
	if (argc != 1)
		return EXIT_USAGE;
	do {
		if (queue_list(db, program->arena, after, PAGE, &items,
			&count) != ST_OK)
			return program_fail("mails not read");
		for (size_t i = 0; i < count; i++)
			printf("%s %-20s %4s %3" PRId64 " %-7s %s\t%s\n",
			    items[i].id, items[i].template,
			    brief(program->arena, items[i].age),
			    items[i].attempts,
			    when_due(program->arena, items[i].due),
			    items[i].recipient,
			    items[i].reply[0] != '\0' ? items[i].reply : "-");
		if (count > 0)
			after = items[count - 1].id;
	} while (count == PAGE);
	return EXIT_SUCCESS;
}

static int
retry(struct program *program, struct db *db, int argc, char **argv)
{
	const char *id;
	size_t count;
	enum status st;

	if (argc != 2)
		return EXIT_USAGE;
	id = strcmp(argv[1], "--all") == 0 ? NULL : argv[1];
	st = queue_retry(db, program->arena, id, &count);
	if (st == ST_INVALID || (st == ST_OK && id != NULL && count == 0))
		return program_fail("no mail %s waits", argv[1]);
	if (st != ST_OK)
		return program_fail("nothing changed: %s", status_name(st));
	printf("%zu to be tried now\n", count);
	return EXIT_SUCCESS;
}

static enum status
unblock_account(struct program *program, struct db *db, const char *id)
{
	enum status st = db_begin(db);

	if (st == ST_OK)
		st = account_unblock(db, program->arena, id);
	if (st == ST_OK)
		st = audit(db, program->arena, ACTOR_OPERATOR,
		    DEED_ADDRESS_UNBLOCKED, id, NULL, NULL);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

static int
unblock(struct program *program, struct db *db, int argc, char **argv)
{
	struct account account;
	enum status st;

	if (argc != 2)
		return EXIT_USAGE;
	st = account_find_by_email(db, program->arena, argv[1], &account);
	if (st == ST_NOT_FOUND)
		return program_fail("no account has the address %s", argv[1]);
	if (st == ST_OK)
		st = unblock_account(program, db, account.id);
	if (st == ST_NOT_FOUND)
		return program_fail("mail goes to %s as it is", argv[1]);
	if (st != ST_OK)
		return program_fail("nothing changed: %s", status_name(st));
	printf("unblocked %s\n", account.email);
	return EXIT_SUCCESS;
}

/*
 * All of standard input, of which the first REPORT_MAX bytes are kept, *size of
 * them. false: it can't be read.
 */
static bool
read_input(char *data, size_t *size)
{
	char rest[4096];
	ssize_t got;

	*size = 0;
	do {
		bool full = *size == REPORT_MAX;

		got = full
		    ? read(STDIN_FILENO, rest, sizeof(rest))
		    : read(STDIN_FILENO, data + *size, REPORT_MAX - *size);
		if (got > 0 && !full)
			*size += (size_t)got;
	} while (got > 0);
	return got == 0;
}

/*
 * For a mail server, which is told to come again only where that may help:
 * what is no report of ours never will be one, and must not come back to
 * somebody.
 */
static int
bounce(struct program *program, int argc, char **argv)
{
	struct db *db;
	const struct master_key *key;
	struct report report;
	const char *id, *address = argc == 2 ? argv[1] : "";
	char *data;
	size_t size;
	enum status st;

	if (argc > 2)
		return EX_USAGE;
	db = program_db(program);
	key = program_key(program);
	if (db == NULL || key == NULL)
		return EX_TEMPFAIL;
	data = arena_alloc(program->arena, REPORT_MAX);
	if (!read_input(data, &size))
		return EX_TEMPFAIL;
	report_read(program->arena, data, size, &report);
	/* Postfix knows of none with enable_original_recipient = no. */
	st = bounce_take(db, program->arena, key, &report,
	    address[0] != '\0' ? address : NULL, &id);
	switch (st) {
	case ST_OK:
		printf("%s %s\n", id, report.status);
		return EX_OK;
	case ST_NOT_FOUND:
	case ST_INVALID:
		puts("nothing to be noted");
		return EX_OK;
	default:
		return EX_TEMPFAIL;
	}
}

int
command_mail(struct program *program, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct db *db;

	argc--;
	argv++;
	if (strcmp(verb, "test") == 0)
		return test(program, argc, argv);
	if (strcmp(verb, "bounce") == 0)
		return bounce(program, argc, argv);
	db = program_db(program);
	if (db == NULL)
		return EXIT_FAILURE;
	if (strcmp(verb, "queue") == 0)
		return list_queue(program, db, argc, argv);
	if (strcmp(verb, "retry") == 0)
		return retry(program, db, argc, argv);
	if (strcmp(verb, "unblock") == 0)
		return unblock(program, db, argc, argv);
	return EXIT_USAGE;
}
