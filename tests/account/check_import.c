/* check_import.c - files of other systems, line by line. */

#include <check.h>
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "account/account.h"
#include "account/import.h"
#include "base/strbuf.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

#define B "$2y$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define A_TAIL                                                       \
	",p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAA"
#define A "$argon2id$v=19$m=65536,t=2" A_TAIL
#define HEAD "email,name,hash,verified\n"
#define HUNDRED                                              \
	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee" \
	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

static struct arena *arena;
static struct db *db;
static struct strbuf reports;
static struct import_result result;

static void
setup(void)
{
	arena = arena_new();
	(void)test_config(arena);
	test_clear();
	db = db_open(test_database_url(), "check_import");
	strbuf_init(&reports, arena);
}

static void
teardown(void)
{
	db_close(db);
	arena_free(arena);
}

static void
report(void *closure, int64_t line, const char *field, const char *reason)
{
	(void)closure;
	strbuf_printf(&reports, "%d %s: %s\n", (int)line,
	    field != NULL ? field : "-", reason);
}

static enum status
import(const char *text, size_t size, enum import_format format, bool dry_run)
{
	FILE *file = tmpfile();
	enum status st;

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, size, file), size);
	rewind(file);
	st = import_accounts(
	    db, arena, file, format, dry_run, report, NULL, &result);
	ck_assert_int_eq(fclose(file), 0);
	return st;
}

static void
load(const char *text)
{
	ck_assert_int_eq(
	    import(text, strlen(text), IMPORT_GUESS, false), ST_OK);
}

static int64_t
accounts(void)
{
	return test_int("SELECT count(*) FROM account", NULL);
}

static int64_t
noted(const char *deed)
{
	return test_int("SELECT count(*) FROM audit_log WHERE action = $1"
			" AND actor = 'operator'",
	    deed);
}

static struct account
find(const char *email)
{
	struct account account;

	ck_assert_int_eq(
	    account_find_by_email(db, arena, email, &account), ST_OK);
	return account;
}

START_TEST(loads_csv_with_columns_in_any_order)
{
	struct account ada, bob;

	load("\xef\xbb\xbf Verified ,HASH,email,name\r\n"
	     "true," B ",ada@example.org,\"Lovelace, \"\"Ada\"\"\"\r\n"
	     "\r\n"
	     "no,\"" A "\",bob@example.org,Bob");
	ck_assert_str_eq(reports.text, "");
	ck_assert_int_eq(result.loaded, 2);
	ck_assert_int_eq(result.refused, 0);
	ada = find("ada@example.org");
	ck_assert_str_eq(ada.name, "Lovelace, \"Ada\"");
	ck_assert_str_eq(ada.password_hash, B);
	ck_assert(ada.verified);
	bob = find("bob@example.org");
	ck_assert_str_eq(bob.password_hash, A);
	ck_assert(!bob.verified);
}
END_TEST

START_TEST(loads_json_lines)
{
	load("\n{\"email\":\"ada@example.org\",\"name\":\"\\u0141ukasz\","
	     "\"hash\":\"" B "\",\"verified\":true}\r\n"
	     "{\"verified\":false,\"hash\":\"" A "\",\"name\":\"Bob\","
	     "\"email\":\"bob@example.org\"}");
	ck_assert_str_eq(reports.text, "");
	ck_assert_int_eq(result.loaded, 2);
	ck_assert_str_eq(find("ada@example.org").name, "\u0141ukasz");
	ck_assert(find("ada@example.org").verified);
	ck_assert(!find("bob@example.org").verified);
}
END_TEST

START_TEST(notes_the_import_and_each_account)
{
	load(HEAD "ada@example.org,Ada," B ",1\nbob@example.org,Bob," B ",0\n");
	ck_assert_int_eq(noted("account imported"), 2);
	ck_assert_int_eq(noted("accounts imported"), 1);
	ck_assert_int_eq(
	    test_int(
		"SELECT count(*) FROM audit_log WHERE subject = $1", result.id),
	    3);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log l"
				  " JOIN account a ON a.id = l.account_id",
			     NULL),
	    2);
}
END_TEST

