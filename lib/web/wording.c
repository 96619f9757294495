/* wording.c - the names of the sentences, and the file they stand in. */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "web/wording.h"

#define FILE_NAME "wording.strings"
#define FILE_MAX (256 * 1024) /* bytes */
#define LABEL "label_"
#define LABELS "wording/labels"

/* clang-format off */
static const char *const names[] = {
	[WORDING_NONE] = "",
	[WORDING_BODY_ENCODING] = "body_encoding",
	[WORDING_BODY_UTF8] = "body_utf8",
	[WORDING_BODY_JSON] = "body_json",
	[WORDING_BODY_MULTIPART] = "body_multipart",
	[WORDING_BODY_CUT] = "body_cut",
	[WORDING_BODY_TOO_LARGE] = "body_too_large",
	[WORDING_BODY_TOO_MANY] = "body_too_many",
	[WORDING_BODY_TYPE] = "body_type",
	[WORDING_FIELD_UNKNOWN] = "field_unknown",
	[WORDING_FIELD_TWICE] = "field_twice",
	[WORDING_FIELD_FILE] = "field_file",
	[WORDING_FIELD_TYPE] = "field_type",
	[WORDING_FIELD_MISSING] = "field_missing",
	[WORDING_FIELD_TOO_LONG] = "field_too_long",
	[WORDING_FIELD_CONTROL] = "field_control",
	[WORDING_FIELD_CHOICE] = "field_choice",
	[WORDING_EMAIL_INVALID] = "email_invalid",
	[WORDING_EMAIL_MISSING] = "email_missing",
	[WORDING_NEW_EMAIL_MISSING] = "new_email_missing",
	[WORDING_EMAIL_SAME] = "email_same",
	[WORDING_NAME_MISSING] = "name_missing",
	[WORDING_PASSWORD_MISSING] = "password_missing",
	[WORDING_CURRENT_PASSWORD_MISSING] = "current_password_missing",
	[WORDING_NEW_PASSWORD_MISSING] = "new_password_missing",
	[WORDING_PASSWORD_TOO_SHORT] = "password_too_short",
	[WORDING_PASSWORD_TOO_LONG] = "password_too_long",
	[WORDING_PASSWORD_GUESSABLE] = "password_guessable",
	[WORDING_PASSWORD_CLASSES] = "password_classes",
	[WORDING_PASSWORD_WRONG] = "password_wrong",
	[WORDING_CODE_MISSING] = "code_missing",
	[WORDING_CODE_WRONG] = "code_wrong",
	[WORDING_SECOND_FACTOR_KEPT] = "second_factor_kept",
	[WORDING_DEVICE] = "device",
	[WORDING_DEVICE_SYSTEM] = "device_system",
	[WORDING_DEVICE_UNKNOWN] = "device_unknown",
	[WORDING_BAD_REQUEST_TITLE] = "bad_request_title",
	[WORDING_BAD_REQUEST] = "bad_request",
	[WORDING_INVALID_INPUT_TITLE] = "invalid_input_title",
	[WORDING_INVALID_INPUT] = "invalid_input",
	[WORDING_NOT_SIGNED_IN_TITLE] = "not_signed_in_title",
	[WORDING_NOT_SIGNED_IN] = "not_signed_in",
	[WORDING_SESSION_EXPIRED_TITLE] = "session_expired_title",
	[WORDING_SESSION_EXPIRED] = "session_expired",
	[WORDING_SESSION_REVOKED_TITLE] = "session_revoked_title",
	[WORDING_SESSION_REVOKED] = "session_revoked",
	[WORDING_WRONG_CREDENTIALS_TITLE] = "wrong_credentials_title",
	[WORDING_WRONG_CREDENTIALS] = "wrong_credentials",
	[WORDING_SIGN_IN_EXPIRED_TITLE] = "sign_in_expired_title",
	[WORDING_SIGN_IN_EXPIRED] = "sign_in_expired",
	[WORDING_FORBIDDEN_TITLE] = "forbidden_title",
	[WORDING_FORBIDDEN] = "forbidden",
	[WORDING_CONFIRMATION_REQUIRED_TITLE] = "confirmation_required_title",
	[WORDING_CONFIRMATION_REQUIRED] = "confirmation_required",
	[WORDING_SECOND_FACTOR_REQUIRED_TITLE] = "second_factor_required_title",
	[WORDING_SECOND_FACTOR_REQUIRED] = "second_factor_required",
	[WORDING_SECOND_FACTOR_SETUP_TITLE] = "second_factor_setup_title",
	[WORDING_SECOND_FACTOR_SETUP] = "second_factor_setup",
	[WORDING_CROSS_SITE_TITLE] = "cross_site_title",
	[WORDING_CROSS_SITE] = "cross_site",
	[WORDING_STALE_FORM_TITLE] = "stale_form_title",
	[WORDING_STALE_FORM] = "stale_form",
	[WORDING_ADDRESS_UNVERIFIED_TITLE] = "address_unverified_title",
	[WORDING_ADDRESS_UNVERIFIED] = "address_unverified",
	[WORDING_ACCOUNT_DISABLED_TITLE] = "account_disabled_title",
	[WORDING_ACCOUNT_DISABLED] = "account_disabled",
	[WORDING_INSECURE_SITE_TITLE] = "insecure_site_title",
	[WORDING_INSECURE_SITE] = "insecure_site",
	[WORDING_NOT_FOUND_TITLE] = "not_found_title",
	[WORDING_NOT_FOUND] = "not_found",
	[WORDING_METHOD_NOT_ALLOWED_TITLE] = "method_not_allowed_title",
	[WORDING_METHOD_NOT_ALLOWED] = "method_not_allowed",
	[WORDING_CONFLICT_TITLE] = "conflict_title",
	[WORDING_CONFLICT] = "conflict",
	[WORDING_ADDRESS_TAKEN_TITLE] = "address_taken_title",
	[WORDING_ADDRESS_TAKEN] = "address_taken",
	[WORDING_LINK_GONE_TITLE] = "link_gone_title",
	[WORDING_LINK_GONE] = "link_gone",
	[WORDING_LINK_UNKNOWN_TITLE] = "link_unknown_title",
	[WORDING_LINK_UNKNOWN] = "link_unknown",
	[WORDING_LINK_USED_TITLE] = "link_used_title",
	[WORDING_LINK_USED] = "link_used",
	[WORDING_LINK_REPLACED_TITLE] = "link_replaced_title",
	[WORDING_LINK_REPLACED] = "link_replaced",
	[WORDING_LINK_EXPIRED_TITLE] = "link_expired_title",
	[WORDING_LINK_EXPIRED] = "link_expired",
	[WORDING_LENGTH_REQUIRED_TITLE] = "length_required_title",
	[WORDING_LENGTH_REQUIRED] = "length_required",
	[WORDING_TOO_LARGE_TITLE] = "too_large_title",
	[WORDING_TARGET_TOO_LONG_TITLE] = "target_too_long_title",
	[WORDING_TARGET_TOO_LONG] = "target_too_long",
	[WORDING_UNSUPPORTED_TYPE_TITLE] = "unsupported_type_title",
	[WORDING_TOO_MANY_REQUESTS_TITLE] = "too_many_requests_title",
	[WORDING_TOO_MANY_REQUESTS] = "too_many_requests",
	[WORDING_FAULT_TITLE] = "fault_title",
	[WORDING_FAULT] = "fault",
	[WORDING_UNAVAILABLE_TITLE] = "unavailable_title",
	[WORDING_UNAVAILABLE] = "unavailable",
};
/* clang-format on */

