/*
 * notice - mails that tell a person what was just done to the account.
 *
 * They say when, with which device and from which address, so that whoever did
 * it knows that it is all right, and anybody else can tell that it is not.
 */
#ifndef CHATELAINE_NOTICE_H
#define CHATELAINE_NOTICE_H

#include "account/account.h"
#include "account/entry.h"
#include "mail/outbox.h"

#define NOTICE_VALUES_MAX 8

/*
 * Queue one, in the transaction of the deed, to the account's address. The
 * template finds at, program, system and ip (those that are known) besides the
 * values, of which there may be NOTICE_VALUES_MAX; and reads the origin of
 * the entry, which must have one.
 */
enum status notice_mail(const struct entry *entry,
    const struct account *account, const char *template,
    const struct outbox_value *values, size_t value_count) MUST_CHECK;

#endif
