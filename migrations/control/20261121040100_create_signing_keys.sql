-- Keys that sign access tokens. The private half is sealed with the master
-- key; the public half, as a JWK, is what the JWKS publishes.

-- migrate:up
CREATE TABLE signing_key (
	kid		text PRIMARY KEY,
	state		text NOT NULL CHECK (state IN ('next', 'active', 'retiring')),
	public_jwk	json NOT NULL,
	public_pem	text NOT NULL,
	private_sealed	bytea NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX signing_key_active ON signing_key (state)
	WHERE state = 'active';

CALL grant_to_handlers('SELECT, INSERT', 'signing_key');

-- migrate:down
DROP TABLE signing_key;
