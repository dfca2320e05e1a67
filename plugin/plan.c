/*
 * plan: see plan.h.
 */
#include "plugin/plan.h"

#include "base/digest.h"
#include "base/tree.h"
#include "plugin/absent.h"
#include "plugin/control_plane.h"
#include "plugin/discover_compare.h"
#include "plugin/print.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FRONT_SLICE_MS = 3000 };

/* What nobody could have written since the snapshot: a week at 1,500 writes a second. */
static const uint64_t BUMP_UNKNOWN = 1000000000;
/* Above what a live member told: writes until everything is stopped, and watchers a little ahead. */
static const uint64_t BUMP_MARGIN = 1000000;

void plan_begin(struct plan *plan)
{
	*plan = (struct plan){ .arena = arena_new(), .source.file.fd = -1 };
}

int plan_open(const struct opts *opts, const char *name, struct plan *plan, struct err *err)
{
	plan_begin(plan);
	if (source_open(opts, name, NULL, &plan->source, err)) {
		plan_release(plan);
		return -1;
	}
	plan->ctx.snapshot_path = plan->source.path;
	if (after_read(opts, plan, err)) {
		plan_release(plan);
		return -1;
	}
	plan->snapshot_version = plan->after.carried.version;
	return 0;
}

int plan_check_recipe(const struct opts *opts, const struct plan *plan, struct err *err)
{
	const char *then = plan->source.recipe.cluster.ca_fingerprint;
	const char *now = plan->found.cluster.ca_fingerprint;

	if (!plan->source.has_recipe || opts->force_cluster)
		return 0;
	if (!then || !now || strcmp(then, now) == 0)
		return 0;
	err_set(err, ERR_UNSAFE,
		"this snapshot is of another cluster: \"%s\", whose etcd CA is %.16s..., and here "
		"it is %.16s...",
		plan->source.recipe.cluster.name, then, now);
	return err_hint(err, "check --context and --nodes; when the cluster really got a new CA: "
			     "--force-cluster");
}

void plan_name_holder(struct play_ctx *ctx)
{
	uint8_t random[16];

	random_bytes(random, sizeof(random));
	digest_hex(random, sizeof(random), ctx->holder);
}

void plan_name_run(struct play_ctx *ctx)
{
	uint8_t random[16];
	char when[21], hex[33];

	random_bytes(random, sizeof(random));
	digest_hex(random, sizeof(random), hex);
	snprintf(ctx->token, sizeof(ctx->token), "etcd-backup-%s", hex);
	plan_name_holder(ctx);
	time_text(now_unix(), when);
	/* 2026-11-21T10:41:07Z -> 20261121t104107-7f3a */
	snprintf(ctx->run, sizeof(ctx->run), "%.4s%.2s%.2st%.2s%.2s%.2s-%.4s", when, when + 5,
		 when + 8, when + 11, when + 14, when + 17, hex + 28);
}

const char *plan_operator(struct arena *arena)
{
	struct passwd entry, *found = NULL;
	char room[4096], host[256] = "?";

	gethostname(host, sizeof(host) - 1);
	if (getpwuid_r(getuid(), &entry, room, sizeof(room), &found) || !found)
		return arena_printf(arena, "uid %u at %s", (unsigned)getuid(), host);
	return arena_printf(arena, "%s at %s", found->pw_name, host);
}

/* No cluster has written so often; a member that says so must not push the others to the end of the numbers. */
#define REVISION_MAX ((uint64_t)1 << 53)

static void measure_loss(struct plan *plan)
{
	struct play_ctx *ctx = &plan->ctx;

	for (size_t i = 0; i < plan->found.cluster.count; i++) {
		const struct found_node *one = &plan->found.found[i];
		if (one->answers && one->revision > plan->live_revision)
			plan->live_revision = one->revision;
		plan->live |= one->answers;
	}
	ctx->bump = BUMP_UNKNOWN;
	if (plan->live_revision > REVISION_MAX)
		print_warning(
			arena_printf(plan->arena,
				     "a member says that it is at revision %llu, which cannot be: "
				     "not counted",
				     (unsigned long long)plan->live_revision));
	else if (plan->live)
		ctx->bump = BUMP_MARGIN + (plan->live_revision > ctx->snapshot_revision
						   ? plan->live_revision - ctx->snapshot_revision
						   : 0);
}

/* In slices: a second Ctrl-C, which stops at once, is noticed between them. */
static int front_ready(void *arg, uint64_t deadline, struct err *err)
{
	const struct plan *plan = arg;

	for (;;) {
		if (!kube_ready(plan->front, deadline_sooner(deadline, FRONT_SLICE_MS), err))
			return 0;
		fleet_cancelled(plan->found.fleet);
		if (err->code == ERR_CANCELLED || now_ms() >= deadline)
			return -1;
	}
}

