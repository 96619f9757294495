/* check_audit_command.c - chatelaine audit, as typed. */

#include <check.h>
#include <string.h>

#include "account/account.h"
#include "account/audit.h"
#include "account/audit_chain.h"
#include "tests/harness/command.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define ADA "ada@example.org"

static struct arena *arena;
static struct db *db;
static const char *dir, *ada;

static const struct origin origin = { "192.0.2.1", "Check/1", "request-1" };

static void
add(enum deed deed, const char *account_id)
{
	ck_assert_int_eq(
	    audit(db, arena, ACTOR_PERSON, deed, account_id, NULL, &origin),
	    ST_OK);
}

static void
seal(void)
{
	struct master_key *master = test_master_key();
	struct audit_key key;
	size_t sealed;

	ck_assert_int_eq(audit_key_current(db, arena, master, &key), ST_OK);
	master_key_free(master);
	ck_assert_int_eq(audit_seal(db, arena, &key, &sealed), ST_OK);
}

/* Three rows, of which two are about ada and two are sealed. */
static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	test_execute("ALTER TABLE audit_log ALTER id RESTART");
	dir = test_directory_new(arena);
	test_write_file(dir, "conf",
	    arena_printf(
		arena, "database.worker_url = %s\n", test_database_url()));
	db = db_open(test_database_url(), "check_audit_command");
	ck_assert_int_eq(
	    account_create(db, arena, ADA, "Ada", "-", true, &ada), ST_OK);
	add(DEED_SIGNED_IN, ada);
	add(DEED_SIGN_IN_REFUSED, NULL);
	seal();
	add(DEED_SIGNED_OUT, ada);
}

static void
teardown(void)
{
	db_close(db);
	test_directory_remove(dir);
	arena_free(arena);
}

static const char *
printed(void)
{
	return test_command_output(arena, dir);
}

static const char *
complaints(void)
{
	return test_command_errors(arena, dir);
}

static int
run(const char *const *args)
{
	return test_command(arena, dir, command_audit, args);
}

#define RUN(...) run((const char *const[]){ "audit", __VA_ARGS__, NULL })

static size_t
lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

/* The head that verify has printed. */
static const char *
printed_head(void)
{
	const char *head = strstr(printed(), "head     ");

	ck_assert_ptr_nonnull(head);
	head += strlen("head     ");
	return arena_strndup(arena, head, strcspn(head, "\n"));
}

START_TEST(finds_nothing_wrong_with_a_whole_log)
{
	ck_assert_int_eq(RUN("verify"), 0);
	ck_assert_ptr_nonnull(strstr(
	    printed(), "sealed   2\npending  1\nerased   0\nhead     2:"));
	ck_assert_str_eq(complaints(), "");
	ck_assert_int_eq(RUN("verify", "--head", printed_head()), 0);
}
END_TEST

START_TEST(names_the_first_bad_row)
{
	seal();
	test_execute("UPDATE audit_log SET actor = 'worker' WHERE id >= 2");
	ck_assert_int_eq(RUN("verify"), 1);
	ck_assert_str_eq(complaints(),
	    "chatelaine: audit row 2 (seal 2) is not what was sealed\n");
	ck_assert_ptr_nonnull(strstr(printed(), "sealed   1\n"));
	test_execute("DELETE FROM audit_log WHERE id = 1");
	ck_assert_int_eq(RUN("verify"), 1);
	ck_assert_str_eq(
	    complaints(), "chatelaine: audit row 1 (seal 1) was removed\n");
}
END_TEST

START_TEST(finds_what_was_cut_off_by_an_earlier_head)
{
	const char *head;

	ck_assert_int_eq(RUN("verify"), 0);
	head = printed_head();
	test_execute("DELETE FROM audit_log WHERE id >= 2;"
		     "DELETE FROM audit_pending;"
		     "DELETE FROM audit_seal WHERE seq >= 2");
	ck_assert_int_eq(RUN("verify"), 0);
	ck_assert_int_eq(RUN("verify", "--head", head), 1);
	ck_assert_ptr_nonnull(strstr(complaints(), "seal 2 of the audit log"));
}
END_TEST

START_TEST(lists_rows_from_the_oldest_on)
{
	const char *first, *second, *third;

	ck_assert_int_eq(RUN("list"), 0);
	ck_assert_uint_eq(lines(printed()), 3);
	first = strstr(printed(), "signed in");
	second = strstr(printed(), "sign-in refused");
	third = strstr(printed(), "signed out");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_nonnull(third);
	ck_assert_ptr_nonnull(strstr(first, "192.0.2.1"));
	ck_assert_ptr_nonnull(strstr(first, "request-1"));
}
END_TEST

