-- Who did what, to what, from where. Handlers add rows, at the time it is, and
-- can do nothing else with them.

-- migrate:up
CREATE TABLE audit_log (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at		timestamptz NOT NULL DEFAULT now(),
	action		text NOT NULL,
	-- No foreign key: the row outlives the account.
	account_id	uuid,
	actor		text NOT NULL CHECK (actor IN ('person', 'operator', 'worker')),
	subject		text,
	ip		inet,
	request_id	text
);
CREATE INDEX audit_log_account ON audit_log (account_id);

CALL grant_to_handlers(
	'INSERT (action, account_id, actor, subject, ip, request_id)', 'audit_log');

-- migrate:down
DROP TABLE audit_log;
