/* check_reset.c - links to choose a new password, and what choosing one does. */

#include <check.h>
#include <string.h>

#include "account/limit.h"
#include "account/password.h"
#include "account/reset.h"
#include "account/session_list.h"
#include "base/secret.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define ADA "ada@example.org"
#define NEW_PASSWORD "nine wet herons on a kettle"

static struct arena *arena;
static struct config *config;
static struct db *db;
static struct master_key *master;
static struct entry entry;
static const char *ada;

static const unsigned char no_hash[SECRET_BYTES];
static const struct origin origin = { "192.0.2.1",
	"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	"request-1" };

static void
setup(void)
{
	arena = arena_new();
	config = arena_alloc(arena, sizeof(*config));
	*config = *test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_reset");
	master = test_master_key();
	entry = (struct entry){
		.db = db,
		.arena = arena,
		.config = config,
		.key = master,
		.origin = &origin,
		.browser = "",
		.ip = origin.ip,
	};
	ck_assert_int_eq(
	    account_create(db, arena, ADA, "Ada", "hash", true, &ada), ST_OK);
}

static void
teardown(void)
{
	master_key_free(master);
	db_close(db);
	arena_free(arena);
}

static const char *
issue(void)
{
	const char *token = NULL;

	ck_assert_int_eq(reset_issue(db, arena, config, ada, &token), ST_OK);
	ck_assert_uint_eq(strlen(token), SECRET_TEXT_LEN);
	return token;
}

static struct reset
find(const char *token)
{
	struct reset reset;

	ck_assert_int_eq(reset_find(db, arena, token, &reset), ST_OK);
	return reset;
}

/* Seconds that a link has left, by the database's clock. */
static int64_t
left(const char *token)
{
	return find(token).expires_at -
	    test_int("SELECT floor(extract(epoch FROM now()))::bigint", NULL);
}

START_TEST(a_link_stands_for_its_account)
{
	const char *token = issue();
	struct reset reset = find(token);

	ck_assert_int_eq(reset.state, LINK_LIVE);
	ck_assert_str_eq(reset.account.id, ada);
	ck_assert_str_eq(reset.account.email, ADA);
	ck_assert_str_eq(reset.account.name, "Ada");
	ck_assert(!reset.opened);
	ck_assert_int_le(left(token), config->reset_ttl);
	ck_assert_int_gt(left(token), config->reset_opened_ttl);
	ck_assert(!test_is_stored(token));
}
END_TEST

START_TEST(opening_it_leaves_less_time)
{
	const char *token = issue();
	struct reset reset;

	ck_assert_int_eq(reset_open(db, arena, config, token, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_LIVE);
	ck_assert(reset.opened);
	ck_assert_int_le(left(token), config->reset_opened_ttl);
	ck_assert_int_eq(reset.expires_at, find(token).expires_at);
	/* Once: reloading buys no time. */
	test_execute(
	    "UPDATE link SET expires_at = now() + interval '1 minute'");
	ck_assert_int_eq(reset_open(db, arena, config, token, &reset), ST_OK);
	ck_assert_int_le(left(token), 60);
}
END_TEST

START_TEST(one_can_be_handed_out_opened)
{
	const char *older = issue(), *token;

	ck_assert_int_eq(
	    reset_issue_opened(db, arena, config, ada, &token), ST_OK);
	ck_assert(find(token).opened);
	ck_assert_int_eq(find(token).state, LINK_LIVE);
	ck_assert_int_le(left(token), config->reset_opened_ttl);
	ck_assert_int_eq(find(older).state, LINK_REPLACED);
}
END_TEST

START_TEST(a_dead_one_says_what_became_of_it)
{
	const char *older = issue(), *token = issue();
	struct reset reset;

	ck_assert_int_eq(reset_open(db, arena, config, older, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_REPLACED);
	ck_assert(!reset.opened);
	test_execute("UPDATE link SET expires_at = now()");
	ck_assert_int_eq(reset_open(db, arena, config, token, &reset), ST_OK);
	ck_assert_int_eq(reset.state, LINK_EXPIRED);
	ck_assert(!reset.opened);
}
END_TEST

START_TEST(what_was_never_made_is_not_found)
{
	const char *const tokens[] = { "", "x", secret_token(arena), "' OR 1" };
	struct reset reset;

	issue();
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		ck_assert_int_eq(
		    reset_find(db, arena, tokens[i], &reset), ST_NOT_FOUND);
		ck_assert_int_eq(
		    reset_open(db, arena, config, tokens[i], &reset),
		    ST_NOT_FOUND);
	}
}
END_TEST

START_TEST(a_disabled_account_has_no_links)
{
	const char *token = issue();
	struct reset reset;

	ck_assert_int_eq(account_disable(db, arena, ada), ST_OK);
	ck_assert_int_eq(reset_find(db, arena, token, &reset), ST_NOT_FOUND);
	ck_assert_int_eq(
	    reset_open(db, arena, config, token, &reset), ST_NOT_FOUND);
	ck_assert_int_eq(
	    test_int("SELECT count(opened_at) FROM link", NULL), 0);
}
END_TEST

/* --- asking for one --- */

/* Do the jobs that ask for links, as the worker would. */
static void
send_links(void)
{
	struct entry half = entry;
	struct job job;

	half.db = db_open(test_database_url(), "worker");
	half.origin = NULL;
	while (job_lease(half.db, arena, JOB_LANE_JOBS, 60, &job) == ST_OK) {
		ck_assert_int_eq(db_begin(half.db), ST_OK);
		if (strcmp(job.kind, RESET_JOB) == 0)
			ck_assert_int_eq(reset_send(&half, &job), ST_OK);
		ck_assert_int_eq(job_done(half.db, arena, &job), ST_OK);
		ck_assert_int_eq(db_commit(half.db), ST_OK);
	}
	db_close(half.db);
}

static void
ask(const char *email)
{
	ck_assert_int_eq(reset_ask(&entry, email), ST_OK);
	send_links();
}

static const char *
mailed_token(void)
{
	const char *token = test_mailed(arena, master, "reset", "token");

	ck_assert_uint_eq(strlen(token), SECRET_TEXT_LEN);
	return token;
}

static int64_t
mails(void)
{
	return test_int(
	    "SELECT count(*) FROM outbox WHERE template = 'reset'", NULL);
}

static int64_t
noted(const char *deed)
{
	return test_int("SELECT count(*) FROM audit_log WHERE action = $1"
			" AND account_id = (SELECT id FROM account)",
	    deed);
}

START_TEST(an_account_gets_a_link)
{
	ask("Ada@Example.org");
	ck_assert_int_eq(mails(), 1);
	/* To the address as its owner wrote it. */
	ck_assert_str_eq(
	    test_text(arena, "SELECT recipient FROM outbox", NULL), ADA);
	ck_assert_int_eq(find(mailed_token()).state, LINK_LIVE);
	ck_assert(!find(mailed_token()).opened);
	ck_assert_str_eq(test_mailed(arena, master, "reset", "ttl"), "1 hour");
	ck_assert_str_eq(
	    test_mailed(arena, master, "reset", "opened_ttl"), "10 minutes");
	/* A name that a stranger chose does not go out in our name. */
	ck_assert_str_eq(test_mailed(arena, master, "reset", "name"), "");
	ck_assert(!test_is_stored(mailed_token()));
	ck_assert_int_eq(noted("reset link sent"), 1);
}
END_TEST

START_TEST(the_request_itself_looks_at_no_account)
{
	ck_assert_int_eq(reset_ask(&entry, ADA), ST_OK);
	ck_assert_int_eq(reset_ask(&entry, "nobody@example.org"), ST_OK);
	ck_assert_int_eq(mails(), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM job", NULL), 2);
	ck_assert(!test_is_stored("nobody@example.org"));
	send_links();
	ck_assert_int_eq(mails(), 1);
	ck_assert(!test_is_stored("nobody@example.org"));
}
END_TEST

START_TEST(an_unproven_address_gets_a_link_too)
{
	test_execute("UPDATE account SET verified_at = NULL");
	ask(ADA);
	ck_assert_int_eq(mails(), 1);
}
END_TEST

START_TEST(a_disabled_account_gets_none)
{
	ck_assert_int_eq(account_disable(db, arena, ada), ST_OK);
	ask(ADA);
	ck_assert_int_eq(mails(), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM link", NULL), 0);
	ck_assert_int_eq(noted("reset link sent"), 0);
}
END_TEST

START_TEST(only_the_newest_works)
{
	const char *first;

	ask(ADA);
	first = mailed_token();
	ask(ADA);
	ck_assert_int_eq(find(first).state, LINK_REPLACED);
	ck_assert_int_eq(find(mailed_token()).state, LINK_LIVE);
}
END_TEST

/* By the same count as all mails that anybody can ask for. */
START_TEST(beyond_the_limit_nothing_is_sent)
{
	config->limit_mail = (struct rates){ { { 1, 3600 } }, 1 };
	ask(ADA);
	ask(ADA);
	ck_assert_int_eq(mails(), 1);
	config->limit_mail_ip = (struct rates){ { { 1, 3600 } }, 1 };
	ask("nobody@example.org");
	ask("someone@example.org");
	ck_assert_int_eq(mails(), 1);
	ck_assert_int_eq(test_int("SELECT count(*) FROM limit_state"
				  " WHERE name = 'mail' AND earned_at > now()",
			     NULL),
	    2);
}
END_TEST

/* --- choosing a password --- */

/* As an action does it: looked at and used in a transaction of its own. */
static enum status
choose(const char *token)
{
	struct reset reset;
	enum status st = db_begin(db);

	if (st == ST_OK)
		st = reset_find(db, arena, token, &reset);
	if (st == ST_OK && reset.state != LINK_LIVE)
		st = ST_EXPIRED;
	if (st == ST_OK)
		st =
		    reset_password(&entry, token, &reset.account, NEW_PASSWORD);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

static enum entry_outcome
sign_in(const char *password)
{
	enum entry_outcome outcome;
	struct account account;

	ck_assert_int_eq(
	    entry_sign_in(&entry, ADA, password, &outcome, &account), ST_OK);
	return outcome;
}

/* The old password is one that can be given. */
static void
have_password(void)
{
	const char *hash;

	ck_assert_int_eq(
	    password_hash(config, arena, TEST_PASSWORD, &hash), ST_OK);
	ck_assert_int_eq(
	    account_set_password_hash(db, arena, ada, hash), ST_OK);
}

START_TEST(the_new_password_is_the_only_one)
{
	have_password();
	ck_assert_int_eq(choose(issue()), ST_OK);
	ck_assert_int_eq(sign_in(NEW_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(sign_in(TEST_PASSWORD), ENTRY_WRONG);
	ck_assert(!test_is_stored(NEW_PASSWORD));
	ck_assert_int_eq(noted("password reset"), 1);
	ck_assert_int_eq(noted("address verified"), 0);
}
END_TEST

START_TEST(a_link_works_once)
{
	const char *token = issue();
	struct account account;

	ck_assert_int_eq(choose(token), ST_OK);
	ck_assert_int_eq(find(token).state, LINK_USED);
	ck_assert_int_eq(choose(token), ST_EXPIRED);
	/* Not even for somebody who has not looked. */
	ck_assert_int_eq(account_find(db, arena, ada, &account), ST_OK);
	ck_assert_int_eq(reset_password(&entry, token, &account, TEST_PASSWORD),
	    ST_NOT_FOUND);
	ck_assert_int_eq(sign_in(NEW_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(noted("password reset"), 1);
}
END_TEST

START_TEST(it_proves_the_address)
{
	have_password();
	test_execute("UPDATE account SET verified_at = NULL");
	ck_assert_int_eq(sign_in(TEST_PASSWORD), ENTRY_UNVERIFIED);
	ck_assert_int_eq(choose(issue()), ST_OK);
	ck_assert_int_eq(sign_in(NEW_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(noted("address verified"), 1);
}
END_TEST

static const char *
begin_session(const char *account_id)
{
	struct session session;

	ck_assert_int_eq(session_start(db, arena, config, account_id, &origin,
			     true, no_hash, &session),
	    ST_OK);
	return session.id;
}

static const char *
end_of(const char *session_id)
{
	return test_text(arena,
	    "SELECT coalesce(revoked_reason, 'alive') FROM session"
	    " WHERE id = $1::uuid",
	    session_id);
}

START_TEST(all_sessions_of_the_account_end)
{
	const char *sessions[] = { begin_session(ada), begin_session(ada) };
	const char *eve, *theirs;

	ck_assert_int_eq(account_create(db, arena, "eve@example.org", "Eve",
			     "hash", true, &eve),
	    ST_OK);
	theirs = begin_session(eve);
	ck_assert_int_eq(
	    session_revoke(db, arena, sessions[1], SESSION_SIGNED_OUT), ST_OK);
	ck_assert_int_eq(choose(issue()), ST_OK);
	ck_assert_str_eq(end_of(sessions[0]), "password-reset");
	ck_assert_str_eq(end_of(sessions[1]), "signed-out");
	ck_assert_str_eq(end_of(theirs), "alive");
}
END_TEST

START_TEST(a_change_of_the_address_is_off)
{
	const char *change, *revert;
	struct link link;

	ck_assert_int_eq(link_issue(db, arena, LINK_EMAIL_CHANGE, ada,
			     "eve@example.org", 3600, &change),
	    ST_OK);
	ck_assert_int_eq(link_issue(db, arena, LINK_EMAIL_REVERT, ada,
			     "old@example.org", 3600, &revert),
	    ST_OK);
	ck_assert_int_eq(choose(issue()), ST_OK);
	ck_assert_int_eq(
	    link_find(db, arena, LINK_EMAIL_CHANGE, change, &link), ST_OK);
	ck_assert_int_eq(link.state, LINK_EXPIRED);
	/* The way back from one that has happened stays. */
	ck_assert_int_eq(
	    link_find(db, arena, LINK_EMAIL_REVERT, revert, &link), ST_OK);
	ck_assert_int_eq(link.state, LINK_LIVE);
}
END_TEST

START_TEST(the_person_is_told)
{
	ck_assert_int_eq(choose(issue()), ST_OK);
	ck_assert_str_eq(test_text(arena,
			     "SELECT recipient FROM outbox"
			     " WHERE template = 'password-changed'",
			     NULL),
	    ADA);
	ck_assert_str_eq(
	    test_mailed(arena, master, "password-changed", "ip"), origin.ip);
	ck_assert_str_eq(
	    test_mailed(arena, master, "password-changed", "program"),
	    "Firefox");
	ck_assert_str_ne(
	    test_mailed(arena, master, "password-changed", "at"), "");
}
END_TEST

/* Who is kept out by the guesses of others gets back in by mail. */
START_TEST(guesses_no_longer_make_the_owner_wait)
{
	const struct limiter limiter = { db, arena, config, master };
	int64_t wait;

	config->limit_password = (struct rates){ { { 1, 3600 } }, 1 };
	ck_assert_int_eq(
	    limit_take(&limiter, LIMIT_PASSWORD, ADA, NULL, &wait), ST_OK);
	ck_assert_int_eq(
	    limit_take(&limiter, LIMIT_PASSWORD, ADA, NULL, &wait), ST_LIMITED);
	ck_assert_int_eq(choose(issue()), ST_OK);
	ck_assert_int_eq(
	    limit_take(&limiter, LIMIT_PASSWORD, ADA, NULL, &wait), ST_OK);
}
END_TEST

/* The password is hashed between looking and writing: nothing is done by half. */
START_TEST(what_fails_on_the_way_changes_nothing)
{
	const char *token = issue(), *session = begin_session(ada);
	struct reset reset;

	have_password();
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(reset_find(db, arena, token, &reset), ST_OK);
	ck_assert_int_eq(
	    reset_password(&entry, token, &reset.account, NEW_PASSWORD), ST_OK);
	db_rollback(db);
	ck_assert_int_eq(find(token).state, LINK_LIVE);
	ck_assert_str_eq(end_of(session), "alive");
	ck_assert_int_eq(sign_in(TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(test_int("SELECT count(*) FROM outbox", NULL), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reset");
	TCase *tcase = tcase_create("links");
	TCase *asking = tcase_create("asking");
	TCase *choosing = tcase_create("choosing");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_link_stands_for_its_account);
	tcase_add_test(tcase, opening_it_leaves_less_time);
	tcase_add_test(tcase, one_can_be_handed_out_opened);
	tcase_add_test(tcase, a_dead_one_says_what_became_of_it);
	tcase_add_test(tcase, what_was_never_made_is_not_found);
	tcase_add_test(tcase, a_disabled_account_has_no_links);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(asking, setup, teardown);
	tcase_add_test(asking, an_account_gets_a_link);
	tcase_add_test(asking, the_request_itself_looks_at_no_account);
	tcase_add_test(asking, an_unproven_address_gets_a_link_too);
	tcase_add_test(asking, a_disabled_account_gets_none);
	tcase_add_test(asking, only_the_newest_works);
	tcase_add_test(asking, beyond_the_limit_nothing_is_sent);
	suite_add_tcase(suite, asking);
	tcase_add_checked_fixture(choosing, setup, teardown);
	tcase_add_test(choosing, the_new_password_is_the_only_one);
	tcase_add_test(choosing, a_link_works_once);
	tcase_add_test(choosing, it_proves_the_address);
	tcase_add_test(choosing, all_sessions_of_the_account_end);
	tcase_add_test(choosing, a_change_of_the_address_is_off);
	tcase_add_test(choosing, the_person_is_told);
	tcase_add_test(choosing, guesses_no_longer_make_the_owner_wait);
	tcase_add_test(choosing, what_fails_on_the_way_changes_nothing);
	suite_add_tcase(suite, choosing);
	return harness_run(suite, NEEDS_POSTGRES);
}
