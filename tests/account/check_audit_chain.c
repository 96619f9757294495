/* check_audit_chain.c - what is done to a sealed log is found. */

#include <check.h>
#include <string.h>

#include "account/audit.h"
#include "account/audit_chain.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define ROWS 5
#define SEALERS 4
#define WRITERS 3
#define EACH 150

static struct arena *arena;
static struct db *db, *worker;
static struct audit_key key;

static const struct origin origin = { "192.0.2.1", "Check/1", "request-1" };

static void
setup(void)
{
	struct master_key *master;

	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	/* Ids as the statements below have them. */
	test_execute("ALTER TABLE audit_log ALTER id RESTART");
	test_execute(
	    "INSERT INTO account (id, email, name, password_hash)"
	    " VALUES ('" TEST_UUID "', 'ada@example.org', 'Ada', 'x')");
	master = test_master_key();
	db = db_open(test_handler_url(), "check_audit_chain");
	worker = db_open(test_database_url(), "check_audit_chain");
	ck_assert_int_eq(audit_key_current(worker, arena, master, &key), ST_OK);
	master_key_free(master);
}

static void
teardown(void)
{
	db_close(db);
	db_close(worker);
	arena_free(arena);
}

static void
add(struct db *by)
{
	ck_assert_int_eq(audit(by, arena, ACTOR_PERSON, DEED_SIGNED_IN,
			     TEST_UUID, TEST_UUID, &origin),
	    ST_OK);
}

static size_t
seal(void)
{
	size_t sealed;

	ck_assert_int_eq(audit_seal(worker, arena, &key, &sealed), ST_OK);
	return sealed;
}

static struct audit_report
verify_with(const struct audit_head *head)
{
	struct audit_report report;

	ck_assert_int_eq(audit_verify(worker, &key, 1, head, &report), ST_OK);
	return report;
}

static struct audit_report
verify(void)
{
	return verify_with(NULL);
}

static void
have_sealed_rows(void)
{
	for (int i = 0; i < ROWS - 1; i++)
		add(db);
	ck_assert_int_eq(audit(db, arena, ACTOR_PERSON, DEED_SIGNED_OUT,
			     TEST_UUID, NULL, &origin),
	    ST_OK);
	ck_assert_uint_eq(seal(), ROWS);
}

START_TEST(an_empty_log_is_whole)
{
	struct audit_report report = verify();

	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	ck_assert_int_eq(report.sealed, 0);
	ck_assert_int_eq(report.head.seq, 0);
	ck_assert_uint_eq(seal(), 0);
}
END_TEST

START_TEST(seals_each_row_once)
{
	struct audit_report report;

	have_sealed_rows();
	ck_assert_uint_eq(seal(), 0);
	report = verify();
	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	ck_assert_int_eq(report.sealed, ROWS);
	ck_assert_int_eq(report.head.seq, ROWS);
	ck_assert_int_eq(report.pending, 0);
	add(db);
	ck_assert_int_eq(verify().pending, 1);
	ck_assert_uint_eq(seal(), 1);
	ck_assert_int_eq(verify().sealed, ROWS + 1);
}
END_TEST

/* More than are sealed, and read, at a time. */
START_TEST(goes_on_from_batch_to_batch)
{
	test_execute("INSERT INTO audit_log (actor, action)"
		     " SELECT 'worker', 'check' FROM generate_series(1, 1201)");
	ck_assert_uint_eq(seal(), AUDIT_BATCH);
	ck_assert_int_eq(verify().sealed, AUDIT_BATCH);
	ck_assert_int_eq(verify().pending, 1201 - AUDIT_BATCH);
	while (seal() == AUDIT_BATCH)
		continue;
	ck_assert_int_eq(verify().verdict, AUDIT_WHOLE);
	ck_assert_int_eq(verify().sealed, 1201);
}
END_TEST

/* A smaller id that is committed later gets the later place. */
START_TEST(takes_rows_as_they_are_committed)
{
	struct db *slow = db_open(test_handler_url(), "check_audit_chain");

	ck_assert_int_eq(db_begin(slow), ST_OK);
	add(slow); /* row 1 */
	add(db);   /* row 2 */
	ck_assert_uint_eq(seal(), 1);
	ck_assert_int_eq(db_commit(slow), ST_OK);
	ck_assert_uint_eq(seal(), 1);
	ck_assert_str_eq(
	    test_text(arena,
		"SELECT string_agg(audit_id::text, ' ' ORDER BY seq)"
		" FROM audit_seal",
		NULL),
	    "2 1");
	ck_assert_int_eq(verify().verdict, AUDIT_WHOLE);
	db_close(slow);
}
END_TEST