START_TEST(a_dry_run_leaves_nothing)
{
	static const char text[] = HEAD "ada@example.org,Ada," B ",1\n"
					"ADA@example.org,Ada," B ",1\n";

	ck_assert_int_eq(import(text, strlen(text), IMPORT_GUESS, true), ST_OK);
	ck_assert_int_eq(result.loaded, 1);
	ck_assert_int_eq(result.refused, 1);
	ck_assert_int_eq(accounts(), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log", NULL), 0);
}
END_TEST

/* A bad line among two good ones. */
static const struct {
	const char *line;
	const char *report;
} lines[] = {
	{ "ada@,Ada," B ",1", "3 email: is not an email address\n" },
	{ ",Ada," B ",1", "3 email: is not an email address\n" },
	{ "bob@example.org,B," B ",1",
	    "3 email: is in an earlier line as well\n" },
	{ "BOB@example.org,B," B ",1",
	    "3 email: is in an earlier line as well\n" },
	{ "old@example.org,O," B ",1", "3 email: has an account already\n" },
	{ "ada@example.org,," B ",1", "3 name: is empty\n" },
	{ "ada@example.org,\"\"," B ",1", "3 name: is empty\n" },
	{ "ada@example.org," HUNDRED "x," B ",1",
	    "3 name: is longer than 100 bytes\n" },
	{ "ada@example.org,\xff," B ",1", "3 name: is not UTF-8\n" },
	{ "ada@example.org,A\x07," B ",1",
	    "3 name: has control characters or lines\n" },
	{ "ada@example.org,Ada,,1", "3 hash: is empty\n" },
	{ "ada@example.org,Ada," B ",maybe",
	    "3 verified: is neither true nor false\n" },
	{ "ada@example.org,Ada," B ",",
	    "3 verified: is neither true nor false\n" },
	{ "ada@example.org,Ada," B, "3 verified: is missing\n" },
	{ "ada@example.org", "3 name: is missing\n" },
	{ "ada@example.org,Ada," B ",1,more",
	    "3 -: there are more fields than the first row names\n" },
};

START_TEST(refuses_a_line_and_loads_the_rest)
{
	const char *id;

	ck_assert_int_eq(
	    account_create(db, arena, "old@example.org", "Old", "-", true, &id),
	    ST_OK);
	load(arena_printf(arena,
	    HEAD "bob@example.org,Bob,%s,1\n%s\n"
		 "eve@example.org,Eve,%s,1\n",
	    B, lines[_i].line, B));
	ck_assert_str_eq(reports.text, lines[_i].report);
	ck_assert_int_eq(result.loaded, 2);
	ck_assert_int_eq(result.refused, 1);
	ck_assert_int_eq(accounts(), 3);
	ck_assert_str_eq(find("old@example.org").password_hash, "-");
}
END_TEST

static const char *const hashes[] = { "secret", "*0", "$1$abc$def",
	"5f4dcc3b5aa765d61d8327deb882cf99",
	"$2x$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
	"$argon2id$v=19$m=4194304,t=1" A_TAIL,
	"$argon2id$v=19$m=262144,t=9" A_TAIL };

START_TEST(no_report_holds_a_hash)
{
	load(arena_printf(
	    arena, HEAD "ada@example.org,Ada,\"%s\",1\n", hashes[_i]));
	ck_assert_int_eq(result.refused, 1);
	ck_assert_int_eq(
	    strncmp(reports.text, "2 hash: is neither bcrypt", 25), 0);
	ck_assert_ptr_null(strstr(reports.text, hashes[_i]));
	ck_assert_int_eq(accounts(), 0);
	ck_assert_int_eq(noted("accounts imported"), 0);
}
END_TEST

START_TEST(few_kinds_of_argon2id_may_be_in_use)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	strbuf_str(&text, HEAD);
	for (int i = 1; i <= 6; i++)
		strbuf_printf(&text,
		    "a%d@example.org,Ada,\"$argon2id$v=19$m=65536,t=%d" A_TAIL
		    "\",1\n",
		    i, i);
	load(text.text);
	ck_assert_int_eq(result.loaded, IMPORT_KINDS_MAX);
	ck_assert_ptr_nonnull(strstr(reports.text, "6 hash: has parameters"));
	/* Those that are there count, and more of their like are welcome. */
	load(HEAD
	    "b1@example.org,Bob,\"$argon2id$v=19$m=65536,t=1" A_TAIL "\",1\n"
	    "b2@example.org,Bob,\"$argon2id$v=19$m=32768,t=1" A_TAIL "\",1\n");
	ck_assert_int_eq(result.loaded, 1);
	ck_assert_int_eq(result.refused, 1);
}
END_TEST

START_TEST(what_is_refused_takes_no_kind)
{
	struct strbuf text;

	load(HEAD "a0@example.org,Ada," B ",1\n");
	strbuf_init(&text, arena);
	strbuf_str(&text, HEAD);
	for (int i = 0; i <= IMPORT_KINDS_MAX; i++)
		strbuf_printf(&text,
		    "a%d@example.org,Ada,\"$argon2id$v=19$m=65536,t=%d" A_TAIL
		    "\",1\n",
		    i, i + 1);
	load(text.text);
	ck_assert_str_eq(reports.text, "2 email: has an account already\n");
	ck_assert_int_eq(result.loaded, IMPORT_KINDS_MAX);
}
END_TEST

