/* verified.c - a ring of entries, and an index to find them by. */

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
 * Tokens whose hashes begin alike are a chain: two on average when the ring is
 * full. Links are places in the ring, counted from 1; 0 ends a chain.
 */
#define CHAINS 8192

struct entry {
	unsigned char tag[TAG_BYTES];
	unsigned char account_id[UUID_BYTES];
	unsigned char session_id[UUID_BYTES];
	uint32_t expires_at;
	uint32_t generation;
	uint32_t key_number;
	uint16_t next;
};

/* Filled from front to back, so that what is not in use is never touched. */
struct memory {
	uint16_t chains[CHAINS];
	struct entry ring[VERIFIED_ENTRIES];
};

struct verified {
	unsigned char key[SECRET_BYTES];
	struct memory *memory; /* NULL: there was none */
	size_t used;
	size_t oldest; /* where the next goes, once all are used */
};

static_assert(sizeof(struct entry) <= 64, "the ring is 1 MiB");
static_assert(VERIFIED_ENTRIES <= UINT16_MAX, "places fit");
static_assert(CHAINS <= 65536, "two bytes of a hash choose the chain");
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
	table->memory = mmap(NULL, sizeof(*table->memory),
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table->memory == MAP_FAILED)
		table->memory = NULL;
	else /* or the first touch would take two megabytes */
		(void)madvise(
		    table->memory, sizeof(*table->memory), MADV_NOHUGEPAGE);
	return table;
}

void
verified_free(struct verified *table)
{
	if (table == NULL)
		return;
	if (table->memory != NULL)
		(void)munmap(table->memory, sizeof(*table->memory));
	secret_wipe(table, sizeof(*table));
	free(table);
}

static void
hash(const struct verified *table, const char *text,
    unsigned char out[static SECRET_BYTES])
{
	secret_keyed_hash(out, table->key, text, strlen(text));
}

/* A tag is the beginning of a hash. */
static uint16_t *
chain_of(const struct verified *table, const unsigned char *tag)
{
	size_t chain = (size_t)tag[0] << 8 | tag[1];

	return &table->memory->chains[chain % CHAINS];
}

static struct entry *
find(const struct verified *table, const unsigned char *tag)
{
	struct entry *entry;

	for (uint16_t at = *chain_of(table, tag); at != 0; at = entry->next) {
		entry = &table->memory->ring[at - 1];
		if (memcmp(entry->tag, tag, TAG_BYTES) == 0)
			return entry;
	}
	return NULL;
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
	const struct entry *entry;

	if (table == NULL || table->memory == NULL)
		return false;
	hash(table, text, hashed);
	entry = find(table, hashed);
	if (entry == NULL)
		return false;
	token->account_id = text_uuid(arena, entry->account_id);
	token->session_id = text_uuid(arena, entry->session_id);
	token->generation = entry->generation;
	token->expires_at = entry->expires_at;
	*key_number = entry->key_number;
	return true;
}

static void
unlink_place(struct verified *table, uint16_t place)
{
	struct entry *ring = table->memory->ring;
	uint16_t *at = chain_of(table, ring[place - 1].tag);

	while (*at != place)
		at = &ring[*at - 1].next;
	*at = ring[place - 1].next;
}

/* A new place for the tag, at the head of its chain. */
static struct entry *
place_for(struct verified *table, const unsigned char *tag)
{
	uint16_t *chain = chain_of(table, tag), place;
	struct entry *entry;

	if (table->used < VERIFIED_ENTRIES) {
		place = (uint16_t)++table->used;
	} else {
		place = (uint16_t)(table->oldest + 1);
		table->oldest = place % VERIFIED_ENTRIES;
		unlink_place(table, place);
	}
	entry = &table->memory->ring[place - 1];
	memcpy(entry->tag, tag, TAG_BYTES);
	entry->next = *chain;
	*chain = place;
	return entry;
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
	unsigned char hashed[SECRET_BYTES], account_id[UUID_BYTES],
	    session_id[UUID_BYTES];
	struct entry *entry;

	if (table == NULL || table->memory == NULL ||
	    !fits(token->expires_at) || !fits(token->generation) ||
	    !pack_uuid(token->account_id, account_id) ||
	    !pack_uuid(token->session_id, session_id))
		return;
	hash(table, text, hashed);
	entry = find(table, hashed);
	if (entry == NULL)
		entry = place_for(table, hashed);
	memcpy(entry->account_id, account_id, UUID_BYTES);
	memcpy(entry->session_id, session_id, UUID_BYTES);
	entry->expires_at = (uint32_t)token->expires_at;
	entry->generation = (uint32_t)token->generation;
	entry->key_number = key_number;
}
