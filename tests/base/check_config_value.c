/* check_config_value.c - each kind of setting, at its bounds and beyond. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_value.h"

static struct arena *arena;
static struct config config;

static void
setup(void)
{
	arena = arena_new();
	memset(&config, 0, sizeof(config));
}

static void
teardown(void)
{
	arena_free(arena);
}

/* Set one setting; what is wrong, or NULL. */
static const char *
fault(const char *key, const char *text)
{
	const struct setting *settings;
	const char *why = NULL;
	size_t count, i;
	enum status st;

	settings = config_settings(&count);
	for (i = 0; i < count; i++)
		if (strcmp(settings[i].key, key) == 0)
			break;
	ck_assert_uint_lt(i, count);
	st = config_value_set(arena, &settings[i], text, &config, &why);
	ck_assert_int_eq(st, why == NULL ? ST_OK : ST_INVALID);
	return why;
}

/* A value, and what must be said of it; NULL: nothing. */
struct sample {
	const char *key;
	const char *text;
	const char *fault;
};

#define TTL_RULE \
	"must be a duration such as 90s, 10m, 24h or 7d, from 1s to 24h"
#define MEMORY_RULE "must be a size such as 512K, 64M or 1G, from 19M to 1G"
#define PORT_RULE "must be a whole number from 1 to 65535"
#define URL_RULE                                                              \
	"must be a URL, http://host/path or https://host/path, without user," \
	" default port, query and fragment"
#define FROM_RULE "must be a plain mail address, name@host"
#define HOSTS_RULE "must be numeric IP addresses, with spaces between"
#define RATES_RULE                                                           \
	"must be limits such as 10/15m or 30/10m 100/1h, or off: at most 4," \
	" each of 1 to 1000 in 1s to 30d"
#define TEXT_RULE "must be UTF-8 without control characters"

