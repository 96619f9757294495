/* check_journey.c - from sign-up to sign-out, mail included, on every way. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/client.h"
#include "tests/harness/code.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/http/life.h"

#define TIMEOUT 120 /* seconds, for a test; sanitizers and mail included */

#define PROVE "Confirm your address"
#define ALREADY "already"
#define RESET "Choose a new password"
#define CHANGED "was changed"

#define NEW_PASSWORD "nine wet herons on a kettle"

static struct arena *arena;
static const char *email; /* of this test alone */

static void
setup(void)
{
	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	email = arena_printf(arena, "a%s@example.org", secret_token(arena));
}

static void
teardown(void)
{
	arena_free(arena);
}

static struct client *
new_client(enum client_kind kind)
{
	return client_new(arena, web_url(), kind);
}

/* Sign up as a page lets one. */
static const struct answer *
sign_up(struct client *browser, const char *address, const char *name)
{
	const struct answer *page = client_get(browser, "/auth/signup");

	return client_submit(browser, page, "/auth/signup",
	    FIELDS("email", address, "name", name, "password", TEST_PASSWORD));
}

static const struct answer *
sign_in_to(struct client *browser, const char *target, const char *password)
{
	const struct answer *page = client_get(browser, target);

	ck_assert_int_eq(page->status, 200);
	return client_submit(browser, page, "/auth/signin",
	    FIELDS("email", email, "password", password));
}

static const struct answer *
sign_in(struct client *browser)
{
	return sign_in_to(browser, "/auth/signin", TEST_PASSWORD);
}

/* A program that presents this access token. */
static struct client *
bearer(const char *token)
{
	struct client *program = new_client(CLIENT_PROGRAM);

	ck_assert_str_ne(token, "");
	client_header(
	    program, "Authorization", arena_printf(arena, "Bearer %s", token));
	return program;
}

static void
leads_to(const struct answer *answer, const char *location)
{
	ck_assert_int_eq(answer->status, 303);
	ck_assert_str_eq(answer_header(answer, "Location"), location);
}

static bool
is_proven(const char *address)
{
	return test_int("SELECT count(*) FROM account"
			" WHERE email = $1 AND verified_at IS NOT NULL",
		   address) == 1;
}

/* The answer to sign-up and resend, on both faces. */
static void
says_sent(const struct answer *answer, const char *address)
{
	ck_assert_int_eq(answer->status, 202);
	if (text_starts_with(
		answer_header(answer, "Content-Type"), "text/html"))
		ck_assert(answer_shows(answer, address));
	else
		ck_assert_str_eq(
		    answer->body, "{\"status\":\"verification_sent\"}");
}

/* No token of an ended session is worth anything. */
static void
is_refused_at_once(const char *token)
{
	const struct answer *answer =
	    client_get(bearer(token), "/auth/session");

	ck_assert_int_eq(answer->status, 401);
	ck_assert_str_eq(answer_problem(answer), "session-revoked");
}

/* The three ways */

START_TEST(a_browser_without_script_goes_all_the_way)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page;
	const char *token;
	struct mail mail;

	says_sent(sign_up(browser, email, "Ada"), email);
	mail = web_mail(arena, email, PROVE, 1);

	/* Looking at the link is free. */
	for (int i = 0; i < 2; i++) {
		page = client_get(browser, mail.link);
		ck_assert_int_eq(page->status, 200);
		ck_assert(!answer_shows(page, "type=\"password\""));
		ck_assert(!is_proven(email));
	}
	page = client_submit(browser, page, "/auth/verify", NO_FIELDS);
	ck_assert_int_eq(page->status, 200);
	ck_assert(is_proven(email));
	ck_assert_int_eq(client_get(browser, mail.link)->status, 410);

	leads_to(sign_in(browser), "/auth/session");
	token = client_cookie(browser, "ch_access");
	page = client_get(browser, "/auth/session");
	ck_assert_int_eq(page->status, 200);
	ck_assert(answer_shows(page, email));
	ck_assert(answer_shows(page, "Ada"));

	page = client_get(browser, "/auth/account");
	page = client_submit(
	    browser, page, "/auth/account", FIELDS("name", "Ada Lovelace"));
	leads_to(page, "/auth/account?saved=1");
	page = client_get(browser, "/auth/account?saved=1");
	ck_assert(answer_shows(page, "Your changes are saved"));
	page = client_get(browser, "/auth/session");
	ck_assert(answer_shows(page, "Ada Lovelace"));

	page = client_submit(browser, page, "/auth/signout", NO_FIELDS);
	leads_to(page, "/auth/signin?reason=signed_out");
	ck_assert_str_eq(client_cookie(browser, "ch_access"), "");
	is_refused_at_once(token);
	leads_to(client_get(browser, "/auth/session"),
	    "/auth/signin?reason=not_signed_in&next=%2Fauth%2Fsession");
}
END_TEST

