/*
 * template - the core of Mustache on json_object, with contexts checked.
 *
 * Interpolation, sections, inverted sections, comments, partials and set
 * delimiters, as the Mustache core specification has them, dotted names
 * included. Two kinds of file:
 *
 *   NAME.html	each {{value}} is escaped: & < > " '
 *   NAME.txt	nothing is escaped, as there is nothing to escape in it
 *
 * A name is of letters, digits, _ and -, its parts parted by dots. Null,
 * false, 0, "" and the empty list are false for a section. Null, objects and
 * lists print nothing; whole numbers print as such, others with the fewest
 * digits that read back the same.
 *
 * There is no raw tag: the specification's {{{x}}} and {{&x}} are load errors.
 * So is a partial that does not exist, which in the specification is empty.
 *
 * In .html, literal text is read as a browser would read it, and each tag has
 * to suit the place it is in:
 *
 *   text, title, textarea	values and sections; partials in text alone
 *   quoted attribute		values and sections
 *   between attributes		sections: <input{{#on}} checked{{/on}}>
 *   anywhere else		load error: script, style and their like, names
 *				of tags and attributes, an attribute without
 *				quotes, an event handler, style, srcset, srcdoc
 *				or ping attribute, a comment, a doctype
 *
 * A section must end at the place in the markup where it began, and a file
 * (so a partial too) must end in text: {{#x}}<a href="{{/x}} is an error.
 *
 * An attribute that holds a URL (href, src, action, formaction and their like)
 * takes a value in two ways. At its very beginning, one that was marked with
 * template_url; any other makes rendering fail. Behind literal text that
 * settles scheme and host ("/", "?", "#" or "https://host/"), or behind a
 * marked value and one of "/", "?" and "#", any value, percent-encoded but for
 * RFC 3986's unreserved characters; right behind a single "/" it must not be
 * empty. A value elsewhere in such an attribute is a load error. A marked
 * value that ends in a slash loses it where literal text goes on with one.
 *
 * Names of templates are paths below the directory without the kind:
 * "auth/signin". A partial is named likewise and is of the kind of the file
 * that names it. Sections in a file, and partials, recursive ones as well, nest
 * to the depth of TEMPLATE_DEPTH.
 *
 * A template is loaded at its first use, with the partials it names: a program
 * run as plain CGI reads just what its page needs. One that lives long, and
 * whoever has changed a template, calls template_check first.
 */
#ifndef CHATELAINE_TEMPLATE_H
#define CHATELAINE_TEMPLATE_H

#include <json-c/json.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/strbuf.h"

#define TEMPLATE_DEPTH 32
#define TEMPLATE_MAX (1024 * 1024) /* bytes of a file */

struct template_set;

enum template_kind { TEMPLATE_HTML, TEMPLATE_TEXT };

/*
 * A set of the templates below dir. *set lives in the arena, as do the
 * templates loaded later: it is the process's, not a request's. Reads nothing
 * yet. ST_NOT_FOUND: no such directory.
 */
enum status template_load(
    struct arena *arena, const char *dir, struct template_set **set) MUST_CHECK;

/*
 * Load every template of the set that is not loaded yet. ST_INVALID: at least
 * one is wrong; the first error of each is logged with file and line.
 * ST_FAULT: the directory or a file can't be read; logged.
 */
enum status template_check(struct template_set *set) MUST_CHECK;

/*
 * Add one template from memory under a name, for tests and short texts; len
 * bytes, which are copied. Its partials must be there already. ST_CONFLICT:
 * the name is taken; ST_INVALID: it is wrong, logged as above.
 */
enum status template_add(struct template_set *set, const char *name,
    enum template_kind kind, const char *text, size_t len) MUST_CHECK;

/* An empty set, to be filled with template_add. */
struct template_set *template_set_new(struct arena *arena);

/*
 * Render a template, appending to out. Names are looked up in contexts from
 * the last to the first (any may be NULL). ST_NOT_FOUND: no such template;
 * ST_FAULT: the template is wrong or can't be read, a URL is not one, or
 * partials nest too deep; logged, and out is as before.
 */
enum status template_render(struct template_set *set, const char *name,
    enum template_kind kind, struct json_object *const *contexts, size_t count,
    struct strbuf *out) MUST_CHECK;

/*
 * Mark a JSON string as a URL that may begin href and its like; do not change
 * the string afterwards. ST_INVALID: it is no string, or neither http, https
 * with a host nor a local path (one slash, then neither a slash nor a
 * backslash) nor begins with otpauth://totp/; or there is a control character
 * in it.
 */
enum status template_url(struct json_object *string) MUST_CHECK;

/*
 * Give a JSON string a form for people: {{x}} stays what it is, {{x.words}} is
 * that. words is copied. A string is a URL or has words, not both.
 */
void template_words(struct json_object *string, const char *words);

#endif
