/*
 * wal: see wal.h.  A record is eight bytes of length (the low 56 bits; the high byte says how it is padded
 * to eight) and a walpb.Record {1 type, 2 crc, 3 data}; the first is the CRC record (type 4), the second
 * the metadata record (type 1), whose data is Metadata {1 node id, 2 cluster id}.
 */
#include "etcd/wal.h"

#include "base/crc32c.h"
#include "etcd/proto.h"

#include <stdbool.h>

enum { RECORD_METADATA = 1, RECORD_CRC = 4, RECORDS_MAX = 8 };

static uint64_t read_le64(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | at[i];
	return value;
}

static bool read_metadata(const uint8_t *data, size_t len, uint64_t *member, uint64_t *cluster)
{
	struct proto p = proto_of(data, len);
	struct proto_field f;

	*member = *cluster = 0;
	while (proto_next(&p, &f)) {
		if (f.number == 1 && f.type == 0)
			*member = f.value;
		else if (f.number == 2 && f.type == 0)
			*cluster = f.value;
	}
	return !p.bad && *member && *cluster;
}

struct record {
	uint64_t type, crc;
	struct proto_field body;
};

static bool read_record(const uint8_t *data, size_t len, struct record *out)
{
	struct proto p = proto_of(data, len);
	struct proto_field f;

	*out = (struct record){ 0 };
	while (proto_next(&p, &f)) {
		if (f.number == 1 && f.type == 0)
			out->type = f.value;
		else if (f.number == 2 && f.type == 0)
			out->crc = f.value;
		else if (f.number == 3 && f.type == 2)
			out->body = f;
	}
	return !p.bad;
}

/* Sums go on from where the file before ended, which the CRC record says; in the first file that is 0. */
static bool take_ids(const struct record *record, uint32_t before, uint64_t *member_id,
		     uint64_t *cluster_id)
{
	uint64_t member, cluster;

	if (crc32c(before, record->body.data, record->body.len) != record->crc ||
	    !read_metadata(record->body.data, record->body.len, &member, &cluster))
		return false;
	*member_id = member;
	*cluster_id = cluster;
	return true;
}

int wal_ids(const void *data, size_t len, uint64_t *member_id, uint64_t *cluster_id,
	    struct err *err)
{
	const uint8_t *at = data, *end = at + len;
	struct record record;
	uint32_t before = 0;

	for (int i = 0; i < RECORDS_MAX && end - at >= 8; i++) {
		uint64_t head = read_le64(at);
		uint64_t size = head & 0x00ffffffffffffffull;
		uint64_t pad = head >> 63 ? (head >> 56) & 7 : 0;
		at += 8;
		if (size == 0 || size + pad > (uint64_t)(end - at) ||
		    !read_record(at, (size_t)size, &record))
			break;
		if (record.type == RECORD_METADATA) {
			if (take_ids(&record, before, member_id, cluster_id))
				return 0;
			break;
		}
		if (record.type == RECORD_CRC)
			before = (uint32_t)record.crc;
		at += size + pad;
	}
	return err_set(err, ERR_CORRUPT,
		       "no write-ahead log of etcd: it does not begin with its ids");
}
