/* fuzz_report.c - what comes back to us by mail, and whom it is addressed to. */

#include <ctype.h>
#include <string.h>

#include "mail/report.h"
#include "mail/return_path.h"
#include "tests/fuzz/fuzz.h"

static struct master_key *key;

/* That of the kept reports. */
#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct arena *arena = arena_new();
	const char *why;

	(void)argc;
	(void)argv;
	if (secret_init() != ST_OK ||
	    master_key_load(arena, KEY, "", &key, &why) != ST_OK)
		fuzz_fail("a key is there");
	arena_free(arena);
	return 0;
}

/* What is believed is what we would have written, but for upper case. */
static void
check_address(struct arena *arena, const char *address)
{
	static const struct config config = { .mail_from = "",
		.mail_return_path = "a@b.example" };
	size_t len = strcspn(address, "@");
	const char *id, *made;

	if (return_path_read(key, arena, address, &id) != ST_OK)
		return;
	made = return_path_make(key, arena, &config, id);
	made = strchr(made, '+') + 1;
	for (size_t i = 0; made[i] != '@'; i++)
		if (tolower((unsigned char)address[len - 42 + i]) != made[i])
			fuzz_fail("an address has one form");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct report report;

	report_read(arena, data, size, &report);
	if (strspn(report.status, "0123456789.") != strlen(report.status))
		fuzz_fail("a status is digits and dots");
	if (report.kind >= REPORT_GAVE_UP && report.status[0] == '\0')
		fuzz_fail("a failure has a status");
	for (const char *at = report.reason; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			fuzz_fail("a reason is a line of ASCII");
	if (report.address_count > REPORT_ADDRESSES)
		fuzz_fail("there are only so many addresses");
	for (size_t i = 0; i < report.address_count; i++)
		check_address(arena, report.addresses[i]);
	check_address(arena, arena_strndup(arena, (const char *)data, size));
	arena_free(arena);
	return 0;
}
