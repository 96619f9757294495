/*
 * device - what a session's user agent says of the device, for people.
 *
 * A guess by well-known words in the header, which its sender chooses: good
 * enough to recognise one's own devices by, and for nothing else.
 */
#ifndef CHATELAINE_DEVICE_H
#define CHATELAINE_DEVICE_H

/* Names of products, static; NULL where nothing is known. */
struct device {
	const char *program; /* "Firefox", "curl" */
	const char *system;  /* "Linux", "Android" */
};

/* What a User-Agent (RFC 9110, 10.1.5) stands for; "" for none. */
struct device device_of(const char *user_agent);

#endif
