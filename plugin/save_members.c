/*
 * save_members: see save_members.h.
 */
#include "plugin/save_members.h"

#include "base/text.h"
#include "play/look.h"

/* The node that did not answer and is that member's: by what the API says of it, else by its name or address; NULL: none is. */
static const struct node *silent_node(const struct discovery *d, const struct member *m)
{
	scoped(mem) char *host = look_url_host(m->peer_url);

	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct node *node = &d->nodes[i];
		const char *url = d->cluster.members[i].peer_url;
		if (!d->found[i].read &&
		    (url ? cluster_same_urls(url, m->peer_url)
			 : text_same(node->name, m->name) || text_same(node->address, host)))
			return node;
	}
	return NULL;
}

static void add_read(const struct discovery *d, size_t i, struct cluster *out)
{
	const char *host_key = d->nodes[i].host_key;
	struct member *m = &out->members[out->count++];

	*m = d->cluster.members[i];
	if (host_key && host_key[0])
		m->host_key = arena_strdup(d->arena, host_key);
	for (size_t k = 0; k < d->listed_count; k++)
		if (cluster_same_urls(d->listed[k].peer_url, m->peer_url)) {
			m->id = d->listed[k].id;
			m->learner = d->listed[k].learner;
		}
}

/* Nothing of the paths and the image: they are not known of a node that was not read. */
static void add_unread(const struct discovery *d, const struct member *from, struct cluster *out)
{
	if (!from->name || !from->peer_url || out->count == CLUSTER_MEMBERS_MAX)
		return;
	for (size_t i = 0; i < out->count; i++)
		if (text_same(out->members[i].name, from->name) ||
		    cluster_same_urls(out->members[i].peer_url, from->peer_url))
			return;
	const struct node *node = silent_node(d, from);
	out->members[out->count++] = (struct member){ .name = from->name,
						      .id = from->id,
						      .learner = from->learner,
						      .node = node ? node->name : NULL,
						      .address = node ? node->address : NULL,
						      .peer_url = from->peer_url,
						      .client_url = from->client_url };
}

void save_members(const struct discovery *found, struct cluster *out)
{
	*out = found->cluster;
	out->count = 0;
	for (size_t i = 0; i < found->cluster.count; i++)
		if (found->found[i].read)
			add_read(found, i, out);
	for (size_t i = 0; i < found->listed_count; i++)
		add_unread(found, &found->listed[i], out);
	for (size_t i = 0; !found->listed_count && i < found->cluster.count; i++)
		add_unread(found, &found->cluster.members[i], out);
}
