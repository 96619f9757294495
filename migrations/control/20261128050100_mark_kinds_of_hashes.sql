-- Which kinds of hash there are among the accounts: how it was made, without
-- salt and hash. A refused sign-in does the work of every kind that is left, so
-- that its time tells nothing. See lib/account/password_kind.h.

-- migrate:up
ALTER TABLE account ADD COLUMN password_kind text GENERATED ALWAYS AS (
	CASE WHEN password_hash ~ '^\$2[aby]\$[0-9]{2}\$'
		THEN '$2b$' || substr(password_hash, 5, 3)
	ELSE substring(password_hash
		FROM '^\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=1\$') END) STORED;
CREATE INDEX account_password_kind ON account (password_kind);

-- migrate:down
DROP INDEX account_password_kind;
ALTER TABLE account DROP COLUMN password_kind;
