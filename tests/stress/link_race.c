/* link_race.c - many present the same one-time link. */

#include <string.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/mailbox.h"
#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

#define BATCH 4 /* links that are mailed side by side */
#define LINK "/auth/verify?token="
#define TOKEN_SIZE 64

static struct race {
	char token[TOKEN_SIZE];
	struct {
		enum fate fate;
		int status;
	} clients[CROWD];
} * race;

static struct {
	unsigned links, clients, won, gone, dropped, put_off, twice;
} count;

static void
present(struct arena *arena, int index)
{
	struct ask ask = ask_verify(arena, race->token);
	struct exchange exchange;

	exchange_begin(&exchange, arena, &ask);
	crowd_wait();
	race->clients[index].status =
	    exchange_end(&exchange, race->clients[index].fate)->status;
}

/* How many read that they have used it up. */
static unsigned
judge(const char *email)
{
	unsigned winners = 0;

	for (int i = 0; i < CROWD; i++) {
		int status = race->clients[i].status;

		count.clients++;
		count.dropped += race->clients[i].fate != FATE_READ;
		winners += status == 200;
		count.gone += status == 410;
		count.put_off += status == 503;
		if (status != 0 && status != 200 && status != 410 &&
		    status != 503)
			stress_broken(
			    "a link was answered %d, %s", status, email);
	}
	return winners;
}

/* As often as it was used up by all accounts. */
static int64_t
uses(const char *email)
{
	return test_int("SELECT count(*) FROM audit_log l"
			" JOIN account a ON a.id = l.account_id"
			" WHERE l.action = 'address verified'"
			" AND a.email = $1",
	    email);
}

static void
run(struct arena *arena, const char *email, const char *token)
{
	const struct ask again = ask_verify(arena, token);
	unsigned winners = 0;
	int status;

	(void)snprintf(race->token, sizeof(race->token), "%s", token);
	do {
		for (int i = 0; i < CROWD; i++)
			race->clients[i].fate =
			    chance(4) == 0 ? FATE_DROP : FATE_READ;
		crowd(CROWD, present);
		winners += judge(email);
	} while (uses(email) == 0 && stress_goes_on());
	status = exchange(arena, &again)->status;
	if (uses(email) > 1 || winners > 1 || status == 200) {
		count.twice++;
		stress_broken("a link was used %jd times, %u told so; later %d",
		    (intmax_t)uses(email), winners, status);
	}
	count.links++;
	count.won += winners;
}

static void
run_batch(struct mailbox *mailbox)
{
	struct arena *arena = arena_new();
	const char *emails[BATCH];
	const struct letter *letter;
	struct ask ask;

	for (int i = 0; i < BATCH; i++) {
		emails[i] = arena_printf(
		    arena, "link%u-%d@example.org", count.links, i);
		ask = ask_sign_up(arena, emails[i]);
		if (exchange(arena, &ask)->status != 202)
			emails[i] = NULL; /* put off */
	}
	for (int i = 0; i < BATCH; i++) {
		if (emails[i] == NULL)
			continue;
		letter = mailbox_await(mailbox, emails[i]);
		if (letter == NULL)
			break;
		run(arena, emails[i], letter->link + strlen(LINK));
	}
	arena_free(arena);
}

void
link_races(void)
{
	struct arena *arena = arena_new();
	struct mailbox mailbox = { .arena = arena };

	race = shared_new(sizeof(*race));
	while (stress_goes_on())
		run_batch(&mailbox);
	stress_report("one-time links: %u, each raced for by %d clients"
		      " (%u in all, %u answers dropped, %u put off);"
		      " %u told it was theirs, %u that it was gone,"
		      " %u links used twice",
	    count.links, CROWD, count.clients, count.dropped, count.put_off,
	    count.won, count.gone, count.twice);
	arena_free(arena);
}
