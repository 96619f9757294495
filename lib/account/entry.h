/*
 * entry - the ways into an account: signing up, proving the address, signing in.
 *
 * None of them tells a stranger whether an address has an account: every
 * address gets the same answer after the same work, and the truth goes to the
 * mailbox. All are called inside the request's transaction.
 */
#ifndef CHATELAINE_ENTRY_H
#define CHATELAINE_ENTRY_H

#include "account/account.h"
#include "account/origin.h"
#include "account/session.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/job.h"
#include "base/secret.h"
#include "mail/outbox.h"

struct verification; /* verification.h */

/* What all of them need; of a worker, which has no request, the first four. */
struct entry {
	struct db *db;
	struct arena *arena;
	const struct config *config;
	const struct master_key *key;
	const struct origin *origin;
	const char *browser;    /* the browser cookie; "" for none */
	const char *ip;         /* that limits count; NULL for none */
	const char *account_id; /* of who is signed in; NULL: nobody */
};

/*
 * Queue a mail about an account to its address; see outbox_add. It does not say
 * the name: whoever signs up chooses that, and could write to strangers through
 * us.
 */
enum status entry_mail(const struct entry *entry, const struct account *account,
    const char *template, const struct outbox_value *values,
    size_t value_count) MUST_CHECK;

/*
 * Have the worker do what depends on whether an address has an account, so
 * that the request takes the same time for any. Beyond LIMIT_MAIL of the
 * address, or LIMIT_MAIL_IP, nothing happens. job: the kind; payload: text for
 * entry_asked, sealed meanwhile, as it may name somebody with no account.
 */
enum status entry_ask(const struct entry *entry, const char *job,
    const char *email, const char *payload) MUST_CHECK;

/* The payload of such a job. ST_INVALID: it can't be opened. */
enum status entry_asked(const struct entry *entry, const struct job *job,
    const char **payload) MUST_CHECK;

/*
 * Sign up: a new address gets an account and the link that proves it; one that
 * was never proven starts over; one that has an account is told so by mail.
 * The password must have been judged good. Beyond LIMIT_MAIL no mail is sent;
 * all else is the same.
 */
enum status entry_sign_up(const struct entry *entry, const char *email,
    const char *name, const char *password) MUST_CHECK;

/* Ask for the link again, by entry_ask. */
enum status entry_ask_link(
    const struct entry *entry, const char *email) MUST_CHECK;

/* The job kind that entry_ask_link asks for, and what does it. */
#define ENTRY_LINK_JOB "verification"
enum status entry_send_link(
    const struct entry *entry, const struct job *job) MUST_CHECK;

/*
 * Mail to the address of somebody who is signed in came back: mail a link that
 * proves it again, within the same limits as others. What they ask for
 * themselves goes to an address that bounced, too.
 */
enum status entry_confirm_address(
    const struct entry *entry, const struct account *account) MUST_CHECK;

/*
 * Does the link that proves an address take the password besides? Not in the
 * browser that signed up, nor where the account is signed in.
 */
bool entry_asks_password(
    const struct entry *entry, const struct verification *verification);

/*
 * Prove the address by its link, with the password where that is asked.
 * ST_NOT_FOUND: no such link; ST_FORBIDDEN: the password is missing or wrong,
 * and the link stays good; ST_LIMITED: it is not even looked at for *wait
 * seconds, as LIMIT_PASSWORD says.
 */
enum status entry_verify(const struct entry *entry, const char *token,
    const char *password, int64_t *wait) MUST_CHECK;

enum entry_outcome {
	ENTRY_WRONG = 0, /* no such account, or not its password */
	ENTRY_GRANTED,
	ENTRY_UNVERIFIED,    /* right, but the address is not proven */
	ENTRY_DISABLED,      /* right, but the account is disabled */
	ENTRY_SECOND_FACTOR, /* right, and a code is asked for besides */
};

/*
 * Check address and password. *account is filled in unless ENTRY_WRONG, and
 * locked (account_lock). A hash made with other settings than today's is
 * replaced, in *account as well. With ENTRY_SECOND_FACTOR go on as
 * sign_in_ticket.h says.
 */
enum status entry_sign_in(const struct entry *entry, const char *email,
    const char *password, enum entry_outcome *outcome,
    struct account *account) MUST_CHECK;

/*
 * Check the password of somebody who is signed in and, where the account has a
 * second factor, a code besides, which is then used up. That opens the window
 * of confirm.ttl; session->confirmed_at is then new, and the account locked
 * (account_lock). *outcome: ENTRY_WRONG; ENTRY_SECOND_FACTOR: the password is
 * right, and the code is missing ("") or does not do; ENTRY_GRANTED.
 * ST_NOT_FOUND: the session or its account is gone meanwhile; ST_LIMITED: the
 * code is not even looked at for *wait seconds, as LIMIT_CODE says.
 */
enum status entry_confirm(const struct entry *entry, struct session *session,
    const char *password, const char *code, enum entry_outcome *outcome,
    int64_t *wait) MUST_CHECK;

#endif
