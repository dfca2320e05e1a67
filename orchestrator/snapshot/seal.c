/*
 * seal: see seal.h.
 */
#include "snapshot/seal.h"

#include "snapshot/age_seal.h"

static bool by_passphrase(const struct seal_settings *s)
{
	return s->passphrase && s->passphrase->len;
}

static bool encrypted(const struct seal_settings *s)
{
	return by_passphrase(s) || (s->recipients && s->recipients->count);
}

int seal_init(struct seal *seal, const struct seal_settings *s, struct sink *to, struct err *err)
{
	*seal = (struct seal){ .kind = s->compress.kind };
	tap_init(&seal->stored, to);
	struct sink *next = &seal->stored.sink;
	if (encrypted(s)) {
		seal->age = by_passphrase(s) ? age_seal_new_passphrase(s->passphrase, next, err)
					     : age_seal_new(s->recipients, next, err);
		if (!seal->age)
			return -1;
		next = seal->age;
	}
	if (seal->kind == COMPRESS_ZSTD)
		next = seal->pack = zstd_pack(s->compress.level, next);
	else if (seal->kind == COMPRESS_GZIP)
		next = seal->pack = gzip_pack(s->compress.level, next);
	tap_init(&seal->plain, next);
	return 0;
}

void seal_release(struct seal *seal)
{
	tap_release(&seal->plain);
	if (seal->kind == COMPRESS_ZSTD)
		zstd_pack_free(seal->pack);
	else
		gzip_pack_free(seal->pack);
	age_seal_free(seal->age);
	tap_release(&seal->stored);
	seal->pack = seal->age = NULL;
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
