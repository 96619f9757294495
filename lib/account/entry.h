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
#include "base/secret.h"

/* What all of them need. */
struct entry {
	struct db *db;
	struct arena *arena;
	const struct config *config;
	const struct master_key *key;
	const struct origin *origin;
	const char *browser; /* the browser cookie; "" for none */
	const char *ip;      /* that limits count; NULL for none */
};

/*
 * Sign up: a new address gets an account and the link that proves it; one that
 * was never proven starts over; one that has an account is told so by mail.
 * The password must have been judged good. Beyond LIMIT_MAIL no mail is sent;
 * all else is the same.
 */
enum status entry_sign_up(const struct entry *entry, const char *email,
    const char *name, const char *password) MUST_CHECK;

/*
 * Ask for the link again. Whether it is sent is found out by the worker
 * (entry_send_link), so that the request takes the same time for any address.
 * Beyond LIMIT_MAIL nothing happens.
 */
enum status entry_ask_link(
    const struct entry *entry, const char *email) MUST_CHECK;

/* The job kind that entry_ask_link asks for, and what does it. */
#define ENTRY_LINK_JOB "verification"
enum status entry_send_link(struct db *db, struct arena *arena,
    const struct config *config, const struct master_key *key,
    const void *payload, size_t payload_size) MUST_CHECK;

/*
 * Prove the address by its link, with the password where the browser is not
 * the one that signed up. ST_NOT_FOUND: no such link; ST_FORBIDDEN: the
 * password is missing or wrong, and the link stays good; ST_LIMITED: it is not
 * even looked at for *wait seconds, as LIMIT_PASSWORD says.
 */
enum status entry_verify(const struct entry *entry, const char *token,
    const char *password, int64_t *wait) MUST_CHECK;

enum entry_outcome {
	ENTRY_WRONG = 0, /* no such account, or not its password */
	ENTRY_GRANTED,
	ENTRY_UNVERIFIED, /* right, but the address is not proven */
	ENTRY_DISABLED,   /* right, but the account is disabled */
};

/*
 * Check address and password. *account is filled in unless ENTRY_WRONG. A hash
 * made with other settings than today's is replaced.
 */
enum status entry_sign_in(const struct entry *entry, const char *email,
    const char *password, enum entry_outcome *outcome,
    struct account *account) MUST_CHECK;

/*
 * Check the password of somebody who is signed in, which opens the window of
 * confirm.ttl; session->confirmed_at is then new. *outcome: ENTRY_WRONG or
 * ENTRY_GRANTED. ST_NOT_FOUND: the session or its account is gone meanwhile.
 */
enum status entry_confirm(const struct entry *entry, struct session *session,
    const char *password, enum entry_outcome *outcome) MUST_CHECK;

#endif
