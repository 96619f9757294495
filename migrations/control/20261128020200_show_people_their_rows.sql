-- What the audit log and the outbox have of one account, for its owner. The
-- handlers' role can read neither otherwise, and never what is sealed.

-- migrate:up

CREATE FUNCTION account_audit(account uuid) RETURNS SETOF audit_log
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT * FROM audit_log WHERE account_id = account
$$;
REVOKE ALL ON FUNCTION account_audit(uuid) FROM PUBLIC;

CREATE FUNCTION account_mails(account uuid) RETURNS TABLE (id uuid,
	recipient text, template text, state text, created_at timestamptz,
	ended_at timestamptz, reply text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT o.id, o.recipient, o.template, o.state, o.created_at, o.ended_at,
		o.reply FROM outbox o WHERE o.account_id = account
$$;
REVOKE ALL ON FUNCTION account_mails(uuid) FROM PUBLIC;
CREATE INDEX outbox_account ON outbox (account_id);

CALL grant_to_handlers('EXECUTE', 'FUNCTION account_audit(uuid)');
CALL grant_to_handlers('EXECUTE', 'FUNCTION account_mails(uuid)');

-- migrate:down

DROP INDEX outbox_account;
DROP FUNCTION account_mails(uuid);
DROP FUNCTION account_audit(uuid);
