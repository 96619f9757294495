/* check_entry.c - the ways into an account, and the same answer for everybody. */

#include <check.h>
#include <string.h>
#include <sys/resource.h>

#include "account/entry.h"
#include "account/password.h"
#include "account/verification.h"
#include "base/job.h"
#include "mail/outbox.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define ADA "ada@example.org"

static struct arena *arena;
static const struct config *config;
static struct db *db;
static struct master_key *master;
static struct entry entry;

static const unsigned char no_hash[SECRET_BYTES];
static const struct origin origin = { "192.0.2.1", "Check/1", "request-1" };

static void
setup(void)
{
	arena = arena_new();
	config = test_config(arena);
	test_clear();
	db = db_open(test_handler_url(), "check_entry");
	master = test_master_key();
	entry = (struct entry){
		.db = db,
		.arena = arena,
		.config = config,
		.key = master,
		.origin = &origin,
		.browser = secret_token(arena),
	};
}

static void
teardown(void)
{
	master_key_free(master);
	db_close(db);
	arena_free(arena);
}

/* As an action does it: in a transaction of its own. */
static enum status
sign_up(const char *email, const char *name, const char *password)
{
	enum status st = db_begin(db);

	if (st == ST_OK)
		st = entry_sign_up(&entry, email, name, password);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

static enum status
verify(const char *token, const char *password)
{
	int64_t wait;
	enum status st = db_begin(db);

	if (st == ST_OK)
		st = entry_verify(&entry, token, password, &wait);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

static enum entry_outcome
sign_in(const char *email, const char *password, struct account *account)
{
	enum entry_outcome outcome;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    entry_sign_in(&entry, email, password, &outcome, account), ST_OK);
	ck_assert_int_eq(db_commit(db), ST_OK);
	return outcome;
}

static enum entry_outcome
outcome_of(const char *email, const char *password)
{
	struct account account;

	return sign_in(email, password, &account);
}

static enum entry_outcome
confirm(struct session *session, const char *password)
{
	enum entry_outcome outcome;
	int64_t wait;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    entry_confirm(&entry, session, password, "", &outcome, &wait),
	    ST_OK);
	ck_assert_int_eq(db_commit(db), ST_OK);
	return outcome;
}

/* The worker's half: sign-up and its like leave mails and jobs behind. */
static struct db *
worker(void)
{
	return db_open(test_database_url(), "worker");
}

#define NEWEST "FROM outbox ORDER BY created_at DESC LIMIT 1"

/* The template of the newest mail; the token in it, "" for none. */
static const char *
newest_mail(const char **token)
{
	const char *template =
	    test_text(arena, "SELECT template " NEWEST, NULL);
	const char *ttl = test_mailed(arena, master, template, "ttl");

	*token = test_mailed(arena, master, template, "token");
	/* A link says how long it works. */
	ck_assert((*ttl != '\0') == (**token != '\0'));
	/* A name that a stranger chose does not go out in our name. */
	ck_assert_str_eq(test_mailed(arena, master, template, "name"), "");
	return template;
}

static const char *
newest_token(void)
{
	const char *token;

	ck_assert_str_eq(newest_mail(&token), "verify");
	ck_assert_uint_eq(strlen(token), SECRET_TEXT_LEN);
	return token;
}

static int64_t
mails(void)
{
	return test_int("SELECT count(*) FROM outbox", NULL);
}

/* The worker's half of the ways in. */
static enum status
send_link(struct db *second, const struct job *job)
{
	const struct entry half = {
		.db = second,
		.arena = arena,
		.config = config,
		.key = master,
	};

	return entry_send_link(&half, job);
}

/* Do the jobs that ask for links, as the worker would. */
static void
send_links(void)
{
	struct db *second = worker();
	struct job job;

	while (job_lease(second, arena, JOB_LANE_JOBS, 60, &job) == ST_OK) {
		ck_assert_int_eq(db_begin(second), ST_OK);
		if (strcmp(job.kind, ENTRY_LINK_JOB) == 0)
			ck_assert_int_eq(send_link(second, &job), ST_OK);
		ck_assert_int_eq(job_done(second, arena, &job), ST_OK);
		ck_assert_int_eq(db_commit(second), ST_OK);
	}
	db_close(second);
}

