/*
 * test_static_pod: manifests as kubeadm writes them and as people change them, to members and API servers.
 */
#include "base/test/check.h"
#include "base/yaml.h"
#include "etcd/static_pod.h"

/* A pod with the given words of command, volumeMounts and volumes in flow style. */
#define POD(words, mounts, volumes, more)                                                      \
	"apiVersion: v1\nkind: Pod\nmetadata:\n  name: etcd\nspec:\n  containers:\n"           \
	"  - name: etcd\n    image: registry.k8s.io/etcd:3.5.16-0\n    command: [" words "]\n" \
	"    volumeMounts: [" mounts "]\n" more "  volumes: [" volumes "]\n"
#define NEEDED "etcd, --name=a, '--initial-advertise-peer-urls=https://10.0.0.1:2380'"
#define MOUNT "{name: data, mountPath: /var/lib/etcd}"
#define VOLUME "{name: data, hostPath: {path: /var/lib/etcd-backup}}"
#define SIMPLE(words) POD(NEEDED ", --data-dir=/var/lib/etcd, " words, MOUNT, VOLUME, "")

static const char kubeadm[] =
	"apiVersion: v1\n"
	"kind: Pod\n"
	"metadata:\n"
	"  annotations:\n"
	"    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.0.0.11:2379\n"
	"  creationTimestamp: null\n"
	"  labels:\n"
	"    component: etcd\n"
	"    tier: control-plane\n"
	"  name: etcd\n"
	"  namespace: kube-system\n"
	"spec:\n"
	"  containers:\n"
	"  - command:\n"
	"    - etcd\n"
	"    - --advertise-client-urls=https://10.0.0.11:2379\n"
	"    - --cert-file=/etc/kubernetes/pki/etcd/server.crt\n"
	"    - --client-cert-auth=true\n"
	"    - --data-dir=/var/lib/etcd\n"
	"    - --experimental-initial-corrupt-check=true\n"
	"    - --initial-advertise-peer-urls=https://10.0.0.11:2380\n"
	"    - --initial-cluster=cp-1=https://10.0.0.11:2380\n"
	"    - --key-file=/etc/kubernetes/pki/etcd/server.key\n"
	"    - --listen-client-urls=https://127.0.0.1:2379,https://10.0.0.11:2379\n"
	"    - --listen-metrics-urls=http://127.0.0.1:2381\n"
	"    - --name=cp-1\n"
	"    - --peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt\n"
	"    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt\n"
	"    image: registry.k8s.io/etcd:3.5.16-0\n"
	"    name: etcd\n"
	"    volumeMounts:\n"
	"    - mountPath: /var/lib/etcd\n"
	"      name: etcd-data\n"
	"    - mountPath: /etc/kubernetes/pki/etcd\n"
	"      name: etcd-certs\n"
	"  hostNetwork: true\n"
	"  volumes:\n"
	"  - hostPath:\n"
	"      path: /etc/kubernetes/pki/etcd\n"
	"      type: DirectoryOrCreate\n"
	"    name: etcd-certs\n"
	"  - hostPath:\n"
	"      path: /var/lib/etcd\n"
	"      type: DirectoryOrCreate\n"
	"    name: etcd-data\n"
	"status: {}\n";

static int read_pod(struct arena *arena, const char *text, struct member *member, struct err *err)
{
	const struct tree *pod = yaml_parse(arena, text, strlen(text), MANIFEST_MAX, err);

	*err = ERR_INIT;
	*member = (struct member){ .node = "before", .address = "before" };
	CHECK(pod != NULL);
	return pod ? static_pod_member(arena, pod, member, err) : -1;
}

