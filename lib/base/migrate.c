/* migrate.c - applying migrations, and taking the newest back. */

#include <string.h>
#include <time.h>

#include "base/migrate_internal.h"

#define LOCK "7163082359878476137" /* "chatelai", as a number */
#define LOCK_PAUSE_NS (100 * 1000 * 1000)

enum {
	TABLE_EXISTS,
	APPLIED,
	TRY_LOCK,
	UNLOCK,
	CHECK,
	CHECK_ALONE,
	ADD_VERSION,
	REMOVE_VERSION,
	STMT_COUNT
};

static const struct db_stmt stmts[STMT_COUNT] = {
	[TABLE_EXISTS] = { "migrate_table_exists",
	    "SELECT to_regclass('public.schema_migrations') IS NOT NULL" },
	[APPLIED] = { "migrate_applied",
	    "SELECT version FROM public.schema_migrations ORDER BY version"
	    " COLLATE \"C\"" },
	[TRY_LOCK] = { "migrate_try_lock",
	    "SELECT pg_try_advisory_lock(" LOCK ")" },
	[UNLOCK] = { "migrate_unlock", "SELECT pg_advisory_unlock_all()" },
	/* Ours at once while the session is the one that holds the lock. */
	[CHECK] = { "migrate_check",
	    "SELECT pg_try_advisory_xact_lock(" LOCK "),"
	    " EXISTS (SELECT FROM public.schema_migrations WHERE version = $1)"
	    ", set_config('statement_timeout', '0', true)" },
	[CHECK_ALONE] = { "migrate_check_alone",
	    "SELECT pg_try_advisory_lock(" LOCK "),"
	    " EXISTS (SELECT FROM public.schema_migrations WHERE version = $1)"
	    ", set_config('statement_timeout', '0', false)" },
	[ADD_VERSION] = { "migrate_add_version",
	    "INSERT INTO public.schema_migrations (version) VALUES ($1)" },
	[REMOVE_VERSION] = { "migrate_remove_version",
	    "DELETE FROM public.schema_migrations WHERE version = $1" },
};

/* What is done to one migration. */
struct step {
	const struct migration *migration;
	struct migrate_script script;
	bool applied; /* what it is before, and is not after */
};

static enum status
explain(enum status st, const char **why)
{
	if (st == ST_UNAVAILABLE)
		*why = "the database can't be reached";
	else if (st != ST_OK)
		*why = "the table of migrations can't be used; see the log";
	return st;
}

/* The versions applied; no rows when there is no table yet. */
static enum status
applied_versions(struct db *db, struct arena *arena, struct db_rows **rows)
{
	enum status st;

	st = db_query_one(db, arena, &stmts[TABLE_EXISTS], DB_NO_ARGS, rows);
	if (st != ST_OK)
		return st;
	if (!db_bool(*rows, 0, 0)) {
		*rows = NULL;
		return ST_OK;
	}
	return db_query(db, arena, &stmts[APPLIED], DB_NO_ARGS, rows);
}

/* Merge two sequences in the order of versions. */
static void
merge(struct arena *arena, const struct migration *files, size_t file_count,
    const struct db_rows *applied, struct migration **list, size_t *count)
{
	size_t applied_count = applied != NULL ? db_count(applied) : 0;
	size_t f = 0, a = 0;

	*list = arena_array(arena, file_count + applied_count, sizeof(**list));
	*count = 0;
	while (f < file_count || a < applied_count) {
		struct migration *next = &(*list)[(*count)++];
		const char *version =
		    a < applied_count ? db_text(applied, a, 0) : NULL;
		int order = version == NULL ? -1
		    : f == file_count       ? 1
					    : strcmp(files[f].version, version);

		if (order <= 0)
			*next = files[f++];
		else
			*next =
			    (struct migration){ arena_strdup(arena, version),
				    "", NULL, true };
		if (order >= 0) {
			next->applied = true;
			a++;
		}
	}
}

enum status
migrate_list(struct db *db, struct arena *arena, const char *dir,
    struct migration **list, size_t *count, const char **why)
{
	struct migration *files;
	struct db_rows *applied;
	size_t file_count;
	enum status st;

	st = migrate_files(arena, dir, &files, &file_count, why);
	if (st != ST_OK)
		return st;
	st = applied_versions(db, arena, &applied);
	if (st != ST_OK)
		return explain(st, why);
	merge(arena, files, file_count, applied, list, count);
	return ST_OK;
}

/*
 * Take the lock, asking again and again: one who waits inside PostgreSQL holds
 * a snapshot, and CREATE INDEX CONCURRENTLY in the other runner would wait for
 * that in turn.
 */
static enum status
lock(struct db *db, struct arena *arena)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	struct db_rows *rows;
	enum status st;

	for (;;) {
		st = db_query_one(
		    db, arena, &stmts[TRY_LOCK], DB_NO_ARGS, &rows);
		if (st != ST_OK || db_bool(rows, 0, 0))
			return st;
		(void)nanosleep(&pause, NULL);
	}
}

