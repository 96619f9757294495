/*
 * session_list - the devices on which somebody is signed in, and ending them.
 *
 * Whatever ends sessions is one UPDATE on the rows that a refresh locks, so a
 * late refresh brings none of them back.
 */
#ifndef CHATELAINE_SESSION_LIST_H
#define CHATELAINE_SESSION_LIST_H

#include "account/session.h"

struct session_item {
	const char *id;
	int64_t created_at;
	int64_t last_seen_at;
	const char *ip; /* NULL if unknown */
	const char *user_agent;
	bool current;
};

/*
 * The sessions of an account that are alive, at most limit: the current one
 * (NULL: none is) first, then by their beginning, the newest first. after: the
 * id of the item to go on behind, NULL to begin. *more: others follow.
 */
enum status session_list(struct db *db, struct arena *arena,
    const char *account_id, const char *current, const char *after,
    int64_t limit, struct session_item **list, size_t *count,
    bool *more) MUST_CHECK;

/*
 * End one session of an account. *ended: false if it had ended before.
 * ST_NOT_FOUND: the account never had it, or that was long ago; so is what is
 * no id.
 */
enum status session_end_own(struct db *db, struct arena *arena,
    const char *account_id, const char *id, enum session_end reason,
    bool *ended) MUST_CHECK;

/* End all sessions of an account but one. *count: how many were alive. */
enum status session_end_others(struct db *db, struct arena *arena,
    const char *account_id, const char *but, enum session_end reason,
    size_t *count) MUST_CHECK;

/*
 * For the operator. End any session: *account_id is whose it is; ST_NOT_FOUND
 * and *ended as above.
 */
enum status session_end_any(struct db *db, struct arena *arena, const char *id,
    enum session_end reason, const char **account_id, bool *ended) MUST_CHECK;

#endif
