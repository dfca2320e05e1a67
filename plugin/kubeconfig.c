/*
 * kubeconfig: see kubeconfig.h.  Merging: the first file that names a context, cluster or user owns it whole; the
 * first that sets current-context wins; relative paths are relative to the file they stand in.
 */
#include "plugin/kubeconfig.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/tree.h"
#include "base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 32, FILE_SIZE_MAX = 8 * 1024 * 1024, PEM_MAX = 1024 * 1024 };

struct files {
	struct arena *arena;
	const char *paths[FILES_MAX];
	const struct tree *trees[FILES_MAX];
	size_t count;
};

static int read_file(const char *path, struct buf *out, struct err *err)
{
	if (!file_read_path(path, 0, out))
		return 0;
	return errno == EFBIG
		       ? err_set(err, ERR_CONFIG, "%s has more than %zu bytes", path, out->max)
		       : err_errno(err, ERR_CONFIG, "%s", path);
}

static int add_file(struct files *files, const char *path, bool needed, struct err *err)
{
	scoped(buf) struct buf text = BUF_SECRET(FILE_SIZE_MAX);

	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->paths[i], path) == 0)
			return 0;
	if (files->count == FILES_MAX)
		return err_set(err, ERR_CONFIG, "KUBECONFIG names more than %d files", FILES_MAX);
	if (!needed && access(path, F_OK) && errno == ENOENT)
		return 0;
	if (read_file(path, &text, err))
		return -1;
	const struct tree *tree =
		yaml_parse(files->arena, buf_str(&text), text.len, FILE_SIZE_MAX, err);
	if (!tree)
		return err_in(err, "%s", path);
	files->paths[files->count] = arena_strdup(files->arena, path);
	files->trees[files->count++] = tree;
	return 0;
}

static int add_files(struct files *files, const char *path, struct err *err)
{
	const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");

	if (path)
		return add_file(files, path, true, err);
	if (!list || !*list) {
		scoped(mem) char *own = mem_printf("%s/.kube/config", home ? home : "");
		return add_file(files, own, false, err);
	}
	while (*list) {
		size_t len = strcspn(list, ":");
		scoped(mem) char *one = mem_printf("%.*s", (int)len, list);
		if (len && add_file(files, one, false, err))
			return -1;
		list += len + (list[len] == ':');
	}
	return 0;
}

/*
 * The entry of that name in the first file that has one: its inner map, and which file.  A name that stands twice in
 * one file is refused, as kubectl does: nobody could say which of the two is meant.
 */
static const struct tree *find_entry(const struct files *files, const char *list, const char *inner,
				     const char *name, size_t *file, struct err *err)
{
	static const struct tree none = { .kind = TREE_NULL };
	const struct tree *found = NULL;

	for (size_t i = 0; name && !found && i < files->count; i++) {
		const struct tree *all = tree_get(files->trees[i], list);
		for (const struct tree *at = all ? all->first : NULL; at; at = at->next) {
			const char *called = tree_string(at, "name");
			if (!called || strcmp(called, name) != 0)
				continue;
			if (found) {
				err_set(err, ERR_CONFIG, "%s: %s \"%s\" is there twice",
					files->paths[i], inner, name);
				return NULL;
			}
			*file = i;
			found = tree_get(at, inner) ? tree_get(at, inner) : &none;
		}
	}
	if (!found)
		err_set(err, ERR_CONFIG, "%s \"%s\" does not exist", inner, name ? name : "");
	return found;
}

/* Base64 in several lines is one text, as Go's decoder has it; a space is none of it. */
static int decode_lines(const char *text, struct buf *out)
{
	scoped(buf) struct buf joined = BUF_SECRET(FILE_SIZE_MAX);

	while (*text) {
		size_t len = strcspn(text, "\r\n");
		if (buf_add(&joined, text, len))
			return -1;
		text += len;
		text += strspn(text, "\r\n");
	}
	return base64_decode(buf_str(&joined), joined.len, out);
}

/* Inline data in base64 beats a path. */
static int get_secret(const struct files *files, size_t file, const struct tree *map,
		      const char *data_key, const char *path_key, struct buf *out, struct err *err)
{
	const char *data = data_key ? tree_string(map, data_key) : NULL;
	const char *path = tree_string(map, path_key);
	const char *slash = strrchr(files->paths[file], '/');

	if (data && *data) {
		if (decode_lines(data, out))
			return err_set(err, ERR_CONFIG, "%s: %s is no base64", files->paths[file],
				       data_key);
		return 0;
	}
	if (!path || !*path)
		return 0;
	scoped(mem) char *whole = path[0] == '/' || !slash
					  ? mem_strdup(path)
					  : mem_printf("%.*s/%s", (int)(slash - files->paths[file]),
						       files->paths[file], path);
	return read_file(whole, out, err);
}

