/* check_key_command.c - chatelaine key, as typed. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/command.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define OLD_HEX \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NEW_HEX \
	"ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct arena *arena;
static const char *dir, *lifetime;
static struct db *db;

static void
put_config(const char *keys)
{
	const char *path = arena_printf(arena, "%s/key", dir);

	test_write_file(dir, "key", keys);
	ck_assert_int_eq(
	    test_run((const char *const[]){ "chmod", "600", path, NULL }), 0);
	test_write_file(dir, "conf",
	    arena_printf(arena,
		"database.worker_url = %s\nmaster_key_file = %s\n"
		"signing_key.lifetime = %s\n",
		test_database_url(), path, lifetime));
}

static void
setup(void)
{
	arena = arena_new();
	/* Forgets the settings of whoever runs the tests; ours are a file. */
	(void)test_config(arena);
	ck_assert_int_eq(unsetenv("CHATELAINE_MASTER_KEY"), 0);
	ck_assert_int_eq(unsetenv("CHATELAINE_DATABASE_URL"), 0);
	test_clear();
	dir = test_directory_new(arena);
	lifetime = "90d";
	put_config(OLD_HEX);
	db = db_open(test_database_url(), "check_key_command");
}

static void
teardown(void)
{
	db_close(db);
	test_directory_remove(dir);
	arena_free(arena);
}

/* Run the command; *output is what it printed. */
static int
run(const char **output, const char *const *args)
{
	int code = test_command(arena, dir, command_key, args);

	*output = test_command_output(arena, dir);
	return code;
}

#define RUN(output, ...) \
	run(output, (const char *const[]){ "key", __VA_ARGS__, NULL })

static const char *
kid_of(const char *state)
{
	return test_text(
	    arena, "SELECT kid FROM signing_key WHERE state = $1", state);
}

static void
pass(const char *interval)
{
	test_execute(arena_printf(arena,
	    "UPDATE signing_key SET since = since - interval '%s',"
	    " dead_at = dead_at - interval '%s'",
	    interval, interval));
}

static bool
says(const char *output, const char *words)
{
	return strstr(output, words) != NULL;
}

START_TEST(lists_keys_and_what_comes)
{
	const char *output;

	ck_assert_int_eq(RUN(&output, "list"), 0);
	ck_assert(says(output, "no signing key yet"));
	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	ck_assert_int_eq(RUN(&output, "list"), 0);
	ck_assert(says(output,
	    arena_printf(arena, "%s active   since 20", kid_of("active"))));
	ck_assert(says(output, "Z, retiring from 20"));
	ck_assert(says(output,
	    arena_printf(arena, "%s next     since 20", kid_of("next"))));
	ck_assert(says(output, "Z, active from 20"));
	ck_assert_int_eq(RUN(&output, "rotate", "--now"), 0);
	ck_assert_int_eq(RUN(&output, "list"), 0);
	ck_assert(says(output, " retiring since 20"));
	ck_assert(says(output, "Z, removed from 20"));
	lifetime = "0s";
	put_config(OLD_HEX);
	ck_assert_int_eq(RUN(&output, "list"), 0);
	ck_assert(says(output, "Z, active until 'chatelaine key rotate'"));
}
END_TEST

START_TEST(rotates_in_two_steps_a_day_apart)
{
	const char *output, *first, *second;

	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	first = kid_of("active");
	ck_assert_str_eq(output,
	    arena_printf(arena, "published %s\nactivated %s\n", first, first));
	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	second = kid_of("next");
	ck_assert(says(
	    output, arena_printf(arena, "published %s\nactive from", second)));
	/* Too early: nothing is done. */
	ck_assert_int_eq(RUN(&output, "rotate"), 1);
	ck_assert_str_eq(output, "");
	ck_assert_str_eq(kid_of("active"), first);
	pass("1 day");
	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	ck_assert_str_eq(output,
	    arena_printf(arena, "activated %s\nretired %s\n", second, first));
}
END_TEST

START_TEST(says_what_haste_may_break)
{
	const char *output;

	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	ck_assert_int_eq(RUN(&output, "rotate", "--now"), 0);
	ck_assert(says(output, "published "));
	ck_assert(says(output, "activated "));
	ck_assert(says(output, "may refuse new tokens for 1 hour\n"));
}
END_TEST

START_TEST(revokes_a_key_and_waits_until_it_counts)
{
	const char *output, *bad;

	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	bad = kid_of("active");
	ck_assert_int_eq(RUN(&output, "revoke", bad), 0);
	ck_assert(says(output, arena_printf(arena, "revoked %s: ", bad)));
	ck_assert_str_ne(kid_of("active"), bad);
	ck_assert_int_eq(test_int("SELECT count(*) FROM signing_key", NULL), 1);
	ck_assert_int_eq(RUN(&output, "revoke", bad), 1);
	ck_assert_str_eq(test_text(arena,
			     "SELECT subject FROM audit_log"
			     " WHERE action = 'signing key revoked'"
			     " AND actor = 'operator'",
			     NULL),
	    bad);
}
END_TEST

START_TEST(seals_anew_with_the_first_master_key)
{
	const char *output;

	ck_assert_int_eq(RUN(&output, "rotate"), 0);
	put_config(NEW_HEX "\n" OLD_HEX "\n");
	ck_assert_int_eq(RUN(&output, "reseal"), 0);
	ck_assert(says(output, "signing_key.private_sealed 1 sealed anew\n"));
	ck_assert(says(output, "outbox.sealed              0 sealed anew\n"));
	ck_assert_int_eq(RUN(&output, "reseal"), 0);
	ck_assert(says(output, "signing_key.private_sealed 0 sealed anew\n"));
	put_config(NEW_HEX);
	ck_assert_int_eq(RUN(&output, "reseal"), 0);
	put_config(OLD_HEX);
	ck_assert_int_eq(RUN(&output, "reseal"), 1);
}
END_TEST

START_TEST(knows_no_other_words)
{
	const char *output;

	ck_assert_int_eq(run(&output, (const char *const[]){ "key", NULL }), 2);
	ck_assert_int_eq(RUN(&output, "turn"), 2);
	ck_assert_int_eq(RUN(&output, "list", "all"), 2);
	ck_assert_int_eq(RUN(&output, "rotate", "now"), 2);
	ck_assert_int_eq(RUN(&output, "revoke"), 2);
	ck_assert_int_eq(RUN(&output, "reseal", "now"), 2);
}
END_TEST

START_TEST(fails_without_its_master_key)
{
	const char *output;

	put_config("short");
	ck_assert_int_eq(RUN(&output, "rotate"), 1);
	ck_assert_int_eq(RUN(&output, "reseal"), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM signing_key", NULL), 0);
	/* To look takes none. */
	ck_assert_int_eq(RUN(&output, "list"), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("key command");
	TCase *tcase = tcase_create("key command");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lists_keys_and_what_comes);
	tcase_add_test(tcase, rotates_in_two_steps_a_day_apart);
	tcase_add_test(tcase, says_what_haste_may_break);
	tcase_add_test(tcase, revokes_a_key_and_waits_until_it_counts);
	tcase_add_test(tcase, seals_anew_with_the_first_master_key);
	tcase_add_test(tcase, knows_no_other_words);
	tcase_add_test(tcase, fails_without_its_master_key);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
