/*
 * check_second_factor.c - a code besides the password, without a socket: what
 * the pages say and do, and how one signs in. What a code is worth,
 * tests/account/check_second_factor.c looks into.
 */

#include <check.h>
#include <string.h>

#include "account/password.h"
#include "account/second_factor.h"
#include "account/sign_in_ticket.h"
#include "base/clock.h"
#include "tests/harness/code.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/visitor.h"

#define ADA "ada@example.org"
#define JSON "application/json"
#define GOOD "email=" ADA "&password=seven+damp+owls+in+a+teapot"
#define PATH "/auth/second-factor"

extern const struct handler auth_handler;

static struct site *site;
static struct config config;
static struct visitor *visitor, *other;
static int64_t step;
static const char *secret;
static const char *codes[RECOVERY_CODES];
static struct account ada;

static void
setup(void)
{
	const char *hash;

	test_clear();
	site = test_site(NULL);
	config = *site->config;
	site->config = &config;
	visitor = visitor_new(site, &auth_handler);
	other = visitor_new(site, &auth_handler);
	step = code_step();
	ada = (struct account){ .email = ADA };
	ck_assert_int_eq(
	    password_hash(&config, visitor->kept, TEST_PASSWORD, &hash), ST_OK);
	ck_assert_int_eq(account_create(site->db, visitor->kept, ADA, "Ada",
			     hash, true, &ada.id),
	    ST_OK);
}

static void
teardown(void)
{
	visitor_free(other);
	visitor_free(visitor);
	site_close(site);
}

/* The first code, and the one after it. */
static const char *
code(int64_t which)
{
	return code_at(visitor->kept, secret, step + which);
}

/* Without a page: with the first code, so that the one after it is left. */
static void
have_factor(void)
{
	struct entry entry = {
		.db = site->db,
		.arena = visitor->kept,
		.config = &config,
		.key = site->key,
	};

	ck_assert_int_eq(second_factor_begin(&entry, ada.id, &secret), ST_OK);
	ck_assert_int_eq(
	    second_factor_activate(&entry, &ada, TEST_UUID, code(0), codes),
	    ST_OK);
}

static void
be_program(struct visitor *who)
{
	who->program = true;
	visitor_set(who, "HTTP_COOKIE", NULL);
	visitor_set(who, "HTTP_ACCEPT", JSON);
}

static int
give_password(struct visitor *who, const char *more)
{
	if (who->program)
		return visitor_post_json(who, "/auth/signin",
		    arena_printf(who->kept,
			"{\"email\":\"" ADA "\",\"password\":\"" TEST_PASSWORD
			"\"%s}",
			more));
	ck_assert_int_eq(visitor_get(who, "/auth/signin"), 200);
	return visitor_submit(
	    who, "/auth/signin", arena_printf(who->kept, GOOD "%s", more));
}

/* What stands in the page's hidden field. */
static const char *
hidden(struct visitor *who, const char *name)
{
	const char *at = strstr(
	    who->answer, arena_printf(who->kept, "name=\"%s\" value=\"", name));

	ck_assert_ptr_nonnull(at);
	at = strstr(at, "value=\"") + strlen("value=\"");
	return arena_strndup(who->kept, at, strcspn(at, "\""));
}

static int
give_code(struct visitor *who, const char *ticket, const char *text)
{
	if (who->program)
		return visitor_post_json(who, "/auth/signin/code",
		    arena_printf(who->kept,
			"{\"ticket\":\"%s\",\"code\":\"%s\"}", ticket, text));
	return visitor_submit(who, "/auth/signin/code",
	    arena_printf(who->kept, "ticket=%s&code=%s", ticket, text));
}

static const char *
problem(void)
{
	return strrchr(visitor_json(visitor, "type"), '/') + 1;
}

/* --- signing in --- */

START_TEST(a_password_alone_begins_no_session)
{
	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ck_assert(visitor_sees(visitor, "Enter the code"));
	ck_assert(visitor_sees(visitor, "autocomplete=\"one-time-code\""));
	ck_assert(visitor_sees(visitor, "inputmode=\"numeric\""));
	ck_assert(!visitor_sees(visitor, "There is a problem"));
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_ptr_null(visitor->cookies[COOKIE_REFRESH]);
	ck_assert_ptr_null(visitor->cookies[COOKIE_DEVICE]);
	ck_assert_int_eq(test_int("SELECT (SELECT count(*) FROM session)"
				  " + (SELECT count(*) FROM known_device)",
			     NULL),
	    0);
}
END_TEST

