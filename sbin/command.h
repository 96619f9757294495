/*
 * command - the subcommands of chatelaine(8), and what they share.
 *
 * A noun has a file of its own with one function. It prints what was asked for
 * to standard output, and what went wrong to standard error as "chatelaine:
 * ..."; faults of the library are logged where they are detected.
 */
#ifndef CHATELAINE_COMMAND_H
#define CHATELAINE_COMMAND_H

#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/secret.h"

#define EXIT_USAGE 2  /* the arguments are not of the command's form */
#define EXIT_PARTLY 3 /* some of what was asked for was refused */

/* What a subcommand finds ready. Opened when first asked for, closed by main. */
struct program {
	struct arena *arena;
	const char *config_path; /* --config; NULL: where config_load looks */
	const struct config *config;
	struct db *db;
	struct master_key *key;
};

/* argv[0] is the noun. Returns the exit status. */
typedef int command(struct program *program, int argc, char **argv);

command command_key;     /* key.c */
command command_migrate; /* migrate.c */
command command_work;    /* work.c */
command command_user;    /* user.c */
command command_mail;    /* mail.c */
command command_audit;   /* audit.c */
command command_session; /* session.c */
command command_doctor;  /* doctor.c */

/* A verb of command_user, in a file of its own. argv[0] is the verb. */
int user_import(struct program *program, struct db *db, int argc, char **argv);

/* The settings; NULL when they are wrong, which was logged. */
const struct config *program_config(struct program *program);

/* The control database by database.worker_url; NULL as above. */
struct db *program_db(struct program *program);

/* The master key; NULL as above. */
const struct master_key *program_key(struct program *program);

/* The directory of the control database's migrations. Settings loaded. */
const char *program_migrations(const struct program *program);

/* Print "chatelaine: ..." to standard error. Returns EXIT_FAILURE. */
int program_fail(const char *format, ...) PRINTF(1, 2);

#endif