static void test_kubeadm(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct member m;
	struct err err;

	CHECK_INT(read_pod(arena, kubeadm, &m, &err), 0);
	CHECK_STR(m.name, "cp-1");
	CHECK_STR(m.peer_url, "https://10.0.0.11:2380");
	CHECK_STR(m.client_url, "https://10.0.0.11:2379");
	CHECK_STR(m.listen_client, "https://127.0.0.1:2379");
	CHECK_STR(m.metrics_url, "http://127.0.0.1:2381");
	CHECK_STR(m.ca_file, "/etc/kubernetes/pki/etcd/ca.crt");
	CHECK_STR(m.cert_file, "/etc/kubernetes/pki/etcd/server.crt");
	CHECK_STR(m.key_file, "/etc/kubernetes/pki/etcd/server.key");
	CHECK_STR(m.peer_cert_file, "/etc/kubernetes/pki/etcd/peer.crt");
	CHECK_STR(m.data_flag, "/var/lib/etcd");
	CHECK_STR(m.data_dir, "/var/lib/etcd");
	CHECK_STR(m.wal_dir, NULL);
	CHECK_STR(m.version, "3.5.16");
	CHECK_STR(m.initial_cluster, "cp-1=https://10.0.0.11:2380");
	CHECK_STR(m.token, NULL);
	CHECK_STR(m.node, "before"); /* a file does not say it */
	CHECK(m.corrupt_check);
	CHECK_INT(m.quota, 0);
}

static void test_forms(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct member m;
	struct err err;

	/* --flag value, -flag, the last one counts, env */
	CHECK_INT(read_pod(arena,
			   POD("etcd, --name, b, -data-dir, /var/lib/etcd, --name=c", MOUNT, VOLUME,
			       "    args: [--quota-backend-bytes=8589934592]\n"
			       "    env: [{name: ETCD_INITIAL_ADVERTISE_PEER_URLS, value: "
			       "'http://x:1'}, {name: ETCD_NAME, value: no}]\n"
			       "  nodeName: cp-9\n"),
			   &m, &err),
		  0);
	CHECK_STR(m.name, "c");
	CHECK_STR(m.peer_url, "http://x:1");
	CHECK_INT(m.quota, 8589934592);
	CHECK_STR(m.node, "cp-9");
	CHECK_STR(m.data_dir, "/var/lib/etcd-backup");
	CHECK(!m.corrupt_check);

	/* args go over command */
	CHECK_INT(read_pod(arena,
			   POD(NEEDED ", --data-dir=/nowhere", MOUNT, VOLUME,
			       "    args: [--data-dir=/var/lib/etcd/x]\n"),
			   &m, &err),
		  0);
	CHECK_STR(m.data_dir, "/var/lib/etcd-backup/x");
}

static void test_corrupt_check(void)
{
	static const struct {
		const char *pod;
		bool on;
	} cases[] = {
		{ SIMPLE("--feature-gates=InitialCorruptCheck=true"), true },
		{ SIMPLE("'--feature-gates=A=true,InitialCorruptCheck=true,B=false'"), true },
		{ SIMPLE("--feature-gates=InitialCorruptCheck=false"), false },
		{ SIMPLE("--feature-gates=NotInitialCorruptCheck=true"), false },
		{ SIMPLE("--experimental-initial-corrupt-check"), true },
		{ SIMPLE("--experimental-initial-corrupt-check=false"), false },
	};
	scoped(arena) struct arena *arena = arena_new();
	struct member m;
	struct err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(read_pod(arena, cases[i].pod, &m, &err), 0);
		CHECK_INT(m.corrupt_check, cases[i].on);
	}
}

