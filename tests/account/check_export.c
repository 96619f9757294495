/* check_export.c - all that is held about a person, and no secret. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "account/audit.h"
#include "account/export.h"
#include "account/known_device.h"
#include "account/link.h"
#include "base/strbuf.h"
#include "tests/account/person.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static struct json_object *export(const char *id)
{
	struct json_object *json = json_object_new_object();

	ck_assert_int_eq(
	    export_account(entry.db, entry.arena, id, json), ST_OK);
	return json;
}

/* Every table that has rows of accounts, but for the account's own. */
#define TABLES                                                           \
	"SELECT string_agg(table_name, ' ' ORDER BY table_name)"         \
	" FROM information_schema.columns WHERE table_schema = 'public'" \
	" AND (column_name = 'account_id'"                               \
	" OR (table_name = 'account' AND column_name = 'id'))"

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whoever adds a table with an account_id tells the export of it. */
START_TEST(knows_every_table_with_rows_of_accounts)
{
	size_t count;
	const struct export_section *sections = export_sections(&count);
	const char **names = arena_array(entry.arena, count, sizeof(*names));
	struct strbuf sb;

	for (size_t i = 0; i < count; i++)
		names[i] = sections[i].table;
	qsort(names, count, sizeof(*names), compare);
	strbuf_init(&sb, entry.arena);
	for (size_t i = 0; i < count; i++)
		strbuf_printf(&sb, "%s%s", i > 0 ? " " : "", names[i]);
	ck_assert_str_eq(sb.text, test_text(entry.arena, TABLES, NULL));
}
END_TEST

/* A row of hers in each table, with whatever columns that takes. */
static void
have_rows(void)
{
	test_execute(arena_printf(entry.arena,
	    "INSERT INTO verification VALUES ('%1$s',"
	    " decode(repeat('01', 32), 'hex'), NULL, now(), now());"
	    " INSERT INTO known_device (account_id, hash) VALUES ('%1$s',"
	    " decode(repeat('02', 32), 'hex'));"
	    " INSERT INTO second_factor (account_id, secret_sealed)"
	    " VALUES ('%1$s', decode(repeat('03', 32), 'hex'));"
	    " INSERT INTO recovery_code (account_id, hash) VALUES ('%1$s',"
	    " decode(repeat('04', 32), 'hex'));"
	    " INSERT INTO link (kind, account_id, hash, expires_at)"
	    " VALUES ('reset', '%1$s', decode(repeat('05', 32), 'hex'), now());"
	    " INSERT INTO mail_opt_out (account_id, category)"
	    " VALUES ('%1$s', 'reminders');"
	    " INSERT INTO outbox (account_id, recipient, template, sealed)"
	    " VALUES ('%1$s', 'ada@example.org', 'verify',"
	    " decode(repeat('06', 32), 'hex'))",
	    here.account.id));
	ck_assert_int_eq(
	    audit(entry.db, entry.arena, ACTOR_PERSON, DEED_SIGNED_IN,
		here.account.id, here.id, entry.origin),
	    ST_OK);
}

static struct json_object *
first_of(struct json_object *json, const char *name)
{
	struct json_object *member = json_object_object_get(json, name);

	ck_assert_msg(member != NULL, "no %s", name);
	if (json_object_is_type(member, json_type_array))
		member = json_object_array_get_idx(member, 0);
	ck_assert_msg(member != NULL, "%s is empty", name);
	return member;
}

