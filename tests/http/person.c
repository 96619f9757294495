/* person.c - signed in once by JSON; then a cookie and a header are enough. */

#include <check.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/http/person.h"

static struct arena *kept;
static const char *access_token, *csrf_token;

static struct client *
sign_in(struct arena *arena, enum client_kind kind, const char **token)
{
	struct client *client = client_new(arena, web_url(), kind);
	const struct answer *answer;

	client_header(client, "Accept", "application/json");
	answer = client_json(client, "POST", "/auth/signin",
	    FIELDS("email", PERSON_EMAIL, "password", TEST_PASSWORD));
	ck_assert_int_eq(answer->status, 200);
	*token = answer_json(answer, "csrf_token");
	return client;
}

void
person_setup(void)
{
	struct client *client;

	kept = arena_new();
	web_account(PERSON_EMAIL, PERSON_NAME);
	client = sign_in(kept, CLIENT_SCRIPT, &csrf_token);
	access_token = client_cookie(client, "ch_access");
}

void
person_teardown(void)
{
	arena_free(kept);
}

const char *
person_access_token(void)
{
	return access_token;
}

struct client *
person_client(struct arena *arena, enum client_kind kind)
{
	struct client *client = client_new(arena, web_url(), kind);

	client_keep_cookie(client, "ch_access", access_token);
	client_header(client, "X-CSRF-Token", csrf_token);
	return client;
}

struct client *
person_signed_in(struct arena *arena, enum client_kind kind)
{
	const char *token;
	struct client *client = sign_in(arena, kind, &token);

	client_header(client, "X-CSRF-Token", token);
	client_header(client, "Accept",
	    kind == CLIENT_BROWSER ? "text/html" : "application/json");
	return client;
}
