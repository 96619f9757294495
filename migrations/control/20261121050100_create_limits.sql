-- How often something was done, and the browsers that people have signed in
-- with before.

-- migrate:up

-- A row for each limit and each one whom it counts, who is known by a keyed
-- hash alone. Unlogged: after a crash of the server all begin anew, and nobody
-- waits for a disk.
CREATE UNLOGGED TABLE limit_state (
	name	text NOT NULL,
	period	integer NOT NULL,	-- seconds
	subject_hash bytea NOT NULL CHECK (length(subject_hash) = 32),
	-- By then all that was taken is earned back.
	earned_at timestamptz NOT NULL,
	-- Waits in a row that each doubled the one before, and the last step.
	waits	integer NOT NULL DEFAULT 0,
	step	interval NOT NULL,
	PRIMARY KEY (name, period, subject_hash)
) WITH (fillfactor = 50);	-- room to change a row in its page

-- A row for each browser and each account that has signed in with it: one
-- cookie may be known to several.
CREATE TABLE known_device (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	account_id	uuid NOT NULL REFERENCES account ON DELETE CASCADE,
	hash		bytea NOT NULL CHECK (length(hash) = 32),
	created_at	timestamptz NOT NULL DEFAULT now(),
	last_used_at	timestamptz NOT NULL DEFAULT now(),
	user_agent	text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 300),
	UNIQUE (hash, account_id)
);
CREATE INDEX known_device_account ON known_device (account_id);

-- What handlers have seen that the operator should know: for doctor.
CREATE TABLE notice (
	name	text PRIMARY KEY,
	seen_at	timestamptz NOT NULL DEFAULT now()
);

CALL grant_to_handlers('SELECT, INSERT,'
	' UPDATE (earned_at, waits, step)', 'limit_state');
CALL grant_to_handlers('SELECT, INSERT,'
	' UPDATE (last_used_at, user_agent)', 'known_device');
CALL grant_to_handlers('SELECT, INSERT, UPDATE (seen_at)', 'notice');

-- migrate:down
DROP TABLE notice;
DROP TABLE known_device;
DROP TABLE limit_state;
