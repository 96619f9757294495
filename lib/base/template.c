/* template.c - the set: finding and loading templates. */

#include "config.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/template_internal.h"

static const char *const suffixes[] = {
	[TEMPLATE_HTML] = ".html",
	[TEMPLATE_TEXT] = ".txt",
};

struct template_set *
template_set_new(struct arena *arena)
{
	struct template_set *set = arena_alloc(arena, sizeof(*set));

	set->arena = arena;
	return set;
}

enum status
template_load(struct arena *arena, const char *dir, struct template_set **set)
{
	struct stat info;

	if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
		return ST_NOT_FOUND;
	*set = template_set_new(arena);
	(*set)->dir = arena_strdup(arena, dir);
	return ST_OK;
}

/* A path that can't leave the directory: no empty part, no dot at all. */
static bool
is_path(const char *name)
{
	char before = '/';

	for (; *name != '\0'; before = *name++) {
		if (*name == '.' || (*name == '/' && before == '/'))
			return false;
	}
	return before != '/';
}

/* Enter a template and parse it, with the partials it names. */
static enum status
add_template(struct template_set *set, const char *name,
    enum template_kind kind, const char *file, const char *text, size_t len,
    struct template **added)
{
	struct template *template = arena_alloc(set->arena, sizeof(*template));
	enum status st;

	template->name = arena_strdup(set->arena, name);
	template->file = file;
	template->kind = kind;
	template->state = TEMPLATE_LOADING; /* it may name itself */
	template->next = set->templates;
	set->templates = template;
	st = template_parse(set, template, text, len);
	template->state = st == ST_OK ? TEMPLATE_READY : TEMPLATE_BROKEN;
	*added = template;
	return st;
}

static struct template *
known(const struct template_set *set, const char *name, enum template_kind kind)
{
	struct template *template = set->templates;

	while (template != NULL &&
	    (template->kind != kind || strcmp(template->name, name) != 0))
		template = template->next;
	return template;
}

static enum status
load_file(struct template_set *set, const char *name, enum template_kind kind,
    struct template **loaded)
{
	enum status st;
	char *file, *text;
	size_t len;

	if (set->dir == NULL || !is_path(name))
		return ST_NOT_FOUND;
	file =
	    arena_printf(set->arena, "%s/%s%s", set->dir, name, suffixes[kind]);
	st = file_read(set->arena, file, TEMPLATE_MAX, &text, &len);
	if (st == ST_INVALID)
		log_error(
		    "%s: no file, or longer than %d bytes", file, TEMPLATE_MAX);
	if (st == ST_FAULT)
		log_error("%s: %s", file, strerror(errno));
	if (st != ST_OK)
		return st;
	return add_template(set, name, kind, file, text, len, loaded);
}

enum status
template_find(struct template_set *set, const char *name,
    enum template_kind kind, struct template **found)
{
	enum status st;

	*found = known(set, name, kind);
	if (*found != NULL)
		return (*found)->state != TEMPLATE_BROKEN ? ST_OK : ST_INVALID;
	if (set->loading > TEMPLATE_DEPTH) {
		log_error("%s: partials nest too deep", name);
		return ST_INVALID;
	}
	set->loading++;
	st = load_file(set, name, kind, found);
	set->loading--;
	return st;
}

enum status
template_add(struct template_set *set, const char *name,
    enum template_kind kind, const char *text, size_t len)
{
	struct template *added;

	if (!is_path(name))
		return ST_INVALID;
	if (known(set, name, kind) != NULL)
		return ST_CONFLICT;
	return add_template(set, name, kind,
	    arena_printf(set->arena, "%s%s", name, suffixes[kind]),
	    arena_copy(set->arena, text, len), len, &added);
}

/* Load one file of the directory, if it is a template. */
static enum status
check_file(struct template_set *set, const char *path)
{
	const char *name = path + strlen(set->dir), *suffix;
	struct template *found;

	name += strspn(name, "/");
	suffix = strrchr(name, '.');
	for (size_t i = 0; suffix != NULL && i < ARRAY_LEN(suffixes); i++) {
		char *bare;

		if (strcmp(suffix, suffixes[i]) != 0)
			continue;
		bare = arena_strndup(set->arena, name, (size_t)(suffix - name));
		if (!is_path(bare)) /* no page or partial can name it */
			continue;
		return template_find(set, bare, (enum template_kind)i, &found);
	}
	return ST_OK;
}

/* What came of it so far and now: unreadable counts more than wrong. */
static enum status
worse(enum status a, enum status b)
{
	if (a == ST_FAULT || b == ST_FAULT)
		return ST_FAULT;
	return a == ST_OK ? b : a;
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

enum status
template_check(struct template_set *set)
{
	char *paths[] = { NULL, NULL };
	enum status st = ST_OK;
	FTSENT *entry;
	FTS *walk;

	if (set->dir == NULL)
		return ST_OK;
	paths[0] = arena_strdup(set->arena, set->dir);
	walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (walk == NULL) {
		log_error("%s: %s", set->dir, strerror(errno));
		return ST_FAULT;
	}
	while ((entry = fts_read(walk)) != NULL) {
		switch (entry->fts_info) {
		case FTS_F:
			st = worse(st, check_file(set, entry->fts_path));
			break;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			log_error("%s: %s", entry->fts_path,
			    strerror(entry->fts_errno));
			st = ST_FAULT;
			break;
		default:
			break;
		}
	}
	(void)fts_close(walk);
	return st;
}
