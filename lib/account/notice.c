/* notice.c - what every notice says, and what one says besides. */

#include <assert.h>
#include <string.h>

#include "account/device.h"
#include "account/notice.h"
#include "base/clock.h"

enum { AT, PROGRAM, SYSTEM, IP, COMMON };

enum status
notice_mail(const struct entry *entry, const struct account *account,
    const char *template, const struct outbox_value *values, size_t value_count)
{
	const struct device device = device_of(entry->origin->user_agent);
	struct outbox_value all[COMMON + NOTICE_VALUES_MAX] = {
		[AT] = { "at", clock_words(entry->arena, clock_now()) },
		[PROGRAM] = { "program", device.program },
		[SYSTEM] = { "system", device.system },
		[IP] = { "ip", entry->origin->ip },
	};

	assert(value_count <= NOTICE_VALUES_MAX);
	for (size_t i = 0; i < value_count; i++)
		all[COMMON + i] = values[i];
	return entry_mail(entry, account, template, all, COMMON + value_count);
}
