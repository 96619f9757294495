/* clock.c - nothing here asks for the time zone or the locale. */

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* RFC 3339 writes years with four digits: what lies beyond is cut to them. */
#define YEAR_0 (-INT64_C(62167219200))
#define YEAR_9999_END INT64_C(253402300799)

#define LONGEST_DURATION (INT64_C(10) * 365 * 24 * 60 * 60)

/* The longest first. */
static const struct unit {
	char letter;
	int64_t seconds;
	const char *word;
} units[] = {
	{ 'd', 24 * 60 * 60, "day" },
	{ 'h', 60 * 60, "hour" },
	{ 'm', 60, "minute" },
	{ 's', 1, "second" },
};

int64_t
clock_now(void)
{
	return (int64_t)time(NULL);
}

int64_t
clock_steady_us(void)
{
	struct timespec ts = { 0 };

	/* Fails only for a clock that does not exist. */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_days(int64_t year, int64_t month, int64_t day)
{
	/* Years that begin with March have the odd day at their end. */
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	    719469;
}

static struct tm
split(int64_t when)
{
	time_t seconds;
	struct tm tm = { 0 };

	if (when < YEAR_0)
		when = YEAR_0;
	if (when > YEAR_9999_END)
		when = YEAR_9999_END;
	seconds = (time_t)when;
	(void)gmtime_r(&seconds, &tm);
	return tm;
}

/* As printf's %0*d and %s would, at a tenth of the cost; each gives the end. */
static char *
put_number(char *at, int number, int width)
{
	for (int i = width; i-- > 0; number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + width;
}

static int
width_of(int number)
{
	return 1 + (number > 9) + (number > 99) + (number > 999);
}

static char *
put_text(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

char *
clock_rfc3339(struct arena *arena, int64_t when)
{
	char *text = arena_strdup(arena, "0000-00-00T00:00:00Z");
	struct tm tm = split(when);

	(void)put_number(text, tm.tm_year + 1900, 4);
	(void)put_number(text + 5, tm.tm_mon + 1, 2);
	(void)put_number(text + 8, tm.tm_mday, 2);
	(void)put_number(text + 11, tm.tm_hour, 2);
	(void)put_number(text + 14, tm.tm_min, 2);
	(void)put_number(text + 17, tm.tm_sec, 2);
	return text;
}

char *
clock_words(struct arena *arena, int64_t when)
{
	static const char *const months[] = { " January ", " February ",
		" March ", " April ", " May ", " June ", " July ", " August ",
		" September ", " October ", " November ", " December " };
	char *text = arena_alloc(arena, sizeof("30 September 2026, 03:20 UTC"));
	struct tm tm = split(when);
	char *at = text;

	at = put_number(at, tm.tm_mday, width_of(tm.tm_mday));
	at = put_text(at, months[tm.tm_mon]);
	at = put_number(at, tm.tm_year + 1900, width_of(tm.tm_year + 1900));
	at = put_text(at, ", ");
	at = put_number(at, tm.tm_hour, 2);
	at = put_text(at, ":");
	at = put_number(at, tm.tm_min, 2);
	(void)put_text(at, " UTC"); /* the arena's memory is zero */
	return text;
}

static const struct unit *
find_unit(const char *letter)
{
	if (letter[0] == '\0' || letter[1] != '\0')
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (units[i].letter == *letter)
			return &units[i];
	return NULL;
}

enum status
clock_parse_duration(const char *text, int64_t *seconds)
{
	const struct unit *unit;
	int64_t number = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (*at - '0');
		if (number > LONGEST_DURATION)
			return ST_INVALID;
	}
	unit = find_unit(at);
	if (at == text || unit == NULL ||
	    number > LONGEST_DURATION / unit->seconds)
		return ST_INVALID;
	*seconds = number * unit->seconds;
	return ST_OK;
}

/* One day reads as 24 hours: it is counted, not until the next morning. */
static bool
fits(const struct unit *unit, int64_t seconds)
{
	if (seconds % unit->seconds != 0)
		return false;
	return unit->letter == 'd' ? seconds >= 2 * unit->seconds
				   : seconds >= unit->seconds;
}

char *
clock_duration_words(struct arena *arena, int64_t seconds)
{
	const struct unit *unit = units;
	int64_t number;

	while (unit->seconds > 1 && !fits(unit, seconds))
		unit++;
	number = seconds / unit->seconds;
	return arena_printf(arena, "%lld %s%s", (long long)number, unit->word,
	    number == 1 ? "" : "s");
}
