-- What /metrics tells is read by the handlers' role: how many and how old,
-- nothing of what is in them.

-- migrate:up
CALL grant_to_handlers('SELECT (kind)', 'job');
CALL grant_to_handlers('SELECT (state, created_at)', 'outbox');
CALL grant_to_handlers('SELECT', 'audit_pending');

-- migrate:down
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chatelaine_handler') THEN
		REVOKE SELECT (kind) ON job FROM chatelaine_handler;
		REVOKE SELECT (state, created_at) ON outbox FROM chatelaine_handler;
		REVOKE SELECT ON audit_pending FROM chatelaine_handler;
	END IF;
END
$$;
