/* arena.c - chained blocks, each handed out from front to back. */

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"

#define BLOCK_SIZE (16 * 1024)
#define ALIGNMENT (_Alignof(max_align_t))

struct block {
	struct block *next;
	size_t size; /* of data */
	size_t used;
	_Alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *object;
};

struct arena {
	struct block *blocks;      /* the newest first */
	struct deferred *deferred; /* the latest first */
};

#ifdef __SANITIZE_ADDRESS__
static const size_t block_size = 0; /* a block a piece */
#else
static const size_t block_size = BLOCK_SIZE;
#endif

static void
out_of_memory(void)
{
	log_error("out of memory");
	abort();
}

struct arena *
arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		out_of_memory();
	return arena;
}

static struct block *
block_new(size_t size)
{
	struct block *block;

	if (size > SIZE_MAX - sizeof(*block))
		out_of_memory();
	block = calloc(1, sizeof(*block) + size);
	if (block == NULL)
		out_of_memory();
	block->size = size;
	return block;
}

void
arena_reset(struct arena *arena)
{
	struct deferred *deferred;
	struct block *block, *kept = NULL;

	/* One at a time: a release may itself defer. */
	while ((deferred = arena->deferred) != NULL) {
		arena->deferred = deferred->next;
		deferred->release(deferred->object);
	}
	while ((block = arena->blocks) != NULL) {
		arena->blocks = block->next;
		sodium_memzero(block->data, block->used);
		if (kept == NULL && block_size != 0 &&
		    block->size == block_size) {
			kept = block;
			continue;
		}
		free(block);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
		arena->blocks = kept;
	}
}

void
arena_free(struct arena *arena)
{
	struct block *block;

	if (arena == NULL)
		return;
	arena_reset(arena);
	while ((block = arena->blocks) != NULL) {
		arena->blocks = block->next;
		free(block);
	}
	free(arena);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	void *piece;

	if (size > SIZE_MAX - ALIGNMENT)
		out_of_memory();
	if (size == 0)
		size = 1;
	if (block_size != 0) /* a sanitizer wants the exact end */
		size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (block == NULL || block->size - block->used < size) {
		block = block_new(size > block_size ? size : block_size);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	piece = block->data + block->used;
	block->used += size;
	return piece;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		out_of_memory();
	return arena_alloc(arena, count * size);
}

void *
arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if (size != 0)
		memcpy(copy, data, size);
	return copy;
}

char *
arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy;

	len = strnlen(text, len);
	copy = arena_alloc(arena, len + 1);
	memcpy(copy, text, len);
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text) + 1);
}

/* Formats into the free end of the block; again elsewhere if it was cut. */
char *
arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	struct block *block = arena->blocks;
	size_t room = block != NULL ? block->size - block->used : 0;
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(room != 0 ? (char *)block->data + block->used : NULL,
	    room, format, again);
	va_end(again);
	if (len < 0)
		out_of_memory();
	if (room != 0 && (size_t)len >= room)
		block->used = block->size; /* to be wiped, too */
	text = arena_alloc(arena, (size_t)len + 1);
	if ((size_t)len >= room)
		(void)vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void
arena_defer(struct arena *arena, void (*release)(void *), void *object)
{
	struct deferred *deferred = arena_alloc(arena, sizeof(*deferred));

	deferred->release = release;
	deferred->object = object;
	deferred->next = arena->deferred;
	arena->deferred = deferred;
}
