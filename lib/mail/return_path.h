/*
 * return_path - where reports about a mail come back to (VERP): an address that
 * says which mail it was, and that nobody can make up.
 *
 * The local part of mail.return_path, "+", then 42 characters of base32 (RFC
 * 4648, section 6, in lower case, as mail servers change the case): 26 for the
 * id of the outbox row, 16 for 80 bits of a keyed hash (BLAKE2b) over it. That
 * fits into the 64 bytes that a local part may have (RFC 5321, 4.5.3.1.1) where
 * mail.return_path has CONFIG_RETURN_PATH_LOCAL_MAX of them at most.
 */
#ifndef CHATELAINE_RETURN_PATH_H
#define CHATELAINE_RETURN_PATH_H

#include "base/arena.h"
#include "base/config.h"
#include "base/secret.h"

/*
 * The envelope sender of a mail. id: of its outbox row, a UUID. Without
 * mail.return_path: mail.from. In the arena.
 */
const char *return_path_make(const struct master_key *key, struct arena *arena,
    const struct config *config, const char *id);

/*
 * The id that such an address stands for, whatever stands before the last "+"
 * and behind the "@": aliases may have changed that. The bare extension will do
 * as well. ST_NOT_FOUND: it is none of ours.
 */
enum status return_path_read(const struct master_key *key, struct arena *arena,
    const char *address, const char **id) MUST_CHECK;

#endif
