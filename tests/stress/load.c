/* load.c - clients who go on whatever dies, and note what they were told. */

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/harness/fixture.h"
#include "tests/stress/ledger.h"
#include "tests/stress/mailbox.h"

#define OPEN_SESSIONS 4 /* that a client uses at a time */
#define RESET_LINK "/reset/"
#define PAUSE_US 20000 /* after what went wrong */

static struct ledger *notes;
static const char *emails[CROWD];
static atomic_bool *stop; /* shared */

/* One client: its page, and the sessions it uses by their number in it. */
struct client_state {
	struct arena *arena;
	struct page *page;
	int index;
	unsigned drawn; /* addresses */
	int open[OPEN_SESSIONS];
	struct mailbox mailbox;
};

/*
 * An answer is what was asked for, or says to come again: 503, nothing at all,
 * or the web server's own 5xx for a handler that has gone. Ours have an id.
 */
static bool
is_good(struct client_state *self, const struct ask *ask,
    const struct answer *answer, int wanted)
{
	bool ours = answer_header(answer, "X-Request-Id")[0] != '\0';

	if (answer->status == wanted) {
		self->page->good++;
		return true;
	}
	if (answer->status == 503)
		self->page->put_off++;
	else if (answer->status == 0)
		self->page->lost++;
	else if (answer->status >= 500 && !ours)
		self->page->by_server++;
	else
		stress_broken("under kills, %s %s answered %d: %s", ask->method,
		    ask->target, answer->status, answer->body);
	(void)usleep(PAUSE_US);
	return false;
}

static void
sign_up(struct client_state *self)
{
	struct page *page = self->page;
	struct ask ask;
	char *email;

	if (page->addresses == LEDGER_ADDRESSES)
		return;
	email = arena_printf(
	    self->arena, "new%d-%u@example.org", self->index, self->drawn++);
	ask = ask_sign_up(self->arena, email);
	if (!is_good(self, &ask, exchange(self->arena, &ask), 202))
		return;
	(void)snprintf(
	    page->address[page->addresses], ADDRESS_SIZE, "%s", email);
	page->addresses++;
}

static void
sign_in(struct client_state *self, int *slot)
{
	struct page *page = self->page;
	struct ask ask = ask_sign_in(self->arena, emails[self->index]);
	const struct answer *answer;
	struct known *known;

	if (page->sessions == LEDGER_SESSIONS)
		return;
	known = &page->session[page->sessions];
	answer = exchange(self->arena, &ask);
	if (!is_good(self, &ask, answer, 200) ||
	    !tokens_take(&known->tokens, answer))
		return;
	known->fact = FACT_ALIVE;
	*slot = (int)page->sessions++;
}

/* Now and then what comes is lost on us, and is asked for again. */
static void
refresh(struct client_state *self, struct known *known)
{
	struct ask ask = ask_refresh(self->arena, known->tokens.refresh);
	const struct answer *answer;
	struct exchange exchange;

	exchange_begin(&exchange, self->arena, &ask);
	if (chance(8) == 0) {
		(void)exchange_end(&exchange, FATE_DROP);
		self->page->dropped++;
		return;
	}
	answer = exchange_end(&exchange, FATE_READ);
	if (is_good(self, &ask, answer, 200) &&
	    tokens_take(&known->tokens, answer))
		self->page->refreshed++;
}

static void
look(struct client_state *self, const struct known *known)
{
	struct ask ask = ask_session(self->arena, known->tokens.access);

	(void)is_good(self, &ask, exchange(self->arena, &ask), 200);
}

/* Acknowledged, it is over at once. */
static void
sign_out(struct client_state *self, struct known *known, int *slot)
{
	struct ask ask = ask_sign_out(self->arena, known->tokens.access);

	known->fact = FACT_LEAVING;
	if (!is_good(self, &ask, exchange(self->arena, &ask), 204))
		return;
	known->fact = FACT_ENDED;
	*slot = -1;
	ask = ask_session(self->arena, known->tokens.access);
	(void)is_good(self, &ask, exchange(self->arena, &ask), 401);
	ask = ask_refresh(self->arena, known->tokens.refresh);
	(void)is_good(self, &ask, exchange(self->arena, &ask), 401);
}

