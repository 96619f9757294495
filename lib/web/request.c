/* request.c - the few questions an action asks. */

#include <assert.h>
#include <string.h>

#include "web/request.h"

const char *
request_variable(const struct request *rq, const char *name)
{
	const char *value =
	    rq->transport->variable(rq->transport->closure, name);

	return value != NULL ? value : "";
}

const char *
request_path(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->segments.count; i++)
		if (strcmp(rq->segments.list[i].name, name) == 0)
			return rq->segments.list[i].text;
	assert(false && "the route has this segment");
	return "";
}

const char *
request_field(const struct request *rq, const char *name)
{
	return fields_text(&rq->fields, name);
}

bool
request_flag(const struct request *rq, const char *name)
{
	return fields_flag(&rq->fields, name);
}

struct entry
request_entry(const struct request *rq)
{
	return (struct entry){
		.db = rq->db,
		.arena = rq->arena,
		.config = rq->site->config,
		.key = rq->site->key,
		.origin = &rq->origin,
		.browser = rq->browser,
		.ip = rq->counted_ip,
		.account_id =
		    rq->session != NULL ? rq->session->account.id : NULL,
	};
}
