/* crowd.c - processes that are let go at the same instant. */

#include <check.h>
#include <pthread.h>
#include <sys/mman.h>

#include "tests/harness/fixture.h"
#include "tests/stress/stress.h"

static pthread_barrier_t *barrier; /* shared */
static pid_t pids[CROWD];
static int size;

struct member {
	crowd_part *part;
	int index;
};

void *
shared_new(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static int
take_part(void *closure)
{
	const struct member *member = closure;
	struct arena *arena = arena_new();

	member->part(arena, member->index);
	arena_free(arena);
	return fflush(stdout);
}

void
crowd_begin(int count, crowd_part *part)
{
	pthread_barrierattr_t shared;

	ck_assert_int_le(count, CROWD);
	if (barrier == NULL)
		barrier = shared_new(sizeof(*barrier));
	(void)pthread_barrierattr_init(&shared);
	(void)pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	ck_assert_int_eq(
	    pthread_barrier_init(barrier, &shared, (unsigned)count), 0);
	size = count;
	for (int i = 0; i < count; i++)
		pids[i] = test_fork(take_part, &(struct member){ part, i });
}

void
crowd_join(void)
{
	for (int i = 0; i < size; i++)
		ck_assert_int_eq(test_join(pids[i]), 0);
	(void)pthread_barrier_destroy(barrier);
}

void
crowd(int count, crowd_part *part)
{
	crowd_begin(count, part);
	crowd_join();
}

void
crowd_wait(void)
{
	(void)pthread_barrier_wait(barrier);
}
