/* cookie.c - one table of names, one way to write them. */

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "web/cookie.h"

/* What base64url and a JWT consist of. */
static const char value_chars[] = "-._0123456789"
				  "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const struct {
	const char *plain;
	const char *secure;
	const char *path; /* below the site's; NULL: the whole host */
} names[COOKIE_COUNT] = {
	[COOKIE_ACCESS] = { "ch_access", "__Host-ch_access", NULL },
	[COOKIE_REFRESH] = { "ch_refresh", "__Secure-ch_refresh", "/auth" },
	[COOKIE_BROWSER] = { "ch_browser", "__Host-ch_browser", NULL },
	[COOKIE_DEVICE] = { "ch_device", "__Host-ch_device", NULL },
};

const char *
cookie_name(const struct cookie_style *style, enum cookie cookie)
{
	assert((unsigned)cookie < COOKIE_COUNT);
	return style->secure ? names[cookie].secure : names[cookie].plain;
}

/* The value of the pair at text, when it has this name; else NULL. */
static const char *
value_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(text, name, len) != 0 || text[len] != '=')
		return NULL;
	return text + len + 1;
}

const char *
cookie_find(struct arena *arena, const struct cookie_style *style,
    const char *header, enum cookie cookie)
{
	const char *name = cookie_name(style, cookie);
	const char *found = NULL;
	size_t found_len = 0;

	for (const char *at = header; at != NULL; at = strchr(at, ';')) {
		const char *value;
		size_t len;

		at += strspn(at, "; \t");
		value = value_of(at, name);
		if (value == NULL)
			continue;
		len = strcspn(value, ";");
		while (len > 0 &&
		    (value[len - 1] == ' ' || value[len - 1] == '\t'))
			len--;
		if (strspn(value, value_chars) < len)
			return "";
		if (found != NULL &&
		    (len != found_len || memcmp(value, found, len) != 0))
			return "";
		found = value;
		found_len = len;
	}
	return found != NULL ? arena_strndup(arena, found, found_len) : "";
}

/* age: the Max-Age attribute, "" for none. */
static const char *
write_cookie(struct arena *arena, const struct cookie_style *style,
    enum cookie cookie, const char *value, const char *age)
{
	const char *path = names[cookie].path;

	return arena_printf(arena,
	    "%s=%s; Path=%s%s%s; HttpOnly; SameSite=Lax%s",
	    cookie_name(style, cookie), value, path != NULL ? style->base : "",
	    path != NULL ? path : "/", age, style->secure ? "; Secure" : "");
}

const char *
cookie_set(struct arena *arena, const struct cookie_style *style,
    enum cookie cookie, const char *value, int64_t max_age)
{
	assert(*value != '\0' && value[strspn(value, value_chars)] == '\0');
	assert(max_age >= 0);
	return write_cookie(arena, style, cookie, value,
	    max_age == 0 ? ""
			 : arena_printf(arena, "; Max-Age=%" PRId64, max_age));
}

const char *
cookie_clear(
    struct arena *arena, const struct cookie_style *style, enum cookie cookie)
{
	return write_cookie(arena, style, cookie, "", "; Max-Age=0");
}
