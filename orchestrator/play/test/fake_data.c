/*
 * fake_data: see fake_data.h.
 */
#include "fake_data.h"

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "etcd/wal.h"
#include "fake_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 64 * 1024 };

static size_t add_varint(unsigned char *out, size_t at, uint64_t value)
{
	for (; value > 127; value >>= 7)
		out[at++] = (unsigned char)(value | 128);
	out[at++] = (unsigned char)value;
	return at;
}

/* The metadata record, as a restore writes it. */
static void write_wal(const char *folder, uint64_t member, uint64_t cluster)
{
	unsigned char meta[24], record[64], file[96] = { 0 };
	size_t m = 0, r = 0;
	scoped(mem) char *path = mem_printf("%s/0000000000000000-0000000000000000.wal", folder);

	for (int field = 1; field <= 2; field++) {
		meta[m++] = (unsigned char)(field << 3);
		m = add_varint(meta, m, field == 1 ? member : cluster);
	}
	record[r++] = 8;
	record[r++] = 1;
	record[r++] = 0x10;
	r = add_varint(record, r, crc32c(0, meta, m));
	record[r++] = 0x1a;
	record[r++] = (unsigned char)m;
	memcpy(record + r, meta, m);
	r += m;
	file[0] = (unsigned char)r;
	memcpy(file + 8, record, r);
	fake_write(path, file, 8 + r, 0600);
}

static void split_members(char *room, struct cluster *cluster)
{
	char *at = NULL;

	*cluster = (struct cluster){ .count = 0 };
	for (char *one = strtok_r(room, ",", &at); one; one = strtok_r(NULL, ",", &at)) {
		struct member *m = &cluster->members[cluster->count++];
		m->name = one;
		m->peer_url = strchr(one, '=') + 1;
		one[strcspn(one, "=")] = '\0';
	}
}

void fake_data_write(const char *root, const char *dir, const char *wal, const char *token,
		     const char *initial, const char *name, bool half)
{
	struct cluster cluster;
	char room[512];
	scoped(mem) char *snap = mem_printf("%s%s/member/snap", root, dir);
	scoped(mem) char *db = mem_printf("%s/db", snap);
	scoped(mem) char *text = mem_printf("%s\n%s\n", token, initial);
	scoped(mem) char *wal_folder =
		wal ? mem_printf("%s%s", root, wal) : mem_printf("%s%s/member/wal", root, dir);

	snprintf(room, sizeof(room), "%s", initial);
	split_members(room, &cluster);
	const struct member *self = cluster_by_name(&cluster, name);
	if (!self)
		abort();
	fake_make_folders(snap);
	fake_make_folders(wal_folder);
	write_wal(wal_folder, member_id(self, token), cluster_id(&cluster, token));
	if (!half)
		fake_write(db, text, strlen(text), 0600);
}

int fake_data_read(const char *root, const struct member *member, struct fake_data *out)
{
	scoped(mem) char *db = mem_printf("%s%s/member/snap/db", root, member->data_dir);
	scoped(mem) char *wal = member->wal_dir
					? mem_printf("%s%s", root, member->wal_dir)
					: mem_printf("%s%s/member/wal", root, member->data_dir);
	scoped(mem) char *file = mem_printf("%s/0000000000000000-0000000000000000.wal", wal);
	scoped(buf) struct buf text = BUF_INIT(DATA_MAX), head = BUF_INIT(DATA_MAX);
	struct err err = ERR_INIT;

	if (!fake_read(db, &text) || !fake_read(file, &head) ||
	    sscanf(buf_str(&text), "%63s %511s", out->token, out->room) != 2 ||
	    wal_ids(head.data, head.len, &out->member_id, &out->cluster_id, &err))
		return -1;
	memcpy(out->line, out->room, sizeof(out->line));
	split_members(out->room, &out->cluster);
	for (size_t i = 0; i < out->cluster.count; i++) {
		char *mark = strchr(out->room + (out->cluster.members[i].name - out->room), '?');
		out->learner[i] = mark != NULL;
		if (mark)
			*mark = '\0';
	}
	const struct member *self = cluster_by_name(&out->cluster, member->name);
	/* database and log of two different clusters: etcd would not start */
	return self && out->member_id == member_id(self, out->token) ? 0 : -1;
}

void fake_data_members(const char *root, const struct member *member, const struct fake_data *data,
		       const char *line)
{
	scoped(mem) char *db = mem_printf("%s%s/member/snap/db", root, member->data_dir);
	scoped(mem) char *text = mem_printf("%s\n%s\n", data->token, line);

	fake_write(db, text, strlen(text), 0600);
}

void fake_data_join(const char *root, const struct member *member, const struct fake_data *like)
{
	scoped(mem) char *snap = mem_printf("%s%s/member/snap", root, member->data_dir);
	scoped(mem) char *wal = member->wal_dir
					? mem_printf("%s%s", root, member->wal_dir)
					: mem_printf("%s%s/member/wal", root, member->data_dir);

	fake_make_folders(snap);
	fake_make_folders(wal);
	write_wal(wal, member_id(member, like->token), like->cluster_id);
	fake_data_members(root, member, like, like->line);
}
