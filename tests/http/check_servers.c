/* check_servers.c - what the files in conf/ make of a web server. */

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/harness/client.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"
#include "tests/harness/web.h"
#include "tests/http/sound.h"

#define TIMEOUT 300 /* seconds, for a test */
#define EMAIL "ada@example.org"
#define SLOW_CLIENTS 12 /* of a kind: more than there are processes */
#define ROUNDS 10
#define PATIENCE 30 /* seconds, for a log to be written */

static struct arena *arena;
static struct client *program;

static void
setup(void)
{
	arena = arena_new();
	program = client_new(arena, web_url(), CLIENT_PROGRAM);
}

static void
teardown(void)
{
	arena_free(arena);
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Slow clients */

#define POST_HEAD(path, length)                                             \
	"POST " path " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: "             \
	"application/json\r\nContent-Type: application/json\r\nConnection:" \
	" close\r\nContent-Length: " length "\r\n\r\n"

/* What they say before they fall silent, on routes that hash and others. */
static const char *const beginnings[] = {
	"",
	"P",
	"GET /auth/signin HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
	POST_HEAD("/auth/signin", "100"),
	POST_HEAD("/auth/signin", "60000") "{\"email\":\"ada@example.org\",",
	POST_HEAD("/auth/signout", "100") "{",
	POST_HEAD("/auth/verify/resend", "5000000") "{\"email\":",
};

static bool
is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == -1 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK);
}

static void
others_are_answered(void)
{
	const struct answer *answer;

	answer = client_get(program, "/auth/session");
	ck_assert_int_eq(answer->status, 401);
	answer_is_sound(answer);
	answer = client_get(program, "/auth/signin");
	ck_assert_int_eq(answer->status, 200);
	answer = client_json(program, "POST", "/auth/signin",
	    FIELDS("email", EMAIL, "password", TEST_PASSWORD, "client", "api"));
	ck_assert_int_eq(answer->status, 200);
	answer_is_sound(answer);
}

/* Were others answered while all of these were still waiting? */
static bool
holds_nobody_up(const char *beginning)
{
	int slow[SLOW_CLIENTS];
	bool waiting = true;

	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		slow[i] = client_connect(program);
		say(slow[i], beginning);
	}
	others_are_answered();
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		waiting = waiting && is_open(slow[i]);
		(void)close(slow[i]);
	}
	return waiting;
}

/*
 * The servers lose patience with them in the end. On a busy machine that can
 * be before the others were asked, which proves nothing: once more, then.
 */
START_TEST(slow_clients_delay_nobody_else)
{
	if (test_int("SELECT count(*) FROM account WHERE email = $1", EMAIL) ==
	    0)
		web_account(EMAIL, "Ada");
	for (int i = 0; i < ROUNDS; i++)
		if (holds_nobody_up(beginnings[_i]))
			return;
	ck_abort_msg("others had to wait for: %s", beginnings[_i]);
}
END_TEST

/* Nothing, or that it was too slow. */
static void
is_sent_away(int fd)
{
	char text[4096];
	ssize_t got = recv(fd, text, sizeof(text) - 1, 0);

	if (got > 0) {
		text[got] = '\0';
		ck_assert_msg(text_starts_with(text, "HTTP/1.1 4") ||
			(web_is("apache-fcgid") &&
			    text_starts_with(text, "HTTP/1.1 500 ")),
		    "%s", text);
	} else {
		ck_assert(got == 0 || errno == ECONNRESET);
	}
	(void)close(fd);
}

/*
 * The first is left out: who says nothing at all is the kernel's for a while,
 * before Apache's time begins to count.
 */
START_TEST(slow_clients_are_sent_away)
{
	int fds[ARRAY_LEN(beginnings)];

	for (size_t i = 1; i < ARRAY_LEN(fds); i++) {
		fds[i] = client_connect(program);
		say(fds[i], beginnings[i]);
	}
	for (size_t i = 1; i < ARRAY_LEN(fds); i++)
		is_sent_away(fds[i]);
}
END_TEST

/* Hashing */

#define SIGNUP                                                   \
	"{\"email\":\"crowd%d@example.org\",\"name\":\"Crowd\"," \
	"\"password\":\"" TEST_PASSWORD "\"}"

