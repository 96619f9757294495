/* check_csrf.c - no other site acts for a person. */

#include <check.h>
#include <string.h>

#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "web/csrf.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NEW_KEY \
	"ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SESSION "66666666-7777-4888-8999-aaaaaaaaaaaa"

static struct arena *arena;
static struct site site;
static struct session session;
static struct request request;

static const char *fetch_site, *origin, *header;
static struct pair pair;

static const char *
variable(void *closure, const char *name)
{
	(void)closure;
	if (strcmp(name, "HTTP_SEC_FETCH_SITE") == 0)
		return fetch_site;
	if (strcmp(name, "HTTP_ORIGIN") == 0)
		return origin;
	if (strcmp(name, "HTTP_X_CSRF_TOKEN") == 0)
		return header;
	return NULL;
}

static const struct transport transport = { .variable = variable };

static struct master_key *
load(const char *text)
{
	struct master_key *key;
	const char *why;

	ck_assert_int_eq(master_key_load(arena, text, "", &key, &why), ST_OK);
	return key;
}

/* Somebody who is signed in, and posts a form of ours. */
static void
setup(void)
{
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	fetch_site = "same-origin";
	origin = "https://example.org";
	header = NULL;
	pair = (struct pair){ .name = "csrf_token" };
	session = (struct session){ .id = SESSION };
	site = (struct site){ .origin = "https://example.org" };
	site.key = load(KEY);
	request = (struct request){
		.arena = arena,
		.site = &site,
		.transport = &transport,
		.method = POST,
		.session = &session,
		.session_id = SESSION,
		.browser = "",
		.body = { &pair, 1 },
	};
	pair.text = csrf_token(&request);
}

static void
teardown(void)
{
	master_key_free(site.key);
	arena_free(arena);
}

/* Restarted with this in its file. */
static void
change_key(const char *text)
{
	master_key_free(site.key);
	site.key = load(text);
}

START_TEST(lets_our_own_form_pass)
{
	ck_assert_uint_eq(strlen(pair.text), SECRET_TEXT_LEN);
	ck_assert_int_eq(csrf_check(&request), PROBLEM_NONE);
}
END_TEST

/* clang-format off */
static const struct {
	const char *fetch_site;
	const char *origin;
	bool ours;
} sources[] = {
	{ "same-origin", "https://example.org", true },
	/* Where the browser says it, nothing else counts. */
	{ "same-origin", NULL, true },
	{ "same-origin", "null", true },
	{ "same-site", "https://example.org", false },
	{ "cross-site", "https://example.org", false },
	{ "none", "https://example.org", false },
	{ "Same-Origin", "https://example.org", false },
	{ "same-origin, cross-site", "https://example.org", false },
	/* Where it does not, the origin has to be ours to the letter. */
	{ NULL, "https://example.org", true },
	{ "", "https://example.org", true },
	{ NULL, NULL, false },
	{ NULL, "", false },
	{ NULL, "null", false },
	{ NULL, "http://example.org", false },
	{ NULL, "https://example.org:444", false },
	{ NULL, "https://example.org.evil.example", false },
	{ NULL, "https://example.or", false },
	{ NULL, "https://evil.example", false },
	{ NULL, "https://sub.example.org", false },
	{ NULL, "https://example.org/", false },
};
/* clang-format on */

START_TEST(asks_where_it_comes_from)
{
	fetch_site = sources[_i].fetch_site;
	origin = sources[_i].origin;
	ck_assert_int_eq(csrf_check(&request),
	    sources[_i].ours ? PROBLEM_NONE : PROBLEM_CROSS_SITE);
	/* Being of ours is not enough, nor is the token. */
	pair.text = "";
	ck_assert_int_eq(csrf_check(&request),
	    sources[_i].ours ? PROBLEM_STALE_FORM : PROBLEM_CROSS_SITE);
}
END_TEST

START_TEST(takes_the_token_from_a_header_too)
{
	header = pair.text;
	request.body.count = 0;
	ck_assert_int_eq(csrf_check(&request), PROBLEM_NONE);
	header = "x";
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
}
END_TEST

