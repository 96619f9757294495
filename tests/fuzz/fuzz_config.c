/* fuzz_config.c - configuration files. */

#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "tests/fuzz/fuzz.h"

static int file;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("fuzz", MFD_CLOEXEC);
	if (file < 0)
		fuzz_fail("there is a file to write to");
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "/proc/self/fd/%d", file);
	const struct config_error *errors = NULL;
	const struct config *config = NULL;
	enum status st;

	if (ftruncate(file, 0) != 0 ||
	    pwrite(file, data, size, 0) != (ssize_t)size)
		fuzz_fail("the file is written");
	st = config_load(arena, path, &config, &errors);
	if (config == NULL)
		fuzz_fail("what was good is there");
	if (st == ST_OK &&
	    (errors != NULL || config->password_memory < 19 * 1024 * 1024 ||
		config->password_passes < 2 || config->access_token_ttl < 1))
		fuzz_fail("good settings are within their limits");
	if (st == ST_INVALID && errors == NULL)
		fuzz_fail("a refusal says what is wrong");
	arena_free(arena);
	return 0;
}
