/*
 * absent: see absent.h.
 */
#include "plugin/absent.h"

#include "base/mem.h"
#include "base/text.h"
#include "play/look.h"
#include "plugin/discover_compare.h"
#include "plugin/print.h"
#include "plugin/without.h"

#include <stdio.h>
#include <string.h>

enum { KNOCK_MS = 3 * 1000, LOGIN_MS = 10 * 1000 };

#define HINT_ALL                                                                \
	"name all nodes, or bring the one that is down back; browse, extract, " \
	"and drill --local can do without it"

struct absent {
	const char *name, *host; /* host: of its peer URL */
	unsigned ports[4];       /* of peers, of clients, of the API server; 0 ends the list */
};

static bool is_among(const struct cluster *cluster, const char *name)
{
	for (size_t i = 0; i < cluster->count; i++)
		if (text_same(cluster->members[i].name, name) ||
		    text_same(cluster->members[i].node, name))
			return true;
	return false;
}

/* Those that are on none of the plan's nodes. */
struct absents {
	struct absent list[CLUSTER_MEMBERS_MAX];
	size_t count;
};

static void add_absent(struct absents *all, const struct plan *plan, const char *name,
		       const char *peer_url)
{
	const struct cluster *cluster = &plan->found.cluster;
	unsigned api = plan->found.found[0].has_api ? plan->found.found[0].api.port : 6443;

	scoped(mem) char *host = look_url_host(peer_url);

	if (all->count == CLUSTER_MEMBERS_MAX)
		return;
	struct absent *absent = &all->list[all->count++];
	*absent = (struct absent){ .name = name, .host = arena_strdup(plan->arena, host) };
	/* members of one kubeadm cluster have the same ports */
	absent->ports[0] = look_url_port(peer_url);
	absent->ports[1] = look_url_port(cluster->members[0].client_url);
	absent->ports[2] = api;
}

static bool is_told(const struct discovery *found, const char *name)
{
	for (size_t i = 0; i < found->listed_count; i++)
		if (text_same(found->listed[i].name, name))
			return true;
	return false;
}

/*
 * One that was added and never started has no name in the lists: which it is, the run knows that resume ends without it.  It is
 * the one of --without that the lists do not name.
 */
static const char *missing_name(const struct opts *opts, const struct plan *plan,
				const struct member *missing)
{
	const char *names[WITHOUT_MAX], *own = NULL;
	const bool nameless = text_same(missing->name, missing->peer_url);

	if (!nameless || !text_same(opts->command, "resume"))
		return missing->name;
	for (size_t i = 0, count = without_list(opts, plan->arena, names); i < count; i++) {
		if (is_told(&plan->found, names[i]))
			continue;
		if (own)
			return missing->name;
		own = names[i];
	}
	return own ? own : missing->name;
}

/* -1: one that answers did not tell who the members are, and no recipe does. */
static int find(const struct opts *opts, struct plan *plan, struct absents *all, struct err *err)
{
	const struct recipe *recipe = &plan->source.recipe;
	bool answers = false, refused = false, listed = discover_is_listed(&plan->found);

	all->count = 0;
	for (size_t i = 0; i < plan->found.cluster.count; i++) {
		answers |= plan->found.found[i].answers;
		refused |= plan->found.found[i].refused;
	}
	for (size_t i = 0; i < plan->found.missing_count; i++) {
		const struct member *m = &plan->found.missing[i];
		add_absent(all, plan, missing_name(opts, plan, m), m->peer_url);
	}
	if (answers && !listed && !plan->source.has_recipe)
		return err_set(
			err, ERR_REMOTE,
			"no member told the list of members: whether one is absent is not known");
	/* no error: no run could ever be led to its end there */
	if (refused && !listed && !plan->source.has_recipe)
		discover_warn(&plan->found,
			      "etcd's auth refuses the list of members to their own certificates: "
			      "whether one is on none of these nodes is not known");
	for (size_t i = 0; plan->source.has_recipe && !listed && i < recipe->cluster.count; i++) {
		const struct member *m = &recipe->cluster.members[i];
		if (m->name && m->peer_url && !cluster_by_name(&plan->found.cluster, m->name))
			add_absent(all, plan, m->name, m->peer_url);
	}
	return 0;
}