/* The address that users have, a load balancer as a rule, is asked at the end, if it is known. */
static void find_front(const struct opts *opts, struct plan *plan)
{
	struct err ignored = ERR_INIT;

	if (opts->nodes && !opts->kubeconfig && !opts->context)
		return;
	plan->front = kube_new(opts, &ignored);
	if (plan->front) {
		kube_cancel_by(plan->front, plan->found.nodes[0].cancel_fd);
		plan->ctx.front_ready = front_ready;
		plan->ctx.front_arg = plan;
	}
}

int plan_put_first(struct plan *plan, const char *node, struct err *err)
{
	if (discover_put_first(&plan->found, node, err))
		return -1;
	if (plan->front) /* the fleet is another one */
		kube_cancel_by(plan->front, plan->found.nodes[0].cancel_fd);
	return 0;
}

static int set_initial(struct plan *plan, const struct cluster *cluster, struct err *err)
{
	scoped(buf) struct buf initial = BUF_INIT(64 * 1024);

	if (cluster_initial(cluster, &initial, err))
		return -1;
	plan->ctx.initial_cluster = arena_strdup(plan->arena, buf_str(&initial));
	return 0;
}

static void set_nodes(struct plan *plan)
{
	plan->ctx.cluster = &plan->found.cluster;
	plan->ctx.nodes = plan->nodes;
	for (size_t i = 0; i < plan->found.cluster.count; i++)
		plan->nodes[i] = (struct play_node){ .member = &plan->found.cluster.members[i],
						     .api = plan->found.found[i].api,
						     .has_api = plan->found.found[i].has_api,
						     .voters = plan->found.found[i].voters };
}

int plan_members(struct plan *plan, struct err *err)
{
	struct play_ctx *ctx = &plan->ctx;

	set_nodes(plan);
	if (set_initial(plan, ctx->cluster, err))
		return -1;
	const uint64_t id = cluster_id(ctx->cluster, ctx->token);
	for (size_t i = 0; i < ctx->cluster->count; i++) {
		struct play_node *node = &plan->nodes[i];
		if (!ctx->joins) { /* else the cluster gives its ids */
			node->want_member = member_id(node->member, ctx->token);
			node->want_cluster = id;
		}
		if (!node->has_api)
			return err_set(err, ERR_UNSAFE,
				       "%s: no kube-apiserver manifest: not a control-plane node "
				       "of kubeadm",
				       node->member->node);
	}
	return 0;
}

const struct member *plan_absent_gone(const struct plan *plan)
{
	const struct member *gone = plan->ctx.gone;

	for (size_t i = 0; gone && i < plan->found.cluster.count; i++)
		if (cluster_same_urls(gone->peer_url, plan->found.cluster.members[i].peer_url))
			return NULL;
	return gone;
}

const char *plan_restore_rest(const struct plan *plan)
{
	const struct cluster *cluster = &plan->found.cluster;
	const char *nodes = NULL;

	for (size_t i = 0; i < cluster->count; i++)
		nodes = arena_join(plan->arena, nodes, ",",
				   arena_printf(plan->arena, "%s=%s", cluster->members[i].node,
						cluster->members[i].address));
	return arena_printf(plan->arena,
			    "kubectl etcd-backup restore SNAPSHOT --nodes %s --without %s", nodes,
			    plan->without ? plan->without : "MEMBER,...");
}

bool plan_rolls_back(const struct plan *plan)
{
	const struct cluster *here = &plan->found.cluster;
	const char *voters[CLUSTER_MEMBERS_MAX];

	for (size_t i = 0; i < here->count; i++)
		voters[i] = plan->nodes[i].voters;
	return !plan->left_out_count && cluster_has_voters(here, voters);
}

const char *plan_go_on(const struct plan *plan)
{
	const char *without = plan->ctx.gone && !plan_absent_gone(plan) ? NULL : plan->without;

	return arena_printf(plan->arena, "kubectl etcd-backup resume %s%s%s", plan->ctx.run,
			    without ? " --without " : "", without ? without : "");
}

int plan_members_read(struct plan *plan, struct err *err)
{
	struct cluster read = { .count = 0 };

	set_nodes(plan);
	plan->ctx.initial_cluster = "";
	for (size_t i = 0; i < plan->found.cluster.count; i++)
		if (!plan->found.found[i].failure.code)
			read.members[read.count++] = plan->found.cluster.members[i];
	return read.count ? set_initial(plan, &read, err) : 0;
}