static const struct {
	const char *line;
	const char *report;
} objects[] = {
	{ "{", "2 -: this is not a JSON object\n" },
	{ "[]", "2 -: this is not a JSON object\n" },
	{ "7", "2 -: this is not a JSON object\n" },
	{ "{} {}", "2 -: this is not a JSON object\n" },
	{ "{email:1}", "2 -: this is not a JSON object\n" },
	{ "{\"name\":\"\xff\"}", "2 -: this is not a JSON object\n" },
	{ "{\"name\":[[[[[]]]]]}", "2 -: this is not a JSON object\n" },
	{ "{}", "2 email: is missing\n" },
	{ "{\"email\":\"ada@example.org\"}", "2 name: is missing\n" },
	{ "{\"email\":7}", "2 -: email, name and hash must be strings\n" },
	{ "{\"email\":null}", "2 -: email, name and hash must be strings\n" },
	{ "{\"verified\":\"yes\"}", "2 -: verified must be true or false\n" },
	{ "{\"name\":\"A\\u0000\"}", "2 -: there is a null character\n" },
	{ "{\"role\":\"admin\"}",
	    "2 -: there is a member besides email, name, hash and verified\n" },
};

START_TEST(refuses_what_is_no_object_of_ours)
{
	static const char good[] =
	    "{\"email\":\"%s@example.org\",\"name\":"
	    "\"A\",\"hash\":\"" B "\",\"verified\":true}\n";
	struct strbuf text;

	strbuf_init(&text, arena);
	strbuf_printf(&text, good, "ada");
	strbuf_printf(&text, "%s\n", objects[_i].line);
	strbuf_printf(&text, good, "bob");
	load(text.text);
	ck_assert_str_eq(reports.text, objects[_i].report);
	ck_assert_int_eq(result.loaded, 2);
}
END_TEST

START_TEST(a_line_of_json_has_an_end)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	strbuf_str(&text, "{\"email\":\"");
	for (int i = 0; i < 100000; i++)
		strbuf_str(&text, "x");
	strbuf_str(&text,
	    "\"}\n{\"email\":\"ada@example.org\",\"name\":\"A\","
	    "\"hash\":\"" B "\",\"verified\":true}\n{\n");
	load(text.text);
	ck_assert_str_eq(reports.text,
	    "1 -: the line is too long\n3 -: this is not a JSON object\n");
	ck_assert_int_eq(result.loaded, 1);
}
END_TEST

/* Nothing is loaded, as nobody knows what the rest means. */
static const struct {
	const char *text;
	const char *report;
} senseless[] = {
	{ "ada@example.org,Ada," B ",1\n",
	    "1 -: the first row has to name the columns: email, name, hash and"
	    " verified, each once\n" },
	{ "email,email,name,hash,verified\n",
	    "1 -: the first row has to name the columns: email, name, hash and"
	    " verified, each once\n" },
	{ "\nemail,name,hash\nada@example.org,Ada," B "\n",
	    "2 -: the first row has to name all columns: email, name, hash and"
	    " verified\n" },
	{ HEAD "ada@example.org,Ada," B ",1\nb@example.org,\"B," B
	       ",1\nc@example.org,C," B ",1\n",
	    "3 -: a quote is not closed\n" },
};

START_TEST(gives_up_where_there_is_no_telling)
{
	ck_assert_int_eq(import(senseless[_i].text, strlen(senseless[_i].text),
			     IMPORT_GUESS, false),
	    ST_INVALID);
	ck_assert_str_eq(reports.text, senseless[_i].report);
	ck_assert_int_eq(accounts(), 0);
	ck_assert_int_eq(test_int("SELECT count(*) FROM audit_log", NULL), 0);
	ck_assert(!db_in_transaction(db));
}
END_TEST

START_TEST(a_quote_gathers_no_whole_file)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	strbuf_str(&text, HEAD "\"");
	for (int i = 0; i < 10000; i++)
		strbuf_str(&text, "ada@example.org,Ada," B ",1\n");
	ck_assert_int_eq(
	    import(text.text, text.len, IMPORT_GUESS, false), ST_INVALID);
	ck_assert_str_eq(
	    reports.text, "2 -: a field is too long; is a quote not closed?\n");
}
END_TEST

/* What is allocated when the row has ended. A sanitizer's malloc says 0. */
static void
measure(void *closure, int64_t line, const char *field, const char *reason)
{
	struct mallinfo2 info = mallinfo2();
	size_t *taken = closure;

	*taken = info.uordblks + info.hblkhd;
	report(NULL, line, field, reason);
}

