/*
 * fuzz_age_header: bytes as the header of an age file, and as armor around one.  A header that is read and of which all
 * was kept is written again and must be the same: there is one way to write it (age_header.c, age_armor.c).
 */
#include "base/mem.h"
#include "snapshot/age_armor.h"
#include "snapshot/age_header.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_again(const struct age_header *header, const char *data)
{
	scoped(buf) struct buf again = BUF_INIT(2 * AGE_HEADER_MAX);

	age_header_begin(&again);
	for (size_t i = 0; i < header->count; i++) {
		const struct age_stanza *stanza = &header->stanzas[i];
		scoped(buf) struct buf args = BUF_INIT(AGE_HEADER_MAX);
		if (stanza->arg_count > AGE_ARGS || stanza->body_len > AGE_BODY)
			return;
		for (size_t k = 0; k < stanza->arg_count; k++)
			buf_addf(&args, "%s%.*s", k ? " " : "", (int)stanza->args[k].len,
				 stanza->args[k].at);
		age_header_stanza(&again, buf_str(&args), stanza->body, stanza->body_len);
	}
	buf_adds(&again, "---");
	if (again.len != header->signed_text.len || memcmp(again.data, data, again.len) != 0)
		abort();
}

static void as_header(const char *data, size_t len)
{
	static const uint8_t file_key[AGE_FILE_KEY];
	struct age_header *header = mem_zalloc(sizeof(*header));
	struct err err = ERR_INIT;
	size_t length = 0;

	if (!age_header_length(data, len, &length, &err) && length > len)
		abort();
	if (length && !age_header_parse(data, length, header, &err)) {
		write_again(header, data);
		age_header_prove(header, file_key, &err);
	}
	free(header);
}

/* The input as the stanzas of a header that is right in all else. */
static void as_stanzas(const uint8_t *data, size_t len)
{
	static const uint8_t file_key[AGE_FILE_KEY];
	scoped(buf) struct buf text = BUF_INIT(2 * AGE_HEADER_MAX);

	if (!age_header_begin(&text) && !buf_add(&text, data, len) &&
	    !age_header_end(&text, file_key))
		as_header(buf_str(&text), text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(buf) struct buf bare = BUF_INIT(len + 64);
	struct age_armor armor = { 0 };
	struct err err = ERR_INIT;
	size_t first = len ? data[0] % len : 0;

	as_header((const char *)data, len);
	as_stanzas(data, len);
	if (!age_armor_add(&armor, data, first, &bare, &err) &&
	    !age_armor_add(&armor, data + first, len - first, &bare, &err) &&
	    !age_armor_end(&armor, &err))
		as_header(buf_str(&bare), bare.len);
	return 0;
}
