-- A counter may go up by more than one: the seconds that mails took.

-- migrate:up
ALTER TABLE counted ADD COLUMN value bigint NOT NULL DEFAULT 1;

-- migrate:down
ALTER TABLE counted DROP COLUMN value;
