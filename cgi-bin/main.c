/* main.c - the same three lines for every program; HANDLER says which. */

#include "config.h"

#include "web/gateway.h"

extern const struct handler HANDLER;

int
main(void)
{
	return gateway_run(&HANDLER);
}
