/* floor_hash.c - the CPU of a bare Argon2id, in microseconds a hash. */

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASSWORD "seven damp owls in a teapot"

static double
cpu_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* floor_hash MEMORY PASSES COUNT: verify COUNT times, as a sign-in does. */
int
main(int argc, char **argv)
{
	char hash[crypto_pwhash_STRBYTES];
	unsigned long count;
	double before;

	if (argc != 4 || sodium_init() < 0)
		return EXIT_FAILURE;
	count = strtoul(argv[3], NULL, 10);
	if (crypto_pwhash_str(hash, PASSWORD, strlen(PASSWORD),
		strtoull(argv[2], NULL, 10), strtoul(argv[1], NULL, 10)) != 0)
		return EXIT_FAILURE;
	before = cpu_us();
	for (unsigned long i = 0; i < count; i++)
		if (crypto_pwhash_str_verify(
			hash, PASSWORD, strlen(PASSWORD)) != 0)
			return EXIT_FAILURE;
	printf("%.1f\n", (cpu_us() - before) / (double)count);
	return EXIT_SUCCESS;
}
