-- The first sign-in of an account is worth no alert: no device of it was ever
-- seen before. That there was one is a fact of its own, as the rows that tell
-- of sign-ins are cleaned up some day.

-- migrate:up
ALTER TABLE account ADD COLUMN first_signed_in_at timestamptz;
UPDATE account SET first_signed_in_at = l.at
	FROM (SELECT account_id, min(at) AS at FROM audit_log
		WHERE action = 'signed in' GROUP BY account_id) l
	WHERE l.account_id = account.id;

-- Programs are known by their earlier sessions, those that ended included.
CREATE INDEX session_ever ON session (account_id, user_agent);

CALL grant_to_handlers('UPDATE (first_signed_in_at)', 'account');
-- A device is forgotten on demand.
CALL grant_to_handlers('DELETE', 'known_device');

-- migrate:down
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chatelaine_handler') THEN
		REVOKE DELETE ON known_device FROM chatelaine_handler;
	END IF;
END
$$;
DROP INDEX session_ever;
ALTER TABLE account DROP COLUMN first_signed_in_at;
