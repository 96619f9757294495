/*
 * arena - memory that is given back all at once.
 *
 * A handler serves one request at a time, so everything a request needs lives
 * in one arena, reset when the answer has been sent. Nothing allocated here is
 * freed by itself. Foreign objects (a PGresult, a json_object) are bound to it
 * with arena_defer. Reset wipes what was handed out, so no password outlives
 * its request. Out of memory ends the process with a logged error: bodies are
 * bounded before they are read, so it means a broken host, and the web server
 * starts another process.
 *
 * Builds with AddressSanitizer take each piece from malloc, so that an overrun
 * of one piece is seen.
 */
#ifndef CHATELAINE_ARENA_H
#define CHATELAINE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/status.h"

struct arena;

/* A new, empty arena. Never NULL. End it with arena_free. */
struct arena *arena_new(void);

/* Run what was deferred, last first; wipe and take back all memory. */
void arena_reset(struct arena *arena);

/* Reset and free the arena itself. NULL is allowed. */
void arena_free(struct arena *arena);

/* size bytes, zeroed, aligned for any type. A size of 0 gives a pointer too. */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(2)));

/* count elements of size bytes each, zeroed; overflow ends the process. */
void *arena_array(struct arena *arena, size_t count, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(2, 3)));

/* A copy of size bytes. */
void *arena_copy(struct arena *arena, const void *data, size_t size)
    __attribute__((returns_nonnull));

/* A copy of a string; of at most len bytes of it, NUL added, for strndup. */
char *arena_strdup(struct arena *arena, const char *text)
    __attribute__((returns_nonnull));
char *arena_strndup(struct arena *arena, const char *text, size_t len)
    __attribute__((returns_nonnull));

/* A formatted string. */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3)
    __attribute__((returns_nonnull));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    PRINTF(2, 0) __attribute__((returns_nonnull));

/*
 * Have release(object) called at the next reset or free. Give it a function of
 * exactly this type: calling through a cast one is undefined (UBSan tells).
 */
void arena_defer(struct arena *arena, void (*release)(void *), void *object);

#endif
