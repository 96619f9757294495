/* check_dbmate.c - dbmate and our runner can take turns on a database. */

#include <check.h>
#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/migrate.h"
#include "base/strbuf.h"
#include "tests/harness/harness.h"

#define DUMP_LIMIT (16 * 1024 * 1024)

/* What dbmate and we may read differently, each in a file of its own. */
static const struct {
	const char *name;
	const char *text;
} samples[] = {
	{ "20260101000001_people.sql",
	    "-- Comments may come first.\n\n"
	    "-- migrate:up\n"
	    "CREATE TABLE person (id int PRIMARY KEY, name text);\n"
	    "CREATE TABLE pet (owner int REFERENCES person);\n"
	    "-- migrate:down\n"
	    "DROP TABLE pet;\nDROP TABLE person;\n" },
	{ "20260101000002_function.sql",
	    "--migrate:up\n"
	    "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$\n"
	    "BEGIN\n\t-- Ada's; it has a ; in it\n\tRETURN n + n;\nEND\n$$;\n"
	    "--  migrate:down  \nDROP FUNCTION twice;\n" },
	{ "20260101000003_index.sql",
	    "-- migrate:up transaction:false\n"
	    "CREATE INDEX CONCURRENTLY person_name ON person (name);\n"
	    "-- migrate:down transaction:false\n"
	    "DROP INDEX CONCURRENTLY person_name;\n" },
	{ "20260101000004_rows.sql",
	    "-- migrate:up\r\nINSERT INTO person VALUES (1, 'Ada');\r\n"
	    "\r\n-- migrate:down\r\nDELETE FROM person;\r\n" },
	{ "20260101000005_nothing.sql", "-- migrate:up\n\n-- migrate:down\n" },
};

enum { VERSIONS };

static const struct db_stmt stmts[] = {
	[VERSIONS] = { "versions",
	    "SELECT string_agg(version, ' ' ORDER BY version)"
	    " FROM schema_migrations" },
};

static struct arena *arena;
static const char *dbmate;

/* A directory, and another with the older half of it. */
static const char *whole, *half;

static const char *
npm_dir(void)
{
	const char *given = getenv("TEST_NPM_DIR");

	return given != NULL ? given
			     : arena_printf(arena, "%s/npm", test_builddir());
}

static void
copy_file(const char *name, const char *to)
{
	size_t size;
	char *text;

	ck_assert_int_eq(
	    file_read(arena, arena_printf(arena, "%s/%s", whole, name),
		DUMP_LIMIT, &text, &size),
	    ST_OK);
	test_write_file(to, name, text);
}

static int
is_migration(const struct dirent *entry)
{
	return strstr(entry->d_name, ".sql") != NULL;
}

static void
halve(void)
{
	struct dirent **entries;
	int count = scandir(whole, &entries, is_migration, alphasort);

	ck_assert_int_ge(count, 2);
	half = test_directory_new(arena);
	for (int i = 0; i < count; i++) {
		if (i < count / 2)
			copy_file(entries[i]->d_name, half);
		free(entries[i]);
	}
	free(entries);
}

/* First our own samples, then the migrations of the control database. */
static void
setup_samples(void)
{
	arena = arena_new();
	whole = test_directory_new(arena);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		test_write_file(whole, samples[i].name, samples[i].text);
	halve();
}

static void
teardown_samples(void)
{
	test_directory_remove(half);
	test_directory_remove(whole);
	arena_free(arena);
}

static void
setup_control(void)
{
	arena = arena_new();
	whole = arena_printf(arena, "%s/migrations/control", test_srcdir());
	halve();
}

static void
teardown_control(void)
{
	test_directory_remove(half);
	arena_free(arena);
}

static void
run_dbmate(const char *url, const char *dir, const char *command)
{
	ck_assert_int_eq(
	    test_run((const char *const[]){ dbmate, "--url", url,
		"--migrations-dir", dir, "--no-dump-schema", command, NULL }),
	    0);
}

static void
by_dbmate(const char *url, const char *dir)
{
	run_dbmate(url, dir, "migrate");
}

static void
by_us(const char *url, const char *dir)
{
	struct db *db = db_open(url, "check_dbmate");
	const char *why;
	enum status st = migrate_up(db, arena, dir, NULL, NULL, &why);

	ck_assert_msg(st == ST_OK, "%s", why);
	db_close(db);
}

/* The schema as text, without the key that pg_dump draws for each dump. */
static const char *
schema(const char *url)
{
	const char *dir = test_directory_new(arena);
	const char *path = arena_printf(arena, "%s/dump", dir);
	struct strbuf sb;
	size_t size;
	char *text, *line;

	ck_assert_int_eq(test_run((const char *const[]){
			     "pg_dump", "-s", "-f", path, url, NULL }),
	    0);
	ck_assert_int_eq(
	    file_read(arena, path, DUMP_LIMIT, &text, &size), ST_OK);
	test_directory_remove(dir);
	strbuf_init(&sb, arena);
	while ((line = strsep(&text, "\n")) != NULL) {
		if (strstr(line, "restrict ") == NULL)
			strbuf_printf(&sb, "%s\n", line);
	}
	return sb.text;
}

