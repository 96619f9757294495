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
 * There is no raw tag: the specification's {{{x}}} and {{&x}} are load errors.
 * Further load errors in .html: a value or section inside script or style
 * elements, in an event-handler or style attribute, in an attribute without
 * quotes, in a tag's or attribute's name, or in a comment. In an attribute that
 * holds a URL (href, src, action, formaction) an interpolation renders only
 * when the value was marked with template_url, or when literal text that fixes
 * scheme and host ("/", "#", "?" or "https://host/") stands before it in the
 * attribute and the value is then percent-encoded; else rendering fails.
 * Recursive partials are allowed to the depth of TEMPLATE_DEPTH.
 *
 * Names are paths below the directory without the kind: "auth/signin". A
 * partial is named likewise and is of the kind of the file that names it.
 */
#ifndef CHATELAINE_TEMPLATE_H
#define CHATELAINE_TEMPLATE_H

#include <json-c/json.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/strbuf.h"

#define TEMPLATE_DEPTH 32

struct template_set;

enum template_kind { TEMPLATE_HTML, TEMPLATE_TEXT };

/*
 * Load every template below dir. *set lives in the arena. ST_INVALID: at least
 * one is wrong; every error is logged with file and line. ST_NOT_FOUND: no
 * such directory; ST_FAULT: it can't be read.
 */
enum status template_load(
    struct arena *arena, const char *dir, struct template_set **set) MUST_CHECK;

/*
 * Add one template from memory under a name, for tests and short texts; len
 * bytes. The text is copied. ST_INVALID as above.
 */
enum status template_add(struct template_set *set, const char *name,
    enum template_kind kind, const char *text, size_t len) MUST_CHECK;

/* An empty set, to be filled with template_add. */
struct template_set *template_set_new(struct arena *arena);

/*
 * Render a template, appending to out. Names are looked up in contexts from
 * the last to the first (any may be NULL). ST_NOT_FOUND: no such template;
 * ST_FAULT: a URL that is not one, or partials nested too deep; logged, and
 * out is as before.
 */
enum status template_render(const struct template_set *set, const char *name,
    enum template_kind kind, struct json_object *const *contexts, size_t count,
    struct strbuf *out) MUST_CHECK;

/*
 * Mark a JSON string as a URL that may stand in href and its like. ST_INVALID:
 * it is neither http, https nor a local path (one slash, then neither a slash
 * nor a backslash; no control characters).
 */
enum status template_url(struct json_object *string) MUST_CHECK;

#endif
