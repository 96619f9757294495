/*
 * body - the three ways in which fields come, read into the same pairs.
 *
 * Each parser takes a whole body of len bytes, already bounded, and refuses
 * what is malformed rather than guessing: ST_INVALID, *why says what is wrong,
 * and there are no pairs. ST_OK: *why is WORDING_NONE; the pairs are in the
 * order they came and live in the arena; name and text are UTF-8 without
 * U+0000. A name may be empty, and may stand there twice in forms: what to do
 * with either, fields_check knows. More than BODY_PAIRS_MAX are refused.
 */
#ifndef CHATELAINE_BODY_H
#define CHATELAINE_BODY_H

#include <stddef.h>

#include "base/arena.h"
#include "web/field.h"
#include "web/wording.h"

#define BODY_PAIRS_MAX 64  /* fields in one body */
#define BODY_JSON_DEPTH 16 /* nested lists and objects */

enum body_type {
	BODY_NONE,
	BODY_FORM,
	BODY_JSON,
	BODY_MULTIPART,
	BODY_UNKNOWN
};

/*
 * The kind a Content-Type names (RFC 9110, 8.3): parameters are passed over,
 * but a charset other than utf-8 is BODY_UNKNOWN. NULL or "": BODY_NONE.
 * application/json and application/merge-patch+json are BODY_JSON.
 */
enum body_type body_type(const char *content_type);

/*
 * application/x-www-form-urlencoded (WHATWG URL, section 5.1); query strings
 * too. Only "&" separates, "+" is a space, "a" without "=" is a field with the
 * text "", nothing between two "&" is passed over. Stricter than the standard:
 * each "%" needs two hexadecimal digits. WORDING_BODY_ENCODING, _UTF8,
 * _TOO_MANY.
 */
enum status body_parse_form(struct arena *arena, const char *text, size_t len,
    struct pairs *pairs, enum wording *why) MUST_CHECK;

/*
 * One JSON object (RFC 8259): strings, numbers and booleans become texts, null
 * is absent, lists and objects are pairs that are wrong. A number's text is as
 * it was written, so none is rounded or too large. Refused: names that stand
 * twice, U+0000 and halves of surrogate pairs even as escapes, a byte order
 * mark, depth beyond BODY_JSON_DEPTH, anything after the object.
 * WORDING_BODY_JSON, _UTF8, _TOO_MANY. ST_FAULT: logged.
 */
enum status body_parse_json(struct arena *arena, const char *text, size_t len,
    struct pairs *pairs, enum wording *why) MUST_CHECK;

/*
 * multipart/form-data (RFC 7578, RFC 2046, 5.1). content_type carries the
 * boundary. A part with a file name, or of a type other than text/plain, is a
 * pair that is wrong, its content passed over. %22, %0D and %0A in a name are
 * undone, as browsers write them (WHATWG HTML, "multipart form data"). Refused:
 * line ends other than CRLF, backslashes in quoted names (browsers mean them
 * literally, others as escapes), parts within parts, charsets other than
 * utf-8. WORDING_BODY_MULTIPART, _CUT (no closing boundary), _UTF8, _TOO_MANY.
 */
enum status body_parse_multipart(struct arena *arena, const char *content_type,
    const char *text, size_t len, struct pairs *pairs,
    enum wording *why) MUST_CHECK;

/*
 * Decode %XX in one path segment, where "+" is a plus. ST_INVALID: malformed,
 * not UTF-8, U+0000, or a slash, encoded or not.
 */
enum status body_decode_segment(struct arena *arena, const char *text,
    size_t len, const char **decoded) MUST_CHECK;

#endif
