/*
 * etcd_names: see etcd_names.h.  KV/Range; field numbers are those of rpc.proto.
 */
#include "etcd/etcd_names.h"

#include "etcd/grpc.h"
#include "etcd/proto.h"

#include <string.h>

enum { PAGE = 1000, PREFIX_MAX = 256, ANSWER_MAX = 1024 * 1024, KEY_MAX = 1024 };

struct page {
	struct buf last; /* the last key that came */
	size_t count;
	bool more;
};

static bool read_key(const struct proto_field *kv, size_t prefix, struct arena *arena,
		     struct name_set *out, struct page *page)
{
	struct proto p = proto_of(kv->data, kv->len);
	struct proto_field f;

	while (proto_next(&p, &f)) {
		if (f.number != 1 || f.type != 2)
			continue;
		if (f.len < prefix)
			return false;
		name_set_add(out, arena, (const char *)f.data + prefix, f.len - prefix);
		page->last.len = 0;
		if (buf_add(&page->last, f.data, f.len))
			return false;
		page->count++;
	}
	return !p.bad;
}

static int read_page(struct etcd_client *client, const struct buf *from, const struct buf *end,
		     size_t prefix, uint64_t deadline, struct arena *arena, struct name_set *out,
		     struct page *page, struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(4096);
	scoped(buf) struct buf answer = BUF_INIT(ANSWER_MAX);
	struct proto_field f;
	bool bad = false;

	proto_add_bytes(&message, 1, from->data, from->len);
	proto_add_bytes(&message, 2, end->data, end->len);
	proto_add_varint(&message, 3, PAGE);
	proto_add_varint(&message, 7, 1); /* serializable */
	proto_add_varint(&message, 8, 1); /* keys_only */
	if (grpc_unary(client, "/etcdserverpb.KV/Range", &message, false, deadline, &answer, err))
		return -1;
	struct proto p = proto_of(buf_str(&answer), answer.len);
	page->more = false;
	page->count = 0;
	while (proto_next(&p, &f)) {
		if (f.number == 2 && f.type == 2)
			bad |= !read_key(&f, prefix, arena, out, page);
		else if (f.number == 3)
			page->more = f.value != 0;
	}
	return bad || p.bad ? err_set(err, ERR_ETCD, "Range: an answer that does not parse") : 0;
}

int etcd_names_below(struct etcd_client *client, const char *prefix, uint64_t deadline,
		     struct arena *arena, struct name_set *out, struct err *err)
{
	scoped(buf) struct buf from = BUF_INIT(KEY_MAX + 1), end = BUF_INIT(PREFIX_MAX);
	struct page page = { .last = BUF_INIT(KEY_MAX), .more = true };
	size_t len = strlen(prefix);
	int failed = 0;

	if (buf_add(&from, prefix, len) || buf_add(&end, prefix, len))
		return err_set(err, ERR_BUG, "a prefix of %zu bytes", len);
	end.data[len - 1]++; /* "/registry/minions0" is what comes next */
	for (size_t seen = 0; page.more && !failed && seen < NAME_SET_MAX; seen += page.count) {
		failed = read_page(client, &from, &end, len, deadline, arena, out, &page, err);
		if (failed || !page.count)
			break;
		from.len = 0; /* from the key after the last one */
		buf_add(&from, page.last.data, page.last.len);
		buf_add(&from, "\0", 1);
	}
	out->cut |= page.more && !failed;
	buf_release(&page.last);
	return failed;
}
