/*
 * child - a function in a process of its own, with a deadline.
 *
 * For libraries that can be neither interrupted nor trusted to come back: the
 * child may end at any point. It inherits everything, the connection to the
 * database included, which it must leave alone; it ends by _exit, so nothing
 * of its parent's is closed or flushed.
 */
#ifndef CHATELAINE_CHILD_H
#define CHATELAINE_CHILD_H

#include <stddef.h>

#include "base/status.h"

/*
 * Run work(out, closure) in a child and wait for it. What it writes to the
 * descriptor out, up to size bytes, comes back in text, *len bytes of it, not
 * terminated. The child is killed after so many seconds, by alarm(2), which
 * work may call to shorten them, and when its parent dies. SIGPIPE is ignored
 * in it.
 *
 * ST_OK: something was written, however the child ended. ST_EXPIRED: nothing
 * in time; ST_FAULT: nothing, or no child could be made, which is logged.
 */
enum status child_run(unsigned seconds, void (*work)(int out, void *closure),
    void *closure, char *text, size_t size, size_t *len) MUST_CHECK;

#endif
