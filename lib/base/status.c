/* status.c - the words for the outcomes. */

#include "base/status.h"

static const char *const names[STATUS_COUNT] = {
	[ST_OK] = "ok",
	[ST_INVALID] = "invalid",
	[ST_NOT_FOUND] = "not found",
	[ST_CONFLICT] = "conflict",
	[ST_FORBIDDEN] = "forbidden",
	[ST_EXPIRED] = "expired",
	[ST_LIMITED] = "limited",
	[ST_UNAVAILABLE] = "unavailable",
	[ST_FAULT] = "fault",
};

const char *
status_name(enum status st)
{
	return (unsigned)st < STATUS_COUNT ? names[st] : "unknown";
}
