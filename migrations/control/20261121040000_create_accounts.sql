-- Accounts, the proof of their addresses, and sessions.
--
-- The handlers' role, chatelaine_handler, reads and writes rows and no more.
-- Where there is no such role (hosting with a single database user), grants to
-- it are left out: that user owns the tables.

-- migrate:up
CREATE PROCEDURE grant_to_handlers(privileges text, name text)
LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chatelaine_handler') THEN
		EXECUTE format('GRANT %s ON %s TO chatelaine_handler', privileges, name);
	END IF;
END
$$;

CREATE TABLE account (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	email		text NOT NULL CHECK (length(email) <= 254),
	name		text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	password_hash	text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now(),
	verified_at	timestamptz,
	disabled_at	timestamptz
);
-- Addresses that differ in case alone are one person's in practice.
CREATE UNIQUE INDEX account_email ON account (lower(email));

-- The newest link only: a row an account.
CREATE TABLE verification (
	account_id	uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
	hash		bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
	-- of the cookie of the browser that signed up; null when there was none
	browser_hash	bytea CHECK (length(browser_hash) = 32),
	created_at	timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz NOT NULL
);

CREATE TABLE session (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	account_id	uuid NOT NULL REFERENCES account ON DELETE CASCADE,
	created_at	timestamptz NOT NULL DEFAULT now(),
	confirmed_at	timestamptz NOT NULL DEFAULT now(),
	last_seen_at	timestamptz NOT NULL DEFAULT now(),
	ip		inet,
	user_agent	text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 300),
	generation	bigint NOT NULL DEFAULT 0,
	idle_expires_at	timestamptz NOT NULL,
	expires_at	timestamptz NOT NULL,
	revoked_at	timestamptz,
	revoked_reason	text CHECK (revoked_reason IN
			('signed-out', 'account-disabled', 'operator')),
	CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX session_account ON session (account_id) WHERE revoked_at IS NULL;
CREATE INDEX session_expires ON session (expires_at);

CALL grant_to_handlers('SELECT, INSERT,'
	' UPDATE (name, password_hash, verified_at, disabled_at)', 'account');
CALL grant_to_handlers('SELECT, INSERT, UPDATE, DELETE', 'verification');
CALL grant_to_handlers('SELECT, INSERT,'
	' UPDATE (last_seen_at, idle_expires_at, revoked_at, revoked_reason)',
	'session');

-- migrate:down
DROP TABLE session;
DROP TABLE verification;
DROP TABLE account;
DROP PROCEDURE grant_to_handlers(text, text);
