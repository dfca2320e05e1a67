/*
 * latest: see latest.h.
 */
#include "plugin/latest.h"

#include "base/mem.h"
#include "plugin/print.h"

#include <stdio.h>
#include <string.h>

static bool is_good(const struct catalog_entry *entry)
{
	return entry->state == CATALOG_OK && !entry->recipe.degraded;
}

static bool is_first_of_its_cluster(const struct catalog *catalog, size_t at)
{
	const char *name = catalog->entries[at].recipe.cluster.name;

	if (catalog->entries[at].state == CATALOG_UNREAD)
		return false;
	for (size_t i = 0; i < at; i++)
		if (catalog->entries[i].state != CATALOG_UNREAD &&
		    strcmp(catalog->entries[i].recipe.cluster.name, name) == 0)
			return false;
	return true;
}

/* Of which cluster, must not be a guess. */
static int check_one_cluster(const struct catalog *catalog, const char *url, struct err *err)
{
	char names[300] = "";
	size_t count = 0, len = 0;

	for (size_t i = 0; i < catalog->count; i++) {
		if (!is_first_of_its_cluster(catalog, i))
			continue;
		if (len < sizeof(names) - 80)
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.60s",
						count ? ", " : "",
						catalog->entries[i].recipe.cluster.name);
		count++;
	}
	if (count < 2)
		return 0;
	err_set(err, ERR_STORE, "latest: there are snapshots of %zu clusters (%s)", count, names);
	return err_hint(
		err, "name a snapshot: list --from %s -o wide says which cluster each is of", url);
}

static int none_is_good(const struct catalog *catalog, const char *url, struct err *err)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (catalog->entries[i].state == CATALOG_OK) {
			err_set(err, ERR_STORE,
				"latest: every snapshot that is whole is degraded; the newest is "
				"%s",
				catalog->entries[i].name);
			return err_hint(err,
					"list --from %s --check says why of each; then name the "
					"one to use",
					url);
		}
	if (!catalog->count) {
		err_set(err, ERR_STORE, "latest: there is no snapshot");
		return err_hint(err, "look whether %s is the right place; save --to %s makes one",
				url, url);
	}
	err_set(err, ERR_STORE, "latest: there is no snapshot that is whole");
	return err_hint(err,
			"list --from %s --check says what is wrong with each; look whether their "
			"objects are in another place",
			url);
}

const struct catalog_entry *latest_find(const struct catalog *catalog, const char *url,
					struct err *err)
{
	size_t at = 0;

	if (check_one_cluster(catalog, url, err))
		return NULL;
	while (at < catalog->count && !is_good(&catalog->entries[at]))
		at++;
	if (at == catalog->count) {
		none_is_good(catalog, url, err);
		return NULL;
	}
	for (size_t i = 0; i < at; i++) {
		const struct catalog_entry *newer = &catalog->entries[i];
		bool whole = newer->state == CATALOG_OK;
		scoped(mem) char *words = mem_printf(
			"latest is %s: %s is passed over: %s%s", catalog->entries[at].name,
			newer->name, whole ? "degraded: " : "",
			whole ? newer->recipe.degraded : newer->trouble);
		print_warning(words);
	}
	return &catalog->entries[at];
}
