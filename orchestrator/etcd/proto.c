/*
 * proto: see proto.h.
 */
#include "etcd/proto.h"

#include <string.h>

static bool read_varint(struct proto *p, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && p->at < p->end; shift += 7) {
		uint8_t byte = *p->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool read_fixed(struct proto *p, size_t size, uint64_t *out)
{
	if ((size_t)(p->end - p->at) < size)
		return false;
	*out = 0;
	for (size_t i = 0; i < size; i++)
		*out |= (uint64_t)p->at[i] << (8 * i);
	p->at += size;
	return true;
}

bool proto_next(struct proto *p, struct proto_field *field)
{
	uint64_t key, len;
	bool ok = false;

	if (p->at >= p->end || p->bad)
		return false;
	*field = (struct proto_field){ 0 };
	if (read_varint(p, &key) && key >> 3 && key >> 3 < 1u << 29) {
		field->number = (unsigned)(key >> 3);
		field->type = (unsigned)key & 7;
		switch (field->type) {
		case 0:
			ok = read_varint(p, &field->value);
			break;
		case 1:
			ok = read_fixed(p, 8, &field->value);
			break;
		case 5:
			ok = read_fixed(p, 4, &field->value);
			break;
		case 2:
			ok = read_varint(p, &len) && len <= (size_t)(p->end - p->at);
			if (ok) {
				field->data = p->at;
				field->len = (size_t)len;
				p->at += len;
			}
			break;
		default:
			break;
		}
	}
	p->bad = !ok;
	return ok;
}

static void add_varint(struct buf *out, uint64_t value)
{
	do {
		char byte = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		buf_add(out, &byte, 1);
		value >>= 7;
	} while (value);
}

void proto_add_varint(struct buf *out, unsigned number, uint64_t value)
{
	add_varint(out, (uint64_t)number << 3);
	add_varint(out, value);
}

void proto_add_bytes(struct buf *out, unsigned number, const void *data, size_t len)
{
	add_varint(out, (uint64_t)number << 3 | 2);
	add_varint(out, len);
	buf_add(out, data, len);
}

void proto_text(const struct proto_field *field, char *out, size_t size)
{
	size_t len = field->len < size - 1 ? field->len : size - 1;

	if (len)
		memcpy(out, field->data, len);
	out[len] = '\0';
}