static void
ask_link(const char *email)
{
	ck_assert_int_eq(entry_ask_link(&entry, email), ST_OK);
	send_links();
}

static void
have_ada_verified(void)
{
	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(verify(newest_token(), ""), ST_OK);
}

/* --- signing up --- */

START_TEST(signs_up_verifies_and_signs_in)
{
	struct account account;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_UNVERIFIED);
	ck_assert_int_eq(verify(newest_token(), ""), ST_OK);
	ck_assert_int_eq(sign_in(ADA, TEST_PASSWORD, &account), ENTRY_GRANTED);
	ck_assert_str_eq(account.email, ADA);
	ck_assert_str_eq(account.name, "Ada");
	ck_assert_str_eq(test_text(arena,
			     "SELECT string_agg(action, ', ' ORDER BY id)"
			     " FROM audit_log WHERE account_id = $1::uuid",
			     account.id),
	    "signed up, address verified");
}
END_TEST

START_TEST(sends_the_link_to_the_address_that_signed_up)
{
	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(mails(), 1);
	ck_assert_str_eq(
	    test_text(arena, "SELECT recipient FROM outbox", NULL), ADA);
	/* The worker is asked to send it. */
	ck_assert_int_eq(test_int("SELECT count(*) FROM job JOIN outbox"
				  " ON outbox.id = job.subject"
				  " AND kind = 'mail'",
			     NULL),
	    1);
}
END_TEST

START_TEST(stores_no_secret)
{
	const char *token;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	token = newest_token();
	ck_assert(!test_is_stored(TEST_PASSWORD));
	ck_assert(!test_is_stored(token));
	ck_assert(!test_is_stored(entry.browser));
	ask_link(ADA);
	ck_assert(!test_is_stored(newest_token()));
	ck_assert_int_eq(verify(newest_token(), ""), ST_OK);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(outcome_of(ADA, "another password"), ENTRY_WRONG);
	ck_assert(!test_is_stored(TEST_PASSWORD));
	ck_assert(!test_is_stored("another password"));
}
END_TEST

/* Whoever tries many addresses is not noted down with them. */
START_TEST(stores_no_address_that_has_no_account)
{
	ck_assert_int_eq(entry_ask_link(&entry, "nobody@example.org"), ST_OK);
	ck_assert_int_eq(
	    outcome_of("nobody@example.org", TEST_PASSWORD), ENTRY_WRONG);
	ck_assert_int_eq(test_int("SELECT count(*) FROM job", NULL), 1);
	ck_assert(!test_is_stored("nobody@example.org"));
	send_links();
	ck_assert_int_eq(mails(), 0);
	ck_assert(!test_is_stored("nobody@example.org"));
}
END_TEST

START_TEST(a_known_address_is_told_by_mail_alone)
{
	struct account account;
	const char *token;

	have_ada_verified();
	ck_assert_int_eq(
	    sign_up("ADA@example.org", "Eve", "other words of a stranger"),
	    ST_OK);
	ck_assert_str_eq(newest_mail(&token), "already");
	ck_assert_str_eq(token, "");
	/* To the address as its owner wrote it, and nothing has changed. */
	ck_assert_str_eq(
	    test_text(arena, "SELECT recipient " NEWEST, NULL), ADA);
	ck_assert_int_eq(sign_in(ADA, TEST_PASSWORD, &account), ENTRY_GRANTED);
	ck_assert_str_eq(account.name, "Ada");
	ck_assert_int_eq(
	    outcome_of(ADA, "other words of a stranger"), ENTRY_WRONG);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM verification", NULL), 0);
}
END_TEST

