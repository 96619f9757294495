/* config.c - the places that settings are read from. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/config_value.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/url.h"

#define PASSWORD_MIN_LENGTH_WITH_MFA 8
#define PREFIX "CHATELAINE_"
#define FILE_LIMIT (256 * 1024)
#define LINE_LIMIT 4096
#define TYPO_DISTANCE 2
#define METRICS_TOKEN_MIN 16 /* characters */
#define WHITE_SPACE " \t\r"
#define NAME_CHARACTERS                                        \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789._-"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

extern char **environ;

/* What the environment tells us about where to look; no settings. */
static const char *const pointers[] = { PREFIX "CONF", PREFIX "ENV_FILE" };

/* One file, or the environment; lives as long as slots point to it. */
struct source {
	const char *path;   /* NULL: the environment */
	bool has_variables; /* CHATELAINE_SITE_URL, not site.url */
	bool is_public;     /* others can read it */
};

/* A setting while it is loaded. */
struct slot {
	const struct setting *setting;
	const char *variable;
	const char *origin;          /* where it was set; NULL: nowhere */
	const struct source *source; /* the last that named it */
};

struct loader {
	struct arena *arena;
	struct config *config;
	struct config_error *errors, **end;
	struct slot *slots;
	size_t count;
};

static void complain(struct loader *loader, const char *where,
    const char *format, ...) PRINTF(3, 4);

static void
complain(struct loader *loader, const char *where, const char *format, ...)
{
	struct config_error *error;
	va_list args;

	error = arena_alloc(loader->arena, sizeof(*error));
	error->where = where;
	va_start(args, format);
	error->message = arena_vprintf(loader->arena, format, args);
	va_end(args);
	*loader->end = error;
	loader->end = &error->next;
}

/* access_token.ttl is CHATELAINE_ACCESS_TOKEN_TTL. */
static char *
variable_of(struct arena *arena, const char *key)
{
	char *name = arena_printf(arena, PREFIX "%s", key);

	for (char *at = name; *at != '\0'; at++) {
		if (*at == '.')
			*at = '_';
		else if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	}
	return name;
}

/* What a source calls a setting. */
static const char *
name_in(const struct source *source, const struct slot *slot)
{
	return source->has_variables ? slot->variable : slot->setting->key;
}

static bool
is_pointer(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(pointers); i++)
		if (strcmp(pointers[i], name) == 0)
			return true;
	return false;
}

/* The name most like a mistyped one; NULL: none is near. */
static const char *
nearest(
    const struct loader *loader, const struct source *source, const char *name)
{
	size_t best = TYPO_DISTANCE + 1;
	const char *found = NULL;

	for (size_t i = 0; i < loader->count; i++) {
		const char *other = name_in(source, &loader->slots[i]);
		size_t distance = text_distance(name, other);

		if (distance < best) {
			best = distance;
			found = other;
		}
	}
	return found;
}

/*
 * A line that was torn may hold half a password where its name should be: what
 * does not look like a name is not repeated.
 */
static void
complain_unknown(struct loader *loader, const struct source *source,
    const char *where, const char *name)
{
	const char *meant = nearest(loader, source, name);

	if (name[strspn(name, NAME_CHARACTERS)] != '\0')
		complain(loader, where, "what stands before '=' is no setting");
	else if (is_pointer(name))
		complain(
		    loader, where, "%s counts in the environment alone", name);
	else if (meant == NULL)
		complain(loader, where, "unknown setting '%s'", name);
	else
		complain(loader, where,
		    "unknown setting '%s': did you mean %s?", name, meant);
}

/* A key to everything, in a place that others may see? */
static bool
is_exposed(const struct source *source, const struct setting *setting)
{
	return setting->environment_only &&
	    (!source->has_variables || source->is_public);
}

static void
take_slot(struct loader *loader, const struct source *source, const char *where,
    struct slot *slot, const char *value)
{
	const char *name = name_in(source, slot), *why;

	if (slot->source == source) {
		complain(loader, where, "%s is set a second time", name);
		return;
	}
	slot->source = source;
	if (is_exposed(source, slot->setting))
		complain(loader, where,
		    "%s is taken from the environment alone (%s), or from an"
		    " env file that others can't read",
		    name, slot->variable);
	else if (config_value_set(loader->arena, slot->setting, value,
		     loader->config, &why) != ST_OK)
		complain(loader, where, "%s %s", name, why);
	else
		slot->origin = where;
}

/* Take one setting from a source. */
static void
take(struct loader *loader, const struct source *source, const char *where,
    const char *name, const char *value)
{
	for (size_t i = 0; i < loader->count; i++) {
		struct slot *slot = &loader->slots[i];

		if (strcmp(name_in(source, slot), name) == 0) {
			take_slot(loader, source, where, slot, value);
			return;
		}
	}
	complain_unknown(loader, source, where, name);
}

