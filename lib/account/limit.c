/* limit.c - GCRA: one upsert that lets one more through, or does nothing. */

#include <arpa/inet.h>
#include <string.h>

#include "account/limit.h"
#include "base/counter.h"

#define MICROSECONDS 1000000 /* in a second */
#define FIRST_WAIT 60        /* seconds; the next one is twice that */

enum {
	TAKE,
	TAKE_DOUBLING,
	WAIT,
	GIVE_BACK,
	FORGET,
	NOTE,
	CLEAN_UP,
	STMT_COUNT
};

/*
 * $1 to $3 are the key. $4 is what one costs, $5 how far ahead of the clock
 * earned_at may be for one more to get through, both in microseconds: a period
 * less the cost. A row that refuses is not written.
 */
#define NOW "statement_timestamp()"
#define KEY "name = $1 AND period = $2::integer AND subject_hash = $3"
#define TIME(n) "$" n "::bigint * interval '1 microsecond'"
#define UPSERT(column, value)                                               \
	"INSERT INTO limit_state AS l"                                      \
	" (name, period, subject_hash, earned_at, step" column ")"          \
	" VALUES ($1, $2::integer, $3, " NOW " + " TIME("4") ", " TIME("4") \
	    value ") ON CONFLICT (name, period, subject_hash) DO UPDATE SET "
#define UNLESS_FULL " WHERE l.earned_at <= " NOW " + " TIME("5")

/* clang-format off */
static const struct db_stmt stmts[STMT_COUNT] = {
	[TAKE] = { "limit_take", UPSERT("", "")
	    "earned_at = greatest(l.earned_at, " NOW ") + excluded.step,"
	    " step = excluded.step" UNLESS_FULL },
	/*
	 * Whoever fills it up waits: from now, not from when a regular one is
	 * earned. $6: what the row of a first one says of waits; $7: what one
	 * costs that fills nothing; $8: the first wait.
	 */
	[TAKE_DOUBLING] = { "limit_take_doubling",
	    UPSERT(", waits", ", $6::integer")
	    "(earned_at, waits, step) = ("
	    "SELECT base + step, waits, step FROM ("
	    "SELECT base, waits + is_full::integer AS waits,"
	    " CASE WHEN is_full THEN " NOW " + " TIME("5") " - base"
	    " + make_interval(secs => least($8::bigint * 2.0 ^ least(waits, 20),"
	    " $2::integer)) ELSE " TIME("7") " END AS step FROM ("
	    "SELECT base, base + " TIME("7") " > " NOW " + " TIME("5") " AS is_full,"
	    " CASE WHEN l.earned_at + " TIME("7") " > " NOW
	    " THEN l.waits ELSE 0 END AS waits"
	    " FROM (SELECT greatest(l.earned_at, " NOW ") AS base) AS a) AS b) AS c)"
	    UNLESS_FULL
	    " RETURNING (extract(epoch FROM step) * 1000000)::bigint,"
	    " earned_at > " NOW " + " TIME("5") },
	[WAIT] = { "limit_wait",
	    "SELECT ceil(extract(epoch FROM earned_at - " NOW " - " TIME("4")
	    "))::bigint FROM limit_state WHERE " KEY },
	[GIVE_BACK] = { "limit_give_back",
	    "UPDATE limit_state SET earned_at = earned_at - " TIME("4") ","
	    " waits = greatest(waits - $5::integer, 0) WHERE " KEY },
	[FORGET] = { "limit_forget",
	    "UPDATE limit_state SET earned_at = " NOW ", waits = 0"
	    " WHERE " KEY },
	/* At most once an hour is written. */
	[NOTE] = { "limit_note",
	    "INSERT INTO notice (name) VALUES ($1)"
	    " ON CONFLICT (name) DO UPDATE SET seen_at = now()"
	    " WHERE notice.seen_at < now() - interval '1 hour'" },
	[CLEAN_UP] = { "limit_clean_up",
	    "DELETE FROM limit_state WHERE earned_at"
	    " < " NOW " - make_interval(secs => period)" },
};
/* clang-format on */

