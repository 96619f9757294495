/* counter.c - add a row, sum them up, read both. */

#include <string.h>

#include "base/counter.h"
#include "base/log.h"

#define LOCK "7165074649429406323" /* "counters", as a number */
#define LABEL_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_.-"

enum { ADD, OBSERVE, READ, FOLD, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[ADD] = { "counter_add", COUNTER_ADD " VALUES ($1, $2)" },
	[OBSERVE] = { "counter_observe",
	    "INSERT INTO counted (name, label, value)"
	    " VALUES ($1, $2, 1), ($1, '" HISTOGRAM_SUM "', $3::bigint)" },
	/* One snapshot sees a row here or in the sum, never in both. */
	[READ] = { "counter_read",
	    "SELECT name, label, sum(value)::bigint FROM"
	    " (SELECT name, label, value FROM counter UNION ALL"
	    " SELECT name, label, value FROM counted)"
	    " AS all_of_it GROUP BY name, label ORDER BY name, label" },
	/*
	 * Workers that sum the same rows at once could wait for each other in
	 * a circle, so only the one with the lock finds any.
	 */
	[FOLD] = { "counter_fold",
	    "WITH mine AS MATERIALIZED"
	    " (SELECT pg_try_advisory_xact_lock(" LOCK ") AS got),"
	    " gone AS (DELETE FROM counted WHERE (SELECT got FROM mine)"
	    " RETURNING name, label, value)"
	    " INSERT INTO counter (name, label, value)"
	    " SELECT name, label, sum(value) FROM gone GROUP BY name, label"
	    " ON CONFLICT (name, label)"
	    " DO UPDATE SET value = counter.value + excluded.value" },
};

static const char *const sign_ins[] = { "granted", "wrong", "blocked",
	"unverified", "disabled", "code_asked", "code_wrong", "code_blocked",
	"code_late", NULL };
static const char *const refreshes[] = { "rotated", "repeated", "stolen",
	"expired", "revoked", "unknown", NULL };
static const char *const mails[] = { "sent", "bounced", "deferred",
	"suppressed", "returned", NULL };

static const struct counter_kind kinds[COUNTER_COUNT] = {
	[COUNTER_SIGN_INS] = { "sign_ins", "result", sign_ins,
	    "Attempts to sign in." },
	[COUNTER_REFRESHES] = { "refreshes", "outcome", refreshes,
	    "Refresh tokens that were presented." },
	[COUNTER_LIMIT_HITS] = { "limit_hits", "limit", NULL,
	    "Requests that a limit refused or dropped." },
	[COUNTER_MAILS] = { "mails", "outcome", mails,
	    "Tries to hand a mail to the mail server." },
};

/* To the design's two days; the goal is two seconds. */
static const struct histogram_bound mail_bounds[] = {
	{ 100, "0.1" },
	{ 250, "0.25" },
	{ 500, "0.5" },
	{ 1000, "1" },
	{ 2000, "2" },
	{ 5000, "5" },
	{ 10000, "10" },
	{ 30000, "30" },
	{ 60000, "60" },
	{ 300000, "300" },
	{ 1800000, "1800" },
	{ 7200000, "7200" },
	{ 43200000, "43200" },
	{ 172800000, "172800" },
};

static const struct histogram_kind histograms[HISTOGRAM_COUNT] = {
	[HISTOGRAM_MAIL_DELIVERY] = { "mail_delivery_seconds", mail_bounds,
	    ARRAY_LEN(mail_bounds),
	    "From the request for a mail to its acceptance by the server." },
};

const struct histogram_kind *
histogram_kind(enum histogram histogram)
{
	return &histograms[histogram];
}

/* Each is counted in one bucket; Prometheus wants them summed up. */
enum status
counter_observe(struct db *db, struct arena *arena, enum histogram histogram,
    int64_t milliseconds)
{
	const struct histogram_kind *kind = &histograms[histogram];
	const char *label = HISTOGRAM_INFINITE;

	for (size_t i = kind->count; i > 0; i--)
		if (milliseconds <= kind->bounds[i - 1].milliseconds)
			label = kind->bounds[i - 1].label;
	return db_query(db, arena, &stmts[OBSERVE],
	    DB_ARGS(DB_TEXT(kind->name), DB_TEXT(label),
		DB_INT(milliseconds > 0 ? milliseconds : 0)),
	    NULL);
}

const struct counter_kind *
counter_kind(enum counter counter)
{
	return &kinds[counter];
}

static bool
has_label(const struct counter_kind *kind, const char *label)
{
	if (kind->labels == NULL)
		return label[0] != '\0' &&
		    strspn(label, LABEL_CHARACTERS) == strlen(label);
	for (size_t i = 0; kind->labels[i] != NULL; i++)
		if (strcmp(kind->labels[i], label) == 0)
			return true;
	return false;
}

enum status
counter_add(
    struct db *db, struct arena *arena, enum counter counter, const char *label)
{
	const struct counter_kind *kind = &kinds[counter];

	if (!has_label(kind, label)) {
		log_error("counter %s has no label %s", kind->name, label);
		return ST_FAULT;
	}
	return db_query(db, arena, &stmts[ADD],
	    DB_ARGS(DB_TEXT(kind->name), DB_TEXT(label)), NULL);
}

enum status
counter_read(
    struct db *db, struct arena *arena, struct count **counts, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[READ], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	*count = db_count(rows);
	*counts = arena_array(arena, *count, sizeof(**counts));
	for (size_t i = 0; i < *count; i++)
		(*counts)[i] = (struct count){
			.name = db_text(rows, i, 0),
			.label = db_text(rows, i, 1),
			.value = db_int(rows, i, 2),
		};
	return ST_OK;
}

enum status
counter_fold(struct db *db, struct arena *arena)
{
	return db_query(db, arena, &stmts[FOLD], DB_NO_ARGS, NULL);
}
