/* mailbox.c - letters by the Message-ID, which is that of a row. */

#include <string.h>
#include <unistd.h>

#include "tests/harness/fixture.h"
#include "tests/harness/web.h"
#include "tests/stress/mailbox.h"
#include "tests/stress/stress.h"

#define PATIENCE 120 /* seconds, for mail under load */
#define POLL_US (50 * 1000)

/* "Message-ID: <ID@HOST>" */
static const char *
letter_id(struct arena *arena, const char *source)
{
	static const char name[] = "\nMessage-Id: <";
	const char *line = strcasestr(source, name);

	if (line == NULL)
		return "";
	line += strlen(name);
	return arena_strndup(arena, line, strcspn(line, "@>"));
}

void
mailbox_read(struct mailbox *mailbox)
{
	struct arena *own = arena_new();
	struct mail mail;

	while (web_mail_at(own, mailbox->count + 1, &mail)) {
		struct letter *letter =
		    arena_alloc(mailbox->arena, sizeof(*letter));

		letter->id = letter_id(mailbox->arena, mail.source);
		letter->recipient =
		    arena_strdup(mailbox->arena, mail.recipient);
		letter->link = arena_strdup(mailbox->arena, mail.link);
		letter->next = mailbox->letters;
		mailbox->letters = letter;
		mailbox->count++;
		arena_reset(own);
	}
	arena_free(own);
}

const struct letter *
mailbox_await(struct mailbox *mailbox, const char *recipient)
{
	const struct letter *letter;

	for (int i = 0; i < PATIENCE * 1000000 / POLL_US; i++) {
		mailbox_read(mailbox);
		for (letter = mailbox->letters; letter != NULL;
		     letter = letter->next)
			if (strcmp(letter->recipient, recipient) == 0)
				return letter;
		(void)usleep(POLL_US);
	}
	stress_broken("no mail has come to %s", recipient);
	return NULL;
}

size_t
mailbox_copies(const struct mailbox *mailbox, const char *id)
{
	size_t copies = 0;

	for (const struct letter *letter = mailbox->letters; letter != NULL;
	     letter = letter->next)
		copies += strcmp(letter->id, id) == 0;
	return copies;
}

size_t
mailbox_await_outbox(struct arena *arena, const char *condition)
{
	const char *waiting = arena_printf(arena,
	    "SELECT count(*) FROM outbox WHERE state <> 'sent' AND (%s)",
	    condition);
	const char *ids = arena_printf(arena,
	    "SELECT string_agg(id::text, ' ') FROM outbox WHERE %s", condition);
	struct mailbox mailbox = { .arena = arena };
	size_t doubles = 0, copies;
	char *rest;

	for (int i = 0; test_int(waiting, NULL) > 0; i++) {
		if (i == PATIENCE * 1000000 / POLL_US) {
			stress_broken("%jd mails were never sent",
			    (intmax_t)test_int(waiting, NULL));
			break;
		}
		(void)usleep(POLL_US);
	}
	mailbox_read(&mailbox);
	rest = arena_strdup(arena, test_text(arena, ids, NULL));
	for (const char *id; (id = strsep(&rest, " ")) != NULL;) {
		if (*id == '\0')
			continue;
		copies = mailbox_copies(&mailbox, id);
		if (copies == 0)
			stress_broken("mail %s has not arrived", id);
		doubles += copies > 1;
	}
	return doubles;
}
