/*
 * check_templates.c - every mail there is, written with sample values and read
 * by another parser. A new pair of files is covered as soon as it is there.
 */

#include <check.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "mail/message.h"
#include "tests/harness/harness.h"

#define PAIRS_MAX 100
#define NAMES_MAX 50
#define SITE                       \
	"Das Schl\xc3\xb6\xc3\x9f" \
	"chen \xf0\x9f\x8f\xa0"
#define URL "https://house.example"
#define TOKEN "T0ken-_T0ken"
#define SUBJECT_MAX 90 /* characters, with a name as long as that */

/* What tells a reader how long a link works. */
static const char *const expiries[] = { "ttl", "until" };

static const char *pairs[PAIRS_MAX]; /* "verify" */
static size_t pair_count;

static struct arena *arena;
static struct template_set *set;
static const char *names[NAMES_MAX];
static size_t name_count;

/* Before any test is made: a loop test needs to know how many. */
static void
find_pairs(void)
{
	static char kept[PAIRS_MAX][64];
	char path[4096];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/templates/mail", test_srcdir());
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len <= 4 || len >= sizeof(kept[0]) ||
		    pair_count == PAIRS_MAX ||
		    strcmp(entry->d_name + len - 4, ".txt") != 0)
			continue;
		memcpy(kept[pair_count], entry->d_name, len - 4);
		pairs[pair_count] = kept[pair_count];
		pair_count++;
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static const char *
source(const char *name)
{
	char *text;
	size_t size;

	ck_assert_msg(
	    file_read(arena,
		arena_printf(arena, "%s/templates/%s", test_srcdir(), name),
		1 << 20, &text, &size) == ST_OK,
	    "%s", name);
	return text;
}

static void
add_name(const char *name)
{
	for (size_t i = 0; i < name_count; i++)
		if (strcmp(names[i], name) == 0)
			return;
	ck_assert_uint_lt(name_count, NAMES_MAX);
	names[name_count++] = name;
}

/* Each name that a template, or a part it takes in, asks for. */
static void
collect(const char *text)
{
	while ((text = strstr(text, "{{")) != NULL) {
		const char mark = *(text += 2);
		size_t len;

		text += strspn(text, "#^>/! ");
		len = strcspn(text, "} ");
		if (mark == '>')
			collect(source(
			    arena_printf(arena, "%.*s.txt", (int)len, text)));
		else if (mark != '!' && strncmp(text, "site.", 5) != 0)
			add_name(arena_strndup(arena, text, len));
	}
}

/* Does the text ask for the value itself, and not only whether it is there? */
static bool
shows(const char *text, const char *name)
{
	return strstr(text, arena_printf(arena, "{{%s}}", name)) != NULL;
}

static struct json_object *
sample(const char *text, const char *name)
{
	struct json_object *url;

	if (strcmp(name, "token") == 0)
		return json_object_new_string(TOKEN);
	if (strcmp(name, "unsubscribe") == 0) {
		url = json_object_new_string(URL "/auth/unsubscribe/x");
		ck_assert_int_eq(template_url(url), ST_OK);
		return url;
	}
	if (!shows(text, name) && strstr(text, "{{> ") == NULL)
		return json_object_new_boolean(true);
	return json_object_new_string(
	    arena_printf(arena, "\xc3\xa9\xe4\xbd\xa0 %s", name));
}

static void
setup(void)
{
	arena = arena_new();
	name_count = 0;
	ck_assert_int_eq(
	    template_load(arena,
		arena_printf(arena, "%s/templates", test_srcdir()), &set),
	    ST_OK);
}

static void
teardown(void)
{
	arena_free(arena);
}

/* What Python makes of a mail. */
static const char *
parse(const char *text)
{
	char path[] = "/tmp/chatelaine-template-XXXXXX";
	int fd = mkstemp(path);
	struct strbuf seen;
	char buffer[4096];
	size_t got;
	FILE *output;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
	output = popen(arena_printf(arena,
			   "/usr/bin/python3 '%s/tests/mail/show_mail.py' < %s",
			   test_srcdir(), path),
	    "r");
	ck_assert_ptr_nonnull(output);
	strbuf_init(&seen, arena);
	while ((got = fread(buffer, 1, sizeof(buffer), output)) > 0)
		strbuf_add(&seen, buffer, got);
	ck_assert_int_eq(pclose(output), 0);
	ck_assert_int_eq(unlink(path), 0);
	return seen.text;
}

/* From behind `from` up to `to`. */
static const char *
between(const char *text, const char *from, const char *to)
{
	const char *start = strstr(text, from), *end;

	ck_assert_msg(start != NULL, "no %s in: %s", from, text);
	start += strlen(from);
	end = strstr(start, to);
	ck_assert_msg(end != NULL, "no %s in: %s", to, text);
	return arena_strndup(arena, start, (size_t)(end - start));
}

