/*
 * test_control_plane: fingerprints of nodes that are directories, against openssl's and sha256sum's own; and what is said
 * when they are not those of a recipe.
 */
#include "base/test/tool.h"
#include "node/node_dir.h"
#include "plugin/control_plane.h"

#include <stdlib.h>
#include <unistd.h>

enum { NODES = 3 };

static char root[] = "/tmp/test_control_plane-XXXXXX";
static struct node_dir dirs[NODES];

static const struct apiserver kubeadm = { .ca_file = "/pki/ca.crt",
					  .front_proxy_ca = "/pki/front-proxy-ca.crt",
					  .token_key = "/pki/sa.pub" };

static void make(struct discovery *d)
{
	static const char *const names[] = { "cp-1", "cp-2", "cp-3" };

	*d = (struct discovery){ .arena = arena_new() };
	for (size_t i = 0; i < NODES; i++) {
		dirs[i] = (struct node_dir){ .root = arena_printf(d->arena, "%s/%zu", root, i) };
		node_dir_init(&d->nodes[i], names[i], &dirs[i]);
		d->found[i] = (struct found_node){ .api = kubeadm, .has_api = true };
	}
	d->node_count = d->cluster.count = NODES;
	d->fleet = fleet_new(d->nodes, NODES);
}

static void end(struct discovery *d)
{
	fleet_free(d->fleet);
	arena_free(d->arena);
}

static void test_start(void)
{
	CHECK(mkdtemp(root) != NULL);
	CHECK_INT(shell(root,
			"cd $1; mkdir -p 0/pki; cd 0/pki; for ca in ca front-proxy-ca; do "
			"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
			"-days 2 "
			"-subj /CN=$ca -keyout $ca.key -out $ca.crt 2>/dev/null; done; "
			"openssl ec -in ca.key -pubout -out sa.pub 2>/dev/null; echo keys > "
			"enc.yaml; "
			"cd ../..; cp -r 0 1; cp -r 0 2",
			NULL, NULL),
		  0);
}

static void read_all(struct discovery *d, struct control_plane planes[])
{
	for (size_t i = 0; i < NODES; i++) {
		struct err err = ERR_INIT;
		CHECK_INT(control_plane_read(&d->nodes[i], &d->found[i], deadline_in(20000),
					     &planes[i], &err),
			  0);
		CHECK_STR(err.text, "");
	}
}

/* A fingerprint, as that script tells it. */
static void print_of(const char *script, struct buf *out)
{
	CHECK_INT(shell(root, script, NULL, out), 0);
	buf_trim(out);
}

static void test_read(void)
{
	scoped(buf) struct buf ca = BUF_INIT(200), front = BUF_INIT(200), token = BUF_INIT(200),
			       config = BUF_INIT(200);
	struct control_plane planes[NODES];
	const char *prints[RECIPE_PRINTS];
	struct discovery d;

	make(&d);
	d.found[0].api.encrypts = true;
	d.found[0].api.encryption_config = "/pki/enc.yaml";
	d.found[2].has_api = false;
	print_of("openssl x509 -in $1/0/pki/ca.crt -outform DER | sha256sum | cut -c1-64", &ca);
	print_of("openssl x509 -in $1/0/pki/front-proxy-ca.crt -outform DER | sha256sum | cut "
		 "-c1-64",
		 &front);
	print_of("sha256sum < $1/0/pki/sa.pub | cut -c1-64", &token);
	print_of("sha256sum < $1/0/pki/enc.yaml | cut -c1-64", &config);
	read_all(&d, planes);
	CHECK_STR(planes[0].prints[RECIPE_CLUSTER_CA], buf_str(&ca));
	CHECK_STR(planes[0].prints[RECIPE_FRONT_PROXY_CA], buf_str(&front));
	CHECK_STR(planes[0].prints[RECIPE_TOKEN_KEY], buf_str(&token));
	CHECK_STR(planes[0].prints[RECIPE_ENCRYPTION], buf_str(&config));
	CHECK_STR(planes[1].prints[RECIPE_ENCRYPTION], "none");
	CHECK_STR(planes[2].prints[RECIPE_ENCRYPTION], "");
	CHECK_STR(planes[2].prints[RECIPE_TOKEN_KEY], "");
	control_plane_common(&d, planes, prints);
	CHECK_STR(prints[RECIPE_TOKEN_KEY], buf_str(&token));
	CHECK_INT(d.warning_count, 1); /* one encrypts, the other does not */
	CHECK_HAS(d.warnings[0], "the encryption provider configuration of cp-2 is another one");
	end(&d);
}

