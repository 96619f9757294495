/* user.c - chatelaine user: accounts, by the operator's hand. */

#include <errno.h>
#include <inttypes.h>
#include <termios.h>
#include <unistd.h>

#include "account/account.h"
#include "account/audit.h"
#include "account/deletion.h"
#include "account/password.h"
#include "account/second_factor.h"
#include "base/clock.h"
#include "base/text.h"
#include "command.h"
#include "mail/address.h"

#define PAGE 100 /* accounts read at a time */

/* Run by each verb on one account, inside a transaction. */
typedef enum status deed_on(struct db *db, struct arena *arena, const char *id);

/*
 * Read a password as one line of standard input, without showing it on a
 * terminal. Not an argument: those are seen by every user of the machine.
 */
static const char *
read_password(struct arena *arena)
{
	struct termios quiet, before;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	size_t size = PASSWORD_MAX_BYTES + 2;
	char *line = arena_alloc(arena, size);

	if (terminal) {
		fputs("password: ", stderr);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	if (fgets(line, (int)size, stdin) == NULL)
		line[0] = '\0';
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* Why a password will not do; NULL if it will. */
static const char *
password_fault(struct program *program, const char *password, const char *email,
    const char *name)
{
	const struct config *config = program->config;

	if (!text_is_utf8(password, strlen(password)))
		return "the password is not UTF-8";
	switch (password_judge(config, program->arena, password, email, name)) {
	case PASSWORD_GOOD:
		return NULL;
	case PASSWORD_TOO_SHORT:
		return arena_printf(program->arena,
		    "the password is shorter than %lld characters"
		    " (password.min_length)",
		    (long long)config->password_min_length);
	case PASSWORD_TOO_LONG:
		return arena_printf(program->arena,
		    "the password is longer than %d bytes", PASSWORD_MAX_BYTES);
	case PASSWORD_GUESSABLE:
		return "the password is easy to guess: add another word or two";
	case PASSWORD_CLASSES:
		return arena_printf(program->arena,
		    "the password has fewer than %lld of lower case, upper case,"
		    " digits and others (password.require_classes)",
		    (long long)config->password_require_classes);
	}
	return NULL;
}

/* Insert account and audit row together. */
static enum status
create_account(struct program *program, struct db *db, const char *email,
    const char *name, const char *hash, const char **id)
{
	enum status st;

	st = db_begin(db);
	if (st == ST_OK)
		st = account_create(
		    db, program->arena, email, name, hash, true, id);
	if (st == ST_OK)
		st = audit(db, program->arena, ACTOR_OPERATOR,
		    DEED_ACCOUNT_CREATED, *id, NULL, NULL);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

/* The operator vouches for the address, so it counts as proven. */
static int
create(struct program *program, struct db *db, int argc, char **argv)
{
	const char *email, *name, *password, *fault, *hash, *id;
	enum status st;

	if (argc == 4 && strcmp(argv[1], "--name") == 0) {
		name = argv[2];
		email = argv[3];
	} else if (argc == 2) {
		name = email = argv[1];
	} else {
		return EXIT_USAGE;
	}
	if (!address_is_valid(email))
		return program_fail("%s is not an email address", email);
	if (!text_is_utf8(name, strlen(name)) || text_has_control(name) ||
	    name[0] == '\0' || strlen(name) > ACCOUNT_NAME_MAX)
		return program_fail("the name must be 1 to %d bytes of UTF-8",
		    ACCOUNT_NAME_MAX);
	password = read_password(program->arena);
	fault = password_fault(program, password, email, name);
	if (fault != NULL)
		return program_fail("%s", fault);
	st = password_hash(program->config, program->arena, password, &hash);
	if (st == ST_OK)
		st = create_account(program, db, email, name, hash, &id);
	if (st == ST_CONFLICT)
		return program_fail("%s has an account already", email);
	if (st != ST_OK)
		return program_fail("account not created: %s", status_name(st));
	printf("created %s %s\n", id, email);
	return EXIT_SUCCESS;
}

static const char *
state_of(const struct account *account)
{
	if (account->disabled)
		return "disabled";
	if (account->delete_after != 0)
		return "deleting";
	return account->verified ? "active" : "unverified";
}

static int
list(struct program *program, struct db *db, int argc, char **argv)
{
	struct account *accounts;
	const char *after = "";
	size_t count;

	(void)argv;
	if (argc != 1)
		return EXIT_USAGE;
	do {
		if (account_list(db, program->arena, after, PAGE, &accounts,
			&count) != ST_OK)
			return program_fail("accounts not read");
		for (size_t i = 0; i < count; i++)
			printf("%s %-10s %s\t%s\n", accounts[i].id,
			    state_of(&accounts[i]), accounts[i].email,
			    accounts[i].name);
		if (count > 0)
			after = accounts[count - 1].email;
	} while (count == PAGE);
	return EXIT_SUCCESS;
}

/* The account that an argument names, by address. Says so if there is none. */
static bool
find(struct program *program, struct db *db, const char *email,
    struct account *account)
{
	enum status st =
	    account_find_by_email(db, program->arena, email, account);

	if (st == ST_NOT_FOUND)
		(void)program_fail("no account has the address %s", email);
	else if (st != ST_OK)
		(void)program_fail("account not read: %s", status_name(st));
	return st == ST_OK;
}

static void
print_second_factor(struct arena *arena, const struct second_factor *factor)
{
	if (factor->active)
		printf("factor   on since %s, recovery codes left: %" PRId64
		       "\n",
		    clock_rfc3339(arena, factor->activated_at),
		    factor->recovery_left);
	else
		printf("factor   off\n");
}

static int
show(struct program *program, struct db *db, int argc, char **argv)
{
	struct second_factor factor;
	struct account account;

	if (argc != 2)
		return EXIT_USAGE;
	if (!find(program, db, argv[1], &account))
		return EXIT_FAILURE;
	if (second_factor_find(db, program->arena, account.id, &factor) !=
	    ST_OK)
		return program_fail("second factor not read");
	printf("id       %s\nemail    %s\nname     %s\nstate    %s\n"
	       "created  %s\n",
	    account.id, account.email, account.name, state_of(&account),
	    clock_rfc3339(program->arena, account.created_at));
	print_second_factor(program->arena, &factor);
	if (account.delete_after != 0)
		printf("deleted  %s, unless they sign in before\n",
		    clock_rfc3339(program->arena, account.delete_after));
	return EXIT_SUCCESS;
}

/* Do a deed on the account an argument names, with its audit row. */
static int
change(struct program *program, struct db *db, int argc, char **argv,
    deed_on *do_it, enum deed deed)
{
	struct account account;
	enum status st;

	if (argc != 2)
		return EXIT_USAGE;
	if (!find(program, db, argv[1], &account))
		return EXIT_FAILURE;
	st = db_begin(db);
	if (st == ST_OK)
		st = do_it(db, program->arena, account.id);
	if (st == ST_OK)
		st = audit(db, program->arena, ACTOR_OPERATOR, deed, account.id,
		    NULL, NULL);
	if (st == ST_OK)
		st = db_commit(db);
	else
		db_rollback(db);
	if (st != ST_OK)
		return program_fail("nothing changed: %s", status_name(st));
	printf("%sd %s\n", argv[0], account.email);
	return EXIT_SUCCESS;
}

/*
 * For somebody who has neither device nor recovery codes, and has shown
 * otherwise who it is. Leaves an audit row and mails the person.
 */
static int
switch_off(struct program *program, struct db *db, int argc, char **argv)
{
	struct entry entry = { .db = db, .arena = program->arena };
	struct account account;
	enum status st;

	if (argc != 3 || strcmp(argv[1], "off") != 0)
		return EXIT_USAGE;
	entry.config = program_config(program);
	entry.key = program_key(program);
	if (entry.key == NULL || !find(program, db, argv[2], &account))
		return EXIT_FAILURE;
	st = db_begin(db);
	if (st == ST_OK)
		st = second_factor_remove(&entry, ACTOR_OPERATOR, &account);
	if (st == ST_OK)
		st = db_commit(db);
	else
		db_rollback(db);
	if (st == ST_NOT_FOUND)
		return program_fail("%s has no second factor", account.email);
	if (st != ST_OK)
		return program_fail("nothing changed: %s", status_name(st));
	printf("second factor off for %s\n", account.email);
	return EXIT_SUCCESS;
}

int
command_user(struct program *program, int argc, char **argv)
{
	struct db *db = program_db(program);
	const char *verb = argc > 1 ? argv[1] : "";

	if (db == NULL)
		return EXIT_FAILURE;
	argc--;
	argv++;
	if (strcmp(verb, "create") == 0)
		return create(program, db, argc, argv);
	if (strcmp(verb, "list") == 0)
		return list(program, db, argc, argv);
	if (strcmp(verb, "show") == 0)
		return show(program, db, argc, argv);
	if (strcmp(verb, "second-factor") == 0)
		return switch_off(program, db, argc, argv);
	if (strcmp(verb, "disable") == 0)
		return change(program, db, argc, argv, account_disable,
		    DEED_ACCOUNT_DISABLED);
	if (strcmp(verb, "enable") == 0)
		return change(program, db, argc, argv, account_enable,
		    DEED_ACCOUNT_ENABLED);
	if (strcmp(verb, "delete") == 0)
		return change(program, db, argc, argv, deletion_now,
		    DEED_ACCOUNT_DELETED);
	if (strcmp(verb, "import") == 0)
		return user_import(program, db, argc, argv);
	return EXIT_USAGE;
}
