/* replay.c - a copy of a refresh token, used after its successor was. */

#include <string.h>
#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/mailbox.h"
#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

#define EMAIL "victim@example.org"

enum role { THIEF, OWNER, LOOKER, ROLES };

static struct scene {
	struct tokens stolen, current;
	struct part {
		enum role role;
		enum fate fate;
		int status;
		struct tokens got;
	} parts[CROWD];
} * scene;

static struct {
	unsigned replays, thieves, deep, caught, dead;
} count;

static void
play(struct arena *arena, int index)
{
	struct part *part = &scene->parts[index];
	const struct answer *answer;
	struct exchange exchange;
	struct ask ask;

	if (part->role == THIEF)
		ask = ask_refresh(arena, scene->stolen.refresh);
	else if (part->role == OWNER)
		ask = ask_refresh(arena, scene->current.refresh);
	else
		ask = ask_session(arena, scene->current.access);
	exchange_begin(&exchange, arena, &ask);
	crowd_wait();
	answer = exchange_end(&exchange, part->fate);
	part->status = answer->status;
	(void)!tokens_take(&part->got, answer);
}

/* The grace is over, and the answer had come. */
static void
age(const char *session)
{
	struct arena *arena = arena_new();

	test_execute(arena_printf(arena,
	    "UPDATE session SET delivered_at = now() - interval '1 hour'"
	    " WHERE id = '%s'",
	    session));
	arena_free(arena);
}

/*
 * A session whose first token somebody has copied: one generation ago, its
 * successor confirmed; or two, when nothing can excuse it.
 */
static void
set_up(void)
{
	tokens_begin(&scene->stolen, EMAIL);
	scene->current = scene->stolen;
	tokens_go_on(&scene->current);
	if (session_status(&scene->current) != 200)
		stress_broken("a session is dead before it was stolen");
	if (chance(2) == 0) {
		tokens_go_on(&scene->current);
		count.deep++;
	} else {
		age(scene->current.session);
	}
	for (int i = 0; i < CROWD; i++) {
		enum role role = i == 0 ? THIEF : chance(ROLES);

		scene->parts[i] = (struct part){ .role = role,
			.fate =
			    i > 0 && chance(4) == 0 ? FATE_DROP : FATE_READ };
		count.thieves += role == THIEF;
	}
}

/* Every thief is refused; nobody's token is worth anything any more. */
static void
judge(void)
{
	bool caught = true;

	for (int i = 0; i < CROWD; i++) {
		const struct part *part = &scene->parts[i];

		if (part->role == THIEF && part->fate == FATE_READ &&
		    part->status != 401) {
			stress_broken("a thief was answered %d, session %s",
			    part->status, scene->current.session);
			caught = false;
		}
		if (part->got.refresh[0] != '\0' &&
		    tokens_are_dead(&part->got, "after a theft"))
			count.dead++;
	}
	if (tokens_are_dead(&scene->current, "after a theft"))
		count.dead++;
	if (test_int("SELECT count(*) FROM session WHERE id = $1::uuid"
		     " AND revoked_reason = 'stolen'",
		scene->current.session) != 1) {
		stress_broken("session %s was not revoked as stolen",
		    scene->current.session);
		caught = false;
	}
	count.caught += caught;
}

void
replays(void)
{
	struct arena *arena = arena_new();
	size_t told;

	scene = shared_new(sizeof(*scene));
	web_account(EMAIL, "Ada");
	while (stress_goes_on()) {
		set_up();
		crowd(CROWD, play);
		count.replays++;
		judge();
	}
	told = (size_t)test_int(
	    "SELECT count(*) FROM outbox WHERE template = 'stolen'", NULL);
	if (told != count.replays)
		stress_broken("%u thefts, but %zu mails", count.replays, told);
	mailbox_await_outbox(arena, "template = 'stolen'");
	stress_report("replays: %u by %u thieves, %u of them two generations"
		      " late; %u caught, %u successors dead with them,"
		      " %zu owners told by mail",
	    count.replays, count.thieves, count.deep, count.caught, count.dead,
	    told);
	arena_free(arena);
}
