/* verified.c - a set-associative table in memory of its own. */

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "account/verified.h"
#include "base/secret.h"
#include "base/text.h"

#define TAG_BYTES 16
#define UUID_BYTES 16

/*
 * Tokens whose hashes begin alike share a set. With 16 to a set, 10,000 tokens
 * leave no more than one in 250 without a place.
 */
#define WAYS 16
#define SETS (VERIFIED_ENTRIES / WAYS)

struct entry {
	unsigned char tag[TAG_BYTES];
	unsigned char account_id[UUID_BYTES];
	unsigned char session_id[UUID_BYTES];
	uint32_t expires_at; /* 0: empty */
	uint32_t generation;
	uint32_t key_number;
};

struct verified {
	unsigned char key[SECRET_BYTES];
	struct entry *entries; /* NULL: there was no memory for them */
};

#define TABLE_SIZE (VERIFIED_ENTRIES * sizeof(struct entry))

static_assert(sizeof(struct entry) <= 64, "the table is 1 MiB");
static_assert(SETS <= 65536, "two bytes of a hash choose the set");
/* Whoever adds a claim to a token has to remember it here, too. */
static_assert(
    sizeof(struct access_token) == 2 * sizeof(char *) + 2 * sizeof(int64_t),
    "claims");

struct verified *
verified_new(void)
{
	struct verified *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	secret_random(table->key, sizeof(table->key));
	table->entries = mmap(NULL, TABLE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table->entries == MAP_FAILED)
		table->entries = NULL;
	else /* or the first touch would take two megabytes */
		(void)madvise(table->entries, TABLE_SIZE, MADV_NOHUGEPAGE);
	return table;
}

void
verified_free(struct verified *table)
{
	if (table == NULL)
		return;
	if (table->entries != NULL)
		(void)munmap(table->entries, TABLE_SIZE);
	secret_wipe(table, sizeof(*table));
	free(table);
}

static void
hash(const struct verified *table, const char *text,
    unsigned char out[static SECRET_BYTES])
{
	secret_keyed_hash(out, table->key, text, strlen(text));
}

/* The bytes behind the tag choose the set. */
static struct entry *
set_of(const struct verified *table, const unsigned char *hashed)
{
	size_t set = (size_t)hashed[TAG_BYTES] << 8 | hashed[TAG_BYTES + 1];

	return &table->entries[set % SETS * WAYS];
}

static bool
pack_uuid(const char *text, unsigned char out[static UUID_BYTES])
{
	size_t size = 0;

	return sodium_hex2bin(out, UUID_BYTES, text, strlen(text), "-", &size,
		   NULL) == 0 &&
	    size == UUID_BYTES;
}

bool
verified_find(const struct verified *table, struct arena *arena,
    const char *text, struct access_token *token, uint32_t *key_number)
{
	unsigned char hashed[SECRET_BYTES];
	const struct entry *entry, *end;

	if (table == NULL || table->entries == NULL)
		return false;
	hash(table, text, hashed);
	entry = set_of(table, hashed);
	for (end = entry + WAYS; entry < end; entry++)
		if (entry->expires_at != 0 &&
		    memcmp(entry->tag, hashed, TAG_BYTES) == 0)
			break;
	if (entry == end)
		return false;
	token->account_id = text_uuid(arena, entry->account_id);
	token->session_id = text_uuid(arena, entry->session_id);
	token->generation = entry->generation;
	token->expires_at = entry->expires_at;
	*key_number = entry->key_number;
	return true;
}

/* The token's own place, else the one in the set that matters least. */
static struct entry *
place_for(const struct verified *table, const unsigned char *hashed)
{
	struct entry *set = set_of(table, hashed), *least = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (memcmp(set[i].tag, hashed, TAG_BYTES) == 0)
			return &set[i];
		if (set[i].expires_at < least->expires_at)
			least = &set[i];
	}
	return least;
}

static bool
fits(int64_t number)
{
	return number >= 0 && number <= UINT32_MAX;
}

void
verified_add(struct verified *table, const char *text,
    const struct access_token *token, uint32_t key_number)
{
	unsigned char hashed[SECRET_BYTES];
	struct entry entry = { .key_number = key_number };

	if (table == NULL || table->entries == NULL ||
	    !fits(token->expires_at) || !fits(token->generation) ||
	    !pack_uuid(token->account_id, entry.account_id) ||
	    !pack_uuid(token->session_id, entry.session_id))
		return;
	hash(table, text, hashed);
	memcpy(entry.tag, hashed, TAG_BYTES);
	entry.expires_at = (uint32_t)token->expires_at;
	entry.generation = (uint32_t)token->generation;
	*place_for(table, hashed) = entry;
}