/* What a script on the sign-up page knows: that page's cookie and token. */
static struct client *
script_on(const char *target)
{
	struct client *script = new_client(CLIENT_SCRIPT);
	const struct answer *page;

	client_header(script, "Accept", "text/html");
	page = client_get(script, target);
	client_header(script, "Accept", "application/json");
	client_header(
	    script, "X-CSRF-Token", answer_hidden(page, target, "csrf_token"));
	return script;
}

START_TEST(a_script_with_cookies_goes_all_the_way)
{
	struct client *script = script_on("/auth/signup");
	const struct answer *answer;
	const char *token;
	struct mail mail;

	says_sent(client_json(script, "POST", "/auth/signup",
		      FIELDS("email", email, "name", "Ada", "password",
			  TEST_PASSWORD)),
	    email);
	mail = web_mail(arena, email, PROVE, 1);
	for (int i = 0; i < 2; i++) {
		answer = client_get(script, mail.link);
		ck_assert_int_eq(answer->status, 200);
		ck_assert_str_eq(answer_json(answer, "ask_password"), "false");
		ck_assert(!is_proven(email));
	}
	answer = client_json(script, "POST", "/auth/verify",
	    FIELDS("token", answer_json(answer, "token")));
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_json(answer, "status"), "verified");

	answer = client_json(script, "POST", "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD));
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_json(answer, "user.email"), email);
	ck_assert_str_eq(answer_json(answer, "access_token"), "");
	token = client_cookie(script, "ch_access");

	answer = client_get(script, "/auth/session");
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_json(answer, "user.name"), "Ada");
	answer = client_json(
	    script, "PATCH", "/auth/account", FIELDS("name", "Ada Lovelace"));
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_json(answer, "name"), "Ada Lovelace");
	answer = client_get(script, "/auth/account");
	ck_assert_str_eq(answer_json(answer, "name"), "Ada Lovelace");

	answer = client_json(script, "POST", "/auth/signout", NO_FIELDS);
	ck_assert_int_eq(answer->status, 204);
	ck_assert_str_eq(client_cookie(script, "ch_access"), "");
	is_refused_at_once(token);
	ck_assert_int_eq(client_get(script, "/auth/session")->status, 401);
}
END_TEST

START_TEST(a_program_with_a_bearer_token_goes_all_the_way)
{
	struct client *program = new_client(CLIENT_PROGRAM);
	const struct answer *answer;
	const char *token, *access;
	struct mail mail;

	says_sent(client_json(program, "POST", "/auth/signup",
		      FIELDS("email", email, "name", "Ada", "password",
			  TEST_PASSWORD)),
	    email);
	mail = web_mail(arena, email, PROVE, 1);
	for (int i = 0; i < 2; i++) {
		answer = client_get(program, mail.link);
		ck_assert_int_eq(answer->status, 200);
		ck_assert_str_eq(answer_json(answer, "ask_password"), "true");
	}
	token = answer_json(answer, "token");
	answer = client_json(program, "POST", "/auth/verify",
	    FIELDS("token", token, "password", TEST_PASSWORD));
	ck_assert_int_eq(answer->status, 200);

	answer = client_json(program, "POST", "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD, "client", "api"));
	ck_assert_int_eq(answer->status, 200);
	ck_assert_uint_eq(answer_header_count(answer, "Set-Cookie"), 0);
	access = answer_json(answer, "access_token");
	program = bearer(access);

	answer = client_get(program, "/auth/session");
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_json(answer, "user.email"), email);
	answer = client_json(
	    program, "PATCH", "/auth/account", FIELDS("name", "Ada Lovelace"));
	ck_assert_int_eq(answer->status, 200);
	answer = client_get(program, "/auth/account");
	ck_assert_str_eq(answer_json(answer, "name"), "Ada Lovelace");

	answer = client_send(program, "POST", "/auth/signout", NULL, "", 0);
	ck_assert_int_eq(answer->status, 204);
	is_refused_at_once(access);
}
END_TEST

/* The link */

START_TEST(another_browser_is_asked_for_the_password)
{
	struct client *other = new_client(CLIENT_BROWSER);
	const struct answer *page;
	struct mail mail;

	sign_up(new_client(CLIENT_BROWSER), email, "Ada");
	mail = web_mail(arena, email, PROVE, 1);
	page = client_get(other, mail.link);
	ck_assert_int_eq(page->status, 200);
	ck_assert(answer_shows(page, "type=\"password\""));
	page = client_submit(other, page, "/auth/verify", NO_FIELDS);
	ck_assert_int_eq(page->status, 422);
	page = client_submit(other, page, "/auth/verify",
	    FIELDS("password", "not the one that was chosen"));
	ck_assert_int_eq(page->status, 422);
	ck_assert(answer_shows(page, "<title>Error: "));
	ck_assert(!is_proven(email));
	page = client_submit(
	    other, page, "/auth/verify", FIELDS("password", TEST_PASSWORD));
	ck_assert_int_eq(page->status, 200);
	ck_assert(is_proven(email));
}
END_TEST