static const char *
versions(const char *url)
{
	struct db *db = db_open(url, "check_dbmate");
	struct db_rows *rows;

	ck_assert_int_eq(
	    db_query_one(db, arena, &stmts[VERSIONS], DB_NO_ARGS, &rows),
	    ST_OK);
	db_close(db);
	return db_text(rows, 0, 0);
}

/* Each half by one of the two; a straight run by either when NULL. */
static const struct {
	void (*first)(const char *url, const char *dir);
	void (*second)(const char *url, const char *dir);
} ways[] = {
	{ by_dbmate, by_dbmate },
	{ by_us, by_dbmate },
	{ by_dbmate, by_us },
};

START_TEST(any_way_leads_to_the_same_database)
{
	const char *ours = test_empty_database();
	const char *other = test_empty_database();

	by_us(ours, whole);
	ways[_i].first(other, half);
	ways[_i].second(other, whole);
	ck_assert_str_eq(versions(other), versions(ours));
	ck_assert_str_eq(schema(other), schema(ours));
}
END_TEST

START_TEST(each_finds_nothing_left_by_the_other)
{
	const char *ours = test_empty_database();
	const char *theirs = test_empty_database();
	struct db *db = db_open(theirs, "check_dbmate");
	struct migration *list;
	const char *why;
	size_t count;

	by_us(ours, whole);
	ck_assert_int_eq(
	    test_run((const char *const[]){ dbmate, "--url", ours,
		"--migrations-dir", whole, "status", "--exit-code", NULL }),
	    0);
	by_dbmate(theirs, whole);
	ck_assert_int_eq(
	    migrate_list(db, arena, whole, &list, &count, &why), ST_OK);
	for (size_t i = 0; i < count; i++)
		ck_assert(list[i].applied && list[i].path != NULL);
	db_close(db);
}
END_TEST

START_TEST(each_takes_back_what_the_other_did)
{
	const char *ours = test_empty_database();
	const char *theirs = test_empty_database();
	struct db *db = db_open(theirs, "check_dbmate");
	struct migration *list, undone;
	const char *why;
	size_t count;

	by_us(ours, whole);
	by_dbmate(theirs, whole);
	ck_assert_int_eq(
	    migrate_list(db, arena, whole, &list, &count, &why), ST_OK);
	for (size_t i = 0; i < count; i++) {
		ck_assert_str_eq(versions(theirs), versions(ours));
		ck_assert_str_eq(schema(theirs), schema(ours));
		run_dbmate(ours, whole, "rollback");
		ck_assert_msg(
		    migrate_down(db, arena, whole, &undone, &why) == ST_OK,
		    "%s", why);
	}
	ck_assert_str_eq(versions(ours), "");
	ck_assert_str_eq(schema(theirs), schema(ours));
	db_close(db);
}
END_TEST

static void
add_tcase(
    Suite *suite, const char *name, void (*setup)(void), void (*teardown)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, any_way_leads_to_the_same_database, 0, (int)ARRAY_LEN(ways));
	tcase_add_test(tcase, each_finds_nothing_left_by_the_other);
	tcase_add_test(tcase, each_takes_back_what_the_other_did);
	suite_add_tcase(suite, tcase);
}

/*
 * The program in the npm package of this machine's kind; NULL: there is none.
 * The package's own command would start node before each run.
 */
static const char *
find_dbmate(struct arena *paths)
{
	const char *pattern = arena_printf(
	    paths, "%s/node_modules/@dbmate/*/bin/dbmate", npm_dir());
	const char *found = NULL;
	glob_t files;

	if (glob(pattern, 0, NULL, &files) == 0)
		found = arena_strdup(paths, files.gl_pathv[0]);
	globfree(&files);
	return found != NULL && access(found, X_OK) == 0 ? found : NULL;
}

int
main(void)
{
	struct arena *paths = arena_new();
	Suite *suite;
	int code;

	arena = paths;
	dbmate = find_dbmate(paths);
	if (dbmate == NULL) {
		printf("SKIP: no dbmate in %s; see tests/npm\n", npm_dir());
		arena_free(paths);
		return 77;
	}
	suite = suite_create("dbmate");
	add_tcase(suite, "samples", setup_samples, teardown_samples);
	add_tcase(suite, "control", setup_control, teardown_control);
	code = harness_run(suite, NEEDS_POSTGRES);
	arena_free(paths);
	return code;
}