static const struct sample samples[] = {
	{ "access_token.ttl", "1s", NULL },
	{ "access_token.ttl", "24h", NULL },
	{ "access_token.ttl", "0s", TTL_RULE },
	{ "access_token.ttl", "25h", TTL_RULE },
	{ "access_token.ttl", "86401s", TTL_RULE },
	{ "access_token.ttl", "60", TTL_RULE },
	{ "access_token.ttl", "-1h", TTL_RULE },
	{ "access_token.ttl", "1h # an hour", TTL_RULE },
	{ "access_token.ttl", "", TTL_RULE },
	{ "work.interval", "5s", NULL },
	{ "work.interval", "2m", NULL },
	{ "work.interval", "4s",
	    "must be a duration such as 90s, 10m, 24h or 7d,"
	    " from 5s to 2m" },
	{ "password.memory", "19M", NULL },
	{ "password.memory", "1G", NULL },
	{ "password.memory", "19922944", NULL },
	{ "password.memory", "19922943", MEMORY_RULE },
	{ "password.memory", "1048577K", MEMORY_RULE },
	{ "password.memory", "2G", MEMORY_RULE },
	{ "password.memory", "64MB", MEMORY_RULE },
	{ "password.memory", "64m", MEMORY_RULE },
	{ "password.memory", "64 M", MEMORY_RULE },
	{ "password.memory", "M", MEMORY_RULE },
	{ "password.memory", "9007199254740993G", MEMORY_RULE },
	{ "password.memory", "18446744073709551680", MEMORY_RULE },
	{ "mail.port", "1", NULL },
	{ "mail.port", "65535", NULL },
	{ "mail.port", "0", PORT_RULE },
	{ "mail.port", "65536", PORT_RULE },
	{ "mail.port", "4294967321", PORT_RULE },
	{ "mail.port", "18446744073709551641", PORT_RULE }, /* 2^64 + 25 */
	{ "mail.port", "25K", PORT_RULE },
	{ "mail.port", "+25", PORT_RULE },
	{ "mail.port", "smtp", PORT_RULE },
	{ "password.min_length", "7", "must be a whole number from 8 to 64" },
	{ "password.min_length", "65", "must be a whole number from 8 to 64" },
	{ "password.passes", "1", "must be a whole number from 2 to 10" },
	{ "password.require_classes", "5",
	    "must be a whole number from 0 to 4" },
	{ "body.limit", "17M",
	    "must be a size such as 512K, 64M or 1G, from 1K to"
	    " 16M" },
	{ "cookie.secure", "never", "must be one of auto, always" },
	{ "cookie.secure", "Auto", "must be one of auto, always" },
	{ "cookie.secure", "", "must be one of auto, always" },
	{ "mail.tls", "tls", "must be one of none, starttls" },
	{ "environment", "test", "must be one of production, development" },
	{ "site.url", "https://example.org", NULL },
	{ "site.url", "http://[2001:db8::1]:8080/a/b-c", NULL },
	{ "site.url", "https://example.org:80/%7Eada", NULL },
	{ "site.url", "ftp://example.org", URL_RULE },
	{ "site.url", "example.org", URL_RULE },
	{ "site.url", "//example.org", URL_RULE },
	{ "site.url", "https://", URL_RULE },
	{ "site.url", "https:///path", URL_RULE },
	{ "site.url", "https://example.org?q", URL_RULE },
	{ "site.url", "https://example.org/?q", URL_RULE },
	{ "site.url", "https://example.org/#f", URL_RULE },
	{ "site.url", "https://ada@example.org", URL_RULE },
	{ "site.url", "https://ada:secret@example.org/", URL_RULE },
	{ "site.url", "https://example.org:", URL_RULE },
	{ "site.url", "https://example.org:0", URL_RULE },
	{ "site.url", "https://example.org:443", URL_RULE },
	{ "site.url", "http://example.org:80/", URL_RULE },
	{ "site.url", "https://example.org:65536", URL_RULE },
	{ "site.url", "https://example.org:8080x", URL_RULE },
	{ "site.url", "https://[::1", URL_RULE },
	{ "site.url", "https://[::1x", URL_RULE },
	{ "site.url", "https://[]", URL_RULE },
	{ "site.url", "https://example.org/a b", URL_RULE },
	{ "site.url", "https://example.org/\"", URL_RULE },
	{ "site.url", "https://ex\xc3\xa4mple.org", URL_RULE },
	{ "site.url", "", "must not be empty" },
	{ "site.name", "", "must not be empty" },
	{ "database.url", "", "must not be empty" },
	{ "templates.dir", "templates", "must be an absolute path" },
	{ "mail.ca_file", "/etc/ca.pem", NULL },
	{ "mail.ca_file", "", NULL },
	{ "mail.ca_file", "ca.pem", "must be an absolute path" },
	{ "mail.from", "a.b+c@example.org", NULL },
	{ "mail.from", "j\xc3\xbcrgen@example.org", NULL },
	{ "mail.from", "ada", FROM_RULE },
	{ "mail.from", "@example.org", FROM_RULE },
	{ "mail.from", "ada@", FROM_RULE },
	{ "mail.from", "ada@b@c", FROM_RULE },
	{ "mail.from", "ada b@example.org", FROM_RULE },
	{ "mail.from", "Ada <ada@example.org>", FROM_RULE },
	{ "mail.from", "<ada@example.org>", FROM_RULE },
	{ "mail.from", "a@example.org,b", FROM_RULE },
	{ "proxy.trusted", "", NULL },
	{ "proxy.trusted", "127.0.0.1", NULL },
	{ "proxy.trusted", "127.0.0.1, ::1 2001:db8::1,192.0.2.7 ,", NULL },
	{ "proxy.trusted", "localhost", HOSTS_RULE },
	{ "proxy.trusted", "127.0.0.1;::1", HOSTS_RULE },
	{ "proxy.trusted", "127.0.0", HOSTS_RULE },
	{ "proxy.trusted", "127.0.0.1:80", HOSTS_RULE },
	{ "proxy.trusted", "[::1]", HOSTS_RULE },
	{ "proxy.trusted", "10.0.0.0/8", HOSTS_RULE },
	{ "proxy.trusted", "127.0.0.1 256.0.0.1", HOSTS_RULE },
	{ "proxy.trusted",
	    "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001",
	    HOSTS_RULE },
	{ "limit.signup", "10/1h", NULL },
	{ "limit.signup", "1/1s", NULL },
	{ "limit.signup", "1000/30d", NULL },
	{ "limit.signup", " 1/1m  5/1h 10/1d 20/7d ", NULL },
	{ "limit.signup", "off", NULL },
	{ "limit.signup", "0", NULL },
	{ "limit.signup", "", RATES_RULE },
	{ "limit.signup", " ", RATES_RULE },
	{ "limit.signup", "on", RATES_RULE },
	{ "limit.signup", "Off", RATES_RULE },
	{ "limit.signup", "10", RATES_RULE },
	{ "limit.signup", "10/", RATES_RULE },
	{ "limit.signup", "/1h", RATES_RULE },
	{ "limit.signup", "10/1", RATES_RULE },
	{ "limit.signup", "10/h", RATES_RULE },
	{ "limit.signup", "10 /1h", RATES_RULE },
	{ "limit.signup", "-1/1h", RATES_RULE },
	{ "limit.signup", "0/1h", RATES_RULE },
	{ "limit.signup", "1001/1h", RATES_RULE },
	{ "limit.signup", "10/0s", RATES_RULE },
	{ "limit.signup", "10/31d", RATES_RULE },
	{ "limit.signup", "10/1h off", RATES_RULE },
	{ "limit.signup", "10/1h,100/1d", RATES_RULE },
	{ "limit.signup", "1/1m 1/2m 1/3m 1/4m 1/5m", RATES_RULE },
	{ "site.name", "a\tb", "must be UTF-8 without control characters" },
	{ "mail.from", "a@b\xc2\x85",
	    "must be UTF-8 without control characters" },
};

