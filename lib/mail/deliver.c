/* deliver.c - one mail from its row to the server, and the outcome back. */

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/url.h"
#include "mail/bounce.h"
#include "mail/category.h"
#include "mail/deliver.h"
#include "mail/message.h"
#include "mail/outbox.h"
#include "mail/preference.h"
#include "mail/return_path.h"
#include "mail/transport.h"

/* A sent mail whose row does not say so is sent again: try hard to write it. */
#define STORE_TRIES 30
#define STORE_TRY_SECONDS 6 /* a second's sleep, and libpq's connect_timeout */

_Static_assert(
    SMTP_SECONDS_MAX + STORE_TRIES * STORE_TRY_SECONDS < DELIVER_LEASE,
    "a lease outlasts the longest try");

enum { FIND, DEFER, END, CLEAN_UP, STMT_COUNT };

static const struct db_stmt stmts[STMT_COUNT] = {
	[FIND] = { "deliver_find",
	    "SELECT o.recipient, o.template, o.sealed, o.account_id,"
	    " floor(extract(epoch FROM o.created_at))::bigint,"
	    " o.created_at <= now() - make_interval(days => $2),"
	    " coalesce(lower(a.email) = lower(o.recipient), false)"
	    " FROM outbox o LEFT JOIN account a ON a.id = o.account_id"
	    " AND a.email_bounced_at IS NOT NULL"
	    " WHERE o.id = $1::uuid AND o.state = 'queued'" },
	[DEFER] = { "deliver_defer",
	    "UPDATE outbox SET reply = $2"
	    " WHERE id = $1::uuid AND state = 'queued'" },
	[END] = { "deliver_end",
	    "UPDATE outbox SET state = $3, reply = $2, ended_at = now(),"
	    " sealed = NULL WHERE id = $1::uuid AND state = 'queued'"
	    " RETURNING floor(1000 * extract(epoch FROM"
	    " clock_timestamp() - created_at))::bigint" },
	[CLEAN_UP] = { "deliver_clean_up",
	    "DELETE FROM outbox WHERE ended_at < now() - interval '30 days'" },
};

/* A row of the outbox, and what becomes of it. */
struct mail {
	const char *id;
	const char *recipient;
	const char *template;
	const unsigned char *sealed;
	size_t sealed_size;
	const char *account_id; /* NULL: about nobody */
	int64_t created_at;
	bool overdue; /* no further try */
	bool bounced; /* its address has */
	enum mail_category category;
	enum smtp_outcome outcome;
	bool suppressed; /* it was not even tried, for the reason in reply */
	const char *reply;
};

static enum status
find(struct db *db, struct arena *arena, const char *id, struct mail *mail)
{
	struct db_rows *rows;
	enum status st;

	st = db_query_one(db, arena, &stmts[FIND],
	    DB_ARGS(DB_TEXT(id), DB_INT(DELIVER_DAYS)), &rows);
	if (st != ST_OK)
		return st;
	mail->id = id;
	mail->recipient = db_text(rows, 0, 0);
	mail->template = db_text(rows, 0, 1);
	mail->sealed = db_bytes(rows, 0, 2, &mail->sealed_size);
	mail->account_id = db_is_null(rows, 0, 3) ? NULL : db_text(rows, 0, 3);
	mail->created_at = db_int(rows, 0, 4);
	mail->overdue = db_bool(rows, 0, 5);
	mail->bounced = db_bool(rows, 0, 6);
	mail->category = mail_category_of(mail->template);
	mail->suppressed = false;
	return ST_OK;
}

/* The values, as outbox_add sealed them. */
static enum status
open_values(struct arena *arena, const struct master_key *key,
    const struct mail *mail, struct json_object **values)
{
	unsigned char *text;
	size_t size;
	enum status st;

	if (mail->sealed == NULL) { /* a test */
		*values = json_hold(arena, json_object_new_object());
		return ST_OK;
	}
	st = secret_open(key, arena, SECRET_FOR_OUTBOX, mail->id, mail->sealed,
	    mail->sealed_size, &text, &size);
	if (st != ST_OK)
		return st;
	*values = json_tokener_parse((const char *)text);
	if (*values == NULL)
		return ST_INVALID;
	(void)json_hold(arena, *values);
	return ST_OK;
}