/* What was rolled back leaves a gap in the ids, and none in the chain. */
START_TEST(knows_no_row_that_was_rolled_back)
{
	add(db);
	ck_assert_int_eq(db_begin(db), ST_OK);
	add(db);
	db_rollback(db);
	add(db);
	ck_assert_uint_eq(seal(), 2);
	ck_assert_int_eq(verify().verdict, AUDIT_WHOLE);
	ck_assert_int_eq(verify().head.seq, 2);
}
END_TEST

static int
seal_many(void *closure)
{
	struct arena *own = arena_new();
	struct db *mine = db_open(test_database_url(), "check_audit_chain");
	size_t sealed;
	int failed = 0;

	(void)closure;
	for (int i = 0; i < EACH && !failed; i++) {
		failed = audit_seal(mine, own, &key, &sealed) != ST_OK;
		arena_reset(own);
	}
	db_close(mine);
	arena_free(own);
	return failed;
}

static int
write_many(void *closure)
{
	struct arena *own = arena_new();
	struct db *mine = db_open(test_handler_url(), "check_audit_chain");
	int failed = 0;

	(void)closure;
	for (int i = 0; i < EACH && !failed; i++) {
		failed = audit(mine, own, ACTOR_PERSON, DEED_SIGNED_OUT, NULL,
			     NULL, &origin) != ST_OK;
		arena_reset(own);
	}
	db_close(mine);
	arena_free(own);
	return failed;
}

START_TEST(does_not_fork_when_several_seal)
{
	pid_t pids[WRITERS + SEALERS];

	for (int i = 0; i < WRITERS + SEALERS; i++)
		pids[i] = test_fork(i < WRITERS ? write_many : seal_many, NULL);
	for (int i = 0; i < WRITERS + SEALERS; i++)
		ck_assert_int_eq(test_join(pids[i]), 0);
	while (seal() == AUDIT_BATCH)
		continue;
	ck_assert_int_eq(verify().verdict, AUDIT_WHOLE);
	ck_assert_int_eq(verify().sealed, WRITERS * EACH);
}
END_TEST

/* One that is at it keeps the others from nothing else. */
START_TEST(lets_one_worker_seal_and_the_others_go_on)
{
	struct db *other = db_open(test_database_url(), "check_audit_chain");
	static const struct db_stmt lock = { "test_lock",
		"SELECT pg_advisory_xact_lock(7022629598036782183)" };

	add(db);
	ck_assert_int_eq(db_begin(other), ST_OK);
	ck_assert_int_eq(
	    db_query(other, arena, &lock, DB_NO_ARGS, NULL), ST_OK);
	ck_assert_uint_eq(seal(), 0);
	db_rollback(other);
	ck_assert_uint_eq(seal(), 1);
	db_close(other);
}
END_TEST

