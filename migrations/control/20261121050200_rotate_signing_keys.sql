-- Signing keys move on: next, active, retiring, gone. That is the worker's and
-- the operator's doing. The handlers' role may add the first key, which is
-- active, and has no say in what state a key is.

-- migrate:up
ALTER TABLE signing_key
	-- in its present state
	ADD COLUMN since timestamptz NOT NULL DEFAULT clock_timestamp(),
	-- of a retiring one: when the last token it has signed has expired
	ADD COLUMN dead_at timestamptz,
	ALTER COLUMN state SET DEFAULT 'active';
UPDATE signing_key SET since = created_at;
-- Longer than any token lasts.
UPDATE signing_key SET dead_at = now() + interval '25 hours'
	WHERE state = 'retiring';
ALTER TABLE signing_key
	ADD CHECK ((state = 'retiring') = (dead_at IS NOT NULL));
CREATE UNIQUE INDEX signing_key_next ON signing_key (state)
	WHERE state = 'next';

DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chatelaine_handler') THEN
		REVOKE INSERT ON signing_key FROM chatelaine_handler;
	END IF;
END
$$;
CALL grant_to_handlers(
	'INSERT (kid, public_jwk, public_pem, private_sealed)', 'signing_key');

-- migrate:down
DROP INDEX signing_key_next;
ALTER TABLE signing_key
	ALTER COLUMN state DROP DEFAULT,
	DROP COLUMN dead_at,
	DROP COLUMN since;
CALL grant_to_handlers('INSERT', 'signing_key');