START_TEST(the_code_does)
{
	have_factor();
	ck_assert_int_eq(
	    give_password(visitor, "&remember=on&next=%2Fauth%2Faccount"), 403);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"),
		arena_printf(visitor->kept, "+%.3s+%s+", code(1), code(1) + 3)),
	    303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/auth/account");
	ck_assert_ptr_nonnull(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_ptr_nonnull(visitor->cookies[COOKIE_DEVICE]);
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 200);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM session WHERE remember", NULL), 1);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM audit_log WHERE action = $1",
		"signed in"),
	    1);
}
END_TEST

START_TEST(a_recovery_code_does)
{
	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), codes[3]), 303);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert(visitor_sees(visitor, "<dd>9</dd>"));
	/* Once. */
	ck_assert_int_eq(give_password(other, ""), 403);
	ck_assert_int_eq(
	    give_code(other, hidden(other, "ticket"), codes[3]), 422);
}
END_TEST

START_TEST(a_wrong_code_may_be_tried_again)
{
	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), "12345x"), 422);
	ck_assert(visitor_sees(visitor, "This code is wrong"));
	ck_assert(visitor_sees(visitor, "There is a problem"));
	ck_assert(!visitor_sees(visitor, "12345x"));
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), ""), 422);
	ck_assert(visitor_sees(visitor, "Enter the code that your app"));
	/* The one that switched it on is used up. */
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), code(0)), 422);
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), code(1)), 303);
}
END_TEST

START_TEST(a_program_gets_a_ticket)
{
	const char *ticket;

	have_factor();
	be_program(visitor);
	ck_assert_int_eq(give_password(visitor, ",\"client\":\"api\""), 403);
	ck_assert_str_eq(problem(), "second-factor-required");
	ticket = arena_strdup(visitor->kept, visitor_json(visitor, "ticket"));
	ck_assert_str_ne(ticket, "");
	ck_assert_str_ne(visitor_json(visitor, "expires_at"), "");
	ck_assert(!test_is_stored(ticket));
	ck_assert_int_eq(give_code(visitor, ticket, "000 000"), 422);
	ck_assert(visitor_sees(visitor, "\"field\":\"code\""));
	ck_assert_int_eq(give_code(visitor, ticket, code(1)), 200);
	ck_assert_str_ne(visitor_json(visitor, "access_token"), "");
	ck_assert_str_ne(visitor_json(visitor, "refresh_token"), "");
	ck_assert_str_eq(visitor_header(visitor, "Set-Cookie"), "");
}
END_TEST

/* --- tickets --- */

/* What ends a ticket. */
static const char *const ends[] = {
	"UPDATE account SET password_hash = 'another'",
	"DELETE FROM second_factor",
	"DELETE FROM account",
};

START_TEST(what_has_changed_meanwhile_ends_a_ticket)
{
	const char *ticket;

	config.limit_code = (struct rates){ { { 1, 900 } }, 1 };
	have_factor();
	be_program(visitor);
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ticket = arena_strdup(visitor->kept, visitor_json(visitor, "ticket"));
	test_execute(ends[_i]);
	/* No code is looked at, so none counts. */
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(give_code(visitor, ticket, code(1)), 401);
		ck_assert_str_eq(problem(), "sign-in-expired");
	}
	ck_assert_int_eq(test_int("SELECT count(*) FROM session", NULL), 0);
}
END_TEST

START_TEST(a_disabled_account_is_told_so)
{
	have_factor();
	be_program(visitor);
	ck_assert_int_eq(give_password(visitor, ""), 403);
	test_execute("UPDATE account SET disabled_at = now()");
	ck_assert_int_eq(
	    give_code(visitor,
		arena_strdup(visitor->kept, visitor_json(visitor, "ticket")),
		code(1)),
	    403);
	ck_assert_str_eq(problem(), "account-disabled");
}
END_TEST

START_TEST(a_ticket_is_of_one_browser)
{
	const char *ticket;

	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ticket = hidden(visitor, "ticket");
	ck_assert_int_eq(visitor_get(other, "/auth/signin"), 200);
	ck_assert_int_eq(give_code(other, ticket, code(1)), 401);
	ck_assert(visitor_sees(other, "Signing in took too long"));
	ck_assert(visitor_sees(other, "name=\"password\""));
	/* That was no attempt, and used nothing up. */
	ck_assert_int_eq(give_code(visitor, ticket, code(1)), 303);
}
END_TEST

