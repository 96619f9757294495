-- Mails that a person may do without, and those that go to nobody.

-- migrate:up
CREATE TABLE mail_opt_out (
	account_id	uuid NOT NULL REFERENCES account ON DELETE CASCADE,
	category	text NOT NULL,	-- see lib/mail/category.c
	since		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (account_id, category)
);
CALL grant_to_handlers(
	'SELECT, INSERT (account_id, category), DELETE', 'mail_opt_out');

-- Neither sent nor refused: its recipient wants no such mail.
ALTER TABLE outbox
	DROP CONSTRAINT outbox_state_check,
	ADD CONSTRAINT outbox_state_check CHECK (state IN
		('queued', 'sent', 'bounced', 'suppressed'));

-- migrate:down
UPDATE outbox SET state = 'bounced' WHERE state = 'suppressed';
ALTER TABLE outbox
	DROP CONSTRAINT outbox_state_check,
	ADD CONSTRAINT outbox_state_check CHECK (state IN
		('queued', 'sent', 'bounced'));
DROP TABLE mail_opt_out;
