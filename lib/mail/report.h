/*
 * report - what a mail server reports about a mail (RFC 3464), read by GMime
 * (worker and admin command only).
 *
 * Anybody can send one: nothing in it is believed, nor does it lead anywhere,
 * but with an address that only our own mail has (return_path.h).
 */
#ifndef CHATELAINE_REPORT_H
#define CHATELAINE_REPORT_H

#include <stddef.h>

#include "base/arena.h"

#define REPORT_MAX (256 * 1024) /* bytes that are looked at */
#define REPORT_DEPTH 8          /* parts within parts, likewise */
#define REPORT_ADDRESSES 16

enum report_kind {
	REPORT_NONE,    /* no report, or of nothing that matters here */
	REPORT_DELAYED, /* the server goes on trying */
	REPORT_GAVE_UP, /* failed after a while: status 4.x.x */
	REPORT_FAILED,  /* it will never do: status 5.x.x */
};

struct report {
	enum report_kind kind;
	const char *status; /* "5.1.1"; "" for REPORT_NONE */
	const char *reason; /* Diagnostic-Code, a line of ASCII; may be "" */
	/* Whom it was delivered to, by its headers. */
	const char *addresses[REPORT_ADDRESSES];
	size_t address_count;
};

/* Read size bytes, whatever they are. All of *report lives in the arena. */
void report_read(
    struct arena *arena, const void *data, size_t size, struct report *report);

#endif
