/* outbox.c - a row and a job, in the transaction of what the mail speaks of. */

#include <json-c/json.h>

#include "base/job.h"
#include "base/json.h"
#include "mail/outbox.h"

static const struct db_stmt add = { "outbox_add",
	"INSERT INTO outbox (id, account_id, recipient, template, sealed)"
	" VALUES ($1::uuid, $2::uuid, $3, $4, $5)" };

enum status
outbox_add(struct db *db, struct arena *arena, const struct master_key *key,
    const char *account_id, const char *recipient, const char *template,
    const struct outbox_value *values, size_t value_count)
{
	struct json_object *json = json_hold(arena, json_object_new_object());
	const char *id = secret_uuid(arena);
	unsigned char *sealed;
	const char *text;
	size_t len, size;
	enum status st;

	for (size_t i = 0; i < value_count; i++)
		if (values[i].text != NULL)
			json_object_object_add(json, values[i].name,
			    json_object_new_string(values[i].text));
	text = json_object_to_json_string_length(
	    json, JSON_C_TO_STRING_PLAIN, &len);
	/* Sealed to its row: values can't be moved to another recipient's. */
	secret_seal(
	    key, arena, SECRET_FOR_OUTBOX, id, text, len, &sealed, &size);
	st = db_query(db, arena, &add,
	    DB_ARGS(DB_TEXT(id), DB_TEXT(account_id), DB_TEXT(recipient),
		DB_TEXT(template), DB_BYTES(sealed, size)),
	    NULL);
	if (st != ST_OK)
		return st;
	return job_add(db, arena, OUTBOX_JOB, id, NULL, 0);
}
