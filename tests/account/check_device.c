/* check_device.c - devices, recognised by what they say of themselves. */

#include <check.h>

#include "account/device.h"
#include "tests/harness/harness.h"

#define MOZILLA "Mozilla/5.0 "
#define WEBKIT "AppleWebKit/537.36 (KHTML, like Gecko) "

/* clang-format off */
static const struct {
	const char *user_agent;
	const char *program;
	const char *system;
} agents[] = {
	{ MOZILLA "(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	    "Firefox", "Linux" },
	{ MOZILLA "(Windows NT 10.0; Win64; x64) " WEBKIT
	    "Chrome/126.0.0.0 Safari/537.36", "Chrome", "Windows" },
	{ MOZILLA "(Windows NT 10.0; Win64; x64) " WEBKIT
	    "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge", "Windows" },
	{ MOZILLA "(Linux; Android 14; Pixel 8) " WEBKIT
	    "Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome", "Android" },
	{ MOZILLA "(Linux; Android 14; SM-S918B) " WEBKIT
	    "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
	    "Samsung Internet", "Android" },
	{ MOZILLA "(iPhone; CPU iPhone OS 17_5 like Mac OS X) "
	    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
	    "Mobile/15E148 Safari/604.1", "Safari", "iPhone" },
	{ MOZILLA "(iPhone; CPU iPhone OS 17_5 like Mac OS X) "
	    "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 "
	    "Mobile/15E148 Safari/604.1", "Chrome", "iPhone" },
	{ MOZILLA "(iPad; CPU OS 17_5 like Mac OS X) "
	    "AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 "
	    "Mobile/15E148 Safari/605.1.15", "Firefox", "iPad" },
	{ MOZILLA "(Macintosh; Intel Mac OS X 10_15_7) "
	    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
	    "Safari/605.1.15", "Safari", "macOS" },
	{ MOZILLA "(Macintosh; Intel Mac OS X 10_15_7) " WEBKIT
	    "Chrome/125.0.0.0 Safari/537.36 OPR/111.0.0.0", "Opera", "macOS" },
	{ MOZILLA "(X11; CrOS x86_64 14541.0.0) " WEBKIT
	    "Chrome/126.0.0.0 Safari/537.36", "Chrome", "ChromeOS" },
	{ MOZILLA "(X11; Linux x86_64) " WEBKIT
	    "HeadlessChrome/126.0.0.0 Safari/537.36", "Chrome", "Linux" },
	{ MOZILLA "(X11; Ubuntu; Linux x86_64) " WEBKIT
	    "Chromium/80.0 Chrome/80.0 Safari/537.36", "Chromium", "Linux" },
	{ MOZILLA "(Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko",
	    "Internet Explorer", "Windows" },
	{ "curl/7.88.1", "curl", NULL },
	{ "python-requests/2.28.1", "Python", NULL },
	{ "Something/1.0 (Linux)", NULL, "Linux" },
	{ "Something/1.0", NULL, NULL },
	{ "firefox/1 linux", NULL, NULL },
	{ "", NULL, NULL },
};
/* clang-format on */

START_TEST(knows_program_and_system)
{
	struct device device = device_of(agents[_i].user_agent);

	ck_assert_pstr_eq(device.program, agents[_i].program);
	ck_assert_pstr_eq(device.system, agents[_i].system);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("device");
	TCase *tcase = tcase_create("device");

	tcase_add_loop_test(
	    tcase, knows_program_and_system, 0, (int)ARRAY_LEN(agents));
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
