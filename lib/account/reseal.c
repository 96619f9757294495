/* reseal.c - a table of what is sealed, gone through in the order of its keys. */

#include <stdio.h>
#include <string.h>

#include "account/reseal.h"
#include "base/log.h"

#define BATCH "100"

/*
 * FIND gives id, context and sealed bytes of rows beyond $2 whose bytes do not
 * begin with the mark $1. STORE changes the row $1 from $2 to $3.
 */
enum { FIND, STORE, STMT_COUNT };

struct sealed_column {
	const char *name;
	enum secret_purpose purpose;
	const char *before_first; /* an id that comes before all others */
	struct db_stmt stmts[STMT_COUNT];
};

/* Whoever seals something in a new place adds it here. */
static const struct sealed_column columns[RESEAL_COLUMNS] = {
	{
	    "signing_key.private_sealed",
	    SECRET_FOR_SIGNING_KEY,
	    "",
	    {
		[FIND] = { "reseal_key_find",
		    "SELECT kid, kid, private_sealed FROM signing_key"
		    " WHERE substr(private_sealed, 1, 9) <> $1 AND kid > $2"
		    " ORDER BY kid LIMIT " BATCH },
		[STORE] = { "reseal_key_store",
		    "UPDATE signing_key SET private_sealed = $3"
		    " WHERE kid = $1 AND private_sealed = $2" },
	    },
	},
	{
	    "outbox.sealed",
	    SECRET_FOR_OUTBOX,
	    "00000000-0000-0000-0000-000000000000",
	    {
		[FIND] = { "reseal_outbox_find",
		    "SELECT id, id, sealed FROM outbox"
		    " WHERE substr(sealed, 1, 9) <> $1 AND id > $2::uuid"
		    " ORDER BY id LIMIT " BATCH },
		[STORE] = { "reseal_outbox_store",
		    "UPDATE outbox SET sealed = $3"
		    " WHERE id = $1::uuid AND sealed = $2" },
	    },
	},
	{
	    "audit_key.sealed",
	    SECRET_FOR_AUDIT,
	    "",
	    {
		[FIND] = { "reseal_audit_find",
		    "SELECT id, id, sealed FROM audit_key"
		    " WHERE substr(sealed, 1, 9) <> $1 AND id > $2"
		    " ORDER BY id LIMIT " BATCH },
		[STORE] = { "reseal_audit_store",
		    "UPDATE audit_key SET sealed = $3"
		    " WHERE id = $1 AND sealed = $2" },
	    },
	},
	/* A secret is sealed to its account. */
	{
	    "second_factor.secret_sealed",
	    SECRET_FOR_SECOND_FACTOR,
	    "00000000-0000-0000-0000-000000000000",
	    {
		[FIND] = { "reseal_factor_find",
		    "SELECT id, account_id, secret_sealed FROM second_factor"
		    " WHERE substr(secret_sealed, 1, 9) <> $1 AND id > $2::uuid"
		    " ORDER BY id LIMIT " BATCH },
		[STORE] = { "reseal_factor_store",
		    "UPDATE second_factor SET secret_sealed = $3"
		    " WHERE id = $1::uuid AND secret_sealed = $2" },
	    },
	},
	/* A job's payload is sealed to its kind. */
	{
	    "job.payload",
	    SECRET_FOR_JOB,
	    "0",
	    {
		[FIND] = { "reseal_job_find",
		    "SELECT id, kind, payload FROM job"
		    " WHERE substr(payload, 1, 9) <> $1 AND id > $2::bigint"
		    " ORDER BY id LIMIT " BATCH },
		[STORE] = { "reseal_job_store",
		    "UPDATE job SET payload = $3"
		    " WHERE id = $1::bigint AND payload = $2" },
	    },
	},
};

/* One row. That it has changed or gone meanwhile is fine: so be it. */
static enum status
reseal_row(struct db *db, struct arena *arena, const struct master_key *key,
    const struct sealed_column *column, const struct db_rows *rows, size_t row,
    struct resealed *result)
{
	const char *id = db_text(rows, row, 0),
		   *context = db_text(rows, row, 1);
	size_t old_size, new_size, size;
	const unsigned char *old = db_bytes(rows, row, 2, &old_size);
	unsigned char *data, *new;
	enum status st;

	if (secret_open(key, arena, column->purpose, context, old, old_size,
		&data, &size) != ST_OK) {
		log_warning(
		    "%s of %s: no master key opens it", column->name, id);
		result->closed++;
		return ST_OK;
	}
	secret_seal(
	    key, arena, column->purpose, context, data, size, &new, &new_size);
	st = db_change(db, arena, &column->stmts[STORE],
	    DB_ARGS(
		DB_TEXT(id), DB_BYTES(old, old_size), DB_BYTES(new, new_size)));
	if (st == ST_OK)
		result->done++;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status
reseal_column(struct db *db, struct arena *arena, const struct master_key *key,
    const struct sealed_column *column, struct resealed *result)
{
	unsigned char mark[SECRET_SEAL_MARK_BYTES];
	char last[64];
	struct db_rows *rows;
	enum status st = ST_OK;
	size_t count = 1;

	*result = (struct resealed){ .column = column->name };
	secret_seal_mark(key, mark);
	(void)snprintf(last, sizeof(last), "%s", column->before_first);
	while (st == ST_OK && count > 0) {
		arena_reset(arena);
		st = db_query(db, arena, &column->stmts[FIND],
		    DB_ARGS(DB_BYTES(mark, sizeof(mark)), DB_TEXT(last)),
		    &rows);
		count = st == ST_OK ? db_count(rows) : 0;
		for (size_t row = 0; st == ST_OK && row < count; row++)
			st = reseal_row(
			    db, arena, key, column, rows, row, result);
		if (count > 0)
			(void)snprintf(last, sizeof(last), "%s",
			    db_text(rows, count - 1, 0));
	}
	return st;
}

enum status
reseal(struct db *db, struct arena *arena, const struct master_key *key,
    struct resealed results[static RESEAL_COLUMNS])
{
	enum status st = ST_OK;

	memset(results, 0, RESEAL_COLUMNS * sizeof(*results));
	for (size_t i = 0; i < RESEAL_COLUMNS && st == ST_OK; i++)
		st = reseal_column(db, arena, key, &columns[i], &results[i]);
	return st;
}
