/*
 * seal: see seal.h.
 */
#include "snapshot/seal.h"

#include "snapshot/age_seal.h"
#include "snapshot/relay.h"

static bool by_passphrase(const struct seal_settings *s)
{
	return s->passphrase && s->passphrase->len;
}

static bool encrypted(const struct seal_settings *s)
{
	return by_passphrase(s) || (s->recipients && s->recipients->count);
}

bool seal_is_plain(const struct seal_settings *s)
{
	return s->compress.kind == COMPRESS_NONE && !encrypted(s);
}

/* From its end to its beginning; a relay in front of what takes the most time. */
int seal_init(struct seal *seal, const struct seal_settings *s, struct sink *to, struct err *err)
{
	*seal = (struct seal){ .kind = s->compress.kind };
	if (seal_is_plain(s))
		tap_init_counting(&seal->stored, to);
	else
		tap_init(&seal->stored, to);
	struct sink *next = &seal->stored.sink;
	if (encrypted(s)) {
		next = seal->age = by_passphrase(s)
					   ? age_seal_new_passphrase(s->passphrase, next, err)
					   : age_seal_new(s->recipients, next, err);
		if (!next)
			return -1;
	}
	if (seal->kind != COMPRESS_NONE) {
		next = seal->relay = relay_new(next, err);
		if (!next)
			return -1;
		next = seal->pack = seal->kind == COMPRESS_ZSTD
					    ? zstd_pack(s->compress.level, next)
					    : gzip_pack(s->compress.level, next);
	}
	seal->first = relay_new(next, err);
	return seal->first ? 0 : -1;
}

/* The first relay first: no stage is freed while bytes may come to it. */
void seal_release(struct seal *seal)
{
	relay_free(seal->first);
	relay_free(seal->relay);
	if (seal->kind == COMPRESS_ZSTD)
		zstd_pack_free(seal->pack);
	else
		gzip_pack_free(seal->pack);
	age_seal_free(seal->age);
	tap_release(&seal->stored);
	seal->first = seal->pack = seal->relay = seal->age = NULL;
}

const char *seal_suffix(const struct seal_settings *s)
{
	static const char *const names[][2] = { [COMPRESS_NONE] = { ".db", ".db.age" },
						[COMPRESS_ZSTD] = { ".db.zst", ".db.zst.age" },
						[COMPRESS_GZIP] = { ".db.gz", ".db.gz.age" } };

	return names[s->compress.kind][encrypted(s)];
}

const char *seal_compression(const struct seal_settings *s)
{
	static const char *const names[] = {
		[COMPRESS_NONE] = "none", [COMPRESS_ZSTD] = "zstd", [COMPRESS_GZIP] = "gzip"
	};

	return names[s->compress.kind];
}

const char *seal_encryption(const struct seal_settings *s)
{
	return encrypted(s) ? "age" : "none";
}
