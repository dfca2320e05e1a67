/*
 * discover: see discover.h.  What the nodes themselves say.  Where to look is in discover_where.c, comparing in
 * discover_compare.c.
 */
#include "plugin/discover.h"

#include "base/log.h"
#include "base/text.h"
#include "base/yaml.h"
#include "etcd/etcd_api.h"
#include "etcd/etcd_auth.h"
#include "play/paths.h"
#include "play/state.h"
#include "plugin/discover_compare.h"
#include "plugin/discover_where.h"
#include "plugin/kube.h"
#include "plugin/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGIN_MS = 20 * 1000, ASK_MS = 5 * 1000, DAY_MS = 24 * 3600 * 1000 };

#define ETCD_MANIFEST MANIFESTS "/etcd.yaml"

/* What the workers fill, each its own place; each has its own arena, too, because arenas are not for several threads. */
struct reading {
	struct discovery *d;
	uint64_t end; /* of --timeout */
	struct etcd_members lists[CLUSTER_MEMBERS_MAX];
	bool listed[CLUSTER_MEMBERS_MAX];
};

static uint64_t limit(const struct reading *r, uint64_t ms)
{
	return deadline_sooner(r->end, ms);
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
	struct arena *arena = r->d->arenas[node->index];
	uint64_t deadline = limit(r, LOGIN_MS);
	const struct tree *api, *pod;

	if (node_open(node, deadline, err))
		return -1;
	found->reached = true;
	if (read_manifest(node, arena, "kube-apiserver", &found->parked, deadline, &api, err))
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
	found->read = true;
	return 0;
}

static int silent(struct found_node *found, const struct err *err)
{
	snprintf(found->silence, sizeof(found->silence), "%.250s", err->text);
	return 0;
}

static void note_status(struct found_node *found, const struct etcd_status *status,
			struct arena *arena)
{
	found->answers = true;
	found->status = *status;
	found->revision = status->revision;
	found->applied = status->raft_applied;
	found->leader = status->leader;
	found->troubles = status->troubles;
	found->cluster_id = status->cluster_id;
	found->db_size = status->db_size;
	found->version = arena_strdup(arena, status->version);
	found->role = status->learner                       ? "learner"
		      : status->leader == status->member_id ? "leader"
							    : "member";
	snprintf(found->trouble, sizeof(found->trouble), "%.120s",
		 status->errors[0] ? status->errors
		 : status->leader  ? ""
				   : "no leader");
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
	const char *ca = etcd_client_ca_fingerprint(client);
	found->ca = *ca ? arena_strdup(r->d->arenas[node->index], ca) : NULL;
	if (!etcd_status(client, deadline, &status, err)) {
		note_status(found, &status, r->d->arenas[node->index]);
	} else {
		log_at(2, "%s: %s", node->name, err->text);
		found->refused = etcd_refused_by_auth(err);
		silent(found, err);
		if (!found->refused)
			return 0;
	}
	r->listed[node->index] = found->listed =
		!etcd_members(client, deadline, &r->lists[node->index], err);
	return 0;
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
		if (d->shows_all)
			err_set(&d->found[i].failure, ERR_CONFIG, "%s", d->found[i].silence);
	}
	if (without.len && !d->shows_all && !(d->survey && with))
		return err_set(err, ERR_CONFIG, "%s: %s is not there", buf_str(&without),
			       ETCD_MANIFEST);
	return 0;
}

/* Those that were not read are told by their silence. */
static bool goes_on(struct discovery *d, const struct err errs[])
{
	if (!discover_goes_on(d, errs))
		return false;
	for (size_t i = 0; i < d->cluster.count; i++) {
		if (!errs[i].code)
			continue;
		silent(&d->found[i], &errs[i]);
		if (!d->shows_all)
			continue;
		d->found[i].failure = errs[i];
		/* an API server that names it has no external etcd for that */
		d->cluster.members[i].address = d->nodes[i].address;
	}
	return true;
}

