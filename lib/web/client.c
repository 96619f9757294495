/* client.c - addresses and user agents, believed only as far as they go. */

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "web/client.h"

#define SEPARATORS " ,\t"

/* The address in its one numeric form; NULL if it is not an address. */
static const char *
numeric(struct arena *arena, const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char form[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET, text, bytes) == 1 &&
	    inet_ntop(AF_INET, bytes, form, sizeof(form)) != NULL)
		return arena_strdup(arena, form);
	if (inet_pton(AF_INET6, text, bytes) == 1 &&
	    inet_ntop(AF_INET6, bytes, form, sizeof(form)) != NULL)
		return arena_strdup(arena, form);
	return NULL;
}

/* In the form that numeric gives. */
static bool
is_loopback(const char *ip)
{
	return text_starts_with(ip, "127.") || strcmp(ip, "::1") == 0 ||
	    text_starts_with(ip, "::ffff:127.");
}

/* Is the address one of the operator's proxies? */
static bool
is_trusted(const struct request *rq, const char *ip)
{
	const char *at = rq->site->config->trusted_proxies;

	for (at += strspn(at, SEPARATORS); *at != '\0';
	     at += strspn(at, SEPARATORS)) {
		size_t len = strcspn(at, SEPARATORS);
		const char *proxy =
		    numeric(rq->arena, arena_strndup(rq->arena, at, len));

		if (proxy != NULL && strcmp(proxy, ip) == 0)
			return true;
		at += len;
	}
	return false;
}

const char *
client_ip(const struct request *rq)
{
	const char *ip =
	    numeric(rq->arena, request_variable(rq, "REMOTE_ADDR"));
	const char *named;
	size_t end, start;
	char *chain;

	if (ip == NULL || !is_trusted(rq, ip))
		return ip;
	chain = arena_strdup(
	    rq->arena, request_variable(rq, "HTTP_X_FORWARDED_FOR"));
	end = strlen(chain);
	/* From the right: each proxy adds the one it heard from. */
	while (end > 0 && is_trusted(rq, ip)) {
		for (start = end; start > 0; start--)
			if (strchr(SEPARATORS, chain[start - 1]) != NULL)
				break;
		if (start < end) {
			named = numeric(rq->arena, chain + start);
			if (named == NULL)
				break;
			ip = named;
		}
		end = start > 0 ? start - 1 : 0;
		chain[end] = '\0';
	}
	return ip;
}

bool
client_is_hidden(const struct request *rq)
{
	static const char *const headers[] = { "HTTP_X_FORWARDED_FOR",
		"HTTP_FORWARDED", "HTTP_X_REAL_IP" };
	const char *proxies = rq->site->config->trusted_proxies;
	const char *ip =
	    numeric(rq->arena, request_variable(rq, "REMOTE_ADDR"));

	if (ip == NULL || !is_loopback(ip) ||
	    proxies[strspn(proxies, SEPARATORS)] != '\0')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		if (request_variable(rq, headers[i])[0] != '\0')
			return true;
	return false;
}

const char *
client_counted_ip(const struct request *rq)
{
	return client_is_hidden(rq) ? NULL : client_ip(rq);
}

const char *
client_user_agent(const struct request *rq)
{
	const char *text = request_variable(rq, "HTTP_USER_AGENT");
	size_t len = strlen(text);

	if (!text_is_utf8(text, len) || text_has_control(text))
		return "";
	/* Cut before a character, not within one. */
	if (len > USER_AGENT_MAX)
		for (len = USER_AGENT_MAX;
		     ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	return arena_strndup(rq->arena, text, len);
}
