/*
 * plan_doc: see plan_doc.h.
 */
#include "plugin/plan_doc.h"

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plugin/preflight.h"
#include "plugin/print.h"

#include <errno.h>
#include <string.h>

enum { PLAN_MAX = 256 * 1024 };

#define KIND "RestorePlan"
#define API_VERSION "etcd-backup/v1"

/* What a plan says of a member, by key. */
static const char *const member_keys[] = { "name",     "node",    "address",
					   "peerURLs", "dataDir", "walDir" };
enum { MEMBER_KEYS = 6 };

static const char *member_value(const struct member *m, size_t key)
{
	const char *const values[MEMBER_KEYS] = { m->name,     m->node,     m->address,
						  m->peer_url, m->data_dir, m->wal_dir };

	return values[key];
}

static struct tree *steps_of(struct arena *arena, const struct playbook *book)
{
	struct tree *steps = tree_list(arena);

	for (size_t i = 0; i < book->count; i++) {
		struct tree *one = tree_map(arena);
		tree_set_string(arena, one, "do", book->steps[i].verb->name);
		tree_set_string(arena, one, "about", book->steps[i].verb->about);
		tree_set_bool(arena, one, "changes", book->steps[i].verb->kind == VERB_CHANGES);
		tree_set_bool(arena, one, "undoable", i < book->commit);
		tree_add(steps, one);
	}
	return steps;
}

static const char *left_out_words(struct arena *arena, const struct plan *plan)
{
	const char *words = "";

	for (size_t i = 0; i < plan->left_out_count; i++)
		words = arena_join(arena, words, " ", plan->left_out[i].words);
	return words;
}

struct tree *plan_document(const struct plan *plan, const struct playbook *book)
{
	struct arena *arena = plan->arena;
	struct tree *doc = tree_map(arena), *snapshot = tree_map(arena),
		    *members = tree_list(arena), *forecast = plan_forecast_tree(plan);

	tree_set_string(arena, doc, "kind", KIND);
	tree_set_string(arena, doc, "apiVersion", API_VERSION);
	tree_set_string(arena, doc, "cluster", plan->found.cluster.name);
	tree_set_string(arena, snapshot, "name", plan->source.shown);
	tree_set_string(arena, snapshot, "sha256", plan->source.file.sha256);
	tree_set_number(arena, snapshot, "revision", plan->source.file.facts.revision);
	if (plan->ctx.carried_alarms)
		tree_set_string(arena, snapshot, "alarms", plan->after.carried.alarm_words);
	tree_set_bool(arena, snapshot, "auth", plan->ctx.carried_auth);
	tree_set(arena, doc, "snapshot", snapshot);
	for (size_t i = 0; i < plan->found.cluster.count; i++) {
		struct tree *one = tree_map(arena);
		for (size_t k = 0; k < MEMBER_KEYS; k++)
			tree_set_string(arena, one, member_keys[k],
					member_value(&plan->found.cluster.members[i], k));
		tree_add(members, one);
	}
	tree_set(arena, doc, "members", members);
	if (plan->left_out_count)
		tree_set_string(arena, doc, "leftOut", left_out_words(arena, plan));
	if (forecast)
		tree_set(arena, doc, "forecast", forecast);
	tree_set_string(arena, doc, "playbook", book->name);
	tree_set_string(arena, doc, "playbookSHA256", book->sha256);
	tree_set(arena, doc, "steps", steps_of(arena, book));
	if (plan->preflight)
		tree_set(arena, doc, "checks", preflight_tree(plan));
	return doc;
}

static int differs(const char *what, const char *then, const char *now, struct err *err)
{
	err_set(err, ERR_UNSAFE, "%s is not that of the plan: now %s, planned %s", what,
		now ? now : "nothing", then ? then : "nothing");
	return err_hint(err, "make a new plan: restore --dry-run=server -o yaml");
}

static int compare_members(const struct plan *plan, const struct tree *members, struct err *err)
{
	const struct cluster *now = &plan->found.cluster;
	const struct tree *at = members ? members->first : NULL;

	if (tree_count(members) != now->count)
		return err_set(err, ERR_UNSAFE, "the plan has %zu members, and here are %zu",
			       tree_count(members), now->count);
	for (size_t i = 0; at; at = at->next, i++) {
		const char *node = tree_string(at, "node");
		const struct member *m =
			node ? cluster_by_node((struct cluster *)(uintptr_t)now, node) : NULL;
		if (!m)
			return err_set(err, ERR_UNSAFE,
				       "node %s of the plan is not among those here",
				       node ? node : "?");
		for (size_t k = 0; k < MEMBER_KEYS; k++) {
			const char *then = tree_string(at, member_keys[k]);
			if (!text_same(then, member_value(m, k))) {
				differs(member_keys[k], then, member_value(m, k), err);
				return err_in(err, "%s", node);
			}
		}
	}
	return 0;
}

