/*
 * cmd_discover: the members and where their data lies.
 */
#include "plugin/discover.h"
#include "plugin/print.h"

#include <stdio.h>

static void print_rows(const struct discovery *d, const struct opts *opts, struct table *table)
{
	bool wide = opts->output == OUTPUT_WIDE;

	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct member *m = &d->cluster.members[i];
		const struct found_node *f = &d->found[i];
		char size[16] = "";
		if (f->answers)
			size_text(f->db_size, size);
		table_cell(table, "%s", m->node);
		table_cell(table, "%s", m->address);
		table_cell(table, "%s", m->version ? m->version : "");
		table_cell(table, "%s", f->role ? f->role : "");
		table_cell(table, "%s", size);
		table_cell(table, "%s",
			   f->refused      ? "refused"
			   : !f->answers   ? "down"
			   : f->trouble[0] ? f->trouble
					   : "ok");
		table_cell(table, "%s", m->data_dir);
		if (wide) {
			table_cell(table, "%s", m->name);
			table_cell(table, "%s", m->client_url ? m->client_url : "");
			table_cell(table, "%s", m->peer_url);
			table_cell(table, "%s", m->wal_dir ? m->wal_dir : "");
			table_cell(table, "%s", m->image ? m->image : "");
			table_cell(table, "%s", m->cert_file ? m->cert_file : "");
		}
		table_row(table);
	}
}

static void print_table(const struct discovery *d, const struct opts *opts)
{
	static const char *const heads[] = { "NAME",       "ADDRESS",  "ETCD",     "ROLE",
					     "DB",         "HEALTH",   "DATA-DIR", "MEMBER",
					     "CLIENT-URL", "PEER-URL", "WAL-DIR",  "IMAGE",
					     "CERT" };
	struct table table;
	size_t columns = opts->output == OUTPUT_WIDE ? 13 : 7;

	table_init(&table);
	for (size_t i = 0; !opts->no_headers && i < columns; i++)
		table_cell(&table, "%s", heads[i]);
	if (!opts->no_headers)
		table_row(&table);
	print_rows(d, opts, &table);
	table_print(&table);
}

static struct tree *member_tree(struct arena *arena, const struct member *m,
				const struct found_node *f)
{
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "name", m->name);
	tree_set_string(arena, map, "node", m->node);
	tree_set_string(arena, map, "address", m->address);
	tree_set_string(arena, map, "pod", m->pod);
	tree_set_string(arena, map, "clientURL", m->client_url);
	tree_set_string(arena, map, "peerURLs", m->peer_url);
	tree_set_string(arena, map, "caFile", m->ca_file);
	tree_set_string(arena, map, "certFile", m->cert_file);
	tree_set_string(arena, map, "keyFile", m->key_file);
	tree_set_string(arena, map, "dataDir", m->data_dir);
	tree_set_string(arena, map, "walDir", m->wal_dir);
	tree_set_string(arena, map, "image", m->image);
	tree_set_string(arena, map, "version", m->version);
	tree_set_number(arena, map, "quota", m->quota);
	tree_set_bool(arena, map, "initialCorruptCheck", m->corrupt_check);
	tree_set_bool(arena, map, "answers", f->answers);
	tree_set_string(arena, map, "role", f->role);
	if (f->answers) {
		tree_set_number(arena, map, "revision", f->revision);
		tree_set_number(arena, map, "dbSize", f->db_size);
		tree_set_string(arena, map, "trouble", f->trouble[0] ? f->trouble : NULL);
	}
	return map;
}

static int print_document(const struct discovery *d, const struct opts *opts, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *top = tree_map(arena), *members = tree_list(arena),
		    *warnings = tree_list(arena);

	tree_set_string(arena, top, "kind", "Cluster");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, top, "name", d->cluster.name);
	tree_set_string(arena, top, "id",
			d->cluster.id
				? arena_printf(arena, "%016llx", (unsigned long long)d->cluster.id)
				: NULL);
	tree_set_string(arena, top, "caFingerprint", d->cluster.ca_fingerprint);
	tree_set_string(arena, top, "kubernetesVersion", d->cluster.kubernetes_version);
	tree_set_string(arena, top, "externalEtcd", d->cluster.external);
	for (size_t i = 0; i < d->cluster.count; i++)
		tree_add(members, member_tree(arena, &d->cluster.members[i], &d->found[i]));
	tree_set(arena, top, "members", members);
	for (size_t i = 0; i < d->warning_count; i++)
		tree_add(warnings, tree_new_string(arena, d->warnings[i]));
	tree_set(arena, top, "warnings", warnings);
	return print_tree(top, opts->output, err);
}

int cmd_discover(const struct opts *opts, struct err *err)
{
	scoped(discovery) struct discovery d = { 0 };

	if (discover(opts, NULL, &d, err))
		return err_status(err->code);
	for (size_t i = 0; i < d.warning_count; i++)
		print_warning(d.warnings[i]);
	if (opts->output == OUTPUT_JSON || opts->output == OUTPUT_YAML)
		return print_document(&d, opts, err) ? err_status(err->code) : 0;
	if (opts->output == OUTPUT_NAME) {
		for (size_t i = 0; i < d.cluster.count; i++)
			print_line("member/%s", d.cluster.members[i].name);
	} else {
		print_table(&d, opts);
	}
	return print_flush(err) ? err_status(err->code) : 0;
}
