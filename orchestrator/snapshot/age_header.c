/*
 * age_header: see age_header.h.
 */
#include "snapshot/age_header.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64, LINE_BYTES = 48 };

static const char version[] = "age-encryption.org/v1\n";
static const char any_version[] = "age-encryption.org/";

bool age_text_is(struct age_text text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

int age_base64(struct age_text text, bool padded, struct buf *out)
{
	scoped(buf) struct buf bytes = BUF_INIT(AGE_HEADER_MAX), again = BUF_INIT(AGE_HEADER_MAX);

	if (base64_decode(text.at, text.len, &bytes) ||
	    base64_encode(bytes.data, bytes.len, padded, &again) || again.len != text.len ||
	    (text.len && memcmp(again.data, text.at, text.len) != 0))
		return -1;
	return bytes.len ? buf_add(out, bytes.data, bytes.len) : 0;
}

int age_base64_exactly(struct age_text text, void *out, size_t len)
{
	scoped(buf) struct buf bytes = BUF_INIT(AGE_HEADER_MAX);

	if (age_base64(text, false, &bytes) || bytes.len != len)
		return -1;
	memcpy(out, bytes.data, len);
	return 0;
}

static int not_age(const char *data, size_t len, struct err *err)
{
	size_t head = sizeof(any_version) - 1;

	if (len >= head && memcmp(data, any_version, head) == 0) {
		err_set(err, ERR_CORRUPT, "an age file of an unknown version, or a damaged one");
		return err_hint(err, "only age-encryption.org/v1 can be read");
	}
	err_set(err, ERR_CORRUPT, "not an age file: it does not begin with %.18s", any_version);
	return err_hint(err, "is the file encrypted at all, and was it copied in binary mode?");
}

int age_header_length(const char *data, size_t len, size_t *out, struct err *err)
{
	size_t known = len < sizeof(version) - 1 ? len : sizeof(version) - 1;
	const char *mac, *end = NULL;

	if (len == 0) {
		*out = 0;
		return 0;
	}
	if (memcmp(data, version, known) != 0)
		return not_age(data, len, err);
	mac = memmem(data, len, "\n---", 4); /* no other line can begin so */
	if (mac)
		end = memchr(mac + 1, '\n', (size_t)(data + len - mac - 1));
	size_t length = end ? (size_t)(end + 1 - data) : 0;
	if (length > AGE_HEADER_MAX || (!end && len >= AGE_HEADER_MAX)) {
		err_set(err, ERR_CORRUPT, "the header of the age file has no end within %d bytes",
			AGE_HEADER_MAX);
		return err_hint(err, "fetch the file again, or use another copy");
	}
	*out = length;
	return 0;
}

/* Takes the next line, without its end.  False when there is none. */
static bool next_line(struct age_text *rest, struct age_text *line)
{
	const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;

	if (!end)
		return false;
	*line = (struct age_text){ rest->at, (size_t)(end - rest->at) };
	rest->len -= line->len + 1;
	rest->at = end + 1;
	return true;
}

/* Words of visible characters with one space between them. */
static int parse_args(struct age_text line, struct age_stanza *stanza)
{
	for (;;) {
		size_t n = 0;
		while (n < line.len && line.at[n] > ' ' && line.at[n] <= '~')
			n++;
		if (n == 0)
			return -1;
		if (stanza->arg_count < AGE_ARGS)
			stanza->args[stanza->arg_count] = (struct age_text){ line.at, n };
		stanza->arg_count++;
		if (n == line.len)
			return 0;
		if (line.at[n] != ' ')
			return -1;
		line.at += n + 1;
		line.len -= n + 1;
	}
}

/* Lines of 64 characters and a last one that is shorter. */
static int parse_body(struct age_text *rest, struct age_stanza *stanza)
{
	scoped(buf) struct buf bytes = BUF_INIT(LINE_BYTES);
	struct age_text line;

	do {
		buf_clear(&bytes);
		if (!next_line(rest, &line) || line.len > LINE || age_base64(line, false, &bytes))
			return -1;
		size_t room = stanza->body_len < AGE_BODY ? (size_t)AGE_BODY - stanza->body_len : 0;
		size_t kept = bytes.len < room ? bytes.len : room;
		if (kept)
			memcpy(stanza->body + stanza->body_len, bytes.data, kept);
		stanza->body_len += bytes.len;
	} while (line.len == LINE);
	return 0;
}

static int damaged(struct err *err, const char *what, size_t number)
{
	if (number)
		err_set(err, ERR_CORRUPT, "the header of the age file is damaged: stanza %zu: %s",
			number, what);
	else
		err_set(err, ERR_CORRUPT, "the header of the age file is damaged: %s", what);
	return err_hint(err, "fetch the file again, or use another copy");
}

static int parse_stanzas(struct age_text *rest, struct age_text *line, struct age_header *header,
			 struct err *err)
{
	for (;;) {
		if (!next_line(rest, line))
			return damaged(err, "it has no end", 0);
		if (line->len < 3 || memcmp(line->at, "-> ", 3) != 0)
			return 0;
		if (header->count == AGE_STANZAS_MAX)
			return damaged(err, "it is for more than 64 recipients", 0);

		struct age_stanza *stanza = &header->stanzas[header->count++];
		struct age_text args = { line->at + 3, line->len - 3 };
		*stanza = (struct age_stanza){ .arg_count = 0 };
		if (parse_args(args, stanza))
			return damaged(err, "its arguments are malformed", header->count);
		if (parse_body(rest, stanza))
			return damaged(err, "its body is not canonical base64 in lines of 64",
				       header->count);
	}
}

static int parse(const char *text, size_t len, struct age_header *header, struct err *err)
{
	size_t head = sizeof(version) - 1;
	struct age_text rest, line = { NULL, 0 };

	if (len < head || memcmp(text, version, head) != 0)
		return not_age(text, len, err);
	if (len > AGE_HEADER_MAX)
		return damaged(err, "it is too big", 0);
	rest = (struct age_text){ text + head, len - head };
	if (parse_stanzas(&rest, &line, header, err))
		return -1;

	if (header->count == 0)
		return damaged(err, "it is for nobody", 0);
	if (line.len < 4 || memcmp(line.at, "--- ", 4) != 0)
		return damaged(err, "a line begins with neither -> nor ---", 0);
	header->signed_text = (struct age_text){ text, (size_t)(line.at - text) + 3 };
	if (age_base64_exactly((struct age_text){ line.at + 4, line.len - 4 }, header->mac,
			       AGE_MAC))
		return damaged(err, "its MAC is not 32 bytes in canonical base64", 0);
	return rest.len ? damaged(err, "something follows its MAC", 0) : 0;
}

int age_header_parse(const char *text, size_t len, struct age_header *out, struct err *err)
{
	struct age_header *header = mem_zalloc(sizeof(*header));
	int bad = parse(text, len, header, err);

	if (!bad)
		*out = *header;
	free(header);
	return bad;
}

static void make_mac(struct age_text text, const uint8_t file_key[AGE_FILE_KEY],
		     uint8_t out[AGE_MAC])
{
	uint8_t key[CRYPTO_KEY];

	crypto_hkdf(file_key, AGE_FILE_KEY, NULL, 0, "header", 6, key);
	crypto_hmac(key, sizeof(key), text.at, text.len, out);
	mem_wipe(key, sizeof(key));
}

int age_header_prove(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY],
		     struct err *err)
{
	uint8_t mac[AGE_MAC];

	make_mac(header->signed_text, file_key, mac);
	if (crypto_equal(mac, header->mac, AGE_MAC))
		return 0;
	return damaged(err, "its MAC is wrong, so it was changed after it was made", 0);
}

int age_header_begin(struct buf *out)
{
	return buf_adds(out, version);
}

int age_header_stanza(struct buf *out, const char *args, const void *body, size_t len)
{
	const uint8_t *in = body;
	size_t n;

	if (buf_addf(out, "-> %s\n", args))
		return -1;
	do { /* a body of whole lines ends with an empty one */
		n = len < LINE_BYTES ? len : LINE_BYTES;
		if (base64_encode(in, n, false, out) || buf_add(out, "\n", 1))
			return -1;
		in += n;
		len -= n;
	} while (n == LINE_BYTES);
	return 0;
}

int age_header_end(struct buf *out, const uint8_t file_key[AGE_FILE_KEY])
{
	uint8_t mac[AGE_MAC];

	if (buf_adds(out, "---"))
		return -1;
	make_mac((struct age_text){ out->data, out->len }, file_key, mac);
	return buf_adds(out, " ") || base64_encode(mac, sizeof(mac), false, out) ||
			       buf_add(out, "\n", 1)
		       ? -1
		       : 0;
}
