/* origin - where a request came from, for session and audit rows. */
#ifndef CHATELAINE_ORIGIN_H
#define CHATELAINE_ORIGIN_H

struct origin {
	const char *ip;         /* numeric, NULL if unknown */
	const char *user_agent; /* valid UTF-8, at most 300 bytes */
	const char *request_id;
};

#endif
