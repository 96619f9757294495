/* kills.c - processes die under load; what was acknowledged is there after. */

#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/stress/ledger.h"
#include "tests/stress/victims.h"

#define PAUSE_US 500000 /* at most, between two kills */

enum { HANDLER, WORKER, BACKEND, POSTGRES };

static struct victim {
	bool (*kill)(void);
	uint32_t weight;
	unsigned count;
} victims[] = {
	[HANDLER] = { kill_handler, 5, 0 },
	[WORKER] = { kill_worker, 5, 0 },
	[BACKEND] = { kill_backend, 1, 0 },
	[POSTGRES] = { kill_postgres, 1, 0 },
};

static struct victim *
draw_victim(void)
{
	uint32_t all = 0, drawn;
	size_t i;

	for (i = 0; i < ARRAY_LEN(victims); i++)
		all += victims[i].weight;
	drawn = chance(all);
	for (i = 0; drawn >= victims[i].weight; i++)
		drawn -= victims[i].weight;
	return &victims[i];
}

static void
make_accounts(
    struct arena *arena, const char *accounts[CROWD], struct ledger *ledger)
{
	for (int i = 0; i < CROWD; i++) {
		struct forgetful *person = &ledger->pages[i].forgetful;

		person->email = arena_printf(arena, "lost%d@example.org", i);
		web_account(person->email, "Bob");
		accounts[i] = arena_printf(arena, "old%d@example.org", i);
		web_account(accounts[i], "Ada");
	}
}

/* Crash recovery may be going on. */
static void
await_database(void)
{
	test_db_start();
	for (int i = 0; i < 600; i++) {
		struct db *db = db_open(test_database_url(), "stress");
		enum status st = db_begin(db);

		db_close(db);
		if (st == ST_OK)
			return;
		(void)usleep(100 * 1000);
	}
	stress_broken("PostgreSQL has not come back");
}

void
kills(void)
{
	struct arena *arena = arena_new();
	struct ledger *ledger = shared_new(sizeof(*ledger));
	const char *accounts[CROWD];

	make_accounts(arena, accounts, ledger);
	victims_prepare();
	load_begin(ledger, accounts);
	for (size_t i = 0; stress_goes_on(); i++) {
		/* Each once, however short the time. */
		struct victim *victim =
		    i < ARRAY_LEN(victims) ? &victims[i] : draw_victim();

		(void)usleep(chance(PAUSE_US));
		victim->count += victim->kill();
	}
	load_end();
	await_database();
	stress_report("kills: %u handlers, %u workers, %u backends of"
		      " PostgreSQL, %u times all of PostgreSQL",
	    victims[HANDLER].count, victims[WORKER].count,
	    victims[BACKEND].count, victims[POSTGRES].count);
	aftermath(ledger, victims[WORKER].count);
	arena_free(arena);
}
