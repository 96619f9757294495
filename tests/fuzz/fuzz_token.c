/*
 * fuzz_token.c - access and refresh tokens. Only what was issued is taken:
 * neither something else nor the same thing written differently.
 *
 * The input is a text or, after a NUL, edits of a good token: two bytes say
 * where, one what to put there.
 */

#include <string.h>

#include "account/access_token.h"
#include "account/refresh_token.h"
#include "tests/fuzz/fuzz.h"
#include "web/site.h"

#define UUID "00000000-0000-4000-8000-000000000000"
#define EDIT 3 /* bytes */

static struct site *site;
static const char *access_text, *refresh_text;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct session session = { .id = UUID,
		.account.id = UUID };
	struct refresh_token token;
	int64_t expires_at;

	(void)argc;
	(void)argv;
	if (site_open("fuzz", &site) != ST_OK ||
	    access_token_issue(site->signing_keys, site->db, site->arena,
		site->config, &session, &access_text, &expires_at) != ST_OK)
		fuzz_fail("there is a site; see tests/fuzz/run.sh");
	refresh_token_first(&token);
	token.session_id = UUID;
	refresh_text = refresh_token_text(site->key, site->arena, &token);
	return 0;
}

/* The good token with what the input says put into it. */
static const char *
edited(struct arena *arena, const char *good, const uint8_t *data, size_t size)
{
	char *text = arena_strdup(arena, good);
	size_t len = strlen(good);

	for (; size >= EDIT; data += EDIT, size -= EDIT)
		text[((size_t)data[0] << 8 | data[1]) % len] = (char)data[2];
	return text;
}

static void
try(struct arena *arena, const char *access, const char *refresh)
{
	struct access_token found;
	struct refresh_token token;

	if (access_token_verify(site->signing_keys, site->db, arena,
		site->config, access, &found) == ST_OK &&
	    strcmp(access, access_text) != 0)
		fuzz_fail("an access token has one text");
	if (refresh_token_read(site->key, arena, refresh, &token) == ST_OK &&
	    strcmp(refresh, refresh_text) != 0)
		fuzz_fail("a refresh token has one text");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text;

	if (size > 0 && data[0] == 0) {
		try(arena, edited(arena, access_text, data + 1, size - 1),
		    edited(arena, refresh_text, data + 1, size - 1));
	} else {
		text = arena_strndup(arena, (const char *)data, size);
		try(arena, text, text);
	}
	arena_free(arena);
	return 0;
}