/* Cut white space from both ends, in place. */
static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, WHITE_SPACE);
	for (len = strlen(text); len > 0; len--)
		if (strchr(WHITE_SPACE, text[len - 1]) == NULL)
			break;
	text[len] = '\0';
	return text;
}

/* Take off one pair of quotes, in place; NULL: it has no end. */
static char *
unquote(char *value)
{
	size_t len = strlen(value);

	if (*value != '"')
		return value;
	if (len < 2 || value[len - 1] != '"')
		return NULL;
	value[len - 1] = '\0';
	return value + 1;
}

/* One line that is not blank, and no comment. */
static void
take_line(struct loader *loader, const struct source *source, const char *where,
    char *line)
{
	char *equals = strchr(line, '='), *value;

	if (equals == NULL) {
		complain(loader, where, "no '=' in the line");
		return;
	}
	*equals = '\0';
	value = unquote(trim(equals + 1));
	if (value == NULL)
		complain(loader, where, "a double quote without its end");
	else
		take(loader, source, where, trim(line), value);
}

/* Where in a line of an env file a variable of ours begins; NULL: nowhere. */
static char *
find_variable(char *line)
{
	line += strspn(line, WHITE_SPACE);
	if (text_starts_with(line, "export ")) {
		line += strlen("export ");
		line += strspn(line, WHITE_SPACE);
	}
	return text_starts_with(line, PREFIX) ? line : NULL;
}

/* A line up to its end, where a NUL stands. */
static void
read_line(struct loader *loader, const struct source *source, size_t number,
    char *line, const char *end)
{
	const char *where =
	    arena_printf(loader->arena, "%s:%zu", source->path, number);

	if (source->has_variables && (line = find_variable(line)) == NULL)
		return;
	if (end - line > LINE_LIMIT)
		complain(loader, where, "longer than %d bytes", LINE_LIMIT);
	else if (!text_is_utf8(line, (size_t)(end - line)))
		complain(loader, where, "not UTF-8, or with a NUL in it");
	else if (*(line = trim(line)) != '\0' && *line != '#')
		take_line(loader, source, where, line);
}

/* Cut the text into lines, in place. */
static void
read_lines(
    struct loader *loader, const struct source *source, char *text, size_t size)
{
	char *end = text + size, *stop;

	if (text_starts_with(text, BYTE_ORDER_MARK))
		text += strlen(BYTE_ORDER_MARK);
	for (size_t number = 1; text < end; number++, text = stop + 1) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (stop == NULL)
			stop = end;
		*stop = '\0';
		read_line(loader, source, number, text, stop);
	}
}