START_TEST(a_row_without_end_is_not_kept)
{
	struct mallinfo2 info;
	FILE *file = tmpfile();
	size_t taken = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(HEAD, file), 0);
	for (int i = 0; i < 1000 * 1000; i++)
		ck_assert_int_ge(fputs("a,", file), 0);
	rewind(file);
	info = mallinfo2();
	ck_assert_int_eq(import_accounts(db, arena, file, IMPORT_CSV, false,
			     measure, &taken, &result),
	    ST_OK);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_str_eq(reports.text,
	    "2 -: there are more fields than the first row names\n");
	ck_assert_uint_le(taken, info.uordblks + info.hblkhd + 1024 * 1024);
}
END_TEST

START_TEST(counts_lines_that_quotes_contain)
{
	load(HEAD "ada@example.org,\"A\nd\na\"," B ",1\n\n"
		  "bob@,Bob," B ",1\n");
	ck_assert_str_eq(reports.text,
	    "2 name: has control characters or lines\n"
	    "6 email: is not an email address\n");
}
END_TEST

START_TEST(a_null_character_is_nowhere_taken)
{
	static const char text[] = HEAD "ada@example.org,A\0a," B ",1\n";

	ck_assert_int_eq(
	    import(text, sizeof(text) - 1, IMPORT_GUESS, false), ST_OK);
	ck_assert_str_eq(reports.text, "2 -: there is a null character\n");
}
END_TEST

START_TEST(an_empty_file_has_nobody)
{
	load("");
	load("\n \n");
	load(HEAD);
	ck_assert_int_eq(result.loaded, 0);
	ck_assert_int_eq(accounts(), 0);
}
END_TEST

START_TEST(the_format_can_be_told)
{
	static const char text[] = "{\"email\":7}\n";

	ck_assert_int_eq(
	    import(text, strlen(text), IMPORT_CSV, false), ST_INVALID);
	ck_assert_int_eq(import(HEAD, strlen(HEAD), IMPORT_JSON, false), ST_OK);
	ck_assert_int_eq(result.refused, 1);
}
END_TEST

START_TEST(what_the_database_refuses_is_loaded_by_halves_nowhere)
{
	static const char text[] = HEAD "ada@example.org,Ada," B ",1\n"
					"bob@example.org,Bob," B ",1\n";

	test_execute("ALTER TABLE account ADD CONSTRAINT no_bob"
		     " CHECK (name <> 'Bob')");
	ck_assert_int_ne(
	    import(text, strlen(text), IMPORT_GUESS, false), ST_OK);
	test_execute("ALTER TABLE account DROP CONSTRAINT no_bob");
	ck_assert_int_eq(accounts(), 0);
	ck_assert_str_eq(reports.text, "");
}
END_TEST

START_TEST(what_can_not_be_read_says_why)
{
	FILE *file = fopen("/", "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(import_accounts(db, arena, file, IMPORT_GUESS, false,
			     report, NULL, &result),
	    ST_FAULT);
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(!db_in_transaction(db));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("import");
	TCase *tcase = tcase_create("import");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, loads_csv_with_columns_in_any_order);
	tcase_add_test(tcase, loads_json_lines);
	tcase_add_test(tcase, notes_the_import_and_each_account);
	tcase_add_test(tcase, a_dry_run_leaves_nothing);
	tcase_add_loop_test(
	    tcase, refuses_a_line_and_loads_the_rest, 0, (int)ARRAY_LEN(lines));
	tcase_add_loop_test(
	    tcase, no_report_holds_a_hash, 0, (int)ARRAY_LEN(hashes));
	tcase_add_test(tcase, few_kinds_of_argon2id_may_be_in_use);
	tcase_add_test(tcase, what_is_refused_takes_no_kind);
	tcase_add_loop_test(tcase, refuses_what_is_no_object_of_ours, 0,
	    (int)ARRAY_LEN(objects));
	tcase_add_test(tcase, a_line_of_json_has_an_end);
	tcase_add_loop_test(tcase, gives_up_where_there_is_no_telling, 0,
	    (int)ARRAY_LEN(senseless));
	tcase_add_test(tcase, a_quote_gathers_no_whole_file);
	tcase_add_test(tcase, a_row_without_end_is_not_kept);
	tcase_add_test(tcase, counts_lines_that_quotes_contain);
	tcase_add_test(tcase, a_null_character_is_nowhere_taken);
	tcase_add_test(tcase, an_empty_file_has_nobody);
	tcase_add_test(tcase, the_format_can_be_told);
	tcase_add_test(
	    tcase, what_the_database_refuses_is_loaded_by_halves_nowhere);
	tcase_add_test(tcase, what_can_not_be_read_says_why);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
