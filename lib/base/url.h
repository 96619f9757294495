/* url - the parts of site.url, and of hosts, that decide what is safe there. */
#ifndef CHATELAINE_URL_H
#define CHATELAINE_URL_H

#include <stdbool.h>

#include "base/arena.h"

struct url {
	const char *origin; /* "https://example.org:8443" (RFC 6454) */
	const char *host;   /* "example.org", "127.0.0.1", "::1" */
	const char *path;   /* "" or "/app" */
	bool tls;
	bool private; /* nobody on the way can read it: TLS, or loopback */
};

/*
 * Take a URL apart that config_load has accepted: http or https, no user, no
 * final slash. All of it lives in the arena.
 */
struct url url_read(struct arena *arena, const char *text);

/* Is it a name or numeric address of this very machine? No brackets, no port. */
bool url_host_is_loopback(const char *host);

#endif
