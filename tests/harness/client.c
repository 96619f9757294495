/* client.c - libcurl asks, and a few string functions read the answer. */

#include <arpa/inet.h>
#include <check.h>
#include <curl/curl.h>
#include <errno.h>
#include <json-c/json.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "tests/harness/client.h"

#define PATIENCE 60   /* seconds until an exchange has failed */
#define COMES_AGAIN 3 /* times, when told to */
#define HEADERS_MAX 8
#define FORM "application/x-www-form-urlencoded"
#define BOUNDARY "------------------------f0rm"

struct client {
	struct arena *arena;
	CURL *curl;
	const char *url;
	enum client_kind kind;
	bool impatient;
	struct {
		const char *name;
		const char *value; /* NULL: not sent */
	} headers[HEADERS_MAX];
};

static void
clean_up(void *curl)
{
	curl_easy_cleanup(curl);
}

#define SET(client, option, value)                                     \
	ck_assert_int_eq(                                              \
	    curl_easy_setopt((client)->curl, CURLOPT_##option, value), \
	    CURLE_OK)

struct client *
client_new(struct arena *arena, const char *url, enum client_kind kind)
{
	struct client *client = arena_alloc(arena, sizeof(*client));

	client->arena = arena;
	client->kind = kind;
	client->url = arena_strdup(arena, url);
	client->curl = curl_easy_init();
	ck_assert_ptr_nonnull(client->curl);
	arena_defer(arena, clean_up, client->curl);
	SET(client, URL, client->url);
	SET(client, TIMEOUT, (long)PATIENCE);
	SET(client, NOSIGNAL, 1L);
	SET(client, NOPROXY, "*");
	if (kind != CLIENT_PROGRAM) {
		SET(client, COOKIEFILE, "");
		client_header(client, "Sec-Fetch-Site", "same-origin");
	}
	client_header(client, "Accept",
	    kind == CLIENT_BROWSER ? "text/html,*/*;q=0.8"
				   : "application/json");
	client_header(client, "User-Agent", "Test/1.0");
	return client;
}

void
client_header(struct client *client, const char *name, const char *value)
{
	size_t i = 0;

	while (i < HEADERS_MAX && client->headers[i].name != NULL &&
	    strcasecmp(client->headers[i].name, name) != 0)
		i++;
	ck_assert_uint_lt(i, HEADERS_MAX);
	client->headers[i].name = arena_strdup(client->arena, name);
	client->headers[i].value =
	    value != NULL ? arena_strdup(client->arena, value) : NULL;
}

/* Lines of the Netscape format: name and value are the last of seven. */
const char *
client_cookie(const struct client *client, const char *name)
{
	const char *wanted = arena_printf(client->arena, "\t%s\t", name);
	const char *value = "";
	struct curl_slist *cookies = NULL;

	ck_assert_int_eq(
	    curl_easy_getinfo(client->curl, CURLINFO_COOKIELIST, &cookies),
	    CURLE_OK);
	for (struct curl_slist *c = cookies; c != NULL; c = c->next) {
		const char *found = strstr(c->data, wanted);

		if (found != NULL)
			value =
			    arena_strdup(client->arena, found + strlen(wanted));
	}
	curl_slist_free_all(cookies);
	return value;
}

void
client_keep_cookie(struct client *client, const char *name, const char *value)
{
	SET(client, COOKIELIST,
	    arena_printf(client->arena, "127.0.0.1\tFALSE\t/\tFALSE\t0\t%s\t%s",
		name, value));
}

void
client_forget_cookies(struct client *client)
{
	SET(client, COOKIELIST, "ALL");
}

static struct curl_slist *
header_list(const struct client *client, const char *type)
{
	struct curl_slist *list = NULL;

	/* Neither curl's own type nor a pause before long bodies. */
	list = curl_slist_append(list, "Expect:");
	list = curl_slist_append(list,
	    type == NULL
		? "Content-Type:"
		: arena_printf(client->arena, "Content-Type: %s", type));
	for (size_t i = 0; i < HEADERS_MAX; i++)
		if (client->headers[i].value != NULL)
			list = curl_slist_append(list,
			    arena_printf(client->arena, "%s: %s",
				client->headers[i].name,
				client->headers[i].value));
	return list;
}

static size_t
take_head(char *data, size_t size, size_t count, void *closure)
{
	struct strbuf *head = closure;
	size_t len = size * count;

	/* The status line begins an answer; one with 100 may come before. */
	if (len > 5 && memcmp(data, "HTTP/", 5) == 0)
		strbuf_truncate(head, 0);
	else if (len > 2)
		strbuf_add(head, data, len);
	return len;
}

static size_t
take_body(char *data, size_t size, size_t count, void *closure)
{
	strbuf_add(closure, data, size * count);
	return size * count;
}

/* The token that a script puts into its requests, as it was last told. */
static void
keep_token(struct client *client, const struct answer *answer)
{
	const char *token;

	if (client->kind != CLIENT_SCRIPT ||
	    !text_starts_with(
		answer_header(answer, "Content-Type"), "application/json"))
		return;
	token = answer_json(answer, "csrf_token");
	if (*token != '\0')
		client_header(client, "X-CSRF-Token", token);
}

static void
set_body(
    struct client *client, const char *method, const void *body, size_t len)
{
	SET(client, NOBODY, 0L);
	if (body != NULL) {
		SET(client, POST, 1L);
		SET(client, POSTFIELDSIZE, (long)len);
		SET(client, COPYPOSTFIELDS, body);
	} else {
		SET(client, HTTPGET, 1L);
	}
	if (strcmp(method, "HEAD") == 0)
		SET(client, NOBODY, 1L);
}

/* Send it once. */
static const struct answer *
exchange(struct client *client, const char *method, const char *target,
    const char *type, const void *body, size_t len)
{
	struct answer *answer = arena_alloc(client->arena, sizeof(*answer));
	struct curl_slist *list = header_list(client, type);
	struct strbuf head, content;
	long status = 0;
	CURLcode code;

	strbuf_init(&head, client->arena);
	strbuf_init(&content, client->arena);
	set_body(client, method, body, len);
	SET(client, CUSTOMREQUEST, method);
	SET(client, REQUEST_TARGET, target);
	SET(client, HTTPHEADER, list);
	SET(client, HEADERFUNCTION, take_head);
	SET(client, HEADERDATA, &head);
	SET(client, WRITEFUNCTION, take_body);
	SET(client, WRITEDATA, &content);
	code = curl_easy_perform(client->curl);
	ck_assert_msg(code == CURLE_OK, "%s %.100s: %s", method, target,
	    curl_easy_strerror(code));
	(void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	SET(client, HTTPHEADER, NULL);
	curl_slist_free_all(list);
	*answer = (struct answer){ client->arena, (int)status, head.text,
		content.text, content.len };
	keep_token(client, answer);
	return answer;
}

void
client_impatient(struct client *client)
{
	client->impatient = true;
}

/* Seconds until it should come again; 0: it was answered. */
static unsigned
is_put_off(
    const struct client *client, const void *body, const struct answer *answer)
{
	if (client->impatient || body == NULL || answer->status != 503)
		return 0;
	return (unsigned)strtoul(
	    answer_header(answer, "Retry-After"), NULL, 10);
}

const struct answer *
client_send(struct client *client, const char *method, const char *target,
    const char *type, const void *body, size_t len)
{
	const struct answer *answer =
	    exchange(client, method, target, type, body, len);
	unsigned pause;

	for (int i = 0;
	     i < COMES_AGAIN && (pause = is_put_off(client, body, answer)) > 0;
	     i++) {
		(void)sleep(pause);
		answer = exchange(client, method, target, type, body, len);
	}
	return answer;
}

const struct answer *
client_get(struct client *client, const char *target)
{
	return client_send(client, "GET", target, NULL, NULL, 0);
}

static void
add_fields(struct strbuf *form, const char *const *fields)
{
	for (; *fields != NULL; fields += 2) {
		if (form->len > 0)
			strbuf_char(form, '&');
		strbuf_percent(form, fields[0], strlen(fields[0]));
		strbuf_char(form, '=');
		strbuf_percent(form, fields[1], strlen(fields[1]));
	}
}

const struct answer *
client_form(
    struct client *client, const char *target, const char *const *fields)
{
	struct strbuf form;

	strbuf_init(&form, client->arena);
	add_fields(&form, fields);
	return client_send(client, "POST", target, FORM, form.text, form.len);
}

const struct answer *
client_multipart(
    struct client *client, const char *target, const char *const *fields)
{
	struct strbuf form;

	strbuf_init(&form, client->arena);
	for (; *fields != NULL; fields += 2)
		strbuf_printf(&form,
		    "--" BOUNDARY "\r\n"
		    "Content-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n",
		    fields[0], fields[1]);
	strbuf_str(&form, "--" BOUNDARY "--\r\n");
	return client_send(client, "POST", target,
	    "multipart/form-data; boundary=" BOUNDARY, form.text, form.len);
}

const struct answer *
client_json(struct client *client, const char *method, const char *target,
    const char *const *fields)
{
	struct json_object *json = json_object_new_object();
	const struct answer *answer;
	const char *text;

	for (; *fields != NULL; fields += 2)
		json_object_object_add(
		    json, fields[0], json_object_new_string(fields[1]));
	text = json_object_to_json_string(json);
	answer = client_send(
	    client, method, target, "application/json", text, strlen(text));
	json_object_put(json);
	return answer;
}

/* Pages */

static const char hidden_input[] = "<input type=\"hidden\" name=\"";
static const char hidden_value[] = "\" value=\"";

/* What follows the tag of the form with this action; NULL: there is none. */
static const char *
find_form(const struct answer *page, const char *action)
{
	const char *tag = arena_printf(
	    page->arena, "<form method=\"post\" action=\"%s\"", action);
	const char *found = strstr(page->body, tag);

	return found != NULL ? strchr(found, '>') : NULL;
}

/* An attribute's text, up to its quote, as a browser reads it. */
static const char *
attribute(struct arena *arena, const char *text)
{
	static const struct {
		const char *entity;
		char character;
	} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&#39;", '\'' } };
	struct strbuf value;
	size_t i;

	strbuf_init(&value, arena);
	while (*text != '"' && *text != '\0') {
		for (i = 0; i < ARRAY_LEN(entities); i++)
			if (text_starts_with(text, entities[i].entity))
				break;
		if (i == ARRAY_LEN(entities)) {
			strbuf_char(&value, *text++);
			continue;
		}
		strbuf_char(&value, entities[i].character);
		text += strlen(entities[i].entity);
	}
	return value.text;
}

/* The next hidden field of the form at *at, which moves behind it. */
static bool
next_hidden(
    struct arena *arena, const char **at, const char **name, const char **value)
{
	const char *end = strstr(*at, "</form>");
	const char *found = strstr(*at, hidden_input);

	if (end == NULL || found == NULL || found > end)
		return false;
	*name = attribute(arena, found + strlen(hidden_input));
	found = strstr(found, hidden_value);
	ck_assert_ptr_nonnull(found);
	*at = found + strlen(hidden_value);
	*value = attribute(arena, *at);
	return true;
}

const char *
answer_hidden(const struct answer *page, const char *action, const char *name)
{
	const char *at = find_form(page, action), *found, *value;

	while (at != NULL && next_hidden(page->arena, &at, &found, &value))
		if (strcmp(found, name) == 0)
			return value;
	return NULL;
}

const struct answer *
client_submit(struct client *client, const struct answer *page,
    const char *action, const char *const *fields)
{
	const char *at = find_form(page, action), *name, *value;
	struct strbuf form;

	ck_assert_msg(at != NULL, "no form for %s in a page of status %d:\n%s",
	    action, page->status, page->body);
	strbuf_init(&form, client->arena);
	while (next_hidden(page->arena, &at, &name, &value))
		add_fields(&form, FIELDS(name, value));
	add_fields(&form, fields);
	return client_send(client, "POST", action, FORM, form.text, form.len);
}

/* Answers */

/* The next header line of this name from text on, or NULL. */
static const char *
find_header(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; *text != '\0'; text = strstr(text, "\r\n") + 2)
		if (strncasecmp(text, name, len) == 0 && text[len] == ':')
			return text;
	return NULL;
}

const char *
answer_header(const struct answer *answer, const char *name)
{
	const char *line = find_header(answer->head, name);

	if (line == NULL)
		return "";
	line += strlen(name) + 1;
	line += strspn(line, " \t");
	return arena_strndup(
	    answer->arena, line, (size_t)(strstr(line, "\r\n") - line));
}

size_t
answer_header_count(const struct answer *answer, const char *name)
{
	const char *line = answer->head;
	size_t count = 0;

	while ((line = find_header(line, name)) != NULL) {
		line = strstr(line, "\r\n") + 2;
		count++;
	}
	return count;
}

bool
answer_shows(const struct answer *answer, const char *text)
{
	return strstr(answer->body, text) != NULL;
}

const char *
answer_json(const struct answer *answer, const char *path)
{
	struct json_object *json = json_tokener_parse(answer->body);
	struct json_object *at = json;
	const char *text = "";

	for (; at != NULL && *path != '\0'; path += *path == '.') {
		size_t len = strcspn(path, ".");
		const char *name = arena_strndup(answer->arena, path, len);

		at = json_object_is_type(at, json_type_array)
		    ? json_object_array_get_idx(at, strtoul(name, NULL, 10))
		    : json_object_object_get(at, name);
		path += len;
	}
	if (at != NULL)
		text = arena_strdup(answer->arena, json_object_get_string(at));
	json_object_put(json);
	return text;
}

const char *
answer_problem(const struct answer *answer)
{
	const char *slash = NULL;

	if (strcmp(answer_header(answer, "Content-Type"),
		"application/problem+json") == 0)
		slash = strrchr(answer_json(answer, "type"), '/');
	return slash != NULL ? slash + 1 : "";
}

/* Raw */

int
client_connect(const struct client *client)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct sockaddr_in address = { .sin_family = AF_INET };
	const char *port = strrchr(client->url, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_nonnull(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((in_port_t)strtoul(port + 1, NULL, 10));
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			     sizeof(patience)),
	    0);
	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* "HTTP/1.1 400 ...", headers, an empty line, the rest. */
static const struct answer *
read_answer(struct arena *arena, const struct strbuf *text)
{
	struct answer *answer = arena_alloc(arena, sizeof(*answer));
	const char *head = strstr(text->text, "\r\n");
	const char *body = strstr(text->text, "\r\n\r\n");

	*answer = (struct answer){ .arena = arena, .head = "", .body = "" };
	if (text->len == 0)
		return answer;
	ck_assert_msg(text_starts_with(text->text, "HTTP/1.") && body != NULL,
	    "not an answer: %s", text->text);
	answer->status =
	    (int)strtol(text->text + strlen("HTTP/1.1 "), NULL, 10);
	answer->head = arena_strndup(arena, head + 2, (size_t)(body - head));
	answer->body = body + 4;
	answer->len = text->len - (size_t)(answer->body - text->text);
	return answer;
}

const struct answer *
client_raw(struct client *client, const void *bytes, size_t len, bool last)
{
	const char *at = bytes;
	char buffer[4096];
	struct strbuf text;
	ssize_t n;
	int fd = client_connect(client);

	/* A server may have heard enough before all is said. */
	while (len > 0 && (n = send(fd, at, len, MSG_NOSIGNAL)) > 0) {
		at += n;
		len -= (size_t)n;
	}
	if (last)
		(void)shutdown(fd, SHUT_WR);
	strbuf_init(&text, client->arena);
	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		strbuf_add(&text, buffer, (size_t)n);
	ck_assert_msg(n == 0 || errno == ECONNRESET,
	    "neither an answer nor an end: %s", strerror(errno));
	(void)close(fd);
	return read_answer(client->arena, &text);
}
