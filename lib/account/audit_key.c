/* audit_key.c - rows of keys, each sealed with the master key. */

#include <string.h>

#include "account/audit_key.h"
#include "base/log.h"

enum { KEYS, ADD_KEY, AWAIT_LOCK, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[KEYS] = { "audit_keys",
	    "SELECT id, sealed FROM audit_key ORDER BY created_at DESC, id" },
	[ADD_KEY] = { "audit_add_key",
	    "INSERT INTO audit_key (id, sealed) VALUES ($1, $2)" },
	[AWAIT_LOCK] = { "audit_await_lock",
	    "SELECT pg_advisory_xact_lock(" AUDIT_LOCK ")" },
};

enum status
audit_keys_open(struct db *db, struct arena *arena,
    const struct master_key *master, struct audit_key **keys, size_t *count)
{
	struct db_rows *rows;
	enum status st;

	*count = 0;
	st = db_query(db, arena, &stmts[KEYS], DB_NO_ARGS, &rows);
	if (st != ST_OK)
		return st;
	*keys = arena_array(arena, db_count(rows), sizeof(**keys));
	for (size_t i = 0; i < db_count(rows); i++) {
		struct audit_key *key = &(*keys)[*count];
		const char *id = db_text(rows, i, 0);
		size_t sealed_size, size;
		const unsigned char *sealed =
		    db_bytes(rows, i, 1, &sealed_size);
		unsigned char *bytes;

		if (strlen(id) != AUDIT_KEY_ID_LEN ||
		    secret_open(master, arena, SECRET_FOR_AUDIT, id, sealed,
			sealed_size, &bytes, &size) != ST_OK ||
		    size != sizeof(key->bytes)) {
			log_warning("audit key %s: the master key does not"
				    " open it",
			    id);
			continue;
		}
		memcpy(key->bytes, bytes, size);
		memcpy(key->id, id, AUDIT_KEY_ID_LEN + 1);
		(*count)++;
	}
	return ST_OK;
}

static enum status
make_key(struct db *db, struct arena *arena, const struct master_key *master,
    struct audit_key *key)
{
	unsigned char id[8], *sealed;
	size_t size;

	secret_random(id, sizeof(id));
	memcpy(
	    key->id, base64url_encode(arena, id, sizeof(id)), sizeof(key->id));
	secret_random(key->bytes, sizeof(key->bytes));
	secret_seal(master, arena, SECRET_FOR_AUDIT, key->id, key->bytes,
	    sizeof(key->bytes), &sealed, &size);
	return db_query(db, arena, &stmts[ADD_KEY],
	    DB_ARGS(DB_TEXT(key->id), DB_BYTES(sealed, size)), NULL);
}

/* Of several workers that find none, the first makes it. */
static enum status
make_first_key(struct db *db, struct arena *arena,
    const struct master_key *master, struct audit_key *key)
{
	struct audit_key *keys;
	size_t count = 0;
	enum status st;

	st = db_begin(db);
	if (st != ST_OK)
		return st;
	st = db_query(db, arena, &stmts[AWAIT_LOCK], DB_NO_ARGS, NULL);
	if (st == ST_OK)
		st = audit_keys_open(db, arena, master, &keys, &count);
	if (st == ST_OK && count > 0)
		*key = keys[0];
	else if (st == ST_OK)
		st = make_key(db, arena, master, key);
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

enum status
audit_key_current(struct db *db, struct arena *arena,
    const struct master_key *master, struct audit_key *key)
{
	struct audit_key *keys;
	size_t count;
	enum status st;

	st = audit_keys_open(db, arena, master, &keys, &count);
	if (st != ST_OK)
		return st;
	if (count == 0)
		return make_first_key(db, arena, master, key);
	*key = keys[0];
	return ST_OK;
}
