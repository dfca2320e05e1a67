/*
 * test_age_stream: what age_seal writes age_open reads; and whatever is done to a file on the way is found.
 */
#include "base/digest.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "snapshot/age_chunk.h"
#include "snapshot/age_open.h"
#include "snapshot/age_seal.h"
#include "snapshot/age_wrap.h"
#include "snapshot/test/collect.h"

#include <stdlib.h>

enum { BIG = 8 * 1024 * 1024 };

static const size_t sizes[] = {
	0, 1, AGE_CHUNK - 1, AGE_CHUNK, AGE_CHUNK + 1, 2 * AGE_CHUNK, 1024 * 1024 + 7
};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* Bytes of which every chunk is another. */
static char *plain_of(size_t len)
{
	char *plain = mem_alloc(len);

	for (size_t i = 0; i < len; i++)
		plain[i] = (char)(i * 31 + i / 251 + i / AGE_CHUNK);
	return plain;
}

static void make_keys(size_t count, struct age_identities *identities,
		      struct age_recipients *recipients)
{
	*identities = (struct age_identities){ .count = count };
	*recipients = (struct age_recipients){ .count = count };
	for (size_t i = 0; i < count; i++) {
		age_identity_new(&identities->items[i]);
		memcpy(recipients->items[i], identities->items[i].recipient, AGE_KEY);
	}
}

/* Writes in pieces of that size, and ends. */
static int feed(struct sink *sink, const void *data, size_t len, size_t piece, struct err *err)
{
	const char *in = data;

	for (size_t n; len; in += n, len -= n) {
		n = len < piece ? len : piece;
		if (sink_write(sink, in, n, err))
			return -1;
	}
	return sink_end(sink, err);
}

static void seal(const struct age_recipients *to, const char *plain, size_t len,
		 struct collect *out)
{
	struct err err = ERR_INIT;
	struct sink *sink;

	collect_init(out, BIG);
	sink = age_seal_new(to, &out->sink, &err);
	CHECK(sink != NULL);
	CHECK_INT(out->got.len, 0);
	CHECK_INT(feed(sink, plain, len, 9973, &err), 0);
	CHECK_INT(out->ended, 1);
	age_seal_free(sink);
}

/* What comes out of a file; -1 with err when it is refused: then the end was not passed on. */
static int unseal(const struct age_identities *ids, const struct buf *passphrase, const void *file,
		  size_t len, size_t piece, struct collect *out, struct err *err)
{
	struct sink *sink = age_open_new(ids, passphrase, &out->sink, err);
	int result = feed(sink, file, len, piece, err);

	CHECK_INT(out->ended, result ? 0 : 1);
	age_open_free(sink);
	return result;
}

static void test_round(void)
{
	struct age_identities ids;
	struct age_recipients to;

	make_keys(1, &ids, &to);
	for (size_t i = 0; i < SIZES; i++) {
		static const size_t pieces[] = { 1000, 65536, 65552, BIG };
		scoped(mem) char *plain = plain_of(sizes[i]);
		scoped(collect) struct collect file;
		seal(&to, plain, sizes[i], &file);
		for (size_t k = 0; k < 4; k++) {
			scoped(collect) struct collect out;
			struct err err = ERR_INIT;
			collect_init(&out, BIG);
			CHECK_INT(unseal(&ids, NULL, file.got.data, file.got.len, pieces[k], &out,
					 &err),
				  0);
			CHECK_STR(err.text, "");
			CHECK_INT(out.got.len, sizes[i]);
			CHECK(!sizes[i] || (out.got.len == sizes[i] &&
					    memcmp(out.got.data, plain, sizes[i]) == 0));
		}
	}
}

