/* reset.c - links that let a person choose a new password. */

#include "account/reset.h"

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
