/*
 * smtp.c - libesmtp, in a process of its own for each message.
 *
 * libesmtp has no bound on a whole conversation (it connects and looks names
 * up for as long as the system does, and a server that sends a byte now and
 * then keeps it waiting for ever), and goes on without AUTH when a server
 * refuses it. A process can be ended at any point, by its alarm clock or by
 * itself as soon as something is about to be sent that must not be. What it
 * found out comes back through a pipe.
 */

#include <stddef.h> /* libesmtp.h forgets it */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <auth-client.h>
#include <libesmtp.h>

#include "base/child.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/smtp.h"

/* libesmtp.h declares it only for OpenSSL before 3. */
extern int smtp_starttls_set_ctx(smtp_session_t session, SSL_CTX *ctx);

#define REPLY_MAX 200  /* bytes of a server's answer worth keeping */
#define QUIT_SECONDS 5 /* for a goodbye, once the outcome is known */
#define PHASES_MAX 5   /* a conversation may take so many times mail.timeout */
#define SOCKETS_MAX 64 /* descriptors that may be one */
#define PROBE_ADDRESS "probe@localhost.invalid" /* goes nowhere */

/* One conversation, in the child. */
struct talk {
	const struct config *config;
	const char *sender;
	const char *recipient;
	const char *text; /* NULL: a probe */
	int out;          /* where the outcome goes */
	bool told;        /* it has gone */
	bool tls;
	bool authenticated;
	bool in_auth;
	bool reached; /* the server has looked at the recipient */
	bool leaving; /* no answer counts any more */
	size_t lines; /* of the answer to what was last written */
	char reply[REPLY_MAX];
	size_t reply_len;
};

/*
 * Tell the parent the outcome, once: a byte for the enum, then the reason. A
 * server's words can be any bytes; only printable ASCII is kept.
 */
