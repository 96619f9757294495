/*
 * field - what a route accepts, declared, and what a request brought of it.
 *
 * Urlencoded forms, multipart forms and JSON objects become the same pairs of
 * name and text (body.h); the fields a route declares then give each pair its
 * type and limits. An action so reads typed, bounded, valid UTF-8 and never
 * asks how it came. What is not declared, or comes twice, refuses the request.
 */
#ifndef CHATELAINE_FIELD_H
#define CHATELAINE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "web/wording.h"

struct request;

enum field_type {
	FIELD_TEXT,   /* one line, outer white space trimmed, no controls */
	FIELD_EMAIL,  /* an address (see address.h), trimmed */
	FIELD_SECRET, /* a password: any characters but U+0000, untouched, never
			 shown again */
	FIELD_TOKEN, /* the text of a one-time link, no controls: never shown in
			 a log */
	FIELD_FLAG,  /* "on", "true", "1", or JSON true; "off", "false", "0",
			 "" and absent are false */
	FIELD_CHOICE, /* one of the choices, or "" */
	FIELD_PATH,   /* see field_is_local_path; anything else, and what is too
			 long, counts as absent */
};

enum {
	FIELD_REQUIRED = 1 << 0, /* must be there and not empty */
	FIELD_QUERY = 1 << 1,    /* may also come in the query string */
};

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	size_t max;           /* bytes; 0: 254 for EMAIL, 1000 else */
	enum wording missing; /* message when it is missing; 0: the general */
	const char *const *choices; /* for FIELD_CHOICE, NULL-terminated */
	/* What only the program can find wrong with a text; see fields_judge. */
	enum wording (*judge)(const struct request *rq, const char *text);
};

/* A row of fields: a person's address, which has to be there. */
#define EMAIL_FIELD                                                            \
	{                                                                      \
		.name = "email", .type = FIELD_EMAIL, .flags = FIELD_REQUIRED, \
		.missing = WORDING_EMAIL_MISSING                               \
	}

/* A name and a text, as they came. */
struct pair {
	const char *name;
	const char *text;
	enum wording wrong; /* FIELD_FILE, FIELD_TYPE: known by the parser */
};

struct pairs {
	struct pair *list;
	size_t count;
};

/* One field that did not do. */
struct field_problem {
	struct field_problem *next;
	const char *name; /* as it came, for unknown ones (cut to 50 bytes) */
	enum wording wording;
	size_t limit; /* bytes the field may have; 0 for unknown ones */
};

/* The declared fields with what came of them. */
struct fields {
	const struct field *declared;   /* ends with a NULL name */
	const char **texts;             /* by index; "" when absent */
	struct field_problem *problems; /* in order; NULL: all is well */
};

/*
 * Check query and body pairs against what is declared. Query pairs that are
 * not declared with FIELD_QUERY are passed over (links get decorated on their
 * way); body pairs that are not declared are problems, but for those that
 * every unsafe route takes: csrf_token and _method. A field in both is taken
 * from the body. *fields lives in the arena. A field has one problem at most,
 * the first of: twice, no text (file, list), missing, too long, of another
 * type. Declared fields come first, in their order, then the undeclared in
 * theirs. The texts of fields with problems are kept, so that a form can come
 * back as it was filled in: of several the first.
 */
void fields_check(struct arena *arena, const struct field *declared,
    const struct pairs *query, const struct pairs *body, struct fields *fields);

/*
 * Let the programs' own judges see each text that is there and has no problem
 * yet; what they object to becomes a problem in its place in the order. So a
 * form comes back once, with all that is wrong. Does what may be costly, hence
 * apart from fields_check and after all that refuses the request as a whole.
 */
void fields_judge(
    struct arena *arena, const struct request *rq, struct fields *fields);

/*
 * A field's text, "" when it has a problem: for a judge, who looks at other
 * fields too. Asserts that the field is declared.
 */
const char *fields_good_text(const struct fields *fields, const char *name);

/* A field's text, "" when absent. Asserts that the field is declared. */
const char *fields_text(const struct fields *fields, const char *name);

/* A FIELD_FLAG; false when it has a problem. Asserts that it is declared. */
bool fields_flag(const struct fields *fields, const char *name);

/*
 * A path on this site that a person may be sent to: "/", not "//", and then
 * visible ASCII without "\", as in RFC 3986. So it names no host, whatever a
 * browser makes of backslashes and tabs, and fits a Location header.
 */
bool field_is_local_path(const char *text);

#endif
