/* kills.c - processes die under load; what was acknowledged is there after. */

#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/stress/ledger.h"
#include "tests/stress/victims.h"

#define PAUSE_US 400000 /* at most, between two kills */

/* clang-format off */
static struct victim {
	const char *name;
	void (*kill)(void);
	uint32_t weight;
	unsigned count;
} victims[] = {
	{ "handlers",    kill_handler,  10, 0 },
	{ "workers",     kill_worker,    6, 0 },
	{ "backends",    kill_backend,   1, 0 },
	{ "PostgreSQLs", kill_postgres,  1, 0 },
};
/* clang-format on */

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
make_accounts(struct arena *arena, const char *accounts[CROWD])
{
	for (int i = 0; i < CROWD; i++) {
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

	make_accounts(arena, accounts);
	victims_prepare();
	load_begin(ledger, accounts);
	while (stress_goes_on()) {
		struct victim *victim = draw_victim();

		(void)usleep(chance(PAUSE_US));
		victim->kill();
		victim->count++;
	}
	load_end();
	await_database();
	for (size_t i = 0; i < ARRAY_LEN(victims); i++)
		stress_report(
		    "kills: %u %s", victims[i].count, victims[i].name);
	aftermath(ledger, victims[1].count);
	arena_free(arena);
}