/* Each is done to rows 1 to 5 with their seals, as the database's owner. */
static const struct {
	const char *sql;
	enum audit_verdict verdict;
	int64_t seq, audit_id;
} deeds[] = {
	{ "UPDATE audit_log SET at = at + interval '1 microsecond'"
	  " WHERE id = 3",
	    AUDIT_CHANGED, 3, 3 },
	{ "UPDATE audit_log SET action = 'signed out' WHERE id = 4",
	    AUDIT_CHANGED, 4, 4 },
	{ "UPDATE audit_log SET account_id = NULL WHERE id = 1", AUDIT_CHANGED,
	    1, 1 },
	{ "UPDATE audit_log SET actor = 'operator' WHERE id = 5", AUDIT_CHANGED,
	    5, 5 },
	{ "UPDATE audit_log SET subject = '' WHERE id = 2", AUDIT_CHANGED, 2,
	    2 },
	{ "UPDATE audit_log SET request_id = NULL WHERE id = 2", AUDIT_CHANGED,
	    2, 2 },
	{ "UPDATE audit_log SET ip = '192.0.2.2' WHERE id = 2", AUDIT_CHANGED,
	    2, 2 },
	{ "UPDATE audit_log SET ip = '192.0.2.1/24' WHERE id = 2",
	    AUDIT_CHANGED, 2, 2 },
	{ "UPDATE audit_log SET ip = NULL WHERE id = 2", AUDIT_CHANGED, 2, 2 },
	{ "UPDATE audit_log SET subject = '' WHERE id = 5", AUDIT_CHANGED, 5,
	    5 },
	/* Moved between fields. */
	{ "UPDATE audit_log SET subject = request_id, request_id = subject"
	  " WHERE id = 2",
	    AUDIT_CHANGED, 2, 2 },
	{ "DELETE FROM audit_log WHERE id = 3", AUDIT_REMOVED, 3, 3 },
	{ "DELETE FROM audit_log WHERE id = 5", AUDIT_REMOVED, 5, 5 },
	{ "DELETE FROM audit_log", AUDIT_REMOVED, 1, 1 },
	/* Changed by removing it and putting it back. */
	{ "CREATE TEMP TABLE t AS SELECT * FROM audit_log WHERE id = 2;"
	  "DELETE FROM audit_log WHERE id = 2;"
	  "INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT id, at,"
	  " 'signed out', account_id, actor, subject, ip, request_id FROM t",
	    AUDIT_CHANGED, 2, 2 },
	/* Under another number. */
	{ "CREATE TEMP TABLE t AS SELECT * FROM audit_log WHERE id = 2;"
	  "DELETE FROM audit_log WHERE id = 2;"
	  "INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT 20, at,"
	  " action, account_id, actor, subject, ip, request_id FROM t;"
	  "UPDATE audit_seal SET audit_id = 20 WHERE seq = 2",
	    AUDIT_CHANGED, 2, 20 },
	{ "DELETE FROM audit_seal WHERE seq = 2", AUDIT_SEAL_REMOVED, 2, 0 },
	{ "DELETE FROM audit_log WHERE id = 2;"
	  "DELETE FROM audit_seal WHERE seq = 2",
	    AUDIT_SEAL_REMOVED, 2, 0 },
	{ "DELETE FROM audit_log WHERE id = 1;"
	  "DELETE FROM audit_seal WHERE seq = 1",
	    AUDIT_SEAL_REMOVED, 1, 0 },
	/* The gap closed by moving the later ones up. */
	{ "DELETE FROM audit_log WHERE id = 2;"
	  "DELETE FROM audit_seal WHERE seq = 2;"
	  "UPDATE audit_seal SET seq = seq + 100 WHERE seq > 2;"
	  "UPDATE audit_seal SET seq = seq - 101 WHERE seq > 2",
	    AUDIT_CHANGED, 2, 3 },
	/* The places of two exchanged. */
	{ "UPDATE audit_seal SET audit_id = -audit_id WHERE seq IN (2, 3);"
	  "UPDATE audit_seal SET audit_id = 3 WHERE seq = 2;"
	  "UPDATE audit_seal SET audit_id = 2 WHERE seq = 3",
	    AUDIT_CHANGED, 2, 3 },
	{ "UPDATE audit_seal SET hash = (SELECT hash FROM audit_seal"
	  " WHERE seq = 1) WHERE seq = 2",
	    AUDIT_CHANGED, 2, 2 },
	{ "UPDATE audit_seal SET ip_hash = NULL, ip_salt = NULL WHERE seq = 3",
	    AUDIT_CHANGED, 3, 3 },
	{ "UPDATE audit_seal SET key_id = 'AAAAAAAAAAA' WHERE seq = 4",
	    AUDIT_OTHER_KEY, 4, 4 },
	/* A row between others, with a seal that its maker could only guess. */
	{ "INSERT INTO audit_log (id, actor, action) OVERRIDING SYSTEM VALUE"
	  " VALUES (0, 'operator', 'forged'); DELETE FROM audit_pending;"
	  "INSERT INTO audit_seal (seq, audit_id, key_id, hash)"
	  " SELECT 6, 0, key_id, hash FROM audit_seal WHERE seq = 5",
	    AUDIT_CHANGED, 6, 0 },
	/* A row that was to have no place in it at all. */
	{ "ALTER TABLE audit_log DISABLE TRIGGER audit_queue;"
	  "INSERT INTO audit_log (actor, action) VALUES ('operator', 'x');"
	  "ALTER TABLE audit_log ENABLE TRIGGER audit_queue",
	    AUDIT_UNQUEUED, 0, 6 },
	{ "DELETE FROM audit_seal WHERE seq = 5", AUDIT_UNQUEUED, 0, 5 },
};

START_TEST(finds_what_was_done)
{
	struct audit_report report;

	have_sealed_rows();
	test_execute(deeds[_i].sql);
	report = verify();
	ck_assert_msg(report.verdict == deeds[_i].verdict &&
		report.seq == deeds[_i].seq &&
		report.audit_id == deeds[_i].audit_id,
	    "%s: %u at %d of row %d", deeds[_i].sql, (unsigned)report.verdict,
	    (int)report.seq, (int)report.audit_id);
}
END_TEST

