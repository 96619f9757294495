/* check_message.c - what templates and values become, read by another parser. */

#include <check.h>
#include <unistd.h>

#include "base/file.h"
#include "mail/message.h"
#include "tests/harness/harness.h"
#include "tests/harness/mail.h"

#define PLAIN                                         \
	"{{! no name here }}\nSubject: {{subject}}\n" \
	"\nHello {{name}},\n\n{{body}}\n\n-- \n{{site.name}}\n"
#define HTML                                                             \
	"<!DOCTYPE html>\n<title>{{subject}}</title>\n<p>Hello {{name}}" \
	"</p>\n<p>{{body}}</p>\n<p>{{site.name}}</p>\n"

static struct arena *arena;
static struct template_set *set;
static struct json_object *values;
static struct json_object *contexts[2];
static struct message message;
static const char *text;

static void
add(const char *name, const char *value)
{
	json_object_object_add(values, name, json_object_new_string(value));
}

static void
add_templates(const char *name, const char *plain, const char *html)
{
	ck_assert_int_eq(
	    template_add(set, name, TEMPLATE_TEXT, plain, strlen(plain)),
	    ST_OK);
	ck_assert_int_eq(
	    template_add(set, name, TEMPLATE_HTML, html, strlen(html)), ST_OK);
}

static void
setup(void)
{
	arena = arena_new();
	set = template_set_new(arena);
	add_templates("mail/hello", PLAIN, HTML);
	contexts[0] =
	    json_tokener_parse("{\"site\": {\"name\": \"The House\"}}");
	contexts[1] = values = json_object_new_object();
	add("subject", "Hello");
	add("name", "Ada");
	add("body", "Come in.");
	message = (struct message){
		.id = "7a9c2d0e-95ab-4c4e-8f66-0f2b8ad51f27@house.example",
		.from = "house@house.example",
		.from_name = "The House",
		.to = "ada@example.org",
		.to_name = "Ada",
		.date = 1795231200,
		.template = "hello",
		.contexts = contexts,
		.context_count = 2,
	};
}

static void
teardown(void)
{
	json_object_put(contexts[0]);
	json_object_put(contexts[1]);
	arena_free(arena);
}

static enum status
build(void)
{
	return message_build(arena, set, &message, &text);
}

/* What Python makes of the text. */
static const char *
parse(void)
{
	char path[] = "/tmp/chatelaine-message-XXXXXX";
	int fd = mkstemp(path);
	const char *command = arena_printf(arena,
	    "/usr/bin/python3 '%s/tests/mail/show_mail.py' < %s", test_srcdir(),
	    path);
	struct strbuf seen;
	char buffer[4096];
	size_t got;
	FILE *output;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
	output = popen(command, "r");
	ck_assert_ptr_nonnull(output);
	strbuf_init(&seen, arena);
	while ((got = fread(buffer, 1, sizeof(buffer), output)) > 0)
		strbuf_add(&seen, buffer, got);
	ck_assert_int_eq(pclose(output), 0);
	ck_assert_int_eq(unlink(path), 0);
	return seen.text;
}

static void
assert_reads_as(const char *name)
{
	char *expected;
	size_t size;

	ck_assert_int_eq(build(), ST_OK);
	ck_assert_int_eq(
	    file_read(arena,
		arena_printf(arena, "%s/tests/mail/expected/%s.txt",
		    test_srcdir(), name),
		65536, &expected, &size),
	    ST_OK);
	ck_assert_str_eq(parse(), expected);
}

START_TEST(reads_as_it_was_meant)
{
	assert_reads_as("plain");
}
END_TEST

START_TEST(carries_any_language)
{
	message.from_name = "Das Schlößchen";
	message.to_name = "王小明 🏠";
	add("subject", "Grüße — 你好, здравствуйте");
	add("name", "王小明 🏠");
	add("body", "Façade & <b>\"naïve\"</b> 𝄞 = x\n.dot\n..two\nFrom here");
	assert_reads_as("languages");
	ck_assert_ptr_null(strstr(text, "iso-8859"));
}
END_TEST

START_TEST(folds_what_is_long)
{
	char body[301];

	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	message.from_name =
	    "The Society for the Preservation of Long and Winding Names and "
	    "Their Süßer Sound, of London, Paris, München and Elsewhere";
	add("subject",
	    "A subject that goes on for much longer than a line of a header "
	    "may be, with Ümläuts here and there, to the very end of it all");
	add("body", body);
	assert_reads_as("long");
}
END_TEST

START_TEST(quotes_what_a_name_may_hold)
{
	message.from_name = "House, \"The\" <root@evil.example>";
	message.to_name = "Ada (Countess); @";
	assert_reads_as("names");
}
END_TEST

START_TEST(does_without_names)
{
	message.from_name = message.to_name = "";
	assert_reads_as("nameless");
}
END_TEST

START_TEST(is_the_same_at_each_try)
{
	const char *first;

	ck_assert_int_eq(build(), ST_OK);
	first = text;
	ck_assert_int_eq(build(), ST_OK);
	ck_assert_str_eq(text, first);
}
END_TEST

static const char *const not_in_a_line[] = { "a\r\nBcc: eve@evil.example",
	"a\nb", "a\rb", "\x01", "\x7f", "a\tb",
	"a\xc2\x85"
	"b",
	"a\xe2\x80\xa8"
	"b" };