START_TEST(what_is_no_ticket_begins_again)
{
	const char *const no_tickets[] = { "", "x", "AAAA",
		secret_token(visitor->kept),
		"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkq" };

	have_factor();
	be_program(visitor);
	for (size_t i = 0; i < ARRAY_LEN(no_tickets); i++) {
		ck_assert_int_eq(
		    give_code(visitor, no_tickets[i], code(1)), 401);
		ck_assert_str_eq(problem(), "sign-in-expired");
	}
}
END_TEST

static const char *
issue(struct sign_in_ticket *ticket)
{
	struct entry entry = {
		.arena = visitor->kept,
		.key = site->key,
		.browser = "",
	};

	ada.password_hash =
	    test_text(visitor->kept, "SELECT password_hash FROM account", NULL);
	return sign_in_ticket_issue(&entry, &ada, ticket);
}

START_TEST(a_ticket_lasts_for_its_time)
{
	int64_t now = clock_now();
	struct sign_in_ticket good = { .expires_at = now + 60, .next = "/" };
	struct sign_in_ticket late = { .expires_at = now, .next = "/auth/x" };

	have_factor();
	be_program(visitor);
	ck_assert_int_eq(give_code(visitor, issue(&late), code(1)), 401);
	ck_assert_str_eq(problem(), "sign-in-expired");
	ck_assert_int_eq(give_code(visitor, issue(&good), code(1)), 200);
	/* The page to begin again leads on to where it was to lead. */
	visitor_set(visitor, "HTTP_ACCEPT", "text/html");
	ck_assert_int_eq(give_code(visitor, issue(&late), code(1)), 401);
	ck_assert_str_eq(hidden(visitor, "next"), "/auth/x");
}
END_TEST

/* Sealed as a whole: no byte of it can be another. */
START_TEST(a_ticket_can_not_be_bent)
{
	struct sign_in_ticket ticket = {
		.expires_at = clock_now() + 60,
		.next = "/",
	};
	const char *text = issue(&ticket);

	have_factor();
	be_program(visitor);
	for (size_t i = 0; i < strlen(text); i += 7) {
		char *bent = arena_strdup(visitor->kept, text);

		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		ck_assert_int_eq(give_code(visitor, bent, code(1)), 401);
	}
}
END_TEST

/* --- limits --- */

START_TEST(wrong_codes_have_a_limit_of_their_own)
{
	const char *ticket;

	config.limit_code = (struct rates){ { { 3, 900 } }, 1 };
	config.limit_password = (struct rates){ { { 3, 900 } }, 1 };
	have_factor();
	be_program(visitor);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(give_password(visitor, ""), 403);
	ticket = arena_strdup(visitor->kept, visitor_json(visitor, "ticket"));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(give_code(visitor, ticket, "000000"), 422);
	/* The right one as well as any other. */
	ck_assert_int_eq(give_code(visitor, ticket, code(1)), 429);
	ck_assert_str_ne(visitor_header(visitor, "Retry-After"), "");
	ck_assert_int_eq(give_code(visitor, ticket, "000000"), 429);
	/* It is of the account, not of the ticket; passwords know nothing of it. */
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ticket = arena_strdup(visitor->kept, visitor_json(visitor, "ticket"));
	ck_assert_int_eq(give_code(visitor, ticket, code(1)), 429);
	ck_assert_str_eq(
	    test_text(visitor->kept,
		"SELECT string_agg(label || ' ' || n, ', ' ORDER BY label)"
		" FROM (SELECT label, count(*) AS n FROM counted"
		" WHERE name = 'sign_ins' GROUP BY label) AS c",
		NULL),
	    "code_asked 6, code_blocked 3, code_wrong 3");
}
END_TEST

START_TEST(right_codes_do_not_count)
{
	config.limit_code = (struct rates){ { { 1, 900 } }, 1 };
	have_factor();
	be_program(visitor);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(give_password(visitor, ""), 403);
		ck_assert_int_eq(give_code(visitor,
				     arena_strdup(visitor->kept,
					 visitor_json(visitor, "ticket")),
				     codes[i]),
		    200);
	}
}
END_TEST

