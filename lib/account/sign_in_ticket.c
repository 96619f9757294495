/* sign_in_ticket.c - a sealed object that a client carries for us. */

#include <string.h>

#include "account/second_factor.h"
#include "account/sign_in_ticket.h"
#include "base/clock.h"
#include "base/json.h"

/* What it is sealed to: the browser's cookie, "" for none. */
static const char *
context_of(const struct entry *entry)
{
	return entry->browser != NULL ? entry->browser : "";
}

const char *
sign_in_ticket_issue(const struct entry *entry, const struct account *account,
    struct sign_in_ticket *ticket)
{
	struct json_object *json =
	    json_hold(entry->arena, json_object_new_object());
	unsigned char *sealed;
	const char *text;
	size_t len, size;

	ticket->account_id = account->id;
	secret_hash(ticket->password, account->password_hash,
	    strlen(account->password_hash));
	json_object_object_add(
	    json, "account", json_object_new_string(account->id));
	json_object_object_add(
	    json, "exp", json_object_new_int64(ticket->expires_at));
	json_object_object_add(
	    json, "remember", json_object_new_boolean(ticket->remember));
	json_object_object_add(
	    json, "api", json_object_new_boolean(ticket->api));
	json_object_object_add(
	    json, "next", json_object_new_string(ticket->next));
	json_object_object_add(json, "password",
	    json_object_new_string(base64url_encode(
		entry->arena, ticket->password, sizeof(ticket->password))));
	text = json_object_to_json_string_length(json,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	secret_seal(entry->key, entry->arena, SECRET_FOR_SIGN_IN,
	    context_of(entry), text, len, &sealed, &size);
	return base64url_encode(entry->arena, sealed, size);
}

static const char *
member(struct json_object *json, const char *name)
{
	const char *text =
	    json_object_get_string(json_object_object_get(json, name));

	return text != NULL ? text : "";
}

/* Nobody but us can have sealed it, so its members are what they were. */
static enum status
read_members(
    struct arena *arena, const char *text, struct sign_in_ticket *ticket)
{
	struct json_object *json = json_tokener_parse(text);
	const char *password;
	unsigned char *hash;
	size_t size;

	if (json == NULL)
		return ST_NOT_FOUND;
	(void)json_hold(arena, json);
	*ticket = (struct sign_in_ticket){
		.account_id = member(json, "account"),
		.expires_at =
		    json_object_get_int64(json_object_object_get(json, "exp")),
		.remember = json_object_get_boolean(
		    json_object_object_get(json, "remember")),
		.api = json_object_get_boolean(
		    json_object_object_get(json, "api")),
		.next = member(json, "next"),
	};
	password = member(json, "password");
	if (base64url_decode(arena, password, strlen(password), &hash, &size) !=
		ST_OK ||
	    size != sizeof(ticket->password))
		return ST_NOT_FOUND;
	memcpy(ticket->password, hash, size);
	return ticket->expires_at > clock_now() ? ST_OK : ST_EXPIRED;
}

enum status
sign_in_ticket_open(
    const struct entry *entry, const char *text, struct sign_in_ticket *ticket)
{
	unsigned char *sealed, *data;
	size_t sealed_size, size;

	if (base64url_decode(entry->arena, text, strlen(text), &sealed,
		&sealed_size) != ST_OK ||
	    secret_open(entry->key, entry->arena, SECRET_FOR_SIGN_IN,
		context_of(entry), sealed, sealed_size, &data, &size) != ST_OK)
		return ST_NOT_FOUND;
	return read_members(entry->arena, (const char *)data, ticket);
}

enum status
sign_in_ticket_use(const struct entry *entry,
    const struct sign_in_ticket *ticket, const char *code,
    enum entry_outcome *outcome, struct account *account)
{
	unsigned char password[SECRET_BYTES];
	enum status st;

	*outcome = ENTRY_WRONG;
	/* Locked, so that no session begins after the password was replaced. */
	st = account_lock(entry->db, entry->arena, ticket->account_id, account);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_EXPIRED : st;
	secret_hash(
	    password, account->password_hash, strlen(account->password_hash));
	if (!secret_equal(password, ticket->password, sizeof(password)))
		return ST_EXPIRED;
	if (account->disabled) {
		*outcome = ENTRY_DISABLED;
		return ST_OK;
	}
	st = second_factor_use(entry, account, code);
	if (st == ST_OK)
		*outcome = ENTRY_GRANTED;
	if (st == ST_NOT_FOUND)
		return ST_EXPIRED;
	return st == ST_FORBIDDEN ? ST_OK : st;
}
