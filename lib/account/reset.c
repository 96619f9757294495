/* reset.c - links that let a person choose a new password. */

#include <string.h>

#include "account/audit.h"
#include "account/limit.h"
#include "account/notice.h"
#include "account/password.h"
#include "account/reset.h"
#include "account/session.h"
#include "base/clock.h"

enum status
reset_ask(const struct entry *entry, const char *email)
{
	return entry_ask(entry, RESET_JOB, email, email);
}

static enum status
mail_link(
    const struct entry *entry, const struct account *account, const char *token)
{
	const struct config *config = entry->config;

	return entry_mail(entry, account, "reset",
	    OUTBOX_VALUES({ "token", token },
		{ "ttl",
		    clock_duration_words(entry->arena, config->reset_ttl) },
		{ "opened_ttl",
		    clock_duration_words(
			entry->arena, config->reset_opened_ttl) }));
}

/*
 * Whose address it is, and stays: what changes it puts an end to links that lie
 * in its mailbox, and would miss one that is made meanwhile.
 */
static enum status
find_owner(
    const struct entry *entry, const char *email, struct account *account)
{
	const char *found;
	enum status st;

	st = account_find_by_email(entry->db, entry->arena, email, account);
	if (st != ST_OK)
		return st;
	found = account->email;
	st = account_lock(entry->db, entry->arena, account->id, account);
	if (st == ST_OK && strcmp(account->email, found) != 0)
		return ST_NOT_FOUND;
	return st;
}

enum status
reset_send(const struct entry *entry, const struct job *job)
{
	struct account account;
	const char *email, *token;
	enum status st;

	st = entry_asked(entry, job, &email);
	if (st != ST_OK)
		return st;
	st = find_owner(entry, email, &account);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK || account.disabled)
		return st;
	st = reset_issue(
	    entry->db, entry->arena, entry->config, account.id, &token);
	if (st == ST_OK)
		st = mail_link(entry, &account, token);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_WORKER,
		    DEED_RESET_SENT, account.id, NULL, NULL);
	return st;
}

enum status
reset_issue(struct db *db, struct arena *arena, const struct config *config,
    const char *account_id, const char **token)
{
	return link_issue(
	    db, arena, LINK_RESET, account_id, NULL, config->reset_ttl, token);
}

enum status
reset_issue_opened(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id, const char **token)
{
	enum status st;

	st = reset_issue(db, arena, config, account_id, token);
	if (st != ST_OK)
		return st;
	return link_open(
	    db, arena, LINK_RESET, *token, config->reset_opened_ttl);
}

enum status
reset_find(
    struct db *db, struct arena *arena, const char *token, struct reset *reset)
{
	struct link link;
	enum status st;

	st = link_find(db, arena, LINK_RESET, token, &link);
	if (st == ST_OK)
		st = account_find(db, arena, link.account_id, &reset->account);
	if (st != ST_OK)
		return st;
	reset->state = link.state;
	reset->opened = link.opened;
	reset->expires_at = link.expires_at;
	return reset->account.disabled ? ST_NOT_FOUND : ST_OK;
}

enum status
reset_open(struct db *db, struct arena *arena, const struct config *config,
    const char *token, struct reset *reset)
{
	enum status st;

	st = reset_find(db, arena, token, reset);
	if (st != ST_OK || reset->state != LINK_LIVE)
		return st;
	st = link_open(db, arena, LINK_RESET, token, config->reset_opened_ttl);
	return st == ST_OK ? reset_find(db, arena, token, reset) : st;
}

/* What the old password let in, or began. */
static enum status
shut_out(const struct entry *entry, const char *account_id)
{
	enum status st;

	st = session_revoke_all(
	    entry->db, entry->arena, account_id, SESSION_PASSWORD_RESET, NULL);
	if (st == ST_OK)
		st = link_expire(
		    entry->db, entry->arena, LINK_EMAIL_CHANGE, account_id);
	return st;
}

/* Somebody who guessed passwords must not keep the owner out with the new one. */
static enum status
forget_guesses(const struct entry *entry, const struct account *account)
{
	const struct limiter limiter = {
		.db = entry->db,
		.arena = entry->arena,
		.config = entry->config,
		.key = entry->key,
	};

	return limit_forget(&limiter, LIMIT_PASSWORD, account->email);
}

/* Those who are to know: the log and the person. */
static enum status
report(const struct entry *entry, const struct account *account)
{
	enum status st = ST_OK;

	if (!account->verified)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_ADDRESS_VERIFIED, account->id, NULL, entry->origin);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_PASSWORD_RESET, account->id, NULL, entry->origin);
	if (st == ST_OK)
		st = notice_mail(entry, account, "password-changed",
		    OUTBOX_VALUES({ "reset", "yes" }));
	return st;
}

enum status
reset_password(const struct entry *entry, const char *token,
    const struct account *account, const char *password)
{
	const char *hash;
	enum status st;

	st = link_spend(entry->db, entry->arena, LINK_RESET, token);
	if (st == ST_OK)
		st =
		    password_hash(entry->config, entry->arena, password, &hash);
	if (st == ST_OK)
		st = account_reset_password(
		    entry->db, entry->arena, account->id, hash);
	if (st == ST_OK)
		st = shut_out(entry, account->id);
	if (st == ST_OK)
		st = forget_guesses(entry, account);
	return st == ST_OK ? report(entry, account) : st;
}