START_TEST(tells_what_was_removed_before_it_was_sealed)
{
	struct audit_report report;

	add(db);
	add(db);
	test_execute("DELETE FROM audit_log WHERE id = 2");
	ck_assert_uint_eq(seal(), 2);
	report = verify();
	ck_assert_int_eq(report.verdict, AUDIT_REMOVED_SOON);
	ck_assert_int_eq(report.audit_id, 2);
}
END_TEST

/* By itself the chain does not show it. A head from before does. */
START_TEST(a_remembered_head_shows_a_cut_tail)
{
	struct audit_head before, back;
	struct audit_report report;

	have_sealed_rows();
	before = verify().head;
	ck_assert_int_eq(
	    audit_head_parse(arena, audit_head_text(arena, &before), &back),
	    ST_OK);
	ck_assert_int_eq(verify_with(&back).verdict, AUDIT_WHOLE);
	test_execute("DELETE FROM audit_log WHERE id >= 4;"
		     "DELETE FROM audit_seal WHERE seq >= 4");
	ck_assert_int_eq(verify().verdict, AUDIT_WHOLE);
	report = verify_with(&back);
	ck_assert_int_eq(report.verdict, AUDIT_HEAD_LOST);
	ck_assert_int_eq(report.seq, 4);
	/* Others in its place have other hashes. */
	add(db);
	add(db);
	ck_assert_uint_eq(seal(), 2);
	report = verify_with(&back);
	ck_assert_int_eq(report.verdict, AUDIT_HEAD_LOST);
	ck_assert_int_eq(report.seq, 5);
}
END_TEST

/* What was sealed once, and cut off, does not fit where others stand now. */
START_TEST(a_row_of_a_cut_tail_does_not_come_back)
{
	struct audit_report report;

	have_sealed_rows();
	test_execute("CREATE TABLE old_log AS TABLE audit_log;"
		     "CREATE TABLE old_seal AS TABLE audit_seal;"
		     "DELETE FROM audit_log WHERE id >= 4;"
		     "DELETE FROM audit_seal WHERE seq >= 4");
	add(db);
	add(db);
	ck_assert_uint_eq(seal(), 2);
	ck_assert_int_eq(verify().verdict, AUDIT_WHOLE);
	test_execute("DELETE FROM audit_seal WHERE seq = 5;"
		     "DELETE FROM audit_log WHERE id = 7;"
		     "INSERT INTO audit_seal SELECT * FROM old_seal"
		     " WHERE seq = 5;"
		     "INSERT INTO audit_log OVERRIDING SYSTEM VALUE"
		     " SELECT * FROM old_log WHERE id = 5;"
		     "DROP TABLE old_log, old_seal; DELETE FROM audit_pending");
	report = verify();
	ck_assert_int_eq(report.verdict, AUDIT_CHANGED);
	ck_assert_int_eq(report.seq, 5);
}
END_TEST

START_TEST(reads_no_other_head)
{
	static const char *const texts[] = { "", "5", ":", "5:", "5:abc",
		"0:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		("99999999999999999999:"
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		"1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	struct audit_head head;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ck_assert_msg(
		    audit_head_parse(arena, texts[i], &head) == ST_INVALID,
		    "%s", texts[i]);
}
END_TEST

START_TEST(an_address_can_be_forgotten)
{
	struct audit_report report;

	have_sealed_rows();
	test_execute("UPDATE audit_log SET ip = NULL WHERE id IN (2, 3);"
		     "UPDATE audit_seal SET ip_salt = NULL"
		     " WHERE audit_id IN (2, 3)");
	report = verify();
	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	ck_assert_int_eq(report.sealed, ROWS);
	ck_assert_int_eq(report.erased, 2);
	/* And then not be replaced by another one. */
	test_execute("UPDATE audit_log SET ip = '192.0.2.9' WHERE id = 3");
	ck_assert_int_eq(verify().verdict, AUDIT_CHANGED);
}
END_TEST

/* The same address, twice, is not to be recognised. */
START_TEST(addresses_are_hashed_with_a_salt)
{
	have_sealed_rows();
	ck_assert_int_eq(
	    test_int("SELECT count(DISTINCT ip_hash) FROM audit_seal", NULL),
	    ROWS);
}
END_TEST

