/* victims - the processes of the instance, to be killed by their numbers. */
#ifndef CHATELAINE_TESTS_VICTIMS_H
#define CHATELAINE_TESTS_VICTIMS_H

#include <stdbool.h>

#define WORKERS 2

/*
 * Commits that outlast the death of all of PostgreSQL's processes; and, instead
 * of the instance's worker, two of our own, that we can start again.
 */
void victims_prepare(void);

/*
 * SIGKILL to one of them. False: there was none at the moment. The web server
 * starts another handler by itself; PostgreSQL recovers from the loss of a
 * backend by itself; a worker, and all of PostgreSQL, are started again here.
 */
bool kill_handler(void);
bool kill_worker(void);
bool kill_backend(void);
bool kill_postgres(void);

/* End the workers as an operator would, with the jobs in hand done; start. */
void workers_stop(void);
void workers_start(void);

#endif