/* Where this mail can be done without in future; NULL: it can't. */
static const char *
unsubscribe_url(struct arena *arena, const struct config *config,
    const struct master_key *key, const struct mail *mail)
{
	if (mail->category == MAIL_SECURITY)
		return NULL;
	return arena_printf(arena, "%s/auth/unsubscribe/%s", config->site_url,
	    preference_token(key, arena, mail->account_id, mail->category));
}

/* {"site": {"name": ..., "url": ...}, "unsubscribe": ...} */
static enum status
make_site(struct arena *arena, const struct config *config,
    const char *unsubscribe, struct json_object **context)
{
	struct json_object *site = json_object_new_object();
	struct json_object *url = json_object_new_string(config->site_url);

	*context = json_hold(arena, json_object_new_object());
	json_object_object_add(*context, "site", site);
	json_object_object_add(
	    site, "name", json_object_new_string(config->site_name));
	json_object_object_add(site, "url", url);
	if (unsubscribe != NULL) {
		struct json_object *link = json_object_new_string(unsubscribe);

		json_object_object_add(*context, "unsubscribe", link);
		if (template_url(link) != ST_OK)
			return ST_FAULT;
	}
	return template_url(url);
}

/* The right side of the Message-ID: a domain name, or something like one. */
static const char *
site_host(struct arena *arena, const struct config *config)
{
	const char *host = url_read(arena, config->site_url).host;

	return strchr(host, ':') == NULL ? host : "chatelaine.invalid";
}

static enum status
write_message(struct arena *arena, const struct config *config,
    const struct master_key *key, struct template_set *templates,
    const struct mail *mail, const char **text)
{
	struct json_object *contexts[2];
	struct message message = {
		.id = arena_printf(
		    arena, "%s@%s", mail->id, site_host(arena, config)),
		.from = config->mail_from,
		.from_name = config->site_name,
		.to = mail->recipient,
		.to_name = "",
		.date = mail->created_at,
		.template = mail->template,
		.unsubscribe = unsubscribe_url(arena, config, key, mail),
		.contexts = contexts,
		.context_count = ARRAY_LEN(contexts),
	};
	enum status st;

	st = make_site(arena, config, message.unsubscribe, &contexts[0]);
	if (st == ST_OK)
		st = open_values(arena, key, mail, &contexts[1]);
	if (st == ST_OK)
		st = message_build(arena, templates, &message, text);
	return st;
}

static void
attempt(struct arena *arena, const struct config *config,
    const struct master_key *key, struct template_set *templates,
    struct mail *mail)
{
	const char *text;
	enum status st;

	st = write_message(arena, config, key, templates, mail, &text);
	if (st == ST_OK) {
		mail->outcome = transport_send(arena, config,
		    return_path_make(key, arena, config, mail->id),
		    mail->recipient, text, &mail->reply);
		return;
	}
	log_error("mail %s can't be written from the templates mail/%s: %s",
	    mail->id, mail->template, status_name(st));
	mail->outcome = SMTP_DEFERRED;
	mail->reply = "it could not be written";
}

/* Has the server refused the recipient for what they are? "550 5.1.1 no" */
static bool
blames_address(const struct mail *mail)
{
	const char *status = mail->reply + strspn(mail->reply, "0123456789");

	return !mail->suppressed && mail->outcome == SMTP_NOBODY &&
	    bounce_blames_address(status + strspn(status, " "));
}

/* What was sent is counted with how long that took. */
static enum status
end_row(struct db *db, struct arena *arena, const struct mail *mail,
    const char *state)
{
	struct db_rows *rows;
	enum status st;

	st = db_query(db, arena, &stmts[END],
	    DB_ARGS(DB_TEXT(mail->id), DB_TEXT(mail->reply), DB_TEXT(state)),
	    &rows);
	if (st != ST_OK || db_count(rows) == 0 || mail->suppressed ||
	    mail->outcome != SMTP_ACCEPTED)
		return st;
	return counter_observe(
	    db, arena, HISTOGRAM_MAIL_DELIVERY, db_int(rows, 0, 0));
}

/* Row and job in one transaction. pause: seconds until the next try. */
static enum status
store_once(struct db *db, struct arena *arena, const struct mail *mail,
    const char *state, const struct job *job, int64_t pause)
{
	enum status st = db_begin(db);

	if (st != ST_OK)
		return st;
	if (state != NULL)
		st = end_row(db, arena, mail, state);
	else
		st = db_query(db, arena, &stmts[DEFER],
		    DB_ARGS(DB_TEXT(mail->id), DB_TEXT(mail->reply)), NULL);
	if (st == ST_OK)
		st = state != NULL ? job_done(db, arena, job)
				   : job_again(db, arena, job, pause);
	if (st == ST_OK && blames_address(mail))
		st = bounce_note(db, arena, mail->id);
	if (st == ST_OK)
		st = counter_add(db, arena, COUNTER_MAILS,
		    state != NULL ? state : "deferred");
	if (st == ST_OK)
		return db_commit(db);
	db_rollback(db);
	return st;
}

