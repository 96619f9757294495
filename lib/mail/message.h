/*
 * message - a mail as MIME text, built by GMime (worker and admin command only).
 *
 * multipart/alternative of a plain and an HTML part, UTF-8, quoted-printable
 * (RFC 2045 to 2047), CRLF line ends. The first line of the plain template is
 * "Subject: ...", then an empty line. A mail that one can do without says where
 * to be rid of its like, by one click (RFC 2369, RFC 8058).
 */
#ifndef CHATELAINE_MESSAGE_H
#define CHATELAINE_MESSAGE_H

#include <json-c/json.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/template.h"

struct message {
	const char *id;        /* Message-ID without <>: the same at each try */
	const char *from;      /* an address */
	const char *from_name; /* any UTF-8; may be "" */
	const char *to;        /* an address */
	const char *to_name;   /* any UTF-8; may be "" */
	int64_t date;          /* Unix seconds */
	const char *template;  /* "verify" */
	const char *unsubscribe; /* a URL for List-Unsubscribe, or NULL */
	struct json_object *const *contexts; /* for both templates */
	size_t context_count;
};

/*
 * Render and assemble. *text lives in the arena. ST_INVALID: CR, LF or another
 * control character in an address, a name or the subject, or an address that
 * is not one; ST_NOT_FOUND: no such template; ST_FAULT: it can't be rendered.
 */
enum status message_build(struct arena *arena, struct template_set *set,
    const struct message *message, const char **text) MUST_CHECK;

#endif
