/*
 * kube_stored: see kube_stored.h.
 */
#include "etcd/kube_stored.h"

#include "base/json.h"
#include "etcd/proto.h"

#include <string.h>

static const char magic[4] = { 'k', '8', 's', '\0' };

static int odd(struct err *err)
{
	return err_set(err, ERR_CONFIG, "an object of a form that is not known");
}

/* The last field of that number that is bytes; the last one counts, as in every protocol buffer. */
static bool find_bytes(const void *data, size_t len, unsigned number, struct proto_field *out)
{
	struct proto p = proto_of(data, len);
	struct proto_field f;
	bool found = false;

	while (proto_next(&p, &f))
		if (f.number == number && f.type == 2) {
			*out = f;
			found = true;
		}
	return found && !p.bad;
}

/* The object's own message; false: it is JSON, or nothing known. */
static bool find_raw(const char *value, size_t len, struct proto_field *raw)
{
	return len > sizeof(magic) && memcmp(value, magic, sizeof(magic)) == 0 &&
	       find_bytes(value + sizeof(magic), len - sizeof(magic), 2, raw);
}

static const struct tree *as_json(struct arena *arena, const char *value, size_t len,
				  struct err *err)
{
	if (len > 12 && memcmp(value, "k8s:enc:", 8) == 0) {
		err_set(err, ERR_CONFIG, "the object is encrypted");
		return NULL;
	}
	if (!len || value[0] != '{') {
		odd(err);
		return NULL;
	}
	return json_parse(arena, value, len, KUBE_STORED_MAX, err);
}

static int take_uid(const void *text, size_t len, char out[KUBE_UID_SIZE], struct err *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	char uid[KUBE_UID_SIZE] = "";

	if (!len || len >= sizeof(uid))
		return odd(err);
	memcpy(uid, text, len);
	if (strspn(uid, allowed) != len)
		return odd(err);
	memcpy(out, uid, sizeof(uid));
	return 0;
}

int kube_stored_uid(const void *value, size_t len, char out[KUBE_UID_SIZE], struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct proto_field raw, meta, uid;

	if (find_raw(value, len, &raw))
		return find_bytes(raw.data, raw.len, 1, &meta) &&
				       find_bytes(meta.data, meta.len, 5, &uid)
			       ? take_uid(uid.data, uid.len, out, err)
			       : odd(err);
	const struct tree *tree = as_json(arena, value, len, err);
	if (!tree)
		return -1;
	const struct tree *text = tree_at(tree, "metadata", "uid", NULL);
	return text && text->kind == TREE_STRING ? take_uid(text->text, text->len, out, err)
						 : odd(err);
}

/* A map<string, string> is a list of messages of a key (1) and a value (2). */
static int find_entry(const struct proto_field *raw, const char *key, struct proto_field *out)
{
	struct proto p = proto_of(raw->data, raw->len);
	struct proto_field f, name;

	while (proto_next(&p, &f))
		if (f.number == 2 && f.type == 2 && find_bytes(f.data, f.len, 1, &name) &&
		    name.len == strlen(key) && memcmp(name.data, key, name.len) == 0 &&
		    find_bytes(f.data, f.len, 2, out))
			return 0;
	return -1;
}

int kube_stored_config(const void *value, size_t len, const char *key, struct buf *out,
		       struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct proto_field raw, text;

	if (find_raw(value, len, &raw)) {
		if (find_entry(&raw, key, &text))
			return err_set(err, ERR_CONFIG, "the ConfigMap has no %s", key);
		return buf_add(out, text.data, text.len) ? odd(err) : 0;
	}
	const struct tree *tree = as_json(arena, value, len, err);
	if (!tree)
		return -1;
	const struct tree *found = tree_at(tree, "data", key, NULL);
	if (!found || found->kind != TREE_STRING)
		return err_set(err, ERR_CONFIG, "the ConfigMap has no %s", key);
	return buf_add(out, found->text, found->len) ? odd(err) : 0;
}
