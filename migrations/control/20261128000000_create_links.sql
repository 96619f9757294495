-- Links that are mailed and can be used once, of every kind but the one that
-- proves an address at sign-up. See lib/account/link.h.

-- migrate:up
CREATE TABLE link (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind		text NOT NULL,
	account_id	uuid NOT NULL REFERENCES account ON DELETE CASCADE,
	hash		bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
	subject		text,	-- what it is about, for its kind to read
	created_at	timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz NOT NULL,
	opened_at	timestamptz,
	used_at		timestamptz
);
CREATE INDEX link_account ON link (account_id, kind, id);
CREATE INDEX link_expires ON link (expires_at);

CALL grant_to_handlers('SELECT, INSERT (kind, account_id, hash, subject,'
	' expires_at), UPDATE (expires_at, opened_at, used_at)', 'link');

-- migrate:down
DROP TABLE link;
