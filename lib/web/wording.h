/*
 * wording - every sentence that C hands to a person, by name.
 *
 * The sentences stand in templates/wording.strings, one "name = text" a line, so
 * that C holds none and one file is all a translator needs. They are Mustache
 * and see the same names as pages (site.name, settings.password_min_length),
 * and what the caller adds. Lines "label_FIELD = text" say what people call a
 * field. Empty lines and those that begin with # are passed over.
 *
 * A new sentence is an entry below, its name in wording.c, and its line in
 * wording.strings; what was forgotten, wording_load tells.
 */
#ifndef CHATELAINE_WORDING_H
#define CHATELAINE_WORDING_H

#include "base/arena.h"
#include "base/template.h"

enum wording {
	WORDING_NONE = 0, /* no message; the only one without a text */

	/* The body as a whole */
	WORDING_BODY_ENCODING,  /* % not followed by two hex digits */
	WORDING_BODY_UTF8,      /* not UTF-8, or contains U+0000 */
	WORDING_BODY_JSON,      /* not one well-formed JSON object */
	WORDING_BODY_MULTIPART, /* not well-formed multipart/form-data */
	WORDING_BODY_CUT,       /* shorter than announced */
	WORDING_BODY_TOO_LARGE, /* {{limit}} bytes */
	WORDING_BODY_TOO_MANY,  /* more than BODY_PAIRS_MAX fields */
	WORDING_BODY_TYPE,      /* an unknown Content-Type */

	/* One field */
	WORDING_FIELD_UNKNOWN,  /* {{name}} is not expected here */
	WORDING_FIELD_TWICE,    /* {{name}} stands there twice */
	WORDING_FIELD_FILE,     /* {{name}} is a file, and text is expected */
	WORDING_FIELD_TYPE,     /* {{name}} is a JSON list or object */
	WORDING_FIELD_MISSING,  /* {{label}} */
	WORDING_FIELD_TOO_LONG, /* {{label}}, {{limit}} */
	WORDING_FIELD_CONTROL,  /* control characters in {{label}} */
	WORDING_FIELD_CHOICE,   /* {{label}} is none of the choices */
	WORDING_EMAIL_INVALID,
	WORDING_EMAIL_MISSING,
	WORDING_NEW_EMAIL_MISSING,
	WORDING_EMAIL_SAME, /* as the account has already */
	WORDING_NAME_MISSING,
	WORDING_PASSWORD_MISSING,
	WORDING_CURRENT_PASSWORD_MISSING,
	WORDING_NEW_PASSWORD_MISSING,

	/* A new password */
	WORDING_PASSWORD_TOO_SHORT,
	WORDING_PASSWORD_TOO_LONG,
	WORDING_PASSWORD_GUESSABLE,
	WORDING_PASSWORD_CLASSES,
	WORDING_PASSWORD_WRONG, /* that of the account it is asked for */

	/* A code of the second factor */
	WORDING_CODE_MISSING,
	WORDING_CODE_WRONG,
	WORDING_SECOND_FACTOR_KEPT,

	/* A device, for people: {{program}}, {{system}} */
	WORDING_DEVICE,
	WORDING_DEVICE_SYSTEM, /* {{system}}, and no known program */
	WORDING_DEVICE_UNKNOWN,

	/* Problems: for each a title and what to do (problem.h) */
	WORDING_BAD_REQUEST_TITLE,
	WORDING_BAD_REQUEST,
	WORDING_INVALID_INPUT_TITLE,
	WORDING_INVALID_INPUT,
	WORDING_NOT_SIGNED_IN_TITLE,
	WORDING_NOT_SIGNED_IN,
	WORDING_SESSION_EXPIRED_TITLE,
	WORDING_SESSION_EXPIRED,
	WORDING_SESSION_REVOKED_TITLE,
	WORDING_SESSION_REVOKED,
	WORDING_WRONG_CREDENTIALS_TITLE,
	WORDING_WRONG_CREDENTIALS,
	WORDING_SIGN_IN_EXPIRED_TITLE,
	WORDING_SIGN_IN_EXPIRED,
	WORDING_FORBIDDEN_TITLE,
	WORDING_FORBIDDEN,
	WORDING_CONFIRMATION_REQUIRED_TITLE,
	WORDING_CONFIRMATION_REQUIRED,
	WORDING_SECOND_FACTOR_REQUIRED_TITLE,
	WORDING_SECOND_FACTOR_REQUIRED,
	WORDING_SECOND_FACTOR_SETUP_TITLE,
	WORDING_SECOND_FACTOR_SETUP,
	WORDING_CROSS_SITE_TITLE,
	WORDING_CROSS_SITE,
	WORDING_STALE_FORM_TITLE,
	WORDING_STALE_FORM,
	WORDING_ADDRESS_UNVERIFIED_TITLE,
	WORDING_ADDRESS_UNVERIFIED,
	WORDING_ACCOUNT_DISABLED_TITLE,
	WORDING_ACCOUNT_DISABLED,
	WORDING_INSECURE_SITE_TITLE,
	WORDING_INSECURE_SITE,
	WORDING_NOT_FOUND_TITLE,
	WORDING_NOT_FOUND,
	WORDING_METHOD_NOT_ALLOWED_TITLE,
	WORDING_METHOD_NOT_ALLOWED,
	WORDING_CONFLICT_TITLE,
	WORDING_CONFLICT,
	WORDING_ADDRESS_TAKEN_TITLE,
	WORDING_ADDRESS_TAKEN,
	WORDING_LINK_GONE_TITLE,
	WORDING_LINK_GONE,
	WORDING_LINK_UNKNOWN_TITLE,
	WORDING_LINK_UNKNOWN,
	WORDING_LINK_USED_TITLE,
	WORDING_LINK_USED,
	WORDING_LINK_REPLACED_TITLE,
	WORDING_LINK_REPLACED,
	WORDING_LINK_EXPIRED_TITLE,
	WORDING_LINK_EXPIRED,
	WORDING_LENGTH_REQUIRED_TITLE,
	WORDING_LENGTH_REQUIRED,
	WORDING_TOO_LARGE_TITLE,
	WORDING_TARGET_TOO_LONG_TITLE,
	WORDING_TARGET_TOO_LONG,
	WORDING_UNSUPPORTED_TYPE_TITLE,
	WORDING_TOO_MANY_REQUESTS_TITLE,
	WORDING_TOO_MANY_REQUESTS, /* {{wait}}, {{retry_at.words}} */
	WORDING_FAULT_TITLE,
	WORDING_FAULT,
	WORDING_UNAVAILABLE_TITLE,
	WORDING_UNAVAILABLE,

	WORDING_COUNT
};

/*
 * Add the sentences and labels in dir/wording.strings to the set, as texts below
 * "wording/"; the arena is for the reading alone. ST_INVALID: one is missing,
 * unknown, there twice or malformed; each is logged with its line.
 * ST_NOT_FOUND: no such file; ST_FAULT: it can't be read; logged.
 */
enum status wording_load(
    struct arena *arena, struct template_set *set, const char *dir) MUST_CHECK;

/*
 * The sentence, filled in from the contexts (see template_render). Never NULL;
 * what can't be rendered is logged and gives "", as WORDING_NONE does.
 */
const char *wording_text(struct arena *arena, struct template_set *set,
    enum wording wording, struct json_object *const *contexts, size_t count);

/*
 * What people call a field, to begin a sentence with: "Email address". Without
 * a label, and for names that came from outside: the name itself. Never NULL.
 */
const char *wording_label(
    struct arena *arena, struct template_set *set, const char *field);

#endif
