/*
 * static_pod: see static_pod.h.  Reading only; the edit of a manifest's text is in static_pod_edit.c.
 */
#include "etcd/static_pod.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PATH_LONGEST = 1024, IMAGE_ID_LONGEST = 1024 };

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

static bool is_shell(const char *word)
{
	const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;

	return strcmp(name, "sh") == 0 || strcmp(name, "bash") == 0 || strcmp(name, "dash") == 0 ||
	       strcmp(name, "ash") == 0;
}

/* What a shell or a variable makes of the words cannot be told from the manifest. */
static int check_words(const struct pod *pod, const char *list, struct err *err)
{
	const struct tree *words = tree_get(pod->container, list);

	for (const struct tree *at = words ? words->first : NULL; at; at = at->next) {
		const char *word = tree_text(at);
		if (!word)
			return err_set(err, ERR_CONFIG, "etcd's %s has something that is no text",
				       list);
		if (at == words->first && is_shell(word))
			return err_set(err, ERR_CONFIG,
				       "etcd is started by %s: its flags cannot be read", word);
		if (strstr(word, "$("))
			return err_set(err, ERR_CONFIG,
				       "\"%s\" has a variable: its value is not known here", word);
	}
	return 0;
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

/* Whether path is dir or below it, by whole components; both are clean. */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strcmp(dir, "/") == 0 ||
	       (strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0'));
}

/* An absolute path without doubled slashes, "." and a slash at its end; NULL when it has "..", or is none. */
static char *clean_path(struct arena *arena, const char *path)
{
	char *clean = arena_alloc(arena, strlen(path) + 2);
	size_t n = 0;

	if (path[0] != '/' || strlen(path) > PATH_LONGEST)
		return NULL;
	for (const char *at = path; *at;) {
		size_t len = strcspn(at, "/");
		if (len == 2 && at[0] == '.' && at[1] == '.')
			return NULL;
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)at[i] < ' ' || at[i] == 0x7f)
				return NULL;
		if (len && !(len == 1 && at[0] == '.')) {
			clean[n++] = '/';
			memcpy(clean + n, at, len);
			n += len;
		}
		at += len + (at[len] == '/');
	}
	if (!n)
		clean[n++] = '/';
	return clean;
}

/* The mount with the longest path decides. */
static const struct tree *find_mount(const struct pod *pod, const char *path, const char **mount)
{
	const struct tree *mounts = tree_get(pod->container, "volumeMounts"), *best = NULL;

	for (const struct tree *at = mounts ? mounts->first : NULL; at; at = at->next) {
		const char *text = tree_string(at, "mountPath");
		const char *clean = text ? clean_path(pod->arena, text) : NULL;
		if (!clean || !is_below(path, clean) || (best && strlen(clean) < strlen(*mount)))
			continue;
		best = at;
		*mount = clean;
	}
	return best;
}

/* What a path in the container is on the node. */
static int resolve(const struct pod *pod, const char *given, const char **out, struct err *err)
{
	const char *mount = NULL, *sub = NULL, *host = NULL, *path, *rest;

	*out = NULL;
	if (!given)
		return 0;
	path = clean_path(pod->arena, given);
	if (!path)
		return err_set(err, ERR_CONFIG, "\"%s\" is no absolute path without ..", given);
	const struct tree *best = find_mount(pod, path, &mount);
	if (best) {
		host = tree_text(host_path(pod, tree_string(best, "name")));
		sub = tree_string(best, "subPath");
	}
	if (!host)
		return err_set(err, ERR_CONFIG, "%s is on no hostPath volume of the pod", path);
	if (tree_get(best, "subPathExpr") || (sub && sub[0] == '/'))
		return err_set(err, ERR_CONFIG,
			       "%s is on a volume with a subPath that is not known", path);
	rest = strcmp(mount, "/") == 0 ? path : path + strlen(mount);
	const char *whole = arena_printf(pod->arena, "%s/%s/%s", host, sub ? sub : "", rest);
	*out = clean_path(pod->arena, whole);
	if (!*out)
		return err_set(err, ERR_CONFIG,
			       "%s is \"%s\" on the node: no absolute path without ..", path,
			       whole);
	return 0;
}

