/* new_password - what a page says of a password that somebody chooses. */
#ifndef CHATELAINE_NEW_PASSWORD_H
#define CHATELAINE_NEW_PASSWORD_H

#include "web/request.h"
#include "web/wording.h"

/*
 * What is wrong with it by the site's policy (password_judge), WORDING_NONE if
 * nothing is. email and name: of the person, "" where one is not known.
 */
enum wording new_password_judge(const struct request *rq, const char *password,
    const char *email, const char *name);

#endif
