/*
 * static_pod: see static_pod.h.  Reading only; the edit of a manifest's text is in static_pod_edit.c.
 */
#include "etcd/static_pod.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct pod {
	struct arena *arena;
	const struct tree *spec;
	const struct tree *container;
};

static int find_container(struct arena *arena, const struct tree *tree, const char *name,
			  struct pod *pod, struct err *err)
{
	const struct tree *containers = tree_at(tree, "spec", "containers", NULL);

	*pod = (struct pod){ .arena = arena, .spec = tree_get(tree, "spec") };
	for (const struct tree *at = containers ? containers->first : NULL; at; at = at->next) {
		const char *called = tree_string(at, "name");
		if (called && strcmp(called, name) == 0)
			pod->container = at;
	}
	return pod->container
		       ? 0
		       : err_set(err, ERR_CONFIG, "the pod has no container called %s", name);
}

/* --flag=value or --flag value in one list of words; the last one counts, as for etcd itself. */
static const char *flag_in(const struct tree *words, const char *flag)
{
	const char *found = NULL;
	size_t len = strlen(flag);

	for (const struct tree *at = words ? words->first : NULL; at; at = at->next) {
		const char *word = tree_text(at);
		if (!word || word[0] != '-')
			continue;
		const char *name = word + (word[1] == '-' ? 2 : 1);
		if (strncmp(name, flag, len) != 0)
			continue;
		if (name[len] == '=')
			found = name + len + 1;
		else if (name[len] == '\0')
			found = at->next && tree_text(at->next) && tree_text(at->next)[0] != '-'
					? tree_text(at->next)
					: "true";
	}
	return found;
}

/* ETCD_INITIAL_ADVERTISE_PEER_URLS for initial-advertise-peer-urls. */
static const char *env_of(const struct pod *pod, const char *flag)
{
	char name[128] = "ETCD_";
	size_t n = 5;
	const struct tree *env = tree_get(pod->container, "env");

	for (const char *at = flag; *at && n < sizeof(name) - 1; at++)
		name[n++] = *at == '-' ? '_' : (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
	name[n] = '\0';
	for (const struct tree *at = env ? env->first : NULL; at; at = at->next) {
		const char *called = tree_string(at, "name");
		if (called && strcmp(called, name) == 0)
			return tree_string(at, "value");
	}
	return NULL;
}

static const char *flag_of(const struct pod *pod, const char *flag)
{
	const char *value = flag_in(tree_get(pod->container, "args"), flag);

	if (!value)
		value = flag_in(tree_get(pod->container, "command"), flag);
	if (!value)
		value = env_of(pod, flag);
	return arena_strdup(pod->arena, value);
}

/* The first of a comma separated list. */
static const char *first_of(struct arena *arena, const char *list)
{
	return list ? arena_strndup(arena, list, strcspn(list, ",")) : NULL;
}

static const struct tree *host_path(const struct pod *pod, const char *volume)
{
	const struct tree *volumes = tree_get(pod->spec, "volumes");

	for (const struct tree *at = volumes ? volumes->first : NULL; at; at = at->next) {
		const char *name = tree_string(at, "name");
		if (name && volume && strcmp(name, volume) == 0)
			return tree_at(at, "hostPath", "path", NULL);
	}
	return NULL;
}

/* Whether path is dir or below it, by whole components. */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0' || len == 1);
}

static bool sane_path(const char *path)
{
	if (path[0] != '/' || strlen(path) > 1024)
		return false;
	for (const char *at = path; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
		if (at[0] == '/' && at[1] == '.' && at[2] == '.' && (at[3] == '/' || !at[3]))
			return false;
	}
	return true;
}

/* What a path in the container is on the node: the mount with the longest mountPath decides. */
static int resolve(const struct pod *pod, const char *path, const char **out, struct err *err)
{
	const struct tree *mounts = tree_get(pod->container, "volumeMounts"), *best = NULL;
	size_t best_len = 0;

	*out = NULL;
	if (!path)
		return 0;
	if (!sane_path(path))
		return err_set(err, ERR_CONFIG, "\"%s\" is no absolute path without ..", path);
	for (const struct tree *at = mounts ? mounts->first : NULL; at; at = at->next) {
		const char *mount = tree_string(at, "mountPath");
		if (mount && is_below(path, mount) && strlen(mount) >= best_len) {
			best = at;
			best_len = strlen(mount);
		}
	}
	const char *host = best ? tree_text(host_path(pod, tree_string(best, "name"))) : NULL;
	const char *sub = best ? tree_string(best, "subPath") : NULL;
	if (!host)
		return err_set(err, ERR_CONFIG, "%s is on no hostPath volume of the pod", path);
	while (best_len > 1 && tree_string(best, "mountPath")[best_len - 1] == '/')
		best_len--;
	size_t host_len = strlen(host);
	while (host_len > 1 && host[host_len - 1] == '/')
		host_len--;
	*out = arena_printf(pod->arena, "%.*s%s%s%s", (int)host_len, host, sub ? "/" : "",
			    sub ? sub : "", path + best_len);
	if (!sane_path(*out))
		return err_set(err, ERR_CONFIG,
			       "%s is \"%s\" on the node: no absolute path without ..", path, *out);
	return 0;
}

/* "registry:5000/etcd:3.5.16-0" -> "3.5.16"; what has only a digest has no version. */
static const char *image_version(struct arena *arena, const char *image)
{
	const char *slash = image ? strrchr(image, '/') : NULL;
	const char *name = slash ? slash + 1 : image;
	const char *colon = name ? strchr(name, ':') : NULL;

	if (!colon || strchr(name, '@'))
		return NULL;
	size_t len = strspn(colon + 1, "v0123456789.");
	return len ? arena_strndup(arena, colon + 1, len) : NULL;
}