static const struct {
	const char *pod, *data_dir; /* NULL: refused */
} paths[] = {
	{ SIMPLE("--x"), "/var/lib/etcd-backup" },
	{ POD(NEEDED ", --data-dir=/var/lib/etcd/", MOUNT, VOLUME, ""), "/var/lib/etcd-backup" },
	{ POD(NEEDED ", --data-dir=/var//lib/./etcd/a", MOUNT, VOLUME, ""),
	  "/var/lib/etcd-backup/a" },
	{ POD(NEEDED ", --data-dir=/var/lib/etcd2", MOUNT, VOLUME, ""), NULL },
	{ POD(NEEDED ", --data-dir=/var/lib/etcd/../x", MOUNT, VOLUME, ""), NULL },
	{ POD(NEEDED ", --data-dir=default.etcd", MOUNT, VOLUME, ""), NULL },
	/* the longest mount, whatever the order; a mount that ends in a slash */
	{ POD(NEEDED ", --data-dir=/var/lib/etcd/db",
	      MOUNT ", {name: deep, mountPath: /var/lib/etcd/db/}",
	      VOLUME ", {name: deep, hostPath: {path: /mnt/}}", ""),
	  "/mnt" },
	{ POD(NEEDED ", --data-dir=/var/lib/etcd/db",
	      "{name: deep, mountPath: /var/lib/etcd/db}, " MOUNT,
	      VOLUME ", {name: deep, hostPath: {path: /mnt}}", ""),
	  "/mnt" },
	/* the deeper one is no hostPath: the shallower must not be taken instead */
	{ POD(NEEDED ", --data-dir=/var/lib/etcd/db",
	      MOUNT ", {name: deep, mountPath: /var/lib/etcd/db}",
	      VOLUME ", {name: deep, emptyDir: {}}", ""),
	  NULL },
	{ POD(NEEDED ", --data-dir=/var/lib/etcd", "{name: data, mountPath: /}", VOLUME, ""),
	  "/var/lib/etcd-backup/var/lib/etcd" },
	{ POD(NEEDED ", --data-dir=/d/x", "{name: data, mountPath: /d}",
	      "{name: data, hostPath: {path: /}}", ""),
	  "/x" },
	{ POD(NEEDED ", --data-dir=/d/x", "{name: data, mountPath: /d, subPath: s/t}", VOLUME, ""),
	  "/var/lib/etcd-backup/s/t/x" },
	{ POD(NEEDED ", --data-dir=/d", "{name: data, mountPath: /d, subPath: ../t}", VOLUME, ""),
	  NULL },
	{ POD(NEEDED ", --data-dir=/d", "{name: data, mountPath: /d, subPath: /t}", VOLUME, ""),
	  NULL },
	{ POD(NEEDED ", --data-dir=/d", "{name: data, mountPath: /d, subPathExpr: t}", VOLUME, ""),
	  NULL },
	{ POD(NEEDED ", --data-dir=/d", "{name: absent, mountPath: /d}", VOLUME, ""), NULL },
	{ POD(NEEDED ", --data-dir=/d", "{name: data, mountPath: /d}",
	      "{name: data, hostPath: {path: relative}}", ""),
	  NULL },
	{ POD(NEEDED ", --data-dir=/d", "{name: data, mountPath: /d}",
	      "{name: data, hostPath: {path: /a/../b}}", ""),
	  NULL },
};

static void test_paths(void)
{
	scoped(arena) struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct member m;
		struct err err;
		int failed = read_pod(arena, paths[i].pod, &m, &err);
		CHECK_INT(failed, paths[i].data_dir ? 0 : -1);
		CHECK_STR(m.data_dir, paths[i].data_dir);
		CHECK_INT(err.code, paths[i].data_dir ? ERR_NONE : ERR_CONFIG);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *pod, *words;
	} cases[] = {
		{ "kind: Pod\nspec:\n  containers:\n  - name: other\n",
		  "no container called etcd" },
		{ "kind: Pod\n", "no container called etcd" },
		{ "[]", "no container called etcd" },
		{ POD("etcd, --data-dir=/var/lib/etcd", MOUNT, VOLUME, ""), "no --name" },
		{ POD(NEEDED, MOUNT, VOLUME, ""), "no --data-dir" },
		{ POD("etcd, --name=a, --data-dir=/var/lib/etcd", MOUNT, VOLUME, ""),
		  "no --initial-advertise-peer-urls" },
		{ SIMPLE("--config-file=/etc/etcd.conf"), "--config-file" },
		{ SIMPLE("--quota-backend-bytes=much"), "no number of bytes" },
		{ SIMPLE("--wal-dir=/wal"), "--wal-dir: /wal is on no hostPath" },
		{ SIMPLE("--cert-file=/x/server.crt"), "--cert-file: " },
		{ SIMPLE("--key-file=/x/server.key"), "--key-file: " },
		{ SIMPLE("--trusted-ca-file=/x/ca.crt"), "--trusted-ca-file: " },
		{ SIMPLE("\"--trusted-ca-file=/var/lib/etcd/\\a\""), "--trusted-ca-file: " },
		{ SIMPLE("'--name=$(NODE)'"), "has a variable" },
		{ POD("/bin/sh, -c, 'etcd --name=a'", MOUNT, VOLUME, ""), "started by /bin/sh" },
		{ POD("[etcd]", MOUNT, VOLUME, ""), "no text" },
	};
	scoped(arena) struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct member m;
		struct err err;
		CHECK_INT(read_pod(arena, cases[i].pod, &m, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, cases[i].words);
		CHECK_STR(m.name, NULL); /* untouched */
	}
}

