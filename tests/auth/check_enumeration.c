/*
 * check_enumeration.c - no form tells which addresses have an account: what it
 * says to one that has and to one that has not is the same to the byte. How
 * long it takes is compared by tests/bench/enumeration.c.
 */

#include <check.h>
#include <string.h>

#include "base/strbuf.h"
#include "tests/auth/forms.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define PAIRS 2000
#define JSON "application/json"

static struct site *site;
static struct config config;
static struct visitor *visitor;

/* The cheapest hash there is: thousands are computed, and none is compared. */
static void
setup(void)
{
	test_clear();
	site = test_site(NULL);
	config = *site->config;
	config.password_memory = 8192;
	config.password_passes = 1;
	site->config = &config;
	visitor = visitor_new(site, forms[0].handler);
	visitor_set(visitor, "REMOTE_ADDR", "192.0.2.1");
	forms_fill(site, PAIRS);
}

static void
teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

static void
cut_out(struct strbuf *sb, const char *text, const char *what)
{
	const char *at;

	for (; (at = strstr(text, what)) != NULL; text = at + strlen(what)) {
		strbuf_add(sb, text, (size_t)(at - text));
		strbuf_str(sb, "<...>");
	}
	strbuf_str(sb, text);
}

/* How long the access token lasts yet, which a second may change. */
static const char *
seconds_left(const char *page)
{
	static const char mark[] = "access-seconds\" content=\"";
	const char *at = strstr(page, mark);

	return at == NULL
	    ? "no access token"
	    : arena_strndup(visitor->arena, at,
		  strlen(mark) + strspn(at + strlen(mark), "0123456789"));
}

/*
 * The whole answer, in its order, but for the number of the request, the
 * address that was sent and the seconds that are left. The token of the form is that of the same cookie.
 */
static const char *
said(const char *address)
{
	const char *id = visitor_header(visitor, "X-Request-Id");
	struct strbuf whole, without;

	strbuf_init(&whole, visitor->arena);
	strbuf_printf(&whole, "%d\n", visitor->rs.status);
	for (struct header *h = visitor->rs.headers; h != NULL; h = h->next)
		strbuf_printf(&whole, "%s: %s\n", h->name, h->value);
	strbuf_printf(&whole, "\n%zu\n%s", visitor->rs.len, visitor->answer);
	strbuf_init(&without, visitor->arena);
	cut_out(&without, whole.text, address);
	strbuf_init(&whole, visitor->arena);
	cut_out(&whole, without.text, id);
	strbuf_init(&without, visitor->arena);
	cut_out(&without, whole.text, seconds_left(whole.text));
	return without.text;
}

/* Both answers to a pair, each time in another order. */
static void
compare(const struct form *form, size_t nth, int status)
{
	struct arena *arena = arena_new();
	const char *answers[2] = { NULL, NULL };

	for (size_t i = 0; i < 2; i++) {
		bool known = (nth + i) % 2 == 0;
		const char *address = forms_address(arena, nth, known);

		ck_assert_int_eq(forms_send(visitor, form, address), status);
		answers[known] = arena_strdup(arena, said(address));
	}
	ck_assert_str_eq(answers[true], answers[false]);
	arena_free(arena);
}

static void
compare_all(const struct form *form, size_t pairs, int status)
{
	if (!visitor->program)
		forms_open(visitor, form);
	for (size_t i = 0; i < pairs; i++)
		compare(form, i, status);
}

static int64_t
accounts(void)
{
	return test_int("SELECT count(*) FROM account", NULL);
}

static int64_t
jobs(const char *kind)
{
	return test_int("SELECT count(*) FROM job WHERE kind = $1", kind);
}

/* The same bytes, and yet not the same deeds. */
static void
has_done_its_work(const struct form *form)
{
	if (strcmp(form->path, "/auth/signup") == 0) {
		ck_assert_int_eq(accounts(), 2 * PAIRS);
		ck_assert_int_eq(test_int("SELECT count(*) FROM outbox WHERE"
					  " template = 'already'",
				     NULL),
		    2 * PAIRS / 3);
	} else {
		ck_assert_int_eq(accounts(), PAIRS + form->member);
	}
	if (strcmp(form->path, "/reset") == 0)
		ck_assert_int_eq(jobs("reset"), 2 * PAIRS);
	if (form->member)
		ck_assert_int_eq(jobs("email-change"), 2 * PAIRS);
}

START_TEST(pages_are_the_same_for_2000_pairs)
{
	forms_enter(visitor, &forms[_i]);
	compare_all(&forms[_i], PAIRS, forms[_i].status);
	has_done_its_work(&forms[_i]);
}
END_TEST

START_TEST(json_is_the_same_for_2000_pairs)
{
	const char *token;

	forms_enter(visitor, &forms[_i]);
	token = forms[_i].member ? visitor->cookies[COOKIE_ACCESS] : "x";
	visitor->program = true;
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	/* A form without a cookie needs a token, this does not. */
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "Bearer %s", token));
	compare_all(&forms[_i], PAIRS, forms[_i].status);
	has_done_its_work(&forms[_i]);
}
END_TEST

/* Where mails are dropped, and once passwords are not looked at any more. */
START_TEST(so_it_is_beyond_the_limits)
{
	const struct form *form = &forms[_i];
	bool signin = strcmp(form->path, "/auth/signin") == 0;

	forms_enter(visitor, form);
	config.limit_mail = (struct rates){ { { 1, 86400 } }, 1 };
	config.limit_password = (struct rates){ { { 1, 86400 } }, 1 };
	compare_all(form, 30, form->status);
	/* So long that a second does not show in the words. */
	if (signin)
		test_execute("UPDATE limit_state"
			     " SET earned_at = now() + interval '1 year'");
	compare_all(form, 30, signin ? 429 : form->status);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("enumeration");
	TCase *same = tcase_create("same");

	tcase_add_checked_fixture(same, setup, teardown);
	tcase_set_timeout(same, 600);
	tcase_add_loop_test(
	    same, pages_are_the_same_for_2000_pairs, 0, FORM_COUNT);
	tcase_add_loop_test(
	    same, json_is_the_same_for_2000_pairs, 0, FORM_COUNT);
	tcase_add_loop_test(same, so_it_is_beyond_the_limits, 0, FORM_COUNT);
	suite_add_tcase(suite, same);
	return harness_run(suite, NEEDS_POSTGRES);
}
