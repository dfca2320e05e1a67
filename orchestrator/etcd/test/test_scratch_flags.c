/*
 * test_scratch_flags: how an etcd and an API server of our own are started: with all that keeps others out and the live cluster
 * untouched.
 */
#include "base/test/check.h"
#include "base/yaml.h"
#include "etcd/apiserver_flags.h"
#include "etcd/etcd_flags.h"

static bool has(const char *const flags[], const char *flag)
{
	for (size_t i = 0; flags[i]; i++)
		if (strcmp(flags[i], flag) == 0)
			return true;
	return false;
}

static bool begins(const char *const flags[], const char *start)
{
	for (size_t i = 0; flags[i]; i++)
		if (strncmp(flags[i], start, strlen(start)) == 0)
			return true;
	return false;
}

static void test_etcd(void)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct etcd_scratch scratch = { "a=https://10.0.0.1:12380", "token", 6ull << 30 };
	struct member m = { .name = "a",
			    .data_dir = "/d",
			    .client_url = "https://127.0.0.1:12379",
			    .peer_url = "https://10.0.0.1:12380",
			    .ca_file = "/ca",
			    .cert_file = "/cert",
			    .key_file = "/key",
			    .peer_ca_file = "/peer-ca",
			    .peer_cert_file = "/peer-cert",
			    .peer_key_file = "/peer-key" };
	const char *flags[ETCD_FLAGS_MAX];
	CHECK(etcd_flags(arena, &m, &scratch, flags) < ETCD_FLAGS_MAX);
	CHECK(has(flags, "--client-cert-auth=true"));
	CHECK(has(flags, "--peer-client-cert-auth=true"));
	CHECK(has(flags, "--trusted-ca-file=/ca"));
	CHECK(has(flags, "--peer-trusted-ca-file=/peer-ca"));
	CHECK(has(flags, "--peer-key-file=/peer-key"));
	CHECK(has(flags, "--listen-client-urls=https://127.0.0.1:12379"));
	CHECK(has(flags, "--listen-peer-urls=https://10.0.0.1:12380"));
	CHECK(has(flags, "--initial-cluster-token=token"));
	CHECK(has(flags, "--quota-backend-bytes=12884901888"));
	CHECK(!begins(flags, "--wal-dir"));
	m.wal_dir = "/w";
	m.peer_url = "http://10.0.0.1:12380";
	CHECK(etcd_flags(arena, &m, &scratch, flags) < ETCD_FLAGS_MAX);
	CHECK(has(flags, "--wal-dir=/w"));
	CHECK(!begins(flags, "--peer-"));
}

static const char manifest[] =
	"kind: Pod\nspec:\n  containers:\n  - name: kube-apiserver\n    image: "
	"x/kube-apiserver:v1.20.2\n"
	"    command:\n    - kube-apiserver\n    - --advertise-address=10.0.0.1\n    - "
	"--insecure-port=0\n"
	"    - --authorization-mode=Node,RBAC\n    - --enable-admission-plugins=NodeRestriction\n"
	"    - --audit-webhook-config-file=/etc/kubernetes/pki/audit\n    - "
	"--oidc-issuer-url=https://login\n"
	"    - --client-ca-file=/etc/kubernetes/pki/ca.crt\n    - "
	"--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt\n"
	"    - --etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt\n"
	"    - --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key\n"
	"    - --etcd-servers=https://127.0.0.1:2379\n    - "
	"--service-cluster-ip-range=10.96.0.0/16\n"
	"    - --kubelet-client-certificate=/etc/kubernetes/pki/kubelet.crt\n"
	"    - --service-account-key-file=/etc/kubernetes/pki/sa.pub\n"
	"    - --encryption-provider-config=/etc/kubernetes/pki/enc.yaml\n    - "
	"--feature-gates=A=true\n"
	"    volumeMounts: [{name: pki, mountPath: /etc/kubernetes/pki}]\n"
	"  volumes: [{name: pki, hostPath: {path: /srv/pki}}]\n";

