/*
 * browse_config: see browse_config.h.
 */
#include "plugin/browse_config.h"

#include "base/base64.h"
#include "base/json.h"
#include "etcd/apiserver_flags.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 256 * 1024 };

static void set_base64(struct arena *arena, struct tree *map, const char *key,
		       const struct buf *data)
{
	scoped(buf) struct buf text = BUF_SECRET(TEXT_MAX);

	base64_encode(data->data, data->len, true, &text);
	tree_set_string(arena, map, key, buf_str(&text));
}

/* kind: "cluster", "user", "context": a list of one. */
static void set_one(struct arena *arena, struct tree *top, const char *list, const char *kind,
		    const char *name, struct tree *what)
{
	struct tree *all = tree_list(arena), *one = tree_map(arena);

	tree_set_string(arena, one, "name", name);
	tree_set(arena, one, kind, what);
	tree_add(all, one);
	tree_set(arena, top, list, all);
}

/* JSON is YAML. */
static int write_text(const struct browse *browse, unsigned port, struct buf *out, struct err *err)
{
	struct arena *arena = arena_new();
	struct tree *top = tree_map(arena), *cluster = tree_map(arena), *user = tree_map(arena),
		    *context = tree_map(arena);

	tree_set_string(arena, cluster, "server",
			arena_printf(arena, "https://127.0.0.1:%u", port));
	set_base64(arena, cluster, "certificate-authority-data", &browse->certificate->ca);
	set_base64(arena, user, "client-certificate-data", &browse->certificate->cert);
	set_base64(arena, user, "client-key-data", &browse->certificate->key);
	tree_set_string(arena, context, "cluster", browse->name);
	tree_set_string(arena, context, "user", APISERVER_USER);
	tree_set_string(arena, top, "apiVersion", "v1");
	tree_set_string(arena, top, "kind", "Config");
	set_one(arena, top, "clusters", "cluster", browse->name, cluster);
	set_one(arena, top, "users", "user", APISERVER_USER, user);
	set_one(arena, top, "contexts", "context", browse->name, context);
	tree_set_string(arena, top, "current-context", browse->name);
	int failed = json_write(top, false, out, err);
	arena_wipe(arena);
	return failed;
}

char *browse_config_write(const struct browse *browse, unsigned port, struct err *err)
{
	scoped(buf) struct buf text = BUF_SECRET(TEXT_MAX);
	const char *given = browse->opts->write_kubeconfig, *folder = getenv("XDG_RUNTIME_DIR");

	if (!folder || access(folder, W_OK))
		folder = getenv("TMPDIR");
	char *path = given ? mem_strdup(given)
			   : mem_printf("%s/etcd-backup-browse-XXXXXX",
					folder && *folder ? folder : "/tmp");
	if (write_text(browse, port, &text, err)) {
		free(path);
		return NULL;
	}
	scoped(fd) int fd =
		given ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)
		      : mkostemp(path, O_CLOEXEC);
	if (fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len)
		return path;
	err_errno(err, ERR_FILE, "%s", path);
	if (fd >= 0)
		unlink(path);
	free(path);
	return NULL;
}