START_TEST(starts_over_while_unverified)
{
	struct account account;
	const char *first;

	ck_assert_int_eq(
	    sign_up(ADA, "Eve", "other words of a stranger"), ST_OK);
	first = newest_token();
	entry.browser = secret_token(arena);
	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(verify(first, ""), ST_NOT_FOUND);
	ck_assert_int_eq(
	    outcome_of(ADA, "other words of a stranger"), ENTRY_WRONG);
	ck_assert_int_eq(verify(newest_token(), ""), ST_OK);
	ck_assert_int_eq(sign_in(ADA, TEST_PASSWORD, &account), ENTRY_GRANTED);
	ck_assert_str_eq(account.name, "Ada");
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 1);
}
END_TEST

START_TEST(a_disabled_account_does_not_start_over)
{
	const char *token;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	test_execute("UPDATE account SET disabled_at = now()");
	ck_assert_int_eq(
	    sign_up(ADA, "Eve", "other words of a stranger"), ST_OK);
	ck_assert_str_eq(newest_mail(&token), "already");
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_DISABLED);
}
END_TEST

/* No mail, no account, no row in the log: all or nothing. */
START_TEST(leaves_nothing_when_it_is_rolled_back)
{
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    entry_sign_up(&entry, ADA, "Ada", TEST_PASSWORD), ST_OK);
	db_rollback(db);
	ck_assert_int_eq(test_int("SELECT (SELECT count(*) FROM account)"
				  " + (SELECT count(*) FROM verification)"
				  " + (SELECT count(*) FROM outbox)"
				  " + (SELECT count(*) FROM job)"
				  " + (SELECT count(*) FROM audit_log)",
			     NULL),
	    0);
}
END_TEST

/* --- the link --- */