START_TEST(the_page_of_the_limit_is_the_form)
{
	config.limit_code = (struct rates){ { { 1, 900 } }, 1 };
	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), "000000"), 422);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), code(1)), 429);
	ck_assert(visitor_sees(visitor, "That was tried too often"));
	ck_assert_str_ne(hidden(visitor, "ticket"), "");
}
END_TEST

/* --- switching it on and off --- */

/* As the page shows it. */
static void
read_secret(void)
{
	const char *at = strstr(visitor->answer, "<code class=\"key\">");

	ck_assert_ptr_nonnull(at);
	at = strchr(at, '>') + 1;
	secret = arena_strndup(visitor->kept, at, strcspn(at, "<"));
}

static void
read_codes(void)
{
	const char *at = visitor->answer;

	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		at = strstr(at, "<li><code>");
		ck_assert_ptr_nonnull(at);
		at += strlen("<li><code>");
		codes[i] = arena_strndup(visitor->kept, at, strcspn(at, "<"));
	}
	ck_assert_ptr_null(strstr(at, "<li><code>"));
}

static void
sign_in(struct visitor *who)
{
	ck_assert_int_eq(give_password(who, ""), 303);
}

START_TEST(it_is_set_up_on_pages)
{
	sign_in(visitor);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert(visitor_sees(visitor, "Set it up"));
	ck_assert_int_eq(
	    visitor_submit(visitor, PATH, "next=%2Fauth%2Faccount"), 200);
	ck_assert(visitor_sees(visitor, "<svg class=\"qr\""));
	ck_assert(visitor_sees(visitor, "href=\"otpauth://totp/"));
	read_secret();
	ck_assert_uint_eq(strlen(secret), 39);
	visitor_set(visitor, "HTTP_REFERER", "http://127.0.0.1:8080" PATH);
	ck_assert_int_eq(visitor_submit(visitor, PATH "/activate",
			     "code=000000&next=%2Fauth%2Faccount"),
	    422);
	/* A script sends whoever is signed out there and back to here. */
	ck_assert(visitor_sees(
	    visitor, "<meta name=\"way-back\" content=\"" PATH "\">"));
	ck_assert(visitor_sees(visitor, "This code is wrong"));
	ck_assert(visitor_sees(visitor, secret));
	ck_assert_str_eq(hidden(visitor, "next"), "/auth/account");
	ck_assert_int_eq(visitor_submit(visitor, PATH "/activate",
			     arena_printf(visitor->kept,
				 "code=%s&next=%%2Fauth%%2Faccount", code(0))),
	    200);
	read_codes();
	ck_assert(visitor_sees(visitor, "href=\"/auth/account\""));
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert(visitor_sees(visitor, "On since"));
	ck_assert(visitor_sees(visitor, "<dd>10</dd>"));
	ck_assert(!visitor_sees(visitor, codes[0]));
	/* Sent again, as by going back. */
	ck_assert_int_eq(visitor_submit(visitor, PATH "/activate",
			     arena_printf(visitor->kept, "code=%s", code(1))),
	    409);
}
END_TEST

START_TEST(a_program_sets_it_up)
{
	struct json_object *answer, *list;

	be_program(visitor);
	ck_assert_int_eq(give_password(visitor, ",\"client\":\"api\""), 200);
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "Bearer %s",
		visitor_json(visitor, "access_token")));
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_str_eq(visitor_json(visitor, "active"), "false");
	ck_assert_int_eq(visitor_post_json(visitor, PATH, "{}"), 200);
	secret = arena_strdup(visitor->kept, visitor_json(visitor, "secret"));
	ck_assert_uint_eq(strlen(secret), 32);
	ck_assert(visitor_sees(visitor, "\"url\":\"otpauth://totp/"));
	ck_assert(!visitor_sees(visitor, "h1v1"));
	ck_assert_int_eq(
	    visitor_post_json(visitor, PATH "/activate",
		arena_printf(visitor->kept, "{\"code\":\"%s\"}", code(0))),
	    200);
	answer = json_tokener_parse(visitor->answer);
	list = json_object_object_get(answer, "recovery_codes");
	ck_assert_uint_eq(json_object_array_length(list), RECOVERY_CODES);
	ck_assert(json_object_is_type(
	    json_object_array_get_idx(list, 0), json_type_string));
	json_object_put(answer);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_str_eq(visitor_json(visitor, "active"), "true");
	ck_assert_str_eq(visitor_json(visitor, "recovery_codes_left"), "10");
	ck_assert_str_ne(visitor_json(visitor, "activated_at"), "");
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE", PATH, NULL, NULL), 204);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_str_eq(visitor_json(visitor, "active"), "false");
	/* Twice is as good as once, and told once. */
	ck_assert_int_eq(
	    visitor_send(visitor, "DELETE", PATH, NULL, NULL), 204);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM outbox WHERE template = $1",
		"second-factor"),
	    2);
}
END_TEST

