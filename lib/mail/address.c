/* address.c - a dot-string, an @, a domain name. */

#include <string.h>

#include "mail/address.h"

#define ALNUM                        \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ATEXT ALNUM "!#$%&'*+-/=?^_`{|}~" /* RFC 5322, section 3.2.3 */

#define LABEL_MAX 63

/*
 * Is the text up to end parts of the characters in set, none of them empty or
 * longer than max, with dots between?
 */
static bool
is_dotted(const char *text, const char *end, const char *set, size_t max)
{
	for (;;) {
		size_t part = strspn(text, set);

		if (part == 0 || part > max)
			return false;
		text += part;
		if (text == end)
			return true;
		if (*text++ != '.')
			return false;
	}
}

/* No label of a domain name begins or ends with a hyphen (RFC 1123, 2.1). */
static bool
has_stray_hyphen(const char *domain)
{
	return domain[0] == '-' || domain[strlen(domain) - 1] == '-' ||
	    strstr(domain, ".-") != NULL || strstr(domain, "-.") != NULL;
}

bool
address_is_valid(const char *address)
{
	const char *at = strchr(address, '@');
	size_t len = strlen(address);

	return at != NULL && len <= ADDRESS_MAX &&
	    at - address <= ADDRESS_LOCAL_MAX &&
	    is_dotted(address, at, ATEXT, ADDRESS_LOCAL_MAX) &&
	    is_dotted(at + 1, address + len, ALNUM "-", LABEL_MAX) &&
	    !has_stray_hyphen(at + 1);
}