START_TEST(another_browser_needs_the_password)
{
	const char *token;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	token = newest_token();
	entry.browser = secret_token(arena);
	ck_assert_int_eq(verify(token, ""), ST_FORBIDDEN);
	ck_assert_int_eq(verify(token, "wrong"), ST_FORBIDDEN);
	entry.browser = "";
	ck_assert_int_eq(verify(token, ""), ST_FORBIDDEN);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_UNVERIFIED);
	/* The link is still good. */
	ck_assert_int_eq(verify(token, TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
}
END_TEST

/*
 * A stranger signs up with Ada's address. The link goes to Ada; opening it must
 * not make the stranger's password one to her account.
 */
START_TEST(nobody_proves_an_address_for_a_stranger)
{
	const char *stranger = entry.browser, *ada = secret_token(arena);

	ck_assert_int_eq(
	    sign_up(ADA, "Eve", "other words of a stranger"), ST_OK);
	entry.browser = ada;
	ck_assert_int_eq(verify(newest_token(), ""), ST_FORBIDDEN);
	/* Nor after the stranger, or Ada, has asked for another link. */
	entry.browser = stranger;
	ask_link(ADA);
	entry.browser = ada;
	ck_assert_int_eq(verify(newest_token(), ""), ST_FORBIDDEN);
	ask_link(ADA);
	ck_assert_int_eq(verify(newest_token(), ""), ST_FORBIDDEN);
	ck_assert_int_eq(verify(newest_token(), TEST_PASSWORD), ST_FORBIDDEN);
	/* Signing up herself is the way out. */
	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(verify(newest_token(), ""), ST_OK);
	ck_assert_int_eq(
	    outcome_of(ADA, "other words of a stranger"), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
}
END_TEST

START_TEST(a_link_works_once)
{
	const char *token;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	token = newest_token();
	ck_assert_int_eq(verify(token, ""), ST_OK);
	ck_assert_int_eq(verify(token, ""), ST_NOT_FOUND);
	ck_assert_int_eq(verify(token, TEST_PASSWORD), ST_NOT_FOUND);
	ck_assert_int_eq(verify("", ""), ST_NOT_FOUND);
	ck_assert_int_eq(verify(secret_token(arena), ""), ST_NOT_FOUND);
}
END_TEST

START_TEST(a_link_is_sent_again)
{
	const char *first;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	first = newest_token();
	ask_link("ADA@EXAMPLE.ORG");
	ck_assert_int_eq(mails(), 2);
	ck_assert_str_eq(
	    test_text(arena, "SELECT recipient " NEWEST, NULL), ADA);
	ck_assert_int_eq(verify(first, ""), ST_NOT_FOUND);
	ck_assert_int_eq(verify(newest_token(), ""), ST_OK);
}
END_TEST

START_TEST(no_link_is_sent_to_those_who_need_none)
{
	have_ada_verified();
	ask_link(ADA);
	ck_assert_int_eq(mails(), 1);
	ck_assert_int_eq(
	    sign_up("eve@example.org", "Eve", TEST_PASSWORD), ST_OK);
	test_execute("UPDATE account SET disabled_at = now()");
	ask_link("eve@example.org");
	ck_assert_int_eq(mails(), 2);
}
END_TEST

START_TEST(a_job_of_somebody_else_is_refused)
{
	struct job job = { .kind = ENTRY_LINK_JOB };
	struct db *second = worker();
	unsigned char *sealed;

	job.payload = (const unsigned char *)"x";
	job.payload_size = 1;
	ck_assert_int_eq(send_link(second, &job), ST_INVALID);
	secret_seal(master, arena, SECRET_FOR_OUTBOX, ENTRY_LINK_JOB, ADA,
	    strlen(ADA), &sealed, &job.payload_size);
	job.payload = sealed;
	ck_assert_int_eq(send_link(second, &job), ST_INVALID);
	db_close(second);
}
END_TEST

/* --- signing in --- */

START_TEST(only_the_right_password_signs_in)
{
	have_ada_verified();
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(
	    outcome_of("ADA@EXAMPLE.ORG", TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(outcome_of(ADA, ""), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of(ADA, "wrong"), ENTRY_WRONG);
	ck_assert_int_eq(
	    outcome_of("nobody@example.org", TEST_PASSWORD), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of("", ""), ENTRY_WRONG);
}
END_TEST

START_TEST(a_disabled_account_is_told_to_its_owner_alone)
{
	have_ada_verified();
	test_execute("UPDATE account SET disabled_at = now()");
	ck_assert_int_eq(outcome_of(ADA, "wrong"), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_DISABLED);
}
END_TEST

START_TEST(refusals_are_noted)
{
	have_ada_verified();
	ck_assert_int_eq(outcome_of(ADA, "wrong"), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of("nobody@example.org", "x"), ENTRY_WRONG);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log"
				  " WHERE action = 'sign-in refused'"
				  " AND host(ip) = '192.0.2.1'",
			     NULL),
	    2);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log a JOIN"
				  " account ON account.id = a.account_id"
				  " WHERE action = 'sign-in refused'",
			     NULL),
	    1);
}
END_TEST

static const char *
stored_hash(void)
{
	return test_text(arena, "SELECT password_hash FROM account", NULL);
}

/* Somebody who signed in an hour ago. */
static struct session
signed_in(void)
{
	const char *hash, *id;
	struct session session;

	ck_assert_int_eq(
	    password_hash(config, arena, TEST_PASSWORD, &hash), ST_OK);
	ck_assert_int_eq(
	    account_create(db, arena, ADA, "Ada", hash, true, &id), ST_OK);
	ck_assert_int_eq(session_start(db, arena, config, id, &origin, false,
			     no_hash, &session),
	    ST_OK);
	test_execute("UPDATE session SET confirmed_at = confirmed_at"
		     " - interval '1 hour'");
	session.confirmed_at -= 3600;
	return session;
}

static int64_t
confirmed_in_row(void)
{
	return test_int("SELECT floor(extract(epoch FROM confirmed_at))::bigint"
			" FROM session",
	    NULL);
}

START_TEST(only_the_right_password_confirms)
{
	struct session session = signed_in();
	int64_t before = session.confirmed_at;

	ck_assert_int_eq(confirm(&session, "wrong"), ENTRY_WRONG);
	ck_assert_int_eq(session.confirmed_at, before);
	ck_assert_int_eq(confirmed_in_row(), before);
	ck_assert_str_eq(
	    test_text(
		arena, "SELECT action || ' ' || subject FROM audit_log", NULL),
	    arena_printf(arena, "confirmation refused %s", session.id));
	ck_assert_int_eq(confirm(&session, TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_gt(session.confirmed_at, before);
	ck_assert_int_eq(confirmed_in_row(), session.confirmed_at);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM audit_log WHERE"
		     " action = 'password confirmed' AND subject = $1",
		session.id),
	    1);
}
END_TEST

