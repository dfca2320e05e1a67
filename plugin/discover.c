/*
 * discover: see discover.h.  First where to look (API, --nodes, or the recipe's inventory), then what the nodes
 * themselves say.  Comparing is in discover_compare.c.
 */
#include "plugin/discover.h"

#include "base/log.h"
#include "base/yaml.h"
#include "etcd/etcd_api.h"
#include "play/paths.h"
#include "play/state.h"
#include "plugin/discover_compare.h"
#include "plugin/kube.h"
#include "plugin/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGIN_MS = 20 * 1000, ASK_MS = 5 * 1000, DAY_MS = 24 * 3600 * 1000 };

#define ETCD_MANIFEST MANIFESTS "/etcd.yaml"

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

/* Where to look: names and addresses into `where`. */
static int find_nodes(const struct opts *opts, const struct recipe *inventory, struct discovery *d,
		      struct cluster *where, struct err *err)
{
	struct err api_err = ERR_INIT;

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
		return 0;
	*where = (struct cluster){ 0 };
	if (inventory && inventory->cluster.count) {
		print_notice("warning: %s; looking at the nodes that the recipe names",
			     api_err.text);
		for (size_t i = 0; i < inventory->cluster.count; i++) {
			where->members[i].node =
				arena_strdup(d->arena, inventory->cluster.members[i].node);
			where->members[i].address =
				arena_strdup(d->arena, inventory->cluster.members[i].address);
		}
		where->count = inventory->cluster.count;
		return 0;
	}
	*err = api_err;
	if (!err->hint[0])
		err_hint(err, "when the API is gone, name the nodes: --nodes "
			      "name=address,name=address,...");
	return -1;
}

/* What one worker fills: its own arena, because arenas are not for several threads. */
struct reading {
	struct discovery *d;
	uint64_t end; /* of --timeout */
	struct arena *arenas[CLUSTER_MEMBERS_MAX];
	struct etcd_members lists[CLUSTER_MEMBERS_MAX];
	bool listed[CLUSTER_MEMBERS_MAX];
	char fingerprints[CLUSTER_MEMBERS_MAX][65];
};

static uint64_t limit(const struct reading *r, uint64_t ms)
{
	uint64_t deadline = deadline_in(ms);

	return deadline < r->end ? deadline : r->end;
}

/* *tree: the manifest, wherever a run has put it; NULL: it is nowhere. */
static int read_manifest(struct node *node, struct arena *arena, const char *pod, bool *parked,
			 uint64_t deadline, const struct tree **tree, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(MANIFEST_MAX);
	char *where = NULL;

	*tree = NULL;
	if (state_manifest(node, pod, deadline, &where, err))
		return -1;
	if (!where)
		return 0;
	scoped(mem) char *path = where;
	*parked |= strncmp(path, RUNS "/", strlen(RUNS) + 1) == 0;
	if (node_get(node, path, deadline, &text, err))
		return -1;
	*tree = yaml_parse(arena, buf_str(&text), text.len, MANIFEST_MAX, err);
	return *tree ? 0 : err_in(err, "%s", path);
}

static int read_node(struct node *node, void *arg, struct err *err)
{
	struct reading *r = arg;
	struct member *m = &r->d->cluster.members[node->index];
	struct found_node *found = &r->d->found[node->index];
	struct arena *arena = r->arenas[node->index];
	uint64_t deadline = limit(r, LOGIN_MS);
	const struct tree *api, *pod;

	if (node_open(node, deadline, err) ||
	    read_manifest(node, arena, "kube-apiserver", &found->parked, deadline, &api, err))
		return -1;
	if (api && static_pod_apiserver(arena, api, &found->api, err))
		return -1;
	found->has_api = api != NULL;
	if (read_manifest(node, arena, "etcd", &found->parked, deadline, &pod, err))
		return -1;
	if (!pod && found->has_api) /* external etcd, perhaps: judged when all have been read */
		return 0;
	if (!pod)
		return err_set(err, ERR_REMOTE, "%s is not there", ETCD_MANIFEST);
	if (static_pod_member(arena, pod, m, err))
		return err_in(err, "%s", ETCD_MANIFEST);
	/* as they were given, whatever a manifest says of itself */
	m->node = node->name;
	m->address = node->address;
	return 0;
}