_Static_assert(ARRAY_LEN(names) == WORDING_COUNT, "a wording has no name");

struct loader {
	struct arena *arena;
	struct template_set *set;
	const char *path;
	unsigned line;
	enum wording last; /* found: the file has the order of the enum */
	bool seen[WORDING_COUNT];
	struct strbuf labels; /* one section a field, so one template for all */
	enum status st;
};

static void PRINTF(2, 3) fail(struct loader *loader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_error("%s:%u: %s", loader->path, loader->line,
	    arena_vprintf(loader->arena, format, args));
	va_end(args);
	loader->st = ST_INVALID;
}

/* WORDING_NONE: no sentence has this name. */
static enum wording
find_name(const char *name, enum wording after)
{
	for (unsigned i = 1; i <= WORDING_COUNT; i++) {
		unsigned wording = ((unsigned)after + i) % WORDING_COUNT;

		if (names[wording] != NULL && strcmp(names[wording], name) == 0)
			return (enum wording)wording;
	}
	return WORDING_NONE;
}

static void
add_sentence(struct loader *loader, const char *name, const char *text)
{
	enum wording wording = find_name(name, loader->last);
	enum status st;

	if (wording == WORDING_NONE) {
		fail(loader, "nothing is called %s", name);
		return;
	}
	loader->last = wording;
	loader->seen[wording] = true;
	st = template_add(loader->set,
	    arena_printf(loader->arena, "wording/%s", name), TEMPLATE_TEXT,
	    text, strlen(text));
	if (st != ST_OK)
		fail(loader, "%s %s", name,
		    st == ST_CONFLICT ? "is there twice" : "can't be taken");
}