/* And whoever adds a column, tells it or leaves it out on purpose. */
START_TEST(tells_or_leaves_out_every_column)
{
	size_t count;
	const struct export_section *sections = export_sections(&count);
	struct json_object *json;

	have_rows();
	json = export(here.account.id);
	for (size_t i = 0; i < count; i++) {
		const char *columns = test_text(entry.arena,
		    "SELECT string_agg(column_name, ' ')"
		    " FROM information_schema.columns"
		    " WHERE table_schema = 'public' AND table_name = $1",
		    sections[i].table);
		const char *left_out =
		    arena_printf(entry.arena, " %s ", sections[i].left_out);
		struct json_object *row = first_of(json, sections[i].name);
		char *rest = arena_strdup(entry.arena, columns), *column;

		while ((column = strsep(&rest, " ")) != NULL) {
			bool told =
			    json_object_object_get_ex(row, column, NULL);
			bool left = strstr(left_out,
					arena_printf(entry.arena, " %s ",
					    column)) != NULL;

			ck_assert_msg(told != left, "%s.%s is %s",
			    sections[i].table, column,
			    told ? "told and left out" : "forgotten");
		}
	}
	json_object_put(json);
}
END_TEST

/*
 * What was put into the columns that are left out, as SQL or JSON has it: more
 * digits than a UUID has in a row.
 */
static const char *const secrets[] = { "\\x", "01010101010101",
	"02020202020202", "03030303030303", "04040404040404", "05050505050505",
	"06060606060606", "argon2", "hash", "sealed" };

START_TEST(tells_no_secret)
{
	struct json_object *json;
	const char *text;

	have_rows();
	json = export(here.account.id);
	text = json_object_to_json_string(json);
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
		ck_assert_msg(strstr(text, secrets[i]) == NULL, "%s", text);
	json_object_put(json);
}
END_TEST

static const char *
text_of(struct json_object *json, const char *section, const char *name)
{
	return json_object_get_string(
	    json_object_object_get(first_of(json, section), name));
}

START_TEST(says_things_as_the_wire_does)
{
	struct json_object *json;
	const char *when;

	have_rows();
	json = export(here.account.id);
	ck_assert_str_eq(text_of(json, "account", "email"), ADA);
	ck_assert_str_eq(text_of(json, "account", "id"), here.account.id);
	when = text_of(json, "account", "created_at");
	ck_assert_uint_eq(strlen(when), strlen("2026-11-21T04:21:09Z"));
	ck_assert_ptr_null(text_of(json, "account", "delete_after"));
	ck_assert_str_eq(text_of(json, "sessions", "ip"), "192.0.2.1");
	ck_assert_str_eq(text_of(json, "audit", "action"), "signed in");
	ck_assert_str_eq(text_of(json, "audit", "ip"), "192.0.2.1");
	ck_assert_str_eq(text_of(json, "mails", "template"), "verify");
	ck_assert_uint_eq(
	    json_object_array_length(json_object_object_get(json, "sessions")),
	    2);
	json_object_put(json);
}
END_TEST

START_TEST(tells_nothing_of_others)
{
	struct json_object *json;
	const char *eve = person_another("eve@example.org", true);
	size_t count;
	const struct export_section *sections = export_sections(&count);

	have_rows();
	json = export(eve);
	for (size_t i = 1; i < count; i++)
		ck_assert_uint_eq(
		    json_object_array_length(
			json_object_object_get(json, sections[i].name)),
		    0);
	ck_assert_ptr_null(strstr(json_object_to_json_string(json), ADA));
	json_object_put(json);
}
END_TEST

START_TEST(needs_an_account)
{
	struct json_object *json = json_object_new_object();

	ck_assert_int_eq(export_account(entry.db, entry.arena, TEST_UUID, json),
	    ST_NOT_FOUND);
	json_object_put(json);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("export");
	TCase *tcase = tcase_create("export");

	tcase_add_checked_fixture(tcase, person_setup, person_teardown);
	tcase_add_test(tcase, knows_every_table_with_rows_of_accounts);
	tcase_add_test(tcase, tells_or_leaves_out_every_column);
	tcase_add_test(tcase, tells_no_secret);
	tcase_add_test(tcase, says_things_as_the_wire_does);
	tcase_add_test(tcase, tells_nothing_of_others);
	tcase_add_test(tcase, needs_an_account);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
