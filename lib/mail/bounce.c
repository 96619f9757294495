/* bounce.c - a report changes the mail's row, and perhaps the account's. */

#include "mail/bounce.h"
#include "account/audit.h"
#include "base/counter.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/return_path.h"

enum { RETURNED, NOTE, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	/* A fast server reports before we have written that it was sent. */
	[RETURNED] = { "bounce_returned",
	    "UPDATE outbox SET state = 'bounced', reply = $2, sealed = NULL,"
	    " ended_at = coalesce(ended_at, now())"
	    " WHERE id = $1::uuid AND state IN ('queued', 'sent')" },
	[NOTE] = { "bounce_note",
	    "UPDATE account a SET email_bounced_at = now() FROM outbox o"
	    " WHERE o.id = $1::uuid AND a.id = o.account_id"
	    " AND lower(a.email) = lower(o.recipient)"
	    " AND a.email_bounced_at IS NULL RETURNING a.id" },
};

/* The first of its addresses that is one of ours. */
static enum status
find_id(const struct master_key *key, struct arena *arena,
    const struct report *report, const char *address, const char **id)
{
	if (address != NULL)
		return return_path_read(key, arena, address, id);
	for (size_t i = 0; i < report->address_count; i++)
		if (return_path_read(key, arena, report->addresses[i], id) ==
		    ST_OK)
			return ST_OK;
	return ST_NOT_FOUND;
}

bool
bounce_blames_address(const char *status)
{
	static const char *const others[] = {
		"5.1.7", "5.1.8",          /* the sender's address */
		"5.2.2", "5.2.3",          /* no room for this one */
		"5.3.",                    /* the system */
		"5.4.5", "5.4.6", "5.4.7", /* the way: busy, a loop, too long */
		"5.5.", "5.6.", "5.7.",    /* protocol, content, policy */
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (text_starts_with(status, others[i]))
			return false;
	return true;
}

enum status
bounce_note(struct db *db, struct arena *arena, const char *id)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[NOTE], DB_ARGS(DB_TEXT(id)), &rows);
	if (st != ST_OK || db_count(rows) == 0)
		return st;
	return audit(db, arena, ACTOR_WORKER, DEED_ADDRESS_BOUNCED,
	    db_text(rows, 0, 0), id, NULL);
}

static enum status
take(struct db *db, struct arena *arena, const struct report *report,
    const char *id)
{
	const char *reply = arena_printf(
	    arena, "report %s: %s", report->status, report->reason);
	enum status st;

	st = db_change(
	    db, arena, &stmts[RETURNED], DB_ARGS(DB_TEXT(id), DB_TEXT(reply)));
	if (st == ST_OK)
		st = counter_add(db, arena, COUNTER_MAILS, "returned");
	if (st == ST_OK && report->kind == REPORT_FAILED &&
	    bounce_blames_address(report->status))
		st = bounce_note(db, arena, id);
	return st;
}

enum status
bounce_take(struct db *db, struct arena *arena, const struct master_key *key,
    const struct report *report, const char *address, const char **id)
{
	enum status st;

	st = find_id(key, arena, report, address, id);
	if (st != ST_OK)
		return st;
	if (report->kind < REPORT_GAVE_UP)
		return ST_INVALID;
	st = db_begin(db);
	if (st != ST_OK)
		return st;
	st = take(db, arena, report, *id);
	if (st == ST_OK)
		st = db_commit(db);
	else
		db_rollback(db);
	if (st == ST_OK)
		log_warning("mail %s came back: %s", *id, report->status);
	return st;
}
