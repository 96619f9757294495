/* life - what becomes of an account: part of check_journey. */
#ifndef CHATELAINE_TESTS_LIFE_H
#define CHATELAINE_TESTS_LIFE_H

#include <check.h>

/* A case of journeys, each of somebody new. */
TCase *life_tcase(void);

#endif
