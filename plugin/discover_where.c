/*
 * discover_where: see discover_where.h.
 */
#include "plugin/discover_where.h"

#include "base/log.h"
#include "play/look.h"
#include "play/state.h"
#include "plugin/discover_compare.h"
#include "plugin/kube.h"
#include "plugin/print.h"
#include "plugin/without.h"

#include <stdlib.h>
#include <string.h>

enum { LOGIN_MS = 10 * 1000, DAY_MS = 24 * 3600 * 1000 };

int discover_parse_nodes(const char *text, struct arena *arena, struct cluster *out,
			 struct err *err)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, ",");
		const char *one = arena_strndup(arena, at, len);
		const char *equals = strchr(one, '=');
		if (out->count == CLUSTER_MEMBERS_MAX)
			return err_set(err, ERR_USAGE, "--nodes: more than %d",
				       CLUSTER_MEMBERS_MAX);
		struct member *m = &out->members[out->count];
		m->node = equals ? arena_strndup(arena, one, (size_t)(equals - one)) : one;
		m->address = equals ? equals + 1 : one;
		if (!*m->node || !*m->address)
			return err_set(err, ERR_USAGE, "--nodes: want name=address,..., not \"%s\"",
				       one);
		for (size_t i = 0; i < out->count; i++)
			if (strcmp(out->members[i].node, m->node) == 0 ||
			    strcmp(out->members[i].address, m->address) == 0)
				return err_set(err, ERR_USAGE, "--nodes: %s is there twice", one);
		out->count++;
		at += len + (at[len] == ',');
	}
	return out->count ? 0 : err_set(err, ERR_USAGE, "--nodes is empty");
}

static uint64_t request_deadline(const struct opts *opts)
{
	return deadline_in(opts->request_timeout_ms ? opts->request_timeout_ms : DAY_MS);
}

/* One etcd pod of the API, with its node and address. */
static int take_pod(const struct opts *opts, struct discovery *d, struct kube *kube,
		    const struct tree *pod, struct cluster *pods, struct err *err)
{
	const char *name = tree_text(tree_at(pod, "metadata", "name", NULL));

	if (pods->count == CLUSTER_MEMBERS_MAX)
		return err_set(err, ERR_KUBE, "more than %d etcd pods", CLUSTER_MEMBERS_MAX);
	struct member *m = &pods->members[pods->count];
	if (static_pod_member(d->arena, pod, m, err))
		return err_in(err, "pod %s", name ? name : "?");
	if (m->node && !m->address)
		m->address =
			kube_node_address(kube, d->arena, m->node, request_deadline(opts), err);
	if (m->node && !m->address)
		return err_in(err, "pod %s has no host IP yet", name ? name : "?");
	if (!m->node)
		return err_set(err, ERR_KUBE, "pod %s has no node", name ? name : "?");
	m->pod = arena_strdup(d->arena, name);
	pods->count++;
	return 0;
}

static int ask_api(const struct opts *opts, struct discovery *d, struct cluster *pods,
		   struct err *err)
{
	struct kube *kube = kube_new(opts, err);
	scoped(arena) struct arena *arena = arena_new();
	int failed = 0;

	if (!kube)
		return -1;
	d->cluster.name = arena_strdup(d->arena, kube_config(kube)->cluster);
	const struct tree *items =
		kube_pods(kube, arena, "component=etcd", request_deadline(opts), err);
	for (const struct tree *at = items ? items->first : NULL; at && !failed; at = at->next)
		failed = take_pod(opts, d, kube, at, pods, err);
	kube_free(kube);
	if (!items || failed)
		return -1;
	d->api_answered = true;
	if (!pods->count) {
		err_set(err, ERR_KUBE, "no pods with component=etcd in kube-system");
		return err_hint(err, "etcd is external, or this is no kubeadm cluster; with "
				     "--nodes the nodes themselves are asked");
	}
	return 0;
}

/* Nobody logs in where a member is that the cluster is to be without. */
static int leave_out(const struct opts *opts, struct discovery *d, struct cluster *where,
		     struct err *err)
{
	size_t kept = 0;

	d->left_out.count = 0;
	for (size_t i = 0; i < where->count; i++) {
		const struct member *m = &where->members[i];
		if (without_has(opts, m->name) || without_has(opts, m->node))
			d->left_out.members[d->left_out.count++] = *m;
		else
			where->members[kept++] = *m;
	}
	where->count = kept;
	return kept ? 0
		    : err_set(err, ERR_USAGE, "--without %s leaves no member",
			      without_text(opts, d->arena));
}

/* kubeadm calls a member as its node, and gives it the node's address: where the recipe does not say more. */
static struct member place_of(struct arena *arena, const struct member *m)
{
	scoped(mem) char *host = m->address ? NULL : look_url_host(m->peer_url);

	return (struct member){ .node = arena_strdup(arena, m->node ? m->node : m->name),
				.address = arena_strdup(arena, host ? host : m->address) };
}

static int take_inventory(const struct opts *opts, const struct cluster *inventory,
			  struct discovery *d, struct cluster *where, struct err *err)
{
	*where = (struct cluster){ .count = inventory->count };
	memcpy(where->members, inventory->members, sizeof(where->members));
	int failed = leave_out(opts, d, where, err);

	for (size_t i = 0; i < where->count; i++)
		where->members[i] = place_of(d->arena, &where->members[i]);
	return failed;
}

