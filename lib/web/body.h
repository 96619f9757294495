/*
 * body - the three ways in which fields come, read into the same pairs.
 *
 * Each parser takes a whole body, already bounded in bytes, and refuses what
 * is malformed rather than guessing: *why then says what is wrong. Text is
 * checked to be UTF-8 without U+0000.
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

/* application/x-www-form-urlencoded (WHATWG URL, strict); query strings too. */
enum status body_parse_form(struct arena *arena, const char *text, size_t len,
    struct pairs *pairs, enum wording *why) MUST_CHECK;

/*
 * One JSON object (RFC 8259): strings, numbers and booleans become texts, null
 * is absent, lists and objects are pairs that are wrong. Refused: names that
 * stand twice, U+0000, depth beyond BODY_JSON_DEPTH, anything after the object.
 */
enum status body_parse_json(struct arena *arena, const char *text, size_t len,
    struct pairs *pairs, enum wording *why) MUST_CHECK;

/*
 * multipart/form-data (RFC 7578). content_type carries the boundary. A part
 * with a file name is a pair that is wrong.
 */
enum status body_parse_multipart(struct arena *arena, const char *content_type,
    const char *text, size_t len, struct pairs *pairs,
    enum wording *why) MUST_CHECK;

/*
 * Decode %XX in one path segment. ST_INVALID: malformed, not UTF-8, U+0000, or
 * an encoded slash.
 */
enum status body_decode_segment(struct arena *arena, const char *text,
    size_t len, const char **decoded) MUST_CHECK;

#endif
