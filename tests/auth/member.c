/* member.c - ada, signed in. */

#include <check.h>
#include <string.h>

#include "account/email_change.h"
#include "account/password.h"
#include "tests/auth/member.h"

extern const struct handler auth_handler;

struct site *site;
struct config config;
struct visitor *visitor;
const char *here;

void
member_setup(void)
{
	const char *hash;

	test_clear();
	site = test_site(NULL);
	config = *site->config;
	site->config = &config;
	visitor = visitor_new(site, &auth_handler);
	visitor_set(visitor, "REMOTE_ADDR", "192.0.2.1");
	here = visitor_sign_in(visitor, ADA);
	ck_assert_int_eq(
	    password_hash(&config, visitor->kept, TEST_PASSWORD, &hash), ST_OK);
	test_execute(arena_printf(
	    visitor->kept, "UPDATE account SET password_hash = '%s'", hash));
}

void
member_teardown(void)
{
	visitor_free(visitor);
	site_close(site);
}

struct visitor *
member_stranger(void)
{
	struct visitor *stranger = visitor_new(site, &auth_handler);

	visitor_set(stranger, "REMOTE_ADDR", "192.0.2.9");
	return stranger;
}

void
member_session(void)
{
	test_execute("INSERT INTO session (account_id, idle_expires_at,"
		     " expires_at) SELECT id, now() + interval '1 day',"
		     " now() + interval '1 day' FROM account"
		     " WHERE email = '" ADA "'");
}

int64_t
member_sessions(void)
{
	return test_int(
	    "SELECT count(*) FROM session WHERE revoked_at IS NULL", NULL);
}

void
member_unconfirmed(void)
{
	test_execute("UPDATE session SET confirmed_at = now()"
		     " - interval '1 hour'");
}

void
member_is_program(void)
{
	const char *token = visitor->cookies[COOKIE_ACCESS];

	visitor->program = true;
	visitor_set(visitor, "HTTP_COOKIE", NULL);
	visitor_set(visitor, "HTTP_SEC_FETCH_SITE", NULL);
	visitor_set(visitor, "HTTP_AUTHORIZATION",
	    arena_printf(visitor->kept, "Bearer %s", token));
	visitor_set(visitor, "HTTP_ACCEPT", "application/json");
}

int64_t
member_noted(const char *deed)
{
	return test_int(
	    "SELECT count(*) FROM audit_log WHERE action = $1", deed);
}

void
member_work(void)
{
	struct entry worker = {
		.db = db_open(test_database_url(), "worker"),
		.arena = visitor->kept,
		.config = &config,
		.key = site->key,
	};
	struct job job;

	while (job_lease(worker.db, worker.arena, JOB_LANE_JOBS, 60, &job) ==
	    ST_OK) {
		ck_assert_int_eq(db_begin(worker.db), ST_OK);
		if (strcmp(job.kind, EMAIL_CHANGE_JOB) == 0)
			ck_assert_int_eq(
			    email_change_answer(&worker, &job), ST_OK);
		ck_assert_int_eq(
		    job_done(worker.db, worker.arena, &job), ST_OK);
		ck_assert_int_eq(db_commit(worker.db), ST_OK);
	}
	db_close(worker.db);
}