const char *
ledger_password(struct arena *arena, unsigned resets)
{
	return resets == 0
	    ? TEST_PASSWORD
	    : arena_printf(arena, "%u wet herons on a kettle", resets);
}

/* The newest link that came for it and was not tried. */
static bool
find_link(struct client_state *self, struct forgetful *person)
{
	const struct letter *letter = NULL;

	mailbox_read(&self->mailbox);
	for (letter = self->mailbox.letters; letter != NULL;
	     letter = letter->next)
		if (strcmp(letter->recipient, person->email) == 0 &&
		    text_starts_with(letter->link, RESET_LINK))
			break;
	if (letter == NULL || strcmp(letter->link, person->link) == 0)
		return false;
	(void)snprintf(person->link, sizeof(person->link), "%s", letter->link);
	return true;
}

/* Choose the next password; acknowledged, whoever was in is out at once. */
static void
choose(struct client_state *self, struct forgetful *person)
{
	struct ask ask =
	    ask_new_password(self->arena, person->link + strlen(RESET_LINK),
		ledger_password(self->arena, person->resets + 1));
	const struct answer *answer = exchange(self->arena, &ask);

	if (answer->status == 410) {
		/* By us, with no answer; or there is a newer one. */
		ask = ask_sign_in_with(self->arena, person->email,
		    ledger_password(self->arena, person->resets + 1));
		answer = exchange(self->arena, &ask);
		if (answer->status == 401) {
			person->unsure = false;
			person->state = FORGETS;
			return;
		}
	} else {
		person->unsure = true;
	}
	if (!is_good(self, &ask, answer, 200))
		return;
	person->unsure = false;
	person->resets++;
	person->state = REMEMBERS;
	ask = ask_session(self->arena, person->session.access);
	(void)is_good(self, &ask, exchange(self->arena, &ask), 401);
}

static void
forget(struct client_state *self, struct forgetful *person)
{
	struct ask ask = ask_reset(self->arena, person->email);
	const struct answer *answer;

	switch (person->state) {
	case REMEMBERS:
		ask = ask_sign_in_with(self->arena, person->email,
		    ledger_password(self->arena, person->resets));
		answer = exchange(self->arena, &ask);
		if (is_good(self, &ask, answer, 200) &&
		    tokens_take(&person->session, answer))
			person->state = FORGETS;
		break;
	case FORGETS:
		if (is_good(self, &ask, exchange(self->arena, &ask), 202))
			person->state = AWAITS;
		break;
	case AWAITS:
		if (find_link(self, person))
			person->state = TRIES;
		else if (chance(50) == 0) /* its worker was killed */
			person->state = FORGETS;
		break;
	case TRIES:
		choose(self, person);
		break;
	}
}

static void
act(struct client_state *self)
{
	int *slot = &self->open[chance(OPEN_SESSIONS)];
	struct known *known;
	uint32_t turn = chance(20);

	if (turn < 3) {
		sign_up(self);
		return;
	}
	if (turn > 15) {
		forget(self, &self->page->forgetful);
		return;
	}
	if (*slot < 0) {
		sign_in(self, slot);
		return;
	}
	known = &self->page->session[*slot];
	/* Who wants to leave does nothing else before it is acknowledged. */
	if (known->fact == FACT_LEAVING || turn < 5)
		sign_out(self, known, slot);
	else if (turn < 13)
		refresh(self, known);
	else
		look(self, known);
}

static void
go_on(struct arena *arena, int index)
{
	struct client_state self = { .arena = arena_new(),
		.page = &notes->pages[index],
		.index = index,
		.mailbox = { .arena = arena } };

	for (int i = 0; i < OPEN_SESSIONS; i++)
		self.open[i] = -1;
	crowd_wait();
	while (!atomic_load(stop)) {
		act(&self);
		arena_reset(self.arena);
	}
	arena_free(self.arena);
}

void
load_begin(struct ledger *ledger, const char *const accounts[CROWD])
{
	notes = ledger;
	for (int i = 0; i < CROWD; i++)
		emails[i] = accounts[i];
	stop = shared_new(sizeof(*stop));
	crowd_begin(CROWD, go_on);
}

void
load_end(void)
{
	atomic_store(stop, true);
	crowd_join();
}
