/*
 * smtp - a mail server for tests: tests/mail/smtp_server.py, on 127.0.0.1.
 *
 * It ends with the test's process at the latest.
 */
#ifndef CHATELAINE_TESTS_SMTP_H
#define CHATELAINE_TESTS_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"

/* What the server wants to be told. */
#define TEST_SMTP_USER "chatelaine"
#define TEST_SMTP_PASSWORD "geheim-\xc3\x9f"

struct test_smtp {
	const char *dir; /* see smtp_server.py; removed by test_smtp_stop */
	int port;
	int pid;
};

/*
 * Start a server and wait until it listens. options: NULL-terminated, NULL for
 * none, as smtp_server.py lists them.
 */
struct test_smtp *test_smtp_start(
    struct arena *arena, const char *const *options);

/* Stop it, leaving its files; start it again on the same port and directory. */
void test_smtp_halt(struct test_smtp *smtp);
void test_smtp_resume(struct test_smtp *smtp);

/* Stop it and remove its files. */
void test_smtp_stop(struct test_smtp *smtp);

/* Settings to use it with STARTTLS and AUTH; the rest is zero. */
struct config test_smtp_config(
    struct arena *arena, const struct test_smtp *smtp);

/* How many messages it has accepted. */
size_t test_smtp_count(const struct test_smtp *smtp);

/* A file of its directory, "" if it isn't there. */
const char *test_smtp_file(
    struct arena *arena, const struct test_smtp *smtp, const char *name);

/* The nth message from 1, as it came. */
const char *test_smtp_message(
    struct arena *arena, const struct test_smtp *smtp, size_t number);

/* Let it answer for recipients slow-*. */
void test_smtp_go(const struct test_smtp *smtp);

#endif
