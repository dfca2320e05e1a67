/*
 * base64: see base64.h.
 */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(const void *data, size_t len, bool padded, struct buf *out)
{
	const uint8_t *in = data;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)in[i] << 16;
		if (left > 1)
			bits |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			bits |= in[i + 2];
		char four[4] = { alphabet[bits >> 18], alphabet[bits >> 12 & 63],
				 left > 1 ? alphabet[bits >> 6 & 63] : '=',
				 left > 2 ? alphabet[bits & 63] : '=' };
		if (buf_add(out, four, padded ? 4 : left + 1))
			return -1;
	}
	return 0;
}

int base64_decode(const char *text, size_t len, struct buf *out)
{
	uint32_t bits = 0;
	int have = 0;

	while (len && text[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const char *place = text[i] ? strchr(alphabet, text[i]) : NULL;
		if (!place)
			return -1;
		bits = bits << 6 | (uint32_t)(place - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			char byte = (char)(bits >> have & 0xff);
			if (buf_add(out, &byte, 1))
				return -1;
		}
	}
	return 0;
}