/*
 * The words of a server or of sendmail may name the recipient, so only their
 * number is logged.
 */
static int
loggable(const char *reply)
{
	if (strspn(reply, "0123456789") == 3)
		return 3;
	if (text_starts_with(reply, "exit "))
		return (int)strcspn(reply, ":");
	return (int)strlen(reply);
}

static void
log_outcome(const struct mail *mail, const char *state, int64_t pause)
{
	const char *reason = mail->reply;
	int len = loggable(reason);

	if (mail->suppressed)
		log_info("mail %s suppressed: %s", mail->id, reason);
	else if (state == NULL)
		log_warning("mail %s put off for %" PRId64 " s: %.*s", mail->id,
		    pause, len, reason);
	else if (mail->outcome != SMTP_ACCEPTED)
		log_warning("mail %s bounced: %.*s", mail->id, len, reason);
}

static enum status
store(struct db *db, struct arena *arena, const struct mail *mail,
    const struct job *job)
{
	const struct timespec second = { .tv_sec = 1 };
	int64_t pause = job_pause(job->attempts);
	const char *state = NULL;
	enum status st;

	if (mail->suppressed)
		state = "suppressed";
	else if (mail->outcome == SMTP_ACCEPTED)
		state = "sent";
	else if (mail->outcome == SMTP_REFUSED ||
	    mail->outcome == SMTP_NOBODY || mail->overdue)
		state = "bounced";
	log_outcome(mail, state, pause);
	for (int tries = 1;; tries++) {
		st = store_once(db, arena, mail, state, job, pause);
		if (st != ST_UNAVAILABLE || tries == STORE_TRIES)
			return st;
		(void)nanosleep(&second, NULL);
	}
}

/*
 * Is it to be sent at all? Asked now and not when it was queued, so that what
 * its recipient has chosen by now counts.
 */
static enum status
consider(struct db *db, struct arena *arena, struct mail *mail)
{
	bool wanted;
	enum status st;

	if (mail->bounced && !mail_goes_to_bounced(mail->template)) {
		mail->suppressed = true;
		mail->reply = "mail to its address came back";
		return ST_OK;
	}
	if (mail->category == MAIL_SECURITY)
		return ST_OK;
	/* The account is gone: nobody is left to be reminded of it. */
	wanted = mail->account_id != NULL;
	st = wanted ? preference_wants(
			  db, arena, mail->account_id, mail->category, &wanted)
		    : ST_OK;
	mail->suppressed = !wanted;
	if (!wanted)
		mail->reply = "its recipient has switched off such mail";
	return st;
}

enum status
deliver(struct db *db, struct arena *arena, const struct config *config,
    const struct master_key *key, struct template_set *templates,
    const struct job *job, bool *away)
{
	struct mail mail;
	enum status st;

	*away = false;
	st = find(db, arena, job->subject, &mail);
	if (st == ST_NOT_FOUND) /* ended before, or removed */
		return job_done(db, arena, job);
	if (st != ST_OK)
		return st;
	st = consider(db, arena, &mail);
	if (st != ST_OK)
		return st;
	if (!mail.suppressed)
		attempt(arena, config, key, templates, &mail);
	*away = !mail.suppressed && mail.outcome == SMTP_AWAY;
	return store(db, arena, &mail, job);
}

enum smtp_outcome
deliver_test(struct arena *arena, const struct config *config,
    const struct master_key *key, struct template_set *templates,
    const char *recipient, const char **reply)
{
	struct mail mail = {
		.id = secret_uuid(arena),
		.recipient = recipient,
		.template = "test",
		.created_at = clock_now(),
		.category = MAIL_SECURITY,
	};

	attempt(arena, config, key, templates, &mail);
	*reply = mail.reply;
	return mail.outcome;
}

enum status
deliver_clean_up(struct db *db, struct arena *arena)
{
	return db_query(db, arena, &stmts[CLEAN_UP], DB_NO_ARGS, NULL);
}
