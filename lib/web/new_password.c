/* new_password.c - a sentence for each verdict. */

#include "web/new_password.h"
#include "account/password.h"

enum wording
new_password_judge(const struct request *rq, const char *password,
    const char *email, const char *name)
{
	static const enum wording wordings[] = {
		[PASSWORD_GOOD] = WORDING_NONE,
		[PASSWORD_TOO_SHORT] = WORDING_PASSWORD_TOO_SHORT,
		[PASSWORD_TOO_LONG] = WORDING_PASSWORD_TOO_LONG,
		[PASSWORD_GUESSABLE] = WORDING_PASSWORD_GUESSABLE,
		[PASSWORD_CLASSES] = WORDING_PASSWORD_CLASSES,
	};

	return wordings[password_judge(
	    rq->site->config, rq->arena, password, email, name)];
}
