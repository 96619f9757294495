/*
 * category - which mails a person may do without.
 *
 * Most speak of the safety of an account: whoever has one gets them. The others
 * belong to a category that can be switched off (preference.h), and say so in
 * each mail, in their text and to mail programs (RFC 2369, RFC 8058).
 */
#ifndef CHATELAINE_CATEGORY_H
#define CHATELAINE_CATEGORY_H

#include <stdbool.h>

#include "base/status.h"

enum mail_category {
	MAIL_SECURITY = 0, /* can't be switched off */
	MAIL_REMINDERS, /* of what will happen unless somebody does something */
	MAIL_CATEGORY_COUNT
};

/* The category of a pair of templates ("verify"). */
enum mail_category mail_category_of(const char *template);

/*
 * Does such a mail go to an address that bounced, too? The one that lets its
 * owner prove it again.
 */
bool mail_goes_to_bounced(const char *template);

/* Its word, as rows, links and fields have it: "reminders". */
const char *mail_category_name(enum mail_category category);

/* The category of a word. ST_NOT_FOUND: none, or one that is always on. */
enum status mail_category_find(
    const char *name, enum mail_category *category) MUST_CHECK;

#endif
