/* session.c - chatelaine session: who is signed in, and ending that. */

#include "account/audit.h"
#include "account/device.h"
#include "account/session_list.h"
#include "base/clock.h"
#include "command.h"

#define PAGE 100 /* sessions read at a time */

/* The id of the account with an address; NULL if there is none, which is said. */
static const char *
account_of(struct program *program, struct db *db, const char *email)
{
	struct account account;
	enum status st =
	    account_find_by_email(db, program->arena, email, &account);

	if (st == ST_OK)
		return account.id;
	if (st == ST_NOT_FOUND)
		(void)program_fail("no account has the address %s", email);
	else
		(void)program_fail("account not read: %s", status_name(st));
	return NULL;
}

static const char *
words_of(struct arena *arena, struct device device)
{
	if (device.program != NULL && device.system != NULL)
		return arena_printf(
		    arena, "%s on %s", device.program, device.system);
	if (device.program != NULL)
		return device.program;
	return device.system != NULL ? device.system : "unknown";
}

static void
print(struct arena *arena, const struct session_item *item)
{
	printf("%s %s %s %-15s %s\t%s\n", item->id,
	    clock_rfc3339(arena, item->created_at),
	    clock_rfc3339(arena, item->last_seen_at),
	    item->ip != NULL ? item->ip : "-",
	    words_of(arena, device_of(item->user_agent)), item->user_agent);
}

static int
list(struct program *program, struct db *db, int argc, char **argv)
{
	const char *account, *after = NULL;
	struct session_item *items;
	size_t count;
	bool more;

	if (argc != 3 || strcmp(argv[1], "--user") != 0)
		return EXIT_USAGE;
	account = account_of(program, db, argv[2]);
	if (account == NULL)
		return EXIT_FAILURE;
	do {
		if (session_list(db, program->arena, account, NULL, after, PAGE,
			&items, &count, &more) != ST_OK)
			return program_fail("sessions not read");
		for (size_t i = 0; i < count; i++)
			print(program->arena, &items[i]);
		if (more)
			after = items[count - 1].id;
	} while (more);
	return EXIT_SUCCESS;
}

/* End what one of the forms of the command means, with its audit row. */
static enum status
end(struct program *program, struct db *db, const char *id, const char *account,
    size_t *count)
{
	enum deed deed = DEED_SESSIONS_ENDED;
	enum status st = db_begin(db);
	bool ended = false;

	if (st == ST_OK && id != NULL) {
		deed = DEED_SESSION_ENDED;
		st = session_end_any(
		    db, program->arena, id, SESSION_OPERATOR, &account, &ended);
		*count = ended;
	} else if (st == ST_OK) {
		st = session_revoke_all(
		    db, program->arena, account, SESSION_OPERATOR, count);
	}
	if (st == ST_OK && *count > 0)
		st = audit(db, program->arena, ACTOR_OPERATOR, deed, account,
		    id, NULL);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

static int
revoke(struct program *program, struct db *db, int argc, char **argv)
{
	const char *id = NULL, *account = NULL;
	size_t count = 0;
	enum status st;

	if (argc == 3 && strcmp(argv[1], "--user") == 0) {
		account = account_of(program, db, argv[2]);
		if (account == NULL)
			return EXIT_FAILURE;
	} else if (argc == 2 && argv[1][0] != '-') {
		id = argv[1];
	} else if (argc != 2 || strcmp(argv[1], "--all") != 0) {
		return EXIT_USAGE;
	}
	st = end(program, db, id, account, &count);
	if (st == ST_NOT_FOUND)
		return program_fail("no session has the id %s", id);
	if (st != ST_OK)
		return program_fail("nothing revoked: %s", status_name(st));
	printf("revoked %zu\n", count);
	return EXIT_SUCCESS;
}

int
command_session(struct program *program, int argc, char **argv)
{
	struct db *db = program_db(program);
	const char *verb = argc > 1 ? argv[1] : "";

	if (db == NULL)
		return EXIT_FAILURE;
	if (strcmp(verb, "list") == 0)
		return list(program, db, argc - 1, argv + 1);
	if (strcmp(verb, "revoke") == 0)
		return revoke(program, db, argc - 1, argv + 1);
	return EXIT_USAGE;
}
