/* check_client.c - who is at the other end, as far as it can be believed. */

#include <check.h>
#include <string.h>

#include "base/strbuf.h"
#include "tests/harness/harness.h"
#include "web/client.h"

static struct arena *arena;
static struct config config;
static struct site site;
static struct request request;

static const char *remote, *forwarded, *user_agent;

static const char *
variable(void *closure, const char *name)
{
	(void)closure;
	if (strcmp(name, "REMOTE_ADDR") == 0)
		return remote;
	if (strcmp(name, "HTTP_X_FORWARDED_FOR") == 0)
		return forwarded;
	if (strcmp(name, "HTTP_USER_AGENT") == 0)
		return user_agent;
	return NULL;
}

static const struct transport transport = { .variable = variable };

static void
setup(void)
{
	arena = arena_new();
	remote = forwarded = user_agent = NULL;
	config = (struct config){ .trusted_proxies = "" };
	site = (struct site){ .config = &config };
	request = (struct request){
		.arena = arena,
		.site = &site,
		.transport = &transport,
	};
}

static void
teardown(void)
{
	arena_free(arena);
}

/* clang-format off */
static const struct {
	const char *trusted;
	const char *remote;
	const char *forwarded;
	const char *ip;	/* NULL: unknown */
} addresses[] = {
	{ "", "192.0.2.1", NULL, "192.0.2.1" },
	{ "", "2001:DB8:0:0::1", NULL, "2001:db8::1" },
	{ "", NULL, NULL, NULL },
	{ "", "", NULL, NULL },
	{ "", "unix:", NULL, NULL },
	{ "", "192.0.2.1.evil", NULL, NULL },
	/* Anybody can say anything. */
	{ "", "192.0.2.1", "198.51.100.7", "192.0.2.1" },
	{ "203.0.113.9", "192.0.2.1", "198.51.100.7", "192.0.2.1" },
	{ "", NULL, "198.51.100.7", NULL },
	/* A proxy of ours is believed about the one it heard from. */
	{ "192.0.2.1", "192.0.2.1", "198.51.100.7", "198.51.100.7" },
	{ "192.0.2.1", "192.0.2.1", NULL, "192.0.2.1" },
	{ "192.0.2.1", "192.0.2.1", "", "192.0.2.1" },
	{ "192.0.2.1", "192.0.2.1", "2001:DB8::7", "2001:db8::7" },
	{ "192.0.2.1", "192.0.2.1", "evil, 198.51.100.7", "198.51.100.7" },
	{ "192.0.2.1", "192.0.2.1", "10.0.0.1, 198.51.100.7", "198.51.100.7" },
	{ "192.0.2.1", "192.0.2.1", "10.0.0.1,198.51.100.7", "198.51.100.7" },
	{ "192.0.2.1", "192.0.2.1", " 198.51.100.7 ", "198.51.100.7" },
	{ "192.0.2.1", "192.0.2.1", "198.51.100.7,", "198.51.100.7" },
	/* One behind the other. */
	{ "192.0.2.1 192.0.2.2", "192.0.2.1", "10.0.0.1, 198.51.100.7, 192.0.2.2", "198.51.100.7" },
	{ "192.0.2.1,192.0.2.2", "192.0.2.1", "198.51.100.7, 192.0.2.2", "198.51.100.7" },
	{ "  192.0.2.2 ,\t192.0.2.1", "192.0.2.1", "198.51.100.7, 192.0.2.2", "198.51.100.7" },
	{ "192.0.2.1 192.0.2.2", "192.0.2.1", "192.0.2.2", "192.0.2.2" },
	{ "2001:db8:0::1", "2001:db8::1", "198.51.100.7", "198.51.100.7" },
	/* Not an address: then the nearest that is known. */
	{ "192.0.2.1", "192.0.2.1", "unknown", "192.0.2.1" },
	{ "192.0.2.1", "192.0.2.1", "198.51.100.7, unknown", "192.0.2.1" },
	{ "192.0.2.1", "192.0.2.1", "198.51.100.7:80", "192.0.2.1" },
	{ "192.0.2.1", "192.0.2.1", ", ,, ", "192.0.2.1" },
	{ "192.0.2.1 192.0.2.2", "192.0.2.1", "evil, 192.0.2.2", "192.0.2.2" },
	/* No part of an address is one. */
	{ "192.0.2", "192.0.2.1", "198.51.100.7", "192.0.2.1" },
	{ "192.0.2.10", "192.0.2.1", "198.51.100.7", "192.0.2.1" },
	{ "rubbish", "192.0.2.1", "198.51.100.7", "192.0.2.1" },
};
/* clang-format on */