/* No etcd pod: where an external etcd is asked from stands in the manifests of the API servers, on their nodes. */
static int ask_servers(const struct opts *opts, struct discovery *d, struct cluster *where,
		       struct err *err)
{
	struct kube *kube = kube_new(opts, err);
	scoped(arena) struct arena *arena = arena_new();
	const struct tree *items = NULL;

	if (kube)
		items = kube_pods(kube, arena, "component=kube-apiserver", request_deadline(opts),
				  err);
	for (const struct tree *at = items ? items->first : NULL;
	     at && where->count < CLUSTER_MEMBERS_MAX; at = at->next) {
		const char *name = tree_text(tree_at(at, "spec", "nodeName", NULL));
		const char *address = tree_text(tree_at(at, "status", "hostIP", NULL));
		if (name && address)
			where->members[where->count++] =
				(struct member){ .node = arena_strdup(d->arena, name),
						 .address = arena_strdup(d->arena, address) };
	}
	kube_free(kube);
	return where->count ? 0 : -1;
}

int discover_where(const struct opts *opts, const struct recipe *inventory, struct discovery *d,
		   struct cluster *where, struct err *err)
{
	struct err api_err = ERR_INIT, ignored = ERR_INIT;

	if (opts->nodes) {
		bool named = opts->kubeconfig || opts->context;
		struct kube *kube = named ? kube_new(opts, &api_err) : NULL;
		if (kube)
			d->cluster.name = arena_strdup(d->arena, kube_config(kube)->cluster);
		else if (named)
			discover_warn(d, "the cluster's name is not known from the kubeconfig: %s",
				      api_err.text);
		kube_free(kube);
		return discover_parse_nodes(opts->nodes, d->arena, where, err);
	}
	if (!ask_api(opts, d, where, &api_err))
		return leave_out(opts, d, where, err);
	*where = (struct cluster){ 0 };
	if (d->api_answered && !(inventory && inventory->cluster.count) &&
	    !ask_servers(opts, d, where, &ignored)) {
		print_notice("warning: %s; looking at the nodes of its API servers", api_err.text);
		return leave_out(opts, d, where, err);
	}
	if (inventory && inventory->cluster.count) {
		print_notice("warning: %s; looking at the nodes that the recipe names",
			     api_err.text);
		return take_inventory(opts, &inventory->cluster, d, where, err);
	}
	*err = api_err;
	if (!err->hint[0])
		err_hint(err, "when the API is gone, name the nodes: --nodes "
			      "name=address,name=address,...");
	return -1;
}

/* Whether a node has an etcd manifest, in its place or parked; of one that does not let us in: `unknown`. */
static bool has_member(const struct discovery *d, const char *name, const char *address,
		       bool unknown)
{
	uint64_t deadline = deadline_in(LOGIN_MS);
	struct err err = ERR_INIT;
	char *manifest = NULL;
	struct node node;

	node_ssh_init(&node, name, address, &d->ssh);
	if (!node_open(&node, deadline, &err))
		state_manifest(&node, "etcd", deadline, &manifest, &err);
	node_ssh_release(&node);
	if (err.code)
		log_at(1, "%s: %s", name, err.text);
	bool has =
		manifest != NULL || (unknown && (err.code == ERR_SSH || err.code == ERR_TIMEOUT));
	free(manifest);
	return has;
}

/* Adds a node by its Node object, when its address is that of the host (NULL: any, and it may be silent) and it has a member. */
static bool add_node(const struct opts *opts, struct discovery *d, struct cluster *where,
		     const char *name, const char *host)
{
	struct err err = ERR_INIT;

	if (!d->api_answered || where->count == CLUSTER_MEMBERS_MAX)
		return false;
	for (size_t i = 0; i < where->count; i++)
		if (strcmp(where->members[i].node, name) == 0)
			return false;
	struct kube *kube = kube_new(opts, &err);
	const char *address =
		kube ? kube_node_address(kube, d->arena, name, request_deadline(opts), &err) : NULL;
	kube_free(kube);
	if (!address || (host && strcmp(address, host) != 0) ||
	    !has_member(d, name, address, !host))
		return false;
	log_at(1, "%s: the API has the node, and no etcd pod of it", name);
	where->members[where->count++] = (struct member){ .node = name, .address = address };
	return true;
}

void discover_where_wanted(const struct opts *opts, struct discovery *d, struct cluster *where)
{
	if (d->wanted && !without_has(opts, d->wanted))
		add_node(opts, d, where, d->wanted, NULL);
}

bool discover_where_missing(const struct opts *opts, struct discovery *d, struct cluster *where)
{
	for (size_t i = 0; i < d->missing_count; i++) {
		scoped(mem) char *host = look_url_host(d->missing[i].peer_url);
		if (!without_has(opts, d->missing[i].name) &&
		    add_node(opts, d, where, d->missing[i].name, host))
			return true;
	}
	return false;
}

int discover_api(const struct opts *opts, struct discovery *d, struct err *err)
{
	struct cluster pods = { 0 };

	*d = (struct discovery){ .arena = arena_new() };
	d->cluster.arena = d->arena;
	if (ask_api(opts, d, &pods, err))
		return -1;
	for (size_t i = 0; i < pods.count; i++)
		d->cluster.members[i] = pods.members[i];
	d->cluster.count = pods.count;
	return 0;
}
