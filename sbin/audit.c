/* audit.c - chatelaine audit: who did what, and is it all still there? */

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account/account.h"
#include "account/audit.h"
#include "account/audit_chain.h"
#include "base/clock.h"
#include "base/text.h"
#include "command.h"

#define LIST_LIMIT 100
#define LIST_LIMIT_MAX 1000000

/* What is wrong, in words. */
static int
tell_fault(const struct audit_report *report)
{
	int64_t seq = report->seq, id = report->audit_id;

	switch (report->verdict) {
	case AUDIT_CHANGED:
		return program_fail("audit row %" PRId64 " (seal %" PRId64
				    ") is not what was sealed",
		    id, seq);
	case AUDIT_REMOVED:
		return program_fail("audit row %" PRId64 " (seal %" PRId64
				    ") was removed",
		    id, seq);
	case AUDIT_REMOVED_SOON:
		return program_fail("audit row %" PRId64 " (seal %" PRId64
				    ") was removed before it was sealed",
		    id, seq);
	case AUDIT_SEAL_REMOVED:
		return program_fail(
		    "seal %" PRId64 " of the audit log was removed", seq);
	case AUDIT_OTHER_KEY:
		return program_fail(
		    "audit row %" PRId64 " (seal %" PRId64
		    ") was sealed with a key that is not there, or"
		    " that the master key does not open",
		    id, seq);
	case AUDIT_UNQUEUED:
		return program_fail("audit row %" PRId64
				    " has no seal, and does not wait for one",
		    id);
	case AUDIT_HEAD_LOST:
		return program_fail("seal %" PRId64
				    " of the audit log is not the one that led"
				    " to this head, or is gone",
		    seq);
	case AUDIT_WHOLE:
		break;
	}
	return EXIT_SUCCESS;
}

static int
verify(struct program *program, struct db *db, int argc, char **argv)
{
	const struct master_key *master = program_key(program);
	struct audit_head remembered, *head = NULL;
	struct audit_report report;
	struct audit_key *keys;
	size_t count;
	enum status st;

	if (argc == 3 && strcmp(argv[1], "--head") == 0) {
		head = &remembered;
		if (audit_head_parse(program->arena, argv[2], head) != ST_OK)
			return program_fail(
			    "%s is not a head, SEQ:HASH", argv[2]);
	} else if (argc != 1) {
		return EXIT_USAGE;
	}
	if (master == NULL)
		return EXIT_FAILURE;
	st = audit_keys_open(db, program->arena, master, &keys, &count);
	if (st == ST_OK)
		st = audit_verify(db, keys, count, head, &report);
	if (st != ST_OK)
		return program_fail("audit log not read: %s", status_name(st));
	printf("sealed   %" PRId64 "\npending  %" PRId64 "\nerased   %" PRId64
	       "\nhead     %s\n",
	    report.sealed, report.pending, report.erased,
	    report.head.seq > 0 ? audit_head_text(program->arena, &report.head)
				: "-");
	return tell_fault(&report);
}

/* "2026-11-21", "2026-11-21T04:20:00Z", or so long ago ("24h"). */
static bool
read_time(const char *text, int64_t *when)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ" };
	int64_t ago;

	if (clock_parse_duration(text, &ago) == ST_OK) {
		*when = clock_now() - ago;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct tm tm = { .tm_mday = 1 };
		const char *end = strptime(text, forms[i], &tm);

		if (end != NULL && *end == '\0') {
			*when = timegm(&tm);
			return true;
		}
	}
	return false;
}

/* The id of an account, be it given as such or as an address. */
static const char *
find_account(struct program *program, struct db *db, const char *text)
{
	struct account account;
	enum status st;

	if (text_is_uuid(text)) /* the account may be gone, its rows are not */
		return text;
	st = account_find_by_email(db, program->arena, text, &account);
	if (st == ST_OK)
		return account.id;
	(void)program_fail("account %s not read: %s", text, status_name(st));
	return NULL;
}

/* What was written into the database may not write to the terminal. */
static const char *
shown(const char *text)
{
	if (text == NULL)
		return "-";
	return text_has_control(text) || !text_is_utf8(text, strlen(text))
	    ? "?"
	    : text;
}

static void
print_row(const struct audit_row *row)
{
	printf("%s  %-8s  %-17s  %-36s  %-36s  %-15s  %s\n", shown(row->at),
	    shown(row->actor), shown(row->action), shown(row->account_id),
	    shown(row->subject), shown(row->ip), shown(row->request_id));
}

static void
add_text(struct json_object *line, const char *name, const char *text)
{
	json_object_object_add(
	    line, name, text != NULL ? json_object_new_string(text) : NULL);
}

static void
print_json(const struct audit_row *row)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "id", json_object_new_int64(row->id));
	add_text(line, "at", row->at);
	add_text(line, "actor", row->actor);
	add_text(line, "action", row->action);
	add_text(line, "account_id", row->account_id);
	add_text(line, "subject", row->subject);
	add_text(line, "ip", row->ip);
	add_text(line, "request_id", row->request_id);
	json_object_object_add(line, "seal",
	    row->seal > 0 ? json_object_new_int64(row->seal) : NULL);
	puts(json_object_to_json_string_ext(
	    line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}

static bool
read_limit(const char *text, int64_t *limit)
{
	char *end;

	errno = 0;
	*limit = strtoll(text, &end, 10);
	return *end == '\0' && errno == 0 && *limit >= 1 &&
	    *limit <= LIST_LIMIT_MAX;
}

/* One option and its value. Returns EXIT_SUCCESS, or what to end with. */
static int
read_option(struct program *program, struct db *db, const char *name,
    const char *value, struct audit_query *query)
{
	if (strcmp(name, "--account") == 0) {
		query->account_id = find_account(program, db, value);
		return query->account_id != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (strcmp(name, "--since") == 0)
		return read_time(value, &query->since)
		    ? EXIT_SUCCESS
		    : program_fail("%s is no time: say 2026-11-21,"
				   " 2026-11-21T04:20:00Z or 24h",
			  value);
	if (strcmp(name, "--limit") == 0)
		return read_limit(value, &query->limit)
		    ? EXIT_SUCCESS
		    : program_fail("the limit must be 1 to %d", LIST_LIMIT_MAX);
	return EXIT_USAGE;
}

static int
list(struct program *program, struct db *db, int argc, char **argv)
{
	struct audit_query query = { .limit = LIST_LIMIT };
	struct audit_row *rows;
	bool json = false;
	size_t count;
	enum status st;

	for (int i = 1; i < argc; i++) {
		int code;

		if (strcmp(argv[i], "--json") == 0) {
			json = true;
			continue;
		}
		if (i + 1 == argc)
			return EXIT_USAGE;
		code = read_option(program, db, argv[i], argv[i + 1], &query);
		if (code != EXIT_SUCCESS)
			return code;
		i++;
	}
	st = audit_list(db, program->arena, &query, &rows, &count);
	if (st != ST_OK)
		return program_fail("audit log not read: %s", status_name(st));
	for (size_t i = 0; i < count; i++)
		(json ? print_json : print_row)(&rows[i]);
	return EXIT_SUCCESS;
}

int
command_audit(struct program *program, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct db *db = program_db(program);

	if (db == NULL)
		return EXIT_FAILURE;
	if (strcmp(verb, "verify") == 0)
		return verify(program, db, argc - 1, argv + 1);
	if (strcmp(verb, "list") == 0)
		return list(program, db, argc - 1, argv + 1);
	return EXIT_USAGE;
}
