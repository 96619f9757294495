/* config_value.c - one reader for each kind of setting. */

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/config_value.h"
#include "base/strbuf.h"
#include "base/text.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* RFC 3986, section 3.3: what a path is made of. */
#define PATH_CHARACTERS LETTERS DIGITS "/-._~%!$&'()*+,;=:@"

#define SEPARATORS " ,\t" /* of a list */

/*
 * With up to so many a second and more, GCRA lets not one too many through:
 * what is lost by rounding to microseconds adds up to less than one.
 */
#define RATE_COUNT_MAX 1000
#define RATE_PERIOD_MAX (30 * 24 * 60 * 60)

#define ADDRESS_MAX 254 /* RFC 5321, section 4.5.3.1.3, less < and > */

static bool
is_empty(const char *text)
{
	return *text == '\0';
}

/* The digits that text begins with; *end is what follows. */
static bool
read_digits(const char *text, const char **end, int64_t *number)
{
	const char *at;

	*number = 0;
	for (at = text; *at >= '0' && *at <= '9'; at++) {
		if (*number > INT64_MAX / 10 - 1)
			return false;
		*number = *number * 10 + (*at - '0');
	}
	*end = at;
	return at != text;
}

static bool
read_integer(const char *text, int64_t *number)
{
	const char *end;

	return read_digits(text, &end, number) && is_empty(end);
}

static bool
read_size(const char *text, int64_t *bytes)
{
	static const char suffixes[] = "KMG";
	const char *end, *suffix;
	int64_t scale = 1;

	if (!read_digits(text, &end, bytes))
		return false;
	if (is_empty(end))
		return true;
	suffix = strchr(suffixes, *end);
	if (suffix == NULL || !is_empty(end + 1))
		return false;
	for (ptrdiff_t i = 0; i <= suffix - suffixes; i++)
		scale *= 1024;
	if (*bytes > INT64_MAX / scale)
		return false;
	*bytes *= scale;
	return true;
}

static bool
read_number(enum setting_kind kind, const char *text, int64_t *number)
{
	switch (kind) {
	case SETTING_DURATION:
		return clock_parse_duration(text, number) == ST_OK;
	case SETTING_SIZE:
		return read_size(text, number);
	default:
		return read_integer(text, number);
	}
}

static const char *
number_words(enum setting_kind kind)
{
	switch (kind) {
	case SETTING_DURATION:
		return "duration such as 90s, 10m, 24h or 7d,";
	case SETTING_SIZE:
		return "size such as 512K, 64M or 1G,";
	default:
		return "whole number";
	}
}

static enum status
set_number(struct arena *arena, const struct setting *setting, const char *text,
    void *place, const char **why)
{
	int64_t number, min, max;

	if (read_number(setting->kind, setting->min, &min) &&
	    read_number(setting->kind, setting->max, &max) &&
	    read_number(setting->kind, text, &number) && number >= min &&
	    number <= max) {
		memcpy(place, &number, sizeof(number));
		return ST_OK;
	}
	*why = arena_printf(arena, "must be a %s from %s to %s",
	    number_words(setting->kind), setting->min, setting->max);
	return ST_INVALID;
}

static enum status
set_choice(struct arena *arena, const struct setting *setting, const char *text,
    void *place, const char **why)
{
	const char *const *choices = setting->choices;
	struct strbuf words;

	strbuf_init(&words, arena);
	/* The enumerations are of this size: config_table.c makes sure. */
	for (unsigned i = 0; choices[i] != NULL; i++) {
		if (strcmp(choices[i], text) == 0) {
			memcpy(place, &i, sizeof(i));
			return ST_OK;
		}
		strbuf_printf(&words, "%s%s", i > 0 ? ", " : "", choices[i]);
	}
	*why = arena_printf(arena, "must be one of %s", words.text);
	return ST_INVALID;
}

/* A name, an IPv4 address, or an IPv6 address in brackets; its length. */
static size_t
host_length(const char *text)
{
	size_t len;

	if (*text != '[')
		return strspn(text, LETTERS DIGITS "-.");
	len = 1 + strspn(text + 1, DIGITS "abcdefABCDEF:.");
	return len > 1 && text[len] == ']' ? len + 1 : 0;
}

/*
 * host, or host:port; no user, whose password would be in every mail, and no
 * default port, which browsers leave out of the Origin they send.
 */
static bool
is_authority(const char *text, size_t len, int64_t default_port)
{
	size_t host = host_length(text);
	const char *end;
	int64_t port;

	if (host == 0 || host == len)
		return host != 0;
	return text[host] == ':' && read_digits(text + host + 1, &end, &port) &&
	    end == text + len && port >= 1 && port <= 65535 &&
	    port != default_port;
}

/* Where the host begins; 0: neither http nor https. */
static size_t
scheme_length(const char *text)
{
	if (strncasecmp(text, "https://", 8) == 0)
		return 8;
	return strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
}

