/*
 * floor_select.c - a session looked up by one prepared SELECT, and no more.
 *
 * The session's id is the query string, so that nothing has to be verified;
 * FLOOR_DATABASE says where to connect. The answer is as long as Chatelaine's.
 */

#include <fcgiapp.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_SIZE 2048

static const char sql[] =
    "SELECT a.id, a.email, a.name, s.id, s.created_at, s.confirmed_at,"
    " s.expires_at, s.ip, s.user_agent"
    " FROM session s JOIN account a ON a.id = s.account_id"
    " WHERE s.id = $1::uuid AND s.revoked_at IS NULL"
    " AND s.idle_expires_at > now() AND s.expires_at > now()";

static const char form[] =
    "{\"user\":{\"id\":\"%s\",\"email\":\"%s\",\"name\":\"%s\"},"
    "\"session\":{\"id\":\"%s\",\"created_at\":\"%s\",\"confirmed_at\":\"%s\","
    "\"expires_at\":\"%s\",\"ip\":\"%s\",\"user_agent\":\"%s\"},"
    "\"workspace\":null}";

static void
answer(PGconn *conn, FCGX_Request *request)
{
	const char *id = FCGX_GetParam("QUERY_STRING", request->envp);
	PGresult *rows = PQexecPrepared(conn, "check", 1, &id, NULL, NULL, 0);
	char head[128], body[ANSWER_SIZE];
	int len, head_len;

	if (PQntuples(rows) != 1) {
		(void)FCGX_PutS("Status: 401\r\n\r\n", request->out);
		PQclear(rows);
		return;
	}
	len = snprintf(body, sizeof(body), form, PQgetvalue(rows, 0, 0),
	    PQgetvalue(rows, 0, 1), PQgetvalue(rows, 0, 2),
	    PQgetvalue(rows, 0, 3), PQgetvalue(rows, 0, 4),
	    PQgetvalue(rows, 0, 5), PQgetvalue(rows, 0, 6),
	    PQgetvalue(rows, 0, 7), PQgetvalue(rows, 0, 8));
	head_len = snprintf(head, sizeof(head),
	    "Status: 200\r\nContent-Type: application/json\r\n"
	    "Content-Length: %d\r\n\r\n",
	    len);
	(void)FCGX_PutStr(head, head_len, request->out);
	(void)FCGX_PutStr(body, len, request->out);
	PQclear(rows);
}

int
main(void)
{
	PGconn *conn = PQconnectdb(getenv("FLOOR_DATABASE"));
	FCGX_Request request;

	PQclear(PQprepare(conn, "check", sql, 0, NULL));
	if (PQstatus(conn) != CONNECTION_OK || FCGX_Init() != 0 ||
	    FCGX_InitRequest(&request, STDIN_FILENO, 0) != 0) {
		fputs(PQerrorMessage(conn), stderr);
		return EXIT_FAILURE;
	}
	while (FCGX_Accept_r(&request) == 0) {
		answer(conn, &request);
		FCGX_Finish_r(&request);
	}
	PQfinish(conn);
	return EXIT_SUCCESS;
}
