/* exchange.c - HTTP/1.1 by hand, one request a connection. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/web.h"
#include "tests/stress/exchange.h"
#include "tests/stress/stress.h"

#define PATIENCE 60 /* seconds */

static const char *
authority(void)
{
	return web_url() + strlen("http://");
}

/* -1 when nobody listens. */
static int
connect_to_site(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct sockaddr_in address = { .sin_family = AF_INET };
	const char *port = strchr(authority(), ':');
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((in_port_t)strtoul(port + 1, NULL, 10));
	/* The last byte must not wait until the others are acknowledged. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) == 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool
send_all(int fd, const char *at, size_t len)
{
	ssize_t sent;

	while (len > 0 && (sent = send(fd, at, len, MSG_NOSIGNAL)) > 0) {
		at += sent;
		len -= (size_t)sent;
	}
	return len == 0;
}

void
exchange_begin(
    struct exchange *exchange, struct arena *arena, const struct ask *ask)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	strbuf_printf(&text,
	    "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
	    "Accept: application/json\r\nUser-Agent: Stress/1.0\r\n",
	    ask->method, ask->target, authority());
	if (ask->header != NULL)
		strbuf_printf(&text, "%s\r\n", ask->header);
	if (ask->body != NULL)
		strbuf_printf(&text,
		    "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n",
		    strlen(ask->body));
	else if (strcmp(ask->method, "GET") != 0)
		strbuf_str(&text, "Content-Length: 0\r\n");
	strbuf_printf(&text, "\r\n%s", ask->body != NULL ? ask->body : "");

	*exchange = (struct exchange){ .arena = arena,
		.fd = connect_to_site(),
		.last = text.text[text.len - 1] };
	if (exchange->fd >= 0 &&
	    !send_all(exchange->fd, text.text, text.len - 1)) {
		(void)close(exchange->fd);
		exchange->fd = -1;
	}
}

/* "HTTP/1.1 200 ...", headers, an empty line, the rest. */
static struct answer
parse(struct arena *arena, const struct strbuf *text)
{
	const char *head = strstr(text->text, "\r\n");
	const char *body = strstr(text->text, "\r\n\r\n");

	if (!text_starts_with(text->text, "HTTP/1.1 ") || body == NULL)
		return (
		    struct answer){ .arena = arena, .head = "", .body = "" };
	return (struct answer){
		.arena = arena,
		.status =
		    (int)strtol(text->text + strlen("HTTP/1.1 "), NULL, 10),
		.head = arena_strndup(arena, head + 2, (size_t)(body - head)),
		.body = body + 4,
		.len = text->len - (size_t)(body + 4 - text->text),
	};
}

static void
read_answer(const struct exchange *exchange, struct strbuf *text)
{
	char buffer[4096];
	ssize_t got;

	while ((got = recv(exchange->fd, buffer, sizeof(buffer), 0)) > 0)
		strbuf_add(text, buffer, (size_t)got);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		stress_broken("no answer within a minute");
}

/* Close so that the other side is told, whatever is still on its way. */
static void
cut(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(fd);
}

const struct answer *
exchange_end(struct exchange *exchange, enum fate fate)
{
	struct answer *answer = arena_alloc(exchange->arena, sizeof(*answer));
	struct pollfd fd = { .fd = exchange->fd, .events = POLLIN };
	struct strbuf text;

	strbuf_init(&text, exchange->arena);
	*answer = parse(exchange->arena, &text);
	if (exchange->fd < 0)
		return answer;
	(void)send_all(exchange->fd, &exchange->last, 1);
	switch (fate) {
	case FATE_READ:
		read_answer(exchange, &text);
		(void)close(exchange->fd);
		break;
	case FATE_DROP:
		if (poll(&fd, 1, PATIENCE * 1000) != 1)
			stress_broken("no answer within a minute");
		/* fallthrough */
	case FATE_HANG_UP:
		cut(exchange->fd);
		break;
	}
	*answer = parse(exchange->arena, &text);
	return answer;
}

const struct answer *
exchange(struct arena *arena, const struct ask *ask)
{
	struct exchange one;

	exchange_begin(&one, arena, ask);
	return exchange_end(&one, FATE_READ);
}
