/*
 * age_open: see age_open.h.
 */
#include "snapshot/age_open.h"

#include "base/mem.h"
#include "snapshot/age_armor.h"
#include "snapshot/age_chunk.h"
#include "snapshot/age_wrap.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE = 32 * 1024 };

struct age_open {
	struct sink sink; /* first: the stage is its sink */
	struct sink *next;
	enum { HEADER, NONCE, PAYLOAD } place;
	struct age_armor armor;
	struct buf bare; /* a slice without its armor */
	struct age_identities identities;
	struct buf passphrase;
	struct buf header; /* until it is whole */
	uint8_t file_key[AGE_FILE_KEY];
	struct age_chunks chunks;
	size_t len; /* of sealed; of the nonce before that */
	uint8_t sealed[AGE_SEALED];
	uint8_t plain[AGE_SEALED];
};

static int other_copy(struct err *err)
{
	return err_hint(err, "fetch the file again, or use another copy of the backup");
}

static int cut_off(struct err *err, const char *where)
{
	err_set(err, ERR_CORRUPT, "the age file is cut off: it ends %s", where);
	return other_copy(err);
}

/* The header is whole: finds and proves the file key. */
static int read_header(struct age_open *open, struct err *err)
{
	struct age_header *header = mem_zalloc(sizeof(*header));
	int bad = age_header_parse(buf_str(&open->header), open->header.len, header, err) ||
		  age_unwrap(header, &open->identities, &open->passphrase, open->file_key, err) ||
		  age_header_prove(header, open->file_key, err);

	free(header);
	age_identities_release(&open->identities);
	buf_release(&open->passphrase);
	buf_release(&open->header);
	return bad ? -1 : 0;
}

/* Takes bytes of the header; how many is in *taken. */
static int take_header(struct age_open *open, const uint8_t *data, size_t len, size_t *taken,
		       struct err *err)
{
	size_t before = open->header.len, length;
	size_t room = AGE_HEADER_MAX + 1 - before, n = len < room ? len : room;

	buf_add(&open->header, data, n);
	if (age_header_length(buf_str(&open->header), open->header.len, &length, err))
		return -1;
	*taken = n;
	if (!length)
		return 0;
	*taken = length - before;
	open->header.len = length;
	open->place = NONCE;
	return read_header(open, err);
}

static size_t take_nonce(struct age_open *open, const uint8_t *data, size_t len)
{
	size_t n = AGE_NONCE - open->len < len ? AGE_NONCE - open->len : len;

	memcpy(open->sealed + open->len, data, n);
	open->len += n;
	if (open->len == AGE_NONCE) {
		age_chunks_begin(&open->chunks, open->file_key, open->sealed);
		mem_wipe(open->file_key, sizeof(open->file_key));
		open->place = PAYLOAD;
		open->len = 0;
	}
	return n;
}

static unsigned long long chunk_number(const struct age_open *open)
{
	return open->chunks.number + 1;
}

/* Says what is wrong with a chunk that is not what its place wants: it may be right for another. */
static int bad_chunk(struct age_open *open, bool last, struct err *err)
{
	bool other = !age_chunk_open(&open->chunks, open->sealed, open->len, !last, open->plain);

	if (other) /* it was counted */
		open->chunks.number--;
	mem_wipe(open->plain, sizeof(open->plain));
	if (other && last)
		err_set(err, ERR_CORRUPT,
			"the age file is cut off: it ends with chunk %llu, which is not the last",
			chunk_number(open));
	else if (other)
		err_set(err, ERR_CORRUPT,
			"something follows the end of the age file, which is chunk %llu",
			chunk_number(open));
	else
		err_set(err, ERR_CORRUPT,
			"chunk %llu of the age file is damaged (changed, cut off or misplaced)",
			chunk_number(open));
	return other_copy(err);
}

static int hand_on(struct age_open *open, bool last, struct err *err)
{
	size_t len = open->len - CRYPTO_TAG;

	if (age_chunk_open(&open->chunks, open->sealed, open->len, last, open->plain))
		return bad_chunk(open, last, err);
	open->len = 0;
	return len ? sink_write(open->next, open->plain, len, err) : 0;
}

/* A full chunk waits for the next byte: only then it is known not to be the last. */
static int take_payload(struct age_open *open, const uint8_t *data, size_t len, struct err *err)
{
	while (len) {
		if (open->len == AGE_SEALED && hand_on(open, false, err))
			return -1;
		size_t n = AGE_SEALED - open->len < len ? AGE_SEALED - open->len : len;
		memcpy(open->sealed + open->len, data, n);
		open->len += n;
		data += n;
		len -= n;
	}
	return 0;
}

/* Bytes of the binary form. */
static int take(struct age_open *open, const uint8_t *data, size_t len, struct err *err)
{
	size_t n = 0;

	while (len && open->place != PAYLOAD) {
		if (open->place == NONCE)
			n = take_nonce(open, data, len);
		else if (take_header(open, data, len, &n, err))
			return -1;
		data += n;
		len -= n;
	}
	return len ? take_payload(open, data, len, err) : 0;
}

static int open_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct age_open *open = (struct age_open *)sink;
	const uint8_t *in = data;

	while (len) {
		size_t n = len < SLICE ? len : SLICE;
		if (open->armor.place == AGE_ARMOR_NONE)
			return take(open, in, len, err);
		buf_clear(&open->bare);
		if (age_armor_add(&open->armor, in, n, &open->bare, err) ||
		    take(open, (const uint8_t *)buf_str(&open->bare), open->bare.len, err))
			return -1;
		in += n;
		len -= n;
	}
	return 0;
}

static int open_end(struct sink *sink, struct err *err)
{
	struct age_open *open = (struct age_open *)sink;

	if (age_armor_end(&open->armor, err))
		return -1;
	if (open->place == HEADER)
		return cut_off(err, open->header.len ? "in its header" : "before it begins");
	if (open->place == NONCE)
		return cut_off(err, "after its header");
	if (open->len < CRYPTO_TAG) {
		err_set(err, ERR_CORRUPT, "the age file is cut off: it ends in chunk %llu",
			chunk_number(open));
		return other_copy(err);
	}
	bool empty = open->len == CRYPTO_TAG && open->chunks.number;
	unsigned long long number = chunk_number(open);
	if (hand_on(open, true, err))
		return -1;
	if (empty) {
		err_set(err, ERR_CORRUPT, "chunk %llu, the last of the age file, is empty", number);
		return err_hint(err, "what made this file does not follow the age format");
	}
	return sink_end(open->next, err);
}

struct sink *age_open_new(const struct age_identities *identities, const struct buf *passphrase,
			  struct sink *next, struct err *err)
{
	if (crypto_ready(err))
		return NULL;

	struct age_open *open = mem_zalloc(sizeof(*open));
	open->sink = (struct sink){ open_write, open_end };
	open->next = next;
	open->bare = (struct buf)BUF_INIT(SLICE + 64);
	open->header = (struct buf)BUF_INIT(AGE_HEADER_MAX + 1);
	open->passphrase = (struct buf)BUF_SECRET(SIZE_MAX / 2);
	if (identities)
		open->identities = *identities;
	if (passphrase)
		buf_add(&open->passphrase, passphrase->data, passphrase->len);
	return &open->sink;
}

void age_open_free(struct sink *sink)
{
	struct age_open *open = (struct age_open *)sink;

	if (!open)
		return;
	buf_release(&open->bare);
	buf_release(&open->passphrase);
	buf_release(&open->header);
	mem_wipe(open, sizeof(*open));
	free(open);
}