START_TEST(a_session_that_ended_is_not_confirmed)
{
	struct session session = signed_in();
	enum entry_outcome outcome;
	int64_t wait;

	ck_assert_int_eq(
	    session_revoke(db, arena, session.id, SESSION_SIGNED_OUT), ST_OK);
	ck_assert_int_eq(
	    entry_confirm(&entry, &session, TEST_PASSWORD, "", &outcome, &wait),
	    ST_NOT_FOUND);
	test_execute("DELETE FROM account");
	ck_assert_int_eq(
	    entry_confirm(&entry, &session, TEST_PASSWORD, "", &outcome, &wait),
	    ST_NOT_FOUND);
}
END_TEST

START_TEST(a_hash_of_older_settings_is_replaced)
{
	struct config stronger = *config;
	const char *before;

	have_ada_verified();
	before = stored_hash();
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_str_eq(stored_hash(), before);
	stronger.password_memory = 20 * 1024 * 1024;
	entry.config = &stronger;
	ck_assert_int_eq(outcome_of(ADA, "wrong"), ENTRY_WRONG);
	ck_assert_str_eq(stored_hash(), before);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_ptr_nonnull(strstr(stored_hash(), "m=20480,"));
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
}
END_TEST

START_TEST(an_imported_hash_is_replaced_at_the_first_sign_in)
{
	have_ada_verified();
	/* U*U: shorter than a new password might be */
	test_execute("UPDATE account SET password_hash ="
		     " '$2a$05$CCCCCCCCCCCCCCCCCCCCC."
		     "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'");
	ck_assert_int_eq(outcome_of(ADA, "U*V"), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of("b@example.org", "U*U"), ENTRY_WRONG);
	ck_assert_int_eq(strncmp(stored_hash(), "$2a$", 4), 0);
	ck_assert_int_eq(outcome_of(ADA, "U*U"), ENTRY_GRANTED);
	ck_assert_int_eq(strncmp(stored_hash(), "$argon2id$", 10), 0);
	ck_assert_int_eq(outcome_of(ADA, "U*U"), ENTRY_GRANTED);
	ck_assert_int_eq(outcome_of(ADA, "U*V"), ENTRY_WRONG);
}
END_TEST

/*
 * Not the time, which varies, but what takes it: as long as somebody has a hash
 * that needs more memory than there is, nobody can be refused.
 */
#ifndef __SANITIZE_ADDRESS__
START_TEST(a_refusal_does_the_work_of_every_kind_of_hash)
{
	struct rlimit limit = { 0, 0 };
	enum entry_outcome outcome;
	struct account account;

	have_ada_verified();
	test_execute("INSERT INTO account (email, name, password_hash) VALUES"
		     " ('b@example.org', 'B',"
		     " '$argon2id$v=19$m=1048576,t=2,p=1$c$h')");
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = 512 * 1024 * 1024;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
	ck_assert_int_eq(
	    entry_sign_in(&entry, ADA, "wrong", &outcome, &account),
	    ST_UNAVAILABLE);
	ck_assert_int_eq(entry_sign_in(&entry, "nobody@example.org", "wrong",
			     &outcome, &account),
	    ST_UNAVAILABLE);
	test_execute("DELETE FROM account WHERE email = 'b@example.org'");
	ck_assert_int_eq(outcome_of(ADA, "wrong"), ENTRY_WRONG);
}
END_TEST
#endif

/* --- limits --- */

