/* check_address.c - what is taken for a mail address. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mail/address.h"

#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static const char *const good[] = {
	"ada@example.org",
	"a@b",
	"Ada.Lovelace+mail@sub.example.co.uk",
	"!#$%&'*+-/=?^_`{|}~@example.org",
	"1@1.example",
	"ada@xn--exmple-cua.example",
	SIXTY "abcd@example.org",
	"ada@" SIXTY "abc.example",
};

START_TEST(takes_what_people_have)
{
	ck_assert_msg(address_is_valid(good[_i]), "%s", good[_i]);
}
END_TEST

static const char *const bad[] = {
	"",
	"@",
	"ada",
	"ada@",
	"@example.org",
	"a@b@c",
	".ada@example.org",
	"ada.@example.org",
	"a..da@example.org",
	"ada@.example.org",
	"ada@example.org.",
	"ada@example..org",
	"ada@-example.org",
	"ada@example-.org",
	"ada@example.org-",
	"ada@exam_ple.org",
	"ada@[127.0.0.1]",
	"\"ada\"@example.org",
	"ada <ada@example.org>",
	"ada@example.org,bob@example.org",
	"ada@example.org\r\nBcc: bob@example.org",
	"ada@example.org\n",
	" ada@example.org",
	"ada@example.org ",
	"ada\t@example.org",
	"ad\x01@example.org",
	"\xc3\xa4@example.org",
	"ada@ex\xc3\xa4mple.org",
	SIXTY "abcde@example.org",
	"ada@" SIXTY "abcd.example",
};

START_TEST(refuses_what_is_none)
{
	ck_assert_msg(!address_is_valid(bad[_i]), "%s", bad[_i]);
}
END_TEST

START_TEST(counts_to_254)
{
	const char *domain = "@" SIXTY "." SIXTY "." SIXTY ".";
	char address[300] = TEN;
	size_t len;

	(void)memcpy(address + 10, domain, strlen(domain) + 1);
	len = strlen(address);
	memset(address + len, 'x', 254 - len);
	ck_assert(address_is_valid(address));
	address[254] = 'x';
	ck_assert(!address_is_valid(address));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address");
	TCase *tcase = tcase_create("address");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
	    tcase, takes_what_people_have, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(
	    tcase, refuses_what_is_none, 0, (int)ARRAY_LEN(bad));
	tcase_add_test(tcase, counts_to_254);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