START_TEST(signing_up_again_kills_the_first_link)
{
	struct client *first = new_client(CLIENT_BROWSER);
	struct client *second = new_client(CLIENT_BROWSER);
	const struct answer *page;
	struct mail mail;

	sign_up(first, email, "Ada");
	mail = web_mail(arena, email, PROVE, 1);
	says_sent(sign_up(second, email, "Ada Lovelace"), email);
	ck_assert_int_eq(client_get(first, mail.link)->status, 410);
	ck_assert_int_eq(client_get(second, mail.link)->status, 410);
	mail = web_mail(arena, email, PROVE, 2);
	page = client_get(second, mail.link);
	page = client_submit(second, page, "/auth/verify", NO_FIELDS);
	ck_assert_int_eq(page->status, 200);
	sign_in(second);
	ck_assert(
	    answer_shows(client_get(second, "/auth/session"), "Ada Lovelace"));
}
END_TEST

START_TEST(resending_kills_the_first_link)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page;
	struct mail first, second;

	page = sign_up(browser, email, "Ada");
	first = web_mail(arena, email, PROVE, 1);
	says_sent(
	    client_submit(browser, page, "/auth/verify/resend", NO_FIELDS),
	    email);
	second = web_mail(arena, email, PROVE, 2);
	ck_assert_str_ne(first.link, second.link);
	ck_assert_int_eq(client_get(browser, first.link)->status, 410);

	/* The page of a dead link has a form for a new one. */
	page = client_get(browser, first.link);
	says_sent(client_submit(browser, page, "/auth/verify/resend",
		      FIELDS("email", email)),
	    email);
	first = web_mail(arena, email, PROVE, 3);
	ck_assert_int_eq(client_get(browser, second.link)->status, 410);

	/* It is still tied to the browser that signed up. */
	page = client_get(browser, first.link);
	ck_assert(!answer_shows(page, "type=\"password\""));
	page = client_submit(browser, page, "/auth/verify", NO_FIELDS);
	ck_assert_int_eq(page->status, 200);
}
END_TEST

START_TEST(an_unproven_sign_in_leads_to_a_new_link)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page;
	struct mail mail;

	sign_up(browser, email, "Ada");
	page = sign_in(browser);
	ck_assert_int_eq(page->status, 403);
	ck_assert_str_eq(client_cookie(browser, "ch_access"), "");
	says_sent(
	    client_submit(browser, page, "/auth/verify/resend", NO_FIELDS),
	    email);
	mail = web_mail(arena, email, PROVE, 2);
	page = client_get(browser, mail.link);
	page = client_submit(browser, page, "/auth/verify", NO_FIELDS);
	ck_assert_int_eq(page->status, 200);
	leads_to(sign_in(browser), "/auth/session");
}
END_TEST

/* What addresses give away */

static const char *
replaced(const char *text, const char *from, const char *to)
{
	struct strbuf out;
	const char *found;

	strbuf_init(&out, arena);
	while ((found = strstr(text, from)) != NULL) {
		strbuf_add(&out, text, (size_t)(found - text));
		strbuf_str(&out, to);
		text = found + strlen(from);
	}
	strbuf_str(&out, text);
	return out.text;
}

/* All that an answer says, but for what differs between any two. */
static const char *
said(const struct answer *answer, const char *address)
{
	const char *text = arena_printf(
	    arena, "%d\n%s\n%s", answer->status, answer->head, answer->body);
	const char *id = answer_header(answer, "X-Request-Id");
	const char *date = answer_header(answer, "Date");

	text = replaced(text, id, "ID");
	text = replaced(text, date, "DATE");
	return replaced(text, address, "ADDRESS");
}

START_TEST(an_address_with_an_account_gets_the_same_answer)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	struct client *program = new_client(CLIENT_PROGRAM);
	const char *stranger = arena_printf(arena, "b%s", email + 1);
	const struct answer *known, *unknown;
	struct mail mail;

	web_account(email, "Ada");
	known = sign_up(browser, email, "Eve");
	unknown = sign_up(browser, stranger, "Eve");
	ck_assert_str_eq(said(known, email), said(unknown, stranger));

	mail = web_mail(arena, email, ALREADY, 1);
	ck_assert_str_eq(mail.link, "/auth/signin");
	web_mail(arena, stranger, PROVE, 1);
	ck_assert_uint_eq(web_mail_count(email), 1);

	known = client_json(
	    program, "POST", "/auth/verify/resend", FIELDS("email", email));
	unknown = client_json(
	    program, "POST", "/auth/verify/resend", FIELDS("email", stranger));
	ck_assert_str_eq(said(known, email), said(unknown, stranger));
	/* Asked for later, sent later: none came for the other. */
	web_mail(arena, stranger, PROVE, 2);
	ck_assert_uint_eq(web_mail_count(email), 1);

	known = client_json(program, "POST", "/auth/signin",
	    FIELDS("email", email, "password", "not the password at all"));
	unknown = client_json(program, "POST", "/auth/signin",
	    FIELDS("email", "nobody@example.org", "password",
		"not the password at all"));
	ck_assert_int_eq(known->status, 401);
	ck_assert_str_eq(
	    said(known, email), said(unknown, "nobody@example.org"));
}
END_TEST