static int read_all(struct discovery *d, struct reading *r, struct err *err)
{
	struct err errs[CLUSTER_MEMBERS_MAX];
	size_t count = d->cluster.count;

	if (fleet_each(d->fleet, read_node, r, NULL, errs, NULL, NULL) && !goes_on(d, errs)) {
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
		if (!d->cluster.ca_fingerprint && d->found[i].ca)
			d->cluster.ca_fingerprint = arena_strdup(d->arena, d->found[i].ca);
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

static bool comes_back(const struct discovery *d, size_t i)
{
	return d->wanted && (text_same(d->nodes[i].name, d->wanted) ||
			     text_same(d->cluster.members[i].name, d->wanted));
}

static void compare_all(struct discovery *d, const struct reading *r, const struct cluster *pods)
{
	if (d->cluster.external)
		return;
	fill_silent(d, pods);
	for (size_t i = 0; i < d->cluster.count; i++) {
		if (d->api_answered && pods->members[i].pod && !d->found[i].silence[0])
			discover_compare_pod(d, &d->cluster.members[i], &pods->members[i]);
		if (d->found[i].parked)
			discover_warn(d,
				      "%s: a run that has not ended has stopped its API server or "
				      "etcd: kubectl etcd-backup resume",
				      d->nodes[i].name);
		/* that of one which comes back is the list of an older cluster */
		if (comes_back(d, i))
			d->found[i].listed = false;
		else if (r->listed[i]) {
			d->found[i].voters = discover_voters(d->arena, &r->lists[i]);
			discover_compare_list(d, &r->lists[i], d->nodes[i].name);
		}
	}
	discover_compare_ca(d);
	discover_compare_count(d);
}

/* Logged out everywhere. */
static void discovery_close(struct discovery *d)
{
	fleet_free(d->fleet);
	d->fleet = NULL;
	for (size_t i = 0; i < d->node_count; i++)
		node_ssh_release(&d->nodes[i]);
	d->node_count = 0;
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++) {
		arena_free(d->arenas[i]);
		d->arenas[i] = NULL;
	}
}

/* What an earlier look has found is forgotten. */
static void begin_look(struct discovery *d, const struct cluster *where)
{
	discovery_close(d);
	memset(d->found, 0, sizeof(d->found));
	d->cluster = (struct cluster){ .arena = d->arena,
				       .name = d->cluster.name,
				       .count = where->count };
	d->foreign = d->stranger = NULL;
	d->missing_count = 0;
	d->listed_count = 0;
	d->warning_count = d->warnings_of_where;
	for (size_t i = 0; i < where->count; i++) {
		d->arenas[i] = arena_new();
		node_ssh_init(&d->nodes[i], where->members[i].node, where->members[i].address,
			      &d->ssh);
		d->cluster.members[i].pod = where->members[i].pod;
		d->cluster.members[i].image_id = where->members[i].image_id;
	}
	d->node_count = where->count;
	d->fleet = fleet_new(d->nodes, where->count);
}

static int look_at(struct discovery *d, const struct cluster *where, uint64_t end, struct err *err)
{
	struct reading *r = mem_zalloc(sizeof(*r));

	begin_look(d, where);
	r->d = d;
	r->end = end;
	int failed = read_all(d, r, err);
	if (!failed)
		compare_all(d, r, where);
	free(r);
	return failed;
}

/* One that cannot be reached keeps none of the others from being looked at, if they are named. */
static int not_reached(const struct opts *opts, struct err *err)
{
	const bool without = opts_takes(opts, "without");

	if (!discover_unreached(err) || (opts->nodes && !without))
		return -1;
	if (opts->nodes)
		return err_hint(err, "bring it back; when it is down for good, leave it out of "
				     "--nodes and name its member: --without MEMBER");
	return err_hint(err, "while a node is down, name the others: --nodes name=address,...%s",
			without ? "; a member whose node is down for good is left out by --without "
				  "MEMBER"
				: "");
}

static int look_and_hint(const struct opts *opts, struct discovery *d, const struct cluster *where,
			 uint64_t end, struct err *err)
{
	if (look_at(d, where, end, err))
		return not_reached(opts, err);
	for (size_t i = 0; i < d->cluster.count; i++)
		not_reached(opts, &d->found[i].failure);
	return 0;
}

int discover(const struct opts *opts, const struct recipe *inventory, struct discovery *d,
	     struct err *err)
{
	uint64_t end = opts->timeout_ms ? deadline_in(opts->timeout_ms) : UINT64_MAX;
	struct cluster where = { 0 };

	*d = (struct discovery){ .arena = arena_new(),
				 .survey = d->survey,
				 .passes_over = d->passes_over,
				 .shows_all = d->shows_all,
				 .wanted = d->wanted };
	d->cluster.arena = d->arena;
	d->ssh = (struct ssh_settings){ opts->ssh_user, opts->ssh_key, (unsigned)opts->ssh_port,
					opts->ssh_known_hosts };
	int failed = discover_where(opts, inventory, d, &where, err);
	if (!d->cluster.name)
		d->cluster.name =
			arena_strdup(d->arena, inventory ? inventory->cluster.name : "kubernetes");
	d->warnings_of_where = d->warning_count;
	if (!failed)
		discover_where_wanted(opts, d, &where);
	if (failed)
		return -1;
	if (look_and_hint(opts, d, &where, end, err))
		return -1;
	while (discover_where_missing(opts, d, &where))
		if (look_and_hint(opts, d, &where, end, err))
			return -1;
	return 0;
}

void discovery_release(struct discovery *d)
{
	if (!d->arena)
		return;
	discovery_close(d);
	arena_free(d->arena);
	d->arena = NULL;
}

void discovery_scoped(struct discovery *discovery)
{
	discovery_release(discovery);
}
