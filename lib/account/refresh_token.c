/* refresh_token.c - derived, tagged, written and read. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "account/refresh_token.h"
#include "base/strbuf.h"
#include "base/text.h"

#define UUID_LEN 36

void
refresh_token_first(struct refresh_token *token)
{
	*token = (struct refresh_token){ .generation = 0 };
	secret_random(token->secret, sizeof(token->secret));
}

/* What is hashed. The word keeps a tag from ever being a successor. */
static struct strbuf
material(
    struct arena *arena, const char *word, const struct refresh_token *token)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	strbuf_printf(&sb, "%s %s %" PRId64 " ", word, token->session_id,
	    token->generation);
	strbuf_add(&sb, (const char *)token->secret, sizeof(token->secret));
	return sb;
}

void
refresh_token_next(const struct master_key *key, size_t which,
    struct arena *arena, const struct refresh_token *token,
    struct refresh_token *next)
{
	struct strbuf sb = material(arena, "next", token);

	next->session_id = token->session_id;
	next->generation = token->generation + 1;
	secret_mac(
	    key, which, SECRET_FOR_REFRESH, sb.text, sb.len, next->secret);
}

void
refresh_token_hash(
    const struct refresh_token *token, unsigned char hash[static SECRET_BYTES])
{
	secret_hash(hash, token->secret, sizeof(token->secret));
}

/* ID.N.SECRET-AND-TAG */
const char *
refresh_token_text(const struct master_key *key, struct arena *arena,
    const struct refresh_token *token)
{
	struct strbuf sb = material(arena, "tag", token);
	unsigned char bytes[2 * SECRET_BYTES];
	const char *text;

	memcpy(bytes, token->secret, SECRET_BYTES);
	secret_mac(
	    key, 0, SECRET_FOR_REFRESH, sb.text, sb.len, bytes + SECRET_BYTES);
	text = arena_printf(arena, "%s.%" PRId64 ".%s", token->session_id,
	    token->generation, base64url_encode(arena, bytes, sizeof(bytes)));
	secret_wipe(bytes, sizeof(bytes));
	return text;
}

/* Digits in their one form: no sign, no leading zero. */
static bool
read_generation(const char *text, size_t len, int64_t *generation)
{
	char *end;

	if (len == 0 || strspn(text, "0123456789") != len ||
	    (text[0] == '0' && len > 1))
		return false;
	errno = 0;
	*generation = strtoll(text, &end, 10);
	return errno == 0 && *generation < INT64_MAX;
}

enum status
refresh_token_read(const struct master_key *key, struct arena *arena,
    const char *text, struct refresh_token *token)
{
	unsigned char *bytes;
	struct strbuf sb;
	size_t size, len;

	if (strnlen(text, REFRESH_TOKEN_MAX + 1) > REFRESH_TOKEN_MAX ||
	    strcspn(text, ".") != UUID_LEN || text[UUID_LEN] != '.')
		return ST_INVALID;
	token->session_id = arena_strndup(arena, text, UUID_LEN);
	text += UUID_LEN + 1;
	len = strcspn(text, ".");
	if (!text_is_uuid(token->session_id) || text[len] != '.' ||
	    !read_generation(text, len, &token->generation) ||
	    base64url_decode(arena, text + len + 1, strlen(text + len + 1),
		&bytes, &size) != ST_OK ||
	    size != 2 * SECRET_BYTES)
		return ST_INVALID;
	memcpy(token->secret, bytes, SECRET_BYTES);
	sb = material(arena, "tag", token);
	return secret_mac_fits(key, SECRET_FOR_REFRESH, sb.text, sb.len,
		   bytes + SECRET_BYTES)
	    ? ST_OK
	    : ST_INVALID;
}