START_TEST(takes_no_control_character_into_a_subject)
{
	add("subject", not_in_a_line[_i]);
	ck_assert_int_eq(build(), ST_INVALID);
}
END_TEST

START_TEST(takes_no_control_character_into_a_name)
{
	message.from_name = not_in_a_line[_i];
	ck_assert_int_eq(build(), ST_INVALID);
	message.from_name = "";
	message.to_name = not_in_a_line[_i];
	ck_assert_int_eq(build(), ST_INVALID);
}
END_TEST

START_TEST(takes_no_control_character_into_an_address)
{
	const char *bad =
	    arena_printf(arena, "a@b.example%s", not_in_a_line[_i]);

	message.from = bad;
	ck_assert_int_eq(build(), ST_INVALID);
	message.from = "house@house.example";
	message.to = bad;
	ck_assert_int_eq(build(), ST_INVALID);
	message.to = "ada@example.org";
	message.id = bad;
	ck_assert_int_eq(build(), ST_INVALID);
}
END_TEST

START_TEST(lets_a_subject_end_in_the_body_at_worst)
{
	add("subject", "Hello\n\nBcc: eve@evil.example");
	ck_assert_int_eq(build(), ST_OK);
	ck_assert_ptr_null(strstr(parse(), "Bcc: eve@evil.example\nMIME"));
	ck_assert_ptr_null(strstr(text, "\r\nBcc: eve@evil.example\r\nM"));
}
END_TEST

START_TEST(takes_no_bytes_that_are_no_text)
{
	add("body", "\xff\xfe");
	ck_assert_int_eq(build(), ST_INVALID);
}
END_TEST

START_TEST(wants_both_templates)
{
	message.template = "missing";
	ck_assert_int_eq(build(), ST_NOT_FOUND);
	ck_assert_int_eq(template_add(set, "mail/half", TEMPLATE_TEXT,
			     "Subject: a\n\nb\n", 14),
	    ST_OK);
	message.template = "half";
	ck_assert_int_eq(build(), ST_NOT_FOUND);
}
END_TEST

static const char *const without_subject[] = {
	"Hello\n\nAda\n",
	"Subject: Hello\nAda\n",
	"Subject: Hello",
	"Subject: \n\nAda\n",
	"Subject:Hello\n\nAda\n",
	"\nSubject: Hello\n\nAda\n",
	"Subject: Hello\nBcc: eve@evil.example\n\nAda\n",
	"",
};

START_TEST(wants_a_subject_and_nothing_but)
{
	add_templates("mail/odd", without_subject[_i], HTML);
	message.template = "odd";
	ck_assert_int_eq(build(), ST_INVALID);
}
END_TEST

START_TEST(passes_on_that_a_template_fails)
{
	/* A link that was not marked as a URL. */
	add_templates("mail/link", PLAIN, "<a href=\"{{body}}\">x</a>\n");
	message.template = "link";
	ck_assert_int_eq(build(), ST_FAULT);
}
END_TEST

/* In a line that quoted-printable folds, at whatever it has there. */
START_TEST(other_tests_find_links_in_it)
{
	static const char site[] = "https://house.example";
	const char *tokens[] = {
		"-------------------------------------------",
		"AbCdEf_0123456789-AbCdEf_0123456789-AbCdEf_",
	};
	const char *plain;

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		add("body",
		    arena_printf(
			arena, "%s/auth/verify?token=%s", site, tokens[i]));
		ck_assert_int_eq(build(), ST_OK);
		plain = mail_plain_part(arena, text);
		ck_assert_ptr_nonnull(plain);
		ck_assert_str_eq(mail_link(arena, plain, site),
		    arena_printf(arena, "/auth/verify?token=%s", tokens[i]));
	}
	ck_assert_str_eq(mail_header(arena, text, "subject"), " Hello");
	ck_assert_ptr_null(mail_plain_part(arena, "To: a@b.org\r\n\r\nHello"));
	ck_assert_str_eq(mail_link(arena, "Hello", site), "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("message");
	TCase *tcase = tcase_create("message");
	const int lines = (int)ARRAY_LEN(not_in_a_line);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, reads_as_it_was_meant);
	tcase_add_test(tcase, carries_any_language);
	tcase_add_test(tcase, folds_what_is_long);
	tcase_add_test(tcase, quotes_what_a_name_may_hold);
	tcase_add_test(tcase, does_without_names);
	tcase_add_test(tcase, is_the_same_at_each_try);
	tcase_add_loop_test(
	    tcase, takes_no_control_character_into_a_subject, 0, lines);
	tcase_add_loop_test(
	    tcase, takes_no_control_character_into_a_name, 0, lines);
	tcase_add_loop_test(
	    tcase, takes_no_control_character_into_an_address, 0, lines);
	tcase_add_test(tcase, lets_a_subject_end_in_the_body_at_worst);
	tcase_add_test(tcase, takes_no_bytes_that_are_no_text);
	tcase_add_test(tcase, wants_both_templates);
	tcase_add_loop_test(tcase, wants_a_subject_and_nothing_but, 0,
	    (int)ARRAY_LEN(without_subject));
	tcase_add_test(tcase, passes_on_that_a_template_fails);
	tcase_add_test(tcase, other_tests_find_links_in_it);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