START_TEST(needs_the_key_that_it_was_sealed_with)
{
	struct audit_key keys[2] = { key, key };
	struct audit_report report;

	have_sealed_rows();
	keys[0].id[0] ^= 1;
	ck_assert_int_eq(audit_verify(worker, keys, 1, NULL, &report), ST_OK);
	ck_assert_int_eq(report.verdict, AUDIT_OTHER_KEY);
	ck_assert_int_eq(audit_verify(worker, keys, 2, NULL, &report), ST_OK);
	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	/* The id alone does not do. */
	keys[1].bytes[0] ^= 1;
	ck_assert_int_eq(audit_verify(worker, keys, 2, NULL, &report), ST_OK);
	ck_assert_int_eq(report.verdict, AUDIT_CHANGED);
}
END_TEST

/* With a second one the chain goes on, and both are needed to follow. */
START_TEST(goes_on_with_another_key)
{
	struct audit_key keys[2] = { key, key };
	struct audit_report report;
	size_t sealed;

	have_sealed_rows();
	keys[1].id[0] ^= 1;
	keys[1].bytes[0] ^= 1;
	add(db);
	ck_assert_int_eq(audit_seal(worker, arena, &keys[1], &sealed), ST_OK);
	ck_assert_int_eq(audit_verify(worker, keys, 2, NULL, &report), ST_OK);
	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	ck_assert_int_eq(report.sealed, ROWS + 1);
	ck_assert_int_eq(verify().verdict, AUDIT_OTHER_KEY);
	ck_assert_int_eq(verify().seq, ROWS + 1);
}
END_TEST

static int
get_key(void *closure)
{
	struct master_key *master = test_master_key();
	struct arena *own = arena_new();
	struct db *mine = db_open(test_database_url(), "check_audit_chain");
	struct audit_key got;
	int failed = audit_key_current(mine, own, master, &got) != ST_OK;

	(void)closure;
	db_close(mine);
	arena_free(own);
	master_key_free(master);
	return failed;
}

