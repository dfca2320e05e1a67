/*
 * control_files: see control_files.h.
 */
#include "plugin/control_files.h"

#include "etcd/kube_stored.h"
#include "snapshot/tar_join.h"

#include <string.h>

#define FOLDER "/etc/kubernetes"
#define KUBELET "/var/lib/kubelet/config.yaml"

enum { LIST_MAX = 256 * 1024, PATHS_MAX = 48 };

/* Paths on the node without the slash in front, as tar is given them. */
struct paths {
	struct arena *arena;
	const char *list[PATHS_MAX];
	size_t count;
};

void control_files_init(struct control_files *files)
{
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		files->archives[i] = (struct buf)BUF_SECRET(CONTROL_FILES_MAX);
	memset(files->left_out, 0, sizeof(files->left_out));
	files->kubeadm = (struct buf)BUF_SECRET(KUBEADM_CONFIG_MAX);
}

void control_files_release(struct control_files *files)
{
	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++)
		buf_release(&files->archives[i]);
	buf_release(&files->kubeadm);
}

static int add_path(struct paths *paths, const char *path, struct err *err)
{
	if (paths->count == PATHS_MAX)
		return err_set(err, ERR_REMOTE, "more than %d files in " FOLDER, PATHS_MAX);
	paths->list[paths->count++] = arena_strdup(paths->arena, path + 1);
	return 0;
}

static bool has_path(const struct paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->count; i++) {
		size_t len = strlen(paths->list[i]);
		if (strncmp(path + 1, paths->list[i], len) == 0 &&
		    (path[1 + len] == '/' || !path[1 + len]))
			return true;
	}
	return false;
}

static bool is_wanted(const char *name)
{
	size_t len = strlen(name);

	return strcmp(name, "pki") == 0 || strcmp(name, "manifests") == 0 ||
	       (len > 5 && strcmp(name + len - 5, ".conf") == 0);
}

/* Not all of the folder: kubeadm and restores keep old data beside the rest. */
static int find_in_folder(struct node *node, uint64_t deadline, struct paths *paths,
			  struct err *err)
{
	scoped(buf) struct buf names = BUF_INIT(LIST_MAX);

	if (node_run(node, argv("ls", "-A", "--", FOLDER), deadline, &names, err))
		return -1;
	for (const char *at = buf_str(&names); *at;) {
		size_t len = strcspn(at, "\n");
		const char *name = arena_strndup(paths->arena, at, len);
		if (is_wanted(name) &&
		    add_path(paths, arena_printf(paths->arena, FOLDER "/%s", name), err))
			return -1;
		at += len + (at[len] == '\n');
	}
	if (!has_path(paths, FOLDER "/pki"))
		return err_set(err, ERR_REMOTE, FOLDER "/pki is not there");
	return 0;
}

static int find_others(struct node *node, const struct apiserver *api, uint64_t deadline,
		       struct paths *paths, struct err *err)
{
	bool there;

	if (node_exists(node, KUBELET, deadline, &there, err) ||
	    (there && add_path(paths, KUBELET, err)))
		return -1;
	if (!api->encrypts)
		return 0;
	if (!api->encryption_config)
		return err_set(err, ERR_CONFIG,
			       "kube-apiserver's --encryption-provider-config is on no hostPath "
			       "volume of its pod");
	return has_path(paths, api->encryption_config)
		       ? 0
		       : add_path(paths, api->encryption_config, err);
}

/* What a link leads to is what is needed, so links are followed. */
static int archive(struct node *node, const struct paths *paths, uint64_t deadline, struct buf *out,
		   struct err *err)
{
	static const char *const head[] = { "tar",
					    "-c",
					    "--format=ustar",
					    "--numeric-owner",
					    "--dereference",
					    "--hard-dereference",
					    "-C",
					    "/",
					    "--" };
	enum { HEAD = sizeof(head) / sizeof(head[0]) };
	const char *args[HEAD + PATHS_MAX + 1] = { NULL };

	memcpy(args, head, sizeof(head));
	memcpy(args + HEAD, paths->list, paths->count * sizeof(paths->list[0]));
	return node_run(node, args, deadline, out, err);
}

int control_files_read(struct node *node, const struct found_node *found, uint64_t deadline,
		       struct control_files *files, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct paths paths = { .arena = arena };

	if (find_in_folder(node, deadline, &paths, err) ||
	    find_others(node, &found->api, deadline, &paths, err) ||
	    archive(node, &paths, deadline, &files->archives[node->index], err))
		return err_in(err, "cannot read the control plane's files");
	return 0;
}

int control_files_kubeadm(struct etcd_client *client, uint64_t deadline,
			  struct control_files *files, struct err *err)
{
	scoped(buf) struct buf value = BUF_INIT(KUBE_STORED_MAX);
	bool found = false;

	if (etcd_value(client, KUBEADM_CONFIG_KEY, deadline, &value, &found, err))
		return -1;
	if (!found)
		return err_set(err, ERR_ETCD, "%s is not there", KUBEADM_CONFIG_KEY);
	return kube_stored_config(value.data, value.len, "ClusterConfiguration", &files->kubeadm,
				  err);
}

int control_files_write(const struct control_files *files, const struct node nodes[], size_t count,
			struct sink *to, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!files->left_out[i] && tar_join_add(to, nodes[i].name, files->archives[i].data,
							files->archives[i].len, err))
			return err_in(err, "%s", nodes[i].name);
	if (files->kubeadm.len && tar_join_file(to, "kubeadm-config.yaml", files->kubeadm.data,
						files->kubeadm.len, now_unix(), err))
		return -1;
	return tar_join_end(to, err) || sink_end(to, err) ? -1 : 0;
}
