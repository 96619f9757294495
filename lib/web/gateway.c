/* gateway.c - the web server's two ways of calling a program. */

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "web/dispatch.h"
#include "web/gateway.h"

/* The largest body.limit that can be set: no web server need take more. */
#define CGI_DRAIN_MAX (16 * 1024 * 1024)
/* Taking a request that is there already takes less. */
#define PAUSE_US (100 * 1000)

static volatile sig_atomic_t stopping;

static void
stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
	FCGX_ShutdownPending();
}

/* No SA_RESTART: a program that waits for a request is to wake up. */
static void
catch_signals(void)
{
	struct sigaction reaction = { .sa_handler = stop };

	(void)sigemptyset(&reaction.sa_mask);
	(void)sigaction(SIGTERM, &reaction, NULL);
	(void)sigaction(SIGUSR1, &reaction, NULL);
	reaction.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &reaction, NULL);
}

/* Status line and headers as a CGI response has them (RFC 3875, 6). */
static void
write_head(struct strbuf *out, const struct response *rs)
{
	strbuf_printf(out, "Status: %d\r\n", rs->status);
	for (const struct header *h = rs->headers; h != NULL; h = h->next) {
		strbuf_str(out, h->name);
		strbuf_str(out, ": ");
		strbuf_str(out, h->value);
		strbuf_str(out, "\r\n");
	}
	if (rs->status != 204 && rs->status != 304)
		strbuf_printf(out, "Content-Length: %zu\r\n", rs->len);
	strbuf_str(out, "\r\n");
}

/* Answer one request; *out is what to send. */
static void
answer(const struct site *site, const struct handler *handler,
    const struct transport *transport, struct arena *arena, struct strbuf *out)
{
	const char *method =
	    transport->variable(transport->closure, "REQUEST_METHOD");
	struct response rs;

	dispatch(site, handler, transport, arena, &rs);
	strbuf_init(out, arena);
	write_head(out, &rs);
	if (method == NULL || strcmp(method, "HEAD") != 0)
		strbuf_add(out, rs.body, rs.len);
}

struct connection {
	FCGX_Request request;
	bool read; /* to the end of the body */
};

static const char *
fcgi_variable(void *closure, const char *name)
{
	struct connection *connection = closure;

	return FCGX_GetParam(name, connection->request.envp);
}

static ssize_t
fcgi_read(void *closure, void *buffer, size_t size)
{
	struct connection *connection = closure;
	int got = FCGX_GetStr(buffer, (int)size, connection->request.in);

	if (got > 0)
		return got;
	/* An aborted or cut body looks like a short one but for this. */
	if (FCGX_GetError(connection->request.in) != 0)
		return READ_CUT;
	connection->read = true;
	return 0;
}

static bool
has_body(const struct transport *transport)
{
	const char *length =
	    transport->variable(transport->closure, "CONTENT_LENGTH");

	return (length != NULL && strcmp(length, "0") != 0) ||
	    transport->variable(transport->closure, "HTTP_TRANSFER_ENCODING") !=
	    NULL;
}

/*
 * Send the answer and hang up. For the sake of a server that is still sending,
 * libfcgi waits until that has hung up first; where all has come, that would
 * be three system calls and a turn of the scheduler for nothing.
 */
static void
finish(struct connection *connection, const struct transport *transport,
    const struct strbuf *out)
{
	char byte;

	(void)FCGX_PutStr(out->text, (int)out->len, connection->request.out);
	/* The empty record in place of a body: some servers send it apart. */
	if (!connection->read && !has_body(transport))
		(void)fcgi_read(connection, &byte, sizeof(byte));
	if (connection->read)
		(void)FCGX_Detach(&connection->request);
	FCGX_Finish_r(&connection->request);
	(void)FCGX_Attach(&connection->request);
	connection->read = false;
}

/*
 * Take the next request. *since: when there last was a pause. The socket's
 * queue keeps no time, but whoever is in it has come after that.
 */
static bool
take_request(FCGX_Request *request, int64_t *since)
{
	struct pollfd queue = { .fd = STDIN_FILENO, .events = POLLIN };
	bool queued = poll(&queue, 1, 0) > 0;
	int64_t before = clock_steady_us(), after;

	if (FCGX_Accept_r(request) != 0)
		return false;
	after = clock_steady_us();
	/* Another process at the socket may have been faster, and we waited. */
	if (!queued || after - before > PAUSE_US)
		*since = after;
	return true;
}

