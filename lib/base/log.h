/*
 * log - one JSON object a line on standard error.
 *
 *	{"time":"2026-11-21T03:20:00Z","level":"error","program":"auth",
 *	 "request_id":"...","message":"..."}
 *
 * Messages are lower case, cause first, without a full stop. Never a token, a
 * password, an address in full or an SQL parameter. Log where the fault is
 * detected, once; callers pass the status on in silence.
 */
#ifndef CHATELAINE_LOG_H
#define CHATELAINE_LOG_H

#include "base/status.h"

/* The program's name in every line. Kept by reference. */
void log_program(const char *name);

/* The request the following lines belong to; NULL: none. Kept by reference. */
void log_request(const char *request_id);

/* A defect, or something the operator must mend. */
void log_error(const char *format, ...) PRINTF(1, 2);

/* Something the operator may want to know of, and that was coped with. */
void log_warning(const char *format, ...) PRINTF(1, 2);

/* A step in the life of the program. */
void log_info(const char *format, ...) PRINTF(1, 2);

#endif
