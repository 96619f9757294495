/*
 * harness - what every test program shares.
 *
 * A program's main makes its suite and ends with harness_run. With
 * NEEDS_POSTGRES that brings up a cluster of the program's own before the
 * first test is forked, with the roles of conf/quickstart/postgres and, in the
 * database chatelaine, all control migrations. NEEDS_FASTCGI and NEEDS_CGI
 * bring up all that Chatelaine is, see web.h, with such a cluster in it.
 * NEEDS_SERVERS runs the suite so under one web server after the other: those
 * of $TEST_SERVERS or, without it, all. It goes when the program does, however
 * that ends.
 */
#ifndef CHATELAINE_HARNESS_H
#define CHATELAINE_HARNESS_H

#include <check.h>

#include "base/db.h"

#define NEEDS_POSTGRES 1u
#define NEEDS_FASTCGI 2u
#define NEEDS_CGI 4u
#define NEEDS_SERVERS 8u

/* What the start of a server returns when that is not installed. */
#define NOT_INSTALLED 3

/* Run the suite and free it; what main returns: 77 when a need is not met. */
int harness_run(Suite *suite, unsigned needs);

/*
 * The database, as the role that owns it and as the handlers' role: URLs that
 * dbmate understands too. test_empty_database makes one more, without tables,
 * owned by the same role.
 */
const char *test_database_url(void);
const char *test_handler_url(void);
const char *test_empty_database(void);

/*
 * A connection as the owner that this process keeps, for a question or two: it
 * is the harness's, and gone when the server is stopped or restarted.
 */
struct db *test_db(void);

/*
 * A connection as the owner, in a transaction, for a checked fixture's setup;
 * for its teardown: roll back and close.
 */
struct db *test_db_begin(void);
void test_db_end(struct db *db);

/* Restart the server, or do the halves of it: connections are cut, rows stay. */
void test_db_restart(void);
void test_db_stop(void);
void test_db_start(void);

/* The tops of the sources and of the build, as absolute paths. */
const char *test_srcdir(void);
const char *test_builddir(void);

/*
 * A new directory for files of the test; write one in it; remove it with all
 * that is there. The path lives in the arena.
 */
const char *test_directory_new(struct arena *arena);
void test_write_file(const char *dir, const char *name, const char *text);
void test_directory_remove(const char *dir);

/*
 * Run a program, looked for in PATH, with arguments up to a NULL; its output
 * goes to where the test's goes. Returns its exit status, 128 + the signal
 * that killed it, or 127 when there is no such program.
 */
int test_run(const char *const *argv);

#endif
