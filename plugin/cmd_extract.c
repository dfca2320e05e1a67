/*
 * cmd_extract: one object of a snapshot, ready to apply.
 */
#include "base/json.h"
#include "etcd/api_resources.h"
#include "play/drill_api.h"
#include "plugin/browse.h"
#include "plugin/extract.h"
#include "plugin/print.h"

#include <string.h>

enum { ASK_MS = 60 * 1000, WORD_MAX = 256, OBJECT_MAX = 4 * 1024 * 1024 };

struct wanted {
	char resource[WORD_MAX], name[WORD_MAX];
	const char *space;
};

static int parse(const struct opts *opts, struct wanted *out, struct err *err)
{
	struct wanted space;

	out->space = opts->namespace_ ? opts->namespace_ : "default";
	scoped(mem) char *probe = mem_printf("n/%s", out->space);
	if (!extract_parse(opts->args[1], out->resource, out->name, WORD_MAX))
		return err_set(err, ERR_USAGE,
			       "\"%.80s\": want RESOURCE/NAME, as configmap/settings",
			       opts->args[1]);
	if (!extract_parse(probe, space.resource, space.name, WORD_MAX))
		return err_set(err, ERR_USAGE, "--namespace=%.80s: no name of a namespace",
			       out->space);
	return 0;
}

/* NULL: KUBE (no such resource, no such object), and what asking can say. */
static struct tree *fetch(struct apiserver_client *client, const struct wanted *want,
			  struct arena *arena, uint64_t deadline, struct err *err)
{
	scoped(http_answer) struct http_answer answer = { 0 };
	struct api_resources resources;

	if (api_resources_read(client, arena, deadline, &resources, err))
		return NULL;
	const struct api_resource *resource = api_resources_find(&resources, want->resource);
	if (!resource) {
		err_set(err, ERR_KUBE, "the snapshot's API has no resource \"%s\"", want->resource);
		return NULL;
	}
	scoped(mem) char *path = api_resources_path(resource, want->space, want->name);
	if (apiserver_get(client, path, deadline, &answer, err))
		return NULL;
	if (answer.status != 200) {
		api_resources_refused(path, &answer, err);
		return NULL;
	}
	const struct tree *object =
		json_parse(arena, buf_str(&answer.body), answer.body.len, OBJECT_MAX, err);
	mem_wipe(answer.body.data, answer.body.len);
	if (object && object->kind != TREE_MAP)
		err_set(err, ERR_KUBE, "%s: no object came", path);
	/* the arena is ours, and so is what stands in it */
	return object && object->kind == TREE_MAP ? (struct tree *)(uintptr_t)object : NULL;
}

static int look(struct browse *browse, struct err *err)
{
	struct arena *arena = arena_new();
	uint64_t deadline = deadline_sooner(browse->deadline, ASK_MS);
	struct wanted want;
	scoped(apiserver_client) struct apiserver_client *client =
		drill_api_client(&browse->plan->found.nodes[0], &browse->plan->ctx, deadline, err);
	enum output output = browse->opts->output == OUTPUT_JSON ? OUTPUT_JSON : OUTPUT_YAML;
	int failed = !client || parse(browse->opts, &want, err);
	struct tree *object = failed ? NULL : fetch(client, &want, arena, deadline, err);

	if (object)
		extract_strip(object);
	failed = !object || print_tree(object, output, err);
	arena_wipe(arena);
	return failed ? err_status(err->code) : 0;
}

int cmd_extract(const struct opts *opts, struct err *err)
{
	struct wanted want;

	return parse(opts, &want, err) ? err_status(err->code) : browse_run(opts, look, err);
}
