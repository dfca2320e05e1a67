/*
 * tap: see tap.h.
 */
#include "snapshot/tap.h"

static int tap_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct tap *tap = (struct tap *)sink;

	if (tap->digest)
		digest_add(tap->digest, data, len);
	tap->size += len;
	return sink_write(tap->next, data, len, err);
}

static int tap_end(struct sink *sink, struct err *err)
{
	struct tap *tap = (struct tap *)sink;
	uint8_t sum[SHA256_SIZE];

	if (tap->digest) {
		digest_end(tap->digest, sum);
		tap->digest = NULL;
		digest_hex(sum, sizeof(sum), tap->sha256);
	}
	return sink_end(tap->next, err);
}

void tap_init_counting(struct tap *tap, struct sink *next)
{
	*tap = (struct tap){ .sink = { tap_write, tap_end }, .next = next };
}

void tap_init(struct tap *tap, struct sink *next)
{
	tap_init_counting(tap, next);
	tap->digest = digest_sha256_begin();
}

void tap_release(struct tap *tap)
{
	digest_free(tap->digest);
	tap->digest = NULL;
}
