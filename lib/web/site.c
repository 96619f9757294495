/* site.c - opened once, before the first request. */

#include <limits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/url.h"
#include "web/site.h"
#include "web/wording.h"

static void
derive_from_url(struct site *site)
{
	struct url url = url_read(site->arena, site->config->site_url);

	site->origin = url.origin;
	site->base = url.path;
	site->cookies.base = url.path;
	site->tls = url.tls;
	site->cookies.secure =
	    url.tls || site->config->cookie_secure == COOKIE_SECURE_ALWAYS;
	site->may_sign_in = site->cookies.secure || url.private;
}

static const char *
host_name(struct arena *arena)
{
	char name[HOST_NAME_MAX + 1] = "";

	/* One that is cut may lack its end. */
	if (gethostname(name, sizeof(name) - 1) != 0)
		name[0] = '\0';
	return arena_strdup(arena, name);
}

static enum status
load_parts(struct site *site, const char *name)
{
	const struct config *config = site->config;
	const char *why;
	enum status st;

	if (master_key_load(site->arena, config->master_key,
		config->master_key_file, &site->key, &why) != ST_OK) {
		log_error("%s", why);
		return ST_FAULT;
	}
	site->signing_keys = signing_keys_new(site->key);
	site->db = db_open(config->database_url,
	    arena_printf(site->arena, "chatelaine %s", name));
	st =
	    template_load(site->arena, config->templates_dir, &site->templates);
	if (st == ST_OK)
		st = wording_load(
		    site->arena, site->templates, config->templates_dir);
	if (st == ST_NOT_FOUND)
		log_error("no templates in %s: see templates.dir",
		    config->templates_dir);
	return st == ST_OK ? ST_OK : ST_FAULT;
}

enum status
site_open(const char *name, struct site **opened)
{
	struct arena *arena = arena_new();
	struct site *site = arena_alloc(arena, sizeof(*site));
	enum status st;

	site->arena = arena;
	st = secret_init();
	if (st == ST_OK)
		st = config_load_or_log(arena, NULL, &site->config);
	if (st == ST_OK) {
		derive_from_url(site);
		site->host = host_name(arena);
		st = load_parts(site, name);
	}
	if (st != ST_OK) {
		site_close(site);
		return ST_FAULT;
	}
	*opened = site;
	return ST_OK;
}

void
site_close(struct site *site)
{
	signing_keys_free(site->signing_keys);
	db_close(site->db);
	master_key_free(site->key);
	arena_free(site->arena);
}