/*
 * Labels become sections of one template, of which wording_label opens one.
 * Looking for a template by a name from outside would be a search on disk.
 */
static void
add_label(struct loader *loader, const char *field, const char *text)
{
	const char *open = arena_printf(loader->arena, "{{#%s}}", field);

	if (strstr(loader->labels.text, open) != NULL)
		fail(loader, "the label of %s is there twice", field);
	else if (strstr(text, "{{") != NULL)
		fail(loader, "the label of %s has a tag", field);
	else
		strbuf_printf(
		    &loader->labels, "%s%s{{/%s}}", open, text, field);
}

/* Cut blanks off both ends, in place. */
static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	text[len] = '\0';
	return text;
}

static bool
is_name(const char *text)
{
	return *text != '\0' &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static void
read_line(struct loader *loader, char *line)
{
	char *name = trim(line), *text = strchr(line, '=');

	if (*name == '\0' || *name == '#')
		return;
	if (text != NULL) {
		*text++ = '\0';
		name = trim(name);
		text = trim(text);
	}
	if (text == NULL || *text == '\0' || !is_name(name) ||
	    text_has_control(text))
		fail(loader, "not a line of the form: name = text");
	else if (text_starts_with(name, LABEL) && name[strlen(LABEL)] != '\0')
		add_label(loader, name + strlen(LABEL), text);
	else
		add_sentence(loader, name, text);
}

/* Say what no line was found for, and add what was gathered. */
static void
finish(struct loader *loader)
{
	for (unsigned i = WORDING_NONE + 1; i < WORDING_COUNT; i++)
		if (names[i] == NULL)
			fail(loader, "sentence %u has no name in C", i);
		else if (!loader->seen[i])
			fail(loader, "%s is missing", names[i]);
	if (loader->st == ST_OK)
		loader->st = template_add(loader->set, LABELS, TEMPLATE_TEXT,
		    loader->labels.text, loader->labels.len);
}

enum status
wording_load(struct arena *arena, struct template_set *set, const char *dir)
{
	struct loader loader = { .arena = arena, .set = set, .st = ST_OK };
	char *text, *next;
	size_t size;
	enum status st;

	loader.path = arena_printf(arena, "%s/" FILE_NAME, dir);
	st = file_read(arena, loader.path, FILE_MAX, &text, &size);
	if (st != ST_OK) {
		log_error("%s: %s", loader.path,
		    st == ST_INVALID ? "no file, or too long"
				     : strerror(errno));
		return st;
	}
	if (!text_is_utf8(text, size)) {
		log_error("%s: not UTF-8, or contains NUL", loader.path);
		return ST_INVALID;
	}
	strbuf_init(&loader.labels, arena);
	for (char *line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		loader.line++;
		read_line(&loader, line);
	}
	finish(&loader);
	return loader.st;
}

const char *
wording_text(struct arena *arena, struct template_set *set,
    enum wording wording, struct json_object *const *contexts, size_t count)
{
	struct strbuf sb;
	const char *name;
	enum status st;

	assert((unsigned)wording < WORDING_COUNT);
	strbuf_init(&sb, arena);
	if (wording == WORDING_NONE)
		return sb.text;
	name = arena_printf(arena, "wording/%s", names[wording]);
	st = template_render(set, name, TEMPLATE_TEXT, contexts, count, &sb);
	if (st != ST_OK)
		log_error("%s can't be shown: %s", name, status_name(st));
	return sb.text;
}

const char *
wording_label(struct arena *arena, struct template_set *set, const char *field)
{
	struct json_object *context;
	struct strbuf sb;
	enum status st;

	if (!is_name(field))
		return field;
	strbuf_init(&sb, arena);
	context = json_object_new_object();
	json_object_object_add(context, field, json_object_new_boolean(true));
	st = template_render(set, LABELS, TEMPLATE_TEXT, &context, 1, &sb);
	json_object_put(context);
	return st == ST_OK && sb.len != 0 ? sb.text : field;
}
