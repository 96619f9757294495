/* render - an answer becomes bytes: a page or JSON, with the security headers. */
#ifndef CHATELAINE_RENDER_H
#define CHATELAINE_RENDER_H

#include "web/request.h"
#include "web/response.h"

/*
 * Fill in rs->body and the headers that every answer has. ST_FAULT: a template
 * is missing or fails; logged.
 */
enum status render(struct request *rq, struct response *rs) MUST_CHECK;

/* The answer for when render itself fails: plain words that need no template. */
void render_plain_fault(struct request *rq, struct response *rs);

#endif
