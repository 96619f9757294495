/* deletion.c - asked for, undone, reminded of, done. */

#include "account/deletion.h"
#include "account/audit.h"
#include "account/link.h"
#include "account/notice.h"
#include "base/clock.h"

enum { ASK, UNDO, REMIND, REMOVE, REMOVE_NOW, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	/* Nobody needs a reminder of what was asked for just before. */
	[ASK] = { "deletion_ask",
	    "UPDATE account SET"
	    " delete_after = now() + make_interval(secs => $2::bigint),"
	    " delete_reminded_at = CASE WHEN $2::bigint <= $3::bigint"
	    " THEN now() END WHERE id = $1::uuid RETURNING delete_after" },
	[UNDO] = { "deletion_undo",
	    "UPDATE account SET delete_after = NULL, delete_reminded_at = NULL"
	    " WHERE id = $1::uuid AND delete_after IS NOT NULL" },
	/* Rows that somebody signs in to just now are for the next time. */
	[REMIND] = { "deletion_remind",
	    "UPDATE account SET delete_reminded_at = now() WHERE id IN"
	    " (SELECT id FROM account WHERE delete_reminded_at IS NULL"
	    " AND delete_after > now() AND delete_after"
	    " <= now() + make_interval(secs => $1::bigint)"
	    " ORDER BY delete_after LIMIT $2::bigint"
	    " FOR UPDATE SKIP LOCKED)"
	    " RETURNING id, email, delete_after" },
	[REMOVE] = { "deletion_remove",
	    "DELETE FROM account WHERE id IN"
	    " (SELECT id FROM account WHERE delete_after <= now()"
	    " ORDER BY delete_after LIMIT $1::bigint"
	    " FOR UPDATE SKIP LOCKED)"
	    " RETURNING id" },
	[REMOVE_NOW] = { "deletion_now",
	    "DELETE FROM account WHERE id = $1::uuid" },
};

enum status
deletion_ask(
    const struct entry *entry, const struct account *account, int64_t *until)
{
	int64_t grace = entry->config->account_deletion_grace;
	struct db_rows *rows;
	enum status st;

	st = db_query_one(entry->db, entry->arena, &stmts[ASK],
	    DB_ARGS(
		DB_TEXT(account->id), DB_INT(grace), DB_INT(DELETION_REMINDER)),
	    &rows);
	if (st != ST_OK)
		return st;
	*until = db_time(rows, 0, 0);
	st = session_revoke_all(
	    entry->db, entry->arena, account->id, SESSION_SIGNED_OUT, NULL);
	if (st == ST_OK)
		st = link_expire(
		    entry->db, entry->arena, LINK_EMAIL_CHANGE, account->id);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_DELETION_ASKED, account->id, NULL, entry->origin);
	if (st != ST_OK)
		return st;
	return notice_mail(entry, account, "deletion",
	    OUTBOX_VALUES({ "until", clock_words(entry->arena, *until) }));
}

enum status
deletion_undo(
    const struct entry *entry, const struct account *account, bool *undone)
{
	enum status st;

	st = db_change(entry->db, entry->arena, &stmts[UNDO],
	    DB_ARGS(DB_TEXT(account->id)));
	*undone = st == ST_OK;
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = audit(entry->db, entry->arena, ACTOR_PERSON, DEED_DELETION_UNDONE,
	    account->id, NULL, entry->origin);
	if (st != ST_OK)
		return st;
	return notice_mail(entry, account, "deletion-undone", OUTBOX_NO_VALUES);
}

static enum status
remind(const struct entry *entry, bool *more)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(entry->db, entry->arena, &stmts[REMIND],
	    DB_ARGS(DB_INT(DELETION_REMINDER), DB_INT(DELETION_BATCH)), &rows);
	for (size_t i = 0; st == ST_OK && i < db_count(rows); i++) {
		const struct account account = {
			.id = db_text(rows, i, 0),
			.email = db_text(rows, i, 1),
		};
		const char *until =
		    clock_words(entry->arena, db_time(rows, i, 2));

		st = entry_mail(entry, &account, "deletion-reminder",
		    OUTBOX_VALUES({ "until", until }));
	}
	*more = *more || (st == ST_OK && db_count(rows) == DELETION_BATCH);
	return st;
}

static enum status
remove_due(const struct entry *entry, bool *more)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(entry->db, entry->arena, &stmts[REMOVE],
	    DB_ARGS(DB_INT(DELETION_BATCH)), &rows);
	for (size_t i = 0; st == ST_OK && i < db_count(rows); i++)
		st = audit(entry->db, entry->arena, ACTOR_WORKER,
		    DEED_ACCOUNT_DELETED, db_text(rows, i, 0), NULL, NULL);
	*more = *more || (st == ST_OK && db_count(rows) == DELETION_BATCH);
	return st;
}

enum status
deletion_tend(const struct entry *entry, bool *more)
{
	enum status st;

	*more = false;
	st = remind(entry, more);
	return st == ST_OK ? remove_due(entry, more) : st;
}

enum status
deletion_now(struct db *db, struct arena *arena, const char *account_id)
{
	return db_change(
	    db, arena, &stmts[REMOVE_NOW], DB_ARGS(DB_TEXT(account_id)));
}
