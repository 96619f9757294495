/* template_url.c - who may choose a URL's host, and other marks on strings. */

#include <string.h>
#include <strings.h>

#include "base/template_internal.h"
#include "base/text.h"

/* Its address is the mark; any other user data of a string are its words. */
static char url_mark;

static const char scheme[] = "https://";

/* A byte of "http://" or "https://". */
static enum url_state
scheme_byte(struct html *html, char c)
{
	if (html->matched == 4 && c == ':') /* the s is left out */
		html->matched++;
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	if (c != scheme[html->matched])
		return URL_OPEN;
	html->matched++;
	return html->matched < sizeof(scheme) - 1 ? URL_SCHEME : URL_HOST;
}

/*
 * A literal byte of a URL. Behind a first slash neither a slash or backslash
 * nor what a browser turns into one (a reference) or leaves out (a tab) may
 * come, as "//host" names another host.
 */
enum url_state
html_url_byte(struct html *html, char c)
{
	bool delimiter = c == '/' || c == '?' || c == '#';

	switch (html->url) {
	case URL_START:
		if (c == '/')
			return URL_SLASH;
		return delimiter ? URL_FIXED : scheme_byte(html, c);
	case URL_SLASH:
		if (c == '/' || c == '\\' || c == '&' ||
		    (unsigned char)c <= ' ')
			return URL_OPEN;
		return URL_FIXED;
	case URL_SCHEME:
		return scheme_byte(html, c);
	case URL_HOST:
		if (html->matched++ == sizeof(scheme) - 1 &&
		    (delimiter || c == '\\'))
			return URL_OPEN; /* no host at all */
		return delimiter ? URL_FIXED : URL_HOST;
	case URL_MARKED:
		return delimiter ? URL_FIXED : URL_OPEN;
	default:
		return html->url;
	}
}

/* A value where scheme and host are not settled would choose them. */
const char *
html_url_value(struct html *html, enum output *output)
{
	switch (html->url) {
	case URL_START:
		*output = OUTPUT_URL;
		html->url = URL_MARKED;
		return NULL;
	case URL_SLASH:
		/* Were it empty, a slash behind it would make "//host". */
		*output = OUTPUT_PERCENT_FIRST;
		html->url = URL_FIXED;
		return NULL;
	case URL_FIXED:
		*output = OUTPUT_PERCENT;
		return NULL;
	default:
		return "could change the scheme or host of a URL";
	}
}

static bool
is_web_url(const char *text)
{
	size_t host;

	if (strncasecmp(text, "http://", 7) == 0)
		host = 7;
	else if (strncasecmp(text, "https://", 8) == 0)
		host = 8;
	else
		return false;
	return strcspn(text + host, "/\\?#") != 0;
}

/* A secret for an app: it leads nowhere and runs nothing. */
static bool
is_otpauth_url(const char *text)
{
	return text_starts_with(text, "otpauth://totp/");
}

static bool
is_local_path(const char *text)
{
	return text[0] == '/' && text[1] != '/' && text[1] != '\\';
}

enum status
template_url(struct json_object *string)
{
	const char *text;

	if (!json_object_is_type(string, json_type_string))
		return ST_INVALID;
	text = json_object_get_string(string);
	if (strlen(text) != (size_t)json_object_get_string_len(string))
		return ST_INVALID;
	/* A browser leaves out tabs and newlines: "/\t/host" is "//host". */
	if (text_has_control(text))
		return ST_INVALID;
	if (!is_web_url(text) && !is_local_path(text) && !is_otpauth_url(text))
		return ST_INVALID;
	json_object_set_userdata(string, &url_mark, NULL);
	return ST_OK;
}

bool
template_is_url(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
	    json_object_get_userdata(value) == &url_mark;
}

static void
put_words(struct json_object *string, void *words)
{
	(void)string;
	json_object_put(words);
}

void
template_words(struct json_object *string, const char *words)
{
	json_object_set_userdata(
	    string, json_object_new_string(words), put_words);
}

struct json_object *
template_words_of(struct json_object *value)
{
	if (!json_object_is_type(value, json_type_string) ||
	    template_is_url(value))
		return NULL;
	return json_object_get_userdata(value);
}
