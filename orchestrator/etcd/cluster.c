/*
 * cluster: see cluster.h.
 */
#include "etcd/cluster.h"

#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

enum { URLS_MAX = 16 };

/* The parts of a comma separated list, in order; `room` holds the copy that is cut up. */
static size_t split(const char *list, char **room, const char *parts[URLS_MAX])
{
	size_t n = 0;
	char *at = NULL;

	*room = mem_strdup(list);
	for (char *part = strtok_r(*room, ",", &at); part && n < URLS_MAX;
	     part = strtok_r(NULL, ",", &at))
		parts[n++] = part;
	return n;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int check_distinct(const struct cluster *cluster, struct err *err)
{
	for (size_t i = 0; i < cluster->count; i++) {
		const struct member *one = &cluster->members[i];
		if (!one->name || !*one->name)
			return err_set(err, ERR_CONFIG, "%s: the member has no name (--name)",
				       one->node ? one->node : "a node");
		if (!one->peer_url || !*one->peer_url)
			return err_set(err, ERR_CONFIG, "%s: no --initial-advertise-peer-urls",
				       one->name);
		for (size_t k = 0; k < i; k++) {
			const struct member *other = &cluster->members[k];
			if (strcmp(one->name, other->name) == 0)
				return err_set(err, ERR_CONFIG,
					       "two members are called %s (on %s and %s)",
					       one->name, other->node ? other->node : "?",
					       one->node ? one->node : "?");
			if (strcmp(one->peer_url, other->peer_url) == 0)
				return err_set(err, ERR_CONFIG,
					       "%s and %s have the same peer URL %s", other->name,
					       one->name, one->peer_url);
		}
	}
	return cluster->count ? 0 : err_set(err, ERR_CONFIG, "no members");
}

int cluster_initial(const struct cluster *cluster, struct buf *out, struct err *err)
{
	if (check_distinct(cluster, err))
		return -1;
	for (size_t i = 0; i < cluster->count; i++) {
		const struct member *member = &cluster->members[i];
		const char *urls[URLS_MAX];
		char *copy = NULL;
		size_t n = split(member->peer_url, &copy, urls);
		scoped(mem) char *room = copy;
		for (size_t k = 0; k < n; k++)
			if (buf_addf(out, "%s%s=%s", out->len ? "," : "", member->name, urls[k]))
				return err_set(err, ERR_CONFIG, "the list of members is too long");
	}
	return 0;
}

static uint64_t first_bytes(const struct buf *text)
{
	uint8_t sum[SHA1_SIZE];
	uint64_t id = 0;

	digest_sha1(text->data, text->len, sum);
	for (size_t i = 0; i < 8; i++)
		id = id << 8 | sum[i];
	return id;
}

uint64_t member_id(const struct member *member, const char *token)
{
	scoped(buf) struct buf text = BUF_INIT(64 * 1024);
	const char *urls[URLS_MAX];
	char *copy = NULL;
	size_t n = split(member->peer_url, &copy, urls);
	scoped(mem) char *room = copy;

	qsort(urls, n, sizeof(urls[0]), compare_text);
	for (size_t i = 0; i < n; i++)
		buf_adds(&text, urls[i]);
	buf_adds(&text, token);
	return first_bytes(&text);
}

uint64_t cluster_id(const struct cluster *cluster, const char *token)
{
	scoped(buf) struct buf bytes = BUF_INIT(8 * CLUSTER_MEMBERS_MAX);
	uint64_t ids[CLUSTER_MEMBERS_MAX];

	for (size_t i = 0; i < cluster->count; i++)
		ids[i] = member_id(&cluster->members[i], token);
	qsort(ids, cluster->count, sizeof(ids[0]), compare_id);
	for (size_t i = 0; i < cluster->count; i++) {
		char eight[8];
		for (int k = 0; k < 8; k++)
			eight[k] = (char)(ids[i] >> (56 - 8 * k));
		buf_add(&bytes, eight, 8);
	}
	return first_bytes(&bytes);
}

struct member *cluster_by_node(struct cluster *cluster, const char *node)
{
	for (size_t i = 0; i < cluster->count; i++)
		if (cluster->members[i].node && strcmp(cluster->members[i].node, node) == 0)
			return &cluster->members[i];
	return NULL;
}

struct member *cluster_by_name(struct cluster *cluster, const char *name)
{
	for (size_t i = 0; i < cluster->count; i++)
		if (cluster->members[i].name && strcmp(cluster->members[i].name, name) == 0)
			return &cluster->members[i];
	return NULL;
}

static const struct member *find_same(const struct cluster *cluster, const struct member *member)
{
	for (size_t i = 0; i < cluster->count; i++)
		if (strcmp(cluster->members[i].name, member->name) == 0)
			return &cluster->members[i];
	return NULL;
}

int cluster_same_members(const struct cluster *a, const struct cluster *b, struct err *err)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct member *other = find_same(b, &a->members[i]);
		if (!other)
			return err_set(err, ERR_UNSAFE, "member %s is in one list only",
				       a->members[i].name);
		if (strcmp(other->peer_url, a->members[i].peer_url) != 0)
			return err_set(err, ERR_UNSAFE,
				       "member %s has peer URL %s in one list, %s in the other",
				       a->members[i].name, a->members[i].peer_url, other->peer_url);
	}
	for (size_t i = 0; i < b->count; i++)
		if (!find_same(a, &b->members[i]))
			return err_set(err, ERR_UNSAFE, "member %s is in one list only",
				       b->members[i].name);
	return 0;
}

size_t cluster_quorum(const struct cluster *cluster)
{
	return cluster->count / 2 + 1;
}
