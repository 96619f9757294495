-- What the worker does: jobs, the mail they send, and its sign of life.

-- migrate:up
CREATE TABLE job (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind		text NOT NULL,
	subject		uuid,	-- the row it is about, if it is about one
	payload		bytea,	-- sealed
	created_at	timestamptz NOT NULL DEFAULT now(),
	run_at		timestamptz NOT NULL DEFAULT now(),
	attempts	integer NOT NULL DEFAULT 0,
	-- Who holds the lease may finish the job; a new lease has a new number, so
	-- that a worker that was believed dead can't.
	lease		bigint NOT NULL DEFAULT 0,
	leased_until	timestamptz
);
CREATE INDEX job_due ON job (run_at);
CREATE UNIQUE INDEX job_subject ON job (kind, subject);

CREATE FUNCTION job_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NOTIFY job;
	RETURN NULL;
END
$$;
CREATE TRIGGER job_announce AFTER INSERT ON job
	FOR EACH STATEMENT EXECUTE FUNCTION job_announce();

CREATE TABLE outbox (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	account_id	uuid REFERENCES account ON DELETE SET NULL,
	recipient	text NOT NULL,
	template	text NOT NULL,
	-- The values for the template. Sealed, as they hold one-time links, and
	-- gone once the mail is.
	sealed		bytea,
	state		text NOT NULL DEFAULT 'queued' CHECK (state IN
			('queued', 'sent', 'bounced')),
	created_at	timestamptz NOT NULL DEFAULT now(),
	ended_at	timestamptz,
	reply		text,	-- the mail server's last answer
	CHECK ((state = 'queued') = (sealed IS NOT NULL)),
	CHECK ((state = 'queued') = (ended_at IS NULL))
);

CREATE TABLE worker (
	host		text PRIMARY KEY,
	started_at	timestamptz NOT NULL DEFAULT now(),
	seen_at		timestamptz NOT NULL DEFAULT now()
);

-- No SELECT: adding what is there already (job_add) does without it.
CALL grant_to_handlers('INSERT (kind, subject, payload)', 'job');
CALL grant_to_handlers(
	'INSERT (id, account_id, recipient, template, sealed)', 'outbox');
CALL grant_to_handlers('SELECT', 'worker');

-- migrate:down
DROP TABLE worker;
DROP TABLE outbox;
DROP TABLE job;
DROP FUNCTION job_announce();
