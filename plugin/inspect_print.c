/*
 * inspect_print: see inspect_print.h.  The lines and tables; the document is in inspect_tree.c.
 */
#include "plugin/inspect_print.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_SIZE = 3000 };

static void line_of_size(const char *name, uint64_t bytes)
{
	char size[16];

	size_text(bytes, size);
	print_field(name, "%s (%llu bytes)", size, (unsigned long long)bytes);
}

static const char *or_unknown(const char *text)
{
	return text && *text ? text : "not known";
}

static void print_recipe(const struct source *source)
{
	const struct recipe *r = &source->recipe;
	scoped(buf) struct buf tags = BUF_INIT(VALUE_SIZE);
	char when[21];

	if (!source->has_recipe) {
		print_field("recipe", "none");
		return;
	}
	time_text(r->taken_at, when);
	print_field("cluster", "%s (%016llx)", r->cluster.name, (unsigned long long)r->cluster.id);
	print_field("taken at", "%s", when);
	print_field("taken from", "%s", r->member);
	print_field("Kubernetes", "%s", or_unknown(r->cluster.kubernetes_version));
	print_field("etcd", "%s", or_unknown(r->etcd_version));
	for (size_t i = 0; i < r->tag_count; i++)
		if (buf_addf(&tags, "%s%s", i ? ", " : "", r->tags[i]))
			break;
	print_field("tags", "%s", r->tag_count ? buf_str(&tags) : "none");
}

static void print_facts(const struct inspection *in)
{
	const struct etcd_db_facts *f = in->facts;

	print_field("revision", "%llu", (unsigned long long)f->revision);
	print_field("compact revision", "%llu", (unsigned long long)f->compact_revision);
	print_field("keys", "%llu", (unsigned long long)f->keys);
	print_field("keys in history", "%llu", (unsigned long long)f->history);
	line_of_size("size", f->size);
	line_of_size("size in use", f->size_in_use);
	print_field("HashKV", "%08x", (unsigned)in->hashkv->hash);
	print_field("hash of etcdutl", "%x", (unsigned)f->hash); /* as etcdutl prints it */
	print_field("storage version", "%s",
		    *f->storage_version ? f->storage_version : "before 3.6");
	print_field("leases", "%llu", (unsigned long long)f->leases);
	print_field("auth", "%s", f->auth ? "on" : "off");
	print_field("alarms", "%s", f->alarms ? f->alarm_words : "none");
	for (size_t i = 0; i < 2; i++)
		if (f->check.meta_bad[i])
			print_field("damaged", "meta page %zu: %s; the other one is used", i,
				    f->check.meta_bad[i]);
}

static void print_heads(const struct opts *opts, struct table *table, const char *const heads[],
			size_t count)
{
	print_line("%s", "");
	table_init(table);
	for (size_t i = 0; !opts->no_headers && i < count; i++)
		table_cell(table, "%s", heads[i]);
	if (!opts->no_headers)
		table_row(table);
}

static void print_members(const struct etcd_db_facts *facts, const struct opts *opts)
{
	static const char *const heads[] = { "MEMBER", "ID", "PEER-URLS", "CLIENT-URLS" };
	struct table table;

	print_heads(opts, &table, heads, 4);
	for (size_t i = 0; i < facts->members.count; i++) {
		const struct etcd_member *m = &facts->members.list[i];
		table_cell(&table, "%s%s", m->name, m->learner ? " (learner)" : "");
		table_cell(&table, "%llx", (unsigned long long)m->id);
		table_cell(&table, "%s", m->peer_urls);
		table_cell(&table, "%s", m->client_urls);
		table_row(&table);
	}
	table_print(&table);
	if (facts->members_all > facts->members.count)
		print_line("%zu more members are not shown",
			   facts->members_all - facts->members.count);
}

static void print_counts(const struct etcd_objects *objects, const struct opts *opts)
{
	static const char *const narrow_heads[] = { "RESOURCE", "COUNT", "BYTES" };
	static const char *const wide_heads[] = { "RESOURCE", "NAMESPACE", "COUNT", "BYTES" };
	bool wide = opts->output == OUTPUT_WIDE;
	const struct object_count *counts = wide ? objects->places : objects->resources;
	size_t count = wide ? objects->place_count : objects->resource_count;
	struct table table;

	print_heads(opts, &table, wide ? wide_heads : narrow_heads, wide ? 4 : 3);
	for (size_t i = 0; i < count; i++) {
		table_cell(&table, "%s", counts[i].resource);
		if (wide)
			table_cell(&table, "%s", counts[i].namespace_);
		table_cell(&table, "%llu", (unsigned long long)counts[i].count);
		table_cell(&table, "%llu", (unsigned long long)counts[i].bytes);
		table_row(&table);
	}
	table_print(&table);
	if (objects->left_out.count)
		print_line("%llu objects of %llu bytes are not counted by name: there are too many "
			   "names",
			   (unsigned long long)objects->left_out.count,
			   (unsigned long long)objects->left_out.bytes);
}

static void print_largest(const struct etcd_objects *objects, const struct opts *opts)
{
	static const char *const heads[] = { "LARGEST", "BYTES" };
	struct table table;

	print_heads(opts, &table, heads, 2);
	for (size_t i = 0; i < objects->largest_count; i++) {
		table_cell(&table, "%s", objects->largest[i].key);
		table_cell(&table, "%llu", (unsigned long long)objects->largest[i].bytes);
		table_row(&table);
	}
	table_print(&table);
}

void inspect_print(const struct inspection *in, const struct opts *opts)
{
	const struct source *s = in->source;

	print_field("snapshot", "%s", s->shown);
	print_field("stored as", "compression %s, encryption %s, %llu bytes", s->compression,
		    s->encryption, (unsigned long long)s->stored_size);
	print_field("sha256", "%s", s->file.sha256);
	print_recipe(s);
	print_facts(in);
	print_members(in->facts, opts);
	print_counts(in->objects, opts);
	if (in->objects->largest_count)
		print_largest(in->objects, opts);
}
