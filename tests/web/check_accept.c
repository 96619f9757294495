/* check_accept.c - page or JSON, by the Accept header. */

#include "config.h"

#include <check.h>
#include <stdlib.h>

#include "base/status.h"
#include "web/accept.h"

static const char *const json[] = {
	"application/json",
	"APPLICATION/JSON",
	"application/problem+json",
	"application/json, text/plain, */*",              /* axios, Angular */
	"application/json, text/javascript, */*; q=0.01", /* jQuery */
	"text/html;q=0.5, application/json;q=0.6",
	"text/html;q=0.5, application/problem+json;q=0.6",
	"application/json;q=0.001",
	"application/*",
	"application/json;charset=utf-8",
	"application/json; ;", /* an empty parameter: RFC 9110, 5.6.6 */
	"application/json;x=\"a,b;q=0\";q=1.000",
	"*/*, text/html;q=0.9",
	"*/*;q=0.1, application/json",
	"text/html;q=0, */*",
	"\t, ,application/json ,",
	"text/*;q=0.5, application/json",
};

static const char *const page[] = {
	NULL,
	"",
	"*/*",
	"text/html",
	"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	"application/json, text/html",
	"application/json;q=0.5, text/html;q=0.5",
	"application/json;q=0.5, text/html",
	"application/json;q=0",
	"application/json;q=0, text/html;q=0",
	"image/png",
	"application/jso",
	"application/jsonx",
	/* the more exact range counts, though its weight is lower */
	"application/json;q=0.1, application/*, text/html;q=0.5",
	"*/json, text/html;q=0.5",
};

static const char *const malformed[] = {
	"application/json, ;",
	"application/json;q",
	"application/json;q=",
	"application/json;q=2",
	"application/json;q=1.001",
	"application/json;q=1.0000",
	"application/json;q=0,5",
	"application/json;q=-1",
	"application/json;q=.5",
	"application/json;q=0.5x",
	"application/json; q = 1",
	"application/json;x=\"",
	"application/json;x=\"a\\",
	"application/json text/html",
	"application/json, text",
	"application/json, /",
	"application/json, text/",
	"application /json",
	"application/json, \xff/x",
};

START_TEST(prefers_json)
{
	ck_assert_msg(accept_prefers_json(json[_i]), "%s", json[_i]);
}
END_TEST

START_TEST(prefers_a_page)
{
	ck_assert_msg(!accept_prefers_json(page[_i]), "%s", page[_i]);
}
END_TEST

START_TEST(answers_what_it_cannot_read_with_a_page)
{
	ck_assert_msg(!accept_prefers_json(malformed[_i]), "%s", malformed[_i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("accept");
	TCase *tcase = tcase_create("accept");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, prefers_json, 0, ARRAY_LEN(json));
	tcase_add_loop_test(tcase, prefers_a_page, 0, ARRAY_LEN(page));
	tcase_add_loop_test(tcase, answers_what_it_cannot_read_with_a_page, 0,
	    ARRAY_LEN(malformed));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
