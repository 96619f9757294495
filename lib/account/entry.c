/* entry.c - signing up, proving the address, signing in. */

#include <string.h>

#include "account/audit.h"
#include "account/entry.h"
#include "account/limit.h"
#include "account/password.h"
#include "account/second_factor.h"
#include "account/verification.h"
#include "base/clock.h"

enum status
entry_mail(const struct entry *entry, const struct account *account,
    const char *template, const struct outbox_value *values, size_t value_count)
{
	return outbox_add(entry->db, entry->arena, entry->key, account->id,
	    account->email, template, values, value_count);
}

static struct limiter
limiter_of(const struct entry *entry)
{
	return (struct limiter){
		.db = entry->db,
		.arena = entry->arena,
		.config = entry->config,
		.key = entry->key,
	};
}

/*
 * May a mail that anybody can ask for go to this address? The one question for
 * every form, asked before it is known whether the address has an account.
 */
static enum status
may_mail(const struct entry *entry, const char *email, bool *may)
{
	const struct limiter limiter = limiter_of(entry);
	struct limit_ticket *taken = NULL;
	enum status st;

	st = limit_take(&limiter, LIMIT_MAIL, email, &taken, NULL);
	if (st == ST_OK) {
		st = limit_take(&limiter, LIMIT_MAIL_IP, entry->ip, NULL, NULL);
		*may = st == ST_OK;
		/* What is not sent is not the address's either. */
		if (st == ST_LIMITED)
			st = limit_give_back(&limiter, &taken);
		return st;
	}
	*may = false;
	return st == ST_LIMITED ? ST_OK : st;
}

/*
 * Make or start over the account. ST_CONFLICT: the address has an account that
 * was proven; *account is it.
 */
static enum status
claim(const struct entry *entry, const char *email, const char *name,
    const char *hash, struct account *account)
{
	enum status st;

	st = account_create(
	    entry->db, entry->arena, email, name, hash, false, &account->id);
	if (st == ST_OK) {
		account->email = email;
		account->name = name;
		return ST_OK;
	}
	if (st != ST_CONFLICT)
		return st;
	st = account_find_by_email(entry->db, entry->arena, email, account);
	if (st != ST_OK) /* gone since: the caller tries again */
		return st == ST_NOT_FOUND ? ST_UNAVAILABLE : st;
	if (account->verified || account->disabled)
		return ST_CONFLICT;
	st = account_start_over(
	    entry->db, entry->arena, account->id, name, hash);
	account->name = name;
	return st == ST_NOT_FOUND ? ST_CONFLICT : st;
}

static enum status
mail_link(
    const struct entry *entry, const struct account *account, const char *token)
{
	return entry_mail(entry, account, "verify",
	    OUTBOX_VALUES({ "token", token },
		{ "ttl",
		    clock_duration_words(
			entry->arena, entry->config->verification_ttl) }));
}

/* The link for an account that was just claimed, or none if it may not be. */
static enum status
send_first_link(
    const struct entry *entry, const struct account *account, bool may)
{
	const char *token = NULL;
	enum status st;

	if (!may)
		return verification_begin_quietly(entry->db, entry->arena,
		    entry->config, account->id, entry->browser);
	st = verification_begin(entry->db, entry->arena, entry->config,
	    account->id, entry->browser, &token);
	if (st != ST_OK)
		return st;
	return mail_link(entry, account, token);
}

enum status
entry_sign_up(const struct entry *entry, const char *email, const char *name,
    const char *password)
{
	struct account account = { .id = NULL };
	const char *hash;
	bool may;
	enum status st;

	/* Whatever the address, the slow part comes first. */
	st = password_hash(entry->config, entry->arena, password, &hash);
	if (st != ST_OK)
		return st;
	st = may_mail(entry, email, &may);
	if (st == ST_OK)
		st = claim(entry, email, name, hash, &account);
	if (st == ST_CONFLICT)
		return may
		    ? entry_mail(entry, &account, "already", OUTBOX_NO_VALUES)
		    : ST_OK;
	if (st == ST_OK)
		st = send_first_link(entry, &account, may);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_SIGNED_UP, account.id, NULL, entry->origin);
	return st;
}

enum status
entry_ask(const struct entry *entry, const char *job, const char *email,
    const char *payload)
{
	unsigned char *sealed;
	size_t size;
	bool may;
	enum status st;

	st = may_mail(entry, email, &may);
	if (st != ST_OK || !may)
		return st;
	secret_seal(entry->key, entry->arena, SECRET_FOR_JOB, job, payload,
	    strlen(payload), &sealed, &size);
	return job_add(entry->db, entry->arena, job, NULL, sealed, size);
}