/* "registry:5000/etcd:3.5.16-0" -> "3.5.16"; with a digest the tag says nothing. */
static const char *image_version(struct arena *arena, const char *image)
{
	const char *slash = image ? strrchr(image, '/') : NULL;
	const char *name = slash ? slash + 1 : image;
	const char *colon = name ? strchr(name, ':') : NULL;

	if (!colon || strchr(name, '@'))
		return NULL;
	const char *tag = colon + 1;
	size_t len = strspn(tag + (tag[0] == 'v'), "0123456789.");
	return len ? arena_strndup(arena, tag, len + (tag[0] == 'v')) : NULL;
}

/* Whether a feature gate is on in "A=true,B=false". */
static bool has_gate(const char *gates, const char *wanted)
{
	for (const char *at = gates ? gates : ""; *at;) {
		size_t len = strcspn(at, ",");
		if (len == strlen(wanted) && strncasecmp(at, wanted, len) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static bool is_true(const char *value)
{
	return value && (strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

/* What only some clusters have, and no restore needs: a path that is not known is none. */
static const char *resolve_if_known(const struct pod *pod, const char *flag)
{
	struct err ignored = ERR_INIT;
	const char *path = NULL;

	return resolve(pod, flag_of(pod, flag), &path, &ignored) ? NULL : path;
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
	/* no restore needs these */
	m->peer_ca_file = resolve_if_known(pod, "peer-trusted-ca-file");
	m->peer_cert_file = resolve_if_known(pod, "peer-cert-file");
	m->peer_key_file = resolve_if_known(pod, "peer-key-file");
	return 0;
}

static int read_names(const struct pod *pod, struct member *m, struct err *err)
{
	m->name = flag_of(pod, "name");
	if (!m->name || !*m->name) {
		err_set(err, ERR_CONFIG, "etcd has no --name");
		return err_hint(err, "give the member its name in "
				     "/etc/kubernetes/manifests/etcd.yaml, as kubeadm does");
	}
	m->peer_url = flag_of(pod, "initial-advertise-peer-urls");
	if (!m->peer_url)
		return err_set(err, ERR_CONFIG, "etcd has no --initial-advertise-peer-urls");
	return 0;
}

static int read_settings(const struct pod *pod, struct member *m, struct err *err)
{
	const char *quota = flag_of(pod, "quota-backend-bytes");

	m->client_url = first_of(pod->arena, flag_of(pod, "advertise-client-urls"));
	m->listen_client = first_of(pod->arena, flag_of(pod, "listen-client-urls"));
	m->metrics_url = first_of(pod->arena, flag_of(pod, "listen-metrics-urls"));
	m->initial_cluster = flag_of(pod, "initial-cluster");
	m->token = flag_of(pod, "initial-cluster-token");
	m->image = arena_strdup(pod->arena, tree_string(pod->container, "image"));
	m->version = image_version(pod->arena, m->image);
	if (m->version && m->version[0] == 'v')
		m->version++;
	m->corrupt_check = is_true(flag_of(pod, "experimental-initial-corrupt-check")) ||
			   has_gate(flag_of(pod, "feature-gates"), "InitialCorruptCheck=true");
	m->quota = 0;
	if (quota && quota[0] == '-')
		m->quota = INT64_MAX; /* etcd takes a negative one for none at all */
	else if (quota && parse_uint(quota, INT64_MAX, &m->quota))
		return err_set(err, ERR_CONFIG, "--quota-backend-bytes=%s: no number of bytes",
			       quota);
	return 0;
}

static bool is_image_id(const char *text)
{
	size_t len = strlen(text);

	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at > '~')
			return false;
	return len && len <= IMAGE_ID_LONGEST;
}

/* "registry.k8s.io/etcd@sha256:...", or an id of the node's own when the image was loaded there */
static const char *running_image(struct arena *arena, const struct tree *tree)
{
	const struct tree *list = tree_at(tree, "status", "containerStatuses", NULL);

	for (const struct tree *at = list ? list->first : NULL; at; at = at->next) {
		const char *name = tree_string(at, "name"), *id = tree_string(at, "imageID");
		if (name && id && is_image_id(id) && strcmp(name, "etcd") == 0)
			return arena_strdup(arena, id);
	}
	return NULL;
}

int static_pod_member(struct arena *arena, const struct tree *tree, struct member *member,
		      struct err *err)
{
	struct member m = *member;
	struct pod pod;

	if (find_container(arena, tree, "etcd", &pod, err) || check_words(&pod, "command", err) ||
	    check_words(&pod, "args", err))
		return -1;
	if (flag_of(&pod, "config-file"))
		return err_set(err, ERR_CONFIG,
			       "etcd reads a --config-file: its settings are not known here");
	if (read_names(&pod, &m, err) || read_paths(&pod, &m, err) || read_settings(&pod, &m, err))
		return -1;
	const char *node = tree_text(tree_at(tree, "spec", "nodeName", NULL));
	const char *address = tree_text(tree_at(tree, "status", "hostIP", NULL));
	if (node)
		m.node = arena_strdup(arena, node);
	if (address)
		m.address = arena_strdup(arena, address);
	const char *image_id = running_image(arena, tree);
	if (image_id)
		m.image_id = image_id;
	*member = m;
	return 0;
}

static void read_scratch(const struct pod *pod, struct apiserver *api)
{
	api->etcd_ca = resolve_if_known(pod, "etcd-cafile");
	api->etcd_cert = resolve_if_known(pod, "etcd-certfile");
	api->etcd_key = resolve_if_known(pod, "etcd-keyfile");
	api->etcd_prefix = flag_of(pod, "etcd-prefix");
	api->service_range = flag_of(pod, "service-cluster-ip-range");
	api->feature_gates = flag_of(pod, "feature-gates");
	api->runtime_config = flag_of(pod, "runtime-config");
	api->insecure_port = flag_of(pod, "insecure-port") != NULL;
}

int static_pod_apiserver(struct arena *arena, const struct tree *tree, struct apiserver *out,
			 struct err *err)
{
	struct apiserver api = { 0 };
	struct pod pod;
	uint64_t port = 6443;

	if (find_container(arena, tree, "kube-apiserver", &pod, err))
		return -1;
	api.etcd_servers = flag_of(&pod, "etcd-servers");
	api.advertise_address = flag_of(&pod, "advertise-address");
	const char *text = flag_of(&pod, "secure-port");
	if (text && (parse_uint(text, 65535, &port) || !port))
		return err_set(err, ERR_CONFIG, "kube-apiserver --secure-port=%s: no port", text);
	api.port = (unsigned)port;
	api.version = image_version(arena, tree_string(pod.container, "image"));
	if (resolve(&pod, flag_of(&pod, "client-ca-file"), &api.ca_file, err) ||
	    resolve(&pod, flag_of(&pod, "kubelet-client-certificate"), &api.client_cert, err) ||
	    resolve(&pod, flag_of(&pod, "kubelet-client-key"), &api.client_key, err))
		return err_in(err, "kube-apiserver");
	api.front_proxy_ca = resolve_if_known(&pod, "requestheader-client-ca-file");
	api.token_key = resolve_if_known(&pod, "service-account-key-file");
	api.encrypts = flag_of(&pod, "encryption-provider-config") != NULL;
	api.encryption_config = resolve_if_known(&pod, "encryption-provider-config");
	read_scratch(&pod, &api);
	*out = api;
	return 0;
}

/* The host of "https://host:port", without brackets. */
static void host_of(const char *url, size_t len, char *out, size_t size)
{
	const char *end = url + len, *at = memmem(url, len, "://", 3), *stop;

	at = at ? at + 3 : url;
	if (at < end && *at == '[') {
		at++;
		stop = memchr(at, ']', (size_t)(end - at));
	} else {
		stop = memchr(at, ':', (size_t)(end - at));
	}
	snprintf(out, size, "%.*s", (int)((stop ? stop : end) - at), at);
}

static bool url_is_local(const char *url, size_t len, const struct cluster *cluster)
{
	static const char *const local[] = { "127.0.0.1", "localhost", "::1" };
	char host[256], other[256];

	host_of(url, len, host, sizeof(host));
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (strcmp(host, local[i]) == 0)
			return true;
	for (size_t i = 0; i < cluster->count; i++) {
		const struct member *m = &cluster->members[i];
		if (m->address && strcmp(host, m->address) == 0)
			return true;
		if (!m->client_url)
			continue;
		host_of(m->client_url, strlen(m->client_url), other, sizeof(other));
		if (strcmp(host, other) == 0)
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
	return etcd_servers && *etcd_servers;
}
