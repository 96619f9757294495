/* tokens.c - one client's part of the wire, as a program speaks it. */

#include <check.h>
#include <string.h>

#include "tests/harness/fixture.h"
#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

#define TRIES 100 /* of those that are put off, as many hash a password */

static bool
copy(char *to, size_t size, const char *text, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(to, text, len);
	to[len] = '\0';
	return true;
}

static bool
copy_member(
    char *to, size_t size, const struct answer *answer, const char *path)
{
	const char *text = answer_json(answer, path);

	return copy(to, size, text, strlen(text));
}

static bool
copy_cookie(
    char *to, size_t size, const struct answer *answer, const char *name)
{
	const char *line = strstr(
	    answer->head, arena_printf(answer->arena, "Set-Cookie: %s=", name));

	if (line == NULL)
		return false;
	line = strchr(line, '=') + 1;
	return copy(to, size, line, strcspn(line, ";\r"));
}

bool
tokens_take(struct tokens *tokens, const struct answer *answer)
{
	if (answer->status == 307)
		return copy_cookie(tokens->access, sizeof(tokens->access),
			   answer, "ch_access") &&
		    copy_cookie(tokens->refresh, sizeof(tokens->refresh),
			answer, "ch_refresh");
	return answer->status == 200 &&
	    copy_member(tokens->session, sizeof(tokens->session), answer,
		"session.id") &&
	    copy_member(tokens->access, sizeof(tokens->access), answer,
		"access_token") &&
	    copy_member(tokens->refresh, sizeof(tokens->refresh), answer,
		"refresh_token");
}

struct ask
ask_sign_up(struct arena *arena, const char *email)
{
	return (struct ask){ "POST", "/auth/signup", NULL,
		arena_printf(arena,
		    "{\"email\": \"%s\", \"name\": \"Ada\","
		    " \"password\": \"" TEST_PASSWORD "\"}",
		    email) };
}

struct ask
ask_verify(struct arena *arena, const char *token)
{
	return (struct ask){ "POST", "/auth/verify", NULL,
		arena_printf(arena,
		    "{\"token\": \"%s\", \"password\": \"" TEST_PASSWORD "\"}",
		    token) };
}

struct ask
ask_reset(struct arena *arena, const char *email)
{
	return (struct ask){ "POST", "/reset", NULL,
		arena_printf(arena, "{\"email\": \"%s\"}", email) };
}

struct ask
ask_new_password(struct arena *arena, const char *token, const char *password)
{
	return (struct ask){ "POST", arena_printf(arena, "/reset/%s", token),
		NULL, arena_printf(arena, "{\"password\": \"%s\"}", password) };
}

struct ask
ask_sign_in_with(struct arena *arena, const char *email, const char *password)
{
	return (struct ask){ "POST", "/auth/signin", NULL,
		arena_printf(arena,
		    "{\"email\": \"%s\", \"client\": \"api\","
		    " \"password\": \"%s\"}",
		    email, password) };
}

struct ask
ask_sign_in(struct arena *arena, const char *email)
{
	return ask_sign_in_with(arena, email, TEST_PASSWORD);
}

struct ask
ask_refresh(struct arena *arena, const char *refresh)
{
	return (struct ask){ "POST", "/auth/refresh", NULL,
		arena_printf(arena, "{\"refresh_token\": \"%s\"}", refresh) };
}

struct ask
ask_detour(struct arena *arena, const char *refresh)
{
	return (struct ask){ "GET", "/auth/refresh?next=/auth/session",
		arena_printf(arena, "Cookie: ch_refresh=%s", refresh), NULL };
}

static const char *
bearer(struct arena *arena, const char *access)
{
	return arena_printf(arena, "Authorization: Bearer %s", access);
}

struct ask
ask_session(struct arena *arena, const char *access)
{
	return (
	    struct ask){ "GET", "/auth/session", bearer(arena, access), NULL };
}

struct ask
ask_sign_out(struct arena *arena, const char *access)
{
	return (
	    struct ask){ "POST", "/auth/signout", bearer(arena, access), NULL };
}

void
tokens_begin(struct tokens *tokens, const char *email)
{
	struct arena *arena = arena_new();
	struct ask ask = ask_sign_in(arena, email);
	const struct answer *answer = exchange(arena, &ask);

	for (int i = 0; i < TRIES && answer->status == 503; i++)
		answer = exchange(arena, &ask);
	ck_assert_msg(tokens_take(tokens, answer), "sign-in: %d %s",
	    answer->status, answer->body);
	arena_free(arena);
}

void
tokens_go_on(struct tokens *tokens)
{
	struct arena *arena = arena_new();
	struct ask ask = ask_refresh(arena, tokens->refresh);
	const struct answer *answer = exchange(arena, &ask);

	if (!tokens_take(tokens, answer))
		stress_broken("a refresh without a race: %d %s", answer->status,
		    answer->body);
	arena_free(arena);
}

int
session_status(const struct tokens *tokens)
{
	struct arena *arena = arena_new();
	struct ask ask = ask_session(arena, tokens->access);
	int status = exchange(arena, &ask)->status;

	arena_free(arena);
	return status;
}

bool
tokens_are_dead(const struct tokens *tokens, const char *what)
{
	struct arena *arena = arena_new();
	struct ask asks[] = { ask_session(arena, tokens->access),
		ask_refresh(arena, tokens->refresh) };
	bool dead = true;

	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		const struct answer *answer = exchange(arena, &asks[i]);

		if (answer->status == 401)
			continue;
		stress_broken("%s: %s %s of session %s answers %d", what,
		    asks[i].method, asks[i].target, tokens->session,
		    answer->status);
		dead = false;
	}
	arena_free(arena);
	return dead;
}