START_TEST(judges_a_value_by_its_kind)
{
	const struct sample *sample = &samples[_i];

	ck_assert_pstr_eq(fault(sample->key, sample->text), sample->fault);
}
END_TEST

START_TEST(takes_no_address_that_smtp_can_not_carry)
{
	char address[256];

	memset(address, 'x', sizeof(address));
	address[1] = '@';
	address[254] = '\0';
	ck_assert_pstr_eq(fault("mail.from", address), NULL);
	address[254] = 'x';
	address[255] = '\0';
	ck_assert_pstr_eq(fault("mail.from", address), FROM_RULE);
}
END_TEST

START_TEST(reads_numbers_in_their_units)
{
	ck_assert_pstr_eq(fault("access_token.ttl", "10m"), NULL);
	ck_assert_int_eq(config.access_token_ttl, 600);
	ck_assert_pstr_eq(fault("password.memory", "1G"), NULL);
	ck_assert_int_eq(config.password_memory, 1024 * 1024 * 1024);
	ck_assert_pstr_eq(fault("body.limit", "5000"), NULL);
	ck_assert_int_eq(config.body_limit, 5000);
	ck_assert_pstr_eq(fault("body.limit", "2K"), NULL);
	ck_assert_int_eq(config.body_limit, 2048);
}
END_TEST

START_TEST(writes_a_url_as_an_origin_is_written)
{
	ck_assert_pstr_eq(
	    fault("site.url", "HTTPS://Example.ORG:8443/House/"), NULL);
	ck_assert_str_eq(config.site_url, "https://example.org:8443/House");
	ck_assert_pstr_eq(fault("site.url", "https://example.org///"), NULL);
	ck_assert_str_eq(config.site_url, "https://example.org");
}
END_TEST

START_TEST(reads_limits_one_after_the_other)
{
	ck_assert_pstr_eq(fault("limit.mail", "1/1m 5/1h"), NULL);
	ck_assert_uint_eq(config.limit_mail.count, 2);
	ck_assert_int_eq(config.limit_mail.list[0].count, 1);
	ck_assert_int_eq(config.limit_mail.list[0].period, 60);
	ck_assert_int_eq(config.limit_mail.list[1].count, 5);
	ck_assert_int_eq(config.limit_mail.list[1].period, 3600);
	ck_assert_pstr_eq(fault("limit.mail", "off"), NULL);
	ck_assert_uint_eq(config.limit_mail.count, 0);
}
END_TEST

START_TEST(leaves_what_was_set_when_a_value_is_bad)
{
	ck_assert_pstr_eq(fault("limit.mail", "7/1h"), NULL);
	ck_assert_pstr_ne(fault("limit.mail", "8/1h 9"), NULL);
	ck_assert_uint_eq(config.limit_mail.count, 1);
	ck_assert_int_eq(config.limit_mail.list[0].count, 7);
	ck_assert_pstr_eq(fault("mail.port", "587"), NULL);
	ck_assert_pstr_eq(fault("mail.from", "a@b"), NULL);
	ck_assert_pstr_eq(fault("cookie.secure", "always"), NULL);
	ck_assert_pstr_ne(fault("mail.port", "0"), NULL);
	ck_assert_pstr_ne(fault("mail.from", "a"), NULL);
	ck_assert_pstr_ne(fault("cookie.secure", "never"), NULL);
	ck_assert_int_eq(config.mail_port, 587);
	ck_assert_str_eq(config.mail_from, "a@b");
	ck_assert_int_eq(config.cookie_secure, COOKIE_SECURE_ALWAYS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_value");
	TCase *tcase = tcase_create("config_value");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, judges_a_value_by_its_kind, 0, (int)ARRAY_LEN(samples));
	tcase_add_test(tcase, takes_no_address_that_smtp_can_not_carry);
	tcase_add_test(tcase, reads_numbers_in_their_units);
	tcase_add_test(tcase, writes_a_url_as_an_origin_is_written);
	tcase_add_test(tcase, reads_limits_one_after_the_other);
	tcase_add_test(tcase, leaves_what_was_set_when_a_value_is_bad);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
