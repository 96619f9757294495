/* refresh_race.c - tabs that refresh one session, and lose their answers. */

#include <string.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/stress.h"
#include "tests/stress/tokens.h"

#define EMAIL "tabs@example.org"
#define RACES_MAX 20 /* in the life of a session */

enum way { BY_BODY, BY_COOKIE, LOOK, WAYS };

static struct race {
	struct tokens held; /* what all tabs have */
	char presented[REFRESH_SIZE];
	struct tab {
		enum way way;
		enum fate fate;
		int status;
		struct tokens got;
	} tabs[CROWD];
} * race;

static struct {
	unsigned races, late, dropped, hung_up, looked, sessions, signed_out;
} count;

/* How answers fare in a race. */
enum luck { LUCK_GOOD, LUCK_MIXED, LUCK_BAD };

static void
be_tab(struct arena *arena, int index)
{
	struct tab *tab = &race->tabs[index];
	const struct answer *answer;
	struct exchange exchange;
	struct ask ask;

	if (tab->way == LOOK)
		ask = ask_session(arena, race->held.access);
	else if (tab->way == BY_COOKIE)
		ask = ask_detour(arena, race->presented);
	else
		ask = ask_refresh(arena, race->presented);
	exchange_begin(&exchange, arena, &ask);
	crowd_wait();
	answer = exchange_end(&exchange, tab->fate);
	tab->status = answer->status;
	tab->got = race->held;
	if (tab->way != LOOK && tab->fate == FATE_READ)
		(void)!tokens_take(&tab->got, answer);
}

static enum fate
draw_fate(enum luck luck)
{
	if (luck == LUCK_GOOD || chance(2) == 0)
		return FATE_READ;
	return luck == LUCK_MIXED || chance(2) == 0 ? FATE_DROP : FATE_HANG_UP;
}

static void
tell_broken(const struct tab *tab, const char *what)
{
	count.signed_out++;
	stress_broken("%s: %s answered %d, session %s", what,
	    tab->way == LOOK ? "an access token" : "a refresh", tab->status,
	    race->held.session);
}

/* Everybody who has read an answer has the same; in *learned, else false. */
static bool
judge(const char *expected, struct tokens *learned)
{
	bool known = false;

	for (int i = 0; i < CROWD; i++) {
		const struct tab *tab = &race->tabs[i];

		count.dropped += tab->fate == FATE_DROP;
		count.hung_up += tab->fate == FATE_HANG_UP;
		count.looked += tab->way == LOOK;
		if (tab->fate != FATE_READ)
			continue;
		if (tab->status != (tab->way == BY_COOKIE ? 307 : 200)) {
			tell_broken(tab, "refresh race");
			continue;
		}
		if (tab->way == LOOK)
			continue;
		if (known)
			expected = learned->refresh;
		if (expected != NULL && strcmp(expected, tab->got.refresh) != 0)
			tell_broken(tab, "two successors");
		*learned = tab->got;
		known = true;
	}
	return known;
}

/* Present a token in all tabs that do not merely look at a page. */
static bool
run(const char *presented, enum luck luck, const char *expected,
    struct tokens *learned)
{
	memcpy(race->presented, presented, REFRESH_SIZE);
	for (int i = 0; i < CROWD; i++)
		race->tabs[i] = (struct tab){
			.way = i == 0 ? BY_BODY : chance(WAYS),
			.fate = draw_fate(luck),
		};
	crowd(CROWD, be_tab);
	count.races++;
	return judge(expected, learned);
}

/* The access token is good; shown, it proves that the answer has come. */
static void
look(void)
{
	struct tab tab = { .way = LOOK, .status = session_status(&race->held) };

	if (tab.status != 200)
		tell_broken(&tab, "after a race");
}

/* A race, and now and then late tabs with the token from before. */
static void
go_on(void)
{
	struct tokens learned;
	char former[REFRESH_SIZE];

	memcpy(former, race->held.refresh, sizeof(former));
	if (!run(former, LUCK_MIXED, NULL, &learned))
		return; /* nobody knows; ask again */
	race->held = learned;
	if (chance(2) == 0)
		look();
	if (chance(3) == 0) {
		(void)!run(former, LUCK_MIXED, race->held.refresh, &learned);
		count.late++;
	}
}

/*
 * Who hangs up may still be heard after the others, so nothing newer is
 * presented any more: two generations later it would be a theft.
 */
static void
end(void)
{
	struct tokens first, second;
	char last[REFRESH_SIZE];
	bool known;

	memcpy(last, race->held.refresh, sizeof(last));
	known = run(last, LUCK_BAD, NULL, &first);
	if (run(last, LUCK_GOOD, known ? first.refresh : NULL, &second))
		race->held = second;
	look();
}

void
refresh_races(void)
{
	race = shared_new(sizeof(*race));
	web_account(EMAIL, "Ada");
	while (stress_goes_on()) {
		unsigned races = chance(RACES_MAX);

		tokens_begin(&race->held, EMAIL);
		count.sessions++;
		for (unsigned i = 0; i < races && stress_goes_on(); i++)
			go_on();
		end();
	}
	stress_report("refresh races: %u of %d tabs in %u sessions, %u of them"
		      " late; %u answers dropped, %u tabs hung up,"
		      " %u went on with access tokens; %u signed out",
	    count.races, CROWD, count.sessions, count.late, count.dropped,
	    count.hung_up, count.looked, count.signed_out);
	if (test_int("SELECT count(*) FROM session"
		     " WHERE revoked_at IS NOT NULL",
		NULL) != 0)
		stress_broken("a session of the refresh races was revoked");
}
