/* category.c - a table of the templates that are not about security. */

#include <string.h>

#include "mail/category.h"

static const char *const names[MAIL_CATEGORY_COUNT] = {
	[MAIL_SECURITY] = "security",
	[MAIL_REMINDERS] = "reminders",
};

/* What is not listed is about security. */
static const struct {
	const char *template;
	enum mail_category category;
} templates[] = {
	{ "deletion-reminder", MAIL_REMINDERS },
};

enum mail_category
mail_category_of(const char *template)
{
	for (size_t i = 0; i < ARRAY_LEN(templates); i++)
		if (strcmp(templates[i].template, template) == 0)
			return templates[i].category;
	return MAIL_SECURITY;
}

bool
mail_goes_to_bounced(const char *template)
{
	return strcmp(template, "verify") == 0 ||
	    strcmp(template, "confirm-address") == 0;
}

const char *
mail_category_name(enum mail_category category)
{
	return names[category];
}

enum status
mail_category_find(const char *name, enum mail_category *category)
{
	for (size_t i = MAIL_SECURITY + 1; i < MAIL_CATEGORY_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*category = (enum mail_category)i;
			return ST_OK;
		}
	return ST_NOT_FOUND;
}
