/* aftermath.c - the ledger beside the database, the site and the mailbox. */

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/ledger.h"
#include "tests/stress/mailbox.h"
#include "tests/stress/victims.h"

#define LINK "/auth/verify?token="
#define TO_NEW "recipient LIKE 'new%'"
#define PROVEN_MAX 20 /* links that are tried, as that takes two hashes */
#define PATIENCE 120  /* seconds, for the jobs that were left */

/* Of the jobs that end, those that have not; the clean-up never does. */
#define LEFT                                               \
	"SELECT count(*) FROM job WHERE kind IN ('mail', " \
	"'verification', 'reset')"

static struct {
	unsigned accounts, proven, alive, ended, unsure, resets;
} count;

/*
 * Leases of those who were killed end in minutes, and what failed is tried
 * again in half a minute: now. Nobody holds one, as no worker runs.
 */
static void
finish_jobs(void)
{
	workers_stop();
	test_execute("UPDATE job SET leased_until = now() WHERE leased_until"
		     " IS NOT NULL");
	workers_start();
	for (int i = 0; test_int(LEFT, NULL) > 0; i++) {
		if (i == PATIENCE) {
			stress_broken("%jd jobs are stuck",
			    (intmax_t)test_int(LEFT, NULL));
			return;
		}
		test_execute("UPDATE job SET run_at = now()"
			     " WHERE run_at > now() AND kind IN ('mail',"
			     " 'verification', 'reset'); NOTIFY job");
		(void)sleep(1);
	}
}

/*
 * put_off: what may be answered as well once the answer was 503, as nobody
 * knows then whether it took place; 0: nothing else.
 */
static bool
is_answered(const struct ask *ask, struct arena *arena, int wanted, int put_off)
{
	const struct answer *answer = exchange(arena, ask);
	bool unsure = answer->status == 503;

	for (int i = 0; i < 100 && answer->status == 503; i++)
		answer = exchange(arena, ask);
	if (answer->status == wanted || (unsure && answer->status == put_off))
		return true;
	stress_broken("afterwards, %s %s answered %d%s: %s", ask->method,
	    ask->target, answer->status, unsure ? " after 503" : "",
	    answer->body);
	return false;
}

/* The newest link proves the address, and then one can sign in. */
static void
prove(struct mailbox *mailbox, const char *email)
{
	struct arena *arena = arena_new();
	const struct letter *letter = mailbox_await(mailbox, email);
	struct ask ask;

	if (letter != NULL) {
		ask = ask_verify(arena, letter->link + strlen(LINK));
		if (is_answered(&ask, arena, 200, 410)) {
			ask = ask_sign_in(arena, email);
			count.proven += is_answered(&ask, arena, 200, 0);
		}
	}
	arena_free(arena);
}

static void
check_addresses(const struct page *page, struct mailbox *mailbox)
{
	for (unsigned i = 0; i < page->addresses; i++) {
		const char *email = page->address[i];

		if (test_int("SELECT count(*) FROM outbox o"
			     " JOIN account a ON a.id = o.account_id"
			     " WHERE a.email = $1 AND o.template = 'verify'",
			email) == 0)
			stress_broken(
			    "the account or the mail of %s is lost", email);
		else
			count.accounts++;
		/* One that came twice may not be the newest. */
		if (count.proven < PROVEN_MAX &&
		    test_int("SELECT count(*) FROM outbox"
			     " WHERE recipient = $1",
			email) == 1)
			prove(mailbox, email);
	}
}

static void
check_alive(const struct known *known)
{
	struct tokens tokens = known->tokens;
	struct arena *arena = arena_new();
	struct ask ask = ask_session(arena, tokens.access);

	if (is_answered(&ask, arena, 200, 0)) {
		tokens_go_on(&tokens);
		ask = ask_session(arena, tokens.access);
		count.alive += is_answered(&ask, arena, 200, 0);
	}
	arena_free(arena);
}

static void
check_ended(const struct known *known)
{
	if (test_int("SELECT count(*) FROM session WHERE id = $1::uuid"
		     " AND revoked_reason = 'signed-out'",
		known->tokens.session) != 1)
		stress_broken(
		    "the end of session %s is lost", known->tokens.session);
	else if (tokens_are_dead(&known->tokens, "after the kills"))
		count.ended++;
}

static void
check_sessions(const struct page *page)
{
	for (unsigned i = 0; i < page->sessions; i++) {
		const struct known *known = &page->session[i];

		if (known->fact == FACT_ALIVE)
			check_alive(known);
		else if (known->fact == FACT_ENDED)
			check_ended(known);
		else
			count.unsure++;
	}
}