/* Not needed to run it: where its certificate for peers is, and a quota that is none. */
static void test_odd(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct member m;
	struct err err;

	CHECK_INT(read_pod(arena, SIMPLE("--peer-cert-file=/x/peer.crt"), &m, &err), 0);
	CHECK_STR(m.peer_cert_file, NULL);
	CHECK_INT(read_pod(arena, SIMPLE("--quota-backend-bytes=-1"), &m, &err), 0);
	CHECK_INT(m.quota, INT64_MAX);
	/* as the API has it */
	CHECK_INT(read_pod(arena, SIMPLE("--log-level=info") "status: {hostIP: 10.0.0.7}\n", &m,
			   &err),
		  0);
	CHECK_STR(m.address, "10.0.0.7");
}

static void test_image(void)
{
	static const struct {
		const char *image, *version;
	} cases[] = {
		{ "registry.k8s.io/etcd:3.5.16-0", "3.5.16" },
		{ "localhost:5000/etcd:v3.6.5", "3.6.5" },
		{ "localhost:5000/etcd", NULL },
		{ "etcd:latest", NULL },
		{ "etcd@sha256:0123", NULL },
		{ "etcd:3.5.16@sha256:0123", NULL },
	};
	scoped(arena) struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tree *pod = (struct tree *)(uintptr_t)yaml_parse(
			arena, kubeadm, strlen(kubeadm), MANIFEST_MAX, &(struct err){ 0 });
		struct tree *container = tree_at(pod, "spec", "containers", NULL)->first;
		for (struct tree *at = container->first; at; at = at->next)
			if (strcmp(at->key, "image") == 0)
				at->text = cases[i].image;
		struct member m = { 0 };
		struct err err = ERR_INIT;
		CHECK_INT(static_pod_member(arena, pod, &m, &err), 0);
		CHECK_STR(m.version, cases[i].version);
		CHECK_STR(m.image, cases[i].image);
	}
}

static void test_apiserver(void)
{
	static const char text[] =
		"kind: Pod\nspec:\n  containers:\n  - name: kube-apiserver\n"
		"    image: registry.k8s.io/kube-apiserver:v1.32.11\n    command:\n"
		"    - kube-apiserver\n    - --advertise-address=10.0.0.11\n"
		"    - --client-ca-file=/etc/kubernetes/pki/ca.crt\n"
		"    - --etcd-servers=https://127.0.0.1:2379\n"
		"    - --kubelet-client-certificate=/etc/kubernetes/pki/c.crt\n"
		"    - --kubelet-client-key=/etc/kubernetes/pki/c.key\n    - --secure-port=6444\n"
		"    - --requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt\n"
		"    - --service-account-key-file=/etc/kubernetes/pki/old.pub\n"
		"    - --service-account-key-file=/etc/kubernetes/pki/sa.pub\n"
		"    - --encryption-provider-config=/etc/enc/enc.yaml\n"
		"    volumeMounts: [{name: k, mountPath: /etc/kubernetes/pki}]\n"
		"  volumes: [{name: k, hostPath: {path: /etc/kubernetes/pki}}]\n";
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;
	struct apiserver api;
	const struct tree *pod = yaml_parse(arena, text, strlen(text), MANIFEST_MAX, &err);

	CHECK_INT(static_pod_apiserver(arena, pod, &api, &err), 0);
	CHECK_STR(api.etcd_servers, "https://127.0.0.1:2379");
	CHECK_STR(api.advertise_address, "10.0.0.11");
	CHECK_INT(api.port, 6444);
	CHECK_STR(api.version, "v1.32.11");
	CHECK_STR(api.ca_file, "/etc/kubernetes/pki/ca.crt");
	CHECK_STR(api.client_cert, "/etc/kubernetes/pki/c.crt");
	CHECK_STR(api.client_key, "/etc/kubernetes/pki/c.key");
	CHECK_STR(api.front_proxy_ca, "/etc/kubernetes/pki/front-proxy-ca.crt");
	CHECK_STR(api.token_key, "/etc/kubernetes/pki/sa.pub");
	CHECK(api.encrypts && !api.encryption_config); /* on no volume: no error */
	pod = yaml_parse(arena, kubeadm, strlen(kubeadm), MANIFEST_MAX, &err);
	CHECK_INT(static_pod_apiserver(arena, pod, &api, &err), -1);

	static const struct {
		const char *flag, *words;
	} bad[] = { { "--secure-port=0", "--secure-port=0: no port" },
		    { "--client-ca-file=/x/ca.crt", "/x/ca.crt is on no hostPath" } };
	for (size_t i = 0; i < 2; i++) {
		const char *other =
			arena_printf(arena,
				     "kind: Pod\nspec:\n  containers:\n  - name: kube-apiserver\n"
				     "    command: [kube-apiserver, \"%s\"]\n",
				     bad[i].flag);
		err = ERR_INIT;
		pod = yaml_parse(arena, other, strlen(other), MANIFEST_MAX, &err);
		CHECK_INT(static_pod_apiserver(arena, pod, &api, &err), -1);
		CHECK_HAS(err.text, bad[i].words);
	}
}