/* The operator */

START_TEST(disabling_ends_the_session_on_the_next_request)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *answer;
	const char *output, *token;

	web_account(email, "Ada");
	sign_in(browser);
	token = client_cookie(browser, "ch_access");
	ck_assert_int_eq(client_get(browser, "/auth/session")->status, 200);

	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "disable", email)),
	    0);
	leads_to(client_get(browser, "/auth/session"),
	    "/auth/signin?reason=account_disabled"
	    "&next=%2Fauth%2Fsession");
	is_refused_at_once(token);
	answer = sign_in(browser);
	ck_assert_int_eq(answer->status, 403);
	ck_assert(answer_shows(answer, "disabled"));

	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "enable", email)),
	    0);
	is_refused_at_once(token);
	leads_to(sign_in(browser), "/auth/session");
	ck_assert_int_eq(client_get(browser, "/auth/session")->status, 200);
}
END_TEST

START_TEST(the_operator_makes_lists_and_shows_accounts)
{
	const char *output, *id;

	ck_assert_int_eq(web_command(arena, &output, TEST_PASSWORD "\n",
			     FIELDS("user", "create", "--name",
				 "Gr\xc3\xa4"
				 "fin Ada",
				 email)),
	    0);
	id = arena_strndup(arena, output + strlen("created "), 36);
	ck_assert(text_is_uuid(id));

	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "list")), 0);
	ck_assert(strstr(output, arena_printf(arena, "%s active", id)) != NULL);
	ck_assert(strstr(output, email) != NULL);

	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "show", email)),
	    0);
	ck_assert(strstr(output, id) != NULL);
	ck_assert(strstr(output,
		      "Gr\xc3\xa4"
		      "fin Ada") != NULL);
	leads_to(sign_in(new_client(CLIENT_BROWSER)), "/auth/session");
}
END_TEST

/* How many lines a command printed; their ids, in order. */
static size_t
ids_of(const char *output, const char **ids, size_t max)
{
	size_t count = 0;

	for (const char *at = output; *at != '\0'; at = strchr(at, '\n') + 1) {
		ck_assert_uint_lt(count, max);
		ids[count] = arena_strndup(arena, at, 36);
		ck_assert(text_is_uuid(ids[count++]));
	}
	return count;
}

START_TEST(the_operator_lists_and_revokes_sessions)
{
	struct client *one = new_client(CLIENT_BROWSER);
	struct client *two = new_client(CLIENT_BROWSER);
	const char *output, *ids[3];

	web_account(email, "Ada");
	client_header(one, "User-Agent", "curl/7.88.1");
	sign_in(one);
	client_header(two, "User-Agent", "Firefox/1 (X11; Linux)");
	sign_in(two);
	ck_assert_int_eq(web_command(arena, &output, NULL,
			     FIELDS("session", "list", "--user", email)),
	    0);
	ck_assert_uint_eq(ids_of(output, ids, ARRAY_LEN(ids)), 2);
	ck_assert_ptr_nonnull(strstr(output, " curl\tcurl/7.88.1\n"));
	ck_assert_ptr_nonnull(strstr(output, " Firefox on Linux\t"));

	/* The first is that of two, the newest. */
	ck_assert_int_eq(web_command(arena, &output, NULL,
			     FIELDS("session", "revoke", ids[0])),
	    0);
	ck_assert_str_eq(output, "revoked 1\n");
	leads_to(client_get(two, "/auth/account"),
	    "/auth/signin?reason=revoked&next=%2Fauth%2Faccount");
	ck_assert_int_eq(client_get(one, "/auth/account")->status, 200);
	ck_assert_int_eq(web_command(arena, &output, NULL,
			     FIELDS("session", "revoke", ids[0])),
	    0);
	ck_assert_str_eq(output, "revoked 0\n");
	ck_assert_int_eq(web_command(arena, &output, NULL,
			     FIELDS("session", "revoke", TEST_UUID)),
	    1);

	sign_in(two);
	ck_assert_int_eq(web_command(arena, &output, NULL,
			     FIELDS("session", "revoke", "--user", email)),
	    0);
	ck_assert_str_eq(output, "revoked 2\n");
	ck_assert_int_eq(client_get(one, "/auth/account")->status, 303);
	sign_in(one);
	ck_assert_int_eq(web_command(arena, &output, NULL,
			     FIELDS("session", "revoke", "--all")),
	    0);
	ck_assert_int_eq(client_get(one, "/auth/account")->status, 303);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM audit_log l JOIN account a"
		     " ON a.id = l.account_id WHERE l.actor = 'operator'"
		     " AND a.email = $1 AND l.action ~ 'ended$'",
		email),
	    2);
}
END_TEST

