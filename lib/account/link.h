/*
 * link - what is mailed to a person, and lets whoever holds it do one thing.
 *
 * 256 random bits in the link, their hash in the database; used up once. A row
 * outlives its link by LINK_KEPT_DAYS, so that a page can say what became of
 * it: that tells a stranger nothing, who would have to know the secret. (The
 * link that proves an address at sign-up is tied to a browser, and has a module
 * of its own: verification.h.)
 */
#ifndef CHATELAINE_LINK_H
#define CHATELAINE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/db.h"

#define LINK_KEPT_DAYS 30

enum link_kind {
	LINK_RESET,        /* choose a new password */
	LINK_EMAIL_CHANGE, /* prove the new address, which is the subject */
	LINK_EMAIL_REVERT, /* go back to the old one, which is the subject */
	LINK_SESSION_END,  /* end the session whose id is the subject */
	LINK_KIND_COUNT
};

enum link_state {
	LINK_LIVE,
	LINK_USED,
	LINK_REPLACED, /* by a newer one; of resets and changes alone */
	LINK_EXPIRED,
};

struct link {
	enum link_state state;
	const char *account_id;
	const char *subject; /* "" when it has none */
	bool opened;
	int64_t created_at; /* Unix seconds */
	int64_t expires_at; /* likewise */
};

/*
 * Make a link for an account that is good for ttl seconds. subject: may be
 * NULL. Of resets and changes only the newest works. *token: SECRET_TEXT_LEN
 * characters, nowhere stored.
 */
enum status link_issue(struct db *db, struct arena *arena, enum link_kind kind,
    const char *account_id, const char *subject, int64_t ttl,
    const char **token) MUST_CHECK;

/*
 * What a link of this kind stands for and what has become of it. Inside a
 * transaction the account and the link then stay as they are, so that what is
 * found live can be spent. ST_NOT_FOUND: malformed, of another kind, never
 * made, or forgotten by now.
 */
enum status link_find(struct db *db, struct arena *arena, enum link_kind kind,
    const char *token, struct link *link) MUST_CHECK;

/*
 * Somebody has opened it: from the first time on it is good for ttl seconds,
 * and never for longer than before. ST_NOT_FOUND: it is not live.
 */
enum status link_open(struct db *db, struct arena *arena, enum link_kind kind,
    const char *token, int64_t ttl) MUST_CHECK;

/*
 * Use it up. Look first, in the same transaction. Of any number of callers at
 * once one gets ST_OK, the others ST_NOT_FOUND.
 */
enum status link_spend(struct db *db, struct arena *arena, enum link_kind kind,
    const char *token) MUST_CHECK;

/*
 * All links of a kind that the account has become expired ones, for requests
 * that have begun before as well. They are kept as long as if they had expired
 * when they were made.
 */
enum status link_expire(struct db *db, struct arena *arena, enum link_kind kind,
    const char *account_id) MUST_CHECK;

/*
 * The same for those alone that were made after this one, of its kind and
 * account. ST_NOT_FOUND: malformed.
 */
enum status link_expire_later(struct db *db, struct arena *arena,
    enum link_kind kind, const char *token) MUST_CHECK;

#endif