/* The settings with these for mail, by address and by IP, and passwords. */
static void
limit(struct config *limited, int64_t mail_count, int64_t ip_count,
    int64_t password_count)
{
	*limited = *config;
	limited->limit_mail = (struct rates){ { { mail_count, 3600 } }, 1 };
	limited->limit_mail_ip = (struct rates){ { { ip_count, 3600 } }, 1 };
	limited->limit_password =
	    (struct rates){ { { password_count, 3600 } }, 1 };
	entry.config = limited;
	entry.ip = origin.ip;
}

static int64_t
jobs(void)
{
	return test_int(
	    "SELECT count(*) FROM job WHERE kind = '" ENTRY_LINK_JOB "'", NULL);
}

/* Of an address with an account, one without, one that is not proven. */
START_TEST(too_many_mails_to_an_address_are_dropped_in_silence)
{
	static const char *const addresses[] = { ADA, "nobody@example.org",
		"eve@example.org" };
	struct config limited;

	have_ada_verified();
	ck_assert_int_eq(
	    sign_up("eve@example.org", "Eve", TEST_PASSWORD), ST_OK);
	limit(&limited, 2, 100, 100);
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		for (int try = 0; try < 4; try++)
			ck_assert_int_eq(
			    entry_ask_link(&entry, addresses[i]), ST_OK);
	ck_assert_int_eq(jobs(), 2 * (int64_t)ARRAY_LEN(addresses));
	ck_assert_int_eq(sign_up(ADA, "Eve", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(mails(), 2);
}
END_TEST

START_TEST(too_many_mails_from_an_ip_are_dropped_in_silence)
{
	struct config limited;

	limit(&limited, 100, 2, 100);
	ck_assert_int_eq(entry_ask_link(&entry, "a@example.org"), ST_OK);
	ck_assert_int_eq(entry_ask_link(&entry, "b@example.org"), ST_OK);
	ck_assert_int_eq(entry_ask_link(&entry, "c@example.org"), ST_OK);
	ck_assert_int_eq(jobs(), 2);
	/* Where it is nobody's in particular, it is not counted. */
	entry.ip = NULL;
	ck_assert_int_eq(entry_ask_link(&entry, "d@example.org"), ST_OK);
	ck_assert_int_eq(jobs(), 3);
}
END_TEST

/* A typing error in the password, noticed at once: the first mail's link. */
START_TEST(the_link_that_was_mailed_goes_with_the_newest_password)
{
	struct config limited;
	const char *token;

	limit(&limited, 1, 100, 100);
	ck_assert_int_eq(
	    sign_up(ADA, "Ada", "seven damp owls in a treapot"), ST_OK);
	token = newest_token();
	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(mails(), 1);
	ck_assert_int_eq(verify(token, ""), ST_OK);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
}
END_TEST

/* Nor does a dropped mail make Ada prove her address for a stranger. */
START_TEST(a_mailed_link_does_not_serve_who_starts_over_elsewhere)
{
	struct config limited;
	const char *token, *ada = entry.browser;

	limit(&limited, 1, 100, 100);
	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	token = newest_token();
	entry.browser = secret_token(arena);
	ck_assert_int_eq(
	    sign_up(ADA, "Eve", "other words of a stranger"), ST_OK);
	entry.browser = ada;
	ck_assert_int_eq(verify(token, ""), ST_FORBIDDEN);
	ck_assert_int_eq(verify(token, TEST_PASSWORD), ST_FORBIDDEN);
}
END_TEST

START_TEST(a_link_lets_nobody_guess_its_password_for_ever)
{
	struct config limited;
	const char *token, *ada = entry.browser;

	limit(&limited, 100, 100, 3);
	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	token = newest_token();
	entry.browser = "";
	/* What is right, or not even tried, does not count. */
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(verify(token, ""), ST_FORBIDDEN);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(db_begin(db), ST_OK);
		ck_assert_int_eq(
		    entry_verify(&entry, token, "wrong", &(int64_t){ 0 }),
		    ST_FORBIDDEN);
		ck_assert_int_eq(db_commit(db), ST_OK);
	}
	ck_assert_int_eq(verify(token, "wrong"), ST_LIMITED);
	ck_assert_int_eq(verify(token, TEST_PASSWORD), ST_LIMITED);
	entry.browser = ada;
	ck_assert_int_eq(verify(token, ""), ST_OK);
}
END_TEST

/* --- at the same time --- */

/* Somebody else, on another connection; what they want is in the closure. */
static int with_second(enum status (*work)(void))
{
	struct db *first = db;
	enum status st;

	db = entry.db = db_open(test_handler_url(), "rival");
	st = work();
	db_close(db);
	db = first;
	return (int)st;
}

static enum status
sign_up_as_eve(void)
{
	entry.browser = "";
	return sign_up("ADA@example.org", "Eve", "other words of a stranger");
}

static int
sign_up_too(void *unused)
{
	(void)unused;
	return with_second(sign_up_as_eve);
}

START_TEST(of_two_sign_ups_at_once_the_later_counts)
{
	struct account account;
	pid_t rival;

	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    entry_sign_up(&entry, ADA, "Ada", TEST_PASSWORD), ST_OK);
	rival = test_fork(sign_up_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_int_eq(test_int("SELECT count(*) FROM account", NULL), 1);
	ck_assert_int_eq(mails(), 2);
	ck_assert_int_eq(sign_in(ADA, "other words of a stranger", &account),
	    ENTRY_UNVERIFIED);
	ck_assert_str_eq(account.name, "Eve");
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_WRONG);
}
END_TEST

