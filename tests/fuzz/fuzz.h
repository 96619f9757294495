/*
 * fuzz - what the targets of libFuzzer share.
 *
 * A target takes bytes as anybody may send them. Beside what the sanitizers
 * find, it checks what its module promises, and calls fuzz_fail when that is
 * broken.
 */
#ifndef CHATELAINE_FUZZ_H
#define CHATELAINE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "web/field.h"

/* What libFuzzer calls: once, and for each input. Both return 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise was broken: stop here, so that libFuzzer keeps the input. */
static inline void
fuzz_fail(const char *promise)
{
	(void)fprintf(stderr, "broken: %s\n", promise);
	abort();
}

/*
 * Is what a parser of bodies gave as body.h says? ST_OK comes with pairs in
 * UTF-8, ST_INVALID with a reason and no pairs.
 */
void fuzz_check_pairs(
    enum status st, const struct pairs *pairs, enum wording why);

#endif