static void read_manifest(struct arena *arena, struct apiserver *api)
{
	struct err err = ERR_INIT;
	const struct tree *pod = yaml_parse(arena, manifest, strlen(manifest), MANIFEST_MAX, &err);

	CHECK(pod && !static_pod_apiserver(arena, pod, api, &err));
	CHECK_STR(err.text, "");
}

static void test_apiserver(void)
{
	static const char *const wanted[] = {
		"--bind-address=127.0.0.1",
		"--secure-port=12381",
		"--insecure-port=0",
		"--endpoint-reconciler-type=none",
		"--etcd-servers=https://127.0.0.1:12379",
		"--etcd-cafile=/srv/pki/etcd/ca.crt",
		"--etcd-keyfile=/srv/pki/apiserver-etcd-client.key",
		"--client-ca-file=/run/ca.crt",
		"--anonymous-auth=false",
		"--authorization-mode=ABAC",
		"--authorization-policy-file=/run/policy.jsonl",
		"--disable-admission-plugins=MutatingAdmissionWebhook,ValidatingAdmissionWebhook",
		"--encryption-provider-config=/srv/pki/enc.yaml",
		"--feature-gates=A=true",
		"--service-cluster-ip-range=10.96.0.0/16",
	};
	/* nothing by which it would be let in, or reach, or be reached by, what is live */
	static const char *const never[] = { "--kubelet-",      "--audit-",
					     "--oidc-",         "--enable-admission",
					     "--requestheader", "--proxy-client",
					     "--token-auth" };
	scoped(arena) struct arena *arena = arena_new();
	const struct apiserver_scratch scratch = { "https://127.0.0.1:12379", "/run", 12381 };
	const char *flags[APISERVER_FLAGS_MAX];
	struct err err = ERR_INIT;
	struct apiserver api;

	read_manifest(arena, &api);
	size_t count = apiserver_flags(arena, &api, &scratch, flags, &err);
	CHECK(count > 20);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!has(flags, wanted[i]))
			CHECK_STR("", wanted[i]);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		CHECK(!begins(flags, never[i]));
	for (size_t i = 0; flags[i]; i++)
		CHECK(!strstr(flags[i], "/srv/pki/ca.crt") && !strstr(flags[i], "sa.pub"));
	/* a version that does not know it any more must not be given it */
	api.insecure_port = false;
	apiserver_flags(arena, &api, &scratch, flags, &err);
	CHECK(!begins(flags, "--insecure-port"));
}

static void test_apiserver_bad(void)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct apiserver_scratch scratch = { "https://127.0.0.1:12379", "/run", 12381 };
	const char *flags[APISERVER_FLAGS_MAX];
	struct err err = ERR_INIT;
	struct apiserver api;

	read_manifest(arena, &api);
	api.etcd_key = NULL;
	CHECK_INT(apiserver_flags(arena, &api, &scratch, flags, &err), 0);
	CHECK_INT(err.code, ERR_CONFIG);
	read_manifest(arena, &api);
	api.encryption_config = NULL; /* without it Secrets would be read as what they are not */
	CHECK_INT(apiserver_flags(arena, &api, &scratch, flags, &err), 0);
	CHECK(strstr(err.text, "--encryption-provider-config"));
}

/* One rule for one user, who may only read. */
static void test_policy(void)
{
	size_t lines = 0, readonly = 0;

	for (const char *at = apiserver_policy; (at = strchr(at, '\n')); at++)
		lines++;
	for (const char *at = apiserver_policy; (at = strstr(at, "\"readonly\":true")); at++)
		readonly++;
	CHECK_INT(lines, 2);
	CHECK_INT(readonly, 2);
	CHECK(!strstr(apiserver_policy, "group\":"));
	CHECK(!strstr(apiserver_policy, "system:"));
}

TESTS(TEST(test_etcd), TEST(test_apiserver), TEST(test_apiserver_bad), TEST(test_policy))
