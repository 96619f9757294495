/* metrics.c - a table of gauges, a statement each, and all counters. */

#include <inttypes.h>
#include <string.h>

#include "account/metrics.h"
#include "base/counter.h"

#define PREFIX "chatelaine_"

/* Each gives rows of a label and a number; the label counts if there is one. */
enum { SESSIONS, OUTBOX, OUTBOX_OLDEST, JOBS, AUDIT, WORKER, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[SESSIONS] = { "metrics_sessions",
	    "SELECT '', count(*) FROM session WHERE revoked_at IS NULL"
	    " AND least(idle_expires_at, expires_at) > now()" },
	[OUTBOX] = { "metrics_outbox",
	    "SELECT s.state, count(o.state)"
	    " FROM unnest(ARRAY['queued', 'sent', 'bounced', 'suppressed'])"
	    " AS s (state)"
	    " LEFT JOIN outbox o ON o.state = s.state GROUP BY s.state"
	    " ORDER BY s.state" },
	[OUTBOX_OLDEST] = { "metrics_outbox_oldest",
	    "SELECT '', coalesce(greatest(0, floor(extract(epoch FROM"
	    " now() - min(created_at)))), 0)::bigint"
	    " FROM outbox WHERE state = 'queued'" },
	[JOBS] = { "metrics_jobs",
	    "SELECT kind, count(*) FROM job GROUP BY kind ORDER BY kind" },
	[AUDIT] = { "metrics_audit", "SELECT '', count(*) FROM audit_pending" },
	/* No row where no worker was ever seen: there is no age to tell. */
	[WORKER] = { "metrics_worker",
	    "SELECT lane, greatest(0, floor(extract(epoch FROM"
	    " now() - max(seen_at))))::bigint FROM worker"
	    " GROUP BY lane ORDER BY lane" },
};

static const struct gauge {
	const char *name;
	const char *label; /* what is told apart; NULL: nothing */
	const char *help;
} gauges[STMT_COUNT] = {
	[SESSIONS] = { "sessions", NULL, "Sessions that are alive." },
	[OUTBOX] = { "outbox_mails", "state",
	    "Mails in the outbox: those that wait, and those of 30 days." },
	[OUTBOX_OLDEST] = { "outbox_oldest_seconds", NULL,
	    "Age of the oldest mail that waits; 0 when none does." },
	[JOBS] = { "jobs", "kind", "Jobs to be done, now or later." },
	[AUDIT] = { "audit_pending_rows", NULL,
	    "Rows of the audit log that are not sealed yet." },
	[WORKER] = { "worker_heartbeat_age_seconds", "lane",
	    "Since a worker was last seen that does the jobs of this lane." },
};

static void
put_head(struct strbuf *sb, const char *name, const char *suffix,
    const char *type, const char *help)
{
	strbuf_printf(sb, "# HELP " PREFIX "%s%s %s\n", name, suffix, help);
	strbuf_printf(sb, "# TYPE " PREFIX "%s%s %s\n", name, suffix, type);
}

/* A label's value: three characters have to be escaped. */
static void
put_label(struct strbuf *sb, const char *name, const char *value)
{
	strbuf_printf(sb, "{%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			strbuf_str(sb, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			strbuf_char(sb, '\\');
		strbuf_char(sb, *value);
	}
	strbuf_str(sb, "\"}");
}

static void
put_sample(struct strbuf *sb, const char *name, const char *suffix,
    const char *label, const char *value, int64_t number)
{
	strbuf_printf(sb, PREFIX "%s%s", name, suffix);
	if (label != NULL)
		put_label(sb, label, value);
	strbuf_printf(sb, " %" PRId64 "\n", number);
}

static enum status
put_gauge(struct db *db, struct arena *arena, size_t which, struct strbuf *sb)
{
	const struct gauge *gauge = &gauges[which];
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[which], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	put_head(sb, gauge->name, "", "gauge", gauge->help);
	for (size_t i = 0; i < db_count(rows); i++)
		put_sample(sb, gauge->name, "", gauge->label,
		    db_text(rows, i, 0), db_int(rows, i, 1));
	return ST_OK;
}

/* What was counted under this label; 0 if nothing was. */
static int64_t
value_of(const struct count *counts, size_t count, const char *name,
    const char *label)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(counts[i].name, name) == 0 &&
		    strcmp(counts[i].label, label) == 0)
			return counts[i].value;
	return 0;
}

/*
 * All labels of a counter from the start on, as a rate can only be told of
 * what was there before; where they are not known, those that were counted.
 */
static void
put_counter(const struct counter_kind *kind, const struct count *counts,
    size_t count, struct strbuf *sb)
{
	put_head(sb, kind->name, "_total", "counter", kind->help);
	for (size_t i = 0; kind->labels != NULL && kind->labels[i] != NULL; i++)
		put_sample(sb, kind->name, "_total", kind->label,
		    kind->labels[i],
		    value_of(counts, count, kind->name, kind->labels[i]));
	for (size_t i = 0; kind->labels == NULL && i < count; i++)
		if (strcmp(counts[i].name, kind->name) == 0)
			put_sample(sb, kind->name, "_total", kind->label,
			    counts[i].label, counts[i].value);
}

static void
put_histogram(const struct histogram_kind *kind, const struct count *counts,
    size_t count, struct strbuf *sb)
{
	int64_t sum = value_of(counts, count, kind->name, HISTOGRAM_SUM);
	int64_t so_far = 0;

	put_head(sb, kind->name, "", "histogram", kind->help);
	for (size_t i = 0; i <= kind->count; i++) {
		const char *label = i < kind->count ? kind->bounds[i].label
						    : HISTOGRAM_INFINITE;

		so_far += value_of(counts, count, kind->name, label);
		put_sample(sb, kind->name, "_bucket", "le", label, so_far);
	}
	strbuf_printf(sb, PREFIX "%s_sum %" PRId64 ".%03d\n", kind->name,
	    sum / 1000, (int)(sum % 1000));
	put_sample(sb, kind->name, "_count", NULL, NULL, so_far);
}

enum status
metrics_write(struct db *db, struct arena *arena, struct strbuf *sb)
{
	struct count *counts;
	size_t count;
	enum status st;

	st = counter_read(db, arena, &counts, &count);
	for (size_t i = 0; i < COUNTER_COUNT && st == ST_OK; i++)
		put_counter(counter_kind((enum counter)i), counts, count, sb);
	for (size_t i = 0; i < HISTOGRAM_COUNT && st == ST_OK; i++)
		put_histogram(
		    histogram_kind((enum histogram)i), counts, count, sb);
	for (size_t i = 0; i < STMT_COUNT && st == ST_OK; i++)
		st = put_gauge(db, arena, i, sb);
	return st;
}
