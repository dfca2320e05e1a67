/*
 * discover_compare: see discover_compare.h.
 */
#include "plugin/discover_compare.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void discover_warn(struct discovery *d, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < d->warning_count; i++)
		if (strcmp(d->warnings[i], text) == 0)
			return;
	if (d->warning_count < WARNINGS_MAX)
		d->warnings[d->warning_count++] = arena_strdup(d->arena, text);
}

bool discover_unreached(const struct err *err)
{
	return (err->code == ERR_SSH || err->code == ERR_TIMEOUT) && !err->hint[0];
}

bool discover_goes_on(const struct discovery *d, const struct err errs[])
{
	bool some = d->shows_all;

	for (size_t i = 0; i < d->cluster.count; i++) {
		some |= !errs[i].code;
		if (d->shows_all ? errs[i].code == ERR_CANCELLED
				 : errs[i].code && !d->survey &&
					   !(d->passes_over && discover_unreached(&errs[i])))
			return false;
	}
	return some;
}

static void compare_text(struct discovery *d, const char *node, const char *what,
			 const char *manifest, const char *pod)
{
	if ((!manifest && !pod) || (manifest && pod && strcmp(manifest, pod) == 0))
		return;
	discover_warn(d, "%s: %s is %s in the manifest and %s in the running pod", node, what,
		      manifest ? manifest : "not set", pod ? pod : "not set");
}

void discover_compare_pod(struct discovery *d, const struct member *manifest,
			  const struct member *pod)
{
	const char *node = manifest->node;

	compare_text(d, node, "--name", manifest->name, pod->name);
	compare_text(d, node, "--initial-advertise-peer-urls", manifest->peer_url, pod->peer_url);
	compare_text(d, node, "--advertise-client-urls", manifest->client_url, pod->client_url);
	compare_text(d, node, "the data dir", manifest->data_dir, pod->data_dir);
	compare_text(d, node, "the WAL dir", manifest->wal_dir, pod->wal_dir);
	compare_text(d, node, "the image", manifest->image, pod->image);
}

/* Each of them once: every member that answers has such a list. */
static void note_missing(struct discovery *d, const struct etcd_member *one)
{
	const char *name = one->name[0] ? one->name : one->peer_urls;

	for (size_t i = 0; i < d->missing_count; i++)
		if (cluster_same_urls(d->missing[i].peer_url, one->peer_urls))
			return;
	if (d->missing_count < CLUSTER_MEMBERS_MAX)
		d->missing[d->missing_count++] =
			(struct member){ .name = arena_strdup(d->arena, name),
					 .peer_url = arena_strdup(d->arena, one->peer_urls) };
}

const char *discover_missing(const struct discovery *d)
{
	const char *names = NULL;

	for (size_t i = 0; i < d->missing_count; i++)
		names = arena_join(d->arena, names, ", ", d->missing[i].name);
	return names;
}

/* One without a name has never been started: there is nothing of it yet. */
static void note_listed(struct discovery *d, const struct etcd_member *one)
{
	if (!one->name[0] || !one->peer_urls[0] || d->listed_count == CLUSTER_MEMBERS_MAX)
		return;
	for (size_t i = 0; i < d->listed_count; i++)
		if (cluster_same_urls(d->listed[i].peer_url, one->peer_urls))
			return;
	d->listed[d->listed_count++] = (struct member){
		.name = arena_strdup(d->arena, one->name),
		.peer_url = arena_strdup(d->arena, one->peer_urls),
		.client_url = one->client_urls[0] ? arena_strndup(d->arena, one->client_urls,
								  strcspn(one->client_urls, ","))
						  : NULL,
		.id = one->id,
		.learner = one->learner,
	};
}

