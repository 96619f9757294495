/* tokens - what a client holds of a session, and the requests it makes. */
#ifndef CHATELAINE_TESTS_TOKENS_H
#define CHATELAINE_TESTS_TOKENS_H

#include <stdbool.h>

#include "tests/stress/exchange.h"

#define SESSION_SIZE 40
#define ACCESS_SIZE 1536
#define REFRESH_SIZE 256

struct tokens {
	char session[SESSION_SIZE];
	char access[ACCESS_SIZE];
	char refresh[REFRESH_SIZE];
};

/*
 * Take them from an answer of status 200, as a program gets it, or of 307,
 * with cookies: those leave the session as it was. False: there are none.
 */
bool tokens_take(struct tokens *tokens, const struct answer *answer);

/* The requests; see chatelaine-http(7). */
struct ask ask_sign_up(struct arena *arena, const char *email);
struct ask ask_verify(struct arena *arena, const char *token);
struct ask ask_reset(struct arena *arena, const char *email);
struct ask ask_new_password(
    struct arena *arena, const char *token, const char *password);
struct ask ask_sign_in(struct arena *arena, const char *email);
struct ask ask_sign_in_with(
    struct arena *arena, const char *email, const char *password);
struct ask ask_refresh(struct arena *arena, const char *refresh);
struct ask ask_detour(struct arena *arena, const char *refresh);
struct ask ask_session(struct arena *arena, const char *access);
struct ask ask_sign_out(struct arena *arena, const char *access);

/* Sign in, whatever it takes: the test fails when it can't be done. */
void tokens_begin(struct tokens *tokens, const char *email);

/* Go on, alone; and is the session alive, by its access token? */
void tokens_go_on(struct tokens *tokens);
int session_status(const struct tokens *tokens);

/* Is either of them good for anything but 401? That breaks a claim. */
bool tokens_are_dead(const struct tokens *tokens, const char *what);

#endif
