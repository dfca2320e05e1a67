/*
 * api_resources: see api_resources.h.
 */
#include "etcd/api_resources.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DOCUMENT_MAX = 4 * 1024 * 1024 };

int api_resources_refused(const char *path, const struct http_answer *answer, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err ignored = ERR_INIT;
	const struct tree *status =
		json_parse(arena, buf_str(&answer->body), answer->body.len, DOCUMENT_MAX, &ignored);
	const char *kind = tree_string(status, "kind");
	bool is_status =
		kind && strcmp(kind, "Status") == 0; /* and no object, whose text is none of ours */
	const char *message = is_status ? tree_string(status, "message") : NULL;

	return err_set(err, ERR_KUBE, "%s: HTTP %ld%s%.300s", path, answer->status,
		       message ? ": " : "", message ? message : "");
}

static const struct tree *document(struct apiserver_client *client, struct arena *arena,
				   const char *path, bool list, uint64_t deadline, struct err *err)
{
	scoped(http_answer) struct http_answer answer = { 0 };

	if (list ? apiserver_list(client, path, deadline, &answer, err)
		 : apiserver_get(client, path, deadline, &answer, err))
		return NULL;
	if (answer.status != 200) {
		api_resources_refused(path, &answer, err);
		return NULL;
	}
	return json_parse(arena, buf_str(&answer.body), answer.body.len, DOCUMENT_MAX, err);
}

static bool can_list(const struct tree *resource)
{
	const struct tree *verbs = tree_get(resource, "verbs");

	for (const struct tree *at = verbs ? verbs->first : NULL; at; at = at->next)
		if (tree_text(at) && strcmp(tree_text(at), "list") == 0)
			return true;
	return false;
}

/* path: "/api/v1" or "/apis/GROUP/VERSION". */
static int read_group(struct apiserver_client *client, struct arena *arena, const char *group,
		      const char *path, uint64_t deadline, struct api_resources *out,
		      struct err *err)
{
	const struct tree *top = document(client, arena, path, false, deadline, err);
	const struct tree *list = tree_get(top, "resources");

	if (!top)
		return -1;
	for (const struct tree *at = list ? list->first : NULL; at; at = at->next) {
		const char *name = tree_string(at, "name");
		if (!name || strchr(name, '/') || !can_list(at) || out->count == API_RESOURCES_MAX)
			continue;
		const char *namespaced = tree_string(at, "namespaced");
		out->list[out->count++] = (struct api_resource){
			.name = name,
			.group = group,
			.path = arena_printf(arena, "%s/%s", path, name),
			.singular = tree_string(at, "singularName"),
			.kind = tree_string(at, "kind"),
			.shorts = tree_get(at, "shortNames"),
			.namespaced = namespaced && strcmp(namespaced, "true") == 0,
		};
	}
	return 0;
}

int api_resources_read(struct apiserver_client *client, struct arena *arena, uint64_t deadline,
		       struct api_resources *out, struct err *err)
{
	*out = (struct api_resources){
		.list = arena_alloc(arena, API_RESOURCES_MAX * sizeof(struct api_resource))
	};
	const struct tree *top = NULL;
	if (!read_group(client, arena, "", "/api/v1", deadline, out, err))
		top = document(client, arena, "/apis", false, deadline, err);
	const struct tree *groups = tree_get(top, "groups");
	for (const struct tree *at = groups ? groups->first : NULL; at; at = at->next) {
		const char *name = tree_string(at, "name");
		const char *version =
			tree_text(tree_at(at, "preferredVersion", "groupVersion", NULL));
		struct err silent = ERR_INIT;
		if (!name || !version)
			continue;
		if (!read_group(client, arena, name, arena_printf(arena, "/apis/%s", version),
				deadline, out, &silent))
			continue;
		if (silent.code != ERR_KUBE) {
			*err = silent;
			return -1;
		}
		out->silent = name;
	}
	return top ? 0 : -1;
}

static bool is_word(const char *text, const char *word, size_t len)
{
	return text && strncasecmp(text, word, len) == 0 && !text[len];
}

