/* code_race.c - many show the same code of a second factor at once. */

#include <string.h>

#include "account/recovery_code.h"
#include "tests/harness/code.h"
#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

#define TEXT_SIZE 64
#define TICKET_SIZE 2048
#define TRIES 100 /* of those that are put off, as many hash a password */

static struct race {
	char email[TEXT_SIZE], code[TEXT_SIZE], ticket[TICKET_SIZE];
	struct {
		enum fate fate;
		int status;
	} clients[CROWD];
} * race;

static struct {
	unsigned app, recovery, clients, won, wrong, dropped, late, twice;
} count;

static const struct answer *
insist(struct arena *arena, const struct ask *ask)
{
	const struct answer *answer = exchange(arena, ask);

	for (int i = 0; i < TRIES && answer->status == 503; i++)
		answer = exchange(arena, ask);
	return answer;
}

static struct ask
ask_factor(struct arena *arena, const struct tokens *tokens, const char *path,
    const char *body)
{
	return (struct ask){ "POST",
		arena_printf(arena, "/auth/second-factor%s", path),
		arena_printf(arena, "Authorization: Bearer %s", tokens->access),
		body };
}

static struct ask
ask_code(struct arena *arena)
{
	return (struct ask){ "POST", "/auth/signin/code", NULL,
		arena_printf(arena, "{\"ticket\": \"%s\", \"code\": \"%s\"}",
		    race->ticket, race->code) };
}

static void
present(struct arena *arena, int index)
{
	struct ask ask = ask_code(arena);
	struct exchange exchange;

	exchange_begin(&exchange, arena, &ask);
	crowd_wait();
	race->clients[index].status =
	    exchange_end(&exchange, race->clients[index].fate)->status;
}

static int64_t
sign_ins(void)
{
	return test_int("SELECT count(*) FROM audit_log l JOIN account a"
			" ON a.id = l.account_id WHERE a.email = $1"
			" AND l.action = 'signed in'",
	    race->email);
}

/* How many read that it was their code. */
static unsigned
judge(void)
{
	unsigned winners = 0;

	for (int i = 0; i < CROWD; i++) {
		int status = race->clients[i].status;

		count.clients++;
		count.dropped += race->clients[i].fate != FATE_READ;
		count.wrong += status == 422;
		winners += status == 200;
		if (status != 0 && status != 200 && status != 422 &&
		    status != 503)
			stress_broken("a code was answered %d", status);
	}
	return winners;
}

/* valid: the code's time has not gone by meanwhile. */
static void
run(struct arena *arena, const char *code, bool (*valid)(void))
{
	int64_t before = sign_ins(), uses;
	struct ask again;
	unsigned winners = 0;
	int status;

	(void)snprintf(race->code, sizeof(race->code), "%s", code);
	do {
		for (int i = 0; i < CROWD; i++)
			race->clients[i].fate =
			    chance(4) == 0 ? FATE_DROP : FATE_READ;
		crowd(CROWD, present);
		winners += judge();
		uses = sign_ins() - before;
	} while (uses == 0 && valid() && stress_goes_on());
	again = ask_code(arena);
	status = insist(arena, &again)->status;
	if (uses > 1 || winners > 1 || status == 200) {
		count.twice++;
		stress_broken(
		    "a code signed in %jd times, %u told so; later %d",
		    (intmax_t)uses, winners, status);
	}
	count.late += uses == 0;
	count.won += winners;
}

static int64_t step; /* of the code that switched it on */

/* That of the step after it is good until two steps later. */
static bool
is_in_time(void)
{
	return code_step() <= step + 2;
}

static bool
always(void)
{
	return true;
}

/* A person with a second factor, whose password was right just now. */
static bool
begin(struct arena *arena, const char **secret,
    const char *codes[static RECOVERY_CODES])
{
	const struct answer *answer;
	struct tokens tokens;
	struct ask ask;

	web_account(race->email, "Ada");
	tokens_begin(&tokens, race->email);
	ask = ask_factor(arena, &tokens, "", "{}");
	answer = insist(arena, &ask);
	*secret = answer_json(answer, "secret");
	if (answer->status != 200)
		return false;
	step = code_step();
	ask = ask_factor(arena, &tokens, "/activate",
	    arena_printf(
		arena, "{\"code\": \"%s\"}", code_at(arena, *secret, step)));
	answer = insist(arena, &ask);
	if (answer->status != 200)
		return false;
	for (int i = 0; i < RECOVERY_CODES; i++)
		codes[i] = answer_json(
		    answer, arena_printf(arena, "recovery_codes.%d", i));
	ask = ask_sign_in(arena, race->email);
	answer = insist(arena, &ask);
	(void)snprintf(race->ticket, sizeof(race->ticket), "%s",
	    answer_json(answer, "ticket"));
	return answer->status == 403;
}

void
code_races(void)
{
	const char *secret, *codes[RECOVERY_CODES];

	race = shared_new(sizeof(*race));
	for (unsigned person = 0; stress_goes_on(); person++) {
		struct arena *arena = arena_new();

		(void)snprintf(race->email, sizeof(race->email),
		    "factor%u@example.org", person);
		if (!begin(arena, &secret, codes)) {
			stress_broken("no second factor for %s", race->email);
			arena_free(arena);
			break;
		}
		run(arena, code_at(arena, secret, step + 1), is_in_time);
		count.app++;
		for (int i = 0; i < RECOVERY_CODES && stress_goes_on(); i++) {
			run(arena, codes[i], always);
			count.recovery++;
		}
		arena_free(arena);
	}
	stress_report("codes: %u of an app, %u recovery codes, each raced for"
		      " by %d clients (%u in all, %u answers dropped); %u told"
		      " it was theirs, %u that it was wrong, %u codes not used,"
		      " %u used twice",
	    count.app, count.recovery, CROWD, count.clients, count.dropped,
	    count.won, count.wrong, count.late, count.twice);
}
