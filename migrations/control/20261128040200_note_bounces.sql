-- Addresses to which mail comes back. They are written to no more until their
-- owner has shown that mail arrives, or has another one.

-- migrate:up
ALTER TABLE account ADD COLUMN email_bounced_at timestamptz;
CALL grant_to_handlers('UPDATE (email_bounced_at)', 'account');

-- migrate:down
ALTER TABLE account DROP COLUMN email_bounced_at;