static bool is_called(const struct api_resource *one, const char *word, size_t len)
{
	bool found = is_word(one->name, word, len) || is_word(one->singular, word, len) ||
		     is_word(one->kind, word, len);

	for (const struct tree *at = one->shorts ? one->shorts->first : NULL; at; at = at->next)
		found |= is_word(tree_text(at), word, len);
	return found;
}

const struct api_resource *api_resources_find(const struct api_resources *resources,
					      const char *name)
{
	const char *dot = strchr(name, '.');
	size_t len = dot ? (size_t)(dot - name) : strlen(name);

	for (size_t i = 0; i < resources->count; i++) {
		const struct api_resource *one = &resources->list[i];
		if (is_called(one, name, len) && (!dot || strcmp(one->group, dot + 1) == 0))
			return one;
	}
	return NULL;
}

char *api_resources_path(const struct api_resource *resource, const char *space, const char *name)
{
	int base = (int)(strlen(resource->path) - strlen(resource->name));

	if (!resource->namespaced)
		return mem_printf("%s/%s", resource->path, name);
	return mem_printf("%.*snamespaces/%s/%s/%s", base, resource->path, space, resource->name,
			  name);
}

/* *more: how many there are behind the first one; -1 where it does not say so, though there are some. */
static int read_list(const struct tree *top, const char *path, size_t *first, int64_t *more,
		     struct err *err)
{
	const struct tree *metadata = tree_get(top, "metadata"), *items = tree_get(top, "items");
	const char *rest = tree_string(metadata, "remainingItemCount");
	const char *token = tree_string(metadata, "continue");
	uint64_t count = 0;

	if (!metadata || (rest && parse_uint(rest, UINT32_MAX, &count)))
		return err_set(err, ERR_KUBE, "%s: its list is not understood", path);
	*first = items ? tree_count(items) : 0;
	*more = !rest && token && *token ? -1 : (int64_t)count;
	return 0;
}

/* What stands before the first object: of built-in resources all that is to be known.  A new string; NULL: it is not there. */
static char *before_items(const char *text)
{
	static const char items[] = "\"items\":";
	const char *at = strstr(text, items);

	if (!at || !memmem(text, (size_t)(at - text), "\"metadata\"", 10))
		return NULL;
	at += sizeof(items) - 1;
	return mem_printf("%.*s%s}", (int)(at - text), text,
			  strncmp(at, "[]", 2) == 0 ? "[]" : "[0]");
}

/*
 * Before 1.21 lists of metadata do not say how many there are behind the first one.  Then the first object itself is sent; it may
 * be a Secret, and is not looked at.  Of custom resources the metadata stand behind it.
 */
static int count_whole(struct apiserver_client *client, struct arena *arena, const char *path,
		       uint64_t deadline, size_t *first, int64_t *more, struct err *err)
{
	scoped(http_answer) struct http_answer answer = { 0 };
	int failed = apiserver_get(client, path, deadline, &answer, err);

	if (!failed && answer.status != 200)
		return api_resources_refused(path, &answer, err);
	scoped(mem) char *head = failed ? NULL : before_items(buf_str(&answer.body));
	const char *text = head ? head : buf_str(&answer.body);
	const struct tree *top =
		failed ? NULL : json_parse(arena, text, strlen(text), DOCUMENT_MAX, err);
	if (answer.body.data)
		mem_wipe(answer.body.data, answer.body.len);
	return top ? read_list(top, path, first, more, err) : -1;
}

int api_resources_count(struct apiserver_client *client, struct api_resources *resources,
			const struct api_resource *resource, uint64_t revision, uint64_t deadline,
			uint64_t *count, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *path =
		mem_printf("%s?limit=1&resourceVersion=%llu&resourceVersionMatch=Exact",
			   resource->path, (unsigned long long)revision);
	int64_t more = -1;
	size_t first = 0;

	if (!resources->old) {
		const struct tree *top = document(client, arena, path, true, deadline, err);
		if (!top || read_list(top, resource->path, &first, &more, err))
			return -1;
		resources->old = more < 0;
	}
	if (more < 0 && count_whole(client, arena, path, deadline, &first, &more, err))
		return -1;
	if (more < 0)
		return err_set(err, ERR_KUBE, "%s: it does not say how many there are",
			       resource->path);
	*count = first + (uint64_t)more;
	return 0;
}
