/*
 * enumeration.c - does the time that a form takes tell whether an address has
 * an account? Run by `make bench-enumeration`, or with the number of pairs.
 *
 * Each pair is a known and an unknown address, sent one after the other, a
 * coin deciding which comes first. The medians and their ratio say how far the
 * two are apart; P, the chance that a known one takes longer than an unknown
 * one (Mann-Whitney's U / n^2), says what one measurement gives away: 0.50 is
 * nothing. "control" is the same with two unknown ones, so it shows what is
 * chance. Each form is measured with the cheapest hash that the settings
 * allow, and with hardly any, where what the hash covers up stands out; sign-in
 * also where the known addresses have hashes that were imported.
 */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/auth/forms.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

static size_t pairs = 500;

struct hash {
	const char *name;
	int64_t memory, passes;
	const char *imported; /* that the accounts have; NULL: made today */
};

/* clang-format off */
static const struct hash hashes[] = {
	{ "19M", 19 * 1024 * 1024, 2 },
	{ "8K",  8192,             1 },
	{ "bcrypt", 19 * 1024 * 1024, 2,
	    "$2a$08$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" },
	{ "32M",    19 * 1024 * 1024, 2,
	    "$argon2id$v=19$m=32768,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
	    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
};
/* clang-format on */

/* Times in microseconds, and which of the two it was. */
struct sample {
	double time;
	bool first;
};

static int
compare(const void *a, const void *b)
{
	const struct sample *one = a, *other = b;

	return (one->time > other->time) - (one->time < other->time);
}

/* Of the sorted samples of one kind. */
static double
quantile(const struct sample *samples, size_t count, bool first, double part)
{
	size_t wanted = (size_t)((double)(count / 2) * part), seen = 0;

	for (size_t i = 0; i < count; i++)
		if (samples[i].first == first && seen++ == wanted)
			return samples[i].time;
	return 0;
}

/* The chance that one of the first kind takes longer; halves for ties. */
static double
chance(const struct sample *samples, size_t count)
{
	double n = (double)(count / 2), ranks = 0;

	for (size_t i = 0, end; i < count; i = end) {
		for (end = i; end < count; end++)
			if (samples[end].time > samples[i].time)
				break;
		for (size_t j = i; j < end; j++)
			if (samples[j].first)
				ranks += (double)(i + 1 + end) / 2;
	}
	return (ranks - n * (n + 1) / 2) / (n * n);
}

static void
print(const struct form *form, const struct hash *hash, const char *what,
    struct sample *samples, size_t count)
{
	double n = (double)(count / 2), known, unknown, p;

	qsort(samples, count, sizeof(*samples), compare);
	known = quantile(samples, count, true, 0.5);
	unknown = quantile(samples, count, false, 0.5);
	p = chance(samples, count);
	printf("%-20s %-6s %-8s %6.0f %9.0f %9.0f %8.3f %7.3f %6.1f\n",
	    form->path, hash->name, what, n, known, unknown, known / unknown, p,
	    (p - 0.5) / sqrt((2 * n + 1) / (12 * n * n)));
	(void)fflush(stdout);
}

static double
measure(
    struct visitor *visitor, const struct form *form, size_t nth, bool known)
{
	const char *address = forms_address(visitor->kept, nth, known);
	int64_t begin = clock_steady_us();

	ck_assert_int_eq(forms_send(visitor, form, address), form->status);
	return (double)(clock_steady_us() - begin);
}

/* Addresses from `from` on; control: both are unknown. */
static void
measure_all(struct visitor *visitor, const struct form *form,
    const struct hash *hash, size_t from, bool control)
{
	struct sample *samples =
	    arena_array(visitor->kept, 2 * pairs, sizeof(*samples));
	unsigned char coins;

	forms_open(visitor, form);
	for (size_t i = 0; i < pairs; i++) {
		secret_random(&coins, 1);
		for (size_t j = 0; j < 2; j++) {
			bool first = (coins & 1) == j;
			size_t nth = from + (control && first ? pairs : 0) + i;

			samples[2 * i + j] = (struct sample){
				.time = measure(
				    visitor, form, nth, first && !control),
				.first = first,
			};
		}
	}
	print(form, hash, control ? "control" : "known", samples, 2 * pairs);
}

/* All accounts have this hash but one, which has one made today. */
static void
have_imported(const char *hash)
{
	struct arena *arena = arena_new();

	test_execute(arena_printf(arena,
	    "UPDATE account SET password_hash = '%s' WHERE email <>"
	    " (SELECT min(email) FROM account)",
	    hash));
	arena_free(arena);
	test_execute("VACUUM ANALYZE account");
}

static void
measure_form(const struct form *form, const struct hash *hash)
{
	struct site *site;
	struct config config;
	struct visitor *visitor;

	test_clear();
	site = test_site(NULL);
	config = *site->config;
	config.password_memory = hash->memory;
	config.password_passes = hash->passes;
	site->config = &config;
	forms_fill(site, pairs);
	if (hash->imported != NULL)
		have_imported(hash->imported);
	visitor = visitor_new(site, form->handler);
	visitor_set(visitor, "REMOTE_ADDR", "192.0.2.1");
	forms_enter(visitor, form);
	measure_all(visitor, form, hash, 0, false);
	measure_all(visitor, form, hash, pairs, true);
	visitor_free(visitor);
	site_close(site);
}

START_TEST(measure_forms)
{
	puts("form                 hash   what      pairs  known us"
	     "  unknown us ratio       P      z");
	for (size_t i = 0; i < FORM_COUNT; i++)
		for (size_t j = 0; j < ARRAY_LEN(hashes); j++)
			if (hashes[j].imported == NULL ||
			    strcmp(forms[i].path, "/auth/signin") == 0)
				measure_form(&forms[i], &hashes[j]);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite = suite_create("enumeration, times");
	TCase *tcase = tcase_create("times");

	if (argc > 1)
		pairs = (size_t)strtoul(argv[1], NULL, 10);
	if (pairs < 2 || pairs > 20000)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, measure_forms);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, NEEDS_POSTGRES);
}