static const struct {
	const char *name; /* of the setting, after "limit." */
	size_t rates;     /* where in struct config */
	bool by_ip;
	bool doubling;
} limits[LIMIT_COUNT] = {
	[LIMIT_PASSWORD] = { "password",
	    offsetof(struct config, limit_password), .doubling = true },
	[LIMIT_PASSWORD_DEVICE] = { "password_device",
	    offsetof(struct config, limit_password_device) },
	[LIMIT_PASSWORD_IP] = { "password_ip",
	    offsetof(struct config, limit_password_ip), .by_ip = true },
	[LIMIT_CODE] = { "code", offsetof(struct config, limit_code),
	    .doubling = true },
	[LIMIT_SIGNUP] = { "signup", offsetof(struct config, limit_signup),
	    .by_ip = true },
	[LIMIT_MAIL] = { "mail", offsetof(struct config, limit_mail) },
	[LIMIT_MAIL_IP] = { "mail_ip", offsetof(struct config, limit_mail_ip),
	    .by_ip = true },
	[LIMIT_TOKEN] = { "token", offsetof(struct config, limit_token),
	    .by_ip = true },
	[LIMIT_REFRESH] = { "refresh", offsetof(struct config, limit_refresh) },
};

/* One of a limit's rates, for one subject: the key of a row. */
struct cell {
	const char *name;
	struct rate rate;
	unsigned char subject[SECRET_BYTES];
};

struct limit_ticket {
	struct limit_ticket *next;
	struct cell cell;
	int64_t cost; /* microseconds */
	bool waits;   /* it began a wait */
};

#define KEY_OF(cell)                                        \
	DB_TEXT((cell)->name), DB_INT((cell)->rate.period), \
	    DB_BYTES((cell)->subject, sizeof((cell)->subject))

static const struct rates *
rates_of(const struct config *config, enum limit limit)
{
	const char *base = (const char *)config;

	return (const void *)(base + limits[limit].rates);
}

/* An IPv4 address, also within IPv6 (RFC 4291, 2.5.5.2), or the /64 of IPv6. */
static const char *
network_of(struct arena *arena, const char *ip)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char bytes[sizeof(struct in6_addr)];
	char form[INET6_ADDRSTRLEN];
	bool is_mapped;

	if (inet_pton(AF_INET6, ip, bytes) != 1)
		return ip;
	is_mapped = memcmp(bytes, mapped, sizeof(mapped)) == 0;
	if (!is_mapped)
		memset(bytes + 8, 0, 8);
	if (inet_ntop(is_mapped ? AF_INET : AF_INET6,
		is_mapped ? bytes + sizeof(mapped) : bytes, form,
		sizeof(form)) == NULL)
		return ip;
	return arena_strdup(arena, form);
}

