/* check_crowd.c - many want to sign in at once: some do, the rest come again. */

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/hash_slot.h"
#include "tests/harness/client.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"

#define TIMEOUT 300 /* seconds, for a test */
#define EMAIL "ada@example.org"
#define CROWD 24

/* How one of the crowd ends. */
enum ending { GRANTED, WRONG, PUT_OFF, ELSE, ENDINGS };

/* One of the crowd: waits for the gate to be opened, then asks. */
struct person {
	int gate;
	const char *password;
};

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
	test_clear();
	web_account(EMAIL, "Ada");
}

static void
teardown(void)
{
	arena_free(arena);
}

static const struct answer *
sign_in(struct client *client, const char *password)
{
	return client_json(client, "POST", "/auth/signin",
	    FIELDS("email", EMAIL, "password", password, "client", "api"));
}

static int
come(void *closure)
{
	const struct person *person = closure;
	struct client *client = client_new(arena, web_url(), CLIENT_PROGRAM);
	const struct answer *answer;
	char byte;

	client_impatient(client);
	(void)!read(person->gate, &byte, 1);
	answer = sign_in(client, person->password);
	switch (answer->status) {
	case 200:
		return GRANTED;
	case 401:
		return WRONG;
	case 503:
		if (answer_header(answer, "Retry-After")[0] != '\0' &&
		    strcmp(answer_problem(answer), "unavailable") == 0)
			return PUT_OFF;
		break;
	default:
		break;
	}
	printf("%d %s\n", answer->status, answer->body);
	return ELSE;
}

/* All of them at the same moment; every second knows the password. */
static void
gather(pid_t crowd[static CROWD])
{
	static struct person people[2] = { { .password = TEST_PASSWORD },
		{ .password = "not the password" } };
	int gate[2];

	ck_assert_int_eq(pipe(gate), 0);
	people[0].gate = people[1].gate = gate[0];
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = test_fork(come, &people[i % 2]);
		ck_assert_int_gt(crowd[i], 0);
	}
	for (int i = 0; i < CROWD; i++)
		ck_assert_int_eq(write(gate[1], "", 1), 1);
	(void)close(gate[0]);
	(void)close(gate[1]);
}

static void
count_endings(const pid_t crowd[static CROWD], int endings[static ENDINGS])
{
	for (int i = 0; i < ENDINGS; i++)
		endings[i] = 0;
	for (int i = 0; i < CROWD; i++) {
		int ending = test_join(crowd[i]);

		ck_assert_int_ge(ending, 0);
		ck_assert_int_lt(ending, ENDINGS);
		endings[ending]++;
	}
	ck_assert_int_eq(endings[ELSE], 0);
}

/* The one slot that there is. */
static struct db *
fill_slots(void)
{
	struct db *db = db_open(test_handler_url(), "check_crowd");
	const struct config config = { .password_at_once = 1,
		.password_wait = 1 };
	char host[256] = "";

	ck_assert_int_eq(gethostname(host, sizeof(host) - 1), 0);
	ck_assert_int_eq(db_begin(db), ST_OK);
	ck_assert_int_eq(hash_slot_take(db, arena, &config, host, 0), ST_OK);
	return db;
}

START_TEST(a_crowd_is_served_in_part)
{
	pid_t crowd[CROWD];
	int endings[ENDINGS];

	gather(crowd);
	count_endings(crowd, endings);
	ck_assert_int_gt(endings[GRANTED] + endings[WRONG], 0);
	ck_assert_int_gt(endings[PUT_OFF], 0);
	/* What is told is what was done. */
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM session", NULL), endings[GRANTED]);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log"
				  " WHERE action = 'sign-in refused'",
			     NULL),
	    endings[WRONG]);
	ck_assert_int_eq(
	    sign_in(client_new(arena, web_url(), CLIENT_PROGRAM), TEST_PASSWORD)
		->status,
	    200);
}
END_TEST

START_TEST(a_crowd_keeps_nobody_else_waiting)
{
	struct client *member = client_new(arena, web_url(), CLIENT_SCRIPT);
	pid_t crowd[CROWD];
	int endings[ENDINGS];
	struct db *db;

	ck_assert_int_eq(client_json(member, "POST", "/auth/signin",
			     FIELDS("email", EMAIL, "password", TEST_PASSWORD))
			     ->status,
	    200);
	db = fill_slots();
	gather(crowd);
	test_await_waiting(1);
	ck_assert_int_eq(client_get(member, "/auth/session")->status, 200);
	count_endings(crowd, endings);
	ck_assert_int_eq(endings[PUT_OFF], CROWD);
	/* With its connection the slot goes; the next one finds it free. */
	db_close(db);
	ck_assert_int_eq(
	    sign_in(client_new(arena, web_url(), CLIENT_PROGRAM), TEST_PASSWORD)
		->status,
	    200);
}
END_TEST

static Suite *
crowd_suite(void)
{
	Suite *suite = suite_create("crowd");
	TCase *tcase = tcase_create("crowd");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_test(tcase, a_crowd_is_served_in_part);
	tcase_add_test(tcase, a_crowd_keeps_nobody_else_waiting);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	/* So slow that a crowd takes many times as long as it may wait. */
	web_set("password.memory=128M");
	web_set("password.passes=3");
	web_set("password.at_once=1");
	web_set("password.wait=1s");
	return harness_run(crowd_suite(), NEEDS_SERVERS);
}