START_TEST(the_operator_says_which_sessions)
{
	static const char *const wrong[][5] = {
		{ "session" },
		{ "session", "list" },
		{ "session", "list", "--all" },
		{ "session", "revoke" },
		{ "session", "revoke", "--everybody" },
		{ "session", "revoke", "--user" },
		{ "session", "revoke", "a", "b" },
	};
	const char *output;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		ck_assert_int_eq(
		    web_command(arena, &output, NULL, wrong[i]), 2);
	ck_assert_int_eq(web_command(arena, &output, NULL,
			     FIELDS("session", "list", "--user", "x@b.org")),
	    1);
	ck_assert_ptr_nonnull(strstr(output, "no account has the address"));
}
END_TEST

/* Several devices */

START_TEST(a_device_ends_the_session_of_another)
{
	struct client *one = new_client(CLIENT_BROWSER);
	struct client *two = new_client(CLIENT_BROWSER);
	struct client *program;
	const struct answer *page, *answer;
	const char *token, *id;

	web_account(email, "Ada");
	sign_in(one);
	sign_in(two);
	token = client_cookie(two, "ch_access");
	program = bearer(token);
	answer = client_get(program, "/auth/sessions");
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer_json(answer, "items.0.current"), "true");
	id = answer_json(answer, "items.0.id");

	page = client_get(one, "/auth/sessions");
	ck_assert_int_eq(page->status, 200);
	leads_to(client_submit(one, page,
		     arena_printf(arena, "/auth/sessions/%s", id), NO_FIELDS),
	    "/auth/sessions?done=one");
	is_refused_at_once(token);
	leads_to(client_get(two, "/auth/account"),
	    "/auth/signin?reason=signed_out_elsewhere&next=%2Fauth%2Faccount");

	/* And, the other way round, all others at once. */
	sign_in(two);
	page = client_get(two, "/auth/sessions");
	leads_to(client_submit(two, page, "/auth/sessions", NO_FIELDS),
	    "/auth/sessions?done=others");
	ck_assert_int_eq(client_get(one, "/auth/session")->status, 303);
	ck_assert_int_eq(client_get(two, "/auth/session")->status, 200);
}
END_TEST

START_TEST(the_password_is_given_again)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page;
	const char *before;

	web_account(email, "Ada");
	sign_in(browser);
	before = client_cookie(browser, "ch_access");
	page = client_get(browser, "/auth/confirm?next=/auth/account");
	ck_assert_int_eq(page->status, 200);
	page = client_submit(browser, page, "/auth/confirm",
	    FIELDS("password", "seven dry owls in a teapot"));
	ck_assert_int_eq(page->status, 422);
	ck_assert_str_eq(client_cookie(browser, "ch_access"), before);
	leads_to(client_submit(browser, page, "/auth/confirm",
		     FIELDS("password", TEST_PASSWORD)),
	    "/auth/account");
	ck_assert_str_ne(client_cookie(browser, "ch_access"), before);
	ck_assert_int_eq(client_get(browser, "/auth/account")->status, 200);
}
END_TEST

/* A second factor */

/* As a program, with what is mailed about it on the way. */
START_TEST(a_second_factor_is_asked_for_until_the_operator_ends_it)
{
	struct client *client = new_client(CLIENT_PROGRAM);
	const struct answer *answer;
	const char *secret, *recovery, *output, *ticket;
	int64_t step = code_step();
	struct mail mail;

	web_account(email, "Ada");
	answer = client_json(client, "POST", "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD, "client", "api"));
	client = bearer(answer_json(answer, "access_token"));
	answer = client_json(client, "POST", "/auth/second-factor", NO_FIELDS);
	ck_assert_int_eq(answer->status, 200);
	secret = answer_json(answer, "secret");
	answer = client_json(client, "POST", "/auth/second-factor/activate",
	    FIELDS("code", code_at(arena, secret, step)));
	ck_assert_int_eq(answer->status, 200);
	recovery = answer_json(answer, "recovery_codes.0");
	mail = web_mail(arena, email, "second factor", 1);
	ck_assert_ptr_nonnull(strstr(mail.text, "has been switched on"));
	ck_assert_str_eq(mail.link, "/auth/second-factor");

	client = new_client(CLIENT_PROGRAM);
	answer = client_json(client, "POST", "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD, "client", "api"));
	ck_assert_int_eq(answer->status, 403);
	ck_assert_str_eq(answer_problem(answer), "second-factor-required");
	ticket = answer_json(answer, "ticket");
	answer = client_json(client, "POST", "/auth/signin/code",
	    FIELDS("ticket", ticket, "code", recovery));
	ck_assert_int_eq(answer->status, 200);
	mail = web_mail(arena, email, "recovery code", 1);
	ck_assert_ptr_nonnull(strstr(mail.text, "You have 9 left."));
	answer = client_json(client, "POST", "/auth/signin/code",
	    FIELDS("ticket", ticket, "code", code_at(arena, secret, step + 1)));
	ck_assert_int_eq(answer->status, 200);

	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "show", email)),
	    0);
	ck_assert_ptr_nonnull(strstr(output, "recovery codes left: 9\n"));
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
		    web_command(arena, &output, NULL,
			FIELDS("user", "second-factor", "off", email)),
		    i);
	ck_assert_ptr_nonnull(strstr(output, "has no second factor"));
	mail = web_mail(arena, email, "is off", 1);
	ck_assert_ptr_null(strstr(mail.text, "When:"));
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM audit_log l JOIN account a"
		     " ON a.id = l.account_id WHERE a.email = $1"
		     " AND actor = 'operator'"
		     " AND action = 'second factor switched off'",
		email),
	    1);
	answer = client_json(client, "POST", "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD, "client", "api"));
	ck_assert_int_eq(answer->status, 200);
}
END_TEST

