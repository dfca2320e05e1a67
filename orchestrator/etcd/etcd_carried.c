/*
 * etcd_carried: see etcd_carried.h.  Bucket "key" has its entries in the order of revisions: what comes last holds.
 */
#include "etcd/etcd_carried.h"

#include "etcd/bolt_walk.h"
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_db_meta.h"
#include "etcd/etcd_names.h"

struct reading {
	struct arena *arena;
	struct etcd_carried *out;
	struct etcd_db_facts facts;
	uint64_t pages;
};

static int see_page(void *arg, const struct bolt_page *page, struct err *err)
{
	struct reading *r = arg;

	(void)err;
	r->pages += page->pages;
	return 0;
}

static bool is_below(struct bolt_slice key, const char *prefix)
{
	size_t len = strlen(prefix);

	return key.len > len && memcmp(key.data, prefix, len) == 0;
}

static void see_name(struct reading *r, struct name_set *set, const struct etcd_kv *kv,
		     const char *prefix)
{
	const char *name = (const char *)kv->key.data + strlen(prefix);
	size_t len = kv->key.len - strlen(prefix);

	if (kv->tombstone)
		name_set_remove(set, name, len);
	else
		name_set_add(set, r->arena, name, len);
}

static int see_key(struct reading *r, const struct bolt_entry *entry, struct err *err)
{
	struct etcd_kv kv;
	const char *complaint = etcd_kv_read(entry, &kv);

	if (complaint)
		return err_set(err, ERR_CORRUPT, "%s", complaint);
	if (is_below(kv.key, KUBE_NODES_BELOW))
		see_name(r, &r->out->nodes, &kv, KUBE_NODES_BELOW);
	else if (is_below(kv.key, KUBE_APIS_BELOW))
		see_name(r, &r->out->apis, &kv, KUBE_APIS_BELOW);
	return 0;
}

/* etcd server/storage/schema/membership.go. */
static void see_version(struct etcd_carried *out, const struct bolt_entry *entry)
{
	if (!bolt_is(entry->key, "clusterVersion") || !entry->value.len ||
	    entry->value.len >= sizeof(out->version))
		return;
	memcpy(out->version, entry->value.data, entry->value.len);
	out->version[entry->value.len] = '\0';
}

static int see_entry(void *arg, const struct bolt_entry *entry, struct err *err)
{
	struct reading *r = arg;

	if (entry->level != 1)
		return 0;
	if (bolt_is(entry->bucket, "key"))
		return see_key(r, entry, err);
	if (bolt_is(entry->bucket, "alarm"))
		return etcd_db_alarm(&r->facts, entry, err);
	if (bolt_is(entry->bucket, "auth"))
		return etcd_db_auth(&r->facts, entry, err);
	if (bolt_is(entry->bucket, "cluster"))
		see_version(r->out, entry);
	r->out->leases += bolt_is(entry->bucket, "lease");
	return 0;
}

int etcd_carried_read(const struct bolt_map *map, struct arena *arena, struct etcd_carried *out,
		      struct err *err)
{
	struct etcd_carried carried = { .alarms = 0 };
	struct reading r = { .arena = arena, .out = &carried };
	const struct bolt_visitor visitor = { .arg = &r, .page = see_page, .entry = see_entry };

	if (bolt_walk(map, NULL, &visitor, err))
		return -1;
	carried.alarms = r.facts.alarm_kinds;
	memcpy(carried.alarm_words, r.facts.alarm_words, sizeof(carried.alarm_words));
	carried.auth = r.facts.auth;
	carried.in_use = (r.pages + 2) * map->page_size; /* and the two metas */
	*out = carried;
	return 0;
}