static bool
is_trusted(const struct stat *info)
{
	return (info->st_uid == 0 || info->st_uid == geteuid()) &&
	    (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The text of a file; NULL: there is none, or none that is good. */
static char *
read_text(struct loader *loader, const char *path, bool must_exist,
    size_t *size, struct stat *info)
{
	char *text;

	switch (file_read_stat(
	    loader->arena, path, FILE_LIMIT, &text, size, info)) {
	case ST_OK:
		return text;
	case ST_NOT_FOUND:
		if (must_exist)
			complain(loader, path, "does not exist");
		return NULL;
	case ST_INVALID:
		complain(loader, path, "not a regular file of at most %d bytes",
		    FILE_LIMIT);
		return NULL;
	default:
		complain(loader, path, "can't be read: %s", strerror(errno));
		return NULL;
	}
}

static void
read_conf(struct loader *loader, const char *path, bool must_exist)
{
	struct source *source = arena_alloc(loader->arena, sizeof(*source));
	struct stat info;
	size_t size;
	char *text = read_text(loader, path, must_exist, &size, &info);

	source->path = path;
	if (text != NULL)
		read_lines(loader, source, text, size);
}

static void
read_env_file(struct loader *loader, const char *path, bool must_exist)
{
	struct source *source = arena_alloc(loader->arena, sizeof(*source));
	struct stat info;
	size_t size;
	char *text = read_text(loader, path, must_exist, &size, &info);

	if (text == NULL)
		return;
	source->path = path;
	source->has_variables = true;
	source->is_public = (info.st_mode & S_IROTH) != 0;
	if (is_trusted(&info))
		read_lines(loader, source, text, size);
	else if (must_exist || strstr(text, PREFIX) != NULL)
		complain(loader, path,
		    "not read: it must belong to root or the user of the"
		    " program, and nobody else may write it (chmod 0600)");
}

static void
read_environment(struct loader *loader)
{
	static const struct source source = { .has_variables = true };

	for (char **entry = environ; *entry != NULL; entry++) {
		const char *equals = strchr(*entry, '=');
		const char *name;

		if (equals == NULL || !text_starts_with(*entry, PREFIX))
			continue;
		name = arena_strndup(
		    loader->arena, *entry, (size_t)(equals - *entry));
		if (!is_pointer(name))
			take(loader, &source, "environment", name, equals + 1);
	}
}

/* The value of a variable; NULL: unset, or set to nothing. */
static const char *
environment_path(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static void
read_sources(struct loader *loader, const char *path)
{
	const char *conf = environment_path(PREFIX "CONF");
	const char *env_file = environment_path(PREFIX "ENV_FILE");

	read_conf(loader, config_path(loader->arena, path),
	    path != NULL || conf != NULL);
	read_env_file(loader, ".env", false);
	read_env_file(loader, ".env.local", false);
	if (env_file != NULL)
		read_env_file(loader, env_file, true);
	read_environment(loader);
}

/* Where a setting was set; NULL: it has its default. */
static const char *
origin_of(const struct loader *loader, const char *key)
{
	for (size_t i = 0; i < loader->count; i++)
		if (strcmp(loader->slots[i].setting->key, key) == 0)
			return loader->slots[i].origin;
	return NULL;
}

/* Two settings that do not go together; one of them was set somewhere. */
static void
complain_pair(struct loader *loader, const char *key, const char *message,
    const char *other)
{
	const char *where = origin_of(loader, key);

	if (where == NULL)
		where = origin_of(loader, other);
	complain(loader, where != NULL ? where : "defaults", "%s %s %s", key,
	    message, other);
}

/* What no setting can tell by itself. */
static void
check_together(struct loader *loader)
{
	const struct config *config = loader->config;

	if (config->session_idle > config->session_absolute)
		complain_pair(loader, "session.idle", "must not be longer than",
		    "session.absolute");
	if (config->session_remember_idle > config->session_remember_absolute)
		complain_pair(loader, "session.remember_idle",
		    "must not be longer than", "session.remember_absolute");
	if (config->access_token_ttl > config->session_absolute)
		complain_pair(loader, "access_token.ttl",
		    "must not be longer than", "session.absolute");
	if (strcspn(config->mail_return_path, "@") >
	    CONFIG_RETURN_PATH_LOCAL_MAX)
		complain(loader, origin_of(loader, "mail.return_path"),
		    "mail.return_path leaves no room for what is put before"
		    " its @: choose one of at most %d characters there",
		    CONFIG_RETURN_PATH_LOCAL_MAX);
	if (config->mail_transport == MAIL_TRANSPORT_SMTP &&
	    config->mail_user[0] != '\0' &&
	    config->mail_tls != MAIL_TLS_STARTTLS &&
	    !url_host_is_loopback(config->mail_host))
		complain_pair(loader, "mail.user",
		    "would send its password in clear without starttls in",
		    "mail.tls");
	if (config->metrics_token[0] != '\0' &&
	    strlen(config->metrics_token) < METRICS_TOKEN_MIN)
		complain(loader, origin_of(loader, "metrics.token"),
		    "metrics.token can be guessed: make one of at least %d"
		    " characters with openssl rand -hex 16",
		    METRICS_TOKEN_MIN);
}

static void
set_defaults(struct loader *loader)
{
	const struct setting *settings = config_settings(&loader->count);
	const char *why;

	loader->slots =
	    arena_array(loader->arena, loader->count, sizeof(*loader->slots));
	for (size_t i = 0; i < loader->count; i++) {
		struct slot *slot = &loader->slots[i];

		slot->setting = &settings[i];
		slot->variable = variable_of(loader->arena, settings[i].key);
		if (config_value_set(loader->arena, slot->setting,
			settings[i].fallback, loader->config, &why) != ST_OK)
			complain(
			    loader, "defaults", "%s %s", settings[i].key, why);
	}
}

enum status
config_load(struct arena *arena, const char *path, const struct config **config,
    const struct config_error **errors)
{
	struct loader loader = { .arena = arena };

	loader.config = arena_alloc(arena, sizeof(*loader.config));
	loader.end = &loader.errors;
	set_defaults(&loader);
	read_sources(&loader, path);
	if (loader.config->database_worker_url[0] == '\0')
		loader.config->database_worker_url =
		    loader.config->database_url;
	/* A password need not be as long where it is not alone. */
	if (loader.config->mfa == MFA_REQUIRED &&
	    origin_of(&loader, "password.min_length") == NULL)
		loader.config->password_min_length =
		    PASSWORD_MIN_LENGTH_WITH_MFA;
	check_together(&loader);
	*config = loader.config;
	*errors = loader.errors;
	return loader.errors == NULL ? ST_OK : ST_INVALID;
}

enum status
config_load_or_log(
    struct arena *arena, const char *path, const struct config **config)
{
	const struct config_error *error;
	enum status st;

	st = config_load(arena, path, config, &error);
	for (; error != NULL; error = error->next)
		log_error("%s: %s", error->where, error->message);
	return st;
}

const char *
config_path(struct arena *arena, const char *path)
{
	if (path == NULL)
		path = environment_path(PREFIX "CONF");
	if (path == NULL)
		path = SYSCONFDIR "/chatelaine.conf";
	return arena_strdup(arena, path);
}