/* Byte by byte too; and two files of the same are not the same. */
static void test_bytes(void)
{
	struct age_identities ids;
	struct age_recipients to;
	scoped(collect) struct collect file, other, out;
	struct err err = ERR_INIT;

	make_keys(1, &ids, &to);
	seal(&to, "abc", 3, &file);
	seal(&to, "abc", 3, &other);
	CHECK_INT(file.got.len, other.got.len);
	CHECK(memcmp(file.got.data + 60, other.got.data + 60, file.got.len - 60) != 0);
	collect_init(&out, 100);
	CHECK_INT(unseal(&ids, NULL, file.got.data, file.got.len, 1, &out, &err), 0);
	CHECK_STR(buf_str(&out.got), "abc");
}

static void test_recipients(void)
{
	struct age_identities ids, strange;
	struct age_recipients to, none = { 0 };
	scoped(collect) struct collect file, out;
	struct err err = ERR_INIT;

	make_keys(3, &ids, &to);
	make_keys(2, &strange, &none);
	seal(&to, "abc", 3, &file);
	for (size_t i = 0; i < 3; i++) {
		struct age_identities one = { .count = 2 };
		one.items[0] = strange.items[0];
		one.items[1] = ids.items[i];
		collect_init(&out, 100);
		CHECK_INT(unseal(&one, NULL, file.got.data, file.got.len, BIG, &out, &err), 0);
		CHECK_STR(buf_str(&out.got), "abc");
		buf_release(&out.got);
	}
	collect_init(&out, 100);
	CHECK_INT(unseal(&strange, NULL, file.got.data, file.got.len, BIG, &out, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "none of 2 identities opens the age file, which is for 3 recipients");
	CHECK_INT(unseal(NULL, NULL, file.got.data, file.got.len, BIG, &out, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "no identity was given");

	none.count = 0;
	CHECK(!age_seal_new(&none, &out.sink, &err));
	CHECK_INT(err.code, ERR_CONFIG);
	memset(to.items[1], 0, AGE_KEY);
	CHECK(!age_seal_new(&to, &out.sink, &err));
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "recipient 2: ");
	CHECK_HAS(err.text, "low order");
}

/* Opens a changed file with the right key: it must be found, and what came out is a beginning of the plaintext. */
static void damaged(const struct age_identities *ids, const void *file, size_t len,
		    const char *plain, size_t plain_len, const char *error)
{
	scoped(collect) struct collect out;
	struct err err = ERR_INIT;

	collect_init(&out, BIG);
	CHECK_INT(unseal(ids, NULL, file, len, 5000, &out, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK(err.hint[0]);
	if (error)
		CHECK_HAS(err.text, error);
	CHECK(out.got.len <= plain_len && out.got.len % AGE_CHUNK == 0);
	CHECK(!out.got.len || memcmp(out.got.data, plain, out.got.len) == 0);
}

static size_t header_of(const struct buf *file)
{
	struct err err = ERR_INIT;
	size_t length = 0;

	CHECK_INT(age_header_length(file->data, file->len, &length, &err), 0);
	return length;
}

static void test_cut_off(void)
{
	size_t plain_len = 2 * AGE_CHUNK + 100;
	scoped(mem) char *plain = plain_of(plain_len);
	scoped(collect) struct collect file;
	struct age_identities ids;
	struct age_recipients to;

	make_keys(1, &ids, &to);
	seal(&to, plain, plain_len, &file);
	const char *data = file.got.data;
	size_t head = header_of(&file.got), body = head + AGE_NONCE;
	CHECK_INT(file.got.len, body + 2 * AGE_SEALED + 100 + CRYPTO_TAG);

	damaged(&ids, data, 0, plain, plain_len, "ends before it begins");
	for (size_t len = 1; len < head; len++)
		damaged(&ids, data, len, plain, plain_len, "ends in its header");
	damaged(&ids, data, head, plain, plain_len, "after its header");
	damaged(&ids, data, body - 1, plain, plain_len, "after its header");
	damaged(&ids, data, body, plain, plain_len, "ends in chunk 1");
	damaged(&ids, data, body + 15, plain, plain_len, "ends in chunk 1");
	damaged(&ids, data, body + 16, plain, plain_len, "chunk 1 of the age file is damaged");
	damaged(&ids, data, body + AGE_SEALED, plain, plain_len,
		"ends with chunk 1, which is not the last");
	damaged(&ids, data, body + AGE_SEALED + 1, plain, plain_len, "ends in chunk 2");
	damaged(&ids, data, body + 2 * AGE_SEALED, plain, plain_len,
		"ends with chunk 2, which is not the last");
	damaged(&ids, data, file.got.len - 1, plain, plain_len,
		"chunk 3 of the age file is damaged");
}

static void test_changed(void)
{
	size_t plain_len = 3 * AGE_CHUNK;
	scoped(mem) char *plain = plain_of(plain_len);
	scoped(collect) struct collect file;
	struct age_identities ids;
	struct age_recipients to;

	make_keys(1, &ids, &to);
	seal(&to, plain, plain_len, &file);
	char *data = file.got.data;
	size_t body = header_of(&file.got) + AGE_NONCE;
	char *one = data + body, *two = one + AGE_SEALED, *three = two + AGE_SEALED;
	scoped(mem) char *kept = mem_alloc(AGE_SEALED);

	for (size_t at = body - AGE_NONCE; at < file.got.len; at += 16411) {
		data[at] ^= 1;
		damaged(&ids, data, file.got.len, plain, plain_len, "is damaged");
		data[at] ^= 1;
	}
	memcpy(kept, one, AGE_SEALED); /* swapped */
	memcpy(one, two, AGE_SEALED);
	memcpy(two, kept, AGE_SEALED);
	damaged(&ids, data, file.got.len, plain, plain_len, "chunk 1 of the age file is damaged");
	memcpy(two, one, AGE_SEALED); /* twice the same, not the first */
	memcpy(one, kept, AGE_SEALED);
	memcpy(kept, two, AGE_SEALED);
	memcpy(two, one, AGE_SEALED);
	damaged(&ids, data, file.got.len, plain, plain_len, "chunk 2 of the age file is damaged");
	memcpy(two, three, AGE_SEALED); /* one left out */
	damaged(&ids, data, file.got.len - AGE_SEALED, plain, plain_len,
		"chunk 2 of the age file is damaged");
	memcpy(two, kept, AGE_SEALED);
	buf_add(&file.got, "x", 1); /* the last chunk is a full one */
	damaged(&ids, file.got.data, file.got.len, plain, plain_len,
		"something follows the end of the age file, which is chunk 3");
}

static void test_changed_header(void)
{
	scoped(collect) struct collect file;
	struct age_identities ids;
	struct age_recipients to;

	make_keys(3, &ids, &to);
	seal(&to, "abc", 3, &file);
	size_t head = header_of(&file.got);
	for (size_t i = 0; i < head; i++) {
		scoped(collect) struct collect out;
		struct err err = ERR_INIT;
		file.got.data[i] ^= 1;
		collect_init(&out, 100);
		CHECK_INT(unseal(&ids, NULL, file.got.data, file.got.len, BIG, &out, &err), -1);
		CHECK(err.code == ERR_CORRUPT);
		CHECK_INT(out.got.len, 0);
		file.got.data[i] ^= 1;
	}
	buf_add(&file.got, "x", 1);
	damaged(&ids, file.got.data, file.got.len, "abc", 3, "chunk 1 of the age file is damaged");
}

/* A file that is made by hand: with a stanza, and a payload of which the last chunk is empty. */
static void test_empty_last(void)
{
	scoped(buf) struct buf file = BUF_INIT(BIG);
	scoped(mem) char *plain = plain_of(AGE_CHUNK);
	uint8_t key[AGE_FILE_KEY] = { 3 }, nonce[AGE_NONCE] = { 4 }, sealed[AGE_SEALED];
	struct age_identities ids;
	struct age_recipients to;
	struct age_chunks chunks;
	struct err err = ERR_INIT;

	make_keys(1, &ids, &to);
	CHECK_INT(age_header_begin(&file) || age_wrap_x25519(to.items[0], key, &file, &err) ||
			  age_header_end(&file, key) || buf_add(&file, nonce, sizeof(nonce)),
		  0);
	age_chunks_begin(&chunks, key, nonce);
	age_chunk_seal(&chunks, plain, AGE_CHUNK, false, sealed);
	buf_add(&file, sealed, AGE_SEALED);
	age_chunk_seal(&chunks, NULL, 0, true, sealed);
	buf_add(&file, sealed, CRYPTO_TAG);
	damaged(&ids, file.data, file.len, plain, AGE_CHUNK,
		"chunk 2, the last of the age file, is empty");
}

/* Headers with a stanza that cannot be, under a right MAC. */
static void stanza(const char *args, size_t body_len, bool twice, enum err_code code,
		   const char *error)
{
	scoped(buf) struct buf file = BUF_INIT(10000), passphrase = BUF_SECRET(10);
	uint8_t key[AGE_FILE_KEY] = { 3 }, body[64] = { 1 };
	scoped(collect) struct collect out;
	struct age_identities ids;
	struct age_recipients to;
	struct err err = ERR_INIT;

	make_keys(1, &ids, &to);
	buf_adds(&passphrase, "x");
	CHECK_INT(age_header_begin(&file) || age_header_stanza(&file, args, body, body_len) ||
			  (twice && age_wrap_x25519(to.items[0], key, &file, &err)) ||
			  age_header_end(&file, key),
		  0);
	collect_init(&out, 100);
	CHECK_INT(unseal(&ids, &passphrase, file.data, file.len, BIG, &out, &err), -1);
	CHECK_INT(err.code, code);
	CHECK_HAS(err.text, error);
	CHECK(err.hint[0]);
}

#define KEY "XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE"
#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SALT "ajMFur+EJLGaohv/dLRGnw"

static void test_stanzas(void)
{
	stanza("X25519", 32, true, ERR_CORRUPT, "no public key of 32 bytes");
	stanza("X25519 " KEY " " KEY, 32, true, ERR_CORRUPT, "no public key of 32 bytes");
	stanza("X25519 AAAA", 32, true, ERR_CORRUPT, "no public key of 32 bytes");
	stanza("X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBF", 32, true, ERR_CORRUPT,
	       "no public key of 32 bytes"); /* not canonical */
	stanza("X25519 " KEY, 31, true, ERR_CORRUPT, "no wrapped key of 32 bytes");
	stanza("X25519 " KEY, 64, true, ERR_CORRUPT, "no wrapped key of 32 bytes");
	stanza("X25519 " ZERO, 32, true, ERR_CORRUPT, "low order");
	stanza("X25519 " KEY, 32, false, ERR_CONFIG, "none of 1 identities");
	stanza("x25519 " KEY, 32, false, ERR_CONFIG, "not known here (x25519)");

	stanza("scrypt " SALT " 10", 32, true, ERR_CORRUPT, "scrypt stanza is not the only one");
	stanza("scrypt " SALT, 32, false, ERR_CORRUPT, "salt");
	stanza("scrypt " SALT " 10 10", 32, false, ERR_CORRUPT, "salt");
	stanza("scrypt AAAA 10", 32, false, ERR_CORRUPT, "salt");
	stanza("scrypt " SALT " 010", 32, false, ERR_CORRUPT, "no work factor");
	stanza("scrypt " SALT " 0", 32, false, ERR_CORRUPT, "no work factor");
	stanza("scrypt " SALT " +1", 32, false, ERR_CORRUPT, "no work factor");
	stanza("scrypt " SALT " 1x", 32, false, ERR_CORRUPT, "no work factor");
	stanza("scrypt " SALT " 10", 33, false, ERR_CORRUPT, "no wrapped key");
	stanza("scrypt " SALT " 23", 32, false, ERR_CONFIG, "work factor 23: too much");
	stanza("scrypt " SALT " 18446744073709551626", 32, false, ERR_CONFIG, "too much");
	stanza("scrypt " SALT " 10", 32, false, ERR_CONFIG, "the passphrase does not open");
}

/* An unknown kind beside ours does not matter. */
static void test_other_kind(void)
{
	scoped(buf) struct buf header = BUF_INIT(10000);
	uint8_t key[AGE_FILE_KEY] = { 3 }, found[AGE_FILE_KEY];
	struct age_identities ids;
	struct age_recipients to;
	struct age_header parsed;
	struct err err = ERR_INIT;

	make_keys(1, &ids, &to);
	CHECK_INT(age_header_begin(&header) ||
			  age_header_stanza(&header, "ssh-x a b c d", key, 16) ||
			  age_wrap_x25519(to.items[0], key, &header, &err) ||
			  age_header_end(&header, key),
		  0);
	CHECK_INT(age_header_parse(buf_str(&header), header.len, &parsed, &err), 0);
	CHECK_INT(age_unwrap(&parsed, &ids, NULL, found, &err), 0);
	CHECK(memcmp(found, key, sizeof(key)) == 0);
	CHECK_INT(age_header_prove(&parsed, found, &err), 0);
}

static void test_passphrase(void)
{
	scoped(buf) struct buf right = BUF_SECRET(100), wrong = BUF_SECRET(100);
	scoped(collect) struct collect file, out;
	struct age_identities ids;
	struct age_recipients to;
	struct err err = ERR_INIT;
	struct sink *sink;

	make_keys(1, &ids, &to);
	collect_init(&file, BIG);
	collect_init(&out, 100);
	CHECK(!age_seal_new_passphrase(&right, &file.sink, &err));
	CHECK_HAS(err.text, "empty");
	buf_adds(&right, "correct horse");
	buf_adds(&wrong, "correct horsf");
	sink = age_seal_new_passphrase(&right, &file.sink, &err);
	CHECK_INT(feed(sink, "abc", 3, 1, &err), 0);
	age_seal_free(sink);
	CHECK_HAS(buf_str(&file.got), "\n-> scrypt ");
	CHECK_HAS(buf_str(&file.got), " 18\n");

	CHECK_INT(unseal(&ids, &wrong, file.got.data, file.got.len, BIG, &out, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "the passphrase does not open");
	CHECK_INT(unseal(&ids, NULL, file.got.data, file.got.len, BIG, &out, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "needs a passphrase");
	CHECK_INT(unseal(NULL, &right, file.got.data, file.got.len, BIG, &out, &err), 0);
	CHECK_STR(buf_str(&out.got), "abc");
}

/* An error of the next stage is ours, and what is not written is not ended. */
static void test_next_fails(void)
{
	scoped(mem) char *plain = plain_of(200000);
	scoped(collect) struct collect file, out;
	struct age_identities ids;
	struct age_recipients to;
	struct err err = ERR_INIT;
	struct sink *sink;

	make_keys(1, &ids, &to);
	collect_init(&out, 100000);
	sink = age_seal_new(&to, &out.sink, &err);
	CHECK_INT(feed(sink, plain, 200000, BIG, &err), -1);
	CHECK_HAS(err.text, "the disk is full");
	CHECK_INT(out.ended, 0);
	age_seal_free(sink);
	age_seal_free(NULL);
	age_open_free(NULL);
	buf_clear(&out.got);
	seal(&to, plain, 200000, &file);
	CHECK_INT(unseal(&ids, NULL, file.got.data, file.got.len, BIG, &out, &err), -1);
	CHECK_HAS(err.text, "the disk is full");
}

TESTS(TEST(test_round), TEST(test_bytes), TEST(test_recipients), TEST(test_cut_off),
      TEST(test_changed), TEST(test_changed_header), TEST(test_empty_last), TEST(test_stanzas),
      TEST(test_other_kind), TEST(test_passphrase), TEST(test_next_fails))
