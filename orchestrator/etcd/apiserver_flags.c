/*
 * apiserver_flags: see apiserver_flags.h.  Flags that every version from 1.19 to today's knows, unless the real one has them, too.
 */
#include "etcd/apiserver_flags.h"

#include <string.h>

/* ABAC, one rule a line: roles in the data cannot add to it, and the group system:masters is nobody's here. */
const char apiserver_policy[] =
	"{\"apiVersion\":\"abac.authorization.kubernetes.io/v1beta1\",\"kind\":\"Policy\",\"spec\":"
	"{\"user\":\"" APISERVER_USER
	"\",\"namespace\":\"*\",\"resource\":\"*\",\"apiGroup\":\"*\","
	"\"readonly\":true}}\n"
	"{\"apiVersion\":\"abac.authorization.kubernetes.io/v1beta1\",\"kind\":\"Policy\",\"spec\":"
	"{\"user\":\"" APISERVER_USER "\",\"nonResourcePath\":\"*\",\"readonly\":true}}\n";

size_t apiserver_flags(struct arena *arena, const struct apiserver *api,
		       const struct apiserver_scratch *scratch,
		       const char *out[APISERVER_FLAGS_MAX], struct err *err)
{
	bool tls = strncmp(scratch->etcd_url, "https://", 8) == 0;
	const char *ca = arena_printf(arena, "%s/" APISERVER_CA, scratch->folder);
	const char *cert = arena_printf(arena, "%s/" APISERVER_CERT, scratch->folder);
	const char *key = arena_printf(arena, "%s/" APISERVER_KEY, scratch->folder);
	const struct {
		const char *flag, *value;
	} pairs[] = {
		{ "bind-address", "127.0.0.1" },
		{ "secure-port", arena_printf(arena, "%u", scratch->port) },
		{ "insecure-port", api->insecure_port ? "0" : NULL },
		{ "advertise-address", "127.0.0.1" },
		{ "endpoint-reconciler-type", "none" },
		{ "etcd-servers", scratch->etcd_url },
		{ "etcd-cafile", tls ? api->etcd_ca : NULL },
		{ "etcd-certfile", tls ? api->etcd_cert : NULL },
		{ "etcd-keyfile", tls ? api->etcd_key : NULL },
		{ "etcd-prefix", api->etcd_prefix },
		{ "etcd-compaction-interval", "0" },
		{ "watch-cache", "false" },
		{ "cert-dir", scratch->folder },
		{ "tls-cert-file", cert },
		{ "tls-private-key-file", key },
		{ "client-ca-file", ca },
		{ "anonymous-auth", "false" },
		{ "authorization-mode", "ABAC" },
		{ "authorization-policy-file",
		  arena_printf(arena, "%s/" APISERVER_POLICY, scratch->folder) },
		{ "disable-admission-plugins",
		  "MutatingAdmissionWebhook,ValidatingAdmissionWebhook" },
		/* it has to have some, by which no token of the cluster is good; of a key in PKCS 8 it does not take the public half */
		{ "service-account-issuer", "https://drill.invalid" },
		{ "service-account-key-file", cert },
		{ "service-account-signing-key-file", key },
		{ "service-cluster-ip-range", api->service_range },
		{ "encryption-provider-config", api->encryption_config },
		{ "feature-gates", api->feature_gates },
		{ "runtime-config", api->runtime_config },
		{ "allow-privileged", "true" },
		{ "profiling", "false" },
	};
	size_t count = 0;

	if (tls && (!api->etcd_ca || !api->etcd_cert || !api->etcd_key)) {
		err_set(err, ERR_CONFIG,
			"kube-apiserver's manifest does not tell its certificate for etcd");
		return 0;
	}
	if (api->encrypts && !api->encryption_config) {
		err_set(err, ERR_CONFIG,
			"kube-apiserver's --encryption-provider-config is on no hostPath volume");
		return 0;
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].value)
			out[count++] =
				arena_printf(arena, "--%s=%s", pairs[i].flag, pairs[i].value);
	out[count] = NULL;
	return count;
}
