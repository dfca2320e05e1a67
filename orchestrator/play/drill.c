/*
 * drill: see drill.h.
 */
#include "play/drill.h"

#include <string.h>

static const uint64_t MIB = 1024 * 1024;

/* The database, mapped, and what it remembers of every key. */
uint64_t drill_etcd_memory(uint64_t db_size)
{
	return db_size + 256 * MIB;
}

/* It keeps no cache; a list is there twice while it is made. */
uint64_t drill_api_memory(uint64_t db_size)
{
	return db_size / 2 + 384 * MIB;
}

/* Today's etcd and etcdutl are 40 MiB together, and kube-apiserver up to 130. */
uint64_t drill_programs(bool api)
{
	return (api ? 64 + 192 : 64) * MIB;
}

/* "10.0.0.1" or "[::1]" out of "https://10.0.0.1:2380,..."; NULL: there is no address. */
static const char *host_of(struct arena *arena, const char *url)
{
	const char *at = url ? strstr(url, "://") : NULL;

	if (!at)
		return NULL;
	at += 3;
	if (*at == '[') {
		size_t len = strcspn(at, "]");
		return at[len] ? arena_strndup(arena, at, len + 1) : NULL;
	}
	size_t len = strcspn(at, ":/,");
	return len && strspn(at, "0123456789.") == len ? arena_strndup(arena, at, len) : NULL;
}

static bool is_tls(const char *url)
{
	return url && strncmp(url, "https://", 8) == 0;
}

static int drill_member(struct arena *arena, struct member *m, const struct play_drill *drill,
			struct err *err)
{
	const char *peers = host_of(arena, m->peer_url);
	const char *clients = host_of(arena, m->listen_client);
	bool v6 = clients && strcmp(clients, "[::1]") == 0;

	if (!peers)
		return err_set(err, ERR_CONFIG, "%s: its peer URL %s has no address to listen on",
			       m->name, m->peer_url);
	if (is_tls(m->peer_url) && (!m->peer_ca_file || !m->peer_cert_file || !m->peer_key_file))
		return err_set(err, ERR_CONFIG,
			       "%s: its manifest does not tell the files for TLS between peers",
			       m->name);
	m->peer_url = arena_printf(arena, "%s://%s:%u", is_tls(m->peer_url) ? "https" : "http",
				   drill->alone ? "127.0.0.1" : peers, drill->port + DRILL_PEERS);
	m->client_url =
		arena_printf(arena, "%s://%s:%u", is_tls(m->listen_client) ? "https" : "http",
			     v6 ? "[::1]" : "127.0.0.1", drill->port + DRILL_CLIENTS);
	m->listen_client = m->client_url;
	m->metrics_url = NULL;
	return 0;
}

int drill_cluster(struct cluster *cluster, const struct play_drill *drill, struct err *err)
{
	for (size_t i = 0; i < cluster->count; i++)
		if (drill_member(cluster->arena, &cluster->members[i], drill, err))
			return -1;
	return 0;
}
