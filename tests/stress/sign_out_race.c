/* sign_out_race.c - a session ends while its other tabs are busy. */

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

#define EMAIL "leaver@example.org"
#define DELAY_US 20000 /* at most, until somebody signs out */
#define ENDED_MAX 200  /* sessions that are looked at again in the end */

enum role { LEAVER, REFRESHER, FOLLOWER, LOOKER, ROLES };

static struct scene {
	struct tokens held;
	atomic_bool ended; /* acknowledged to somebody */
	struct part {
		enum role role;
		unsigned before, after; /* answers, by the acknowledgement */
		struct tokens got;
	} parts[CROWD];
} * scene;

static struct tokens *ended;

static struct {
	unsigned races, dropped, before, after, zombies, looked_again;
} count;

/* One request; what was begun after the acknowledgement must be refused. */
static int
request(struct arena *arena, struct part *part, const struct ask *ask)
{
	bool over = atomic_load(&scene->ended);
	const struct answer *answer = exchange(arena, ask);

	if (over)
		part->after++;
	else
		part->before++;
	if (over && answer->status != 401)
		stress_broken("%s %s of session %s answered %d after its end",
		    ask->method, ask->target, scene->held.session,
		    answer->status);
	if (!over && answer->status != 200 && answer->status != 401)
		stress_broken("%s %s answered %d", ask->method, ask->target,
		    answer->status);
	if (ask->body != NULL)
		(void)!tokens_take(&part->got, answer);
	return answer->status;
}

/* Until it is told that it is so; the answers before may be lost. */
static void
leave(struct arena *arena, struct part *part)
{
	struct ask ask = ask_sign_out(arena, scene->held.access);
	struct exchange exchange;
	enum fate fate;
	int status;

	(void)usleep(chance(DELAY_US));
	do {
		fate = chance(3) == 0 ? FATE_DROP : FATE_READ;
		part->before += fate == FATE_DROP;
		exchange_begin(&exchange, arena, &ask);
		status = exchange_end(&exchange, fate)->status;
		if (fate == FATE_READ && status != 204) {
			stress_broken("a sign-out was answered %d", status);
			break;
		}
	} while (fate == FATE_DROP);
	atomic_store(&scene->ended, true);
	part->got = scene->held;
	(void)tokens_are_dead(&part->got, "right after its end");
}

/*
 * REFRESHER has the first token for good, as late tabs have it; FOLLOWER also
 * uses the access tokens that it gets.
 */
static void
stay(struct arena *arena, struct part *part)
{
	bool over = false;

	part->got = scene->held;
	while (!over) {
		struct ask ask = part->role == LOOKER
		    ? ask_session(arena, scene->held.access)
		    : ask_refresh(arena, scene->held.refresh);
		int status;

		over = atomic_load(&scene->ended);
		status = request(arena, part, &ask);
		if (part->role == FOLLOWER && status == 200) {
			ask = ask_session(arena, part->got.access);
			(void)request(arena, part, &ask);
		}
	}
}

static void
play(struct arena *arena, int index)
{
	struct part *part = &scene->parts[index];

	crowd_wait();
	if (part->role == LEAVER)
		leave(arena, part);
	else
		stay(arena, part);
}

static void
judge(void)
{
	unsigned broken = 0;

	for (int i = 0; i < CROWD; i++) {
		const struct part *part = &scene->parts[i];

		if (part->role == LEAVER) {
			count.dropped += part->before;
			continue;
		}
		count.before += part->before;
		count.after += part->after;
		broken += !tokens_are_dead(&part->got, "after its end");
	}
	if (test_int("SELECT count(*) FROM session WHERE id = $1::uuid"
		     " AND revoked_reason = 'signed-out'",
		scene->held.session) != 1) {
		stress_broken("session %s is not signed out in the database",
		    scene->held.session);
		broken++;
	}
	count.zombies += broken != 0;
	/* The latest, as later tokens are, too. */
	ended[count.races % ENDED_MAX] = scene->parts[1].got;
}

void
sign_out_races(void)
{
	scene = shared_new(sizeof(*scene));
	ended = shared_new(ENDED_MAX * sizeof(*ended));
	web_account(EMAIL, "Ada");
	while (stress_goes_on()) {
		tokens_begin(&scene->held, EMAIL);
		atomic_store(&scene->ended, false);
		for (int i = 0; i < CROWD; i++)
			scene->parts[i] = (struct part){
				.role = i == 0 ? LEAVER : 1 + chance(ROLES - 1),
			};
		crowd(CROWD, play);
		judge();
		count.races++;
	}
	for (unsigned i = 0; i < ENDED_MAX && i < count.races; i++) {
		count.looked_again++;
		count.zombies += !tokens_are_dead(&ended[i], "later");
	}
	stress_report("sign-out races: %u, %u answers dropped; %u requests of"
		      " their sessions before the end, %u after it, %u sessions"
		      " looked at again later; %u answered once more",
	    count.races, count.dropped, count.before, count.after,
	    count.looked_again, count.zombies);
}