static int
begin_sign_up(int number)
{
	const char *body = arena_printf(arena, SIGNUP, number);
	int fd = client_connect(program);

	say(fd,
	    arena_printf(arena,
		"POST /auth/signup HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		"Accept: application/json\r\nConnection: close\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
		"%s",
		strlen(body), body));
	return fd;
}

/* 202, or 503 where more wait than should. */
static void
end_sign_up(int fd)
{
	char text[64] = "";

	ck_assert_int_gt(recv(fd, text, sizeof(text) - 1, MSG_WAITALL), 0);
	ck_assert_msg(text_starts_with(text, "HTTP/1.1 202 ") ||
		text_starts_with(text, "HTTP/1.1 503 "),
	    "%s", text);
	(void)close(fd);
}

/* No process that hashes can go on until the table is free again. */
START_TEST(a_crowd_that_signs_up_delays_no_session_check)
{
	static const struct db_stmt lock = { "lock", "LOCK TABLE account" };
	struct db *db = test_db_begin();
	int crowd[4];

	ck_assert_int_eq(db_query(db, arena, &lock, DB_NO_ARGS, NULL), ST_OK);
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++)
		crowd[i] = begin_sign_up((int)i);
	test_await_waiting(1);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(
		    client_get(program, "/auth/session")->status, 401);
		ck_assert_int_eq(client_get(program, "/healthz")->status, 200);
	}
	test_db_end(db);
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++)
		end_sign_up(crowd[i]);
}
END_TEST

/* Sockets */

static bool
is_socket(const char *path, struct stat *sb)
{
	return lstat(path, sb) == 0 && S_ISSOCK(sb->st_mode);
}

/* Whoever opens one can hold a process up for as long as they like. */
START_TEST(sockets_are_the_servers_own)
{
	const char *run = arena_printf(arena, "%s/run", web_directory());
	DIR *dir = opendir(run);
	struct dirent *entry;
	struct stat sb, own;
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(stat(run, &own), 0);
	while ((entry = readdir(dir)) != NULL) {
		if (!is_socket(
			arena_printf(arena, "%s/%s", run, entry->d_name), &sb))
			continue;
		count++;
		ck_assert_int_eq(sb.st_uid, own.st_uid);
		ck_assert_int_eq(own.st_mode & 0077, 0);
		if (web_is("apache"))
			ck_assert_int_eq(sb.st_mode & 0077, 0);
	}
	(void)closedir(dir);
	ck_assert_int_eq(count > 0, !web_is("lighttpd-cgi"));
}
END_TEST

/* Logs */

static const char *
access_log(void)
{
	static char text[1024 * 1024];
	FILE *file = fopen(
	    arena_printf(arena, "%s/log/access.log", web_directory()), "r");
	size_t len = 0;

	if (file != NULL) {
		len = fread(text, 1, sizeof(text) - 1, file);
		(void)fclose(file);
	}
	text[len] = '\0';
	return text;
}

static void
await_log(const char *text)
{
	for (int i = 0; i < PATIENCE * 50; i++) {
		if (strstr(access_log(), text) != NULL)
			return;
		(void)usleep(20 * 1000);
	}
	ck_abort_msg("%s is not in the access log", text);
}

/* In whatever way a request holds it, be it answered or refused. */
START_TEST(links_stay_out_of_the_logs)
{
	static const char secret[] =
	    "a-mailed-secret_of-43-characters-0123456789";
	const char *query = arena_printf(arena, "?token=%s", secret);
	const char *path = arena_printf(arena, "/reset/%s", secret);
	const char *requests[] = {
		path,
		arena_printf(arena, "%s/open", path),
		arena_printf(arena, "%s.%s", path, query),
		arena_printf(arena, "/nothing/%s", secret),
		arena_printf(arena, "/auth/verify%s", query),
		arena_printf(arena, "/auth/verify%%00%s", query),
		arena_printf(arena, "/auth/verify%s%%zz", query),
		arena_printf(arena, "/nothing%s", query),
		arena_printf(arena, "/assets/nothing%s", query),
	};

	client_header(program, "Referer",
	    arena_printf(arena, "%s/auth/verify%s", web_url(), query));
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		(void)client_get(program, requests[i]);
	(void)client_json(program, "POST", path, NO_FIELDS);
	(void)client_get(program, "/auth/the-last-one");
	await_log("/auth/the-last-one");
	ck_assert_ptr_null(strstr(web_log(arena), secret));
	/* With .htaccess alone, the access log is the host's. */
	ck_assert_int_eq(
	    strstr(access_log(), secret) != NULL, web_is("apache-htaccess"));
}
END_TEST

