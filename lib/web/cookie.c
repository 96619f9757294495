/* cookie.c - one table of names, one way to write them. */

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "web/cookie.h"

/* What base64url and a JWT consist of. */
static const char value_chars[] = "-._0123456789"
				  "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const struct {
	const char *plain;
	const char *secure;
} names[COOKIE_COUNT] = {
	[COOKIE_ACCESS] = { "ch_access", "__Host-ch_access" },
	[COOKIE_BROWSER] = { "ch_browser", "__Host-ch_browser" },
	[COOKIE_DEVICE] = { "ch_device", "__Host-ch_device" },
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

static void
put_attributes(struct strbuf *sb, const struct cookie_style *style)
{
	strbuf_str(sb, "; HttpOnly; SameSite=Lax");
	if (style->secure)
		strbuf_str(sb, "; Secure");
}

const char *
cookie_set(struct arena *arena, const struct cookie_style *style,
    enum cookie cookie, const char *value, int64_t max_age)
{
	struct strbuf sb;

	assert(*value != '\0' && value[strspn(value, value_chars)] == '\0');
	assert(max_age >= 0);
	strbuf_init(&sb, arena);
	strbuf_printf(&sb, "%s=%s; Path=/", cookie_name(style, cookie), value);
	if (max_age != 0)
		strbuf_printf(&sb, "; Max-Age=%" PRId64, max_age);
	put_attributes(&sb, style);
	return sb.text;
}

const char *
cookie_clear(
    struct arena *arena, const struct cookie_style *style, enum cookie cookie)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	strbuf_printf(
	    &sb, "%s=; Path=/; Max-Age=0", cookie_name(style, cookie));
	put_attributes(&sb, style);
	return sb.text;
}
