-- Sessions may be ended from another device, and passwords given again.

-- migrate:up
ALTER TABLE session DROP CONSTRAINT session_revoked_reason_check;
ALTER TABLE session ADD CONSTRAINT session_revoked_reason_check
	CHECK (revoked_reason IN ('signed-out', 'revoked', 'replaced', 'stolen',
		'account-disabled', 'operator'));

CALL grant_to_handlers('UPDATE (confirmed_at)', 'session');

-- migrate:down
ALTER TABLE session DROP CONSTRAINT session_revoked_reason_check;
UPDATE session SET revoked_reason = 'signed-out'
	WHERE revoked_reason = 'revoked';
ALTER TABLE session ADD CONSTRAINT session_revoked_reason_check
	CHECK (revoked_reason IN ('signed-out', 'replaced', 'stolen',
		'account-disabled', 'operator'));
