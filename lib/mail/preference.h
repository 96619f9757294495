/*
 * preference - the categories of mail that a person has switched off, and the
 * links by which anybody who has one of those mails can do it for them.
 *
 * A link names an account and a category, with a keyed hash (BLAKE2b-256) over
 * both, so that nobody can make one. It never expires, as the mail it is in
 * does not (RFC 8058, section 3.1), can be used any number of times, and can do
 * nothing else.
 */
#ifndef CHATELAINE_PREFERENCE_H
#define CHATELAINE_PREFERENCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/db.h"
#include "base/secret.h"
#include "mail/category.h"

/* Which categories an account gets; all of them when nothing was chosen. */
struct preferences {
	bool wanted[MAIL_CATEGORY_COUNT];
};

/*
 * Those of an account, by its id (a UUID), as of all below. ST_UNAVAILABLE: no
 * database; so it is of the next two.
 */
enum status preference_list(struct db *db, struct arena *arena,
    const char *account_id, struct preferences *preferences) MUST_CHECK;

/* Does the account get this category? MAIL_SECURITY it always does. */
enum status preference_wants(struct db *db, struct arena *arena,
    const char *account_id, enum mail_category category,
    bool *wanted) MUST_CHECK;

/*
 * Switch a category on or off. *changed: it was not so before; never where
 * there is no such account.
 */
enum status preference_set(struct db *db, struct arena *arena,
    const char *account_id, enum mail_category category, bool wanted,
    bool *changed) MUST_CHECK;

/* The token of a link, base64url. In the arena. */
const char *preference_token(const struct master_key *key, struct arena *arena,
    const char *account_id, enum mail_category category);

/* What it stands for. ST_NOT_FOUND: it is none of ours. */
enum status preference_read_token(const struct master_key *key,
    struct arena *arena, const char *token, const char **account_id,
    enum mail_category *category) MUST_CHECK;

#endif
