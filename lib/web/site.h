/* site - what a program keeps from one request to the next: nothing of theirs. */
#ifndef CHATELAINE_SITE_H
#define CHATELAINE_SITE_H

#include "account/signing_key.h"
#include "base/config.h"
#include "base/db.h"
#include "base/secret.h"
#include "base/template.h"
#include "web/cookie.h"

struct site {
	struct arena *arena; /* as long-lived as the program */
	const struct config *config;
	struct db *db;
	struct master_key *key;
	struct template_set *templates;
	struct signing_keys *signing_keys;
	struct cookie_style cookies;
	const char *host;   /* this machine's name; "" if it has none */
	bool tls;           /* site.url is https */
	bool may_sign_in;   /* cookies are safe here: TLS, or loopback */
	const char *base;   /* path of site.url: "" or "/app" */
	const char *origin; /* of site.url: "https://example.org" */
};

/*
 * Read the settings, the master key and the templates. Everything wrong is
 * logged; ST_FAULT then. name: the program's, for logs and pg_stat_activity.
 * End with site_close.
 */
enum status site_open(const char *name, struct site **site) MUST_CHECK;
void site_close(struct site *site);

#endif
