-- An address that somebody signed up with and never proved must not keep its
-- owner from changing to it. Such an account makes way; the handlers' role can
-- remove no other.

-- migrate:up

CREATE FUNCTION account_make_way(address text) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
	DELETE FROM account WHERE lower(email) = lower(address)
		AND verified_at IS NULL AND disabled_at IS NULL
$$;
REVOKE ALL ON FUNCTION account_make_way(text) FROM PUBLIC;

CALL grant_to_handlers('EXECUTE', 'FUNCTION account_make_way(text)');
CALL grant_to_handlers('UPDATE (email)', 'account');

-- migrate:down

DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chatelaine_handler') THEN
		REVOKE UPDATE (email) ON account FROM chatelaine_handler;
	END IF;
END
$$;
DROP FUNCTION account_make_way(text);
