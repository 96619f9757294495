/* import.c - judging what a file has, and loading what is good. */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "account/account.h"
#include "account/audit.h"
#include "account/import.h"
#include "account/password_kind.h"
#include "base/secret.h"
#include "base/text.h"
#include "mail/address.h"

/* now() is when the transaction began, which has made all of this file's. */
static const struct db_stmt is_ours = { "import_is_ours",
	"SELECT created_at = now() FROM account"
	" WHERE lower(email) = lower($1)" };

struct loader {
	struct db *db;
	struct arena *arena; /* of one record */
	import_report *report;
	void *closure;
	struct import_result *result;
	struct password_kind kinds[IMPORT_KINDS_MAX]; /* of Argon2id */
	size_t kind_count;
};

/* Which words say yes and no. */
static const struct {
	const char *word;
	bool verified;
} answers[] = {
	{ "true", true },
	{ "yes", true },
	{ "t", true },
	{ "1", true },
	{ "false", false },
	{ "no", false },
	{ "f", false },
	{ "0", false },
};

static bool
read_answer(const char *text, bool *verified)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (strcasecmp(answers[i].word, text) == 0) {
			*verified = answers[i].verified;
			return true;
		}
	return false;
}

static const char *
name_fault(const char *name)
{
	if (name[0] == '\0')
		return "is empty";
	if (strlen(name) > ACCOUNT_NAME_MAX)
		return "is longer than 100 bytes";
	if (!text_is_utf8(name, strlen(name)))
		return "is not UTF-8";
	return text_has_control(name) ? "has control characters or lines"
				      : NULL;
}

static bool
is_in_use(const struct loader *loader, struct password_kind kind)
{
	for (size_t i = 0; i < loader->kind_count; i++)
		if (password_kind_is_same(loader->kinds[i], kind))
			return true;
	return false;
}

/* May there be hashes of this kind? */
static bool
has_room(const struct loader *loader, struct password_kind kind)
{
	return kind.scheme != PASSWORD_ARGON2ID || is_in_use(loader, kind) ||
	    loader->kind_count < IMPORT_KINDS_MAX;
}

/* There are. Of those from before the limit there may be more than fit. */
static void
note_kind(struct loader *loader, struct password_kind kind)
{
	if (kind.scheme == PASSWORD_ARGON2ID && !is_in_use(loader, kind) &&
	    loader->kind_count < IMPORT_KINDS_MAX)
		loader->kinds[loader->kind_count++] = kind;
}

static const char *
hash_fault(const struct loader *loader, const char *hash)
{
	if (hash[0] == '\0')
		return "is empty";
	if (!password_hash_is_importable(hash))
		return "is neither bcrypt ($2a$, $2b$ or $2y$, cost 4 to 14)"
		       " nor Argon2id as libsodium writes it, with at most"
		       " 256 MiB, and 1 GiB in all passes";
	if (!has_room(loader, password_kind_of(hash)))
		return "has parameters of Argon2id beyond the 4 kinds that may"
		       " be in use";
	return NULL;
}

/* Why a record will not do, and which field of it; NULL if it will. */
static const char *
judge(const struct loader *loader, const struct import_record *record,
    enum import_field *field, bool *verified)
{
	const char *const *values = record->values;
	const char *fault;

	for (*field = 0; *field < IMPORT_FIELD_COUNT; (*field)++)
		if (values[*field] == NULL)
			return "is missing";
	*field = IMPORT_EMAIL;
	if (!address_is_valid(values[IMPORT_EMAIL]))
		return "is not an email address";
	*field = IMPORT_NAME;
	fault = name_fault(values[IMPORT_NAME]);
	if (fault != NULL)
		return fault;
	*field = IMPORT_VERIFIED;
	if (!read_answer(values[IMPORT_VERIFIED], verified))
		return "is neither true nor false";
	*field = IMPORT_HASH;
	return hash_fault(loader, values[IMPORT_HASH]);
}

static enum status
refuse(struct loader *loader, int64_t line, const char *field, const char *why)
{
	loader->result->refused++;
	loader->report(loader->closure, line, field, why);
	return ST_OK;
}

/* The address has an account: since before, or by this very file? */
static enum status
refuse_taken(struct loader *loader, const struct import_record *record)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(loader->db, loader->arena, &is_ours,
	    DB_ARGS(DB_TEXT(record->values[IMPORT_EMAIL])), &rows);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_CONFLICT : st;
	return refuse(loader, record->line, import_field_names[IMPORT_EMAIL],
	    db_bool(rows, 0, 0) ? "is in an earlier line as well"
				: "has an account already");
}

static enum status
load(struct loader *loader, const struct import_record *record, bool verified)
{
	const char *id;
	enum status st;

	st = account_create(loader->db, loader->arena,
	    record->values[IMPORT_EMAIL], record->values[IMPORT_NAME],
	    record->values[IMPORT_HASH], verified, &id);
	if (st == ST_CONFLICT)
		return refuse_taken(loader, record);
	if (st == ST_OK)
		st = audit(loader->db, loader->arena, ACTOR_OPERATOR,
		    DEED_ACCOUNT_IMPORTED, id, loader->result->id, NULL);
	if (st != ST_OK)
		return st;
	note_kind(loader, password_kind_of(record->values[IMPORT_HASH]));
	loader->result->loaded++;
	return ST_OK;
}

static enum status
take(void *closure, const struct import_record *record)
{
	struct loader *loader = closure;
	enum import_field field;
	const char *fault;
	bool verified;

	arena_reset(loader->arena);
	if (record->fault != NULL)
		return refuse(loader, record->line, NULL, record->fault);
	fault = judge(loader, record, &field, &verified);
	if (fault != NULL)
		return refuse(
		    loader, record->line, import_field_names[field], fault);
	return load(loader, record, verified);
}

/* The kinds of Argon2id that accounts have already. */
static enum status
note_kinds(struct loader *loader)
{
	const char *const *names;
	size_t count;
	enum status st;

	st = account_password_kinds(loader->db, loader->arena, &names, &count);
	for (size_t i = 0; st == ST_OK && i < count; i++)
		note_kind(loader, password_kind_of(names[i]));
	return st;
}

static enum status
load_file(struct loader *loader, FILE *file, enum import_format format)
{
	struct import_record fatal = { .fault = NULL };
	enum status st;

	st = note_kinds(loader);
	if (st == ST_OK)
		st = import_file_read(file, format, take, loader, &fatal);
	if (fatal.fault != NULL)
		loader->report(loader->closure, fatal.line, NULL, fatal.fault);
	if (st == ST_OK && loader->result->loaded > 0)
		st = audit(loader->db, loader->arena, ACTOR_OPERATOR,
		    DEED_ACCOUNTS_IMPORTED, NULL, loader->result->id, NULL);
	return st;
}

enum status
import_accounts(struct db *db, struct arena *arena, FILE *file,
    enum import_format format, bool dry_run, import_report *report,
    void *closure, struct import_result *result)
{
	struct loader loader = {
		.db = db,
		.arena = arena_new(),
		.report = report,
		.closure = closure,
		.result = result,
	};
	enum status st;
	int why;

	*result = (struct import_result){ .id = secret_uuid(arena) };
	st = db_begin(db);
	if (st == ST_OK)
		st = load_file(&loader, file, format);
	why = errno;
	if (st == ST_OK && !dry_run)
		st = db_commit(db);
	else
		db_rollback(db);
	arena_free(loader.arena);
	errno = why; /* of a file that can't be read, not of the database */
	return st;
}
