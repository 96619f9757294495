/* fuzz_import.c - files of accounts, and the hashes in them. */

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "account/import_file.h"
#include "account/password_kind.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	int64_t line;  /* of the record before */
	int64_t lines; /* there are */
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (sodium_init() < 0)
		fuzz_fail("libsodium begins");
	return 0;
}

static enum status
take(void *closure, const struct import_record *record)
{
	struct seen *seen = closure;
	const char *hash = record->values[IMPORT_HASH];
	struct password_kind kind;

	if (record->line < seen->line || record->line > seen->lines)
		fuzz_fail("records come in the order of their lines");
	seen->line = record->line;
	if (hash == NULL || !password_hash_is_importable(hash))
		return ST_OK;
	kind = password_kind_of(hash);
	if (kind.memory > PASSWORD_IMPORT_MEMORY_MAX ||
	    kind.cost > PASSWORD_BCRYPT_COST_MAX ||
	    (kind.scheme == PASSWORD_ARGON2ID &&
		kind.memory * kind.passes > PASSWORD_IMPORT_WORK_MAX))
		fuzz_fail("no hash demands more than it may");
	return ST_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_record fatal = { .line = 0 };
	struct seen seen = { .line = 0, .lines = 1 };
	enum status st;
	FILE *file;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < size; i++)
		seen.lines += data[i] == '\n';
	file = fmemopen((void *)(uintptr_t)data, size, "r");
	if (file == NULL)
		fuzz_fail("there is a file to read from");
	st = import_file_read(file, IMPORT_GUESS, take, &seen, &fatal);
	if (st != ST_OK && st != ST_INVALID)
		fuzz_fail("a file is read to its end or makes no sense");
	if ((st == ST_INVALID) != (fatal.fault != NULL))
		fuzz_fail("what makes no sense has a place and a reason");
	(void)fclose(file);
	return 0;
}
