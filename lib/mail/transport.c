/* transport.c - one of two. */

#include <inttypes.h>

#include "mail/sendmail.h"
#include "mail/transport.h"

enum smtp_outcome
transport_send(struct arena *arena, const struct config *config,
    const char *sender, const char *recipient, const char *text,
    const char **reply)
{
	return config->mail_transport == MAIL_TRANSPORT_SENDMAIL
	    ? sendmail_send(arena, config, sender, recipient, text, reply)
	    : smtp_send(arena, config, sender, recipient, text, reply);
}

enum status
transport_probe(
    struct arena *arena, const struct config *config, const char **reply)
{
	return config->mail_transport == MAIL_TRANSPORT_SENDMAIL
	    ? sendmail_probe(arena, config, reply)
	    : smtp_probe(arena, config, reply);
}

const char *
transport_name(struct arena *arena, const struct config *config)
{
	if (config->mail_transport == MAIL_TRANSPORT_SENDMAIL)
		return config->mail_sendmail;
	return arena_printf(
	    arena, "%s:%" PRId64, config->mail_host, config->mail_port);
}