START_TEST(lists_the_rows_of_an_account)
{
	ck_assert_int_eq(RUN("list", "--account", ADA), 0);
	ck_assert_uint_eq(lines(printed()), 2);
	ck_assert_int_eq(RUN("list", "--account", ada), 0);
	ck_assert_uint_eq(lines(printed()), 2);
	ck_assert_int_eq(RUN("list", "--account", TEST_UUID), 0);
	ck_assert_uint_eq(lines(printed()), 0);
	ck_assert_int_eq(RUN("list", "--account", "bob@example.org"), 1);
}
END_TEST

START_TEST(lists_rows_since_a_time)
{
	test_execute("UPDATE audit_log SET at = '2026-03-01 12:00:00.5Z'"
		     " WHERE id = 1;"
		     "UPDATE audit_log SET at = '2026-03-02Z' WHERE id = 2");
	ck_assert_int_eq(RUN("list", "--since", "24h"), 0);
	ck_assert_uint_eq(lines(printed()), 1);
	ck_assert_int_eq(RUN("list", "--since", "2026-03-02"), 0);
	ck_assert_uint_eq(lines(printed()), 2);
	ck_assert_int_eq(RUN("list", "--since", "2026-03-01T12:00:00Z"), 0);
	ck_assert_uint_eq(lines(printed()), 3);
	ck_assert_ptr_nonnull(
	    strstr(printed(), "2026-03-01T12:00:00.500000Z "));
	ck_assert_int_eq(RUN("list", "--since", "2026-03-01T12:00:01Z"), 0);
	ck_assert_uint_eq(lines(printed()), 2);
	ck_assert_int_eq(RUN("list", "--since", "yesterday"), 1);
}
END_TEST

START_TEST(lists_the_newest_so_many)
{
	ck_assert_int_eq(RUN("list", "--limit", "1"), 0);
	ck_assert_uint_eq(lines(printed()), 1);
	ck_assert_ptr_nonnull(strstr(printed(), "signed out"));
	ck_assert_int_eq(RUN("list", "--limit", "0"), 1);
	ck_assert_int_eq(RUN("list", "--limit", "1x"), 1);
}
END_TEST

START_TEST(lists_json_a_line)
{
	ck_assert_int_eq(RUN("list", "--json", "--limit", "2"), 0);
	ck_assert_uint_eq(lines(printed()), 2);
	ck_assert_ptr_nonnull(strstr(printed(),
	    "\"actor\":\"person\",\"action\":\"sign-in refused\","
	    "\"account_id\":null,\"subject\":null,\"ip\":\"192.0.2.1\","
	    "\"request_id\":\"request-1\",\"seal\":2}\n{\"id\":3,"));
	ck_assert_ptr_nonnull(strstr(printed(), "\"seal\":null}\n"));
}
END_TEST

/* A row that somebody wrote past us does not command the terminal. */
START_TEST(prints_no_control_characters)
{
	test_execute("INSERT INTO audit_log (actor, action, request_id)"
		     " VALUES ('person', E'x\\x1b[2J', E'y\\nz')");
	ck_assert_int_eq(RUN("list"), 0);
	ck_assert_uint_eq(lines(printed()), 4);
	ck_assert_ptr_null(strchr(printed(), '\x1b'));
	ck_assert_int_eq(RUN("list", "--json"), 0);
	ck_assert_uint_eq(lines(printed()), 4);
	ck_assert_ptr_null(strchr(printed(), '\x1b'));
}
END_TEST

START_TEST(takes_no_other_arguments)
{
	ck_assert_int_eq(RUN("check"), 2);
	ck_assert_int_eq(RUN("verify", "--tail"), 2);
	ck_assert_int_eq(RUN("verify", "--head"), 2);
	ck_assert_int_eq(RUN("verify", "--head", "2"), 1);
	ck_assert_int_eq(RUN("list", "--limit"), 2);
	ck_assert_int_eq(RUN("list", "--tail", "2"), 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("audit_command");
	TCase *tcase = tcase_create("audit_command");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, finds_nothing_wrong_with_a_whole_log);
	tcase_add_test(tcase, names_the_first_bad_row);
	tcase_add_test(tcase, finds_what_was_cut_off_by_an_earlier_head);
	tcase_add_test(tcase, lists_rows_from_the_oldest_on);
	tcase_add_test(tcase, lists_the_rows_of_an_account);
	tcase_add_test(tcase, lists_rows_since_a_time);
	tcase_add_test(tcase, lists_the_newest_so_many);
	tcase_add_test(tcase, lists_json_a_line);
	tcase_add_test(tcase, prints_no_control_characters);
	tcase_add_test(tcase, takes_no_other_arguments);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
