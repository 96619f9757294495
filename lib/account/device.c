/* device.c - two tables of words; the first that is found counts. */

#include <string.h>

#include "account/device.h"
#include "base/status.h"

struct mark {
	const char *word;
	const char *name;
};

/*
 * A browser names its ancestors as well: Edge says Chrome and Safari, and
 * Chrome says Safari. So the younger stands before the older.
 */
static const struct mark programs[] = {
	{ "Edg/", "Edge" },
	{ "EdgA/", "Edge" },
	{ "EdgiOS/", "Edge" },
	{ "OPR/", "Opera" },
	{ "OPT/", "Opera" },
	{ "Vivaldi/", "Vivaldi" },
	{ "SamsungBrowser/", "Samsung Internet" },
	{ "Firefox/", "Firefox" },
	{ "FxiOS/", "Firefox" },
	{ "Epiphany/", "GNOME Web" },
	{ "Chromium/", "Chromium" },
	{ "HeadlessChrome/", "Chrome" },
	{ "Chrome/", "Chrome" },
	{ "CriOS/", "Chrome" },
	{ "Trident/", "Internet Explorer" },
	{ "Safari/", "Safari" },
	{ "curl/", "curl" },
	{ "Wget/", "Wget" },
	{ "HTTPie/", "HTTPie" },
	{ "PostmanRuntime/", "Postman" },
	{ "python-requests/", "Python" },
	{ "Python-urllib/", "Python" },
	{ "Go-http-client/", "Go" },
	{ "okhttp/", "OkHttp" },
	{ "Java/", "Java" },
};

/* Android says Linux, telephones of Apple say Mac OS X. */
static const struct mark systems[] = {
	{ "iPhone", "iPhone" },
	{ "iPad", "iPad" },
	{ "Android", "Android" },
	{ "CrOS", "ChromeOS" },
	{ "Windows", "Windows" },
	{ "Macintosh", "macOS" },
	{ "Linux", "Linux" },
	{ "FreeBSD", "FreeBSD" },
	{ "OpenBSD", "OpenBSD" },
};

static const char *
find(const struct mark *marks, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(text, marks[i].word) != NULL)
			return marks[i].name;
	return NULL;
}

struct device
device_of(const char *user_agent)
{
	return (struct device){
		.program = find(programs, ARRAY_LEN(programs), user_agent),
		.system = find(systems, ARRAY_LEN(systems), user_agent),
	};
}