static void PRINTF(3, 4)
    tell(struct talk *talk, enum smtp_outcome outcome, const char *format, ...)
{
	char line[1 + REPLY_MAX];
	va_list args;
	int len;

	if (talk->told)
		return;
	talk->told = true;
	line[0] = (char)('0' + outcome);
	va_start(args, format);
	len = vsnprintf(line + 1, sizeof(line) - 1, format, args);
	va_end(args);
	if (len < 0)
		len = 0;
	else if ((size_t)len > sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	for (int i = 1; i <= len; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = ' ';
	while (len > 0 && line[len] == ' ')
		len--;
	if (write(talk->out, line, (size_t)len + 1) < 0)
		_exit(1); /* the parent is gone */
	(void)alarm(QUIT_SECONDS);
}

static void __attribute__((noreturn)) stop(struct talk *talk, const char *why)
{
	tell(talk, talk->reached ? SMTP_DEFERRED : SMTP_AWAY, "%s%s%s", why,
	    talk->reply_len > 0 ? ": " : "", talk->reply);
	_exit(0);
}

/* Called when the conversation is about to come to the message. */
static void
require_trust(struct talk *talk)
{
	if (talk->config->mail_tls == MAIL_TLS_STARTTLS && !talk->tls)
		stop(talk, "no TLS with the mail server");
	if (talk->config->mail_user[0] != '\0' && !talk->authenticated)
		stop(talk, "the mail server did not accept mail.user");
	if (talk->text == NULL) {
		tell(talk, SMTP_ACCEPTED, "ready");
		_exit(0);
	}
}

/* The first line of an answer, which may come in pieces, and their number. */
static void
note_reply(struct talk *talk, const char *data, size_t len)
{
	if (talk->leaving)
		return;
	for (; len > 0; data++, len--) {
		if (*data == '\n')
			talk->lines++;
		else if (talk->lines == 0 && *data != '\r' &&
		    talk->reply_len + 1 < sizeof(talk->reply))
			talk->reply[talk->reply_len++] = *data;
	}
	talk->reply[talk->reply_len] = '\0';
}

/* What is written comes by here first: one command, or a part of it. */
static void
check_command(struct talk *talk, const char *data, size_t len)
{
	const char *command = len >= 5 ? data : "     ";

	if (talk->in_auth && text_starts_with(talk->reply, "235"))
		talk->authenticated = true;
	if (talk->lines > 0 && !text_starts_with(talk->reply, "334"))
		talk->in_auth = false;
	if (strncmp(command, "AUTH ", 5) == 0) {
		if (talk->config->mail_tls == MAIL_TLS_STARTTLS && !talk->tls)
			stop(talk, "no TLS with the mail server");
		talk->in_auth = true;
	} else if (strncmp(command, "MAIL ", 5) == 0) {
		require_trust(talk);
	} else if (strncmp(command, "QUIT", 4) == 0) {
		talk->leaving = true;
		return;
	}
	talk->lines = 0;
	talk->reply_len = 0;
	talk->reply[0] = '\0';
}

static void
on_traffic(const char *data, int len, int writing, void *arg)
{
	struct talk *talk = arg;

	if (len <= 0)
		return;
	if (writing == SMTP_CB_WRITING)
		check_command(talk, data, (size_t)len);
	else if (writing == SMTP_CB_READING)
		note_reply(talk, data, (size_t)len);
}

/* A status as the server sent it, for people. */
static void
tell_status(
    struct talk *talk, enum smtp_outcome outcome, const smtp_status_t *status)
{
	const char *text = status->text != NULL ? status->text : "";

	if (status->enh_class != 0) /* cut off the text by libesmtp */
		tell(talk, outcome, "%d %d.%d.%d %s", status->code,
		    status->enh_class, status->enh_subject, status->enh_detail,
		    text);
	else
		tell(talk, outcome, "%d %s", status->code, text);
}

/*
 * The server has answered to the whole message. Only here may it count as
 * sent: with BDAT (RFC 3030) the transfer status says 250 after each part.
 */
static void
on_answer(struct talk *talk, smtp_message_t message)
{
	const smtp_status_t *status = smtp_message_transfer_status(message);

	if (status->code == 250)
		tell_status(talk, SMTP_ACCEPTED, status);
	else if (status->code >= 500 && status->code <= 599)
		tell_status(talk, SMTP_REFUSED, status);
	else
		tell_status(talk, SMTP_DEFERRED, status);
}

static void
on_recipient(struct talk *talk, smtp_recipient_t recipient)
{
	const smtp_status_t *status = smtp_recipient_status(recipient);

	talk->reached = true;
	if (status->code >= 500 && status->code <= 599)
		tell_status(talk, SMTP_NOBODY, status);
	else if (status->code < 200 || status->code > 299)
		tell_status(talk, SMTP_DEFERRED, status);
}

static void
on_tls(struct talk *talk)
{
	/* More than the go-ahead would be read as answers given under TLS. */
	if (talk->lines != 1)
		stop(talk,
		    "the mail server's answer to STARTTLS is not one line");
	talk->tls = true;
}

/*
 * libesmtp writes a message in pieces, and the last one would wait until the
 * server has acknowledged the others, which takes it 40 ms. It does not tell
 * its socket: as the process is for this conversation alone, all TCP sockets
 * there are may know.
 */
static void
send_at_once(void)
{
	const int yes = 1;

	for (int fd = 0; fd < SOCKETS_MAX; fd++)
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static void
on_event(smtp_session_t session, int event, void *arg, ...)
{
	struct talk *talk = arg;
	va_list args;

	(void)session;
	va_start(args, arg);
	switch (event) {
	case SMTP_EV_CONNECT:
		send_at_once();
		break;
	case SMTP_EV_STARTTLS_OK:
		on_tls(talk);
		break;
	case SMTP_EV_WRONG_PEER_CERTIFICATE:
		/*
		 * libesmtp compares with what the DNS says the name stands
		 * for. OpenSSL has compared with mail.host by now.
		 */
		*va_arg(args, int *) = 1;
		break;
	case SMTP_EV_EXTNA_STARTTLS:
		stop(talk, "the mail server offers no STARTTLS");
	case SMTP_EV_MAILSTATUS:
		require_trust(talk); /* on_traffic has; two locks hold better */
		break;
	case SMTP_EV_RCPTSTATUS:
		(void)va_arg(args, const char *);
		on_recipient(talk, va_arg(args, smtp_recipient_t));
		break;
	case SMTP_EV_MESSAGESENT:
		on_answer(talk, va_arg(args, smtp_message_t));
		break;
	default:
		break;
	}
	va_end(args);
}

/* libesmtp can't connect to an IPv6 address, as it looks for a colon. */
static bool
is_ip_address(const struct config *config)
{
	return strspn(config->mail_host, "0123456789.") ==
	    strlen(config->mail_host);
}

/* libesmtp leaves the strings to the caller, whose process soon ends. */
static int
answer_auth(auth_client_request_t request, char **result, int fields, void *arg)
{
	const struct config *config = arg;

	for (int i = 0; i < fields; i++) {
		if ((request[i].flags & AUTH_USER) != 0)
			result[i] = strdup(config->mail_user);
		else if ((request[i].flags & AUTH_PASS) != 0)
			result[i] = strdup(config->mail_password);
		else
			result[i] = NULL;
	}
	return 1;
}

static bool
set_auth(smtp_session_t session, struct talk *talk)
{
	union {
		const struct config *config;
		void *arg;
	} config = { .config = talk->config };
	auth_context_t context;

	if (talk->config->mail_user[0] == '\0')
		return true;
	auth_client_init();
	context = auth_create_context();
	return context != NULL &&
	    auth_set_mechanism_flags(context, AUTH_PLUGIN_PLAIN, 0) != 0 &&
	    auth_set_interact_cb(context, answer_auth, config.arg) != 0 &&
	    smtp_auth_set_context(session, context) != 0;
}

/* Say what is wrong with the certificate; OpenSSL alone says only that. */
static int
on_certificate(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct talk *talk = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (good == 0)
		tell(talk, SMTP_AWAY, "the mail server's certificate: %s",
		    X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(store)));
	return good;
}

/* libesmtp names no server in its hello; some show a certificate that is none. */
static void
on_tls_state(const SSL *ssl, int where, int ret)
{
	const struct talk *talk = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	union {
		const SSL *ssl;
		SSL *changed;
	} hello = { .ssl = ssl };
	/* OpenSSL's macro casts the const away, and changes nothing. */
	union {
		const char *name;
		char *unchanged;
	} host = { .name = talk->config->mail_host };

	(void)ret;
	if (where == SSL_CB_HANDSHAKE_START && !is_ip_address(talk->config))
		(void)SSL_set_tlsext_host_name(hello.changed, host.unchanged);
}

/*
 * TLS 1.2 and nothing else. A server with TLS 1.3 sends session tickets unasked
 * after the handshake; libesmtp 1.1.0 then waits for the answer to an EHLO that
 * it has not sent yet.
 */
static bool
set_version(SSL_CTX *ctx)
{
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1;
}

/* Trust mail.ca_file or the system's certificates, for mail.host alone. */
static bool
set_trust(SSL_CTX *ctx, struct talk *talk)
{
	const char *host = talk->config->mail_host;
	const char *file = talk->config->mail_ca_file;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
	int loaded = file[0] != '\0' ? SSL_CTX_load_verify_file(ctx, file)
				     : SSL_CTX_set_default_verify_paths(ctx);
	int named = is_ip_address(talk->config)
	    ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
	    : X509_VERIFY_PARAM_set1_host(param, host, 0);

	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_certificate);
	(void)SSL_CTX_set_app_data(ctx, talk);
	SSL_CTX_set_info_callback(ctx, on_tls_state);
	return loaded == 1 && named == 1;
}

static bool
set_tls(smtp_session_t session, struct talk *talk)
{
	SSL_CTX *ctx;

	if (talk->config->mail_tls == MAIL_TLS_NONE)
		return smtp_starttls_enable(session, Starttls_DISABLED) != 0;
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL || !set_version(ctx) || !set_trust(ctx, talk))
		return false;
	return smtp_starttls_set_ctx(session, ctx) != 0 &&
	    smtp_starttls_enable(session, Starttls_REQUIRED) != 0;
}

