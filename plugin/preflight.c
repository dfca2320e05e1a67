/*
 * preflight: see preflight.h.
 */
#include "plugin/preflight.h"

#include "etcd/cluster.h"
#include "play/play.h"
#include "plugin/absent.h"
#include "plugin/discover_compare.h"
#include "plugin/print.h"

#include <string.h>

static const char *const results[] = {
	[PREFLIGHT_OK] = "ok", [PREFLIGHT_FAILED] = "failed", [PREFLIGHT_NOT_MADE] = "not-made"
};

/* Where whoever found it has none. */
static const char *other_hint(struct arena *arena, const char *check, const struct node *node,
			      const struct err *err)
{
	if (node && (strcmp(check, "ssh") == 0 || discover_unreached(err)))
		return arena_printf(arena,
				    "try it by hand, with the same user, key and port: ssh %s true",
				    node->address);
	if (strcmp(check, "manifests") == 0)
		return "mend it on that node; when a run has moved it: kubectl etcd-backup resume, "
		       "without a run, shows which";
	return "mend it, and make the dry run again";
}

/* node NULL: of the whole. */
static struct preflight_row row_of(struct plan *plan, const struct node *node, const char *check,
				   const struct err *err)
{
	struct preflight_row row = { .node = node ? node->name : NULL, .check = check };

	if (!err->code)
		return row;
	row.result = PREFLIGHT_FAILED;
	row.words = arena_strdup(plan->arena, err->text);
	row.hint = err->hint[0] ? arena_strdup(plan->arena, err->hint)
				: other_hint(plan->arena, check, node, err);
	return row;
}

static struct preflight_row not_made(const struct node *node, const char *check, const char *why)
{
	return (struct preflight_row){ .node = node ? node->name : NULL,
				       .check = check,
				       .result = PREFLIGHT_NOT_MADE,
				       .words = why };
}

static void note_first(struct plan *plan, const struct node *node, const char *check,
		       const struct err *err)
{
	struct err *first = &plan->preflight->first;

	if (first->code || !err->code)
		return;
	*first = *err;
	if (!first->hint[0])
		err_hint(first, "%s", other_hint(plan->arena, check, node, err));
	if (node)
		err_in(first, "%s", node->name);
}

static struct err foreign(const struct found_node *found)
{
	struct err err = ERR_INIT;

	if (!found->foreign)
		return err;
	err_set(&err, ERR_UNSAFE,
		"it is a node of another cluster: its etcd CA is another one than that of %s",
		found->foreign);
	err_hint(&err, "leave it out of --nodes; or compare the file of --trusted-ca-file, in "
		       "etcd's manifest, on both");
	return err;
}

void preflight_begin(struct plan *plan)
{
	const struct discovery *d = &plan->found;

	plan->preflight = arena_alloc(plan->arena, sizeof(*plan->preflight));
	*plan->preflight = (struct preflight){ .first = ERR_INIT };
	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct found_node *found = &d->found[i];
		plan->preflight->unread |= found->failure.code != ERR_NONE;
		note_first(plan, &d->nodes[i], found->reached ? "manifests" : "ssh",
			   &found->failure);
	}
	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct err err = foreign(&d->found[i]);
		note_first(plan, &d->nodes[i], "ca", &err);
	}
}

void preflight_add(struct plan *plan, const char *check, const struct err *err)
{
	struct preflight *p = plan->preflight;

	p->whole[p->whole_count++] = row_of(plan, NULL, check, err);
	note_first(plan, NULL, check, err);
}

void preflight_not_made(struct plan *plan, const char *check, const char *why)
{
	struct preflight *p = plan->preflight;

	p->whole[p->whole_count++] = not_made(NULL, check, why);
}

/* A node that was not read may have any of the listed members, unless the API told which. */
static bool may_have_any(const struct discovery *d)
{
	for (size_t i = 0; i < d->cluster.count; i++)
		if (d->found[i].failure.code && !d->cluster.members[i].peer_url)
			return true;
	return false;
}

void preflight_members(const struct opts *opts, struct plan *plan)
{
	const struct discovery *d = &plan->found;
	const bool listed = discover_is_listed(d), restores = plan->source.file.fd >= 0;
	struct err err = ERR_INIT;

	if (!plan_members_read(plan, &err)) {
		if (plan->preflight->unread && (!listed || may_have_any(d))) {
			preflight_not_made(plan, "members", "not every node was read");
			return;
		}
		if (!absent_check(opts, plan, &err) && restores)
			absent_named(opts, plan, &err);
	}
	if (!err.code && !listed && !plan->source.has_recipe)
		preflight_not_made(plan, "members",
				   "no member told the list of members, and no recipe does");
	else
		preflight_add(plan, "members", &err);
}

static void check_recipe(const struct opts *opts, struct plan *plan)
{
	const struct cluster *then = &plan->source.recipe.cluster, *now = &plan->found.cluster;
	struct err err = ERR_INIT;

	if (!plan->source.has_recipe || !then->ca_fingerprint) {
		preflight_not_made(plan, "snapshot", "no recipe tells of which cluster it is");
	} else if (!now->ca_fingerprint) {
		preflight_not_made(plan, "snapshot", "the etcd CA of no node was read");
	} else {
		plan_check_recipe(opts, plan, &err);
		preflight_add(plan, "snapshot", &err);
	}
}

static void check_storage(const struct opts *opts, struct plan *plan)
{
	struct err err = ERR_INIT;
	bool known = false;

	for (size_t i = 0; i < plan->found.cluster.count; i++)
		known |= plan->found.cluster.members[i].version != NULL;
	if (!known) {
		preflight_not_made(plan, "storage", "no member's version is known");
		return;
	}
	plan_check_storage(opts, plan, &err);
	preflight_add(plan, "storage", &err);
}