/* Bodies */

/* In chunks; whole, and cut. */
static const struct answer *
chunked(const char *path, const char *chunks, bool last)
{
	const char *request = arena_printf(arena,
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json"
	    "\r\nContent-Type: application/json\r\nConnection: close\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n%s",
	    path, chunks);

	return client_raw(program, request, strlen(request), last);
}

START_TEST(chunks_are_a_body_where_they_are_counted)
{
	const struct answer *answer = chunked("/auth/verify/resend",
	    "12\r\n{\"email\":\"a@b.org\"\r\n1\r\n}\r\n0\r\n\r\n", false);

	answer_is_sound(answer);
	if (web_is("apache-cgi") || web_is("apache-htaccess")) {
		ck_assert_int_eq(answer->status, 411);
		ck_assert_str_eq(answer_problem(answer), "length-required");
	} else {
		ck_assert_int_eq(answer->status, 202);
	}
}
END_TEST

/* The object is whole: that the chunks are not is all that is wrong. */
START_TEST(a_part_of_the_chunks_does_nothing)
{
	const char *body = arena_printf(arena, SIGNUP, 100);
	const struct answer *answer = chunked("/auth/signup",
	    arena_printf(arena, "%zx\r\n%s\r\n", strlen(body), body), true);

	ck_assert_int_ne(answer->status, 202);
	ck_assert_int_eq(client_get(program, "/healthz")->status, 200);
	ck_assert_int_eq(
	    test_int("SELECT count(*) FROM account WHERE email = $1",
		"crowd100@example.org"),
	    0);
}
END_TEST

/* A body is taken before it is refused, so that the refusal arrives. */
START_TEST(long_bodies_are_refused_in_words)
{
	static char text[8 * 1024 * 1024];
	const struct answer *answer;

	memset(text, 'a', sizeof(text));
	for (size_t len = 65537; len <= sizeof(text); len *= 2) {
		answer = client_send(program, "POST", "/auth/signup",
		    "application/json", text, len);
		ck_assert_int_eq(answer->status, 413);
		ck_assert_str_eq(answer_problem(answer), "body-too-large");
		answer_is_sound(answer);
	}
}
END_TEST

/* Files */

START_TEST(assets_have_headers_of_their_own)
{
	static const char *const headers[][2] = {
		{ "Cache-Control", "public, max-age=3600" },
		{ "Content-Security-Policy",
		    "default-src 'none'; frame-ancestors 'none'" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Referrer-Policy", "no-referrer" },
		{ "X-Content-Type-Options", "nosniff" },
	};
	const struct answer *answer =
	    client_get(program, "/assets/chatelaine.css");

	ck_assert_int_eq(answer->status, 200);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		ck_assert_str_eq(
		    answer_header(answer, headers[i][0]), headers[i][1]);
		ck_assert_uint_eq(
		    answer_header_count(answer, headers[i][0]), 1);
	}
	ck_assert_str_ne(answer_header(answer, "ETag"), "");
	ck_assert_str_eq(
	    answer_header(answer, "Server"), web_is("apache") ? "Apache" : "");
}
END_TEST

static Suite *
servers_suite(void)
{
	Suite *suite = suite_create("servers");
	TCase *tcase = tcase_create("servers");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(
	    tcase, slow_clients_delay_nobody_else, 0, ARRAY_LEN(beginnings));
	tcase_add_test(tcase, slow_clients_are_sent_away);
	tcase_add_test(tcase, a_crowd_that_signs_up_delays_no_session_check);
	tcase_add_test(tcase, sockets_are_the_servers_own);
	tcase_add_test(tcase, links_stay_out_of_the_logs);
	tcase_add_test(tcase, chunks_are_a_body_where_they_are_counted);
	tcase_add_test(tcase, a_part_of_the_chunks_does_nothing);
	tcase_add_test(tcase, long_bodies_are_refused_in_words);
	tcase_add_test(tcase, assets_have_headers_of_their_own);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return harness_run(servers_suite(), NEEDS_SERVERS);
}