static bool is_true(const char *value)
{
	return value && (strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

static int read_paths(const struct pod *pod, struct member *m, struct err *err)
{
	m->data_flag = flag_of(pod, "data-dir");
	m->wal_flag = flag_of(pod, "wal-dir");
	if (!m->data_flag)
		return err_set(err, ERR_CONFIG, "etcd has no --data-dir");
	if (resolve(pod, m->data_flag, &m->data_dir, err))
		return err_in(err, "--data-dir");
	if (m->wal_flag && resolve(pod, m->wal_flag, &m->wal_dir, err))
		return err_in(err, "--wal-dir");
	if (resolve(pod, flag_of(pod, "trusted-ca-file"), &m->ca_file, err))
		return err_in(err, "--trusted-ca-file");
	if (resolve(pod, flag_of(pod, "cert-file"), &m->cert_file, err))
		return err_in(err, "--cert-file");
	if (resolve(pod, flag_of(pod, "key-file"), &m->key_file, err))
		return err_in(err, "--key-file");
	return 0;
}

int static_pod_member(struct arena *arena, const struct tree *tree, struct member *m,
		      struct err *err)
{
	struct pod pod;
	const char *text;

	if (find_container(arena, tree, "etcd", &pod, err))
		return -1;
	if (flag_of(&pod, "config-file"))
		return err_set(err, ERR_CONFIG,
			       "etcd reads a --config-file: its settings are not known here");
	m->name = flag_of(&pod, "name");
	if (!m->name || !*m->name) {
		err_set(err, ERR_CONFIG, "etcd has no --name");
		return err_hint(err, "give the member its name in "
				     "/etc/kubernetes/manifests/etcd.yaml, as kubeadm does");
	}
	m->peer_url = flag_of(&pod, "initial-advertise-peer-urls");
	if (!m->peer_url)
		return err_set(err, ERR_CONFIG, "etcd has no --initial-advertise-peer-urls");
	if (read_paths(&pod, m, err))
		return -1;
	m->client_url = first_of(arena, flag_of(&pod, "advertise-client-urls"));
	m->listen_client = first_of(arena, flag_of(&pod, "listen-client-urls"));
	m->metrics_url = first_of(arena, flag_of(&pod, "listen-metrics-urls"));
	m->initial_cluster = flag_of(&pod, "initial-cluster");
	m->token = flag_of(&pod, "initial-cluster-token");
	m->image = arena_strdup(arena, tree_string(pod.container, "image"));
	m->version = image_version(arena, m->image);
	text = flag_of(&pod, "quota-backend-bytes");
	if (text && parse_uint(text, UINT64_MAX / 2, &m->quota))
		return err_set(err, ERR_CONFIG, "--quota-backend-bytes=%s: no number of bytes",
			       text);
	text = flag_of(&pod, "feature-gates");
	m->corrupt_check = is_true(flag_of(&pod, "experimental-initial-corrupt-check")) ||
			   (text && strstr(text, "InitialCorruptCheck=true"));
	text = tree_text(tree_at(tree, "spec", "nodeName", NULL));
	if (text)
		m->node = arena_strdup(arena, text);
	text = tree_text(tree_at(tree, "status", "hostIP", NULL));
	if (text)
		m->address = arena_strdup(arena, text);
	return 0;
}

int static_pod_apiserver(struct arena *arena, const struct tree *tree, struct apiserver *api,
			 struct err *err)
{
	struct pod pod;
	struct err none = ERR_INIT;
	uint64_t port = 6443;

	if (find_container(arena, tree, "kube-apiserver", &pod, err))
		return -1;
	*api = (struct apiserver){ .etcd_servers = flag_of(&pod, "etcd-servers"),
				   .advertise_address = flag_of(&pod, "advertise-address") };
	const char *text = flag_of(&pod, "secure-port");
	if (text && parse_uint(text, 65535, &port))
		return err_set(err, ERR_CONFIG, "kube-apiserver --secure-port=%s: no port", text);
	api->port = (unsigned)port;
	api->version = image_version(arena, tree_string(pod.container, "image"));
	if (resolve(&pod, flag_of(&pod, "client-ca-file"), &api->ca_file, &none) ||
	    resolve(&pod, flag_of(&pod, "kubelet-client-certificate"), &api->client_cert, &none) ||
	    resolve(&pod, flag_of(&pod, "kubelet-client-key"), &api->client_key, &none))
		return err_set(err, ERR_CONFIG, "kube-apiserver: %s", none.text);
	return 0;
}

static bool url_is_local(const char *url, size_t len, const struct cluster *cluster)
{
	static const char *const local[] = { "//127.0.0.1:", "//localhost:", "//[::1]:" };
	char one[512];

	snprintf(one, sizeof(one), "%.*s", (int)len, url);
	for (size_t i = 0; i < 3; i++)
		if (strstr(one, local[i]))
			return true;
	for (size_t i = 0; i < cluster->count; i++) {
		const struct member *m = &cluster->members[i];
		if (m->client_url && strcmp(m->client_url, one) == 0)
			return true;
	}
	return false;
}

bool static_pod_etcd_is_local(const char *etcd_servers, const struct cluster *cluster)
{
	for (const char *at = etcd_servers ? etcd_servers : ""; *at;) {
		size_t len = strcspn(at, ",");
		if (!url_is_local(at, len, cluster))
			return false;
		at += len + (at[len] == ',');
	}
	return true;
}
