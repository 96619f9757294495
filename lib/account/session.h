/*
 * session - one device on which a person is signed in: a row.
 *
 * The row decides. Nothing about its validity is remembered anywhere else, so
 * a revoked session is refused on the very next request.
 */
#ifndef CHATELAINE_SESSION_H
#define CHATELAINE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "account/account.h"
#include "account/origin.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/db.h"
#include "base/secret.h"

enum session_state {
	SESSION_ABSENT = 0, /* no token, or one that is not ours */
	SESSION_ALIVE,
	SESSION_STALE,   /* the access token is past, and must be renewed */
	SESSION_EXPIRED, /* idle or absolute lifetime is over */
	SESSION_REVOKED, /* ended here or elsewhere, or its account disabled */
};

enum session_end {
	SESSION_SIGNED_OUT,
	SESSION_ENDED_ELSEWHERE, /* from another device of the person's */
	SESSION_REPLACED,        /* by another sign-in in the same browser */
	SESSION_STOLEN,          /* a refresh token was used by two */
	SESSION_PASSWORD_RESET,  /* by whoever holds the mailed link */
	SESSION_ACCOUNT_DISABLED,
	SESSION_OPERATOR,
	SESSION_END_COUNT
};

struct session {
	const char *id;
	struct account account; /* password_hash left out */
	int64_t generation;
	int64_t created_at;
	int64_t confirmed_at; /* the password was last given */
	int64_t expires_at;   /* the earlier of idle and absolute */
	int64_t absolute_expires_at;
	const char *ip; /* NULL if unknown */
	const char *user_agent;
	bool remember;         /* stay signed in */
	bool unseen;           /* session_touch has something to note */
	int64_t confirmed_ago; /* seconds since, by the database's clock */
	bool second_factor;    /* the account has one */
	enum session_end end;  /* why, once it is revoked */
};

/* The word for a reason, as the row has it. */
const char *session_end_word(enum session_end reason);

/*
 * Begin a session of an account, with the hash of its first refresh token.
 * remember: it lasts as long as "stay signed in" says. *session is as
 * session_check would give it. ST_CONFLICT: the account is disabled by now, or
 * gone.
 */
enum status session_start(struct db *db, struct arena *arena,
    const struct config *config, const char *account_id,
    const struct origin *origin, bool remember,
    const unsigned char refresh_hash[static SECRET_BYTES],
    struct session *session) MUST_CHECK;

/*
 * One SELECT: the session, its account, and whether it is alive. generation:
 * of the access token that was presented. *session is filled in when *state
 * is SESSION_ALIVE or SESSION_REVOKED.
 */
enum status session_check(struct db *db, struct arena *arena, const char *id,
    int64_t generation, enum session_state *state,
    struct session *session) MUST_CHECK;

/*
 * Note that it was used just now, which moves the idle expiry, and that an
 * access token of this generation has arrived.
 */
enum status session_touch(struct db *db, struct arena *arena,
    const struct config *config, const char *id, int64_t generation) MUST_CHECK;

enum session_refresh {
	SESSION_REFRESH_ROTATED,  /* a new generation has begun */
	SESSION_REFRESH_REPEATED, /* the answer was lost, or tabs are racing */
	SESSION_REFRESH_EXPIRED,
	SESSION_REFRESH_REVOKED,
	SESSION_REFRESH_STOLEN,  /* two have the token */
	SESSION_REFRESH_UNKNOWN, /* no such session or generation */
};

/*
 * Present the refresh token of a generation by its hash, with that of its
 * successor. One statement decides with the row locked, so of any number of
 * callers one rotates, and those at its side repeat. A rotation is counted for
 * /metrics, in the same statement. end_stolen: a theft ends the session; without
 * it that is only told, and nothing is changed. *session is filled in when it is
 * rotated, repeated or ended as stolen, and live_hash is then the hash of the
 * token that is to be presented next. When it is revoked, session->end is.
 */
enum status session_refresh(struct db *db, struct arena *arena,
    const struct config *config, const char *id, int64_t generation,
    const unsigned char hash[static SECRET_BYTES],
    const unsigned char next_hash[static SECRET_BYTES], bool end_stolen,
    enum session_refresh *outcome, struct session *session,
    unsigned char live_hash[static SECRET_BYTES]) MUST_CHECK;

/*
 * The password was given again, just now: *confirmed_at. ST_NOT_FOUND: it has
 * been revoked meanwhile.
 */
enum status session_confirm(struct db *db, struct arena *arena, const char *id,
    int64_t *confirmed_at) MUST_CHECK;

/*
 * End one session; ST_OK also when it had ended before. End all of an account,
 * or of everybody (account_id NULL); *count (NULL: not wanted): how many of them
 * were alive.
 */
enum status session_revoke(struct db *db, struct arena *arena, const char *id,
    enum session_end reason) MUST_CHECK;
enum status session_revoke_all(struct db *db, struct arena *arena,
    const char *account_id, enum session_end reason, size_t *count) MUST_CHECK;

#endif
