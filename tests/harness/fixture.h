/*
 * fixture - what tests of accounts and of the web core stand on.
 *
 * All of it is for a test that has forked already, in a program that said
 * NEEDS_POSTGRES.
 */
#ifndef CHATELAINE_FIXTURE_H
#define CHATELAINE_FIXTURE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/secret.h"
#include "web/site.h"

/* Valid, and nobody's. */
#define TEST_UUID "00000000-0000-4000-8000-000000000000"

/* A password that the policy likes. */
#define TEST_PASSWORD "seven damp owls in a teapot"

/*
 * The settings of tests/harness/site.conf with the database as the handlers'
 * role, the templates of the tree and a throwaway master key. They are left in
 * the environment, where site_open finds them.
 */
const struct config *test_config(struct arena *arena);

/* The master key of those settings; free it with master_key_free. */
struct master_key *test_master_key(void);

/*
 * A site with those settings, but for site.url when url is not NULL. End with
 * site_close.
 */
struct site *test_site(const char *url);

/* Take all rows out of all tables. */
void test_clear(void);

/* The active signing key retires; nothing signs then. */
void test_retire_key(void);

/*
 * Run SQL as the owner, on the connection test_db. test_text gives the first
 * column of the one row, test_int as a number; arg is $1, or NULL without one.
 */
void test_execute(const char *sql);
const char *test_text(struct arena *arena, const char *sql, const char *arg);
int64_t test_int(const char *sql, const char *arg);

/*
 * A value of the newest mail in the outbox that has this template, opened with
 * the master key; "" when it has no such value. Fails without such a mail.
 */
const char *test_mailed(struct arena *arena, const struct master_key *key,
    const char *template, const char *value);

/*
 * Does any row of any table hold this text: as it is, as the bytes of a bytea
 * or, should it be base64url, as the bytes it stands for?
 */
bool test_is_stored(const char *text);

/*
 * A second process that does work, with connections of its own; test_join
 * waits for it and gives what work returned. test_await_waiting returns when
 * so many wait for a lock in the database.
 */
pid_t test_fork(int (*work)(void *), void *closure);
int test_join(pid_t pid);
void test_await_waiting(int count);

/* End all other connections of the handlers' role, as a crash would. */
void test_cut_connections(void);

#endif