/* From each of the other nodes: does anything answer there? */
static int knock(struct node *node, void *arg, struct err *err)
{
	const struct absent *absent = arg;

	for (size_t i = 0; absent->ports[i]; i++) {
		struct http_carrier carrier;
		struct err silent = ERR_INIT;
		if (node_tunnel(node, absent->host, absent->ports[i], deadline_in(KNOCK_MS),
				&carrier, &silent)) {
			if (silent.code == ERR_CANCELLED) {
				*err = silent;
				return -1;
			}
			continue;
		}
		node_tunnel_close(node);
		err_set(err, ERR_UNSAFE,
			"%s still answers on port %u of %s: it and its API server would go on with "
			"the old data",
			absent->name, absent->ports[i], absent->host);
		return err_hint(err, "name its node, too; or stop kubelet, etcd and the API server "
				     "there first");
	}
	return 0;
}

/* On its own node: nothing runs, and nobody starts anything. */
static int prove_down(struct node *node, struct err *err)
{
	static const char script[] = "pgrep -x etcd; pgrep -x kube-apiserver; "
				     "systemctl is-active --quiet kubelet && echo kubelet; true";
	scoped(buf) struct buf out = BUF_INIT(4096);
	uint64_t deadline = deadline_in(LOGIN_MS);

	if (node_open(node, deadline, err) ||
	    node_run(node, argv("sh", "-c", script), deadline, &out, err))
		return -1;
	buf_trim(&out);
	if (!out.len)
		return 0;
	err_set(err, ERR_UNSAFE, "etcd, kube-apiserver or kubelet runs there");
	return err_hint(err,
			"systemctl disable --now kubelet, and end both; or name that node, too");
}

/* Those that take no --without need all members: to browse one is enough, but what a dead drill has left is on all. */
static int hint_absent(const struct opts *opts, const char *names, bool one, struct err *err)
{
	if (text_same(opts->command, "rejoin"))
		return err_hint(err, "name all nodes; a member whose node is gone for good is "
				     "taken out of the cluster first (etcdctl member remove)");
	if (!opts_takes(opts, "without"))
		return err_hint(err, HINT_ALL);
	const bool nameless = strstr(names, "://") && text_same(opts->command, "resume");
	return err_hint(err, "name %s, too; when %s down for good: --without %s",
			one ? "its node" : "their nodes", one ? "that node is" : "those nodes are",
			nameless ? "MEMBER" : names);
}

/* Those that --without does not name: all of them in one error. */
static int check_named(const struct opts *opts, const struct plan *plan, const struct absents *all,
		       struct err *err)
{
	const char *shown = NULL, *names = NULL;
	size_t unnamed = 0;

	for (size_t i = 0; i < all->count; i++) {
		const char *name = all->list[i].name;
		names = arena_join(plan->arena, names, ",", name);
		if (without_has(opts, name))
			continue;
		shown = arena_join(plan->arena, shown, ", ", name);
		unnamed++;
	}
	if (!unnamed)
		return 0;
	if (unnamed == 1)
		err_set(err, ERR_UNSAFE,
			"member %s is on none of the nodes: it and its API server would go on "
			"with the old data",
			shown);
	else
		err_set(err, ERR_UNSAFE,
			"members %s are on none of the nodes: they and their API servers would "
			"go on with the old data",
			shown);
	return hint_absent(opts, names, unnamed == 1, err);
}

/* For the plan, and at once: what comes next takes a while. */
static void leave_out(struct plan *plan, const char *name, const char *words)
{
	print_notice("%s", words);
	if (plan->left_out_count < CLUSTER_MEMBERS_MAX)
		plan->left_out[plan->left_out_count++] = (struct left_out){ name, words };
}

bool absent_is_left_out(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->left_out_count; i++)
		if (text_same(plan->left_out[i].name, name))
			return true;
	return false;
}

/* Nothing may answer there, and its node must show that nothing runs, or be said to be down. */
static int check_down(const struct opts *opts, struct plan *plan, struct absent *absent,
		      struct err *err)
{
	struct err errs[CLUSTER_MEMBERS_MAX];
	struct node node;

	if (fleet_each(plan->found.fleet, knock, absent, NULL, errs, NULL, NULL))
		return fleet_first(plan->found.fleet, errs, err);
	node_ssh_init(&node, absent->name, absent->host, &plan->found.ssh);
	int failed = prove_down(&node, err);
	node_ssh_release(&node);
	if (!failed) {
		leave_out(plan, absent->name,
			  arena_printf(plan->arena,
				       "%s is down: nothing of the control plane runs there.",
				       absent->name));
		return 0;
	}
	if (err->code == ERR_UNSAFE || err->code == ERR_CANCELLED)
		return err_in(err, "%s", absent->name);
	if (opts->assume_down) {
		*err = ERR_INIT;
		leave_out(plan, absent->name,
			  arena_printf(plan->arena,
				       "%s does not answer and is taken for down, as --assume-down "
				       "says.",
				       absent->name));
		return 0;
	}
	err_in(err, "whether %s is down cannot be told", absent->name);
	return err_hint(err,
			"--assume-down, when you know that it is switched off: its etcd cannot "
			"join the new members, but its API server would show old data to whoever "
			"reaches it");
}