/* Ways through */

START_TEST(the_front_door_knows_who_is_signed_in)
{
	struct client *browser = new_client(CLIENT_BROWSER);

	web_account(email, "Ada");
	leads_to(client_get(browser, "/"), "/auth/signin");
	leads_to(client_get(browser, "/auth"), "/auth/signin");
	sign_in(browser);
	leads_to(client_get(browser, "/"), "/auth/session");
	leads_to(client_get(browser, "/auth"), "/auth/session");
	leads_to(client_get(browser, "/auth/signin"), "/auth/session");
	leads_to(client_get(browser, "/auth/signup"), "/auth/session");
}
END_TEST

START_TEST(next_leads_back)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page;

	web_account(email, "Ada");
	page = client_get(browser, "/auth/account?saved=1&x=%26");
	leads_to(page,
	    "/auth/signin?reason=not_signed_in"
	    "&next=%2Fauth%2Faccount%3Fsaved%3D1%26x%3D%2526");
	page = client_get(browser, answer_header(page, "Location"));
	ck_assert(answer_shows(page, "Please sign in to see that page."));

	/* A mistake on the way loses nothing. */
	page = client_submit(browser, page, "/auth/signin",
	    FIELDS("email", email, "password", "not the password at all"));
	ck_assert_int_eq(page->status, 401);
	page = client_submit(browser, page, "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD));
	leads_to(page, "/auth/account?saved=1&x=%26");
}
END_TEST

static const char *const elsewhere[] = { "//evil.example",
	"https://evil.example/", "/\\evil.example", "\\\\evil.example",
	"/\t/evil.example", "\t//evil.example", "/\n/evil.example",
	" //evil.example", "/%09\x7f/", "evil.example", "javascript:alert(1)",
	"///evil.example", "/auth/session\r\nSet-Cookie: a=b" };

START_TEST(next_leads_nowhere_else)
{
	const char *next = elsewhere[_i];
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page;
	struct strbuf target;

	web_account(email, "Ada");
	strbuf_init(&target, arena);
	strbuf_str(&target, "/auth/signin?next=");
	strbuf_percent(&target, next, strlen(next));
	/* lighttpd takes no control characters in a URL; a body may have them. */
	if (text_has_control(next) && web_is("lighttpd")) {
		ck_assert_int_eq(client_get(browser, target.text)->status, 400);
		strbuf_truncate(&target, strlen("/auth/signin"));
	}
	page = client_get(browser, target.text);
	ck_assert_int_eq(page->status, 200);
	ck_assert_ptr_null(answer_hidden(page, "/auth/signin", "next"));

	page = client_submit(browser, page, "/auth/signin",
	    FIELDS("email", email, "password", TEST_PASSWORD, "next", next));
	leads_to(page, "/auth/session");
	leads_to(client_get(browser, target.text), "/auth/session");
	ck_assert_str_eq(client_cookie(browser, "a"), "");
}
END_TEST

/* CSRF */

START_TEST(another_site_can_do_nothing)
{
	static const char *const sites[] = { "cross-site", "same-site", "none",
		"SAME-ORIGIN" };
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page, *answer;

	web_account(email, "Ada");
	sign_in(browser);
	page = client_get(browser, "/auth/account");
	for (size_t i = 0; i < ARRAY_LEN(sites); i++) {
		client_header(browser, "Sec-Fetch-Site", sites[i]);
		answer = client_submit(
		    browser, page, "/auth/account", FIELDS("name", "Mallory"));
		ck_assert_int_eq(answer->status, 403);
	}
	client_header(browser, "Sec-Fetch-Site", NULL);
	answer = client_submit(
	    browser, page, "/auth/account", FIELDS("name", "Mallory"));
	ck_assert_int_eq(answer->status, 403);
	client_header(browser, "Origin", "http://evil.example");
	answer = client_submit(
	    browser, page, "/auth/account", FIELDS("name", "Mallory"));
	ck_assert_int_eq(answer->status, 403);
	ck_assert_str_eq(
	    test_text(
		arena, "SELECT name FROM account WHERE email = $1", email),
	    "Ada");

	client_header(browser, "Origin", web_url());
	answer = client_submit(
	    browser, page, "/auth/account", FIELDS("name", "Ada L."));
	ck_assert_int_eq(answer->status, 303);
}
END_TEST

