-- The second factor: secrets that are shared with an app, and recovery codes.
-- See lib/account/second_factor.h.

-- migrate:up

-- Not activated: begun, and nothing has shown yet that an app has it.
CREATE TABLE second_factor (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	account_id	uuid NOT NULL REFERENCES account ON DELETE CASCADE,
	secret_sealed	bytea NOT NULL,
	-- The step of 30 seconds whose code was used last: an earlier one, or
	-- the same, is good no longer.
	last_step	bigint NOT NULL DEFAULT 0,
	created_at	timestamptz NOT NULL DEFAULT now(),
	activated_at	timestamptz
);
CREATE UNIQUE INDEX second_factor_active ON second_factor (account_id)
	WHERE activated_at IS NOT NULL;
CREATE UNIQUE INDEX second_factor_begun ON second_factor (account_id)
	WHERE activated_at IS NULL;

CREATE TABLE recovery_code (
	account_id	uuid NOT NULL REFERENCES account ON DELETE CASCADE,
	hash		bytea NOT NULL CHECK (length(hash) = 32),
	used_at		timestamptz,
	PRIMARY KEY (account_id, hash)
);

CALL grant_to_handlers('SELECT, INSERT (account_id, secret_sealed), DELETE,'
	' UPDATE (secret_sealed, last_step, created_at, activated_at)',
	'second_factor');
CALL grant_to_handlers('SELECT, INSERT (account_id, hash), DELETE,'
	' UPDATE (used_at)', 'recovery_code');

-- migrate:down
DROP TABLE recovery_code;
DROP TABLE second_factor;