/* It says of whom it is and what for, by itself, and on a line. */
static void
check_subject(const char *seen)
{
	const char *subject = between(seen, "\nSubject: ", "\n");
	size_t chars = 0;

	ck_assert_msg(strstr(subject, SITE) != NULL, "%s", subject);
	for (const char *at = subject; *at != '\0'; at++)
		chars += ((unsigned char)*at & 0xc0) != 0x80;
	ck_assert_msg(chars <= SUBJECT_MAX, "%s", subject);
	ck_assert_msg(strchr(".!?: ", subject[strlen(subject) - 1]) == NULL,
	    "%s", subject);
	ck_assert_str_eq(between(seen, "<title>", "</title>"), subject);
}

/* Each link of the plain text has a line to itself, and is in the other. */
static void
check_links(const char *plain, const char *html)
{
	const char *at = plain;

	while ((at = strstr(at, URL "/")) != NULL) {
		size_t len = strcspn(at, "\n");
		const char *link = arena_strndup(arena, at, len);

		ck_assert_msg(at > plain && at[-1] == '\n' &&
			strpbrk(link, " \t") == NULL,
		    "no line of its own: %s", link);
		ck_assert_msg(strstr(html,
				  arena_printf(arena, "<a href=\"%s\">%s</a>",
				      link, link)) != NULL,
		    "not in HTML: %s", link);
		at += len;
	}
}

/* A link that does not work for ever says how long it does, in both parts. */
static void
check_expiry(const char *plain, const char *html)
{
	bool told = false;

	if (strstr(plain, TOKEN) == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(expiries); i++) {
		const char *value =
		    arena_printf(arena, "\xc3\xa9\xe4\xbd\xa0 %s", expiries[i]);

		told |=
		    strstr(plain, value) != NULL && strstr(html, value) != NULL;
	}
	ck_assert_msg(told, "no expiry: %s", plain);
}

/* With all values but those of the subject's choices that are not this one. */
static void
check_mail(const char *name, const char *text, const char *chosen)
{
	const char *head = arena_strndup(arena, text, strcspn(text, "\n"));
	struct json_object *values = json_object_new_object();
	struct json_object *contexts[] = {
		json_tokener_parse("{\"site\": {\"name\": \"" SITE
				   "\", \"url\": \"" URL "\"}}"),
		values,
	};
	const struct message message = {
		.id = "7a9c2d0e-95ab-4c4e-8f66-0f2b8ad51f27@house.example",
		.from = "house@house.example",
		.from_name = SITE,
		.to = "ada@example.org",
		.to_name = "",
		.date = 1795231200,
		.template = name,
		.contexts = contexts,
		.context_count = ARRAY_LEN(contexts),
	};
	const char *mail, *seen, *plain, *html;

	ck_assert_int_eq(
	    template_url(json_object_object_get(
		json_object_object_get(contexts[0], "site"), "url")),
	    ST_OK);
	for (size_t i = 0; i < name_count; i++)
		if (strstr(head, arena_printf(arena, "{{#%s}}", names[i])) ==
			NULL ||
		    strcmp(names[i], chosen) == 0)
			json_object_object_add(
			    values, names[i], sample(text, names[i]));
	ck_assert_int_eq(message_build(arena, set, &message, &mail), ST_OK);
	seen = parse(mail);
	plain = between(seen, "--- text/plain utf-8 quoted-printable\n",
	    "--- text/html utf-8 quoted-printable\n");
	html = strstr(seen, "--- text/html");
	check_subject(seen);
	check_links(plain, html);
	check_expiry(plain, html);
	json_object_put(contexts[0]);
	json_object_put(values);
}

START_TEST(is_a_mail_as_it_should_be)
{
	const char *name = pairs[_i];
	const char *text = source(arena_printf(arena, "mail/%s.txt", name));
	bool chosen = false;

	/* Comments may stand before the subject. */
	while (text_starts_with(text, "{{!"))
		text = strchr(text, '\n') + 1;
	collect(text);
	for (size_t i = 0; i < name_count; i++) {
		const char *open = arena_printf(arena, "{{#%s}}", names[i]);
		const char *at = strstr(text, open);

		if (at == NULL || at > strchr(text, '\n'))
			continue;
		chosen = true;
		check_mail(name, text, names[i]);
	}
	if (!chosen)
		check_mail(name, text, "");
}
END_TEST

START_TEST(finds_all_of_them)
{
	ck_assert_uint_ge(pair_count, 10);
	ck_assert_uint_lt(pair_count, PAIRS_MAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("templates");
	TCase *tcase = tcase_create("templates");

	find_pairs();
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, finds_all_of_them);
	tcase_add_loop_test(
	    tcase, is_a_mail_as_it_should_be, 0, (int)pair_count);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
