/* floor_null.c - the least a program can do behind FastCGI, or as plain CGI. */

#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char reply[] = "Status: 200\r\n"
			    "Content-Type: text/plain\r\n"
			    "Content-Length: 3\r\n\r\n"
			    "ok\n";

int
main(void)
{
	FCGX_Request request;

	if (FCGX_IsCGI())
		return write(STDOUT_FILENO, reply, sizeof(reply) - 1) < 0;
	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&request, STDIN_FILENO, 0) != 0)
		return EXIT_FAILURE;
	while (FCGX_Accept_r(&request) == 0) {
		(void)FCGX_PutStr(reply, (int)sizeof(reply) - 1, request.out);
		FCGX_Finish_r(&request);
	}
	return EXIT_SUCCESS;
}
