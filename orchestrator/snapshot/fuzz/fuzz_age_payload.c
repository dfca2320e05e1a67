/*
 * fuzz_age_payload: an age file is made for a known key and then changed as the input says: bytes, cuts, chunks moved,
 * bytes added.  What comes out of age_open must be a beginning of the plaintext, in whole chunks, and all of it if and
 * only if nothing was changed.  Or the input says which chunks, rightly encrypted, stand in the file.
 */
#include "base/mem.h"
#include "snapshot/age_chunk.h"
#include "snapshot/age_open.h"
#include "snapshot/age_wrap.h"
#include "snapshot/test/collect.h"

#include <stdlib.h>
#include <string.h>

enum { BIG = 1024 * 1024, PLAIN_MAX = 3 * AGE_CHUNK + 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct input {
	const uint8_t *data;
	size_t len;
};

static unsigned next(struct input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->data++;
}

static size_t next_below(struct input *in, size_t limit)
{
	size_t value = next(in);

	value = value << 8 | next(in);
	value = value << 8 | next(in);
	return limit ? value % limit : 0;
}

/* The header and the payload's nonce for the known key. */
static void make_head(const struct age_identities *ids, struct age_chunks *chunks, struct buf *file)
{
	static const uint8_t file_key[AGE_FILE_KEY] = { 1 }, nonce[AGE_NONCE] = { 2 };
	struct err err = ERR_INIT;

	if (age_header_begin(file) ||
	    age_wrap_x25519(ids->items[0].recipient, file_key, file, &err) ||
	    age_header_end(file, file_key) || buf_add(file, nonce, sizeof(nonce)))
		abort();
	age_chunks_begin(chunks, file_key, nonce);
}

static void add_chunk(struct age_chunks *chunks, const uint8_t *plain, size_t len, bool last,
		      struct buf *file)
{
	uint8_t sealed[AGE_SEALED];

	age_chunk_seal(chunks, plain, len, last, sealed);
	if (buf_add(file, sealed, len + CRYPTO_TAG))
		abort();
}

/* One change of what follows the header. */
static void change(struct input *in, size_t head, struct buf *file)
{
	size_t len = file->len - head, chunks = len / AGE_SEALED;
	char *body = file->data + head, kept[AGE_SEALED];
	size_t at = next_below(in, len);

	switch (next(in) % 5) {
	case 0:
		if (len)
			body[at] ^= (char)next(in);
		break;
	case 1:
		file->len -= at;
		break;
	case 2:
		if (buf_add(file, in->data, in->len))
			abort();
		break;
	case 3: /* a chunk in the place of another */
		if (chunks > 1)
			memmove(body + next(in) % chunks * AGE_SEALED,
				body + next(in) % chunks * AGE_SEALED, AGE_SEALED);
		break;
	default: /* the first two change places */
		if (chunks < 2)
			break;
		memcpy(kept, body, AGE_SEALED);
		memcpy(body, body + AGE_SEALED, AGE_SEALED);
		memcpy(body + AGE_SEALED, kept, AGE_SEALED);
	}
}

static int read_back(const struct age_identities *ids, const struct buf *file, size_t piece,
		     struct collect *out)
{
	struct err err = ERR_INIT;
	struct sink *sink = age_open_new(ids, NULL, &out->sink, &err);
	int bad = sink ? 0 : -1;

	for (size_t at = 0; !bad && at < file->len; at += piece)
		bad = sink_write(sink, file->data + at,
				 file->len - at < piece ? file->len - at : piece, &err);
	bad = bad || sink_end(sink, &err);
	if (bad && (err.code != ERR_CORRUPT || !err.text[0] || !err.hint[0]))
		abort();
	age_open_free(sink);
	return bad;
}

static void changed(const struct age_identities *ids, struct input *in)
{
	scoped(buf) struct buf file = BUF_INIT(BIG), whole = BUF_INIT(BIG);
	static uint8_t plain[PLAIN_MAX];
	size_t len = next_below(in, PLAIN_MAX + 1), piece = 1 + next_below(in, 100000), at = 0;
	scoped(collect) struct collect out;
	struct age_chunks chunks;

	for (size_t i = 0; i < len; i++)
		plain[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
	make_head(ids, &chunks, &file);
	size_t head = file.len - AGE_NONCE;
	for (; len - at > AGE_CHUNK; at += AGE_CHUNK)
		add_chunk(&chunks, plain + at, AGE_CHUNK, false, &file);
	add_chunk(&chunks, plain + at, len - at, true, &file);
	buf_add(&whole, file.data, file.len);
	for (unsigned count = next(in) % 3; count; count--)
		change(in, head, &file);

	bool same = file.len == whole.len && memcmp(file.data, whole.data, whole.len) == 0;
	collect_init(&out, BIG);
	int bad = read_back(ids, &file, piece < 64 ? 64 : piece, &out);
	if ((bad == 0) != same || (same && out.got.len != len) || out.ended != same)
		abort();
	if (out.got.len > len || (bad && out.got.len % AGE_CHUNK) ||
	    (out.got.len && memcmp(out.got.data, plain, out.got.len) != 0))
		abort();
}

/* Chunks of any length, the last anywhere: only those of a right file are read. */
static void odd_chunks(const struct age_identities *ids, struct input *in)
{
	scoped(buf) struct buf file = BUF_INIT(BIG);
	static const uint8_t zeros[AGE_CHUNK];
	scoped(collect) struct collect out;
	struct age_chunks chunks;
	bool good = true, ended = false;
	size_t total = 0;

	make_head(ids, &chunks, &file);
	for (unsigned i = 0; i < 4 && in->len; i++) {
		unsigned kind = next(in);
		size_t len = kind & 1 ? AGE_CHUNK : next_below(in, AGE_CHUNK + 1);
		bool last = kind & 2;
		good = good && !ended && (last ? len || !i : len == AGE_CHUNK);
		ended = ended || last;
		total += len;
		add_chunk(&chunks, zeros, len, last, &file);
	}
	collect_init(&out, BIG);
	if ((read_back(ids, &file, 70000, &out) == 0) != (good && ended) ||
	    (out.ended && out.got.len != total))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct age_identities ids;
	struct input in = { data, len };

	if (!ids.count) {
		age_identity_new(&ids.items[0]);
		ids.count = 1;
	}
	if (next(&in) & 1)
		changed(&ids, &in);
	else
		odd_chunks(&ids, &in);
	return 0;
}