static int silent(struct found_node *found, const struct err *err)
{
	snprintf(found->silence, sizeof(found->silence), "%.250s", err->text);
	return 0;
}

/* A member that does not answer is no error here: it may be what is to be mended. */
static int ask_member(struct node *node, void *arg, struct err *err)
{
	struct reading *r = arg;
	struct found_node *found = &r->d->found[node->index];
	const struct member *m = &r->d->cluster.members[node->index];
	uint64_t deadline = limit(r, ASK_MS);
	struct etcd_status status;

	if (!m->name || found->silence[0])
		return 0;
	scoped(etcd_client) struct etcd_client *client = etcd_client_new(node, m, deadline, err);
	if (!client)
		return silent(found, err);
	if (r->d->survey)
		found->certificate_end = etcd_client_certificate_end(client, m, deadline);
	snprintf(r->fingerprints[node->index], 65, "%s", etcd_client_ca_fingerprint(client));
	if (etcd_status(client, deadline, &status, err)) {
		log_at(2, "%s: %s", node->name, err->text);
		return silent(found, err);
	}
	found->answers = true;
	found->status = status;
	found->revision = status.revision;
	found->applied = status.raft_applied;
	found->leader = status.leader;
	found->troubles = status.troubles;
	found->cluster_id = status.cluster_id;
	found->db_size = status.db_size;
	found->version = arena_strdup(r->arenas[node->index], status.version);
	found->role = status.learner                      ? "learner"
		      : status.leader == status.member_id ? "leader"
							  : "member";
	snprintf(found->trouble, sizeof(found->trouble), "%.120s",
		 status.errors[0] ? status.errors
		 : status.leader  ? ""
				  : "no leader");
	r->listed[node->index] = found->listed =
		!etcd_members(client, deadline, &r->lists[node->index], err);
	return 0;
}

static void keep_arenas(struct discovery *d, struct reading *r)
{
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		d->arenas[i] = r->arenas[i];
}

static int find_external(struct discovery *d, struct err *err)
{
	scoped(buf) struct buf without = BUF_INIT(400);
	size_t with = 0;

	for (size_t i = 0; i < d->cluster.count; i++) {
		const char *servers = d->found[i].has_api ? d->found[i].api.etcd_servers : NULL;
		if (servers && !static_pod_etcd_is_local(servers, &d->cluster)) {
			d->cluster.external = servers;
			d->cluster.count = 0;
			discover_warn(d, "etcd is external: kube-apiserver's --etcd-servers is %s",
				      servers);
			return 0;
		}
	}
	for (size_t i = 0; i < d->cluster.count; i++) {
		with += d->cluster.members[i].name != NULL;
		if (d->cluster.members[i].name || d->found[i].silence[0])
			continue;
		buf_addf(&without, "%s%s", without.len ? ", " : "", d->nodes[i].name);
		snprintf(d->found[i].silence, sizeof(d->found[i].silence), "%s is not there",
			 ETCD_MANIFEST);
	}
	if (without.len && !(d->survey && with))
		return err_set(err, ERR_CONFIG, "%s: %s is not there", buf_str(&without),
			       ETCD_MANIFEST);
	return 0;
}

/* Whether any node was read; the others are told by their silence. */
static bool some_were_read(struct discovery *d, const struct err errs[])
{
	bool some = false;

	for (size_t i = 0; i < d->cluster.count; i++) {
		some |= !errs[i].code;
		if (errs[i].code)
			silent(&d->found[i], &errs[i]);
	}
	return some;
}

static int read_all(struct discovery *d, struct reading *r, struct err *err)
{
	struct err errs[CLUSTER_MEMBERS_MAX];
	size_t count = d->cluster.count;

	if (fleet_each(d->fleet, read_node, r, NULL, errs, NULL, NULL) &&
	    !(d->survey && some_were_read(d, errs))) {
		/* all of them are named: the last by whoever prints err */
		*err = ERR_INIT;
		for (size_t i = 0; i < count; i++) {
			if (!errs[i].code)
				continue;
			if (err->code)
				print_error(err);
			*err = errs[i];
			err_in(err, "%s", d->nodes[i].name);
		}
		return -1;
	}
	if (find_external(d, err) || d->cluster.external)
		return d->cluster.external ? 0 : -1;
	fleet_each(d->fleet, ask_member, r, NULL, errs, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		struct member *m = &d->cluster.members[i];
		if (d->found[i].version)
			m->version = d->found[i].version;
		if (d->found[i].answers && !d->cluster.id)
			d->cluster.id = d->found[i].cluster_id;
		if (!d->cluster.kubernetes_version && d->found[i].has_api)
			d->cluster.kubernetes_version = d->found[i].api.version;
		if (!d->cluster.ca_fingerprint && r->fingerprints[i][0])
			d->cluster.ca_fingerprint = arena_strdup(d->arena, r->fingerprints[i]);
	}
	return 0;
}

