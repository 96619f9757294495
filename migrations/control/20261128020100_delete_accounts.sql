-- Accounts are deleted some time after their owners asked for it. Whatever
-- deletes one, the person's data goes with it: the audit log keeps its rows, but
-- not from where the person came, and the outbox keeps no mail.

-- migrate:up

ALTER TABLE account
	ADD delete_after	timestamptz,	-- signing in before undoes it
	ADD delete_reminded_at	timestamptz,
	ADD CHECK (delete_after IS NOT NULL OR delete_reminded_at IS NULL);
CREATE INDEX account_delete_after ON account (delete_after)
	WHERE delete_after IS NOT NULL;

-- Without its salt the hash in the seal tells nothing of the address, and the
-- chain stays whole: see lib/account/audit_chain.h, whose lock this is, so that
-- no row gets its seal between the two statements.
CREATE FUNCTION account_forget() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(7022629598036782183);
	UPDATE audit_seal SET ip_salt = NULL FROM audit_log l
		WHERE l.account_id = OLD.id AND audit_id = l.id
		AND ip_salt IS NOT NULL;
	UPDATE audit_log SET ip = NULL
		WHERE account_id = OLD.id AND ip IS NOT NULL;
	DELETE FROM outbox WHERE account_id = OLD.id;
	RETURN OLD;
END
$$;
REVOKE ALL ON FUNCTION account_forget() FROM PUBLIC;

CREATE TRIGGER account_forget BEFORE DELETE ON account
	FOR EACH ROW EXECUTE FUNCTION account_forget();

CALL grant_to_handlers('UPDATE (delete_after, delete_reminded_at)', 'account');

-- migrate:down

DROP TRIGGER account_forget ON account;
DROP FUNCTION account_forget();
ALTER TABLE account
	DROP delete_reminded_at,
	DROP delete_after;
