/* export.c - a statement a table, which writes its JSON. */

#include "account/export.h"
#include "base/status.h"

/* As the wire has times, and members of such a time or a plain value. */
#define TIME(column)                                           \
	"'" column "', to_char(" column " AT TIME ZONE 'UTC'," \
	" 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
#define PLAIN(column) "'" column "', " column

/* All rows, as a list of objects with these members. */
#define LIST(members, from, order)                            \
	"SELECT coalesce(json_agg(json_build_object(" members \
	") ORDER BY " order "), '[]') FROM " from
#define OWN(table) table " WHERE account_id = $1::uuid"

/* clang-format off */
static const struct export_section sections[] = {
	{ "account", "account", "password_hash password_kind",
	    { "export_account", "SELECT json_build_object("
		PLAIN("id") ", " PLAIN("email") ", " PLAIN("name") ", "
		TIME("created_at") ", " TIME("verified_at") ", "
		TIME("first_signed_in_at") ", " TIME("disabled_at") ", "
		TIME("delete_after") ", " TIME("delete_reminded_at")
		", " PLAIN("second_factor") ", " TIME("email_bounced_at")
		") FROM account WHERE id = $1::uuid" } },
	{ "verification", "verification", "account_id hash browser_hash",
	    { "export_verification", LIST(
		TIME("created_at") ", " TIME("expires_at"),
		OWN("verification"), "created_at") } },
	{ "sessions", "session", "account_id refresh_hash previous_hash",
	    { "export_session", LIST(
		PLAIN("id") ", " TIME("created_at") ", " TIME("last_seen_at")
		", 'ip', host(ip), " PLAIN("user_agent") ", "
		PLAIN("remember") ", " PLAIN("generation") ", "
		TIME("confirmed_at") ", " TIME("rotated_at") ", "
		TIME("delivered_at") ", " TIME("idle_expires_at") ", "
		TIME("expires_at") ", " TIME("revoked_at") ", "
		PLAIN("revoked_reason"),
		OWN("session"), "created_at, id") } },
	{ "known_devices", "known_device", "account_id hash",
	    { "export_known_device", LIST(
		PLAIN("id") ", " TIME("created_at") ", " TIME("last_used_at")
		", " PLAIN("user_agent"),
		OWN("known_device"), "created_at, id") } },
	{ "second_factors", "second_factor",
	    "account_id secret_sealed last_step",
	    { "export_second_factor", LIST(
		PLAIN("id") ", " TIME("created_at") ", " TIME("activated_at"),
		OWN("second_factor"), "created_at, id") } },
	{ "recovery_codes", "recovery_code", "account_id hash",
	    { "export_recovery_code", LIST(
		TIME("used_at"),
		OWN("recovery_code"), "used_at") } },
	{ "links", "link", "id account_id hash",
	    { "export_link", LIST(
		PLAIN("kind") ", " PLAIN("subject") ", " TIME("created_at")
		", " TIME("expires_at") ", " TIME("opened_at") ", "
		TIME("used_at"),
		OWN("link"), "id") } },
	{ "mail_opt_outs", "mail_opt_out", "account_id",
	    { "export_mail_opt_out", LIST(
		PLAIN("category") ", " TIME("since"),
		OWN("mail_opt_out"), "category") } },
	/* The handlers' role sees these by the account's id alone. */
	{ "mails", "outbox", "account_id sealed",
	    { "export_outbox", LIST(
		PLAIN("id") ", " PLAIN("recipient") ", " PLAIN("template")
		", " PLAIN("state") ", " TIME("created_at") ", "
		TIME("ended_at") ", " PLAIN("reply"),
		"account_mails($1::uuid)", "created_at, id") } },
	{ "audit", "audit_log", "account_id",
	    { "export_audit_log", LIST(
		PLAIN("id") ", " TIME("at") ", " PLAIN("action") ", "
		PLAIN("actor") ", " PLAIN("subject") ", 'ip', host(ip), "
		PLAIN("request_id"),
		"account_audit($1::uuid)", "id") } },
};
/* clang-format on */

const struct export_section *
export_sections(size_t *count)
{
	*count = ARRAY_LEN(sections);
	return sections;
}

static enum status
add_section(struct db *db, struct arena *arena,
    const struct export_section *section, const char *account_id,
    struct json_object *into)
{
	struct json_object *json;
	struct db_rows *rows;
	enum status st;

	st = db_query_one(
	    db, arena, &section->stmt, DB_ARGS(DB_TEXT(account_id)), &rows);
	if (st != ST_OK)
		return st;
	json = json_tokener_parse(db_text(rows, 0, 0));
	if (json == NULL)
		return ST_FAULT;
	json_object_object_add(into, section->name, json);
	return ST_OK;
}

enum status
export_account(struct db *db, struct arena *arena, const char *account_id,
    struct json_object *into)
{
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < ARRAY_LEN(sections); i++)
		st = add_section(db, arena, &sections[i], account_id, into);
	return st;
}
