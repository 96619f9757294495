/*
 * status - how every fallible function ends.
 *
 * One enum for the whole program: results travel by pointer, the return value
 * says what became of the call. lib/web/problem.c maps it to HTTP.
 */
#ifndef CHATELAINE_STATUS_H
#define CHATELAINE_STATUS_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum status {
	ST_OK = 0,
	ST_INVALID,     /* what the caller gave breaks a rule */
	ST_NOT_FOUND,   /* no such thing, or none the caller may know of */
	ST_CONFLICT,    /* contradicts what is stored already */
	ST_FORBIDDEN,   /* understood, and not allowed */
	ST_EXPIRED,     /* was good once */
	ST_LIMITED,     /* too often: good again after a while */
	ST_UNAVAILABLE, /* a part is out of reach; trying again may help */
	ST_FAULT,       /* a defect or a broken installation; logged */
	STATUS_COUNT
};

/* The lower-case word for a status ("not found"), for logs and tests. */
const char *status_name(enum status st);

#endif
