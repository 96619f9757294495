/*
 * limit - how often something may be done, by anybody, over all processes.
 *
 * A limit is N in a period, or several of these at once, from the setting
 * limit.NAME. It is the generic cell rate algorithm (ITU-T I.371): N at once
 * if need be, and then one more each time the Nth part of the period has gone
 * by. One upsert decides, by the database's clock, so that of any number of
 * callers at once no more than that get through. Rows know whom they count by
 * a keyed hash alone. They are not logged: a crash of PostgreSQL forgets them.
 *
 * LIMIT_PASSWORD and LIMIT_CODE are stricter once their N are used up: each
 * wrong password, or code, then makes the next wait for a minute, twice that,
 * and so on up to the period.
 * That is forgotten a whole period after the end of the last wait.
 *
 * What is taken inside a transaction is so when that commits, and makes others
 * wait until then.
 */
#ifndef CHATELAINE_LIMIT_H
#define CHATELAINE_LIMIT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/secret.h"

enum limit {
	LIMIT_NONE = 0,
	LIMIT_PASSWORD,        /* wrong passwords, by address */
	LIMIT_PASSWORD_DEVICE, /* the same from a known device, by its id */
	LIMIT_PASSWORD_IP,     /* wrong passwords, by IP */
	LIMIT_CODE,            /* wrong codes of a second factor, by account */
	LIMIT_SIGNUP,          /* by IP */
	LIMIT_MAIL,            /* mails that anybody can ask for, by address */
	LIMIT_MAIL_IP,         /* the same by IP */
	LIMIT_TOKEN,           /* pages that use up a token, by IP */
	LIMIT_REFRESH,         /* by session id */
	LIMIT_COUNT
};

/* What every call needs. */
struct limiter {
	struct db *db;
	struct arena *arena;
	const struct config *config;
	const struct master_key *key;
};

/* What was taken: a list, the latest first. NULL: nothing. */
struct limit_ticket;

/*
 * Take one. subject: whom the limit counts, upper and lower case the same; of
 * an IPv6 address its /64. NULL, or a limit that is off: nothing is counted.
 * *taken (NULL: never given back) grows by what was taken. ST_LIMITED: nothing
 * was, which is counted for /metrics; *wait (may be NULL) says for how many
 * seconds nothing will be.
 */
enum status limit_take(const struct limiter *limiter, enum limit limit,
    const char *subject, struct limit_ticket **taken, int64_t *wait) MUST_CHECK;

/* Undo all of *taken, as if it had not been, and leave it empty. */
enum status limit_give_back(
    const struct limiter *limiter, struct limit_ticket **taken) MUST_CHECK;

/* Undo all that was ever taken for a subject. */
enum status limit_forget(const struct limiter *limiter, enum limit limit,
    const char *subject) MUST_CHECK;

/*
 * The one way to try a password: take before the hash is computed, so that
 * guesses made at the same time are counted too, and give back when it was
 * right. email: of the account, known or not. device: its known_device id or
 * session id, or NULL; with one, only its own limit counts, so that strangers
 * can't lock the owner out. ip: NULL when it is nobody's in particular.
 */
enum status limit_take_password(const struct limiter *limiter,
    const char *email, const char *device, const char *ip,
    struct limit_ticket **taken, int64_t *wait) MUST_CHECK;

/*
 * Note for doctor that requests come through a proxy on this machine that
 * proxy.trusted does not name, so that nothing can be counted by IP.
 */
#define LIMIT_NOTICE "loopback-proxy"
enum status limit_note_proxy(const struct limiter *limiter) MUST_CHECK;

/* Forget what is all earned back. For the worker. */
enum status limit_clean_up(struct db *db, struct arena *arena) MUST_CHECK;

#endif