START_TEST(a_missing_or_changed_token_is_stale)
{
	const char *good = pair.text;
	char *bad;

	for (size_t i = 0; i < SECRET_TEXT_LEN; i++) {
		bad = arena_strdup(arena, good);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		pair.text = bad;
		ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
		bad[i] = '\0';
		ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
	}
	pair.text = arena_printf(arena, "%sA", good);
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
	request.body.count = 0;
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
}
END_TEST

START_TEST(a_token_belongs_to_its_session)
{
	session.id = TEST_UUID;
	request.session_id = TEST_UUID;
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
}
END_TEST

START_TEST(a_token_belongs_to_its_installation)
{
	change_key(NEW_KEY);
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
}
END_TEST

START_TEST(a_token_outlives_the_key_that_made_it)
{
	const char *old = pair.text;

	change_key(NEW_KEY " " KEY);
	ck_assert_int_eq(csrf_check(&request), PROBLEM_NONE);
	pair.text = csrf_token(&request);
	ck_assert_str_ne(pair.text, old);
	ck_assert_int_eq(csrf_check(&request), PROBLEM_NONE);
	/* A process that is not restarted yet knows the new one, as second. */
	change_key(KEY " " NEW_KEY);
	ck_assert_int_eq(csrf_check(&request), PROBLEM_NONE);
}
END_TEST

/* Somebody who is not signed in has a random cookie to tie the form to. */
static void
sign_out(void)
{
	request.session = NULL;
	request.session_id = NULL;
	request.browser = secret_token(arena);
	pair.text = csrf_token(&request);
}

START_TEST(before_sign_in_the_browser_is_the_tie)
{
	sign_out();
	ck_assert_int_eq(csrf_check(&request), PROBLEM_NONE);
	request.browser = secret_token(arena);
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
	request.browser = "";
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
}
END_TEST

START_TEST(without_a_cookie_there_is_no_token)
{
	sign_out();
	request.browser = "";
	ck_assert_str_eq(csrf_token(&request), "");
	pair.text = "";
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
	request.body.count = 0;
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
}
END_TEST

/* The session ended while the form was being filled in. */
START_TEST(a_form_outlives_its_session)
{
	request.session = NULL;
	ck_assert_int_eq(csrf_check(&request), PROBLEM_NONE);
}
END_TEST

/* Whoever plants a browser cookie must not have a token for a session. */
START_TEST(a_browser_stands_for_no_session)
{
	const char *of_session = pair.text;

	sign_out();
	request.browser = SESSION;
	ck_assert_str_ne(csrf_token(&request), of_session);
	pair.text = csrf_token(&request);
	request.session = &session;
	request.session_id = SESSION;
	ck_assert_int_eq(csrf_check(&request), PROBLEM_STALE_FORM);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("csrf");
	TCase *source = tcase_create("source");
	TCase *token = tcase_create("token");

	tcase_add_checked_fixture(source, setup, teardown);
	tcase_add_test(source, lets_our_own_form_pass);
	tcase_add_loop_test(
	    source, asks_where_it_comes_from, 0, (int)ARRAY_LEN(sources));
	suite_add_tcase(suite, source);
	tcase_add_checked_fixture(token, setup, teardown);
	tcase_add_test(token, takes_the_token_from_a_header_too);
	tcase_add_test(token, a_missing_or_changed_token_is_stale);
	tcase_add_test(token, a_token_belongs_to_its_session);
	tcase_add_test(token, a_token_belongs_to_its_installation);
	tcase_add_test(token, a_token_outlives_the_key_that_made_it);
	tcase_add_test(token, before_sign_in_the_browser_is_the_tie);
	tcase_add_test(token, without_a_cookie_there_is_no_token);
	tcase_add_test(token, a_form_outlives_its_session);
	tcase_add_test(token, a_browser_stands_for_no_session);
	suite_add_tcase(suite, token);
	return harness_run(suite, 0);
}
