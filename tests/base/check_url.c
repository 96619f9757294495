/* check_url.c - where a URL leads, and who can listen on the way. */

#include <check.h>

#include "base/json.h"
#include "base/url.h"
#include "tests/harness/harness.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(arena);
}

/* clang-format off */
static const struct {
	const char *text, *origin, *host, *path;
	bool tls, private;
} urls[] = {
	{ "https://example.org", "https://example.org", "example.org", "",
	    true, true },
	{ "https://example.org:8443/app", "https://example.org:8443",
	    "example.org", "/app", true, true },
	{ "http://example.org/a/b", "http://example.org", "example.org",
	    "/a/b", false, false },
	{ "http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1", "",
	    false, true },
	{ "http://127.1.2.3", "http://127.1.2.3", "127.1.2.3", "",
	    false, true },
	{ "http://localhost:8080/x", "http://localhost:8080", "localhost",
	    "/x", false, true },
	{ "http://[::1]:8080/x", "http://[::1]:8080", "::1", "/x",
	    false, true },
	{ "http://[2001:db8::1]", "http://[2001:db8::1]", "2001:db8::1", "",
	    false, false },
	/* What only begins like this machine. */
	{ "http://localhost.example.org", "http://localhost.example.org",
	    "localhost.example.org", "", false, false },
	{ "http://127.0.0.1.example.org", "http://127.0.0.1.example.org",
	    "127.0.0.1.example.org", "", false, false },
	{ "http://128.0.0.1", "http://128.0.0.1", "128.0.0.1", "",
	    false, false },
};
/* clang-format on */

START_TEST(takes_a_url_apart)
{
	struct url url = url_read(arena, urls[_i].text);

	ck_assert_str_eq(url.origin, urls[_i].origin);
	ck_assert_str_eq(url.host, urls[_i].host);
	ck_assert_str_eq(url.path, urls[_i].path);
	ck_assert_int_eq(url.tls, urls[_i].tls);
	ck_assert_int_eq(url.private, urls[_i].private);
}
END_TEST

START_TEST(json_ends_with_its_arena)
{
	struct json_object *json =
	    json_hold(arena, json_object_new_string("x"));

	/* A second reference, so that there is something left to look at. */
	(void)json_object_get(json);
	arena_reset(arena);
	ck_assert_int_eq(json_object_put(json), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("url");
	TCase *tcase = tcase_create("url");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, takes_a_url_apart, 0, ARRAY_LEN(urls));
	tcase_add_test(tcase, json_ends_with_its_arena);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
