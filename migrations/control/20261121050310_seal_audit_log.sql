-- The chain over the audit log: what the worker writes beside it, so that the
-- log itself is only ever added to. See lib/account/audit_chain.h.

-- migrate:up

-- Rows that are not sealed yet. A queue, because neither ids nor times tell
-- which rows are new: they are given before the commit, and may overtake.
CREATE TABLE audit_pending (
	audit_id	bigint PRIMARY KEY
);

-- What seals are made with, itself sealed with the master key: so that can be
-- replaced, and the seals stay good.
CREATE TABLE audit_key (
	id		text PRIMARY KEY,
	sealed		bytea NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_seal (
	seq		bigint PRIMARY KEY CHECK (seq > 0),
	audit_id	bigint NOT NULL UNIQUE,
	key_id		text NOT NULL,	-- of audit_key
	-- The chain holds the hash. Without the salt nobody can tell from it
	-- what the address was, so address and salt can go.
	ip_salt		bytea CHECK (length(ip_salt) = 16),
	ip_hash		bytea CHECK (length(ip_hash) = 32),
	hash		bytea NOT NULL CHECK (length(hash) = 32),
	sealed_at	timestamptz NOT NULL DEFAULT now()
);

-- With the owner's rights: who adds rows to the log can't touch the queue. No
-- temporary table can take the queue's place.
CREATE FUNCTION audit_queue() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO audit_pending (audit_id) VALUES (NEW.id);
	RETURN NULL;
END
$$;
-- Or anybody could hang it to a table of their own.
REVOKE ALL ON FUNCTION audit_queue() FROM PUBLIC;
CREATE TRIGGER audit_queue AFTER INSERT ON audit_log
	FOR EACH ROW EXECUTE FUNCTION audit_queue();

INSERT INTO audit_pending (audit_id) SELECT id FROM audit_log;

-- migrate:down
DROP TRIGGER audit_queue ON audit_log;
DROP FUNCTION audit_queue();
DROP TABLE audit_seal;
DROP TABLE audit_key;
DROP TABLE audit_pending;
