-- Mail waits for other people's servers: it gets a lane of its own among the
-- jobs, a process of its own in the worker, and that a sign of life of its own.

-- migrate:up
ALTER TABLE job ADD COLUMN lane text NOT NULL GENERATED ALWAYS AS
	(CASE kind WHEN 'mail' THEN 'mail' ELSE 'jobs' END) STORED;
DROP INDEX job_due;
CREATE INDEX job_due ON job (lane, run_at);

ALTER TABLE worker
	ADD COLUMN lane text NOT NULL DEFAULT 'jobs',
	DROP CONSTRAINT worker_pkey,
	ADD PRIMARY KEY (host, lane);

-- migrate:down
DELETE FROM worker WHERE lane <> 'jobs';
ALTER TABLE worker
	DROP CONSTRAINT worker_pkey,
	DROP COLUMN lane,
	ADD PRIMARY KEY (host);

DROP INDEX job_due;
ALTER TABLE job DROP COLUMN lane;
CREATE INDEX job_due ON job (run_at);