void preflight_restore(const struct opts *opts, struct plan *plan)
{
	preflight_begin(plan);
	plan_name_run(&plan->ctx);
	preflight_members(opts, plan);
	check_recipe(opts, plan);
	check_storage(opts, plan);
	plan_fill(opts, plan);
}

static const struct check *made(const struct play_node *self, const char *name)
{
	for (size_t i = 0; i < self->check_count; i++)
		if (strcmp(self->checks[i].name, name) == 0)
			return &self->checks[i];
	return NULL;
}

static const char *why_not(const struct plan *plan, size_t n)
{
	const struct found_node *found = &plan->found.found[n];

	if (found->failure.code)
		return found->reached ? "its manifests were not read" : "it was not logged in to";
	return plan->nodes[n].check_count ? "an earlier check, or another node, failed"
					  : "it did not answer";
}

static struct preflight_row step_row(struct plan *plan, size_t n, const char *name)
{
	const struct found_node *found = &plan->found.found[n];
	const struct node *node = &plan->found.nodes[n];
	const struct check *check = made(&plan->nodes[n], name);

	if (check)
		return row_of(plan, node, name, &check->err);
	if (found->failure.code && found->reached && strcmp(name, "manifests") == 0)
		return row_of(plan, node, name, &found->failure);
	return not_made(node, name, why_not(plan, n));
}

static struct preflight_row ca_row(struct plan *plan, size_t n)
{
	const struct found_node *found = &plan->found.found[n];
	const struct node *node = &plan->found.nodes[n];
	const struct err err = foreign(found);

	if (found->ca)
		return row_of(plan, node, "ca", &err);
	return not_made(node, "ca",
			found->failure.code ? why_not(plan, n)
			: found->silence[0] ? found->silence
					    : "its member has no CA");
}

static void add_node(struct plan *plan, const struct playbook *book, size_t n)
{
	static const struct err none = { .code = ERR_NONE };
	const struct found_node *found = &plan->found.found[n];
	const struct node *node = &plan->found.nodes[n];
	struct preflight *p = plan->preflight;
	const char *name;

	p->rows[p->count++] = row_of(plan, node, "ssh", found->reached ? &none : &found->failure);
	p->rows[p->count++] = ca_row(plan, n);
	for (size_t i = 0; i < book->count && book->steps[i].verb->kind == VERB_LOOKS; i++) {
		if (book->steps[i].on == ON_FIRST && n)
			continue;
		for (size_t k = 0; (name = verb_check_name(book->steps[i].verb, k)); k++)
			p->rows[p->count++] = step_row(plan, n, name);
	}
}

int preflight_end(struct plan *plan, const struct playbook *book, struct err *err)
{
	struct preflight *p = plan->preflight;
	struct play look = { .playbook = book, .fleet = plan->found.fleet, .ctx = &plan->ctx };
	bool left_out[FLEET_MAX] = { false };
	struct err play_err = ERR_INIT;

	for (size_t n = 0; n < plan->found.cluster.count; n++)
		left_out[n] = plan->found.found[n].failure.code != ERR_NONE;
	if (play_look_all(&look, left_out, &play_err))
		note_first(plan, NULL, "check-nodes", &play_err);
	if (p->first.code == ERR_CANCELLED || play_err.code == ERR_CANCELLED) {
		plan->preflight = NULL;
		*err = p->first;
		return -1;
	}
	for (size_t n = 0; n < plan->found.cluster.count; n++)
		add_node(plan, book, n);
	memcpy(p->rows + p->count, p->whole, p->whole_count * sizeof(*p->whole));
	p->count += p->whole_count;
	if (!p->first.code)
		return 0;
	*err = p->first;
	return -1;
}

void preflight_print_failures(const struct plan *plan)
{
	const struct preflight *p = plan->preflight;
	size_t failed = 0;

	for (size_t i = 0; i < p->count; i++)
		failed += p->rows[i].result == PREFLIGHT_FAILED;
	for (size_t i = 0; failed > 1 && i < p->count; i++) {
		const struct preflight_row *row = &p->rows[i];
		if (row->result != PREFLIGHT_FAILED)
			continue;
		print_notice("%s%s%s: %s", row->node ? row->node : "", row->node ? ": " : "",
			     row->check, row->words);
		print_notice("hint: %s", row->hint);
	}
}

void preflight_print(const struct plan *plan)
{
	const struct preflight *p = plan->preflight;
	struct table table;

	preflight_print_failures(plan);
	table_init(&table);
	table_cell(&table, "NODE");
	table_cell(&table, "CHECK");
	table_cell(&table, "RESULT");
	table_row(&table);
	for (size_t i = 0; i < p->count; i++) {
		const struct preflight_row *row = &p->rows[i];
		table_cell(&table, "%s", row->node ? row->node : "-");
		table_cell(&table, "%s", row->check);
		table_cell(&table, "%s",
			   row->result == PREFLIGHT_FAILED ? "FAILED" : results[row->result]);
		table_row(&table);
	}
	table_print(&table);
}

struct tree *preflight_tree(const struct plan *plan)
{
	const struct preflight *p = plan->preflight;
	struct tree *list = tree_list(plan->arena);

	for (size_t i = 0; i < p->count; i++) {
		const struct preflight_row *row = &p->rows[i];
		struct tree *one = tree_map(plan->arena);
		if (row->node)
			tree_set_string(plan->arena, one, "node", row->node);
		tree_set_string(plan->arena, one, "check", row->check);
		tree_set_string(plan->arena, one, "result", results[row->result]);
		if (row->words)
			tree_set_string(plan->arena, one, "words", row->words);
		if (row->hint)
			tree_set_string(plan->arena, one, "hint", row->hint);
		tree_add(list, one);
	}
	return list;
}
