-- A session's row is written at each refresh and, in use, each minute. With
-- room for the new version in the same page no index has to learn of it.

-- migrate:up
ALTER TABLE session SET (fillfactor = 70);

-- migrate:down
ALTER TABLE session RESET (fillfactor);