void plan_single(struct plan *plan, size_t i)
{
	struct discovery *found = &plan->found;
	struct node node = found->nodes[i];

	fleet_free(found->fleet);
	/* they change places, so that all are released in the end */
	found->nodes[i] = found->nodes[0];
	found->nodes[0] = node;
	found->found[0] = found->found[i];
	found->cluster.members[0] = found->cluster.members[i];
	found->cluster.count = 1;
	found->fleet = fleet_new(found->nodes, 1);
	if (plan->front)
		kube_cancel_by(plan->front, found->nodes[0].cancel_fd);
}

void plan_fill(const struct opts *opts, struct plan *plan)
{
	struct play_ctx *ctx = &plan->ctx;
	const struct recipe *recipe = plan->source.has_recipe ? &plan->source.recipe : NULL;

	if (recipe)
		control_plane_compare(&plan->found, recipe);
	discover_compare_etcd(&plan->found, recipe ? recipe->etcd_version : plan->snapshot_version);
	ctx->snapshot_size = plan->source.file.size;
	ctx->db_size = plan->source.file.db_size;
	ctx->snapshot_sha256 = plan->source.file.sha256;
	ctx->snapshot_revision = plan->source.file.facts.revision;
	ctx->etcdutl = opts->etcdutl;
	ctx->grace_ms = opts->grace_ms;
	ctx->operator= plan_operator(plan->arena);
	measure_loss(plan);
	if (opts->bump == CHOICE_FALSE)
		ctx->bump = 0;
	find_front(opts, plan);
	after_ask(plan);
}

static int check_found(const struct plan *plan, struct err *err)
{
	if (plan->found.cluster.external) {
		err_set(err, ERR_UNSAFE, "etcd is external (%s): it is not restored from here",
			plan->found.cluster.external);
		return err_hint(
			err,
			"stop all API servers, restore etcd on its own hosts, start them again");
	}
	if (plan->found.foreign && !plan->found.shows_all)
		return err_set(err, ERR_UNSAFE,
			       "%s is a node of another cluster: its etcd CA is another one",
			       plan->found.foreign);
	return 0;
}

int plan_look(const struct opts *opts, struct plan *plan, struct err *err)
{
	const struct recipe *inventory = plan->source.has_recipe ? &plan->source.recipe : NULL;

	return discover(opts, inventory, &plan->found, err) || check_found(plan, err) ? -1 : 0;
}

int plan_found(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct play_ctx *ctx = &plan->ctx;

	if (plan_look(opts, plan, err) ||
	    (!plan->alone && !plan->found.shows_all && absent_check(opts, plan, err)))
		return -1;
	ctx->etcdutl = opts->etcdutl;
	ctx->grace_ms = opts->grace_ms;
	ctx->operator= plan_operator(plan->arena);
	measure_loss(plan);
	find_front(opts, plan);
	return 0;
}

int plan_survey(const struct opts *opts, struct plan *plan, struct err *err)
{
	plan->found.survey = true;
	return plan_look(opts, plan, err);
}

int plan_check_storage(const struct opts *opts, const struct plan *plan, struct err *err)
{
	return opts->etcd ? 0
			  : discover_check_storage(&plan->found,
						   plan->source.file.facts.storage_version, err);
}

/* What the recipe says against them, and the context. */
static int use_members(const struct opts *opts, struct plan *plan, struct err *err)
{
	if (plan_check_recipe(opts, plan, err) || plan_check_storage(opts, plan, err))
		return -1;
	plan_name_run(&plan->ctx);
	if (plan_members(plan, err))
		return -1;
	plan_fill(opts, plan);
	return 0;
}

int plan_cluster(const struct opts *opts, struct plan *plan, struct err *err)
{
	/* a member without a name is an error of its own, not one that is absent */
	return plan_look(opts, plan, err) || cluster_members_check(&plan->found.cluster, err) ||
			       absent_check(opts, plan, err) || absent_named(opts, plan, err) ||
			       use_members(opts, plan, err)
		       ? -1
		       : 0;
}

/* Keeps those that can be used. */
static int keep_answering(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct discovery *d = &plan->found;
	bool keep[CLUSTER_MEMBERS_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct found_node *found = &d->found[i];
		const char *name = d->nodes[i].name;
		const char *why = found->read && !found->has_api ? "no kube-apiserver manifest"
								 : found->silence;
		keep[i] = found->read && found->has_api;
		kept += keep[i];
		if (keep[i])
			continue;
		if (opts->node && strcmp(name, opts->node) == 0) {
			err_set(err, ERR_REMOTE, "--node=%s: %s", name, why);
			return err_hint(err, "another node by --node; without it, the first that "
					     "answers");
		}
		discover_warn(d, "%s is left out: %s", name, why);
	}
	if (!kept)
		return err_set(err, ERR_UNSAFE, "no node has a kube-apiserver manifest");
	discover_keep(d, keep);
	return 0;
}

