/*
 * test_preflight: a dry run tells every check of every node, whatever fails on another; and what it cannot check, with why.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "base/yaml.h"
#include "plugin/perform.h"
#include "plugin/plan_doc.h"
#include "plugin/preflight.h"
#include "plugin/test/taken.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct plan plan;
static struct playbook book;

/* A port where nobody listens. */
static long closed_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_INT(bind(fd, (struct sockaddr *)&at, len), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static const struct preflight_row *row(const char *node, const char *check)
{
	static const struct preflight_row none = { .result = PREFLIGHT_OK, .words = "no such row" };

	for (size_t i = 0; i < plan.preflight->count; i++) {
		const struct preflight_row *r = &plan.preflight->rows[i];
		if (strcmp(r->check, check) == 0 &&
		    (node ? r->node && strcmp(r->node, node) == 0 : !r->node))
			return r;
	}
	CHECK_STR(check, node ? node : "of the whole");
	return &none;
}

static void is(const char *node, const char *check, enum preflight_result result, const char *words)
{
	const struct preflight_row *r = row(node, check);

	CHECK_INT(r->result, result);
	if (words)
		CHECK_HAS(r->words, words);
	else
		CHECK_STR(r->words, NULL);
	CHECK((r->result == PREFLIGHT_FAILED) == (r->hint && *r->hint));
}

/* Nobody lets us in: the table is there all the same, with each node's own trouble. */
static void test_no_node(void)
{
	struct opts opts = { .command = "restore",
			     .dry_run = "server",
			     .nodes = "cp-1=127.0.0.1,cp-2=127.0.0.2",
			     .ssh_user = "root",
			     .ssh_known_hosts = "/dev/null",
			     .ssh_port = (unsigned long)closed_port() };
	struct err err = ERR_INIT;

	plan_begin(&plan);
	CHECK_INT(perform_playbook(&plan, "restore", &book, &err), 0);
	CHECK_INT(plan_look(&opts, &plan, &err), -1);
	discovery_release(&plan.found);
	err = ERR_INIT;
	plan.found = (struct discovery){ .shows_all = true };
	CHECK_INT(plan_look(&opts, &plan, &err), 0);
	preflight_restore(&opts, &plan);
	CHECK_INT(preflight_end(&plan, &book, &err), -1);
	CHECK_INT(err.code, ERR_SSH);
	CHECK_HAS(err.text, "cp-1: connect to 127.0.0.1 port");
	CHECK_HAS(err.hint, "--without MEMBER");
	is("cp-1", "ssh", PREFLIGHT_FAILED, "connect to 127.0.0.1");
	is("cp-2", "ssh", PREFLIGHT_FAILED, "connect to 127.0.0.2");
	is("cp-2", "ca", PREFLIGHT_NOT_MADE, "not logged in to");
	is("cp-2", "space", PREFLIGHT_NOT_MADE, "not logged in to");
	is(NULL, "members", PREFLIGHT_NOT_MADE, "not every node was read");
	is(NULL, "snapshot", PREFLIGHT_NOT_MADE, "no recipe");
	is(NULL, "storage", PREFLIGHT_NOT_MADE, "version");
	plan_release(&plan);
}

static int opens(struct node *node, uint64_t deadline, struct err *err)
{
	(void)node;
	(void)deadline;
	(void)err;
	return 0;
}

static int opens_not(struct node *node, uint64_t deadline, struct err *err)
{
	(void)node;
	(void)deadline;
	return err_set(err, ERR_TIMEOUT, "no answer in time");
}

/* Whatever is asked: nothing, and all is well. */
static int runs(struct node *node, const char *const args[], const struct node_input *input,
		uint64_t deadline, struct buf *out, struct buf *errs, int *status, struct err *err)
{
	(void)node;
	(void)args;
	(void)input;
	(void)deadline;
	(void)out;
	(void)errs;
	(void)err;
	*status = 0;
	return 0;
}

static void closes(struct node *node)
{
	(void)node;
}

static const struct node_ops answers = { .open = opens, .run = runs, .close = closes },
			     silent = { .open = opens_not, .run = runs, .close = closes };

/* Four nodes, all read, of one cluster; of them the list of members was told. */
static void made(const char *playbook)
{
	static const char *const names[] = { "cp-1", "cp-2", "cp-3", "cp-4" };
	struct discovery *d = &plan.found;
	struct err err = ERR_INIT;

	plan_begin(&plan);
	CHECK_INT(perform_playbook(&plan, playbook, &book, &err), 0);
	d->shows_all = true;
	for (size_t i = 0; i < 4; i++) {
		d->nodes[i] = (struct node){
			.name = names[i], .address = names[i], .ops = &answers, .cancel_fd = -1
		};
		d->cluster.members[i] =
			(struct member){ .name = names[i],
					 .node = names[i],
					 .data_dir = "/var/lib/etcd",
					 .client_url = "https://10.0.0.1:2379",
					 .peer_url = arena_printf(plan.arena,
								  "https://10.0.0.%zu:2380", i) };
		d->found[i] = (struct found_node){
			.reached = true, .read = true, .has_api = true, .listed = true, .ca = "aa"
		};
	}
	d->cluster.count = 4;
	d->fleet = fleet_new(d->nodes, 4);
}

static void fails(size_t n, bool reached, enum err_code code, const char *words)
{
	struct found_node *found = &plan.found.found[n];

	*found = (struct found_node){ .reached = reached };
	plan.found.cluster.members[n] = (struct member){ .node = plan.found.nodes[n].name };
	err_set(&found->failure, code, "%s", words);
}

static void released(void)
{
	fleet_free(plan.found.fleet);
	plan_release(&plan);
}

/* One of each: read, of another cluster, with a manifest that cannot be read, silent since it was read. */
static void test_each(void)
{
	struct opts opts = { .command = "restore" };
	struct err err = ERR_INIT;

	made("restore");
	plan.found.found[1].ca = "bb";
	plan.found.found[1].foreign = "cp-1";
	fails(2, true, ERR_CONFIG, "etcd.yaml: line 3: no YAML");
	plan.found.nodes[3].ops = &silent;
	plan.found.cluster.members[3].version = "3.5.16";
	snprintf(plan.source.file.facts.storage_version,
		 sizeof(plan.source.file.facts.storage_version), "3.6.0");
	preflight_restore(&opts, &plan);
	CHECK_INT(preflight_end(&plan, &book, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_STR(err.text, "cp-3: etcd.yaml: line 3: no YAML");
	CHECK_HAS(err.hint, "mend it on that node");
	for (size_t i = 0; i < 4; i++)
		is(plan.found.nodes[i].name, "ssh", PREFLIGHT_OK, NULL);
	is("cp-1", "ca", PREFLIGHT_OK, NULL);
	is("cp-1", "kubelet", PREFLIGHT_OK, NULL);
	is("cp-2", "ca", PREFLIGHT_FAILED, "another one than that of cp-1");
	is("cp-2", "kubelet", PREFLIGHT_OK, NULL);
	is("cp-3", "manifests", PREFLIGHT_FAILED, "line 3: no YAML");
	is("cp-3", "ca", PREFLIGHT_NOT_MADE, "its manifests were not read");
	is("cp-3", "lock", PREFLIGHT_NOT_MADE, "its manifests were not read");
	is("cp-4", "ca", PREFLIGHT_OK, NULL);
	is("cp-4", "lock", PREFLIGHT_NOT_MADE, "did not answer");
	is(NULL, "members", PREFLIGHT_NOT_MADE, "not every node was read");
	is(NULL, "storage", PREFLIGHT_FAILED, "cp-4 runs etcd 3.5.16");

	take_begin(stdout);
	preflight_print(&plan);
	const char *table = take_end(stdout);
	CHECK_HAS(table, "cp-2   ca          FAILED\n");
	CHECK_HAS(table, "cp-3   manifests   FAILED\n");
	CHECK_HAS(table, "cp-3   lock        not-made\n");
	CHECK_HAS(table, "-      members     not-made\n");
	take_begin(stderr);
	preflight_print_failures(&plan);
	CHECK_HAS(take_end(stderr), "cp-3: manifests: etcd.yaml: line 3: no YAML\nhint: mend it");
	released();
}

/* A member on none of the nodes stands beside the nodes' checks; with the API dead and an unread node nobody can tell. */
static void test_members(void)
{
	struct opts opts = { .command = "restore" };
	struct err err = ERR_INIT;

	made("restore");
	plan.found.missing_count = 1;
	plan.found.missing[0] =
		(struct member){ .name = "cp-9", .peer_url = "https://10.0.0.9:2380" };
	preflight_restore(&opts, &plan);
	CHECK_INT(preflight_end(&plan, &book, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "member cp-9 is on none of the nodes");
	is(NULL, "members", PREFLIGHT_FAILED, "member cp-9 is on none");
	is("cp-4", "kubelet", PREFLIGHT_OK, NULL);
	released();

	made("restore");
	plan.found.cluster.members[3].name = "cp-1";
	preflight_restore(&opts, &plan);
	err = ERR_INIT;
	CHECK_INT(preflight_end(&plan, &book, &err), -1);
	is(NULL, "members", PREFLIGHT_FAILED, "two members are called cp-1");
	released();

	made("restore");
	for (size_t i = 0; i < 4; i++)
		plan.found.found[i].listed = false;
	preflight_restore(&opts, &plan);
	preflight_end(&plan, &book, &err);
	is(NULL, "members", PREFLIGHT_NOT_MADE, "no member told");
	released();
}

/* What asks all the others from the first node is not played when one of them was not read. */
static void test_rejoin(void)
{
	struct opts opts = { .command = "rejoin" };
	struct err err = ERR_INIT;

	made("rejoin");
	fails(2, false, ERR_HOSTKEY, "the host key is not known");
	plan.ctx.joins = "cp-1";
	preflight_begin(&plan);
	preflight_members(&opts, &plan);
	CHECK_INT(preflight_end(&plan, &book, &err), -1);
	CHECK_INT(err.code, ERR_HOSTKEY);
	is("cp-3", "ssh", PREFLIGHT_FAILED, "the host key");
	is("cp-1", "kubelet", PREFLIGHT_OK, NULL);
	is("cp-1", "cluster", PREFLIGHT_NOT_MADE, "another node");
	CHECK_INT(row("cp-1", "flags")->result, PREFLIGHT_NOT_MADE);
	released();
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

/* A document has them, and one of a dry run that failed is no plan to go by. */
static void test_document(void)
{
	struct opts opts = { .command = "restore" };
	char path[] = "/tmp/test_preflight.XXXXXX";
	scoped(buf) struct buf text = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	int fd = mkstemp(path);

	made("restore");
	plan.source.shown = "s.db";
	plan.found.cluster.name = "prod";
	fails(1, false, ERR_SSH, "connect: No route to host");
	preflight_restore(&opts, &plan);
	CHECK_INT(preflight_end(&plan, &book, &err), -1);
	const struct tree *doc = plan_document(&plan, &book), *checks = tree_get(doc, "checks");
	CHECK_INT(tree_count(checks), plan.preflight->count);
	CHECK_INT(tree_count(tree_get(doc, "members")), 4);
	err = ERR_INIT;
	CHECK_INT(yaml_write(doc, &text, &err), 0);
	CHECK_HAS(buf_str(&text), "result: failed");
	CHECK_HAS(buf_str(&text), "result: not-made");
	CHECK_HAS(buf_str(&text), "No route to host");
	put(path, buf_str(&text));
	CHECK_INT(plan_compare(&plan, path, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "of a dry run that failed: cp-1: lock");
	CHECK_HAS(err.hint, "make a new plan");
	put(path, "{kind: RestorePlan, apiVersion: etcd-backup/v1, cluster: prod, checks: [{check: "
		  "ssh, result: ok}, {check: ca, result: not-made}]}\n");
	CHECK_INT(plan_compare(&plan, path, &err), -1);
	CHECK_HAS(err.text, "the snapshot's SHA-256 is not that of the plan");
	close(fd);
	unlink(path);
	released();
}

TESTS(TEST(test_no_node), TEST(test_each), TEST(test_members), TEST(test_rejoin),
      TEST(test_document))
