/*
 * prune_rules: see prune_rules.h.
 */
#include "plugin/prune_rules.h"

#include "plugin/print.h"

#include <stdlib.h>
#include <string.h>

static int read_rules(const struct opts *opts, struct retention_rules *rules, struct err *err)
{
	const struct {
		const char *name, *text;
		int *out;
	} counts[] = { { "last", opts->keep_last, &rules->last },
		       { "hourly", opts->keep_hourly, &rules->hourly },
		       { "daily", opts->keep_daily, &rules->daily },
		       { "weekly", opts->keep_weekly, &rules->weekly },
		       { "monthly", opts->keep_monthly, &rules->monthly },
		       { "yearly", opts->keep_yearly, &rules->yearly } };

	*rules = (struct retention_rules){ .tags = opts->keep_tags.items,
					   .tag_count = opts->keep_tags.count,
					   .force = opts->force };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].text && retention_count_parse(counts[i].text, counts[i].out, err))
			return err_in(err, "--keep-%s", counts[i].name);
	if (opts->keep_within && retention_span_parse(opts->keep_within, &rules->within, err))
		return err_in(err, "--keep-within");
	return 0;
}

/* What tells one cluster from another: the best that all recipes know, since older ones, and some saves, know less. */
enum identity { BY_UID, BY_CA, BY_NAME };

static enum identity find_identity(const struct catalog *catalog)
{
	bool uids = true, cas = true;

	for (size_t i = 0; i < catalog->count; i++) {
		uids &= catalog->entries[i].recipe.cluster_uid != NULL;
		cas &= catalog->entries[i].recipe.cluster.ca_fingerprint != NULL;
	}
	return uids ? BY_UID : cas ? BY_CA : BY_NAME;
}

static const char *cluster_of(const struct recipe *recipe, enum identity by)
{
	return by == BY_UID  ? recipe->cluster_uid
	       : by == BY_CA ? recipe->cluster.ca_fingerprint
			     : recipe->cluster.name;
}

static int check_one_cluster(const struct catalog *catalog, struct err *err)
{
	enum identity by = find_identity(catalog);

	for (size_t i = 1; i < catalog->count; i++) {
		const struct recipe *first = &catalog->entries[0].recipe;
		const struct recipe *other = &catalog->entries[i].recipe;
		if (strcmp(cluster_of(first, by), cluster_of(other, by)) == 0)
			continue;
		err_set(err, ERR_UNSAFE,
			"snapshots of several clusters are there: \"%s\" and \"%s\"",
			first->cluster.name, other->cluster.name);
		return err_hint(err, "--cluster-name NAME prunes those of one; give each cluster a "
				     "prefix of its own");
	}
	return 0;
}

/* Snapshots that are whole, of one cluster: what may be removed at all. */
int prune_gather(const struct opts *opts, struct catalog *catalog, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_entry *entry = &catalog->entries[i];
		bool other = opts->cluster_name && entry->state != CATALOG_UNREAD &&
			     strcmp(entry->recipe.cluster.name, opts->cluster_name) != 0;
		if (other)
			continue;
		if (entry->state != CATALOG_OK) {
			scoped(mem) char *words =
				mem_printf("%s is passed over: %s", entry->name, entry->trouble);
			print_warning(words);
			continue;
		}
		catalog->entries[kept++] = *entry;
	}
	catalog->count = kept;
	return check_one_cluster(catalog, err);
}

int prune_check(const struct opts *opts, struct err *err)
{
	const struct catalog nothing = { .count = 0 };
	struct retention_verdict none;

	return prune_decide(opts, &nothing, &none, err);
}

int prune_decide(const struct opts *opts, const struct catalog *catalog,
		 struct retention_verdict *verdicts, struct err *err)
{
	struct retention_entry *entries = mem_zalloc((catalog->count + 1) * sizeof(*entries));
	struct retention_rules rules;
	enum identity by = find_identity(catalog);
	int failed = read_rules(opts, &rules, err);

	for (size_t i = 0; i < catalog->count; i++) {
		const struct recipe *r = &catalog->entries[i].recipe;
		entries[i] = (struct retention_entry){ .name = catalog->entries[i].name,
						       .taken_at = r->taken_at,
						       .cluster = cluster_of(r, by),
						       .etcd_id = r->cluster.id,
						       .revision = r->revision,
						       .size = r->db_size,
						       .verified = !r->degraded,
						       .drilled = catalog->entries[i].drilled,
						       .group = r->set,
						       .tags = r->tag_count ? r->tags : NULL };
	}
	if (!failed)
		failed = retention_decide(&rules, catalog->count ? entries[0].cluster : NULL,
					  entries, catalog->count, verdicts, err);
	free(entries);
	return failed;
}
