/*
 * fcgi - a handler without a web server: FastCGI and CGI, spoken by hand.
 *
 * For what no web server does on demand: to end a handler in the middle of a
 * request, and to cut requests short. Settings are those of fixture.h.
 */
#ifndef CHATELAINE_TESTS_FCGI_H
#define CHATELAINE_TESTS_FCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"

/* A running handler. */
struct fcgi {
	struct arena *arena;
	const char *dir; /* with its socket and its log */
	pid_t pid;
	int in, out; /* of CGI: its standard input and output */
};

/* Names and values by turns, up to a NULL. */
#define PARAMS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Start auth.fcgi as a FastCGI process, or as CGI for one request. */
struct fcgi *fcgi_start(struct arena *arena);
struct fcgi *cgi_start(struct arena *arena, const char *const *params);

/* Wait until it sleeps, that is, for a connection. */
void fcgi_await_idle(const struct fcgi *fcgi);

/*
 * Wait for its end and remove its files: its exit status, or minus the signal
 * that killed it. What its log holds fails the test if a sanitizer wrote it.
 */
int fcgi_join(struct fcgi *fcgi);

/*
 * A request: on a connection of its own, with these variables; then its body,
 * and the end of the body. fcgi_abort takes the request back instead.
 */
int fcgi_begin(const struct fcgi *fcgi, const char *const *params);
void fcgi_body(int connection, const char *text);
void fcgi_finish(int connection);
void fcgi_abort(int connection);

/*
 * What the handler writes until it ends the request, and the connection then
 * closed. *whole: it did end it.
 */
const char *fcgi_answer(struct arena *arena, int connection, bool *whole);

/* The same of a CGI: until it closes its output. */
const char *cgi_answer(struct fcgi *cgi);

#endif