START_TEST(new_codes_replace_the_old_ones)
{
	const char *old;

	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), codes[0]), 303);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	old = codes[1];
	ck_assert_int_eq(visitor_submit(visitor, PATH "/codes", ""), 200);
	read_codes();
	ck_assert_int_eq(give_password(other, ""), 403);
	ck_assert_int_eq(give_code(other, hidden(other, "ticket"), old), 422);
	ck_assert_int_eq(
	    give_code(other, hidden(other, "ticket"), codes[1]), 303);
}
END_TEST

START_TEST(switched_off_a_password_is_enough)
{
	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), code(1)), 303);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(visitor_submit(visitor, PATH, "_method=DELETE"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), PATH "?off=1");
	ck_assert_int_eq(visitor_get(visitor, PATH "?off=1"), 200);
	ck_assert(visitor_sees(visitor, "Your second factor is off"));
	ck_assert_int_eq(give_password(other, ""), 303);
}
END_TEST

/* Without one, there is nothing to do about it. */
START_TEST(what_is_off_has_no_codes)
{
	sign_in(visitor);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(visitor_submit(visitor, PATH "/codes", ""), 409);
	ck_assert_int_eq(
	    visitor_submit(visitor, PATH "/activate", "code=123456"), 409);
}
END_TEST

static const struct {
	const char *method, *path, *form;
} unsafe[] = {
	{ "POST", PATH, "" },
	{ "DELETE", PATH, "_method=DELETE" },
	{ "POST", PATH "/activate", "code=123456" },
	{ "POST", PATH "/codes", "" },
};

START_TEST(all_but_looking_needs_a_confirmed_session)
{
	sign_in(visitor);
	test_execute("UPDATE session SET confirmed_at = now() - interval '1h'");
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(
	    visitor_submit(visitor, unsafe[_i].path, unsafe[_i].form), 303);
	ck_assert(strncmp(visitor_header(visitor, "Location"),
		      "/auth/confirm?next=", 19) == 0);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 0);
}
END_TEST

/* --- giving the password again --- */

static int
confirm_with(const char *password, const char *text)
{
	return visitor_submit(visitor, "/auth/confirm",
	    arena_printf(visitor->kept, "password=%s&code=%s&next=%%2Fx",
		password, text));
}

#define RIGHT "seven+damp+owls+in+a+teapot"

static void
be_signed_in_long_ago(void)
{
	have_factor();
	ck_assert_int_eq(give_password(visitor, ""), 403);
	ck_assert_int_eq(
	    give_code(visitor, hidden(visitor, "ticket"), codes[9]), 303);
	test_execute("UPDATE session SET confirmed_at = now() - interval '1h'");
	ck_assert_int_eq(visitor_get(visitor, "/auth/confirm"), 200);
}

static bool
is_confirmed(void)
{
	return test_int("SELECT count(*) FROM session"
			" WHERE confirmed_at > now() - interval '1 minute'",
		   NULL) > 0;
}