static void
hash_subject(const struct limiter *limiter, enum limit limit, const char *text,
    unsigned char hash[static SECRET_BYTES])
{
	unsigned char key[SECRET_BYTES];
	char *subject = arena_strdup(limiter->arena,
	    limits[limit].by_ip ? network_of(limiter->arena, text) : text);

	for (char *c = subject; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	secret_derive(limiter->key, SECRET_FOR_LIMIT, key);
	secret_keyed_hash(hash, key, subject, strlen(subject));
	secret_wipe(key, sizeof(key));
}

/* What one costs, rounded down, so that the last of them still fits. */
static int64_t
cost_of(const struct rate *rate)
{
	return rate->period * MICROSECONDS / rate->count;
}

/* How far ahead of the clock a cell may be and take one more. */
static int64_t
slack_of(const struct rate *rate)
{
	return rate->period * MICROSECONDS - cost_of(rate);
}

/* Count the hit; for how many seconds will the cell refuse? At least one. */
static enum status
refuse(const struct limiter *limiter, const struct cell *cell, int64_t *wait)
{
	struct db_rows *rows;
	int64_t seconds = 0;
	enum status st;

	st = db_query(limiter->db, limiter->arena, &stmts[WAIT],
	    DB_ARGS(KEY_OF(cell), DB_INT(slack_of(&cell->rate))), &rows);
	if (st != ST_OK)
		return st;
	if (db_count(rows) > 0)
		seconds = db_int(rows, 0, 0);
	*wait = seconds > 1 ? seconds : 1;
	st = counter_add(
	    limiter->db, limiter->arena, COUNTER_LIMIT_HITS, cell->name);
	return st == ST_OK ? ST_LIMITED : st;
}

static enum status
take_plain(const struct limiter *limiter, struct limit_ticket *ticket)
{
	const struct cell *cell = &ticket->cell;

	ticket->cost = cost_of(&cell->rate);
	return db_change(limiter->db, limiter->arena, &stmts[TAKE],
	    DB_ARGS(KEY_OF(cell), DB_INT(ticket->cost),
		DB_INT(slack_of(&cell->rate))));
}

static enum status
take_doubling(const struct limiter *limiter, struct limit_ticket *ticket)
{
	const struct cell *cell = &ticket->cell;
	/* With one at a time, the very first one makes wait. */
	bool single = cell->rate.count == 1;
	int64_t cost = cost_of(&cell->rate);
	int64_t first = FIRST_WAIT * MICROSECONDS;
	struct db_rows *rows;
	enum status st;

	st = db_query_one(limiter->db, limiter->arena, &stmts[TAKE_DOUBLING],
	    DB_ARGS(KEY_OF(cell), DB_INT(single && first < cost ? first : cost),
		DB_INT(slack_of(&cell->rate)), DB_INT(single ? 1 : 0),
		DB_INT(cost), DB_INT(FIRST_WAIT)),
	    &rows);
	if (st != ST_OK)
		return st;
	ticket->cost = db_int(rows, 0, 0);
	ticket->waits = db_bool(rows, 0, 1);
	return ST_OK;
}

enum status
limit_take(const struct limiter *limiter, enum limit limit, const char *subject,
    struct limit_ticket **taken, int64_t *wait)
{
	const struct rates *rates = rates_of(limiter->config, limit);
	struct limit_ticket *own = NULL, *ticket, **last = &own;
	int64_t unwanted;
	enum status st = ST_OK;

	for (size_t i = 0; subject != NULL && i < rates->count; i++) {
		ticket = arena_alloc(limiter->arena, sizeof(*ticket));
		ticket->cell.name = limits[limit].name;
		ticket->cell.rate = rates->list[i];
		hash_subject(limiter, limit, subject, ticket->cell.subject);
		st = limits[limit].doubling ? take_doubling(limiter, ticket)
					    : take_plain(limiter, ticket);
		if (st == ST_NOT_FOUND)
			st = refuse(limiter, &ticket->cell,
			    wait != NULL ? wait : &unwanted);
		if (st != ST_OK)
			break;
		*last = ticket;
		last = &ticket->next;
	}
	if (st == ST_LIMITED && limit_give_back(limiter, &own) != ST_OK)
		return ST_UNAVAILABLE;
	if (st == ST_OK && taken != NULL) {
		*last = *taken;
		*taken = own;
	}
	return st;
}

enum status
limit_give_back(const struct limiter *limiter, struct limit_ticket **taken)
{
	enum status st;

	for (; *taken != NULL; *taken = (*taken)->next) {
		const struct limit_ticket *ticket = *taken;

		st = db_query(limiter->db, limiter->arena, &stmts[GIVE_BACK],
		    DB_ARGS(KEY_OF(&ticket->cell), DB_INT(ticket->cost),
			DB_INT(ticket->waits ? 1 : 0)),
		    NULL);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status
limit_forget(
    const struct limiter *limiter, enum limit limit, const char *subject)
{
	const struct rates *rates = rates_of(limiter->config, limit);
	struct cell cell = { .name = limits[limit].name };
	enum status st = ST_OK;

	hash_subject(limiter, limit, subject, cell.subject);
	for (size_t i = 0; i < rates->count && st == ST_OK; i++) {
		cell.rate = rates->list[i];
		st = db_query(limiter->db, limiter->arena, &stmts[FORGET],
		    DB_ARGS(KEY_OF(&cell)), NULL);
	}
	return st;
}

enum status
limit_take_password(const struct limiter *limiter, const char *email,
    const char *device, const char *ip, struct limit_ticket **taken,
    int64_t *wait)
{
	enum status st, back;

	if (device != NULL)
		return limit_take(
		    limiter, LIMIT_PASSWORD_DEVICE, device, taken, wait);
	st = limit_take(limiter, LIMIT_PASSWORD_IP, ip, taken, wait);
	if (st != ST_OK)
		return st;
	st = limit_take(limiter, LIMIT_PASSWORD, email, taken, wait);
	if (st != ST_LIMITED)
		return st;
	/* An attempt that was not made is none of this IP either. */
	back = limit_give_back(limiter, taken);
	return back == ST_OK ? ST_LIMITED : back;
}

enum status
limit_note_proxy(const struct limiter *limiter)
{
	return db_query(limiter->db, limiter->arena, &stmts[NOTE],
	    DB_ARGS(DB_TEXT(LIMIT_NOTICE)), NULL);
}

enum status
limit_clean_up(struct db *db, struct arena *arena)
{
	return db_query(db, arena, &stmts[CLEAN_UP], DB_NO_ARGS, NULL);
}
