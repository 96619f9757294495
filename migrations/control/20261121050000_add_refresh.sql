-- Sessions that go on: refresh tokens, of which only hashes are kept.

-- migrate:up
ALTER TABLE session
	-- stay signed in
	ADD remember		boolean NOT NULL DEFAULT false,
	-- of the refresh token of this generation, and of the one before
	ADD refresh_hash	bytea CHECK (length(refresh_hash) = 32),
	ADD previous_hash	bytea CHECK (length(previous_hash) = 32),
	ADD rotated_at		timestamptz NOT NULL DEFAULT now(),
	-- when something of this generation first came back; null: the answer that
	-- carried it may have been lost
	ADD delivered_at	timestamptz;
ALTER TABLE session DROP CONSTRAINT session_revoked_reason_check;
ALTER TABLE session ADD CONSTRAINT session_revoked_reason_check
	CHECK (revoked_reason IN
		('signed-out', 'replaced', 'stolen', 'account-disabled', 'operator'));

-- Those from before have no refresh token, and end with their access token.

CALL grant_to_handlers('UPDATE (generation, refresh_hash, previous_hash,'
	' rotated_at, delivered_at)', 'session');

-- migrate:down
ALTER TABLE session DROP CONSTRAINT session_revoked_reason_check;
UPDATE session SET revoked_reason = 'signed-out'
	WHERE revoked_reason IN ('replaced', 'stolen');
ALTER TABLE session ADD CONSTRAINT session_revoked_reason_check
	CHECK (revoked_reason IN ('signed-out', 'account-disabled', 'operator'));
ALTER TABLE session
	DROP remember,
	DROP refresh_hash,
	DROP previous_hash,
	DROP rotated_at,
	DROP delivered_at;