/* Ada opens her link while somebody signs up with her address once more. */
START_TEST(signing_up_again_is_too_late_once_the_link_is_used)
{
	int64_t wait;
	pid_t rival;
	const char *token;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	token = newest_token();
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(entry_verify(&entry, token, "", &wait), ST_OK);
	rival = test_fork(sign_up_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_str_eq(newest_mail(&token), "already");
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_GRANTED);
}
END_TEST

static enum status
verify_as_ada(void)
{
	return verify(newest_token(), "");
}

static int
verify_too(void *unused)
{
	(void)unused;
	return with_second(verify_as_ada);
}

START_TEST(a_link_is_too_late_once_somebody_starts_over)
{
	pid_t rival;

	ck_assert_int_eq(sign_up(ADA, "Ada", TEST_PASSWORD), ST_OK);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    entry_sign_up(&entry, ADA, "Eve", "other words of a stranger"),
	    ST_OK);
	rival = test_fork(verify_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_NOT_FOUND);
	ck_assert_int_eq(
	    outcome_of(ADA, "other words of a stranger"), ENTRY_UNVERIFIED);
}
END_TEST

/*
 * A stranger's sign-in, right when its password was looked up, goes on just
 * after Ada has started over: it must neither begin a session nor, with a hash
 * brought up to date, bring the password back.
 */
static enum status
sign_in_as_eve(void)
{
	struct config stronger = *config;

	stronger.password_memory = 20 * 1024 * 1024;
	entry.config = &stronger;
	return outcome_of(ADA, "other words of a stranger") == ENTRY_WRONG
	    ? ST_OK
	    : ST_FORBIDDEN;
}

static int
sign_in_too(void *unused)
{
	(void)unused;
	return with_second(sign_in_as_eve);
}

START_TEST(a_sign_in_is_too_late_once_the_password_is_replaced)
{
	pid_t rival;

	ck_assert_int_eq(
	    sign_up(ADA, "Eve", "other words of a stranger"), ST_OK);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    entry_sign_up(&entry, ADA, "Ada", TEST_PASSWORD), ST_OK);
	rival = test_fork(sign_in_too, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_int_eq(
	    outcome_of(ADA, "other words of a stranger"), ENTRY_WRONG);
	ck_assert_int_eq(outcome_of(ADA, TEST_PASSWORD), ENTRY_UNVERIFIED);
}
END_TEST

static enum status
sign_in_again(void)
{
	return outcome_of(ADA, TEST_PASSWORD) == ENTRY_GRANTED ? ST_OK
							       : ST_FORBIDDEN;
}

static int
sign_in_twice(void *unused)
{
	(void)unused;
	return with_second(sign_in_again);
}

