/*
 * drill_snapshot: see drill_snapshot.h.
 */
#include "plugin/drill_snapshot.h"

#include <string.h>

enum { KEY_MAX = 128, COLONS = 5 };

/* "k8s:enc:aescbc:v1:key1" of what the API server encrypted; "" else. */
static size_t encryption_key(struct bolt_slice value)
{
	static const char prefix[] = "k8s:enc:";
	size_t colons = 0;

	if (value.len < sizeof(prefix) - 1 || memcmp(value.data, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	for (size_t i = 0; i < value.len && i < KEY_MAX; i++) {
		if (value.data[i] <= ' ' || value.data[i] > '~')
			return 0;
		if (value.data[i] == ':' && ++colons == COLONS)
			return i;
	}
	return 0;
}

/* Goes into a path as it is. */
static bool is_plain(struct bolt_slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789.-", word.data[i], 38))
			return false;
	return word.len != 0;
}

static char *text_of(struct arena *arena, struct bolt_slice word)
{
	return arena_strndup(arena, (const char *)word.data, word.len);
}

static int look_at(void *arg, const struct etcd_kv *kv, struct err *err)
{
	struct drill_snapshot *s = arg;
	struct object_name name;
	struct bolt_slice value;

	(void)err;
	object_name_of(kv->key, &name);
	if (s->secret_count == DRILL_SECRETS_MAX || !bolt_is(name.resource, "secrets") ||
	    name.group.len || !is_plain(name.space) || !is_plain(name.name) ||
	    !etcd_kv_value(kv, &value))
		return 0;
	size_t len = encryption_key(value);
	for (size_t i = 0; i < s->secret_count; i++)
		if (strlen(s->secrets[i].key) == len &&
		    memcmp(s->secrets[i].key, value.data, len) == 0)
			return 0;
	s->secrets[s->secret_count++] = (struct drill_secret){
		.namespace_ = text_of(s->arena, name.space),
		.name = text_of(s->arena, name.name),
		.key = text_of(s->arena, (struct bolt_slice){ value.data, len }),
	};
	return 0;
}

int drill_snapshot_look(void *arg, struct etcd_db *db, struct err *err)
{
	struct drill_snapshot *s = arg;

	if (etcd_db_hashkv(db, 0, &s->hash, err) ||
	    etcd_carried_read(db->map, s->arena, &s->carried, err))
		return -1;
	if (!s->objects_wanted)
		return 0;
	return etcd_objects_read(db, 0, &s->objects, err) ||
			       etcd_keys_each(db->keys, look_at, s, err)
		       ? -1
		       : 0;
}

void drill_snapshot_release(struct drill_snapshot *snapshot)
{
	etcd_objects_release(&snapshot->objects);
}

void drill_snapshot_scoped(struct drill_snapshot *snapshot)
{
	drill_snapshot_release(snapshot);
}