START_TEST(a_stale_form_comes_back_filled_in)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const struct answer *page;

	page = client_get(browser, "/auth/signup");
	client_forget_cookies(browser);
	page = client_submit(browser, page, "/auth/signup",
	    FIELDS("email", email, "name", "Ada", "password", TEST_PASSWORD));
	ck_assert_int_eq(page->status, 403);
	ck_assert(
	    answer_shows(page, arena_printf(arena, "value=\"%s\"", email)));
	ck_assert(!answer_shows(page, TEST_PASSWORD));
	page = client_submit(browser, page, "/auth/signup",
	    FIELDS("email", email, "name", "Ada", "password", TEST_PASSWORD));
	says_sent(page, email);
}
END_TEST

START_TEST(mails_have_no_name_of_a_strangers_choice)
{
	struct mail mail;

	sign_up(new_client(CLIENT_BROWSER), email, "Win at evil.example");
	mail = web_mail(arena, email, PROVE, 1);
	ck_assert_ptr_null(strstr(mail.source, "evil.example"));
	ck_assert_ptr_nonnull(strstr(mail.source, "text/html"));
	ck_assert(text_starts_with(mail.link, "/auth/verify?token="));
}
END_TEST

/* Forgotten passwords */

static void
ask_for_reset(const char *address)
{
	const struct answer *answer = client_json(new_client(CLIENT_PROGRAM),
	    "POST", "/reset", FIELDS("email", address));

	ck_assert_int_eq(answer->status, 202);
	ck_assert_str_eq(answer->body, "{\"status\":\"reset_sent\"}");
}

/* A browser that has opened the link; the page with the form. */
static const struct answer *
open_reset(struct client *browser, const char *link)
{
	const char *open = arena_printf(arena, "%s/open", link);
	const struct answer *page;

	/* Looking at it is free. */
	for (int i = 0; i < 2; i++) {
		page = client_get(browser, link);
		ck_assert_int_eq(page->status, 200);
		ck_assert(!answer_shows(page, "type=\"password\""));
	}
	leads_to(client_submit(browser, page, open, NO_FIELDS), link);
	page = client_get(browser, link);
	ck_assert_int_eq(page->status, 200);
	return page;
}

START_TEST(a_forgotten_password_is_replaced)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	struct client *other = new_client(CLIENT_BROWSER);
	const struct answer *page;
	const char *token, *link;

	web_account(email, "Ada");
	sign_in(other);
	token = client_cookie(other, "ch_access");
	page = client_get(browser, "/auth/signin");
	ck_assert(answer_shows(page, "href=\"/reset\""));
	page = client_get(browser, "/reset");
	page = client_submit(browser, page, "/reset", FIELDS("email", email));
	ck_assert_int_eq(page->status, 202);
	ck_assert(answer_shows(page, email));

	link = web_mail(arena, email, RESET, 1).link;
	ck_assert(text_starts_with(link, "/reset/"));
	page = open_reset(browser, link);
	page =
	    client_submit(browser, page, link, FIELDS("password", "too short"));
	ck_assert_int_eq(page->status, 422);
	ck_assert_int_eq(client_get(other, "/auth/session")->status, 200);
	page = client_submit(
	    browser, page, link, FIELDS("password", NEW_PASSWORD));
	ck_assert_int_eq(page->status, 200);
	ck_assert(answer_shows(page, "Your password is changed"));

	/* All who were in are out, and are told why. */
	is_refused_at_once(token);
	leads_to(client_get(other, "/auth/account"),
	    "/auth/signin?reason=password_reset&next=%2Fauth%2Faccount");
	ck_assert_ptr_nonnull(
	    strstr(web_mail(arena, email, CHANGED, 1).text, "/reset"));
	ck_assert_int_eq(sign_in(browser)->status, 401);
	leads_to(
	    sign_in_to(browser, "/auth/signin", NEW_PASSWORD), "/auth/session");
	ck_assert_int_eq(client_get(browser, "/auth/session")->status, 200);

	page = client_get(browser, link);
	ck_assert_int_eq(page->status, 410);
	ck_assert(answer_shows(page, "used already"));
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM audit_log JOIN account"
		     " ON account.id = account_id WHERE email = $1"
		     " AND action IN ('reset link sent', 'password reset')",
		email),
	    2);
}
END_TEST