/* What runs is told by the API's pod; a manifest has no status. */
static void test_image_id(void)
{
	static const struct {
		const char *id, *want;
	} cases[] = { { "registry.k8s.io/etcd@sha256:abc", "registry.k8s.io/etcd@sha256:abc" },
		      { "sha256:abc", "sha256:abc" },
		      { "", NULL },
		      { "a b", NULL } };
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct member m = { 0 };
		int len = (int)(strstr(kubeadm, "status:") - kubeadm);
		const char *text = arena_printf(arena,
						"%.*sstatus:\n  containerStatuses: [{name: other, "
						"imageID: x}, {name: etcd, imageID: '%s'}]\n",
						len, kubeadm, cases[i].id);
		const struct tree *pod = yaml_parse(arena, text, strlen(text), MANIFEST_MAX, &err);
		CHECK_INT(static_pod_member(arena, pod, &m, &err), 0);
		CHECK_STR(m.image_id, cases[i].want);
		/* what the API said stays when the manifest is read next */
		pod = yaml_parse(arena, kubeadm, strlen(kubeadm), MANIFEST_MAX, &err);
		CHECK_INT(static_pod_member(arena, pod, &m, &err), 0);
		CHECK_STR(m.image_id, cases[i].want);
	}
}

static void test_local(void)
{
	struct cluster cluster = {
		.count = 2,
		.members = { { .address = "10.0.0.1", .client_url = "https://10.1.0.1:2379" },
			     { .address = "10.0.0.2", .client_url = "https://[fd00::2]:2379" } }
	};
	static const struct {
		const char *servers;
		bool local;
	} cases[] = {
		{ "https://127.0.0.1:2379", true },
		{ "https://localhost:2379,https://[::1]:2379", true },
		{ "https://10.0.0.2:2379", true },
		{ "https://10.1.0.1:2379,https://[fd00::2]:2379", true },
		{ "https://10.0.0.1:2379,https://10.0.0.9:2379", false },
		{ "https://etcd.example:2379/?//127.0.0.1:", false },
		{ "", false },
		{ NULL, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(static_pod_etcd_is_local(cases[i].servers, &cluster), cases[i].local);
	cluster.members[0].client_url = NULL;
	CHECK(!static_pod_etcd_is_local("https://no.such.host:2379", &cluster));
}

TESTS(TEST(test_kubeadm), TEST(test_forms), TEST(test_corrupt_check), TEST(test_paths),
      TEST(test_odd), TEST(test_refused), TEST(test_image), TEST(test_apiserver),
      TEST(test_image_id), TEST(test_local))
