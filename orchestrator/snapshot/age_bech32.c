/*
 * age_bech32: see age_bech32.h.
 */
#include "snapshot/age_bech32.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { CHECKSUM = 6, DATA_MAX = 64 };

static const char letters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One more 5-bit value into the checksum, a code over GF(32) as BIP 173 gives it. */
static uint32_t step(uint32_t sum, unsigned value)
{
	static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
					       0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned i = 0; i < 5; i++)
		sum ^= top >> i & 1 ? generator[i] : 0;
	return sum;
}

/* The checksum over the prefix, always as if in lower case. */
static uint32_t step_prefix(const char *prefix)
{
	uint32_t sum = 1;

	for (const char *c = prefix; *c; c++)
		sum = step(sum, (unsigned)tolower((unsigned char)*c) >> 5);
	sum = step(sum, 0);
	for (const char *c = prefix; *c; c++)
		sum = step(sum, (unsigned)tolower((unsigned char)*c) & 31);
	return sum;
}

static bool is_upper(const char *prefix)
{
	return isupper((unsigned char)prefix[0]);
}

static int add_letter(struct buf *out, unsigned value, bool upper)
{
	char letter = letters[value];

	if (upper)
		letter = (char)toupper((unsigned char)letter);
	return buf_add(out, &letter, 1);
}

/* The n-th group of 5 bits; after the end are zeros. */
static unsigned group(const uint8_t *in, size_t len, size_t n)
{
	size_t bit = 5 * n, at = bit / 8;
	unsigned two = (at < len ? in[at] * 256u : 0) + (at + 1 < len ? in[at + 1] : 0);

	return two >> (11 - bit % 8) & 31;
}

int age_bech32_encode(const char *prefix, const void *data, size_t len, struct buf *out)
{
	size_t before = out->len, groups = (8 * len + 4) / 5;
	uint32_t sum = step_prefix(prefix);
	bool upper = is_upper(prefix);
	int bad = buf_adds(out, prefix) || buf_add(out, "1", 1);

	for (size_t i = 0; !bad && i < groups; i++) {
		unsigned value = group(data, len, i);
		sum = step(sum, value);
		bad = add_letter(out, value, upper);
	}
	for (int i = 0; i < CHECKSUM; i++)
		sum = step(sum, 0);
	sum ^= 1;
	for (int i = CHECKSUM - 1; !bad && i >= 0; i--)
		bad = add_letter(out, sum >> 5 * i & 31, upper);
	if (bad && out->data) {
		out->data[before] = '\0';
		out->len = before;
	}
	return bad ? -1 : 0;
}

/* The value of a letter of the wanted case, or -1. */
static int value_of(char letter, bool upper)
{
	if (upper ? islower((unsigned char)letter) : isupper((unsigned char)letter))
		return -1;
	const char *place = letter ? strchr(letters, tolower((unsigned char)letter)) : NULL;
	return place ? (int)(place - letters) : -1;
}

/* The values of `count` letters as bytes; bits that are left over must be zero. */
static int gather(const char *text, size_t count, bool upper, uint32_t sum, uint8_t *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < count + CHECKSUM; i++) {
		int value = value_of(text[i], upper);
		if (value < 0)
			return -1;
		sum = step(sum, (unsigned)value);
		if (i >= count)
			continue;
		bits = (bits << 5 | (unsigned)value) & 0xfff;
		have += 5;
		if (have >= 8) {
			have -= 8;
			*out++ = (uint8_t)(bits >> have);
		}
	}
	return sum == 1 && !(bits & ((1u << have) - 1)) ? 0 : -1;
}

int age_bech32_decode(const char *text, const char *prefix, void *out, size_t len)
{
	size_t head = strlen(prefix), groups = (8 * len + 4) / 5;
	uint8_t data[DATA_MAX];

	if (len > DATA_MAX || strncmp(text, prefix, head) != 0 || text[head] != '1' ||
	    strlen(text + head + 1) != groups + CHECKSUM)
		return -1;
	int bad = gather(text + head + 1, groups, is_upper(prefix), step_prefix(prefix), data);
	if (!bad)
		memcpy(out, data, len);
	mem_wipe(data, sizeof(data));
	return bad;
}
