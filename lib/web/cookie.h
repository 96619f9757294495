/*
 * cookie - names and attributes of what a browser keeps for us (RFC 6265bis).
 *
 * All are HttpOnly, SameSite=Lax and host-only. Over TLS they are Secure and
 * carry the __Host- prefix; without TLS on loopback they lose prefix and flag.
 * The refresh token goes to /auth alone, so that no other program and no app
 * guarded by us ever receives it; as __Host- means the whole host, its prefix
 * is __Secure-.
 */
#ifndef CHATELAINE_COOKIE_H
#define CHATELAINE_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum cookie {
	COOKIE_ACCESS,  /* ch_access: the access token */
	COOKIE_REFRESH, /* ch_refresh: the refresh token */
	COOKIE_BROWSER, /* ch_browser: random; ties forms, and the link that
			   proves an address, to the browser before sign-in */
	COOKIE_DEVICE,  /* ch_device: random; a browser that signed in before */
	COOKIE_COUNT
};

/* How cookies are written, from site.url and cookie.secure. */
struct cookie_style {
	bool secure;      /* prefix and Secure flag */
	const char *base; /* path of site.url: "" or "/app" */
};

/* The name on the wire, with or without the prefix. Static. */
const char *cookie_name(const struct cookie_style *style, enum cookie cookie);

/*
 * The value of a cookie in a Cookie header. "" when absent, sent twice with
 * different values, or with characters that no cookie of ours has (other than
 * base64url and "."). NULL header: "". In the arena.
 *
 * Only ";" separates. Apache joins two Cookie headers by ", ", but no browser
 * sends two (RFC 6265, 5.4), while any site of the domain can set a cookie
 * whose value holds ", __Host-ch_access=...": that must not become ours.
 */
const char *cookie_find(struct arena *arena, const struct cookie_style *style,
    const char *header, enum cookie cookie);

/*
 * The value of a Set-Cookie header. value: not empty, base64url and "." only.
 * max_age in seconds; 0: until the browser is closed.
 */
const char *cookie_set(struct arena *arena, const struct cookie_style *style,
    enum cookie cookie, const char *value, int64_t max_age);

/* The Set-Cookie value that removes it. */
const char *cookie_clear(
    struct arena *arena, const struct cookie_style *style, enum cookie cookie);

#endif