static int read_cluster(const struct files *files, struct kubeconfig *c, struct err *err)
{
	size_t file = 0;
	const struct tree *map = find_entry(files, "clusters", "cluster", c->cluster, &file, err);
	const char *skip = tree_string(map, "insecure-skip-tls-verify");

	if (!map)
		return -1;
	c->server = arena_strdup(c->arena, tree_string(map, "server"));
	if (!c->server ||
	    (strncmp(c->server, "https://", 8) != 0 && strncmp(c->server, "http://", 7) != 0))
		return err_set(err, ERR_CONFIG, "cluster \"%s\" has no server", c->cluster);
	c->tls_server_name = arena_strdup(c->arena, tree_string(map, "tls-server-name"));
	c->proxy_url = arena_strdup(c->arena, tree_string(map, "proxy-url"));
	c->skip_verify = skip && strcmp(skip, "true") == 0;
	return get_secret(files, file, map, "certificate-authority-data", "certificate-authority",
			  &c->ca, err);
}

static int read_user(const struct files *files, struct kubeconfig *c, struct err *err)
{
	size_t file = 0;
	const struct tree *map = find_entry(files, "users", "user", c->user, &file, err);
	bool plugin = tree_get(map, "exec") || tree_get(map, "auth-provider");
	const char *token;

	if (!map)
		return -1;
	if (plugin || tree_get(map, "username")) {
		err_set(err, ERR_CONFIG, "user \"%s\" logs in by a %s, which is not supported%s",
			c->user, plugin ? "credential plugin" : "password", plugin ? " yet" : "");
		return err_hint(err, "use a kubeconfig with a client certificate or a token, such "
				     "as /etc/kubernetes/admin.conf, or --nodes");
	}
	if (get_secret(files, file, map, "client-certificate-data", "client-certificate", &c->cert,
		       err) ||
	    get_secret(files, file, map, "client-key-data", "client-key", &c->key, err))
		return -1;
	token = tree_string(map, "token");
	if (token && *token) {
		buf_adds(&c->token, token);
		return 0;
	}
	if (get_secret(files, file, map, NULL, "tokenFile", &c->token, err))
		return -1;
	buf_trim(&c->token);
	return 0;
}

static int choose(const struct files *files, const char *context, struct kubeconfig *c,
		  struct err *err)
{
	size_t file = 0;

	for (size_t i = 0; !context && i < files->count; i++) {
		context = tree_string(files->trees[i], "current-context");
		if (context && !*context)
			context = NULL;
	}
	if (!context)
		return err_set(err, ERR_CONFIG,
			       files->count ? "no context is set in the kubeconfig"
					    : "no kubeconfig was found");
	const struct tree *map = find_entry(files, "contexts", "context", context, &file, err);
	if (!map)
		return -1;
	c->context = arena_strdup(c->arena, context);
	c->cluster = arena_strdup(c->arena, tree_string(map, "cluster"));
	c->user = arena_strdup(c->arena, tree_string(map, "user"));
	if (read_cluster(files, c, err))
		return -1;
	return read_user(files, c, err);
}

int kubeconfig_load(const char *path, const char *context, struct kubeconfig *out, struct err *err)
{
	struct kubeconfig c = { .arena = arena_new(),
				.ca = BUF_INIT(PEM_MAX),
				.cert = BUF_INIT(PEM_MAX),
				.key = BUF_SECRET(PEM_MAX),
				.token = BUF_SECRET(PEM_MAX) };
	struct files files = { .arena = arena_new() };
	int failed = add_files(&files, path, err) || choose(&files, context, &c, err);

	arena_wipe(files.arena); /* keys stood in it */
	if (failed) {
		kubeconfig_release(&c);
		return -1;
	}
	*out = c;
	return 0;
}

void kubeconfig_release(struct kubeconfig *c)
{
	buf_release(&c->ca);
	buf_release(&c->cert);
	buf_release(&c->key);
	buf_release(&c->token);
	arena_free(c->arena);
	c->arena = NULL;
}

void kubeconfig_scoped(struct kubeconfig *config)
{
	kubeconfig_release(config);
}
