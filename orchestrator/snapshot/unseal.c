/*
 * unseal: see unseal.h.  Each layer is looked at by a stage of its own: it holds the first bytes until they tell what
 * they are, makes the stage that undoes it, and lets that write to the next look.
 */
#include "snapshot/unseal.h"

#include "base/mem.h"
#include "snapshot/age_open.h"
#include "snapshot/compress.h"

#include <stdlib.h>
#include <string.h>

enum { LAYERS_MAX = 4 };

#define AGE_BINARY "age-encryption.org/"
#define AGE_ARMOR "-----BEGIN AGE ENCRYPTED FILE-----"

struct look {
	struct sink sink;
	struct unseal *owner;
	char head[UNSEAL_HEAD];
	size_t held;
	struct sink *to;             /* NULL: not known yet */
	void (*free)(struct sink *); /* of `to`; NULL: not ours */
};

struct unseal {
	struct unseal_settings settings;
	struct sink *next;
	struct look layers[LAYERS_MAX + 1];
	const char *compression, *encryption;
};

static bool begins(const char *head, size_t len, const char *with, size_t size)
{
	return len >= size && memcmp(head, with, size) == 0;
}

/* A frame, or one to be skipped, which pzstd puts in front: 0x184D2A50 to 5F, the last byte first (RFC 8878, 3.1.2). */
static bool is_zstd(const char *head, size_t len)
{
	return begins(head, len, "\x28\xb5\x2f\xfd", 4) ||
	       (len >= 4 && (head[0] & 0xf0) == 0x50 && begins(head + 1, 3, "\x2a\x4d\x18", 3));
}

enum unseal_kind unseal_kind(const char *head, size_t len)
{
	if (begins(head, len, AGE_BINARY, sizeof(AGE_BINARY) - 1) ||
	    begins(head, len, AGE_ARMOR, sizeof(AGE_ARMOR) - 1))
		return UNSEAL_AGE;
	if (is_zstd(head, len))
		return UNSEAL_ZSTD;
	return begins(head, len, "\x1f\x8b\x08", 3) ? UNSEAL_GZIP : UNSEAL_PLAIN;
}

static struct sink *open_age(struct look *look, struct sink *next, struct err *err)
{
	const struct unseal_settings *s = &look->owner->settings;

	if ((!s->identities || !s->identities->count) && (!s->passphrase || !s->passphrase->len)) {
		err_set(err, ERR_CONFIG, "it is encrypted with age, and no key was given");
		err_hint(err, "give the key: --identity FILE, or --passphrase-file FILE");
		return NULL;
	}
	look->owner->encryption = "age";
	look->free = age_open_free;
	return age_open_new(s->identities, s->passphrase, next, err);
}

/* Which layer is this, and what undoes it? */
static struct sink *decide(struct look *look, struct err *err)
{
	struct unseal *owner = look->owner;
	struct look *after = look + 1;
	enum unseal_kind kind = unseal_kind(look->head, look->held);
	bool zstd = kind == UNSEAL_ZSTD;

	if (kind == UNSEAL_PLAIN)
		return owner->next;
	if (after == owner->layers + LAYERS_MAX) {
		err_set(err, ERR_CORRUPT, "it is packed more than %d times", LAYERS_MAX - 1);
		return NULL;
	}
	if (kind == UNSEAL_AGE)
		return open_age(look, &after->sink, err);
	owner->compression = zstd ? "zstd" : "gzip";
	look->free = zstd ? zstd_unpack_free : gzip_unpack_free;
	return zstd ? zstd_unpack(owner->settings.max, &after->sink)
		    : gzip_unpack(owner->settings.max, &after->sink);
}

static int settle(struct look *look, struct err *err)
{
	struct sink *to = decide(look, err);

	if (!to)
		return -1;
	look->to = to;
	return look->held ? sink_write(to, look->head, look->held, err) : 0;
}

static int look_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct look *look = (struct look *)sink;

	if (!look->to) {
		size_t room = UNSEAL_HEAD - look->held, now = len < room ? len : room;
		memcpy(look->head + look->held, data, now);
		look->held += now;
		data = (const char *)data + now;
		len -= now;
		if (look->held < UNSEAL_HEAD)
			return 0;
		if (settle(look, err))
			return -1;
	}
	return len ? sink_write(look->to, data, len, err) : 0;
}

static int look_end(struct sink *sink, struct err *err)
{
	struct look *look = (struct look *)sink;

	if (!look->to && settle(look, err))
		return -1;
	return sink_end(look->to, err);
}

struct unseal *unseal_new(const struct unseal_settings *settings, struct sink *next)
{
	struct unseal *u = mem_zalloc(sizeof(*u));

	u->settings = *settings;
	u->next = next;
	u->compression = u->encryption = "none";
	for (size_t i = 0; i <= LAYERS_MAX; i++) {
		u->layers[i].sink = (struct sink){ look_write, look_end };
		u->layers[i].owner = u;
	}
	return u;
}

struct sink *unseal_sink(struct unseal *u)
{
	return &u->layers[0].sink;
}

void unseal_free(struct unseal *u)
{
	if (!u)
		return;
	for (size_t i = 0; i <= LAYERS_MAX; i++)
		if (u->layers[i].free)
			u->layers[i].free(u->layers[i].to);
	mem_wipe(u, sizeof(*u));
	free(u);
}

const char *unseal_compression(const struct unseal *u)
{
	return u->compression;
}

const char *unseal_encryption(const struct unseal *u)
{
	return u->encryption;
}
