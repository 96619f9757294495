/* victims - the processes of the instance, to be killed by their numbers. */
#ifndef CHATELAINE_TESTS_VICTIMS_H
#define CHATELAINE_TESTS_VICTIMS_H

#define WORKERS 2

/*
 * Commits that outlast the death of all of PostgreSQL's processes; and, instead
 * of the instance's worker, two of our own, that we can start again.
 */
void victims_prepare(void);

/* SIGKILL. The web server starts another handler by itself; PostgreSQL goes
 * through its recovery when it has lost a backend. */
void kill_handler(void);
void kill_backend(void);

/* SIGKILL, and started again. */
void kill_worker(void);
void kill_postgres(void);

/* End the workers as an operator would, with the jobs in hand done; start. */
void workers_stop(void);
void workers_start(void);

#endif