enum status
entry_asked(
    const struct entry *entry, const struct job *job, const char **payload)
{
	unsigned char *text;
	size_t size;
	enum status st;

	st = secret_open(entry->key, entry->arena, SECRET_FOR_JOB, job->kind,
	    job->payload, job->payload_size, &text, &size);
	if (st == ST_OK)
		*payload = (const char *)text;
	return st;
}

enum status
entry_ask_link(const struct entry *entry, const char *email)
{
	return entry_ask(entry, ENTRY_LINK_JOB, email, email);
}

enum status
entry_send_link(const struct entry *entry, const struct job *job)
{
	struct account account;
	const char *email, *token;
	enum status st;

	st = entry_asked(entry, job, &email);
	if (st != ST_OK)
		return st;
	st = account_find_by_email(entry->db, entry->arena, email, &account);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK || account.verified || account.disabled)
		return st;
	st = verification_renew(
	    entry->db, entry->arena, entry->config, account.id, &token);
	return st == ST_OK ? mail_link(entry, &account, token) : st;
}

enum status
entry_confirm_address(const struct entry *entry, const struct account *account)
{
	const char *token;
	bool may;
	enum status st;

	st = may_mail(entry, account->email, &may);
	if (st != ST_OK || !may)
		return st;
	st = verification_begin(entry->db, entry->arena, entry->config,
	    account->id, entry->browser, &token);
	if (st != ST_OK)
		return st;
	return entry_mail(entry, account, "confirm-address",
	    OUTBOX_VALUES({ "token", token },
		{ "ttl",
		    clock_duration_words(
			entry->arena, entry->config->verification_ttl) }));
}

/* ST_OK: it is the password chosen at sign-up. */
static enum status
prove_password(const struct entry *entry, const struct account *account,
    const char *password, int64_t *wait)
{
	const struct limiter limiter = limiter_of(entry);
	struct limit_ticket *taken = NULL;
	bool fits, outdated;
	enum status st;

	if (password[0] == '\0')
		return ST_FORBIDDEN;
	st = limit_take_password(
	    &limiter, account->email, NULL, entry->ip, &taken, wait);
	if (st == ST_OK)
		st = password_verify(entry->config, entry->arena, password,
		    account->password_hash, &fits, &outdated);
	if (st != ST_OK)
		return st;
	return fits ? limit_give_back(&limiter, &taken) : ST_FORBIDDEN;
}

bool
entry_asks_password(
    const struct entry *entry, const struct verification *verification)
{
	return !verification->same_browser &&
	    (entry->account_id == NULL ||
		strcmp(entry->account_id, verification->account.id) != 0);
}

enum status
entry_verify(const struct entry *entry, const char *token, const char *password,
    int64_t *wait)
{
	struct verification verification;
	enum status st;

	st = verification_find(
	    entry->db, entry->arena, token, entry->browser, &verification);
	if (st != ST_OK)
		return st;
	if (entry_asks_password(entry, &verification)) {
		st = prove_password(
		    entry, &verification.account, password, wait);
		if (st != ST_OK)
			return st;
	}
	st = verification_spend(entry->db, entry->arena, token);
	if (st != ST_OK)
		return st;
	return audit(entry->db, entry->arena, ACTOR_PERSON,
	    DEED_ADDRESS_VERIFIED, verification.account.id, NULL,
	    entry->origin);
}

/*
 * A hash made with other settings than today's, replaced while we can; but not
 * where somebody has set another password since we read it.
 */