void discover_compare_list(struct discovery *d, const struct etcd_members *list, const char *node)
{
	for (size_t i = 0; i < list->count; i++)
		note_listed(d, &list->list[i]);
	for (size_t i = 0; i < list->count; i++) {
		bool known = false;
		for (size_t k = 0; k < d->cluster.count; k++)
			known = known || !d->cluster.members[k].peer_url || /* it may be that one */
				cluster_same_urls(d->cluster.members[k].peer_url,
						  list->list[i].peer_urls);
		if (known)
			continue;
		note_missing(d, &list->list[i]);
		discover_warn(d,
			      "member %s (%s) is in the list of members but on none of the nodes",
			      list->list[i].name[0] ? list->list[i].name : "without a name",
			      list->list[i].peer_urls);
	}
	for (size_t k = 0; k < d->cluster.count; k++) {
		bool listed = !d->cluster.members[k].peer_url;
		for (size_t i = 0; i < list->count; i++)
			listed = listed || cluster_same_urls(d->cluster.members[k].peer_url,
							     list->list[i].peer_urls);
		if (listed)
			continue;
		const char *words = arena_printf(
			d->arena, "%s: its member %s is not in the list of members of %s",
			d->cluster.members[k].node, d->cluster.members[k].name, node);
		d->stranger = d->stranger ? d->stranger : words;
		discover_warn(d, "%s", words);
	}
}

void discover_compare_etcd(struct discovery *d, const char *then)
{
	scoped(buf) struct buf others = BUF_INIT(900);

	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct member *m = &d->cluster.members[i];
		if (text_other_minor(m->version, then))
			buf_addf(&others, "%s%s %s", others.len ? ", " : "", m->name, m->version);
	}
	if (others.len)
		discover_warn(d, "%s", discover_other_etcd(d->arena, then, buf_str(&others)));
}

char *discover_other_etcd(struct arena *arena, const char *then, const char *here)
{
	return arena_printf(arena,
			    "the snapshot was taken from etcd %s, and here another minor version "
			    "runs: %s; an older etcd may refuse the data of a newer one",
			    then, here);
}

/* 3.6.1 as 3006; 0 when it is no version. */
static unsigned long minor_number(const char *version)
{
	char *end = NULL;
	unsigned long major = version && text_minor_len(version) ? strtoul(version, &end, 10) : 0;

	return major ? major * 1000 + strtoul(end + 1, NULL, 10) : 0;
}

int discover_check_storage(const struct discovery *d, const char *version, struct err *err)
{
	unsigned long wanted = minor_number(version);

	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct member *m = &d->cluster.members[i];
		unsigned long own = minor_number(m->version);
		if (!own || own >= wanted)
			continue;
		err_set(err, ERR_UNSAFE,
			"%s runs etcd %s, which does not read a database of storage version %s",
			m->name, m->version, version);
		return err_hint(err, "put etcd's image of then into the manifests first, or take a "
				     "snapshot of before the upgrade");
	}
	return 0;
}

bool discover_is_listed(const struct discovery *d)
{
	for (size_t i = 0; i < d->cluster.count; i++)
		if (d->found[i].listed)
			return true;
	return false;
}

const char *discover_voters(struct arena *arena, const struct etcd_members *list)
{
	const char *voters = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (!list->list[i].learner && list->list[i].peer_urls[0])
			voters = arena_join(arena, voters, " ", list->list[i].peer_urls);
	return voters;
}

void discover_compare_ca(struct discovery *d)
{
	size_t first = 0; /* whose CA the cluster's is */

	while (first + 1 < d->cluster.count && !d->found[first].ca)
		first++;
	for (size_t i = first; i < d->cluster.count; i++) {
		if (!d->found[i].ca || strcmp(d->found[i].ca, d->found[first].ca) == 0)
			continue;
		d->found[i].foreign = d->nodes[first].name;
		d->foreign = d->nodes[i].name;
		discover_warn(d, "%s: its etcd CA is another one than that of %s", d->nodes[i].name,
			      d->nodes[first].name);
	}
}

void discover_compare_count(struct discovery *d)
{
	if (d->cluster.count % 2 == 0)
		discover_warn(d,
			      "%zu members: an even number stands no more failures than one less",
			      d->cluster.count);
}
