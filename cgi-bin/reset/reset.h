/* reset - the actions of this program, for its table. */
#ifndef CHATELAINE_RESET_ROUTES_H
#define CHATELAINE_RESET_ROUTES_H

#include "web/response.h"
#include "web/route.h"

/* ask.c */
action show_ask, ask;
extern const struct field ask_fields[];

/* choose.c */
action show_link, open_link, choose;
fill fill_link;
extern const struct field choose_fields[];

#endif
