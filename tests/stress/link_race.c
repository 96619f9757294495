/* link_race.c - many present the same one-time link. */

#include <string.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/mailbox.h"
#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

#define BATCH 4 /* links that are mailed side by side */
#define TEXT_SIZE 64

static struct race {
	char email[TEXT_SIZE], token[TEXT_SIZE];
	struct {
		enum fate fate;
		int status;
	} clients[CROWD];
} * race;

/* A kind of link, and what using it up comes to. */
static const struct kind {
	const char *name, *prefix; /* of an address; of the link in the mail */
	const char *deed;          /* in the audit log */
	int sent;                  /* the answer when a mail is on its way */
	/* Have one mailed. Use it, as this client does. */
	struct ask (*mail)(struct arena *arena, const char *email);
	struct ask (*use)(struct arena *arena, int client);
	/* Does this client do something else meanwhile? NULL: none does. */
	bool (*is_busy)(int client);
	/* Once it is used up, by a client that was told so (-1: none was). */
	void (*look_after)(struct arena *arena, int winner);
} * kind;

static struct {
	unsigned links, clients, won, gone, dropped, put_off, twice;
} count;

static void
present(struct arena *arena, int index)
{
	struct ask ask = kind->use(arena, index);
	struct exchange exchange;

	exchange_begin(&exchange, arena, &ask);
	crowd_wait();
	race->clients[index].status =
	    exchange_end(&exchange, race->clients[index].fate)->status;
}

/* How many read that they have used it up; *winner: the last of them. */
static unsigned
judge(int *winner)
{
	unsigned winners = 0;

	for (int i = 0; i < CROWD; i++) {
		int status = race->clients[i].status;

		if (kind->is_busy != NULL && kind->is_busy(i))
			continue;
		count.clients++;
		count.dropped += race->clients[i].fate != FATE_READ;
		count.gone += status == 410;
		count.put_off += status == 503;
		if (status == 200) {
			winners++;
			*winner = i;
		} else if (status != 0 && status != 410 && status != 503) {
			stress_broken(
			    "a link was answered %d, %s", status, race->email);
		}
	}
	return winners;
}

/* As often as it was used up by all accounts. */
static int64_t
uses(struct arena *arena)
{
	return test_int(arena_printf(arena,
			    "SELECT count(*) FROM audit_log l"
			    " JOIN account a ON a.id = l.account_id"
			    " WHERE l.action = '%s' AND a.email = $1",
			    kind->deed),
	    race->email);
}

static void
run(struct arena *arena, const char *email, const char *token)
{
	struct ask again;
	unsigned winners = 0;
	int status, winner = -1;

	(void)snprintf(race->email, sizeof(race->email), "%s", email);
	(void)snprintf(race->token, sizeof(race->token), "%s", token);
	do {
		for (int i = 0; i < CROWD; i++)
			race->clients[i].fate =
			    chance(4) == 0 ? FATE_DROP : FATE_READ;
		crowd(CROWD, present);
		winners += judge(&winner);
	} while (uses(arena) == 0 && stress_goes_on());
	if (uses(arena) == 1 && kind->look_after != NULL)
		kind->look_after(arena, winner);
	again = kind->use(arena, CROWD);
	status = exchange(arena, &again)->status;
	if (uses(arena) > 1 || winners > 1 || status == 200) {
		count.twice++;
		stress_broken("a link was used %jd times, %u told so; later %d",
		    (intmax_t)uses(arena), winners, status);
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
		    arena, "%s%u-%d@example.org", kind->name, count.links, i);
		ask = kind->mail(arena, emails[i]);
		if (exchange(arena, &ask)->status != kind->sent)
			emails[i] = NULL; /* put off */
	}
	for (int i = 0; i < BATCH; i++) {
		if (emails[i] == NULL)
			continue;
		letter = mailbox_await(mailbox, emails[i]);
		if (letter == NULL)
			break;
		run(arena, emails[i], letter->link + strlen(kind->prefix));
	}
	arena_free(arena);
}

static void
race_for(const struct kind *links)
{
	struct arena *arena = arena_new();
	struct mailbox mailbox = { .arena = arena };

	kind = links;
	race = shared_new(sizeof(*race));
	while (stress_goes_on())
		run_batch(&mailbox);
	stress_report("%s links: %u, each raced for by %d clients"
		      " (%u in all, %u answers dropped, %u put off);"
		      " %u told it was theirs, %u that it was gone,"
		      " %u links used twice",
	    kind->name, count.links, CROWD, count.clients, count.dropped,
	    count.put_off, count.won, count.gone, count.twice);
	arena_free(arena);
}

/* Links that prove an address */

static struct ask
use_verification(struct arena *arena, int client)
{
	(void)client;
	return ask_verify(arena, race->token);
}

void
link_races(void)
{
	static const struct kind verification = {
		.name = "verification",
		.prefix = "/auth/verify?token=",
		.deed = "address verified",
		.sent = 202,
		.mail = ask_sign_up,
		.use = use_verification,
	};

	race_for(&verification);
}

/* Links to choose a new password: each client chooses another one */

static const char *
password_of(struct arena *arena, int client)
{
	return arena_printf(
	    arena, "%d wet herons on a kettle of %d", client, client * client);
}

/* One that has the old password tries to get in at the last moment. */
static bool
is_busy(int client)
{
	return client == 0;
}

static struct ask
mail_reset(struct arena *arena, const char *email)
{
	web_account(email, "Ada");
	return ask_reset(arena, email);
}

static struct ask
use_reset(struct arena *arena, int client)
{
	if (is_busy(client))
		return ask_sign_in(arena, race->email);
	return ask_new_password(arena, race->token, password_of(arena, client));
}

static bool
signs_in(struct arena *arena, const char *password)
{
	const struct ask ask = ask_sign_in_with(arena, race->email, password);
	int status = 503;

	for (int i = 0; i < 100 && status == 503; i++)
		status = exchange(arena, &ask)->status;
	return status == 200;
}

/* Nobody is in any more; one password is good, and the winner's is it. */
static void
look_after_reset(struct arena *arena, int winner)
{
	int64_t alive = test_int("SELECT count(*) FROM session s JOIN account a"
				 " ON a.id = s.account_id WHERE a.email = $1"
				 " AND s.revoked_at IS NULL",
	    race->email);
	int64_t told = test_int("SELECT count(*) FROM outbox o JOIN account a"
				" ON a.id = o.account_id WHERE a.email = $1"
				" AND o.template = 'password-changed'",
	    race->email);
	int good = 0;

	if (alive > 0)
		stress_broken("%jd sessions of %s outlived a reset",
		    (intmax_t)alive, race->email);
	if (told != 1)
		stress_broken("%jd mails say that the password of %s changed",
		    (intmax_t)told, race->email);
	for (int i = 1; i < CROWD; i++) {
		if (!signs_in(arena, password_of(arena, i)))
			continue;
		good++;
		if (winner >= 0 && winner != i)
			stress_broken(
			    "%d was told, and %d's password counts", winner, i);
	}
	if (good != 1 || signs_in(arena, TEST_PASSWORD))
		stress_broken(
		    "%d new passwords of %s are good", good, race->email);
}

void
reset_races(void)
{
	static const struct kind reset = {
		.name = "reset",
		.prefix = "/reset/",
		.deed = "password reset",
		.sent = 202,
		.mail = mail_reset,
		.use = use_reset,
		.is_busy = is_busy,
		.look_after = look_after_reset,
	};

	race_for(&reset);
}
