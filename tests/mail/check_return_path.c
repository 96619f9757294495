/* check_return_path.c - addresses that name a mail, and those that do not. */

#include <check.h>
#include <ctype.h>
#include <string.h>

#include "mail/address.h"
#include "mail/return_path.h"
#include "tests/harness/harness.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ID "7a9c2d0e-95ab-4c4e-8f66-0f2b8ad51f27"

/* That of the reports in tests/mail/reports. */
#define ADDRESS \
	"bounces+pkoc2duvvnge5d3gb4vyvvi7e4imaxpidxfjmgj63w@house.example"

static struct arena *arena;
static struct master_key *key;
static const struct config config = {
	.mail_from = "house@house.example",
	.mail_return_path = "bounces@house.example",
};

static void
setup(void)
{
	const char *why;

	arena = arena_new();
	ck_assert_int_eq(secret_init(), ST_OK);
	ck_assert_int_eq(master_key_load(arena, KEY, "", &key, &why), ST_OK);
}

static void
teardown(void)
{
	master_key_free(key);
	arena_free(arena);
}

static enum status
reads(const char *address)
{
	const char *id = "";
	enum status st = return_path_read(key, arena, address, &id);

	if (st == ST_OK)
		ck_assert_str_eq(id, ID);
	return st;
}

START_TEST(makes_an_address_for_each_mail)
{
	const char *address = return_path_make(key, arena, &config, ID);

	ck_assert_str_eq(address, ADDRESS);
	ck_assert(address_is_valid(address));
	ck_assert_int_eq(reads(address), ST_OK);
}
END_TEST

START_TEST(fits_into_what_a_local_part_may_be)
{
	const struct config longest = {
		.mail_return_path = "abcdefghijklmnopqrstu@house.example",
	};
	const char *address = return_path_make(key, arena, &longest, ID);

	ck_assert_uint_eq(strcspn(address, "@"), ADDRESS_LOCAL_MAX);
	ck_assert(address_is_valid(address));
	ck_assert_int_eq(reads(address), ST_OK);
}
END_TEST

START_TEST(is_whom_the_mail_is_from_where_none_is_set)
{
	const struct config none = { .mail_from = "house@house.example",
		.mail_return_path = "" };

	ck_assert_str_eq(
	    return_path_make(key, arena, &none, ID), "house@house.example");
}
END_TEST

/* Mail servers fold case, rewrite domains and pass on the extension alone. */
START_TEST(is_read_in_any_form_it_comes_in)
{
	char *upper = arena_strdup(arena, ADDRESS);

	for (char *at = upper; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	ck_assert_int_eq(reads(upper), ST_OK);
	ck_assert_int_eq(
	    reads(arena_strndup(arena, ADDRESS, strcspn(ADDRESS, "@"))), ST_OK);
	ck_assert_int_eq(
	    reads(arena_strndup(arena, strchr(ADDRESS, '+') + 1, 42)), ST_OK);
	ck_assert_int_eq(reads(arena_printf(arena, "a+b+%.42s@localhost",
			     strchr(ADDRESS, '+') + 1)),
	    ST_OK);
}
END_TEST

START_TEST(is_read_only_as_it_was_made)
{
	char *address = arena_strdup(arena, ADDRESS);
	size_t first = (size_t)(strchr(address, '+') + 1 - address);

	for (size_t i = first; i < first + 42; i++) {
		const char was = address[i];

		for (const char *other = "a7-.+@1\x80"; *other != '\0';
		     other++) {
			address[i] = *other;
			ck_assert_msg(
			    *other == was || reads(address) == ST_NOT_FOUND,
			    "%s", address);
		}
		address[i] = was;
	}
	ck_assert_int_eq(reads(address), ST_OK);
}
END_TEST

static const char *const others[] = { "", "@", "+", "+@",
	"bounces@house.example", "bounces+@house.example",
	"bounces+x@house.example",
	"bounces+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@house.example" };

START_TEST(reads_nothing_else)
{
	ck_assert_int_eq(reads(others[_i]), ST_NOT_FOUND);
}
END_TEST

START_TEST(stays_good_while_the_old_master_key_is_there)
{
	struct master_key *mine = key;
	const char *why;

	ck_assert_int_eq(master_key_load(arena, OTHER, "", &key, &why), ST_OK);
	ck_assert_int_eq(reads(ADDRESS), ST_NOT_FOUND);
	master_key_free(key);
	ck_assert_int_eq(
	    master_key_load(arena, OTHER " " KEY, "", &key, &why), ST_OK);
	ck_assert_int_eq(reads(ADDRESS), ST_OK);
	master_key_free(key);
	key = mine;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("return_path");
	TCase *tcase = tcase_create("return_path");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, makes_an_address_for_each_mail);
	tcase_add_test(tcase, fits_into_what_a_local_part_may_be);
	tcase_add_test(tcase, is_whom_the_mail_is_from_where_none_is_set);
	tcase_add_test(tcase, is_read_in_any_form_it_comes_in);
	tcase_add_test(tcase, is_read_only_as_it_was_made);
	tcase_add_loop_test(
	    tcase, reads_nothing_else, 0, (int)ARRAY_LEN(others));
	tcase_add_test(tcase, stays_good_while_the_old_master_key_is_there);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