/* Below five minutes libesmtp wants to be told that one means it. */
static void
set_timeouts(smtp_session_t session, int64_t seconds)
{
	for (int which = Timeout_GREETING; which <= Timeout_DATA2; which++)
		(void)smtp_set_timeout(session,
		    which | Timeout_OVERRIDE_RFC2822_MINIMUM,
		    (long)seconds * 1000);
}

static bool
set_message(smtp_session_t session, struct talk *talk)
{
	smtp_message_t message = smtp_add_message(session);
	union {
		const char *text;
		void *arg;
	} text = { .text = talk->text != NULL ? talk->text : "\r\n" };

	return message != NULL &&
	    smtp_set_reverse_path(message, talk->sender) != 0 &&
	    smtp_add_recipient(message, talk->recipient) != NULL &&
	    smtp_set_message_str(message, text.arg) != 0;
}

static bool
prepare(smtp_session_t session, struct talk *talk)
{
	char server[300];
	int len = snprintf(server, sizeof(server), "%s:%d",
	    talk->config->mail_host, (int)talk->config->mail_port);

	if (len < 0 || (size_t)len >= sizeof(server))
		return false;
	set_timeouts(session, talk->config->mail_timeout);
	/* Else DATA follows RCPT unasked where the server can pipeline. */
	return smtp_option_require_all_recipients(session, 1) != 0 &&
	    smtp_set_server(session, server) != 0 &&
	    smtp_set_eventcb(session, on_event, talk) != 0 &&
	    smtp_set_monitorcb(session, on_traffic, talk, 0) != 0 &&
	    set_tls(session, talk) && set_auth(session, talk) &&
	    set_message(session, talk);
}