static bool
is_url(const char *text)
{
	size_t scheme = scheme_length(text);
	size_t authority = strcspn(text + scheme, "/");
	const char *path = text + scheme + authority;

	return scheme != 0 &&
	    is_authority(text + scheme, authority, scheme == 8 ? 443 : 80) &&
	    is_empty(path + strspn(path, PATH_CHARACTERS));
}

/* Lower case up to the path, as in an Origin, and no slash at the end. */
static void
tidy_url(char *url)
{
	size_t host = scheme_length(url), len = strlen(url);
	size_t path = host + strcspn(url + host, "/");

	for (size_t i = 0; i < path; i++)
		if (url[i] >= 'A' && url[i] <= 'Z')
			url[i] = (char)(url[i] - 'A' + 'a');
	while (url[len - 1] == '/')
		url[--len] = '\0';
}

static bool
is_address(const char *text)
{
	const char *at = strchr(text, '@');

	return at != NULL && at != text && !is_empty(at + 1) &&
	    strchr(at + 1, '@') == NULL && strlen(text) <= ADDRESS_MAX &&
	    strpbrk(text, " <>()[],;:\\\"") == NULL;
}

/* Numeric addresses, as those of lib/web/client.c. */
static bool
are_hosts(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char host[INET6_ADDRSTRLEN];

	for (text += strspn(text, SEPARATORS); !is_empty(text);
	     text += strspn(text, SEPARATORS)) {
		size_t len = strcspn(text, SEPARATORS);

		if (len >= sizeof(host))
			return false;
		memcpy(host, text, len);
		host[len] = '\0';
		if (inet_pton(AF_INET, host, bytes) != 1 &&
		    inet_pton(AF_INET6, host, bytes) != 1)
			return false;
		text += len;
	}
	return true;
}

/* What is wrong with a text; NULL: nothing. */
static const char *
text_fault(const struct setting *setting, const char *text)
{
	if (is_empty(text))
		return is_empty(setting->fallback) ? NULL : "must not be empty";
	switch (setting->kind) {
	case SETTING_PATH:
		return *text == '/' ? NULL : "must be an absolute path";
	case SETTING_ADDRESS:
		return is_address(text)
		    ? NULL
		    : "must be a plain mail address, name@host";
	case SETTING_HOSTS:
		return are_hosts(text)
		    ? NULL
		    : "must be numeric IP addresses, with spaces between";
	case SETTING_URL:
		return is_url(text)
		    ? NULL
		    : "must be a URL, http://host/path or https://host/path,"
		      " without user, default port, query and fragment";
	default:
		return NULL;
	}
}

static enum status
set_text(struct arena *arena, const struct setting *setting, const char *text,
    void *place, const char **why)
{
	char *value;

	*why = text_fault(setting, text);
	if (*why != NULL)
		return ST_INVALID;
	value = arena_strdup(arena, text);
	if (setting->kind == SETTING_URL)
		tidy_url(value);
	memcpy(place, &value, sizeof(value));
	return ST_OK;
}

/* N/DURATION, the first len bytes of text. */
static bool
read_rate(struct arena *arena, const char *text, size_t len, struct rate *rate)
{
	const char *end;

	text = arena_strndup(arena, text, len);
	return read_digits(text, &end, &rate->count) && *end == '/' &&
	    clock_parse_duration(end + 1, &rate->period) == ST_OK &&
	    rate->count >= 1 && rate->count <= RATE_COUNT_MAX &&
	    rate->period >= 1 && rate->period <= RATE_PERIOD_MAX;
}

/* off, 0, or one rate after the other. */
static bool
read_rates(struct arena *arena, const char *text, struct rates *rates)
{
	*rates = (struct rates){ .count = 0 };
	if (strcmp(text, "off") == 0 || strcmp(text, "0") == 0)
		return true;
	for (text += strspn(text, " "); !is_empty(text);
	     text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (rates->count == RATES_MAX ||
		    !read_rate(arena, text, len, &rates->list[rates->count]))
			return false;
		rates->count++;
		text += len;
	}
	return rates->count > 0;
}

static enum status
set_rates(struct arena *arena, const char *text, void *place, const char **why)
{
	struct rates rates;

	if (read_rates(arena, text, &rates)) {
		memcpy(place, &rates, sizeof(rates));
		return ST_OK;
	}
	*why = "must be limits such as 10/15m or 30/10m 100/1h, or off: at most"
	       " 4, each of 1 to 1000 in 1s to 30d";
	return ST_INVALID;
}

enum status
config_value_set(struct arena *arena, const struct setting *setting,
    const char *text, struct config *config, const char **why)
{
	void *place = (char *)config + setting->offset;

	if (!text_is_utf8(text, strlen(text)) || text_has_control(text)) {
		*why = "must be UTF-8 without control characters";
		return ST_INVALID;
	}
	switch (setting->kind) {
	case SETTING_DURATION:
	case SETTING_SIZE:
	case SETTING_INTEGER:
		return set_number(arena, setting, text, place, why);
	case SETTING_CHOICE:
		return set_choice(arena, setting, text, place, why);
	case SETTING_RATES:
		return set_rates(arena, text, place, why);
	default:
		return set_text(arena, setting, text, place, why);
	}
}
