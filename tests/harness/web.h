/*
 * web - an instance for a test program: ./quickstart in a fresh directory.
 *
 * A web server with the programs of this build, the worker, PostgreSQL, and a
 * mail server that wants STARTTLS and AUTH, with hashes as cheap as they may
 * be and no limits (limit.NAME). harness_run starts and stops it for programs
 * that say NEEDS_SERVERS or the like; the functions of fixture.h that ask the
 * database then ask its.
 */
#ifndef CHATELAINE_TESTS_WEB_H
#define CHATELAINE_TESTS_WEB_H

#include <stdbool.h>

#include "base/arena.h"

/* By the names that ./quickstart --server has for them. */
#define WEB_SERVERS                                                       \
	"lighttpd lighttpd-cgi apache-proxy-fcgi apache-fcgid apache-cgi" \
	" apache-htaccess"

/* The setting metrics.token. */
#define WEB_METRICS_TOKEN "0123456789abcdef0123456789abcdef"

/*
 * For harness_run. web_prepare starts the mail server, web_start the rest, in
 * this directory. Each returns 0, NOT_INSTALLED, or another status of exit
 * with the reason printed. web_stop ends them and says whether all went well
 * to the very end: no sanitizer complained. web_remove, for the guardian,
 * stops whatever is left and removes the files.
 */
int web_prepare(const char *dir, const char *server);
int web_start(void);
bool web_stop(void);
void web_remove(void);

/*
 * A setting for the instance, "password.at_once=1", beside or instead of those
 * above: for a program's main, before harness_run.
 */
void web_set(const char *setting);

/* The site's address, without a final slash. */
const char *web_url(void);

/* Which it is: is its name that, or does it begin so ("apache")? */
bool web_is(const char *server);

/* Does each request have a process of its own? */
bool web_is_cgi(void);

/*
 * The process ids of the handlers, in order. As CGI they live for a request
 * only: waits until none is left, and gives "".
 */
const char *web_handlers(struct arena *arena);

/*
 * Which of these handlers have ended; "" when none has. A server may have
 * started others meanwhile. As CGI, waits as web_handlers does.
 */
const char *web_handlers_lost(struct arena *arena, const char *handlers);

/* The directory of it all, with log/access.log, run/ and pg/ in it. */
const char *web_directory(void);

/* What the web server and the handlers have logged, and the worker. */
const char *web_log(struct arena *arena);
const char *web_worker_log(struct arena *arena);

/*
 * Run bin/chatelaine of the build with arguments up to a NULL. input is its
 * standard input (NULL: none), *output what it wrote, errors included. Returns
 * its exit status.
 */
int web_command(struct arena *arena, const char **output, const char *input,
    const char *const *args);

/* An account, verified, with TEST_PASSWORD. */
void web_account(const char *email, const char *name);

struct mail {
	const char *recipient;
	const char *source; /* the whole message */
	const char *text;   /* the plain part, decoded */
	const char *link;   /* the first in it of our site, from its path on */
};

/*
 * The nth mail (from 1) to an address whose subject holds a text: waits until
 * it has come. web_mail_count counts those that are there.
 */
struct mail web_mail(
    struct arena *arena, const char *address, const char *subject, size_t nth);
size_t web_mail_count(const char *address);

/* The mail that came as this number (from 1); false when it has not come. */
bool web_mail_at(struct arena *arena, size_t number, struct mail *mail);

#endif
