/*
 * save_print: see save_print.h.
 */
#include "plugin/save_print.h"

#include "base/json.h"
#include "plugin/print.h"

void save_warn_unread(const struct discovery *d)
{
	for (size_t i = 0; i < d->cluster.count; i++) {
		if (d->found[i].read)
			continue;
		scoped(mem) char *words = mem_printf("%s does not answer, and is passed over: %s",
						     d->nodes[i].name, d->found[i].silence);
		print_warning(words);
	}
}

void save_warn(const struct save *save)
{
	const struct discovery *d = save->found;
	unsigned troubles = 0;

	for (size_t i = 0; i < d->warning_count; i++)
		print_warning(d->warnings[i]);
	for (size_t i = 0; i < d->cluster.count; i++)
		troubles |= save->wanted[i] ? d->found[i].troubles : 0;
	if (troubles & ETCD_FULL)
		print_warning("etcd is full (alarm NOSPACE): the snapshot has that alarm, too");
	if (troubles & ETCD_CORRUPT_ELSEWHERE)
		print_warning("another member has an alarm CORRUPT: the snapshot has that alarm, "
			      "too");
}

void save_warn_degraded(const struct save *save)
{
	for (size_t i = 0; i < save->found->cluster.count; i++) {
		const struct save_part *part = &save->parts[i];
		if (!save->wanted[i] || part->stage != SAVE_WHOLE || !part->recipe.degraded)
			continue;
		scoped(mem) char *words =
			mem_printf("%s is degraded: %s; it may be stale or damaged",
				   part->slot.shown, part->recipe.degraded);
		print_warning(words);
	}
}

static void print_part(const struct save *save, const struct save_part *part)
{
	const struct recipe *recipe = &part->recipe;
	char size[16];

	size_text(recipe->stored.size, size);
	if (save->opts->output == OUTPUT_NAME)
		print_line("%s", part->slot.shown);
	else
		print_line("snapshot %s saved: revision %llu, %s, from %s%s%s", part->slot.shown,
			   (unsigned long long)recipe->revision, size, recipe->member,
			   recipe->degraded ? "; DEGRADED: " : "",
			   recipe->degraded ? recipe->degraded : "");
}

static int print_documents(const struct save *save, const bool whole[], struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *top = tree_map(arena), *items = tree_list(arena);

	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++) {
		const struct buf *text = &save->parts[i].text;
		if (!whole[i])
			continue;
		const struct tree *one =
			json_parse(arena, buf_str(text), text->len, RECIPE_MAX, err);
		if (!one)
			return -1;
		if (!save->set[0])
			return print_tree(one, save->opts->output, err);
		struct tree *item = tree_map(arena);
		item->first = one->first;
		tree_add(items, item);
	}
	tree_set_string(arena, top, "kind", "SnapshotRecipeList");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set(arena, top, "items", items);
	return print_tree(top, save->opts->output, err);
}

int save_print(const struct save *save, struct err *err)
{
	bool whole[CLUSTER_MEMBERS_MAX];

	if (!save_at(save, SAVE_WHOLE, whole))
		return 0;
	if (save->opts->output == OUTPUT_JSON || save->opts->output == OUTPUT_YAML)
		return print_documents(save, whole, err);
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		if (whole[i])
			print_part(save, &save->parts[i]);
	return print_flush(err);
}