/* The last password that was chosen is good, and none before it. */
static void
check_reset(const struct forgetful *person)
{
	struct arena *arena = arena_new();
	unsigned now = person->resets;
	struct ask ask =
	    ask_sign_in_with(arena, person->email, ledger_password(arena, now));

	if (person->unsure && exchange(arena, &ask)->status == 401)
		ask = ask_sign_in_with(
		    arena, person->email, ledger_password(arena, ++now));
	(void)is_answered(&ask, arena, 200, 0);
	if (now > 0) {
		ask = ask_sign_in_with(
		    arena, person->email, ledger_password(arena, now - 1));
		(void)is_answered(&ask, arena, 401, 0);
	}
	if (person->state == REMEMBERS && now > 0)
		(void)tokens_are_dead(&person->session, "after a reset");
	count.resets += person->resets;
	arena_free(arena);
}

/* A mail is sent only if what it speaks of was committed. */
static unsigned
count_strays(const struct mailbox *mailbox)
{
	unsigned strays = 0;

	for (const struct letter *letter = mailbox->letters; letter != NULL;
	     letter = letter->next)
		if (strncmp(letter->recipient, "new", 3) == 0 &&
		    test_int("SELECT count(*) FROM outbox WHERE id = $1::uuid",
			letter->id) != 1)
			strays++;
	if (strays > 0)
		stress_broken("%u mails speak of nothing", strays);
	return strays;
}

/* Rows that were to come together, or not at all. */
static void
check_halves(void)
{
	static const struct {
		const char *what, *sql;
	} halves[] = {
		{ "accounts without their mail",
		    "SELECT count(*) FROM account a WHERE email LIKE 'new%'"
		    " AND NOT EXISTS (SELECT FROM outbox o"
		    " WHERE o.account_id = a.id AND o.template = 'verify')" },
		{ "accounts that nobody signed up",
		    "SELECT count(*) FROM account a WHERE email LIKE 'new%'"
		    " AND NOT EXISTS (SELECT FROM audit_log l"
		    " WHERE l.account_id = a.id AND action = 'signed up')" },
		{ "sessions that nobody began",
		    "SELECT count(*) FROM session s WHERE NOT EXISTS"
		    " (SELECT FROM audit_log l WHERE l.subject = s.id::text"
		    " AND action = 'signed in')" },
		{ "sessions that nobody ended",
		    "SELECT count(*) FROM session s"
		    " WHERE revoked_reason = 'signed-out'"
		    " AND NOT EXISTS (SELECT FROM audit_log l"
		    " WHERE l.subject = s.id::text AND action = 'signed out')" },
	};

	for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
		int64_t found = test_int(halves[i].sql, NULL);

		if (found > 0)
			stress_broken(
			    "%jd %s", (intmax_t)found, halves[i].what);
	}
}

/* What the workers sealed, each in turn until it was killed, is one chain. */
static void
check_audit_log(struct arena *arena)
{
	const char *output;

	if (web_command(arena, &output, NULL,
		(const char *const[]){ "audit", "verify", NULL }) != 0)
		stress_broken("the audit log is not whole: %s", output);
}

static void
report_answers(const struct ledger *ledger)
{
	struct page all = { .good = 0 };

	for (int i = 0; i < CROWD; i++) {
		const struct page *page = &ledger->pages[i];

		all.good += page->good;
		all.put_off += page->put_off;
		all.lost += page->lost;
		all.by_server += page->by_server;
		all.refreshed += page->refreshed;
		all.dropped += page->dropped;
	}
	stress_report("kills: %u answers as asked for, %u of them refreshes;"
		      " %u refreshes dropped; %u times 503, %u without an"
		      " answer, %u times a 5xx of the web server's own",
	    all.good, all.refreshed, all.dropped, all.put_off, all.lost,
	    all.by_server);
}

void
aftermath(const struct ledger *ledger, unsigned worker_kills)
{
	struct arena *arena = arena_new();
	struct mailbox mailbox = { .arena = arena };
	int64_t mails;
	size_t doubles;

	report_answers(ledger);
	finish_jobs();
	mails = test_int("SELECT count(*) FROM outbox WHERE " TO_NEW, NULL);
	doubles = mailbox_await_outbox(arena, TO_NEW);
	/* Only between the server's 250 and the commit can one be sent again. */
	if (doubles > worker_kills)
		stress_broken("%zu mails came twice, after %u kills", doubles,
		    worker_kills);
	mailbox_read(&mailbox);
	(void)count_strays(&mailbox);
	for (int i = 0; i < CROWD; i++) {
		check_addresses(&ledger->pages[i], &mailbox);
		check_sessions(&ledger->pages[i]);
		check_reset(&ledger->pages[i].forgetful);
	}
	check_halves();
	check_audit_log(arena);
	stress_report(
	    "kills: after them, %u acknowledged sign-ups (%u proven"
	    " by their link), %u resets, %u sessions alive, %u ended and %u"
	    " whose end was not acknowledged; %jd mails, %zu of"
	    " them twice",
	    count.accounts, count.proven, count.resets, count.alive,
	    count.ended, count.unsure, (intmax_t)mails, doubles);
	workers_stop();
	arena_free(arena);
}