/* A button pressed twice: the first one replaces the hash, not the password. */
START_TEST(of_two_sign_ins_that_replace_a_hash_none_is_wrong)
{
	struct config stronger = *config;
	enum entry_outcome outcome;
	struct account account;
	pid_t rival;

	have_ada_verified();
	stronger.password_memory = 20 * 1024 * 1024;
	entry.config = &stronger;
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(
	    entry_sign_in(&entry, ADA, TEST_PASSWORD, &outcome, &account),
	    ST_OK);
	rival = test_fork(sign_in_twice, NULL);
	test_await_waiting(1);
	ck_assert_int_eq(db_commit(db), ST_OK);
	ck_assert_int_eq(test_join(rival), ST_OK);
	ck_assert_ptr_nonnull(strstr(stored_hash(), "m=20480,"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("entry");
	TCase *up = tcase_create("sign_up");
	TCase *link = tcase_create("link");
	TCase *in = tcase_create("sign_in");
	TCase *limits = tcase_create("limits");
	TCase *race = tcase_create("race");

	tcase_add_checked_fixture(up, setup, teardown);
	tcase_add_test(up, signs_up_verifies_and_signs_in);
	tcase_add_test(up, sends_the_link_to_the_address_that_signed_up);
	tcase_add_test(up, stores_no_secret);
	tcase_add_test(up, stores_no_address_that_has_no_account);
	tcase_add_test(up, a_known_address_is_told_by_mail_alone);
	tcase_add_test(up, starts_over_while_unverified);
	tcase_add_test(up, a_disabled_account_does_not_start_over);
	tcase_add_test(up, leaves_nothing_when_it_is_rolled_back);
	suite_add_tcase(suite, up);
	tcase_add_checked_fixture(link, setup, teardown);
	tcase_add_test(link, another_browser_needs_the_password);
	tcase_add_test(link, nobody_proves_an_address_for_a_stranger);
	tcase_add_test(link, a_link_works_once);
	tcase_add_test(link, a_link_is_sent_again);
	tcase_add_test(link, no_link_is_sent_to_those_who_need_none);
	tcase_add_test(link, a_job_of_somebody_else_is_refused);
	suite_add_tcase(suite, link);
	tcase_add_checked_fixture(in, setup, teardown);
	tcase_add_test(in, only_the_right_password_signs_in);
	tcase_add_test(in, a_disabled_account_is_told_to_its_owner_alone);
	tcase_add_test(in, refusals_are_noted);
	tcase_add_test(in, only_the_right_password_confirms);
	tcase_add_test(in, a_session_that_ended_is_not_confirmed);
	tcase_add_test(in, a_hash_of_older_settings_is_replaced);
	tcase_add_test(in, an_imported_hash_is_replaced_at_the_first_sign_in);
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(in, a_refusal_does_the_work_of_every_kind_of_hash);
#endif
	suite_add_tcase(suite, in);
	tcase_add_checked_fixture(limits, setup, teardown);
	tcase_add_test(
	    limits, too_many_mails_to_an_address_are_dropped_in_silence);
	tcase_add_test(
	    limits, too_many_mails_from_an_ip_are_dropped_in_silence);
	tcase_add_test(
	    limits, the_link_that_was_mailed_goes_with_the_newest_password);
	tcase_add_test(
	    limits, a_mailed_link_does_not_serve_who_starts_over_elsewhere);
	tcase_add_test(limits, a_link_lets_nobody_guess_its_password_for_ever);
	suite_add_tcase(suite, limits);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, of_two_sign_ups_at_once_the_later_counts);
	tcase_add_test(
	    race, signing_up_again_is_too_late_once_the_link_is_used);
	tcase_add_test(race, a_link_is_too_late_once_somebody_starts_over);
	tcase_add_test(
	    race, a_sign_in_is_too_late_once_the_password_is_replaced);
	tcase_add_test(race, of_two_sign_ins_that_replace_a_hash_none_is_wrong);
	suite_add_tcase(suite, race);
	return harness_run(suite, NEEDS_POSTGRES);
}
