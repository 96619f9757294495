-- What has happened how often, for /metrics.
--
-- Counting adds a row and waits for nobody: a sum that every sign-in has to
-- change would make them queue, and two such sums could lock each other out.
-- The worker folds the rows into sums.

-- migrate:up
CREATE TABLE counted (
	name		text NOT NULL,
	label		text NOT NULL
);

CREATE TABLE counter (
	name		text NOT NULL,
	label		text NOT NULL,
	value		bigint NOT NULL,
	PRIMARY KEY (name, label)
);

CALL grant_to_handlers('SELECT, INSERT', 'counted');
CALL grant_to_handlers('SELECT', 'counter');

-- migrate:down
DROP TABLE counter;
DROP TABLE counted;
