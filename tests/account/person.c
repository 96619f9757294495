/* person.c - one account, and the two halves of what is done to it. */

#include <check.h>
#include <string.h>

#include "account/password.h"
#include "tests/account/person.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static const struct origin origin = { "192.0.2.1",
	"Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", "request-1" };
static struct master_key *master;

struct entry entry;
struct session here;
const char *elsewhere;

static void
begin_session(struct session *session)
{
	unsigned char hash[SECRET_BYTES];

	secret_random(hash, sizeof(hash));
	ck_assert_int_eq(session_start(entry.db, entry.arena, entry.config,
			     here.account.id, &origin, false, hash, session),
	    ST_OK);
}

void
person_setup(void)
{
	struct arena *arena = arena_new();
	const struct config *config = test_config(arena);
	const char *hash;
	struct session other;

	test_clear();
	master = test_master_key();
	entry = (struct entry){
		.db = db_open(test_handler_url(), "person"),
		.arena = arena,
		.config = config,
		.key = master,
		.origin = &origin,
		.browser = "",
		.ip = origin.ip,
	};
	ck_assert_int_eq(
	    password_hash(config, arena, TEST_PASSWORD, &hash), ST_OK);
	ck_assert_int_eq(account_create(entry.db, arena, ADA, "Ada", hash, true,
			     &here.account.id),
	    ST_OK);
	begin_session(&other);
	elsewhere = other.id;
	begin_session(&here);
}

void
person_teardown(void)
{
	db_close(entry.db);
	master_key_free(master);
	arena_free(entry.arena);
}

const char *
person_another(const char *email, bool verified)
{
	const char *id;

	ck_assert_int_eq(account_create(entry.db, entry.arena, email, "Eve",
			     "hash", verified, &id),
	    ST_OK);
	return id;
}

void
person_begin(void)
{
	ck_assert_int_eq(db_begin(entry.db), ST_OK);
}

enum status
person_end(enum status st)
{
	if (st == ST_OK)
		return db_commit(entry.db);
	db_rollback(entry.db);
	return st;
}

size_t
person_work(const char *kind,
    enum status (*work)(const struct entry *entry, const struct job *job))
{
	struct entry worker = {
		.db = db_open(test_database_url(), "worker"),
		.arena = entry.arena,
		.config = entry.config,
		.key = master,
	};
	size_t count = 0;
	struct job job;

	while (job_lease(worker.db, worker.arena, JOB_LANE_JOBS, 60, &job) ==
	    ST_OK) {
		ck_assert_int_eq(db_begin(worker.db), ST_OK);
		if (strcmp(job.kind, kind) == 0) {
			ck_assert_int_eq(work(&worker, &job), ST_OK);
			count++;
		}
		ck_assert_int_eq(
		    job_done(worker.db, worker.arena, &job), ST_OK);
		ck_assert_int_eq(db_commit(worker.db), ST_OK);
	}
	db_close(worker.db);
	return count;
}

int64_t
person_noted(const char *action)
{
	return test_int(arena_printf(entry.arena,
			    "SELECT count(*) FROM audit_log WHERE action = $1"
			    " AND account_id = '%s'",
			    here.account.id),
	    action);
}

int64_t
person_mails(const char *template)
{
	return test_int(
	    "SELECT count(*) FROM outbox WHERE template = $1", template);
}

enum entry_outcome
person_sign_in(const char *password)
{
	enum entry_outcome outcome;
	struct account account;

	person_begin();
	ck_assert_int_eq(person_end(entry_sign_in(
			     &entry, ADA, password, &outcome, &account)),
	    ST_OK);
	return outcome;
}
