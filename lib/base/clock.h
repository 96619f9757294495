/*
 * clock - time as the wire writes it, durations as the settings do.
 *
 * Points in time are Unix seconds (int64_t); what must be compared with rows
 * is compared by PostgreSQL, whose clock all machines share.
 */
#ifndef CHATELAINE_CLOCK_H
#define CHATELAINE_CLOCK_H

#include <stdint.h>

#include "base/arena.h"

/* Now, in Unix seconds. */
int64_t clock_now(void);

/* A steady clock in microseconds, for measuring. */
int64_t clock_steady_us(void);

/* Days from 1970-01-01 to a date of our era (Gregorian); months from 1. */
int64_t clock_days(int64_t year, int64_t month, int64_t day);

/*
 * "2026-11-21T03:20:00Z" (RFC 3339, UTC). As that has years of four digits,
 * what lies outside of 0000 to 9999 becomes the nearest time within.
 */
char *clock_rfc3339(struct arena *arena, int64_t when);

/* "21 November 2026, 03:20 UTC", for pages and mails. */
char *clock_words(struct arena *arena, int64_t when);

/*
 * Seconds of a duration: a whole number and one of s, m, h, d ("90s", "10m",
 * "24h", "30d"). ST_INVALID: anything else, or more than 10 years.
 */
enum status clock_parse_duration(const char *text, int64_t *seconds) MUST_CHECK;

/*
 * A duration in words: "10 minutes", "1 hour", "24 hours", "30 days". Exact, in
 * the longest unit that divides it ("90 minutes"): round before where a reader
 * would not count the seconds.
 */
char *clock_duration_words(struct arena *arena, int64_t seconds);

#endif