static enum status
renew_hash(
    const struct entry *entry, struct account *account, const char *password)
{
	const char *hash;
	enum status st;

	st = password_hash(entry->config, entry->arena, password, &hash);
	if (st != ST_OK)
		return st;
	st = account_renew_password_hash(
	    entry->db, entry->arena, account->id, account->password_hash, hash);
	if (st == ST_OK)
		account->password_hash = hash;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/*
 * It is not the password, or there is no account: a check against any hash that
 * there is has to take the same time.
 */
static enum status
refuse(const struct entry *entry, const char *password, const char *hash,
    const char *account_id)
{
	const char *const *kinds;
	size_t count;
	enum status st;

	st = account_password_kinds(entry->db, entry->arena, &kinds, &count);
	if (st == ST_OK)
		st = password_spend_kinds(
		    entry->config, entry->arena, password, hash, kinds, count);
	if (st != ST_OK)
		return st;
	return audit(entry->db, entry->arena, ACTOR_PERSON,
	    DEED_SIGN_IN_REFUSED, account_id, NULL, entry->origin);
}

/*
 * The password may have been replaced while it was hashed, which ends all
 * sessions: none may begin with the old one after that. The account then stays
 * as it is until the session has begun, its second factor as well. A new hash
 * need not be of a new password: another sign-in may have renewed it.
 */
static enum status
look_again(const struct entry *entry, const char *password,
    struct account *account, bool *fits, bool *outdated)
{
	const char *hash = account->password_hash;
	enum status st;

	st = account_lock(entry->db, entry->arena, account->id, account);
	if (st != ST_OK) {
		*fits = false;
		return st == ST_NOT_FOUND ? ST_OK : st;
	}
	if (strcmp(account->password_hash, hash) == 0)
		return ST_OK;
	return password_verify(entry->config, entry->arena, password,
	    account->password_hash, fits, outdated);
}

/* The password was right. What of it? */
static enum status
find_outcome(const struct entry *entry, const struct account *account,
    enum entry_outcome *outcome)
{
	struct second_factor factor;
	enum status st;

	st = second_factor_find(entry->db, entry->arena, account->id, &factor);
	if (account->disabled)
		*outcome = ENTRY_DISABLED;
	else if (!account->verified)
		*outcome = ENTRY_UNVERIFIED;
	else
		*outcome = factor.active ? ENTRY_SECOND_FACTOR : ENTRY_GRANTED;
	return st;
}

enum status
entry_sign_in(const struct entry *entry, const char *email,
    const char *password, enum entry_outcome *outcome, struct account *account)
{
	const char *hash = NULL;
	bool fits, outdated;
	enum status st;

	*outcome = ENTRY_WRONG;
	st = account_find_by_email(entry->db, entry->arena, email, account);
	if (st == ST_OK)
		hash = account->password_hash;
	else if (st != ST_NOT_FOUND)
		return st;
	st = password_verify(
	    entry->config, entry->arena, password, hash, &fits, &outdated);
	if (st == ST_OK && fits)
		st = look_again(entry, password, account, &fits, &outdated);
	if (st != ST_OK)
		return st;
	if (!fits)
		return refuse(
		    entry, password, hash, hash != NULL ? account->id : NULL);
	st = find_outcome(entry, account, outcome);
	if (st == ST_OK && outdated)
		st = renew_hash(entry, account, password);
	return st;
}

/* A code besides the password, where the account has a second factor. */
static enum status
prove_code(const struct entry *entry, const struct account *account,
    const char *code, bool *fits, int64_t *wait)
{
	const struct limiter limiter = limiter_of(entry);
	struct limit_ticket *taken = NULL;
	struct second_factor factor;
	enum status st;

	*fits = false;
	st = second_factor_find(entry->db, entry->arena, account->id, &factor);
	if (st != ST_OK || !factor.active) {
		*fits = st == ST_OK;
		return st;
	}
	if (code[0] == '\0')
		return ST_OK;
	st = limit_take(&limiter, LIMIT_CODE, account->id, &taken, wait);
	if (st == ST_OK)
		st = second_factor_use(entry, account, code);
	*fits = st == ST_OK;
	if (st == ST_OK)
		return limit_give_back(&limiter, &taken);
	return st == ST_FORBIDDEN ? ST_OK : st;
}

/* All that was asked for was right. */
static enum status
note_confirmation(const struct entry *entry, struct session *session)
{
	enum status st;

	st = session_confirm(
	    entry->db, entry->arena, session->id, &session->confirmed_at);
	if (st == ST_OK)
		st = audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_PASSWORD_CONFIRMED, session->account.id, session->id,
		    entry->origin);
	if (st == ST_OK)
		session->confirmed_ago = 0;
	return st;
}

enum status
entry_confirm(const struct entry *entry, struct session *session,
    const char *password, const char *code, enum entry_outcome *outcome,
    int64_t *wait)
{
	struct account account;
	bool fits, outdated;
	enum status st;

	*outcome = ENTRY_WRONG;
	st = account_lock(
	    entry->db, entry->arena, session->account.id, &account);
	if (st != ST_OK)
		return st;
	st = password_verify(entry->config, entry->arena, password,
	    account.password_hash, &fits, &outdated);
	if (st != ST_OK)
		return st;
	if (!fits)
		return audit(entry->db, entry->arena, ACTOR_PERSON,
		    DEED_CONFIRMATION_REFUSED, account.id, session->id,
		    entry->origin);
	*outcome = ENTRY_SECOND_FACTOR;
	st = prove_code(entry, &account, code, &fits, wait);
	if (st != ST_OK || !fits)
		return st;
	st = note_confirmation(entry, session);
	if (st != ST_OK)
		return st;
	*outcome = ENTRY_GRANTED;
	return outdated ? renew_hash(entry, &account, password) : ST_OK;
}