/* One whose dry run failed is for reading: what it tells of the nodes is not all. */
static int check_passed(const struct tree *checks, struct err *err)
{
	for (const struct tree *at = checks ? checks->first : NULL; at; at = at->next) {
		const char *node = tree_string(at, "node"), *check = tree_string(at, "check");
		if (!text_same(tree_string(at, "result"), "failed"))
			continue;
		err_set(err, ERR_UNSAFE, "the plan is of a dry run that failed: %s%s%s",
			node ? node : "", node ? ": " : "", check ? check : "?");
		return err_hint(err, "mend that, and make a new plan: restore --dry-run=server -o "
				     "yaml");
	}
	return 0;
}

int plan_compare(const struct plan *plan, const char *path, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(PLAN_MAX);

	if (file_read_path(path, 0, &text))
		return errno == EFBIG ? err_set(err, ERR_CONFIG, "%s is too long for a plan", path)
				      : err_errno(err, ERR_FILE, "%s", path);
	const struct tree *doc = yaml_parse(plan->arena, buf_str(&text), text.len, PLAN_MAX, err);
	if (!doc)
		return err_in(err, "%s", path);
	if (!text_same(tree_string(doc, "kind"), KIND) ||
	    !text_same(tree_string(doc, "apiVersion"), API_VERSION))
		return err_set(err, ERR_CONFIG, "%s is no " KIND " of " API_VERSION, path);
	if (check_passed(tree_get(doc, "checks"), err))
		return err_in(err, "%s", path);
	const struct tree *snapshot = tree_get(doc, "snapshot");
	if (!text_same(tree_string(doc, "cluster"), plan->found.cluster.name))
		return differs("the cluster", tree_string(doc, "cluster"), plan->found.cluster.name,
			       err);
	if (!text_same(tree_string(snapshot, "sha256"), plan->source.file.sha256))
		return differs("the snapshot's SHA-256", tree_string(snapshot, "sha256"),
			       plan->source.file.sha256, err);
	if (!text_same(tree_string(doc, "playbookSHA256"), plan->ctx.playbook_sha256))
		return differs("the playbook", tree_string(doc, "playbookSHA256"),
			       plan->ctx.playbook_sha256, err);
	return compare_members(plan, tree_get(doc, "members"), err);
}

void plan_print_failures(const struct plan *plan)
{
	size_t count = 0;

	for (size_t n = 0; n < plan->found.cluster.count; n++)
		for (size_t i = 0; i < plan->nodes[n].check_count; i++)
			count += plan->nodes[n].checks[i].err.code != ERR_NONE;
	for (size_t n = 0; count > 1 && n < plan->found.cluster.count; n++)
		for (size_t i = 0; i < plan->nodes[n].check_count; i++) {
			const struct check *check = &plan->nodes[n].checks[i];
			if (!check->err.code)
				continue;
			print_notice("%s: %s: %s", plan->found.nodes[n].name, check->name,
				     check->err.text);
			if (check->err.hint[0])
				print_notice("hint: %s", check->err.hint);
		}
}

void plan_print_steps(const struct plan *plan, const struct playbook *book)
{
	struct table table;

	table_init(&table);
	table_cell(&table, "WOULD");
	table_cell(&table, "ON");
	table_cell(&table, "WHICH IS");
	table_row(&table);
	for (size_t i = 0; i < book->count; i++) {
		const struct step *step = &book->steps[i];
		if (step->verb->kind != VERB_CHANGES)
			continue;
		for (size_t n = 0; n < plan->found.cluster.count; n++) {
			if (step->on == ON_FIRST && n)
				break;
			table_cell(&table, "%s", step->verb->name);
			table_cell(&table, "%s", plan->found.cluster.members[n].node);
			table_cell(&table, "%s",
				   i < book->commit ? "undone on failure" : "past the commit");
			table_row(&table);
		}
	}
	table_print(&table);
}
