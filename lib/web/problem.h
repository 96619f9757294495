/*
 * problem - every way in which a request is refused (RFC 9457).
 *
 * One table gives each its type name, HTTP status and words, and one maps
 * enum status to it.
 */
#ifndef CHATELAINE_PROBLEM_H
#define CHATELAINE_PROBLEM_H

#include "account/link.h"
#include "base/status.h"
#include "web/wording.h"

enum problem {
	PROBLEM_NONE,
	PROBLEM_BAD_REQUEST,
	PROBLEM_INVALID_INPUT,
	PROBLEM_NOT_SIGNED_IN,
	PROBLEM_SESSION_EXPIRED,
	PROBLEM_SESSION_REVOKED,
	PROBLEM_WRONG_CREDENTIALS,
	PROBLEM_SIGN_IN_EXPIRED,
	PROBLEM_FORBIDDEN,
	PROBLEM_CONFIRMATION_REQUIRED,
	PROBLEM_SECOND_FACTOR_REQUIRED,
	PROBLEM_SECOND_FACTOR_SETUP_REQUIRED,
	PROBLEM_CROSS_SITE,
	PROBLEM_STALE_FORM,
	PROBLEM_ADDRESS_UNVERIFIED,
	PROBLEM_ACCOUNT_DISABLED,
	PROBLEM_INSECURE_SITE,
	PROBLEM_NOT_FOUND,
	PROBLEM_METHOD_NOT_ALLOWED,
	PROBLEM_CONFLICT,
	PROBLEM_ADDRESS_TAKEN,
	PROBLEM_LINK_GONE,
	PROBLEM_LINK_UNKNOWN,
	PROBLEM_LINK_USED,
	PROBLEM_LINK_REPLACED,
	PROBLEM_LINK_EXPIRED,
	PROBLEM_LENGTH_REQUIRED,
	PROBLEM_BODY_TOO_LARGE,
	PROBLEM_TARGET_TOO_LONG,
	PROBLEM_UNSUPPORTED_TYPE,
	PROBLEM_TOO_MANY_REQUESTS,
	PROBLEM_FAULT,
	PROBLEM_UNAVAILABLE,
	PROBLEM_COUNT
};

struct problem_kind {
	const char *type; /* the last part of the type's URI */
	int status;       /* HTTP */
	enum wording title;
	enum wording detail;
};

/* The row of a problem. */
const struct problem_kind *problem_kind(enum problem problem);

/* The problem that stands for a status an action returned. Not for ST_OK. */
enum problem problem_of_status(enum status st);

/* The problem with a link that is no longer live. PROBLEM_NONE: none. */
enum problem problem_of_link(enum link_state state);

#endif
