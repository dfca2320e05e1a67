/*
 * age_seal: see age_seal.h.
 */
#include "snapshot/age_seal.h"

#include "base/digest.h"
#include "base/mem.h"
#include "snapshot/age_chunk.h"
#include "snapshot/age_wrap.h"

#include <stdlib.h>
#include <string.h>

struct age_seal {
	struct sink sink; /* first: the stage is its sink */
	struct sink *next;
	struct age_chunks chunks;
	struct buf head; /* header and nonce, until they are handed on */
	size_t len;      /* of plain */
	uint8_t plain[AGE_CHUNK];
	uint8_t sealed[AGE_SEALED];
};

static int send_head(struct age_seal *seal, struct err *err)
{
	if (!seal->head.len)
		return 0;
	if (sink_write(seal->next, seal->head.data, seal->head.len, err))
		return -1;
	buf_release(&seal->head);
	return 0;
}

static int send_chunk(struct age_seal *seal, bool last, struct err *err)
{
	age_chunk_seal(&seal->chunks, seal->plain, seal->len, last, seal->sealed);
	size_t len = seal->len + CRYPTO_TAG;
	seal->len = 0;
	return sink_write(seal->next, seal->sealed, len, err);
}

/* A full chunk waits for the next byte: only then it is known not to be the last. */
static int seal_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct age_seal *seal = (struct age_seal *)sink;
	const uint8_t *in = data;

	if (send_head(seal, err))
		return -1;
	while (len) {
		if (seal->len == AGE_CHUNK && send_chunk(seal, false, err))
			return -1;
		size_t n = AGE_CHUNK - seal->len < len ? AGE_CHUNK - seal->len : len;
		memcpy(seal->plain + seal->len, in, n);
		seal->len += n;
		in += n;
		len -= n;
	}
	return 0;
}

static int seal_end(struct sink *sink, struct err *err)
{
	struct age_seal *seal = (struct age_seal *)sink;

	if (send_head(seal, err) || send_chunk(seal, true, err))
		return -1;
	return sink_end(seal->next, err);
}

/* The header's stanzas for whom the caller named. */
static int wrap(const struct age_recipients *recipients, const struct buf *passphrase,
		const uint8_t file_key[AGE_FILE_KEY], struct buf *head, struct err *err)
{
	if (passphrase)
		return age_wrap_scrypt(passphrase, AGE_WORK, file_key, head, err);
	for (size_t i = 0; i < recipients->count; i++)
		if (age_wrap_x25519(recipients->items[i], file_key, head, err))
			return err_in(err, "recipient %zu", i + 1);
	return 0;
}

static struct sink *seal_new(const struct age_recipients *recipients, const struct buf *passphrase,
			     struct sink *next, struct err *err)
{
	scoped(buf) struct buf head = BUF_INIT(AGE_HEADER_MAX + AGE_NONCE);
	uint8_t file_key[AGE_FILE_KEY], nonce[AGE_NONCE];
	struct age_seal *seal = NULL;

	if (crypto_ready(err))
		return NULL;
	random_bytes(file_key, sizeof(file_key));
	random_bytes(nonce, sizeof(nonce));
	if (age_header_begin(&head) || wrap(recipients, passphrase, file_key, &head, err))
		goto out;
	if (age_header_end(&head, file_key) || buf_add(&head, nonce, sizeof(nonce))) {
		err_set(err, ERR_CONFIG, "too many recipients for an age file");
		goto out;
	}

	seal = mem_zalloc(sizeof(*seal));
	seal->sink = (struct sink){ seal_write, seal_end };
	seal->next = next;
	seal->head = head;
	head = (struct buf)BUF_INIT(0);
	age_chunks_begin(&seal->chunks, file_key, nonce);
out:
	mem_wipe(file_key, sizeof(file_key));
	return seal ? &seal->sink : NULL;
}

struct sink *age_seal_new(const struct age_recipients *recipients, struct sink *next,
			  struct err *err)
{
	if (!recipients->count) {
		err_set(err, ERR_CONFIG, "no recipient to encrypt for");
		err_hint(err, "give at least one age1... key; age-keygen makes one");
		return NULL;
	}
	return seal_new(recipients, NULL, next, err);
}

struct sink *age_seal_new_passphrase(const struct buf *passphrase, struct sink *next,
				     struct err *err)
{
	if (!passphrase->len) {
		err_set(err, ERR_CONFIG, "the passphrase is empty");
		return NULL;
	}
	return seal_new(NULL, passphrase, next, err);
}

void age_seal_free(struct sink *sink)
{
	struct age_seal *seal = (struct age_seal *)sink;

	if (!seal)
		return;
	buf_release(&seal->head);
	mem_wipe(seal, sizeof(*seal));
	free(seal);
}
