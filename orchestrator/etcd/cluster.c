/*
 * cluster: see cluster.h.
 */
#include "etcd/cluster.h"

#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

/* The URLs of a comma separated list, without the spaces around them. */
struct urls {
	char **list;
	size_t count;
};

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct urls urls_of(const char *list)
{
	struct urls urls = { .count = 0 };

	for (const char *at = list ? list : ""; *at;) {
		size_t len = strcspn(at, ","), end = len, start = strspn(at, " ");
		while (end > start && at[end - 1] == ' ')
			end--;
		if (end > start) {
			urls.list = mem_grow(urls.list, (urls.count + 1) * sizeof(char *));
			urls.list[urls.count++] =
				mem_printf("%.*s", (int)(end - start), at + start);
		}
		at += len + (at[len] == ',');
	}
	return urls;
}

static struct urls sorted_urls_of(const char *list)
{
	struct urls urls = urls_of(list);

	if (urls.count)
		qsort(urls.list, urls.count, sizeof(urls.list[0]), compare_text);
	return urls;
}

static void urls_scoped(struct urls *urls)
{
	for (size_t i = 0; i < urls->count; i++)
		free(urls->list[i]);
	free(urls->list);
}

static int compare_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A name with one of these would be read as more than a name in --initial-cluster. */
static bool is_plain(const char *text, const char *refused)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || strchr(refused, *at))
			return false;
	return true;
}

static int check_member(const struct member *one, struct err *err)
{
	scoped(urls) struct urls urls = urls_of(one->peer_url);

	if (!one->name || !*one->name)
		return err_set(err, ERR_CONFIG, "%s: the member has no name (--name)",
			       one->node ? one->node : "a node");
	if (!is_plain(one->name, ",="))
		return err_set(err, ERR_CONFIG,
			       "\"%s\" is no name for a member of --initial-cluster", one->name);
	if (!urls.count)
		return err_set(err, ERR_CONFIG, "%s: no --initial-advertise-peer-urls", one->name);
	for (size_t i = 0; i < urls.count; i++)
		if (!is_plain(urls.list[i], ""))
			return err_set(err, ERR_CONFIG, "%s: \"%s\" is no peer URL", one->name,
				       urls.list[i]);
	return 0;
}

static int check_different(const struct member *one, const struct member *other, struct err *err)
{
	scoped(urls) struct urls a = urls_of(one->peer_url);
	scoped(urls) struct urls b = urls_of(other->peer_url);

	if (strcmp(one->name, other->name) == 0)
		return err_set(err, ERR_CONFIG, "two members are called %s (on %s and %s)",
			       one->name, one->node ? one->node : "?",
			       other->node ? other->node : "?");
	for (size_t i = 0; i < a.count; i++)
		for (size_t k = 0; k < b.count; k++)
			if (strcmp(a.list[i], b.list[k]) == 0)
				return err_set(err, ERR_CONFIG,
					       "%s and %s have the same peer URL %s", one->name,
					       other->name, a.list[i]);
	return 0;
}

int cluster_members_check(const struct cluster *cluster, struct err *err)
{
	for (size_t i = 0; i < cluster->count; i++) {
		if (check_member(&cluster->members[i], err))
			return -1;
		for (size_t k = 0; k < i; k++)
			if (check_different(&cluster->members[k], &cluster->members[i], err))
				return -1;
	}
	return cluster->count ? 0 : err_set(err, ERR_CONFIG, "no members");
}

int cluster_initial(const struct cluster *cluster, struct buf *out, struct err *err)
{
	const char *comma = "";

	if (cluster_members_check(cluster, err))
		return -1;
	for (size_t i = 0; i < cluster->count; i++) {
		const struct member *member = &cluster->members[i];
		scoped(urls) struct urls urls = urls_of(member->peer_url);
		for (size_t k = 0; k < urls.count; k++) {
			if (buf_addf(out, "%s%s=%s", comma, member->name, urls.list[k]))
				return err_set(err, ERR_CONFIG, "the list of members is too long");
			comma = ",";
		}
	}
	return 0;
}

int cluster_read_initial(const char *text, struct arena *arena, struct cluster *out,
			 struct err *err)
{
	*out = (struct cluster){ .count = 0 };
	for (const char *at = text; *at;) {
		const size_t len = strcspn(at, ","), name_len = strcspn(at, "=,");
		if (!name_len || name_len + 1 >= len)
			return err_set(err, ERR_CONFIG, "want name=url,..., not \"%.100s\"", text);
		const char *name = arena_strndup(arena, at, name_len);
		const char *url = arena_strndup(arena, at + name_len + 1, len - name_len - 1);
		struct member *member = cluster_by_name(out, name);
		if (member) {
			member->peer_url = arena_printf(arena, "%s,%s", member->peer_url, url);
		} else if (out->count == CLUSTER_MEMBERS_MAX) {
			return err_set(err, ERR_CONFIG, "more than %d members",
				       CLUSTER_MEMBERS_MAX);
		} else {
			out->members[out->count++] =
				(struct member){ .name = name, .peer_url = url };
		}
		at += len + (at[len] == ',');
	}
	return out->count ? 0 : err_set(err, ERR_CONFIG, "no members");
}

