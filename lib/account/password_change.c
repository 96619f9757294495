/* password_change.c - a new hash, and an end to what the old one let in. */

#include "account/password_change.h"
#include "account/audit.h"
#include "account/link.h"
#include "account/notice.h"
#include "account/password.h"
#include "account/session_list.h"

/* Whoever had the old password may have begun sessions, or asked for links. */
static enum status
shut_out(const struct entry *entry, const struct session *session)
{
	const char *id = session->account.id;
	size_t count;
	enum status st;

	st = session_end_others(entry->db, entry->arena, id, session->id,
	    SESSION_ENDED_ELSEWHERE, &count);
	if (st == ST_OK)
		st = link_expire(entry->db, entry->arena, LINK_RESET, id);
	if (st == ST_OK)
		st =
		    link_expire(entry->db, entry->arena, LINK_EMAIL_CHANGE, id);
	return st;
}

enum status
password_change(const struct entry *entry, const struct session *session,
    const char *password)
{
	const struct account *account = &session->account;
	const char *hash;
	enum status st;

	st = password_hash(entry->config, entry->arena, password, &hash);
	if (st == ST_OK)
		st = account_set_password_hash(
		    entry->db, entry->arena, account->id, hash);
	if (st == ST_OK)
		st = shut_out(entry, session);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_PASSWORD_CHANGED, account->id, session->id,
		    entry->origin);
	if (st == ST_OK)
		st = notice_mail(
		    entry, account, "password-changed", OUTBOX_NO_VALUES);
	return st;
}