START_TEST(the_newest_reset_link_is_the_one_that_works)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	struct client *program = new_client(CLIENT_PROGRAM);
	const struct answer *answer;
	const char *first, *second;

	web_account(email, "Ada");
	ask_for_reset(email);
	first = web_mail(arena, email, RESET, 1).link;
	(void)open_reset(browser, first);
	ask_for_reset(email);
	second = web_mail(arena, email, RESET, 2).link;
	answer = client_json(
	    program, "POST", first, FIELDS("password", NEW_PASSWORD));
	ck_assert_int_eq(answer->status, 410);
	ck_assert_str_eq(answer_problem(answer), "link-replaced");
	answer = client_get(browser, first);
	ck_assert_int_eq(answer->status, 410);
	ck_assert_str_eq(
	    answer_json(client_get(program, second), "opened"), "false");
	/* The page offers another. */
	answer =
	    client_submit(browser, answer, "/reset", FIELDS("email", email));
	ck_assert_int_eq(answer->status, 202);

	/* A program need not open it first. */
	answer =
	    client_json(program, "POST", web_mail(arena, email, RESET, 3).link,
		FIELDS("password", NEW_PASSWORD));
	ck_assert_int_eq(answer->status, 200);
	ck_assert_str_eq(answer->body, "{\"status\":\"password_changed\"}");
	answer = client_json(program, "POST", "/auth/signin",
	    FIELDS("email", email, "password", NEW_PASSWORD, "client", "api"));
	ck_assert_int_eq(answer->status, 200);
}
END_TEST

START_TEST(a_reset_proves_the_address)
{
	struct client *browser = new_client(CLIENT_BROWSER);
	const char *link;

	says_sent(sign_up(browser, email, "Ada"), email);
	ask_for_reset(email);
	link = web_mail(arena, email, RESET, 1).link;
	ck_assert_int_eq(client_submit(browser, open_reset(browser, link), link,
			     FIELDS("password", NEW_PASSWORD))
			     ->status,
	    200);
	ck_assert(is_proven(email));
	leads_to(
	    sign_in_to(browser, "/auth/signin", NEW_PASSWORD), "/auth/session");
}
END_TEST

START_TEST(resets_go_to_accounts_alone)
{
	const char *stranger = arena_printf(arena, "s%s", email);
	const char *other = arena_printf(arena, "o%s", email), *output;

	web_account(email, "Ada");
	web_account(other, "Eve");
	ck_assert_int_eq(
	    web_command(arena, &output, NULL, FIELDS("user", "disable", email)),
	    0);
	ask_for_reset(stranger);
	ask_for_reset(email);
	ask_for_reset(other);
	/* Asked for last, sent last: none came for the others. */
	web_mail(arena, other, RESET, 1);
	ck_assert_uint_eq(web_mail_count(stranger), 0);
	ck_assert_uint_eq(web_mail_count(email), 0);
}
END_TEST

static Suite *
journey_suite(void)
{
	Suite *suite = suite_create("journey");
	TCase *tcase = tcase_create("journey");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_test(tcase, a_browser_without_script_goes_all_the_way);
	tcase_add_test(tcase, a_script_with_cookies_goes_all_the_way);
	tcase_add_test(tcase, a_program_with_a_bearer_token_goes_all_the_way);
	tcase_add_test(tcase, another_browser_is_asked_for_the_password);
	tcase_add_test(tcase, signing_up_again_kills_the_first_link);
	tcase_add_test(tcase, resending_kills_the_first_link);
	tcase_add_test(tcase, an_unproven_sign_in_leads_to_a_new_link);
	tcase_add_test(tcase, an_address_with_an_account_gets_the_same_answer);
	tcase_add_test(tcase, disabling_ends_the_session_on_the_next_request);
	tcase_add_test(tcase, the_operator_makes_lists_and_shows_accounts);
	tcase_add_test(tcase, the_operator_lists_and_revokes_sessions);
	tcase_add_test(tcase, the_operator_says_which_sessions);
	tcase_add_test(tcase, a_device_ends_the_session_of_another);
	tcase_add_test(tcase, the_password_is_given_again);
	tcase_add_test(
	    tcase, a_second_factor_is_asked_for_until_the_operator_ends_it);
	tcase_add_test(tcase, the_front_door_knows_who_is_signed_in);
	tcase_add_test(tcase, next_leads_back);
	tcase_add_loop_test(
	    tcase, next_leads_nowhere_else, 0, ARRAY_LEN(elsewhere));
	tcase_add_test(tcase, another_site_can_do_nothing);
	tcase_add_test(tcase, a_stale_form_comes_back_filled_in);
	tcase_add_test(tcase, mails_have_no_name_of_a_strangers_choice);
	tcase_add_test(tcase, a_forgotten_password_is_replaced);
	tcase_add_test(tcase, the_newest_reset_link_is_the_one_that_works);
	tcase_add_test(tcase, a_reset_proves_the_address);
	tcase_add_test(tcase, resets_go_to_accounts_alone);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, life_tcase());
	return suite;
}

int
main(void)
{
	return harness_run(journey_suite(), NEEDS_SERVERS);
}