int plan_answering(const struct opts *opts, struct plan *plan, struct err *err)
{
	plan->found.survey = true;
	return plan_look(opts, plan, err) || keep_answering(opts, plan, err) ||
			       cluster_members_check(&plan->found.cluster, err) ||
			       use_members(opts, plan, err)
		       ? -1
		       : 0;
}

void plan_warn(const struct plan *plan)
{
	for (size_t i = 0; i < plan->found.warning_count; i++)
		print_warning(plan->found.warnings[i]);
}

int plan_api(const struct opts *opts, struct plan *plan, struct err *err)
{
	if (discover_api(opts, &plan->found, err))
		return -1;
	plan->ctx.cluster = &plan->found.cluster;
	plan->ctx.snapshot_revision = plan->source.file.facts.revision;
	plan->ctx.snapshot_sha256 = plan->source.file.sha256;
	memcpy(plan->ctx.run, "RUN", sizeof("RUN"));
	return 0;
}

const char *plan_silence(const struct plan *plan)
{
	for (size_t i = 0; i < plan->found.cluster.count; i++)
		if (plan->found.found[i].refused)
			return "tells (etcd's auth refuses it to the members' certificates)";
	return "answers";
}

int plan_others_tell(const struct plan *plan, struct err *err)
{
	for (size_t i = 1; i < plan->found.cluster.count; i++) {
		const struct found_node *other = &plan->found.found[i];
		const char *cert = plan->found.cluster.members[i].cert_file;
		if (!other->refused)
			continue;
		err_set(err, ERR_UNSAFE, "%s: %s", plan->found.nodes[i].name, other->silence);
		return err_hint(err,
				"etcd's auth is on: the CN of %s there (kubeadm: the node's name) "
				"must be a user with the role root: etcdctl user add CN "
				"--no-password; etcdctl user grant-role CN root",
				cert ? cert : "a --cert-file");
	}
	return 0;
}

struct tree *plan_header(const struct plan *plan, const char *playbook, const char *playbook_sha256)
{
	struct tree *header = tree_map(plan->arena), *members = tree_list(plan->arena);
	char when[21];

	time_text(now_unix(), when);
	tree_set_string(plan->arena, header, "kind", "RunJournal");
	tree_set_string(plan->arena, header, "apiVersion", "etcd-backup/v1");
	tree_set_string(plan->arena, header, "time", when);
	tree_set_string(plan->arena, header, "run", plan->ctx.run);
	tree_set_string(plan->arena, header, "operator", plan->ctx.operator);
	tree_set_string(plan->arena, header, "cluster", plan->ctx.cluster->name);
	if (plan->source.shown)
		tree_set_string(plan->arena, header, "snapshot", plan->source.shown);
	if (plan->ctx.snapshot_sha256)
		tree_set_string(plan->arena, header, "snapshotSHA256", plan->ctx.snapshot_sha256);
	if (plan->ctx.target)
		tree_set_string(plan->arena, header, "target", plan->ctx.target);
	if (plan->ctx.joins)
		tree_set_string(plan->arena, header, "joins", plan->ctx.joins);
	tree_set_string(plan->arena, header, "playbook", playbook);
	tree_set_string(plan->arena, header, "playbookSHA256", playbook_sha256);
	tree_set_string(plan->arena, header, "initialCluster", plan->ctx.initial_cluster);
	tree_set_string(plan->arena, header, "initialClusterToken", plan->ctx.token);
	for (size_t i = 0; i < plan->ctx.cluster->count; i++) {
		struct tree *one = tree_map(plan->arena);
		const struct member *m = &plan->ctx.cluster->members[i];
		tree_set_string(plan->arena, one, "name", m->name);
		tree_set_string(plan->arena, one, "node", m->node);
		tree_set_string(plan->arena, one, "address", m->address);
		tree_set_string(plan->arena, one, "dataDir", m->data_dir);
		tree_add(members, one);
	}
	tree_set(plan->arena, header, "members", members);
	return header;
}

void plan_release(struct plan *plan)
{
	kube_free(plan->front);
	discovery_release(&plan->found);
	source_release(&plan->source);
	arena_free(plan->arena);
	plan->arena = NULL;
}
