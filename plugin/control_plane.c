/*
 * control_plane: see control_plane.h.
 */
#include "plugin/control_plane.h"

#include "base/digest.h"
#include "base/log.h"
#include "plugin/discover_compare.h"

#include <stdio.h>
#include <string.h>

enum { CERTIFICATE_MAX = 1024 * 1024, COMPARE_MS = 20 * 1000 };

static const struct {
	const char *what;
	const char *apart; /* what nodes that differ among themselves mean */
	const char *loss;  /* what one that differs from the snapshot's means */
} words[RECIPE_PRINTS] = {
	[RECIPE_CLUSTER_CA] = { "the cluster CA", "certificates are not accepted everywhere",
				"kubelets and users with certificates of the old one are not "
				"accepted, and kube-root-ca.crt and cluster-info in the snapshot "
				"name the old one" },
	[RECIPE_FRONT_PROXY_CA] = { "the front-proxy CA",
				    "aggregated API servers do not trust every API server",
				    "aggregated API servers trust the old one until they are "
				    "started again" },
	[RECIPE_TOKEN_KEY] = { "sa.pub",
			       "tokens that one API server issued are not accepted by another",
			       "service account tokens issued before it was changed, also those in "
			       "Secrets of the snapshot, will not be accepted" },
	[RECIPE_ENCRYPTION] = { "the encryption provider configuration",
				"Secrets that one API server wrote may be unreadable for another",
				"Secrets, and whatever else was encrypted with a key that is no "
				"longer in it, will be unreadable" },
};

static int read_certificate(struct node *node, const char *path, uint64_t deadline, char out[65],
			    struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(CERTIFICATE_MAX);
	uint8_t sum[SHA256_SIZE];

	if (node_get(node, path, deadline, &text, err))
		return -1;
	if (digest_certificate(buf_str(&text), text.len, sum))
		return err_set(err, ERR_REMOTE, "%s: no certificate", path);
	digest_hex(sum, sizeof(sum), out);
	return 0;
}

int control_plane_read(struct node *node, const struct found_node *found, uint64_t deadline,
		       struct control_plane *out, struct err *err)
{
	const struct apiserver *api = &found->api;
	const struct {
		const char *path;
		int (*read)(struct node *node, const char *path, uint64_t deadline, char out[65],
			    struct err *err);
	} how[RECIPE_PRINTS] = {
		[RECIPE_CLUSTER_CA] = { api->ca_file, read_certificate },
		[RECIPE_FRONT_PROXY_CA] = { api->front_proxy_ca, read_certificate },
		[RECIPE_TOKEN_KEY] = { api->token_key, node_sha256 },
		[RECIPE_ENCRYPTION] = { api->encryption_config, node_sha256 },
	};

	*out = (struct control_plane){ .prints = { "" } };
	for (size_t i = 0; found->has_api && i < RECIPE_PRINTS; i++) {
		if (!how[i].path || !how[i].read(node, how[i].path, deadline, out->prints[i], err))
			continue;
		if (err->code == ERR_CANCELLED)
			return -1;
		log_at(1, "%s: no fingerprint of %s: %s", node->name, words[i].what, err->text);
		*err = ERR_INIT;
	}
	if (found->has_api && !api->encrypts)
		snprintf(out->prints[RECIPE_ENCRYPTION], 65, "none");
	return 0;
}

void control_plane_common(struct discovery *d, const struct control_plane planes[],
			  const char *prints[RECIPE_PRINTS])
{
	for (size_t i = 0; i < RECIPE_PRINTS; i++) {
		size_t first = d->node_count;
		for (size_t k = 0; k < d->node_count; k++) {
			if (!planes[k].prints[i][0])
				continue;
			if (first == d->node_count)
				first = k;
			else if (strcmp(planes[k].prints[i], planes[first].prints[i]) != 0)
				discover_warn(d, "%s of %s is another one than that of %s: %s",
					      words[i].what, d->nodes[k].name, d->nodes[first].name,
					      words[i].apart);
		}
		prints[i] = first < d->node_count ? arena_strdup(d->arena, planes[first].prints[i])
						  : NULL;
	}
}

static void warn_encryption(struct discovery *d, const char *nodes, const char *then,
			    const char *now)
{
	if (strcmp(now, "none") == 0)
		discover_warn(d,
			      "%s: there is no encryption provider configuration, and when the "
			      "snapshot was taken there was one: Secrets, and whatever else was "
			      "encrypted with it, will be unreadable",
			      nodes);
	else if (strcmp(then, "none") == 0)
		discover_warn(d,
			      "%s: there is an encryption provider configuration, and when the "
			      "snapshot was taken there was none: Secrets will be readable only "
			      "if it has the provider identity, too",
			      nodes);
	else
		discover_warn(d, "%s: %s differs from that of the snapshot: %s", nodes,
			      words[RECIPE_ENCRYPTION].what, words[RECIPE_ENCRYPTION].loss);
}

/* One warning for all nodes that have the same. */
static void judge_print(struct discovery *d, const struct control_plane planes[], size_t print,
			const char *then)
{
	for (size_t first = 0; first < d->node_count; first++) {
		scoped(buf) struct buf nodes = BUF_INIT(600);
		const char *now = planes[first].prints[print];
		bool told = false;
		if (!*now || strcmp(now, then) == 0)
			continue;
		for (size_t k = 0; k < d->node_count; k++) {
			if (strcmp(planes[k].prints[print], now) != 0)
				continue;
			told |= k < first;
			buf_addf(&nodes, "%s%s", nodes.len ? ", " : "", d->nodes[k].name);
		}
		if (told)
			continue;
		if (print == RECIPE_ENCRYPTION)
			warn_encryption(d, buf_str(&nodes), then, now);
		else
			discover_warn(d, "%s: %s differs from that of the snapshot: %s",
				      buf_str(&nodes), words[print].what, words[print].loss);
	}
}

void control_plane_judge(struct discovery *d, const struct control_plane planes[],
			 const struct recipe *then)
{
	const char *ca = then->cluster.ca_fingerprint;

	/* only with --force-cluster does it come this far */
	if (ca && d->cluster.ca_fingerprint && strcmp(ca, d->cluster.ca_fingerprint) != 0)
		discover_warn(d, "the etcd CA differs from that of the snapshot: it is of another "
				 "cluster, or this one got a new CA");
	for (size_t i = 0; i < RECIPE_PRINTS; i++)
		if (then->prints[i])
			judge_print(d, planes, i, then->prints[i]);
}

struct reading {
	struct discovery *d;
	uint64_t deadline;
	struct control_plane planes[CLUSTER_MEMBERS_MAX];
};

static int read_node(struct node *node, void *arg, struct err *err)
{
	struct reading *r = arg;

	return control_plane_read(node, &r->d->found[node->index], r->deadline,
				  &r->planes[node->index], err);
}

void control_plane_compare(struct discovery *d, const struct recipe *then)
{
	struct reading r = { .d = d, .deadline = deadline_in(COMPARE_MS) };
	struct err errs[CLUSTER_MEMBERS_MAX];
	bool known = false;

	for (size_t i = 0; i < RECIPE_PRINTS; i++)
		known |= then->prints[i] != NULL;
	if (known) /* a cancelled one leaves all unknown: the next step says so */
		fleet_each(d->fleet, read_node, &r, NULL, errs, NULL, NULL);
	control_plane_judge(d, r.planes, then);
}
