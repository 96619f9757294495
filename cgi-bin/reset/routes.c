/* routes.c - who may do what about forgotten passwords. */

#include "reset.h"

/* clang-format off */
static const struct route routes[] = {
	/* method path                  access  action     page            fields         fill */
	{ GET,    "/reset",             PUBLIC, show_ask,  "reset/ask",    NULL,          NULL },
	{ POST,   "/reset",             PUBLIC, ask,       "reset/ask",    ask_fields,    NULL },
	{ GET,    "/reset/{token}",     PUBLIC, show_link, NULL,           NULL,          NULL },
	{ POST,   "/reset/{token}/open", PUBLIC, open_link, "reset/open",  NULL,          fill_link },
	{ POST,   "/reset/{token}",     PUBLIC, choose,    "reset/choose", choose_fields, fill_link, .flags = ROUTE_HASHES, .limit = LIMIT_TOKEN },
};
/* clang-format on */

const struct handler reset_handler = { "reset", routes, ARRAY_LEN(routes) };
