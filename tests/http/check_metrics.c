/* check_metrics.c - /metrics as Prometheus would read it; see promtool(1). */

#include <check.h>
#include <string.h>

#include "tests/harness/client.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"

#define TIMEOUT 120 /* seconds */
#define SKIP 77

static struct arena *arena;

static const struct answer *
metrics(void)
{
	struct client *client = client_new(arena, web_url(), CLIENT_PROGRAM);

	client_header(client, "Authorization", "Bearer " WEB_METRICS_TOKEN);
	return client_get(client, "/metrics");
}

/* Something of each kind, so that none is left out of the text. */
START_TEST(promtool_finds_nothing_wrong)
{
	const char *dir = test_directory_new(arena);
	const struct answer *answer;

	test_execute("INSERT INTO counter VALUES ('limit_hits', 'signup', 3)"
		     " ON CONFLICT DO NOTHING");
	answer = metrics();
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_header(answer, "Content-Type"),
	    "text/plain; version=0.0.4; charset=utf-8");
	ck_assert(answer_shows(answer, "\nchatelaine_limit_hits_total{"));
	ck_assert(answer_shows(answer, "\nchatelaine_jobs{"));
	ck_assert(answer_shows(answer,
	    "\nchatelaine_worker_heartbeat_age_seconds{lane=\"mail\"} "));
	test_write_file(dir, "metrics", answer->body);
	ck_assert_int_eq(test_run((const char *const[]){ "sh", "-c",
			     "promtool check metrics < \"$0\"",
			     arena_printf(arena, "%s/metrics", dir), NULL }),
	    0);
	test_directory_remove(dir);
}
END_TEST

START_TEST(a_sign_in_is_counted)
{
	struct client *client = client_new(arena, web_url(), CLIENT_PROGRAM);
	const struct answer *before = metrics(), *answer;

	ck_assert(answer_shows(
	    before, "\nchatelaine_sign_ins_total{result=\"wrong\"} 0\n"));
	answer = client_json(client, "POST", "/auth/signin",
	    FIELDS("email", "ada@example.org", "password", "wrong"));
	ck_assert_int_eq(answer->status, 401);
	ck_assert(answer_shows(
	    metrics(), "\nchatelaine_sign_ins_total{result=\"wrong\"} 1\n"));
}
END_TEST

static Suite *
metrics_suite(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tcase = tcase_create("metrics");

	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_test(tcase, promtool_finds_nothing_wrong);
	tcase_add_test(tcase, a_sign_in_is_counted);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	int code = SKIP;

	arena = arena_new();
	if (test_run((const char *const[]){
		"sh", "-c", "command -v promtool", NULL }) == 0)
		code = harness_run(metrics_suite(), NEEDS_SERVERS);
	else
		puts("SKIP: there is no promtool: apt-get install prometheus");
	arena_free(arena);
	return code;
}
