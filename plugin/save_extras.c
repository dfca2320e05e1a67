/*
 * save_extras: see save_extras.h.
 */
#include "plugin/save_extras.h"

#include "base/log.h"
#include "plugin/discover_compare.h"
#include "plugin/print.h"

#include <stdio.h>
#include <string.h>

enum { PRINTS_MS = 20 * 1000, FILES_MS = 120 * 1000, ETCD_MS = 10 * 1000 };

struct reading {
	struct save_extras *extras;
	struct discovery *found;
	size_t chosen;
};

/* Nothing here is worth losing a snapshot. */
static int ask_etcd(struct node *node, const struct member *member, struct save_extras *extras,
		    struct err *err)
{
	uint64_t deadline = deadline_in(ETCD_MS);
	scoped(buf) struct buf value = BUF_INIT(KUBE_STORED_MAX);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, member, deadline, err);
	bool there = false;

	if (!client && err->code == ERR_CANCELLED)
		return -1;
	if (!client) { /* what the snapshot itself will fail for, in better words */
		*err = ERR_INIT;
		return 0;
	}
	if (etcd_value(client, KUBE_SYSTEM_KEY, deadline, &value, &there, err) ||
	    (there && kube_stored_uid(value.data, value.len, extras->uid, err))) {
		log_at(1, "%s: no uid of kube-system: %s", node->name, err->text);
		if (err->code == ERR_CANCELLED)
			return -1;
		*err = ERR_INIT;
	}
	if (extras->with_files && control_files_kubeadm(client, deadline, &extras->files, err)) {
		snprintf(extras->no_kubeadm, sizeof(extras->no_kubeadm), "%.199s", err->text);
		if (err->code == ERR_CANCELLED)
			return -1;
		*err = ERR_INIT;
	}
	return 0;
}

static int read_node(struct node *node, void *arg, struct err *err)
{
	struct reading *r = arg;
	struct save_extras *extras = r->extras;
	const struct found_node *found = &r->found->found[node->index];

	if (control_plane_read(node, found, deadline_in(PRINTS_MS), &extras->planes[node->index],
			       err))
		return -1;
	if (extras->with_files &&
	    control_files_read(node, found, deadline_in(FILES_MS), &extras->files, err))
		return -1;
	return node->index == r->chosen
		       ? ask_etcd(node, &r->found->cluster.members[r->chosen], extras, err)
		       : 0;
}

int save_extras_read(struct save_extras *extras, const struct opts *opts, struct discovery *found,
		     size_t chosen, struct err *err)
{
	struct reading reading = { extras, found, chosen };
	bool read[CLUSTER_MEMBERS_MAX] = { false };
	struct err errs[CLUSTER_MEMBERS_MAX];
	size_t before = found->warning_count;
	const char *prints[RECIPE_PRINTS];

	extras->began = now_ms();
	extras->with_files = opts->with_pki;
	control_files_init(&extras->files);
	for (size_t i = 0; i < found->cluster.count; i++) {
		read[i] = found->found[i].read;
		extras->files.left_out[i] = !read[i];
		if (!read[i] && extras->with_files)
			discover_warn(found, "the files of %s are not among those that are kept",
				      found->nodes[i].name);
	}
	if (fleet_each(found->fleet, read_node, &reading, read, errs, NULL, NULL))
		return fleet_first(found->fleet, errs, err);
	control_plane_common(found, extras->planes, prints);
	for (size_t i = before; i < found->warning_count; i++)
		print_warning(found->warnings[i]);
	if (extras->no_kubeadm[0]) {
		scoped(mem) char *text =
			mem_printf("kubeadm-config is not among the files: %s", extras->no_kubeadm);
		print_warning(text);
	}
	return 0;
}

int save_extras_put(const struct save_extras *extras, const struct discovery *found,
		    const struct place *place, const struct slot *slot, struct seal *seal,
		    struct err *err)
{
	if (!extras->with_files)
		return 0;
	scoped(store_put) struct store_put *put = store_put(slot->store, slot->files, err);
	if (put && !seal_init(seal, &place->seal, store_put_sink(put), err) &&
	    !control_files_write(&extras->files, found->nodes, found->node_count, seal->first, err))
		return 0;
	store_put_stop(put);
	seal_release(seal); /* before what it writes to */
	return err_in(err,
		      "the control plane's files could not be kept, so the snapshot was removed");
}

void save_extras_fill(const struct save_extras *extras, struct discovery *found,
		      struct recipe *recipe)
{
	recipe->took_ms = now_ms() - extras->began;
	recipe->cluster_uid = extras->uid[0] ? extras->uid : NULL;
	control_plane_common(found, extras->planes, recipe->prints);
}

void save_extras_release(struct save_extras *extras)
{
	control_files_release(&extras->files);
}
