/* banned - functions that have no safe use; included before every file. */
#ifndef CHATELAINE_BANNED_H
#define CHATELAINE_BANNED_H

/* Before any header, as it says which of their extensions are wanted. */
#include <config.h>

/* Their declarations first, as the macros below would garble them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(name) name##_is_banned_see_lib_base_banned_h

/* No bound. */
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)

/* A bound, and possibly no NUL. */
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)

/* Hidden state. */
#undef strtok
#define strtok(...) BANNED(strtok)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef localtime
#define localtime(...) BANNED(localtime)
#undef asctime
#define asctime(...) BANNED(asctime)
#undef ctime
#define ctime(...) BANNED(ctime)

/* No errors. */
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)

/* Guessable: secret_random is the one source. */
#undef rand
#define rand(...) BANNED(rand)

#endif