/* What the API says of the members whose nodes do not answer. */
static void fill_silent(struct discovery *d, const struct cluster *pods)
{
	for (size_t i = 0; i < d->cluster.count; i++) {
		struct member *m = &d->cluster.members[i];
		if (m->name)
			continue;
		if (d->api_answered)
			*m = pods->members[i];
		m->node = d->nodes[i].name;
		m->address = d->nodes[i].address;
	}
}

static void compare_all(struct discovery *d, const struct reading *r, const struct cluster *pods)
{
	size_t first = 0; /* whose CA the cluster's is */

	if (d->cluster.external)
		return;
	fill_silent(d, pods);
	while (first + 1 < d->cluster.count && !r->fingerprints[first][0])
		first++;
	for (size_t i = 0; i < d->cluster.count; i++) {
		if (d->api_answered && !d->found[i].silence[0])
			discover_compare_pod(d, &d->cluster.members[i], &pods->members[i]);
		if (d->found[i].parked)
			discover_warn(d,
				      "%s: a run that has not ended has stopped its API server or "
				      "etcd: kubectl etcd-backup resume",
				      d->nodes[i].name);
		if (r->listed[i])
			discover_compare_list(d, &r->lists[i], d->nodes[i].name);
		if (r->fingerprints[i][0] &&
		    strcmp(r->fingerprints[i], d->cluster.ca_fingerprint) != 0) {
			d->foreign = d->nodes[i].name;
			discover_warn(d, "%s: its etcd CA is another one than that of %s",
				      d->nodes[i].name, d->nodes[first].name);
		}
	}
	discover_compare_count(d);
}

int discover(const struct opts *opts, const struct recipe *inventory, struct discovery *d,
	     struct err *err)
{
	struct cluster where = { 0 };
	struct reading *r = mem_zalloc(sizeof(*r));

	*d = (struct discovery){ .arena = arena_new(), .survey = d->survey };
	d->cluster.arena = d->arena;
	d->ssh = (struct ssh_settings){ opts->ssh_user, opts->ssh_key, (unsigned)opts->ssh_port,
					opts->ssh_known_hosts };
	r->d = d;
	r->end = opts->timeout_ms ? deadline_in(opts->timeout_ms) : UINT64_MAX;
	int failed = find_nodes(opts, inventory, d, &where, err);
	for (size_t i = 0; !failed && i < where.count; i++) {
		r->arenas[i] = arena_new();
		node_ssh_init(&d->nodes[i], where.members[i].node, where.members[i].address,
			      &d->ssh);
		d->cluster.members[i].pod = where.members[i].pod;
		d->cluster.members[i].image_id = where.members[i].image_id;
	}
	keep_arenas(d, r);
	if (!failed) {
		d->cluster.count = d->node_count = where.count;
		d->fleet = fleet_new(d->nodes, where.count);
		failed = read_all(d, r, err);
	}
	if (!d->cluster.name)
		d->cluster.name =
			arena_strdup(d->arena, inventory ? inventory->cluster.name : "kubernetes");
	if (!failed)
		compare_all(d, r, &where);
	free(r);
	return failed ? -1 : 0;
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

void discovery_release(struct discovery *d)
{
	if (!d->arena)
		return;
	fleet_free(d->fleet);
	for (size_t i = 0; i < d->node_count; i++)
		node_ssh_release(&d->nodes[i]);
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		arena_free(d->arenas[i]);
	arena_free(d->arena);
	d->arena = NULL;
}

void discovery_scoped(struct discovery *discovery)
{
	discovery_release(discovery);
}
