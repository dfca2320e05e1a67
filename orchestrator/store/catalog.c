/*
 * catalog: see catalog.h.
 */
#include "store/catalog.h"

#include "base/mem.h"
#include "base/text.h"
#include "store/store_text.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_GROW = 256 };

/* What the store has, sorted by name. */
struct names {
	struct arena *arena;
	struct store_object *list;
	bool *known; /* belongs to a recipe */
	size_t count, room;
};

static void names_scoped(struct names *names)
{
	free(names->list);
	free(names->known);
}

static int add_name(void *arg, const struct store_object *object, struct err *err)
{
	struct names *names = arg;

	(void)err;
	if (names->count == names->room) {
		names->room += NAMES_GROW + names->room / 2;
		names->list = mem_grow(names->list, names->room * sizeof(*names->list));
	}
	names->list[names->count] = *object;
	names->list[names->count++].name = arena_strdup(names->arena, object->name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct store_object *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static const struct store_object *find_name(const struct names *names, const char *name)
{
	const struct store_object wanted = { .name = name };

	return names->count ? bsearch(&wanted, names->list, names->count, sizeof(wanted), by_name)
			    : NULL;
}

static void know(const struct names *names, const struct store_object *object)
{
	if (object)
		names->known[object - names->list] = true;
}

/* Whatever may be of the recipe NAME.json at that place, which nobody can read: names that begin with "NAME." are neighbours. */
static void know_around(const struct names *names, size_t recipe)
{
	const char *name = names->list[recipe].name;
	size_t len = strlen(name) - strlen("json"), first = recipe;

	while (first && strncmp(names->list[first - 1].name, name, len) == 0)
		first--;
	for (size_t i = first; i < names->count && !strncmp(names->list[i].name, name, len); i++)
		names->known[i] = true;
}

/* A name as save gives it to an object, or drill to its report. */
static bool is_ours(struct arena *arena, const char *name)
{
	static const char *const packed[] = { ".age", ".zst", ".gz" };
	char *stem = arena_strdup(arena, name);

	for (size_t i = 0; i < 3; i++)
		if (text_ends(stem, packed[i]))
			stem[strlen(stem) - strlen(packed[i])] = '\0';
	return text_ends(stem, ".db") || text_ends(stem, ".pki.tar") || drill_report_is_name(name);
}

static void find_strays(const struct names *names, struct catalog *catalog)
{
	catalog->strays =
		arena_alloc(catalog->arena, (names->count + 1) * sizeof(*catalog->strays));
	for (size_t i = 0; i < names->count; i++)
		if (!names->known[i] && is_ours(catalog->arena, names->list[i].name))
			catalog->strays[catalog->stray_count++] = names->list[i];
}

/* NAME.json is of NAME itself, or of NAME.db and more: prune must not remove another one's object by it. */
static int check_object(const char *name, const char *object, struct err *err)
{
	size_t len = strlen(name);

	if (!object || (strncmp(object, name, len) == 0 && (!object[len] || object[len] == '.')))
		return 0;
	return err_set(err, ERR_CONFIG, "it is the recipe of another object, %s", object);
}

/* The store's own trouble ends it; a recipe that cannot be read is told in the entry. */
static int read_one(struct store *store, struct arena *arena, const char *recipe_name,
		    struct catalog_entry *out, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct catalog_entry entry = {
		.name = arena_strndup(arena, recipe_name, strlen(recipe_name) - strlen(".json")),
	};
	int failed = store_text(store, recipe_name, &text, err);

	if (!failed)
		failed = recipe_read(arena, buf_str(&text), text.len, &entry.recipe, err);
	if (!failed)
		failed = check_object(entry.name, entry.recipe.stored.name, err) ||
			 check_object(entry.name, entry.recipe.files.name, err);
	if (failed && err->code != ERR_CONFIG)
		return err_in(err, "%s", recipe_name);
	if (failed) {
		entry.state = CATALOG_UNREAD;
		entry.trouble = arena_strdup(arena, err->text);
		entry.recipe = (struct recipe){ .taken_at = 0 };
		*err = ERR_INIT;
	}
	entry.object = entry.recipe.stored.name ? entry.recipe.stored.name : entry.name;
	*out = entry;
	return 0;
}

/* Whether the store has an object as the recipe says; the first trouble is the one that is told. */
static void judge_object(struct arena *arena, struct catalog_entry *entry, const char *name,
			 uint64_t size, const struct store_object *object)
{
	if (entry->state != CATALOG_OK)
		return;
	if (!object) {
		entry->state = CATALOG_MISSING;
		entry->trouble = arena_printf(arena, "%s is not there", name);
	} else if (object->size != size) {
		entry->state = CATALOG_SIZE;
		entry->trouble =
			arena_printf(arena, "%s has %llu bytes, its recipe says %llu", name,
				     (unsigned long long)object->size, (unsigned long long)size);
	}
}

/* `files` is not looked at when the recipe names none. */
static void judge(struct arena *arena, struct catalog_entry *entry,
		  const struct store_object *object, const struct store_object *files)
{
	const struct recipe *r = &entry->recipe;

	judge_object(arena, entry, entry->object, r->stored.name ? r->stored.size : r->size,
		     object);
	if (r->files.name)
		judge_object(arena, entry, r->files.name, r->files.size, files);
}

/* Newest first; what cannot be read last. */
static int by_time(const void *a, const void *b)
{
	const struct catalog_entry *one = a, *other = b;
	bool unread = one->state == CATALOG_UNREAD, other_unread = other->state == CATALOG_UNREAD;

	if (unread != other_unread)
		return unread ? 1 : -1;
	if (one->recipe.taken_at != other->recipe.taken_at)
		return one->recipe.taken_at > other->recipe.taken_at ? -1 : 1;
	return strcmp(other->name, one->name);
}

static void find_gaps(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		struct catalog_entry *entry = &catalog->entries[i];
		entry->gap = entry->recipe.previous != NULL;
		for (size_t k = 0; k < catalog->count && entry->gap; k++) {
			const struct catalog_entry *other = &catalog->entries[k];
			if (strcmp(other->name, entry->recipe.previous) != 0)
				continue;
			entry->gap = false;
			entry->replaced =
				other->state != CATALOG_UNREAD &&
				strcmp(other->recipe.sha256, entry->recipe.previous_sha256) != 0;
		}
	}
}

static bool is_recipe(const char *name)
{
	size_t len = strlen(name);

	return !drill_report_is_name(name) && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

int catalog_report(struct store *store, struct arena *arena, const char *name, const char *sha256,
		   struct drill_report *out, bool *drilled, struct err *err)
{
	const char *object = arena_printf(arena, "%s" DRILL_REPORT_ENDING, name);
	scoped(buf) struct buf text = BUF_INIT(DRILL_REPORT_MAX);
	struct drill_report report;
	int failed = store_text(store, object, &text, err);

	*drilled = false;
	if (!failed)
		failed = drill_report_read(arena, buf_str(&text), text.len, &report, err);
	if (failed && err->code != ERR_CONFIG)
		return err_in(err, "%s", object);
	*err = ERR_INIT;
	if (failed || report.trouble || strcmp(report.sha256, sha256) != 0)
		return 0;
	*out = report;
	*drilled = true;
	return 0;
}

static int read_report(struct store *store, struct arena *arena, const struct names *names,
		       struct catalog_entry *entry, struct err *err)
{
	const char *name = arena_printf(arena, "%s" DRILL_REPORT_ENDING, entry->name);
	const struct store_object *report = find_name(names, name);

	entry->has_report = report != NULL;
	know(names, report);
	if (!entry->has_report || entry->state == CATALOG_UNREAD)
		return 0;
	return catalog_report(store, arena, entry->name, entry->recipe.sha256, &entry->drill,
			      &entry->drilled, err);
}

static int fill(struct store *store, const struct names *names, struct catalog *catalog,
		struct err *err)
{
	size_t recipes = 0;

	for (size_t i = 0; i < names->count; i++)
		recipes += is_recipe(names->list[i].name);
	if (recipes > CATALOG_MAX)
		return err_set(err, ERR_STORE, "more than %d recipes", CATALOG_MAX);
	catalog->entries =
		arena_alloc(catalog->arena, (recipes ? recipes : 1) * sizeof(*catalog->entries));
	for (size_t i = 0; i < names->count; i++) {
		struct catalog_entry *entry = &catalog->entries[catalog->count];
		if (!is_recipe(names->list[i].name))
			continue;
		if (read_one(store, catalog->arena, names->list[i].name, entry, err))
			return -1;
		const char *beside = entry->recipe.files.name;
		const struct store_object *object = find_name(names, entry->object),
					  *files = beside ? find_name(names, beside) : NULL;
		judge(catalog->arena, entry, object, files);
		know(names, object);
		know(names, files);
		if (entry->state == CATALOG_UNREAD)
			know_around(names, i);
		if (read_report(store, catalog->arena, names, entry, err))
			return -1;
		catalog->count++;
	}
	return 0;
}

int catalog_read(struct store *store, struct catalog *out, struct err *err)
{
	struct catalog catalog = { .arena = arena_new() };
	scoped(names) struct names names = { .arena = catalog.arena };

	if (store_list(store, "", add_name, &names, err)) {
		arena_free(catalog.arena);
		return -1;
	}
	if (names.count)
		qsort(names.list, names.count, sizeof(*names.list), by_name);
	names.known = mem_zalloc(names.count + 1);
	if (fill(store, &names, &catalog, err)) {
		arena_free(catalog.arena);
		return -1;
	}
	if (catalog.count)
		qsort(catalog.entries, catalog.count, sizeof(*catalog.entries), by_time);
	find_gaps(&catalog);
	find_strays(&names, &catalog);
	*out = catalog;
	return 0;
}

void catalog_release(struct catalog *catalog)
{
	arena_free(catalog->arena);
	*catalog = (struct catalog){ .arena = NULL };
}

void catalog_scoped(struct catalog *catalog)
{
	catalog_release(catalog);
}

/* "x.db.zst.age" is the object of x; "x.db" may also be a name of its own. */
static const char *recipe_of(struct store *store, struct arena *arena, const char *name,
			     struct err *err)
{
	static const char *const endings[] = { "", ".age", ".zst", ".gz", ".db" };
	char *stem = arena_strdup(arena, name);

	for (size_t i = 0; i < 5; i++) {
		size_t len = strlen(stem), size = strlen(endings[i]);
		struct store_object object;
		struct err said = ERR_INIT;
		bool missing = false;
		if (len <= size || strcmp(stem + len - size, endings[i]) != 0)
			continue;
		stem[len - size] = '\0';
		char *recipe = arena_printf(arena, "%s.json", stem);
		if (!store_stat(store, recipe, &object, &missing, &said))
			return recipe;
		if (!missing) {
			*err = said;
			return NULL;
		}
	}
	err_set(err, ERR_STORE, "no snapshot %s, and no recipe of it", name);
	err_hint(err, "kubectl etcd-backup list shows what is there");
	return NULL;
}

/* *found is NULL when there is no such object. */
static int look(struct store *store, const char *name, struct store_object *room,
		const struct store_object **found, struct err *err)
{
	bool missing = false;
	struct err said = ERR_INIT;

	*found = NULL;
	if (!store_stat(store, name, room, &missing, &said))
		*found = room;
	else if (!missing) {
		*err = said;
		return -1;
	}
	return 0;
}

int catalog_find(struct store *store, struct arena *arena, const char *name,
		 struct catalog_entry *out, struct err *err)
{
	const char *recipe = recipe_of(store, arena, name, err);
	struct store_object rooms[2];
	const struct store_object *object, *files = NULL;
	struct catalog_entry entry;

	if (!recipe || read_one(store, arena, recipe, &entry, err))
		return -1;
	if (entry.state != CATALOG_UNREAD) {
		const char *beside = entry.recipe.files.name;
		if (look(store, entry.object, &rooms[0], &object, err) ||
		    (beside && look(store, beside, &rooms[1], &files, err)))
			return -1;
		judge(arena, &entry, object, files);
	}
	*out = entry;
	return 0;
}
