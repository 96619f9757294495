/*
 * client - somebody who sends requests over HTTP, and sees what comes back.
 *
 * No redirect is followed, and nothing of an answer is hidden. An exchange
 * that does not come to its end fails the test. Answers, and all that is read
 * from them, live in the client's arena.
 */
#ifndef CHATELAINE_TESTS_CLIENT_H
#define CHATELAINE_TESTS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum client_kind {
	CLIENT_BROWSER, /* without script: pages, forms, cookies */
	CLIENT_SCRIPT,  /* of a page: JSON, with the browser's cookies */
	CLIENT_PROGRAM, /* JSON, and no cookies */
};

struct client;

struct answer {
	struct arena *arena;
	int status;       /* 0: closed without an answer (client_raw alone) */
	const char *head; /* the lines after the first, each with its CRLF */
	const char *body; /* len bytes, and a NUL */
	size_t len;
};

/* Names and texts by turns, as the functions below take them. */
#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_FIELDS ((const char *const[]){ NULL })

/* A client of the site at url, which ends with the arena. */
struct client *client_new(
    struct arena *arena, const char *url, enum client_kind kind);

/* Send this header with all requests from now on; NULL: no longer. */
void client_header(struct client *client, const char *name, const char *value);

/* The value of a cookie that is kept; "" when there is none. Keep; forget. */
const char *client_cookie(const struct client *client, const char *name);
void client_keep_cookie(
    struct client *client, const char *name, const char *value);
void client_forget_cookies(struct client *client);

/*
 * Where passwords are hashed, a busy machine may answer 503 with Retry-After.
 * What has a body is sent again then, at that time and a few times at most;
 * not by this client, from now on: to whom 503 is an answer.
 */
void client_impatient(struct client *client);

/* Any request. type and body may be NULL. */
const struct answer *client_send(struct client *client, const char *method,
    const char *target, const char *type, const void *body, size_t len);

const struct answer *client_get(struct client *client, const char *target);

/*
 * Press the button of the form with this action, after filling in fields: what
 * is hidden in the form is sent along. The test fails where there is no such
 * form.
 */
const struct answer *client_submit(struct client *client,
    const struct answer *page, const char *action, const char *const *fields);

/* POST a form that no page gave; a multipart one; send a JSON object. */
const struct answer *client_form(
    struct client *client, const char *target, const char *const *fields);
const struct answer *client_multipart(
    struct client *client, const char *target, const char *const *fields);
const struct answer *client_json(struct client *client, const char *method,
    const char *target, const char *const *fields);

/*
 * Bytes on a connection of their own, closed for writing behind them when
 * last. The answer is what comes until the server closes the connection, so
 * ask for that; the body of an answer to HEAD is whatever follows its head.
 */
const struct answer *client_raw(
    struct client *client, const void *bytes, size_t len, bool last);

/*
 * A connection to the site, for whoever speaks for themselves: its descriptor,
 * on which no read waits for ever.
 */
int client_connect(const struct client *client);

/* A header, "" when absent; how many of a name. */
const char *answer_header(const struct answer *answer, const char *name);
size_t answer_header_count(const struct answer *answer, const char *name);

/* Does the body hold this text? */
bool answer_shows(const struct answer *answer, const char *text);

/* A hidden field of the form with this action; NULL when there is none. */
const char *answer_hidden(
    const struct answer *answer, const char *action, const char *name);

/*
 * A member of a JSON body as text, "errors.0.field" within objects and lists;
 * "" when absent.
 */
const char *answer_json(const struct answer *answer, const char *path);

/* The last part of the type of a JSON problem; "" when it is none. */
const char *answer_problem(const struct answer *answer);

#endif
