/* check_account.c - the rows of people, as the handlers' role may touch them. */

#include <check.h>
#include <string.h>

#include "account/account.h"
#include "account/session.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct arena *arena;
static const struct config *config;
static struct db *db;

static const struct origin origin = { "192.0.2.1", "test", "request" };
static const unsigned char hash[SECRET_BYTES];

static void
setup(void)
{
	arena = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_account");
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

static const char *
create(const char *email, bool verified)
{
	const char *id;

	ck_assert_int_eq(
	    account_create(db, arena, email, "Ada", "hash", verified, &id),
	    ST_OK);
	return id;
}

START_TEST(finds_what_it_created)
{
	const char *id = create("Ada@Example.org", false);
	struct account account;

	ck_assert_int_eq(account_find(db, arena, id, &account), ST_OK);
	ck_assert_str_eq(account.id, id);
	ck_assert_str_eq(account.email, "Ada@Example.org");
	ck_assert_str_eq(account.name, "Ada");
	ck_assert_str_eq(account.password_hash, "hash");
	ck_assert_int_ne(account.created_at, 0);
	ck_assert(!account.verified);
	ck_assert(!account.disabled);
}
END_TEST

START_TEST(finds_nobody_else)
{
	struct account account;

	(void)create("ada@example.org", true);
	ck_assert_int_eq(
	    account_find(db, arena, TEST_UUID, &account), ST_NOT_FOUND);
	ck_assert_int_eq(
	    account_find_by_email(db, arena, "ada@example.com", &account),
	    ST_NOT_FOUND);
	/* No pattern, and not cut. */
	ck_assert_int_eq(
	    account_find_by_email(db, arena, "%", &account), ST_NOT_FOUND);
	ck_assert_int_eq(
	    account_find_by_email(db, arena, "ada@example.or", &account),
	    ST_NOT_FOUND);
}
END_TEST

START_TEST(case_does_not_make_another_address)
{
	const char *id = create("Ada@Example.org", true), *other;
	struct account account;

	ck_assert_int_eq(
	    account_find_by_email(db, arena, "aDA@eXAMPLE.ORG", &account),
	    ST_OK);
	ck_assert_str_eq(account.id, id);
	ck_assert(account.verified);
	ck_assert_int_eq(account_create(db, arena, "ada@example.org", "Eve",
			     "other", true, &other),
	    ST_CONFLICT);
	ck_assert_int_eq(account_find(db, arena, id, &account), ST_OK);
	ck_assert_str_eq(account.name, "Ada");
}
END_TEST

/* A conflict ends no transaction: the caller goes on in it. */
START_TEST(a_taken_address_leaves_the_transaction_whole)
{
	struct account account;
	const char *id;

	(void)create("ada@example.org", true);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(account_create(db, arena, "ada@example.org", "Eve",
			     "other", true, &id),
	    ST_CONFLICT);
	ck_assert_int_eq(
	    account_find_by_email(db, arena, "ada@example.org", &account),
	    ST_OK);
	ck_assert_int_eq(db_commit(db), ST_OK);
}
END_TEST

START_TEST(only_the_unverified_start_over)
{
	const char *eve = create("eve@example.org", false);
	const char *ada = create("ada@example.org", true);
	struct account account;

	ck_assert_int_eq(
	    account_start_over(db, arena, eve, "Eva", "new"), ST_OK);
	ck_assert_int_eq(account_find(db, arena, eve, &account), ST_OK);
	ck_assert_str_eq(account.name, "Eva");
	ck_assert_str_eq(account.password_hash, "new");
	ck_assert_str_eq(account.email, "eve@example.org");

	ck_assert_int_eq(
	    account_start_over(db, arena, ada, "Eva", "new"), ST_NOT_FOUND);
	ck_assert_int_eq(account_find(db, arena, ada, &account), ST_OK);
	ck_assert_str_eq(account.name, "Ada");
	ck_assert_str_eq(account.password_hash, "hash");
}
END_TEST

START_TEST(changes_one_account_and_no_other)
{
	const char *ada = create("ada@example.org", true);
	const char *eve = create("eve@example.org", true);
	struct account account;

	ck_assert_int_eq(account_rename(db, arena, ada, "Ada L."), ST_OK);
	ck_assert_int_eq(
	    account_set_password_hash(db, arena, ada, "new"), ST_OK);
	ck_assert_int_eq(account_find(db, arena, ada, &account), ST_OK);
	ck_assert_str_eq(account.name, "Ada L.");
	ck_assert_str_eq(account.password_hash, "new");
	ck_assert_int_eq(account_find(db, arena, eve, &account), ST_OK);
	ck_assert_str_eq(account.name, "Ada");
	ck_assert_str_eq(account.password_hash, "hash");
}
END_TEST

START_TEST(changes_to_nobody_are_told)
{
	ck_assert_int_eq(
	    account_rename(db, arena, TEST_UUID, "x"), ST_NOT_FOUND);
	ck_assert_int_eq(
	    account_set_password_hash(db, arena, TEST_UUID, "x"), ST_NOT_FOUND);
	ck_assert_int_eq(
	    account_start_over(db, arena, TEST_UUID, "x", "x"), ST_NOT_FOUND);
	ck_assert_int_eq(account_disable(db, arena, TEST_UUID), ST_NOT_FOUND);
	ck_assert_int_eq(account_enable(db, arena, TEST_UUID), ST_NOT_FOUND);
}
END_TEST

/* Who had been checking the password meanwhile has lost. */
START_TEST(a_hash_is_renewed_only_where_it_is_still_the_same)
{
	const char *id = create("ada@example.org", false);
	struct account account;

	ck_assert_int_eq(
	    account_renew_password_hash(db, arena, id, "hash", "stronger"),
	    ST_OK);
	ck_assert_int_eq(
	    account_renew_password_hash(db, arena, id, "hash", "lost"),
	    ST_NOT_FOUND);
	ck_assert_int_eq(account_find(db, arena, id, &account), ST_OK);
	ck_assert_str_eq(account.password_hash, "stronger");
}
END_TEST

/* clang-format off */
static const struct {
	bool verified, disabled;
	int64_t left;
} holders[] = {
	{ false, false, 1 },
	{ true,  false, 2 },
	{ false, true,  2 },
	{ true,  true,  2 },
};
/* clang-format on */

START_TEST(only_those_who_never_proved_an_address_make_way)
{
	const char *eve = create("Eve@example.org", holders[_i].verified);

	(void)create("ada@example.org", false);
	if (holders[_i].disabled)
		ck_assert_int_eq(account_disable(db, arena, eve), ST_OK);
	ck_assert_int_eq(account_make_way(db, arena, "eve@EXAMPLE.org"), ST_OK);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM account", NULL), holders[_i].left);
	ck_assert_int_eq(
	    account_make_way(db, arena, "nobody@example.org"), ST_OK);
}
END_TEST

START_TEST(an_address_is_of_one_account)
{
	const char *ada = create("ada@example.org", true);
	struct account account;

	(void)create("eve@example.org", true);
	ck_assert_int_eq(
	    account_set_email(db, arena, ada, "EVE@example.org"), ST_CONFLICT);
	ck_assert_int_eq(
	    account_set_email(db, arena, ada, "Ada@example.org"), ST_OK);
	ck_assert_int_eq(account_lock(db, arena, ada, &account), ST_OK);
	ck_assert_str_eq(account.email, "Ada@example.org");
	ck_assert_int_eq(
	    account_set_email(db, arena, TEST_UUID, "x@example.org"),
	    ST_NOT_FOUND);
	ck_assert_int_eq(
	    account_lock(db, arena, TEST_UUID, &account), ST_NOT_FOUND);
}
END_TEST

START_TEST(knows_the_kinds_of_hashes_there_are)
{
	const char *const *kinds;
	size_t count;

	ck_assert_int_eq(
	    account_password_kinds(db, arena, &kinds, &count), ST_OK);
	ck_assert_uint_eq(count, 0);
	test_execute("INSERT INTO account (email, name, password_hash)"
		     " SELECT n || '@x.org', 'Ada', CASE n % 5"
		     " WHEN 0 THEN '$2y$12$abc' WHEN 1 THEN '$2a$12$xyz'"
		     " WHEN 2 THEN '$2b$04$abc' WHEN 3 THEN"
		     " '$argon2id$v=19$m=65536,t=2,p=1$abc$d' ELSE '*0' END"
		     " FROM generate_series(1, 50) n");
	ck_assert_int_eq(
	    account_password_kinds(db, arena, &kinds, &count), ST_OK);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(kinds[0], "$2b$04$");
	ck_assert_str_eq(kinds[1], "$2b$12$");
	ck_assert_str_eq(kinds[2], "$argon2id$v=19$m=65536,t=2,p=1$");
}
END_TEST

START_TEST(disabling_ends_every_session)
{
	const char *ada = create("ada@example.org", true);
	const char *eve = create("eve@example.org", true);
	struct session first, second, other;
	enum session_state state;
	struct account account;

	ck_assert_int_eq(
	    session_start(db, arena, config, ada, &origin, false, hash, &first),
	    ST_OK);
	ck_assert_int_eq(session_start(db, arena, config, ada, &origin, false,
			     hash, &second),
	    ST_OK);
	ck_assert_int_eq(
	    session_start(db, arena, config, eve, &origin, false, hash, &other),
	    ST_OK);
	ck_assert_int_eq(account_disable(db, arena, ada), ST_OK);
	ck_assert_int_eq(account_find(db, arena, ada, &account), ST_OK);
	ck_assert(account.disabled);
	/* For good: enabling brings back the account alone. */
	ck_assert_int_eq(account_enable(db, arena, ada), ST_OK);
	ck_assert_int_eq(account_find(db, arena, ada, &account), ST_OK);
	ck_assert(!account.disabled);
	ck_assert_int_eq(
	    session_check(db, arena, first.id, 0, &state, &first), ST_OK);
	ck_assert_int_eq(state, SESSION_REVOKED);
	ck_assert_int_eq(
	    session_check(db, arena, second.id, 0, &state, &second), ST_OK);
	ck_assert_int_eq(state, SESSION_REVOKED);
	ck_assert_int_eq(
	    session_check(db, arena, other.id, 0, &state, &other), ST_OK);
	ck_assert_int_eq(state, SESSION_ALIVE);
}
END_TEST

START_TEST(disabling_again_keeps_the_first_time)
{
	static const char at[] = "SELECT disabled_at FROM account";
	const char *id = create("ada@example.org", true), *first;

	ck_assert_int_eq(account_disable(db, arena, id), ST_OK);
	first = test_text(arena, at, NULL);
	ck_assert_int_eq(account_disable(db, arena, id), ST_OK);
	ck_assert_str_eq(test_text(arena, at, NULL), first);
}
END_TEST

START_TEST(lists_by_address_in_pieces)
{
	struct account *list;
	size_t count;

	(void)create("Carol@example.org", true);
	(void)create("ada@example.org", true);
	(void)create("Bob@example.org", true);
	ck_assert_int_eq(account_list(db, arena, "", 2, &list, &count), ST_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(list[0].email, "ada@example.org");
	ck_assert_str_eq(list[1].email, "Bob@example.org");
	ck_assert_int_eq(
	    account_list(db, arena, list[1].email, 2, &list, &count), ST_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(list[0].email, "Carol@example.org");
	ck_assert_int_eq(
	    account_list(db, arena, list[0].email, 2, &list, &count), ST_OK);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* Two people at once; the second has to wait, and is refused. */
static int
create_too(void *unused)
{
	struct db *second = db_open(test_handler_url(), "rival");
	const char *id;
	enum status st = account_create(
	    second, arena, "ADA@example.org", "Eve", "other", false, &id);

	(void)unused;
	db_close(second);
	return (int)st;
}

START_TEST(of_two_at_once_one_gets_the_address)
{
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	(void)create("ada@example.org", false);
	rival = test_fork(create_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_CONFLICT);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 1);
}
END_TEST

START_TEST(an_address_given_up_is_free_at_once)
{
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	(void)create("ada@example.org", false);
	rival = test_fork(create_too, NULL);
	test_await_waiting(1);
	db_rollback(db);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 1);
}
END_TEST

/* clang-format off */
static const struct db_stmt forbidden[] = {
	{ "delete_account", "DELETE FROM account" },
	{ "truncate_account", "TRUNCATE account CASCADE" },
	{ "drop_account", "DROP TABLE account CASCADE" },
	{ "create_table", "CREATE TABLE of_mine (id int)" },
	{ "backdate_account", "UPDATE account SET created_at = now()" },
	{ "move_session", "UPDATE session SET account_id = account_id" },
	{ "prolong_session", "UPDATE session SET expires_at = now()" },
	{ "delete_session", "DELETE FROM session" },
	{ "update_audit", "UPDATE audit_log SET action = 'x'" },
	{ "delete_audit", "DELETE FROM audit_log" },
	{ "backdate_audit", "INSERT INTO audit_log (at, action, actor)"
	    " VALUES (now() - interval '1 day', 'x', 'person')" },
	{ "read_audit", "SELECT * FROM audit_log" },
	{ "read_outbox", "SELECT * FROM outbox" },
	{ "sent_outbox", "INSERT INTO outbox (recipient, template, state)"
	    " VALUES ('x', 'x', 'sent')" },
	{ "update_outbox", "UPDATE outbox SET recipient = 'x'" },
	{ "read_job", "SELECT * FROM job" },
	{ "delete_job", "DELETE FROM job" },
	{ "update_key", "UPDATE signing_key SET public_pem = 'x'" },
	{ "delete_key", "DELETE FROM signing_key" },
	{ "worker", "INSERT INTO worker (host) VALUES ('x')" },
	{ "migrations", "DELETE FROM schema_migrations" },
};
/* clang-format on */

START_TEST(the_handlers_role_can_do_no_more)
{
	ck_assert_int_eq(
	    db_query(db, arena, &forbidden[_i], DB_NO_ARGS, NULL), ST_FAULT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("account");
	TCase *rows = tcase_create("rows");
	TCase *race = tcase_create("race");
	TCase *rights = tcase_create("rights");

	tcase_add_checked_fixture(rows, setup, teardown);
	tcase_add_test(rows, finds_what_it_created);
	tcase_add_test(rows, finds_nobody_else);
	tcase_add_test(rows, case_does_not_make_another_address);
	tcase_add_test(rows, a_taken_address_leaves_the_transaction_whole);
	tcase_add_test(rows, only_the_unverified_start_over);
	tcase_add_test(rows, changes_one_account_and_no_other);
	tcase_add_test(rows, changes_to_nobody_are_told);
	tcase_add_test(rows, a_hash_is_renewed_only_where_it_is_still_the_same);
	tcase_add_loop_test(rows,
	    only_those_who_never_proved_an_address_make_way, 0,
	    (int)ARRAY_LEN(holders));
	tcase_add_test(rows, an_address_is_of_one_account);
	tcase_add_test(rows, knows_the_kinds_of_hashes_there_are);
	tcase_add_test(rows, disabling_ends_every_session);
	tcase_add_test(rows, disabling_again_keeps_the_first_time);
	tcase_add_test(rows, lists_by_address_in_pieces);
	suite_add_tcase(suite, rows);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, of_two_at_once_one_gets_the_address);
	tcase_add_test(race, an_address_given_up_is_free_at_once);
	suite_add_tcase(suite, race);
	tcase_add_checked_fixture(rights, setup, teardown);
	tcase_add_loop_test(rights, the_handlers_role_can_do_no_more, 0,
	    (int)ARRAY_LEN(forbidden));
	suite_add_tcase(suite, rights);
	return harness_run(suite, NEEDS_POSTGRES);
}