START_TEST(believes_only_trusted_proxies)
{
	const char *ip;

	config.trusted_proxies = addresses[_i].trusted;
	remote = addresses[_i].remote;
	forwarded = addresses[_i].forwarded;
	ip = client_ip(&request);
	if (addresses[_i].ip == NULL)
		ck_assert_ptr_null(ip);
	else
		ck_assert_pstr_eq(ip, addresses[_i].ip);
}
END_TEST

/* clang-format off */
static const struct {
	const char *trusted;
	const char *remote;
	const char *forwarded;
	const char *counted;	/* NULL: nothing is */
} counts[] = {
	{ "", "192.0.2.1", NULL, "192.0.2.1" },
	{ "", "127.0.0.1", NULL, "127.0.0.1" },
	{ "", "::1", NULL, "::1" },
	{ "", NULL, NULL, NULL },
	/* Nobody on this machine's word for it, but a proxy's address. */
	{ "", "127.0.0.1", "192.0.2.7", NULL },
	{ "", "127.8.0.1", "192.0.2.7", NULL },
	{ " , ", "127.0.0.1", "192.0.2.7", NULL },
	{ "", "::1", "unknown", NULL },
	{ "", "::ffff:127.0.0.1", "192.0.2.7", NULL },
	/* From elsewhere anybody can say anything. */
	{ "", "192.0.2.1", "198.51.100.7", "192.0.2.1" },
	{ "127.0.0.1", "127.0.0.1", "198.51.100.7", "198.51.100.7" },
	{ "192.0.2.1", "127.0.0.1", "198.51.100.7", "127.0.0.1" },
};
/* clang-format on */

START_TEST(counts_nobody_by_the_address_of_a_proxy)
{
	config.trusted_proxies = counts[_i].trusted;
	remote = counts[_i].remote;
	forwarded = counts[_i].forwarded;
	ck_assert_pstr_eq(client_counted_ip(&request), counts[_i].counted);
}
END_TEST

START_TEST(tells_the_user_agent)
{
	ck_assert_str_eq(client_user_agent(&request), "");
	user_agent = "Mozilla/5.0 (X11; Linux) äöü";
	ck_assert_str_eq(client_user_agent(&request), user_agent);
	user_agent = "";
	ck_assert_str_eq(client_user_agent(&request), "");
}
END_TEST

START_TEST(leaves_out_what_no_log_or_row_should_hold)
{
	static const char *const bad[] = { "a\nb", "a\tb", "\x1b[2J", "a\x7f",
		"\xff", "\xc3", "a\xc2\x85z", "\xed\xa0\x80" };

	user_agent = bad[_i];
	ck_assert_str_eq(client_user_agent(&request), "");
}
END_TEST

START_TEST(cuts_between_characters)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (int i = 0; i < USER_AGENT_MAX - 1; i++)
		strbuf_str(&sb, "x");
	user_agent = arena_printf(arena, "%sy", sb.text);
	ck_assert_str_eq(client_user_agent(&request), user_agent);
	user_agent = arena_printf(arena, "%syz", sb.text);
	ck_assert_uint_eq(strlen(client_user_agent(&request)), USER_AGENT_MAX);
	/* Of two bytes, of which one would still fit. */
	user_agent = arena_printf(arena, "%sä", sb.text);
	ck_assert_str_eq(client_user_agent(&request), sb.text);
	/* Of four, of which three would. */
	sb.text[USER_AGENT_MAX - 3] = '\0';
	user_agent = arena_printf(arena, "%s\U0001f511", sb.text);
	ck_assert_str_eq(client_user_agent(&request), sb.text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client");
	TCase *ip = tcase_create("ip");
	TCase *agent = tcase_create("user_agent");

	tcase_add_checked_fixture(ip, setup, teardown);
	tcase_add_loop_test(
	    ip, believes_only_trusted_proxies, 0, (int)ARRAY_LEN(addresses));
	tcase_add_loop_test(ip, counts_nobody_by_the_address_of_a_proxy, 0,
	    (int)ARRAY_LEN(counts));
	suite_add_tcase(suite, ip);
	tcase_add_checked_fixture(agent, setup, teardown);
	tcase_add_test(agent, tells_the_user_agent);
	tcase_add_loop_test(
	    agent, leaves_out_what_no_log_or_row_should_hold, 0, 8);
	tcase_add_test(agent, cuts_between_characters);
	suite_add_tcase(suite, agent);
	return harness_run(suite, 0);
}
