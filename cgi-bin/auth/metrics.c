/* metrics.c - what the operator's monitoring asks for. */

#include <string.h>
#include <strings.h>

#include "account/metrics.h"
#include "auth.h"
#include "base/secret.h"

/*
 * Did the request bring the token of the setting? Compared by hashes, so that
 * the time tells neither how much of it was right nor how long it is.
 */
static bool
has_token(const struct request *rq, const char *token)
{
	const char *given = request_variable(rq, "HTTP_AUTHORIZATION");
	unsigned char expected[SECRET_BYTES], got[SECRET_BYTES];

	if (strncasecmp(given, "Bearer ", strlen("Bearer ")) != 0)
		return false;
	given += strlen("Bearer ");
	secret_hash(expected, token, strlen(token));
	secret_hash(got, given, strlen(given));
	return secret_equal(expected, got, sizeof(expected));
}

/*
 * No address is let in by itself: behind a proxy on this machine all the world
 * comes from loopback.
 */
enum status
show_metrics(struct request *rq, struct response *rs)
{
	const char *token = rq->site->config->metrics_token;
	struct strbuf sb;
	enum status st;

	if (token[0] == '\0')
		return response_refuse(rs, PROBLEM_NOT_FOUND, NULL, NULL);
	if (!has_token(rq, token))
		return response_refuse(rs, PROBLEM_NOT_SIGNED_IN, NULL, NULL);
	strbuf_init(&sb, rq->arena);
	st = metrics_write(rq->db, rq->arena, &sb);
	if (st != ST_OK)
		return st;
	return response_text(rs, 200, METRICS_TYPE, sb.text, sb.len);
}