/* For a conversation that came to no answer about the message. */
static void __attribute__((noreturn))
stop_short(struct talk *talk, bool connected)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	char why[128] = "";

	if (!talk->tls && reason != NULL)
		tell(talk, SMTP_AWAY, "TLS failed: %s", reason);
	if (!connected)
		(void)smtp_strerror(smtp_errno(), why, sizeof(why));
	stop(talk, why[0] != '\0' ? why : "the mail server gave no answer");
}

/* The child's part. */
static void
converse(int out, void *closure)
{
	struct talk *talk = closure;
	smtp_session_t session = smtp_create_session();

	talk->out = out;
	/* Or libesmtp offers a client certificate that it finds in $HOME. */
	(void)setenv("XDG_CONFIG_DIR", "/nonexistent", 1);
	if (session == NULL || !prepare(session, talk))
		stop(talk, "the mail settings can't be used (mail.ca_file?)");
	stop_short(talk, smtp_start_session(session) != 0);
}

unsigned
smtp_seconds(const struct config *config)
{
	int64_t seconds = config->mail_timeout * PHASES_MAX;

	return seconds < SMTP_SECONDS_MAX ? (unsigned)seconds
					  : SMTP_SECONDS_MAX;
}

static enum smtp_outcome
hold(struct arena *arena, struct talk *talk, const char **reply)
{
	char line[1 + REPLY_MAX];
	size_t len;

	switch (child_run(smtp_seconds(talk->config), converse, talk, line,
	    sizeof(line), &len)) {
	case ST_OK:
		*reply = arena_strndup(arena, line + 1, len - 1);
		return (enum smtp_outcome)(line[0] - '0');
	case ST_EXPIRED:
		*reply = "the mail server took too long";
		return SMTP_AWAY;
	default:
		*reply = "the conversation was cut off";
		return SMTP_DEFERRED;
	}
}

enum smtp_outcome
smtp_send(struct arena *arena, const struct config *config, const char *sender,
    const char *recipient, const char *text, const char **reply)
{
	struct talk talk = {
		.config = config,
		.sender = sender,
		.recipient = recipient,
		.text = text,
	};

	/* libesmtp puts them into commands as they are. */
	if (!address_is_valid(sender) || !address_is_valid(recipient)) {
		*reply = "an address that is not one";
		return SMTP_REFUSED;
	}
	return hold(arena, &talk, reply);
}

enum status
smtp_probe(struct arena *arena, const struct config *config, const char **reply)
{
	struct talk talk = {
		.config = config,
		.sender = PROBE_ADDRESS,
		.recipient = PROBE_ADDRESS,
	};

	return hold(arena, &talk, reply) == SMTP_ACCEPTED ? ST_OK
							  : ST_UNAVAILABLE;
}