static bool has_urls(const struct cluster *here, const bool only[], const char *urls)
{
	for (size_t i = 0; i < here->count; i++)
		if ((!only || only[i]) && here->members[i].peer_url &&
		    cluster_same_urls(here->members[i].peer_url, urls))
			return true;
	return false;
}

/* How many of these voters are here; *count: how many there are. */
static size_t find_voters(const struct cluster *here, const bool only[], const char *voters,
			  size_t *count)
{
	size_t found = 0;

	*count = 0;
	for (const char *at = voters; *at;) {
		const size_t len = strcspn(at, " ");
		scoped(mem) char *urls = mem_printf("%.*s", (int)len, at);
		found += has_urls(here, only, urls);
		(*count)++;
		at += len + (at[len] == ' ');
	}
	return found;
}

bool cluster_is_voter(const char *voters, const struct member *m)
{
	const struct cluster one = { .count = 1, .members = { *m } };
	size_t all;

	return find_voters(&one, NULL, voters, &all) > 0;
}

bool cluster_can_serve(const struct cluster *here, const char *const voters[], const bool only[],
		       size_t count)
{
	size_t those = 0, all;
	bool known = false;

	for (size_t i = 0; i < here->count; i++) {
		if (only && !only[i])
			continue;
		those++;
		known |= voters[i] != NULL;
		if (voters[i] && find_voters(here, only, voters[i], &all) * 2 > all)
			return true;
	}
	return !known && those * 2 > count;
}

bool cluster_has_voters(const struct cluster *here, const char *const voters[])
{
	size_t all;

	for (size_t i = 0; i < here->count; i++)
		if (voters[i] && find_voters(here, NULL, voters[i], &all) < all)
			return false;
	return true;
}

static uint64_t first_bytes(const uint8_t sum[SHA1_SIZE])
{
	uint64_t id = 0;

	for (size_t i = 0; i < 8; i++)
		id = id << 8 | sum[i];
	return id;
}

uint64_t member_id(const struct member *member, const char *token)
{
	scoped(urls) struct urls urls = sorted_urls_of(member->peer_url);
	scoped(buf) struct buf text = BUF_INIT(SIZE_MAX / 4);
	uint8_t sum[SHA1_SIZE];

	for (size_t i = 0; i < urls.count; i++)
		buf_adds(&text, urls.list[i]);
	buf_adds(&text, token);
	digest_sha1(buf_str(&text), text.len, sum);
	return first_bytes(sum);
}

uint64_t cluster_id(const struct cluster *cluster, const char *token)
{
	uint64_t ids[CLUSTER_MEMBERS_MAX] = { 0 };
	uint8_t bytes[8 * CLUSTER_MEMBERS_MAX], sum[SHA1_SIZE];

	for (size_t i = 0; i < cluster->count; i++)
		ids[i] = member_id(&cluster->members[i], token);
	qsort(ids, cluster->count, sizeof(ids[0]), compare_id);
	for (size_t i = 0; i < cluster->count; i++)
		for (size_t k = 0; k < 8; k++)
			bytes[8 * i + k] = (uint8_t)(ids[i] >> (56 - 8 * k));
	digest_sha1(bytes, 8 * cluster->count, sum);
	return first_bytes(sum);
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

bool cluster_same_urls(const char *a, const char *b)
{
	scoped(urls) struct urls x = sorted_urls_of(a);
	scoped(urls) struct urls y = sorted_urls_of(b);

	for (size_t i = 0; i < x.count && i < y.count; i++)
		if (strcmp(x.list[i], y.list[i]) != 0)
			return false;
	return x.count == y.count;
}

int cluster_same_members(const struct cluster *a, const struct cluster *b, struct err *err)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct member *one = &a->members[i], *other = find_same(b, one);
		if (!other)
			return err_set(err, ERR_UNSAFE, "member %s is in one list only", one->name);
		if (!cluster_same_urls(one->peer_url, other->peer_url))
			return err_set(err, ERR_UNSAFE,
				       "member %s has peer URL %s in one list, %s in the other",
				       one->name, one->peer_url, other->peer_url);
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
