/*
 * stress - claims that must hold however requests race and processes die.
 *
 * Each phase repeats a race for its share of the time, on an instance as
 * web.h starts it, and reports how much of what it has seen. What breaks a
 * claim is told at once and fails the run, which goes on to count how often.
 */
#ifndef CHATELAINE_TESTS_STRESS_H
#define CHATELAINE_TESTS_STRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define CROWD 8 /* clients of a race */

/* The phases, a file each. */
void refresh_races(void);
void replays(void);
void link_races(void);
void reset_races(void);
void code_races(void);
void sign_out_races(void);
void kills(void);

/* Is there time left for another round of this phase? */
bool stress_goes_on(void);

/* A line of what is printed in the end. */
void stress_report(const char *format, ...) PRINTF(1, 2);

/* A claim does not hold; by any process of the run. */
void stress_broken(const char *format, ...) PRINTF(1, 2);

/* A number below this one, by chance. */
uint32_t chance(uint32_t below);

/* Zeroed memory that children share with us. */
void *shared_new(size_t size);

/*
 * Do part in so many processes, and wait for all of them. Each gets its index
 * from 0 and an arena of its own. In it, crowd_wait returns when all have come
 * as far: at the same instant.
 */
typedef void crowd_part(struct arena *arena, int index);
void crowd(int count, crowd_part *part);
void crowd_wait(void);

/* The first half: part runs in the background until crowd_join. */
void crowd_begin(int count, crowd_part *part);
void crowd_join(void);

#endif
