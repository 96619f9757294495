-- Choosing a new password by a mailed link ends all sessions of the account.

-- migrate:up
ALTER TABLE session DROP CONSTRAINT session_revoked_reason_check;
ALTER TABLE session ADD CONSTRAINT session_revoked_reason_check
	CHECK (revoked_reason IN ('signed-out', 'revoked', 'replaced', 'stolen',
		'password-reset', 'account-disabled', 'operator'));

-- migrate:down
ALTER TABLE session DROP CONSTRAINT session_revoked_reason_check;
UPDATE session SET revoked_reason = 'revoked'
	WHERE revoked_reason = 'password-reset';
ALTER TABLE session ADD CONSTRAINT session_revoked_reason_check
	CHECK (revoked_reason IN ('signed-out', 'revoked', 'replaced', 'stolen',
		'account-disabled', 'operator'));
