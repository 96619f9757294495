/* url.c - for the few URLs that an operator writes. */

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "base/url.h"

#define MARK "://"

bool
url_host_is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return text_equal_nocase(host, "localhost");
}

struct url
url_read(struct arena *arena, const char *text)
{
	const char *mark = strstr(text, MARK);
	const char *host = mark != NULL ? mark + strlen(MARK) : text;
	const char *path = host + strcspn(host, "/");
	struct url url = {
		.origin = arena_strndup(arena, text, (size_t)(path - text)),
		.path = arena_strdup(arena, path),
		.tls = text_starts_with(text, "https" MARK),
	};

	if (*host == '[')
		url.host =
		    arena_strndup(arena, host + 1, strcspn(host + 1, "]"));
	else
		url.host = arena_strndup(arena, host, strcspn(host, ":/"));
	url.private = url.tls || url_host_is_loopback(url.host);
	return url;
}
