/*
 * etcd_flags: see etcd_flags.h.
 */
#include "etcd/etcd_flags.h"

#include <string.h>

/* A quota that the snapshot does not reach: how full the cluster is, is another question. */
static const uint64_t QUOTA = 8ull << 30;

struct pair {
	const char *flag, *value;
};

static bool is_tls(const char *url)
{
	return strncmp(url, "https://", 8) == 0;
}

static size_t add(struct arena *arena, const struct pair pairs[], size_t count, const char *out[],
		  size_t at)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].value)
			out[at++] = arena_printf(arena, "--%s=%s", pairs[i].flag, pairs[i].value);
	return at;
}

size_t etcd_flags(struct arena *arena, const struct member *m, const struct etcd_scratch *scratch,
		  const char *out[ETCD_FLAGS_MAX])
{
	uint64_t quota = 2 * scratch->db_size > QUOTA ? 2 * scratch->db_size : QUOTA;
	const struct pair common[] = {
		{ "logger", "zap" },
		{ "log-level", "warn" },
		{ "initial-cluster-state", "new" },
		{ "name", m->name },
		{ "data-dir", m->data_dir },
		{ "wal-dir", m->wal_dir },
		{ "listen-client-urls", m->client_url },
		{ "advertise-client-urls", m->client_url },
		{ "listen-peer-urls", m->peer_url },
		{ "initial-advertise-peer-urls", m->peer_url },
		{ "initial-cluster", scratch->initial_cluster },
		{ "initial-cluster-token", scratch->token },
		{ "quota-backend-bytes", arena_printf(arena, "%llu", (unsigned long long)quota) },
	};
	const struct pair clients[] = {
		{ "client-cert-auth", "true" },
		{ "trusted-ca-file", m->ca_file },
		{ "cert-file", m->cert_file },
		{ "key-file", m->key_file },
	};
	const struct pair peers[] = {
		{ "peer-client-cert-auth", "true" },
		{ "peer-trusted-ca-file", m->peer_ca_file },
		{ "peer-cert-file", m->peer_cert_file },
		{ "peer-key-file", m->peer_key_file },
	};
	size_t count = add(arena, common, sizeof(common) / sizeof(common[0]), out, 0);

	if (is_tls(m->client_url))
		count = add(arena, clients, 4, out, count);
	if (is_tls(m->peer_url))
		count = add(arena, peers, 4, out, count);
	out[count] = NULL;
	return count;
}