/* What is wrong with all of them; the hint is that of one which serves, if any does. */
static void add_failure(struct err *first, const struct err *own)
{
	const bool before = own->code == ERR_UNSAFE && first->code != ERR_UNSAFE;
	const struct err a = before ? *own : *first, b = before ? *first : *own;

	*first = a;
	snprintf(first->text, sizeof(first->text), "%.310s; %.310s", a.text, b.text);
}

int absent_check(const struct opts *opts, struct plan *plan, struct err *err)
{
	struct absents all;
	struct err first = ERR_INIT;

	if (find(opts, plan, &all, err) || check_named(opts, plan, &all, err))
		return -1;
	for (size_t i = 0; i < all.count && first.code != ERR_CANCELLED; i++) {
		struct err own = ERR_INIT;
		if (!check_down(opts, plan, &all.list[i], &own))
			continue;
		if (first.code && own.code != ERR_CANCELLED)
			add_failure(&first, &own);
		else
			first = own;
	}
	if (!first.code)
		return 0;
	*err = first;
	return -1;
}

static int unseen(const struct opts *opts, struct plan *plan, const char *name, struct err *err)
{
	if (opts->assume_down) {
		leave_out(plan, name,
			  arena_printf(plan->arena,
				       "%s was not looked at, and is taken for down, as "
				       "--assume-down says: nothing here tells where it is.",
				       name));
		return 0;
	}
	err_set(err, ERR_UNSAFE,
		"no member answers, and nothing here tells where %s is: nobody can tell whether it "
		"still serves",
		name);
	return err_hint(err, "--assume-down, when you know that it is switched off: it is then not "
			     "looked at, and should it run, its API server would show old data to "
			     "whoever reaches it");
}

int absent_unseen(const struct opts *opts, struct plan *plan, struct err *err)
{
	const char *names[WITHOUT_MAX];

	if (discover_is_listed(&plan->found))
		return 0;
	for (size_t i = 0, count = without_list(opts, plan->arena, names); i < count; i++)
		if (!absent_is_left_out(plan, names[i]) &&
		    !is_among(&plan->found.cluster, names[i]) && unseen(opts, plan, names[i], err))
			return -1;
	return 0;
}

static void add_names(const struct cluster *cluster, const struct cluster *but, struct buf *names)
{
	for (size_t i = 0; i < cluster->count; i++) {
		const char *name = cluster->members[i].name;
		if (name && !(but && is_among(but, name)))
			buf_addf(names, "%s%s", names->len ? ", " : "", name);
	}
}

/* One name of --without that absent_check did not find. */
static int check_name(const struct opts *opts, struct plan *plan, const char *name, struct err *err)
{
	const struct cluster *here = &plan->found.cluster, *then = &plan->source.recipe.cluster;
	const bool has_recipe = plan->source.has_recipe;
	scoped(buf) struct buf names = BUF_INIT(300);

	if (is_among(here, name)) {
		err_set(err, ERR_USAGE, "--without %s: it is on one of the nodes that are named",
			name);
		return err_hint(err, "leave its node out of --nodes, or --without away");
	}
	const bool named =
		is_among(&plan->found.left_out, name) || (has_recipe && is_among(then, name));
	if (!discover_is_listed(&plan->found) && (named || !has_recipe))
		return unseen(opts, plan, name, err);
	if (named) {
		leave_out(plan, name,
			  arena_printf(plan->arena,
				       "%s is no member any more: nobody looked at its node.",
				       name));
		return 0;
	}
	add_names(here, NULL, &names);
	if (has_recipe)
		add_names(then, here, &names);
	err_set(err, ERR_USAGE, "--without %s: no member is called so; they are %s", name,
		buf_str(&names));
	return err_hint(err, "a name of those, when its node is down for good; or leave --without "
			     "away");
}

int absent_named(const struct opts *opts, struct plan *plan, struct err *err)
{
	const char *names[WITHOUT_MAX];

	for (size_t i = 0, count = without_list(opts, plan->arena, names); i < count; i++)
		if (!absent_is_left_out(plan, names[i]) && check_name(opts, plan, names[i], err))
			return -1;
	return 0;
}