START_TEST(has_one_key_however_many_ask)
{
	pid_t pids[SEALERS];

	test_execute("TRUNCATE audit_key");
	for (int i = 0; i < SEALERS; i++)
		pids[i] = test_fork(get_key, NULL);
	for (int i = 0; i < SEALERS; i++)
		ck_assert_int_eq(test_join(pids[i]), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_key", NULL), 1);
}
END_TEST

/* As it is when the master key is replaced: the seals stay good. */
START_TEST(outlives_the_master_key)
{
	static const struct db_stmt store = { "test_store",
		"UPDATE audit_key SET sealed = $2 WHERE id = $1" };
	struct master_key *old = test_master_key(), *new;
	struct audit_report report;
	struct audit_key *keys;
	unsigned char *sealed;
	const char *why;
	size_t size, count;

	have_sealed_rows();
	ck_assert_int_eq(master_key_load(arena,
			     "ff112233445566778899aabbccddeeff"
			     "ff112233445566778899aabbccddeeff",
			     "", &new, &why),
	    ST_OK);
	ck_assert_int_eq(
	    audit_keys_open(worker, arena, new, &keys, &count), ST_OK);
	ck_assert_uint_eq(count, 0);
	secret_seal(new, arena, SECRET_FOR_AUDIT, key.id, key.bytes,
	    sizeof(key.bytes), &sealed, &size);
	ck_assert_int_eq(db_change(worker, arena, &store,
			     DB_ARGS(DB_TEXT(key.id), DB_BYTES(sealed, size))),
	    ST_OK);
	ck_assert_int_eq(
	    audit_keys_open(worker, arena, new, &keys, &count), ST_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(
	    audit_verify(worker, keys, count, NULL, &report), ST_OK);
	ck_assert_int_eq(report.verdict, AUDIT_WHOLE);
	ck_assert_int_eq(
	    audit_keys_open(worker, arena, old, &keys, &count), ST_OK);
	ck_assert_uint_eq(count, 0);
	master_key_free(old);
	master_key_free(new);
}
END_TEST

/* Everything that a stolen handler could try, by its role. */
static const char *const attempts[] = {
	"UPDATE audit_log SET action = 'x'",
	"UPDATE audit_log SET ip = NULL",
	"DELETE FROM audit_log",
	"TRUNCATE audit_log",
	"SELECT action FROM audit_log",
	"INSERT INTO audit_log (id, actor, action)"
	" OVERRIDING SYSTEM VALUE VALUES (1, 'person', 'x')",
	"INSERT INTO audit_log (at, actor, action)"
	" VALUES ('2001-01-01', 'person', 'x')",
	"ALTER TABLE audit_log DISABLE TRIGGER audit_queue",
	"DROP TABLE audit_log",
	"SELECT setval('audit_log_id_seq', 1)",
	"INSERT INTO audit_pending VALUES (1)",
	"DELETE FROM audit_pending",
	"UPDATE audit_pending SET audit_id = 9",
	"TRUNCATE audit_pending",
	"SELECT hash FROM audit_seal",
	"INSERT INTO audit_seal (seq, audit_id, key_id, hash)"
	" VALUES (9, 9, '', '')",
	"SELECT sealed FROM audit_key",
	"INSERT INTO audit_key (id, sealed) VALUES ('', '')",
	"DELETE FROM audit_key",
	"UPDATE audit_seal SET ip_salt = NULL",
	"DELETE FROM audit_seal",
	"TRUNCATE audit_seal",
	"SET session_replication_role = replica",
};

START_TEST(handlers_can_add_rows_and_no_more)
{
	const struct db_stmt stmt = { "", attempts[_i] };

	have_sealed_rows();
	ck_assert_msg(db_query(db, arena, &stmt, DB_NO_ARGS, NULL) == ST_FAULT,
	    "%s", attempts[_i]);
	ck_assert_int_eq(verify().verdict, AUDIT_WHOLE);
}
END_TEST

/* Neither a table of the same name nor a trigger of one's own gets at it. */
START_TEST(the_queue_can_not_be_replaced)
{
	static const struct db_stmt table = { "",
		"CREATE TEMP TABLE audit_pending (audit_id bigint)" };
	static const struct db_stmt bait = { "",
		"CREATE TEMP TABLE bait (id bigint)" };
	static const struct db_stmt trigger = { "",
		"CREATE TRIGGER bite AFTER INSERT ON bait"
		" FOR EACH ROW EXECUTE FUNCTION public.audit_queue()" };

	ck_assert_int_eq(db_query(db, arena, &table, DB_NO_ARGS, NULL), ST_OK);
	add(db);
	ck_assert_uint_eq(seal(), 1);
	ck_assert_int_eq(db_query(db, arena, &bait, DB_NO_ARGS, NULL), ST_OK);
	ck_assert_int_eq(
	    db_query(db, arena, &trigger, DB_NO_ARGS, NULL), ST_FAULT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("audit_chain");
	TCase *sealing = tcase_create("sealing");
	TCase *finding = tcase_create("finding");
	TCase *rights = tcase_create("rights");

	tcase_add_checked_fixture(sealing, setup, teardown);
	tcase_add_test(sealing, an_empty_log_is_whole);
	tcase_add_test(sealing, seals_each_row_once);
	tcase_add_test(sealing, goes_on_from_batch_to_batch);
	tcase_add_test(sealing, takes_rows_as_they_are_committed);
	tcase_add_test(sealing, knows_no_row_that_was_rolled_back);
	tcase_add_test(sealing, does_not_fork_when_several_seal);
	tcase_add_test(sealing, lets_one_worker_seal_and_the_others_go_on);
	suite_add_tcase(suite, sealing);
	tcase_add_checked_fixture(finding, setup, teardown);
	tcase_add_loop_test(finding, finds_what_was_done, 0, ARRAY_LEN(deeds));
	tcase_add_test(finding, tells_what_was_removed_before_it_was_sealed);
	tcase_add_test(finding, a_remembered_head_shows_a_cut_tail);
	tcase_add_test(finding, a_row_of_a_cut_tail_does_not_come_back);
	tcase_add_test(finding, reads_no_other_head);
	tcase_add_test(finding, an_address_can_be_forgotten);
	tcase_add_test(finding, addresses_are_hashed_with_a_salt);
	tcase_add_test(finding, needs_the_key_that_it_was_sealed_with);
	tcase_add_test(finding, goes_on_with_another_key);
	tcase_add_test(finding, has_one_key_however_many_ask);
	tcase_add_test(finding, outlives_the_master_key);
	suite_add_tcase(suite, finding);
	tcase_add_checked_fixture(rights, setup, teardown);
	tcase_add_loop_test(
	    rights, handlers_can_add_rows_and_no_more, 0, ARRAY_LEN(attempts));
	tcase_add_test(rights, the_queue_can_not_be_replaced);
	suite_add_tcase(suite, rights);
	return harness_run(suite, NEEDS_POSTGRES);
}
