/* sound - what holds of every answer, whatever was asked. */
#ifndef CHATELAINE_TESTS_SOUND_H
#define CHATELAINE_TESTS_SOUND_H

#include "tests/harness/client.h"

/* Does an answer come from a handler, not from the web server itself? */
bool answer_is_ours(const struct answer *answer);

/*
 * Fail the test unless the answer is a handler's, has all headers that every
 * answer has, each once, a Content-Length that is true, cookies with their
 * attributes, and a body of the kind it says: a whole page, or JSON, or a
 * problem with all its members.
 */
void answer_is_sound(const struct answer *answer);

#endif