static int
serve_fcgi(const struct site *site, const struct handler *handler)
{
	struct connection connection = { .read = false };
	struct transport transport = { fcgi_variable, fcgi_read, &connection,
		0 };
	FCGX_Request *request = &connection.request;
	struct arena *arena = arena_new();
	int64_t since = clock_steady_us();
	struct strbuf out;

	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(request, STDIN_FILENO, FCGI_FAIL_ACCEPT_ON_INTR) !=
		0) {
		log_error("fastcgi not started");
		arena_free(arena);
		return EXIT_FAILURE;
	}
	while (!stopping && take_request(request, &since)) {
		transport.busy_ms = (clock_steady_us() - since) / 1000;
		answer(site, handler, &transport, arena, &out);
		finish(&connection, &transport, &out);
		arena_reset(arena);
	}
	FCGX_Free(request, 1);
	arena_free(arena);
	return EXIT_SUCCESS;
}

static const char *
cgi_variable(void *closure, const char *name)
{
	(void)closure;
	return getenv(name);
}

/* A CGI body ends where CONTENT_LENGTH says; beyond, reading may hang. */
struct cgi_body {
	unsigned long long left;
	bool endless; /* came in chunks, and the web server has not counted */
};

static struct cgi_body
cgi_body(void)
{
	const char *length = getenv("CONTENT_LENGTH");
	struct cgi_body body = { 0, false };

	if (length != NULL && *length != '\0')
		body.left = strtoull(length, NULL, 10);
	else
		body.endless = getenv("HTTP_TRANSFER_ENCODING") != NULL;
	return body;
}

static ssize_t
cgi_read_some(struct cgi_body *body, void *buffer, size_t size)
{
	ssize_t got;

	if (!body->endless && body->left < size)
		size = (size_t)body->left;
	if (size == 0)
		return 0;
	do
		got = read(STDIN_FILENO, buffer, size);
	while (got < 0 && errno == EINTR);
	if (got > 0 && !body->endless)
		body->left -= (unsigned long long)got;
	return got;
}

/* Nothing tells the end of an endless body from a connection that broke. */
static ssize_t
cgi_read(void *closure, void *buffer, size_t size)
{
	struct cgi_body *body = closure;
	ssize_t got;

	if (body->endless)
		return READ_ENDLESS;
	if (body->left == 0)
		return 0;
	got = cgi_read_some(body, buffer, size);
	return got <= 0 ? READ_CUT : got;
}

/*
 * Take what was refused unread: while Apache can't get rid of a body, it hands
 * no answer on.
 */
static void
cgi_drain(struct cgi_body *body)
{
	char buffer[4096];
	size_t drained = 0;
	ssize_t got;

	while (drained < CGI_DRAIN_MAX &&
	    (got = cgi_read_some(body, buffer, sizeof(buffer))) > 0)
		drained += (size_t)got;
}

static int
serve_cgi(const struct site *site, const struct handler *handler)
{
	struct cgi_body body = cgi_body();
	struct transport transport = { cgi_variable, cgi_read, &body, 0 };
	struct arena *arena = arena_new();
	struct strbuf out;
	size_t sent = 0;
	ssize_t put;

	answer(site, handler, &transport, arena, &out);
	cgi_drain(&body);
	while (sent < out.len) {
		put = write(STDOUT_FILENO, out.text + sent, out.len - sent);
		if (put < 0 && errno != EINTR)
			break; /* the client has gone; the work is done */
		if (put > 0)
			sent += (size_t)put;
	}
	arena_free(arena);
	return EXIT_SUCCESS;
}

/* What a web server gets from a program that can't start. */
static void
say_broken(void)
{
	static const char text[] = "Status: 500\r\n"
				   "Content-Type: text/plain\r\n"
				   "Cache-Control: no-store\r\n\r\n"
				   "500\n";

	(void)!write(STDOUT_FILENO, text, sizeof(text) - 1);
}

int
gateway_run(const struct handler *handler)
{
	bool cgi = FCGX_IsCGI();
	struct site *site;
	int code;

	log_program(handler->name);
	catch_signals();
	if (site_open(handler->name, &site) != ST_OK) {
		if (cgi)
			say_broken();
		return EXIT_FAILURE;
	}
	if (cgi)
		code = serve_cgi(site, handler);
	/* One that lives long finds out now what is wrong with its pages. */
	else if (template_check(site->templates) != ST_OK)
		code = EXIT_FAILURE;
	else
		code = serve_fcgi(site, handler);
	site_close(site);
	return code;
}
