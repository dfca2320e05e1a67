/*
 * etcd_db_meta: see etcd_db_meta.h.  Buckets: etcd server/storage/schema (meta.go, membership.go, alarm.go,
 * auth.go).
 */
#include "etcd/etcd_db_meta.h"

#include "base/json.h"
#include "etcd/etcd_alarm.h"
#include "etcd/proto.h"

#include <stdio.h>

enum { MEMBER_MAX = 64 * 1024, ID_DIGITS = 16 };

static int wrong(const struct bolt_entry *entry, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "\"%.*s\" has a value that etcd does not write",
		       entry->key.len < 64 ? (int)entry->key.len : 64,
		       (const char *)entry->key.data);
}

static int read_number(const struct bolt_entry *entry, uint64_t *out, struct err *err)
{
	uint64_t value;

	if (entry->value.len != sizeof(value))
		return wrong(entry, err);
	memcpy(&value, entry->value.data, sizeof(value));
	*out = be64toh(value);
	return 0;
}

static int read_compacted(const struct bolt_entry *entry, uint64_t *out, struct err *err)
{
	struct etcd_kv kv;

	if (etcd_revision_read(entry->value, &kv))
		return wrong(entry, err);
	if (kv.main > *out) /* scheduled, then finished: the later one is what the member says */
		*out = kv.main;
	return 0;
}

int etcd_db_meta(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err)
{
	if (bolt_is(entry->key, "consistent_index"))
		return read_number(entry, &facts->consistent_index, err);
	if (bolt_is(entry->key, "term"))
		return read_number(entry, &facts->term, err);
	if (bolt_is(entry->key, "finishedCompactRev") || bolt_is(entry->key, "scheduledCompactRev"))
		return read_compacted(entry, &facts->compact_revision, err);
	if (!bolt_is(entry->key, "storageVersion"))
		return 0;
	if (entry->value.len >= sizeof(facts->storage_version))
		return wrong(entry, err);
	if (entry->value.len)
		memcpy(facts->storage_version, entry->value.data, entry->value.len);
	facts->storage_version[entry->value.len] = '\0';
	return 0;
}

static bool join_urls(const struct tree *list, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (const struct tree *url = list ? list->first : NULL; url; url = url->next) {
		const char *text = tree_text(url);
		int n = snprintf(out + len, size - len, "%s%s", len ? "," : "", text ? text : "");
		if (!text || n < 0 || (size_t)n >= size - len)
			return false;
		len += (size_t)n;
	}
	return true;
}

static bool read_id(struct bolt_slice key, uint64_t *out)
{
	uint64_t id = 0;

	if (!key.len || key.len > ID_DIGITS)
		return false;
	for (size_t i = 0; i < key.len; i++) {
		uint8_t c = key.data[i];
		if (c >= '0' && c <= '9')
			id = id << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			id = id << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*out = id;
	return true;
}

/*
 * The id is a number of 64 bits without sign, for which jansson has no room; it stands first, and in
 * the key, too: here it becomes 0.
 */
static const struct tree *parse_member(struct arena *arena, struct bolt_slice value)
{
	static const char start[] = "{\"id\":";
	size_t at = sizeof(start) - 1;
	struct err ignored = ERR_INIT;
	char *text;

	if (value.len <= at || value.len > MEMBER_MAX)
		return NULL;
	text = arena_alloc(arena, value.len + 1);
	memcpy(text, value.data, value.len);
	if (!memcmp(text, start, at))
		for (; text[at] >= '0' && text[at] <= '9'; at++)
			text[at] = text[at + 1] >= '0' && text[at + 1] <= '9' ? ' ' : '0';
	return json_parse(arena, text, value.len, MEMBER_MAX, &ignored);
}

int etcd_db_member(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct etcd_member member = { 0 };
	const struct tree *tree = parse_member(arena, entry->value);
	const char *text;

	if (!tree || tree->kind != TREE_MAP || !read_id(entry->key, &member.id))
		return wrong(entry, err);
	text = tree_string(tree, "name");
	if (snprintf(member.name, sizeof(member.name), "%s", text ? text : "") >=
		    (int)sizeof(member.name) ||
	    !join_urls(tree_get(tree, "peerURLs"), member.peer_urls, sizeof(member.peer_urls)) ||
	    !join_urls(tree_get(tree, "clientURLs"), member.client_urls,
		       sizeof(member.client_urls)))
		return wrong(entry, err);
	text = tree_string(tree, "isLearner");
	member.learner = text && !strcmp(text, "true");
	facts->members_all++;
	if (facts->members.count < CLUSTER_MEMBERS_MAX)
		facts->members.list[facts->members.count++] = member;
	return 0;
}

/* The key is an etcdserverpb.AlarmMember, the value empty. */
int etcd_db_alarm(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err)
{
	static const char *const names[] = { "NONE", "NOSPACE", "CORRUPT" };
	struct proto message = proto_of(entry->key.data, entry->key.len);
	size_t len = strlen(facts->alarm_words);
	uint64_t member = 0, kind = 0;
	struct proto_field field;

	while (proto_next(&message, &field)) {
		if (field.number == 1 && field.type == 0)
			member = field.value;
		else if (field.number == 2 && field.type == 0)
			kind = field.value;
	}
	if (message.bad)
		return err_set(err, ERR_CORRUPT, "what should be an alarm is none");
	facts->alarms++;
	facts->alarm_kinds |= etcd_alarm_kind(kind);
	snprintf(facts->alarm_words + len, sizeof(facts->alarm_words) - len, "%s%s on %llx",
		 len ? "; " : "", kind < 3 ? names[kind] : "unknown", (unsigned long long)member);
	return 0;
}

int etcd_db_auth(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err)
{
	if (!bolt_is(entry->key, "authEnabled"))
		return 0;
	if (entry->value.len != 1)
		return wrong(entry, err);
	facts->auth = entry->value.data[0] == 1;
	return 0;
}