/* What is not there, or no certificate, is not known; nothing fails. */
static void test_unknown(void)
{
	struct control_plane planes[NODES];
	const char *prints[RECIPE_PRINTS];
	struct discovery d;

	make(&d);
	d.found[0].api.ca_file = "/pki/nowhere";
	d.found[0].api.front_proxy_ca = "/pki/sa.pub";
	d.found[0].api.token_key = NULL;
	d.found[0].api.encrypts = true;
	read_all(&d, planes);
	for (size_t i = 0; i < RECIPE_PRINTS; i++)
		CHECK_STR(planes[0].prints[i], "");
	control_plane_common(&d, planes, prints);
	CHECK_STR(prints[RECIPE_CLUSTER_CA], planes[1].prints[RECIPE_CLUSTER_CA]);
	CHECK_INT(d.warning_count, 0);
	end(&d);
}

#define OTHER "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_compare(void)
{
	struct control_plane planes[NODES];
	struct recipe then = { .revision = 1 };
	struct discovery d;

	make(&d);
	read_all(&d, planes);
	control_plane_common(&d, planes, then.prints);
	control_plane_compare(&d, &then);
	CHECK_INT(d.warning_count, 0); /* nothing has changed */

	CHECK_INT(shell(root, "echo another > $1/1/pki/sa.pub", NULL, NULL), 0);
	control_plane_compare(&d, &then);
	CHECK_INT(d.warning_count, 1);
	CHECK_HAS(d.warnings[0], "cp-2: sa.pub differs from that of the snapshot");
	CHECK_HAS(d.warnings[0], "tokens issued before");

	d.warning_count = 0;
	then.prints[RECIPE_ENCRYPTION] = OTHER;
	then.prints[RECIPE_TOKEN_KEY] = OTHER;
	control_plane_compare(&d, &then);
	CHECK_INT(d.warning_count, 3); /* of sa.pub there are two, one for cp-1 and cp-3 */
	CHECK_HAS(d.warnings[0], "cp-1, cp-3: sa.pub differs");
	CHECK_HAS(d.warnings[1], "cp-2: sa.pub differs");
	CHECK_HAS(d.warnings[2], "cp-1, cp-2, cp-3: there is no encryption provider configuration");
	CHECK_HAS(d.warnings[2], "unreadable");
	end(&d);
}

static void test_words(void)
{
	struct control_plane planes[NODES] = { { .prints = { "" } } };
	struct recipe then = { .cluster.ca_fingerprint = OTHER };
	struct discovery d;

	make(&d);
	d.cluster.ca_fingerprint = OTHER;
	for (size_t i = 0; i < RECIPE_PRINTS; i++)
		then.prints[i] = OTHER;
	control_plane_judge(&d, planes, &then);
	CHECK_INT(d.warning_count, 0); /* nothing is known of now */
	for (size_t i = 0; i < RECIPE_PRINTS; i++)
		memset(planes[2].prints[i], 'a', 64);
	d.cluster.ca_fingerprint = "aa";
	control_plane_judge(&d, planes, &then);
	CHECK_INT(d.warning_count, 5);
	CHECK_HAS(d.warnings[0], "the etcd CA differs");
	CHECK_HAS(d.warnings[1], "cp-3: the cluster CA differs");
	CHECK_HAS(d.warnings[2], "cp-3: the front-proxy CA differs");
	CHECK_HAS(d.warnings[3], "cp-3: sa.pub differs");
	CHECK_HAS(d.warnings[4], "cp-3: the encryption provider configuration differs");
	d.warning_count = 0;
	then.cluster.ca_fingerprint = "aa";
	memset(then.prints, 0, sizeof(then.prints)); /* a recipe of before */
	control_plane_judge(&d, planes, &then);
	CHECK_INT(d.warning_count, 0);
	then.prints[RECIPE_ENCRYPTION] = "none";
	control_plane_judge(&d, planes, &then);
	CHECK_INT(d.warning_count, 1);
	CHECK_HAS(d.warnings[0], "cp-3: there is an encryption provider configuration");
	end(&d);
}

static void test_end(void)
{
	CHECK_INT(shell(root, "rm -r $1", NULL, NULL), 0);
}

TESTS(TEST(test_start), TEST(test_read), TEST(test_unknown), TEST(test_compare), TEST(test_words),
      TEST(test_end))