START_TEST(both_have_to_be_right)
{
	be_signed_in_long_ago();
	ck_assert(visitor_sees(visitor, "name=\"code\""));
	ck_assert_int_eq(confirm_with(RIGHT, ""), 422);
	ck_assert(visitor_sees(visitor, "Enter the code that your app"));
	ck_assert_int_eq(confirm_with(RIGHT, "000000"), 422);
	ck_assert(visitor_sees(visitor, "This code is wrong"));
	/* With a wrong password no code is looked at, or used up. */
	ck_assert_int_eq(confirm_with("wrong", code(1)), 422);
	ck_assert(visitor_sees(visitor, "This is not the password"));
	ck_assert(!is_confirmed());
	ck_assert_int_eq(confirm_with(RIGHT, code(1)), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"), "/x");
	ck_assert(is_confirmed());
	ck_assert_int_eq(visitor_get(visitor, "/auth/confirm"), 200);
	ck_assert_int_eq(confirm_with(RIGHT, code(1)), 422);
	ck_assert_int_eq(confirm_with(RIGHT, codes[0]), 303);
}
END_TEST

START_TEST(wrong_codes_are_counted_there_as_well)
{
	config.limit_code = (struct rates){ { { 2, 900 } }, 1 };
	config.limit_password_device = (struct rates){ { { 2, 900 } }, 1 };
	be_signed_in_long_ago();
	ck_assert_int_eq(confirm_with(RIGHT, "000000"), 422);
	ck_assert_int_eq(confirm_with(RIGHT, "000000"), 422);
	ck_assert_int_eq(confirm_with(RIGHT, code(1)), 429);
	ck_assert(!is_confirmed());
	/* The same as at sign-in; none of them was a wrong password. */
	ck_assert_int_eq(give_password(other, ""), 403);
	ck_assert_int_eq(
	    give_code(other, hidden(other, "ticket"), code(1)), 429);
	ck_assert_int_eq(confirm_with("wrong", ""), 422);
}
END_TEST

static const struct {
	const char *path, *form; /* without a code */
} asking[] = {
	{ "/auth/account/password",
	    "current_password=" RIGHT "&password=nine+dry+owls+on+a+kettle" },
	{ "/auth/account/email", "email=eve@example.org&password=" RIGHT },
	{ "/auth/account", "_method=DELETE&password=" RIGHT },
};

/* Wherever a session asks for the password, and on routes to come. */
START_TEST(what_asks_for_the_password_asks_for_a_code)
{
	be_signed_in_long_ago();
	ck_assert_int_eq(
	    visitor_submit(visitor, asking[_i].path, asking[_i].form), 422);
	ck_assert(visitor_sees(visitor, "Enter the code that your app"));
	ck_assert(visitor_sees(visitor, "name=\"code\""));
	ck_assert(!is_confirmed());
	ck_assert_int_lt(visitor_submit(visitor, asking[_i].path,
			     arena_printf(visitor->kept, "%s&code=%s",
				 asking[_i].form, code(1))),
	    400);
}
END_TEST

/* --- required of all --- */

/* Of every route that needs somebody to be signed in: is it open before? */
START_TEST(without_one_all_is_closed_but_setting_it_up)
{
	static const char *const open[] = { "/auth/confirm", PATH,
		PATH "/activate" };
	int closed = 0, left = 0;

	config.mfa = MFA_REQUIRED;
	sign_in(visitor);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	visitor_set(visitor, "HTTP_ACCEPT", JSON);
	for (size_t i = 0; i < auth_handler.count; i++) {
		const struct route *route = &auth_handler.routes[i];
		bool is_open = false;

		if (route->access != SESSION && route->access != CONFIRMED)
			continue;
		for (size_t at = 0; at < ARRAY_LEN(open); at++)
			is_open = is_open ||
			    (strcmp(open[at], route->path) == 0 &&
				route->method != DELETE);
		if (route->method == GET)
			(void)visitor_get(visitor, route->path);
		else
			(void)visitor_submit(visitor, route->path,
			    arena_printf(visitor->kept, "_method=%s",
				route->method == POST        ? "POST"
				    : route->method == PUT   ? "PUT"
				    : route->method == PATCH ? "PATCH"
							     : "DELETE"));
		ck_assert_msg(is_open ==
			(visitor->rs.problem !=
			    PROBLEM_SECOND_FACTOR_SETUP_REQUIRED),
		    "%s", route->path);
		closed += !is_open;
		left += is_open;
	}
	ck_assert_int_gt(closed, 5);
	ck_assert_int_eq(left, 5);
	ck_assert_int_eq(visitor_get(visitor, "/auth/session"), 403);
	ck_assert_str_eq(problem(), "second-factor-setup-required");
	ck_assert_int_eq(visitor_get(visitor, "/.well-known/jwks.json"), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/auth/refresh", ""), 200);
}
END_TEST

START_TEST(a_person_is_led_to_setting_it_up_and_back)
{
	config.mfa = MFA_REQUIRED;
	sign_in(visitor);
	ck_assert_int_eq(visitor_get(visitor, "/auth/account?saved=1"), 303);
	ck_assert_str_eq(visitor_header(visitor, "Location"),
	    PATH "?next=%2Fauth%2Faccount%3Fsaved%3D1");
	ck_assert_int_eq(
	    visitor_get(visitor, PATH "?next=%2Fauth%2Faccount"), 200);
	ck_assert(visitor_sees(visitor, "asks everybody for a second factor"));
	ck_assert_str_eq(hidden(visitor, "next"), "/auth/account");
	ck_assert_int_eq(visitor_submit(visitor, PATH, ""), 200);
	read_secret();
	ck_assert_int_eq(visitor_submit(visitor, PATH "/activate",
			     arena_printf(visitor->kept, "code=%s", code(0))),
	    200);
	ck_assert_int_eq(visitor_get(visitor, "/auth/account"), 200);
	/* And it stays. */
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert(visitor_sees(visitor, "so it stays on"));
	ck_assert(!visitor_sees(visitor, "DELETE"));
	ck_assert_int_eq(visitor_submit(visitor, PATH, "_method=DELETE"), 403);
	ck_assert(visitor_sees(visitor, "so it stays on"));
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM second_factor", NULL), 1);
}
END_TEST

START_TEST(whoever_has_none_may_sign_out)
{
	config.mfa = MFA_REQUIRED;
	sign_in(visitor);
	ck_assert_int_eq(visitor_get(visitor, PATH), 200);
	ck_assert_int_eq(visitor_submit(visitor, "/auth/signout", ""), 303);
	ck_assert_ptr_null(visitor->cookies[COOKIE_ACCESS]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("second_factor");
	TCase *signing = tcase_create("signing in");
	TCase *ticket = tcase_create("ticket");
	TCase *limit = tcase_create("limit");
	TCase *set_up = tcase_create("set up");
	TCase *again = tcase_create("again");
	TCase *required = tcase_create("required");

	tcase_add_checked_fixture(signing, setup, teardown);
	tcase_add_test(signing, a_password_alone_begins_no_session);
	tcase_add_test(signing, the_code_does);
	tcase_add_test(signing, a_recovery_code_does);
	tcase_add_test(signing, a_wrong_code_may_be_tried_again);
	tcase_add_test(signing, a_program_gets_a_ticket);
	suite_add_tcase(suite, signing);
	tcase_add_checked_fixture(ticket, setup, teardown);
	tcase_add_loop_test(ticket, what_has_changed_meanwhile_ends_a_ticket, 0,
	    (int)ARRAY_LEN(ends));
	tcase_add_test(ticket, a_disabled_account_is_told_so);
	tcase_add_test(ticket, a_ticket_is_of_one_browser);
	tcase_add_test(ticket, what_is_no_ticket_begins_again);
	tcase_add_test(ticket, a_ticket_lasts_for_its_time);
	tcase_add_test(ticket, a_ticket_can_not_be_bent);
	suite_add_tcase(suite, ticket);
	tcase_add_checked_fixture(limit, setup, teardown);
	tcase_add_test(limit, wrong_codes_have_a_limit_of_their_own);
	tcase_add_test(limit, right_codes_do_not_count);
	tcase_add_test(limit, the_page_of_the_limit_is_the_form);
	suite_add_tcase(suite, limit);
	tcase_add_checked_fixture(set_up, setup, teardown);
	tcase_add_test(set_up, it_is_set_up_on_pages);
	tcase_add_test(set_up, a_program_sets_it_up);
	tcase_add_test(set_up, new_codes_replace_the_old_ones);
	tcase_add_test(set_up, switched_off_a_password_is_enough);
	tcase_add_test(set_up, what_is_off_has_no_codes);
	tcase_add_loop_test(set_up, all_but_looking_needs_a_confirmed_session,
	    0, (int)ARRAY_LEN(unsafe));
	suite_add_tcase(suite, set_up);
	tcase_add_checked_fixture(again, setup, teardown);
	tcase_add_test(again, both_have_to_be_right);
	tcase_add_test(again, wrong_codes_are_counted_there_as_well);
	tcase_add_loop_test(again, what_asks_for_the_password_asks_for_a_code,
	    0, (int)ARRAY_LEN(asking));
	suite_add_tcase(suite, again);
	tcase_add_checked_fixture(required, setup, teardown);
	tcase_add_test(required, without_one_all_is_closed_but_setting_it_up);
	tcase_add_test(required, a_person_is_led_to_setting_it_up_and_back);
	tcase_add_test(required, whoever_has_none_may_sign_out);
	suite_add_tcase(suite, required);
	return harness_run(suite, NEEDS_POSTGRES);
}