/* Let go of it, and of what the migrations SET. */
static void
unlock(struct db *db, struct arena *arena)
{
	const char *message;

	if (db_query(db, arena, &stmts[UNLOCK], DB_NO_ARGS, NULL) != ST_OK ||
	    db_script(db, arena, "RESET ALL", &message) != ST_OK)
		return; /* lost: then both are as they should be */
}

/*
 * Run the script and change the row, having made sure that the lock is still
 * ours and that nobody was faster. *done is false if somebody was.
 */
static enum status
run(struct db *db, struct arena *arena, const struct step *step, bool *done,
    const char **why)
{
	const struct db_stmt *check =
	    &stmts[step->script.transaction ? CHECK : CHECK_ALONE];
	const struct db_stmt *change =
	    &stmts[step->applied ? REMOVE_VERSION : ADD_VERSION];
	const struct db_arg version = DB_TEXT(step->migration->version);
	struct db_rows *rows;
	enum status st;

	*done = false;
	st = db_query_one(db, arena, check, &version, 1, &rows);
	if (st != ST_OK)
		return explain(st, why);
	if (!db_bool(rows, 0, 0)) {
		*why = "the connection was lost, and with it the lock, which"
		       " another runner has now";
		return ST_UNAVAILABLE;
	}
	if (db_bool(rows, 0, 1) != step->applied)
		return ST_OK;
	st = db_script(db, arena, step->script.sql, why);
	if (st != ST_OK) {
		*why =
		    arena_printf(arena, "%s: %s", step->migration->path, *why);
		return st;
	}
	*done = true;
	return explain(db_query(db, arena, change, &version, 1, NULL), why);
}

static enum status
run_in_transaction(struct db *db, struct arena *arena, const struct step *step,
    bool *done, const char **why)
{
	enum status st = explain(db_begin(db), why);

	if (st != ST_OK)
		return st;
	st = run(db, arena, step, done, why);
	if (st != ST_OK) {
		db_rollback(db);
		return st;
	}
	st = db_commit(db);
	if (st != ST_OK)
		*why = arena_printf(arena, "%s: the commit failed: %s",
		    step->migration->path,
		    db_constraint(db)[0] != '\0' ? db_constraint(db)
						 : status_name(st));
	return st;
}

static enum status
take(struct db *db, struct arena *arena, const struct step *step, bool *done,
    const char **why)
{
	return step->script.transaction
	    ? run_in_transaction(db, arena, step, done, why)
	    : run(db, arena, step, done, why);
}

static enum status
apply_pending(struct db *db, struct arena *arena, const char *dir,
    void (*report)(const struct migration *, void *), void *closure,
    const char **why)
{
	struct migration *list;
	enum status st;
	size_t count;

	/* As dbmate makes it. */
	st = db_script(db, arena,
	    "CREATE TABLE IF NOT EXISTS public.schema_migrations"
	    " (version varchar PRIMARY KEY)",
	    why);
	if (st == ST_OK)
		st = migrate_list(db, arena, dir, &list, &count, why);
	for (size_t i = 0; st == ST_OK && i < count; i++) {
		struct step step = { .migration = &list[i] };
		bool done;

		if (list[i].applied)
			continue;
		st = migrate_read(arena, list[i].path, &step.script, NULL, why);
		if (st == ST_OK)
			st = take(db, arena, &step, &done, why);
		list[i].applied = st == ST_OK;
		if (st == ST_OK && done && report != NULL)
			report(&list[i], closure);
	}
	return st;
}

enum status
migrate_up(struct db *db, struct arena *arena, const char *dir,
    void (*report)(const struct migration *, void *), void *closure,
    const char **why)
{
	enum status st;

	*why = "";
	st = explain(lock(db, arena), why);
	if (st != ST_OK)
		return st;
	st = apply_pending(db, arena, dir, report, closure, why);
	unlock(db, arena);
	return st;
}

static enum status
take_back_newest(struct db *db, struct arena *arena, const char *dir,
    struct migration *undone, const char **why)
{
	struct step step = { .migration = undone, .applied = true };
	struct migration *list;
	enum status st;
	size_t count;
	bool done;

	st = migrate_list(db, arena, dir, &list, &count, why);
	if (st != ST_OK)
		return st;
	while (count > 0 && !list[count - 1].applied)
		count--;
	if (count == 0) {
		*why = "no migration is applied";
		return ST_NOT_FOUND;
	}
	*undone = list[count - 1];
	if (undone->path == NULL) {
		*why = arena_printf(arena,
		    "%s is applied, but there is no file of it in %s",
		    undone->version, dir);
		return ST_INVALID;
	}
	st = migrate_read(arena, undone->path, NULL, &step.script, why);
	if (st == ST_OK)
		st = take(db, arena, &step, &done, why);
	undone->applied = st != ST_OK;
	return st;
}

enum status
migrate_down(struct db *db, struct arena *arena, const char *dir,
    struct migration *undone, const char **why)
{
	enum status st;

	*why = "";
	st = explain(lock(db, arena), why);
	if (st != ST_OK)
		return st;
	st = take_back_newest(db, arena, dir, undone, why);
	unlock(db, arena);
	return st;
}
