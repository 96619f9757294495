/* return_path.c - a UUID and a part of a keyed hash, as base32. */

#include <ctype.h>
#include <string.h>

#include "mail/address.h"
#include "mail/return_path.h"

#define ID_BYTES 16
#define MAC_BYTES 10
#define ID_CHARS 26
#define MAC_CHARS 16
#define ALPHABET "abcdefghijklmnopqrstuvwxyz234567"
#define UUID_LEN 36

_Static_assert(CONFIG_RETURN_PATH_LOCAL_MAX + 1 + ID_CHARS + MAC_CHARS <=
	ADDRESS_LOCAL_MAX,
    "an address that mail servers take");

static void
encode(const unsigned char *data, size_t size, char *out)
{
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < size; i++) {
		bits = (bits << 8 | data[i]) & 0xfff;
		for (count += 8; count >= 5; count -= 5)
			*out++ = ALPHABET[bits >> (count - 5) & 31];
	}
	if (count > 0)
		*out++ = ALPHABET[bits << (5 - count) & 31];
	*out = '\0';
}

/* chars of text to size bytes; false: another alphabet, or bits left over. */
static bool
decode(const char *text, size_t chars, unsigned char *data, size_t size)
{
	unsigned bits = 0, count = 0;
	size_t made = 0;

	for (size_t i = 0; i < chars; i++) {
		const char *at = text[i] != '\0'
		    ? strchr(ALPHABET, tolower((unsigned char)text[i]))
		    : NULL;

		if (at == NULL)
			return false;
		bits = (bits << 5 | (unsigned)(at - ALPHABET)) & 0xfff;
		count += 5;
		if (count >= 8 && made < size) {
			count -= 8;
			data[made++] = (unsigned char)(bits >> count);
		}
	}
	return made == size && (bits & ((1U << count) - 1)) == 0;
}

/* A UUID in its canonical form. */
static bool
read_uuid(const char *text, unsigned char id[static ID_BYTES])
{
	char digits[2 * ID_BYTES + 1];
	size_t count = 0;

	for (; *text != '\0' && count < sizeof(digits) - 1; text++)
		if (*text != '-')
			digits[count++] = *text;
	digits[count] = '\0';
	for (size_t i = 0; i < ID_BYTES; i++) {
		unsigned byte;

		if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
			return false;
		id[i] = (unsigned char)byte;
	}
	return *text == '\0' && count == sizeof(digits) - 1;
}

static const char *
write_uuid(struct arena *arena, const unsigned char id[static ID_BYTES])
{
	char *text = arena_alloc(arena, UUID_LEN + 1), *at = text;

	for (size_t i = 0; i < ID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += snprintf(at, 3, "%02x", id[i]);
	}
	return text;
}

const char *
return_path_make(const struct master_key *key, struct arena *arena,
    const struct config *config, const char *id)
{
	const char *base = config->mail_return_path;
	unsigned char bytes[ID_BYTES], mac[SECRET_BYTES];
	char id_text[ID_CHARS + 1], mac_text[MAC_CHARS + 1];

	if (base[0] == '\0' || !read_uuid(id, bytes))
		return config->mail_from;
	secret_mac(key, 0, SECRET_FOR_RETURN_PATH, bytes, sizeof(bytes), mac);
	encode(bytes, sizeof(bytes), id_text);
	encode(mac, MAC_BYTES, mac_text);
	return arena_printf(arena, "%.*s+%s%s%s", (int)strcspn(base, "@"), base,
	    id_text, mac_text, strchr(base, '@'));
}

/* Is it the beginning of a hash under any of the master keys? */
static bool
fits(const struct master_key *key, const unsigned char id[static ID_BYTES],
    const unsigned char mac[static MAC_BYTES])
{
	unsigned char right[SECRET_BYTES];
	bool found = false;

	for (size_t i = 0; i < master_key_count(key); i++) {
		secret_mac(key, i, SECRET_FOR_RETURN_PATH, id, ID_BYTES, right);
		found |= secret_equal(mac, right, MAC_BYTES);
	}
	return found;
}

enum status
return_path_read(const struct master_key *key, struct arena *arena,
    const char *address, const char **id)
{
	size_t len = strcspn(address, "@");
	const char *text = address + len;
	unsigned char bytes[ID_BYTES], mac[MAC_BYTES];

	while (text > address && text[-1] != '+')
		text--;
	if (address + len - text != ID_CHARS + MAC_CHARS ||
	    !decode(text, ID_CHARS, bytes, sizeof(bytes)) ||
	    !decode(text + ID_CHARS, MAC_CHARS, mac, sizeof(mac)) ||
	    !fits(key, bytes, mac))
		return ST_NOT_FOUND;
	*id = write_uuid(arena, bytes);
	return ST_OK;
}
