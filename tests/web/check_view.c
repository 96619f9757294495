/* check_view.c - values with the forms that pages and programs want. */

#include <check.h>
#include <string.h>

#include "tests/harness/harness.h"
#include "web/view.h"

static struct arena *arena;
static struct view *view;

static void
setup(void)
{
	arena = arena_new();
	view = view_new(arena);
}

static void
teardown(void)
{
	arena_free(arena);
}

static const char *
json(const struct view *of)
{
	return json_object_to_json_string_ext(
	    of->json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

START_TEST(holds_values_of_each_kind)
{
	ck_assert_str_eq(json(view), "{}");
	view_text(view, "text", "a \"b\" <c>");
	view_text(view, "absent", NULL);
	view_int(view, "number", INT64_MIN);
	view_flag(view, "yes", true);
	view_flag(view, "no", false);
	view_null(view, "nothing");
	ck_assert_str_eq(json(view),
	    "{\"text\":\"a \\\"b\\\" <c>\",\"absent\":null,"
	    "\"number\":-9223372036854775808,\"yes\":true,\"no\":false,"
	    "\"nothing\":null}");
}
END_TEST

START_TEST(the_last_value_counts)
{
	view_text(view, "x", "first");
	view_int(view, "x", 2);
	ck_assert_str_eq(json(view), "{\"x\":2}");
}
END_TEST

START_TEST(copies_what_it_is_given)
{
	char text[] = "before";

	view_text(view, "x", text);
	memcpy(text, "after!", sizeof(text));
	ck_assert_str_eq(json(view), "{\"x\":\"before\"}");
}
END_TEST

START_TEST(holds_views)
{
	struct view *inner = view_object(view, "inner");

	view_int(inner, "x", 1);
	view_int(view_object(inner, "deeper"), "y", 2);
	ck_assert_str_eq(
	    json(view), "{\"inner\":{\"x\":1,\"deeper\":{\"y\":2}}}");
}
END_TEST

START_TEST(holds_lists_of_views)
{
	view_list(view, "none");
	view_list(view, "items");
	view_int(view_item(view, "items"), "a", 1);
	view_int(view_item(view, "items"), "a", 2);
	ck_assert_str_eq(
	    json(view), "{\"none\":[],\"items\":[{\"a\":1},{\"a\":2}]}");
}
END_TEST

START_TEST(times_are_for_machines_and_for_people)
{
	struct strbuf sb;
	struct template_set *set = template_set_new(arena);
	static const char page[] = "{{at}}, {{at.words}}";

	view_time(view, "at", 1795231200);
	ck_assert_str_eq(json(view), "{\"at\":\"2026-11-21T03:20:00Z\"}");
	ck_assert_int_eq(
	    template_add(set, "x", TEMPLATE_TEXT, page, strlen(page)), ST_OK);
	strbuf_init(&sb, arena);
	ck_assert_int_eq(
	    template_render(set, "x", TEMPLATE_TEXT, &view->json, 1, &sb),
	    ST_OK);
	ck_assert_str_eq(
	    sb.text, "2026-11-21T03:20:00Z, 21 November 2026, 03:20 UTC");
}
END_TEST

static const struct {
	const char *url;
	bool shown;
} urls[] = {
	{ "https://example.org/x", true },
	{ "http://127.0.0.1:8080", true },
	{ "/auth/signin", true },
	{ "/", true },
	{ "javascript:alert(1)", false },
	{ "data:text/html,x", false },
	{ "//evil.example", false },
	{ "/\\evil.example", false },
	{ "", false },
	{ "auth/signin", false },
	{ "/a\nb", false },
};

START_TEST(shows_no_url_that_leads_astray)
{
	view_url(view, "u", urls[_i].url);
	ck_assert_int_eq(
	    json_object_object_get(view->json, "u") != NULL, urls[_i].shown);
	ck_assert(json_object_object_get_ex(view->json, "u", NULL));
}
END_TEST

START_TEST(keeps_what_is_for_pages_apart)
{
	ck_assert_ptr_null(view->page_only);
	view_text(view_page_only(view), "x", "1");
	view_text(view_page_only(view), "y", "2");
	ck_assert_str_eq(json(view), "{}");
	ck_assert_str_eq(json(view->page_only), "{\"x\":\"1\",\"y\":\"2\"}");
}
END_TEST

START_TEST(tells_problems_in_order)
{
	view_problem(view, "b", WORDING_NAME_MISSING, NULL);
	view_problem(
	    view, "a", WORDING_EMAIL_MISSING, json_object_new_object());
	view_problem(view, "", WORDING_BODY_CUT, NULL);
	ck_assert_str_eq(view->problems->field, "b");
	ck_assert_str_eq(view->problems->next->field, "a");
	ck_assert_int_eq(view->problems->next->wording, WORDING_EMAIL_MISSING);
	ck_assert_str_eq(view->problems->next->next->field, "");
	ck_assert_ptr_null(view->problems->next->next->next);
}
END_TEST

START_TEST(a_form_comes_back_without_its_secrets)
{
	static const struct field declared[] = {
		{ .name = "email", .type = FIELD_EMAIL },
		{ .name = "password", .type = FIELD_SECRET },
		{ .name = "remember", .type = FIELD_FLAG },
		{ .name = "next", .type = FIELD_PATH },
		{ .name = NULL },
	};
	struct pair pairs[] = {
		{ .name = "email", .text = " not an address " },
		{ .name = "password", .text = "very secret" },
		{ .name = "remember", .text = "on" },
		{ .name = "next", .text = "//evil.example" },
		{ .name = "unknown", .text = "x" },
	};
	struct request request = { .arena = arena };

	fields_check(arena, declared, &(struct pairs){ NULL, 0 },
	    &(struct pairs){ pairs, ARRAY_LEN(pairs) }, &request.fields);
	ck_assert_str_eq(json(view_of_fields(&request)),
	    "{\"email\":\"not an address\",\"remember\":true,\"next\":\"\"}");
}
END_TEST

START_TEST(a_request_without_fields_is_an_empty_form)
{
	struct request request = { .arena = arena };

	ck_assert_str_eq(json(view_of_fields(&request)), "{}");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("view");
	TCase *values = tcase_create("values");

	tcase_add_checked_fixture(values, setup, teardown);
	tcase_add_test(values, holds_values_of_each_kind);
	tcase_add_test(values, the_last_value_counts);
	tcase_add_test(values, copies_what_it_is_given);
	tcase_add_test(values, holds_views);
	tcase_add_test(values, holds_lists_of_views);
	tcase_add_test(values, times_are_for_machines_and_for_people);
	tcase_add_loop_test(
	    values, shows_no_url_that_leads_astray, 0, (int)ARRAY_LEN(urls));
	tcase_add_test(values, keeps_what_is_for_pages_apart);
	tcase_add_test(values, tells_problems_in_order);
	tcase_add_test(values, a_form_comes_back_without_its_secrets);
	tcase_add_test(values, a_request_without_fields_is_an_empty_form);
	suite_add_tcase(suite, values);
	return harness_run(suite, 0);
}
