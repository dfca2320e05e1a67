/*
 * test_control_files: the files of nodes that are directories, as one archive that tar reads; and what is refused.
 */
#include "base/test/tool.h"
#include "node/node_dir.h"
#include "plugin/control_files.h"
#include "snapshot/test/collect.h"

#include <stdlib.h>
#include <unistd.h>

enum { NODES = 2, MAX = 8 * 1024 * 1024 };

static char root[] = "/tmp/test_control_files-XXXXXX";
static char *roots[NODES];
static struct node_dir dirs[NODES];
static struct node nodes[NODES];
static const struct found_node plain = { .has_api = true };

static void test_start(void)
{
	CHECK(mkdtemp(root) != NULL);
	for (size_t i = 0; i < NODES; i++) {
		roots[i] = mem_printf("%s/%zu", root, i);
		dirs[i].root = roots[i];
		node_dir_init(&nodes[i], i ? "cp-2" : "cp-1", &dirs[i]);
		nodes[i].index = i;
	}
	CHECK_INT(shell(root,
			"umask 077; cd $1; mkdir -p 0/etc/kubernetes; cd 0/etc/kubernetes; "
			"mkdir -p pki/etcd manifests tmp etcd-backup ../../var/lib/kubelet ../enc; "
			"echo key > pki/sa.key; echo ca > pki/etcd/ca.crt; echo pod > "
			"manifests/etcd.yaml; "
			"echo admin > admin.conf; echo kubelet > kubelet.conf; echo other > "
			"notes.txt; "
			"head -c 100000 /dev/zero > tmp/old; echo old > etcd-backup/x; echo enc > "
			"../enc/enc.yaml; "
			"ln -s /nowhere pki.conf.d; echo k > ../../var/lib/kubelet/config.yaml; cd "
			"../../..; cp -a 0 1; "
			"echo two > 1/etc/kubernetes/pki/sa.key; rm 1/var/lib/kubelet/config.yaml",
			NULL, NULL),
		  0);
}

static void test_archive(void)
{
	static const char tree[] =
		"cp-1/etc/enc/enc.yaml\ncp-1/etc/kubernetes/admin.conf\ncp-1/etc/kubernetes/"
		"kubelet.conf\n"
		"cp-1/etc/kubernetes/manifests/etcd.yaml\ncp-1/etc/kubernetes/pki/etcd/ca.crt\n"
		"cp-1/etc/kubernetes/pki/sa.key\ncp-1/var/lib/kubelet/config.yaml\n"
		"cp-2/etc/kubernetes/admin.conf\ncp-2/etc/kubernetes/kubelet.conf\n"
		"cp-2/etc/kubernetes/manifests/etcd.yaml\ncp-2/etc/kubernetes/pki/etcd/ca.crt\n"
		"cp-2/etc/kubernetes/pki/sa.key\nkubeadm-config.yaml\n";
	scoped(collect) struct collect all = collect_new(MAX);
	scoped(buf) struct buf list = BUF_INIT(MAX), key = BUF_INIT(MAX);
	struct found_node encrypts = { .has_api = true,
				       .api = { .encrypts = true,
						.encryption_config = "/etc/enc/enc.yaml" } };
	struct control_files files;
	struct err err = ERR_INIT;

	control_files_init(&files);
	CHECK_INT(control_files_read(&nodes[0], &encrypts, deadline_in(20000), &files, &err), 0);
	CHECK_INT(control_files_read(&nodes[1], &plain, deadline_in(20000), &files, &err), 0);
	CHECK_STR(err.text, "");
	buf_adds(&files.kubeadm, "kind: ClusterConfiguration\n");
	CHECK_INT(control_files_write(&files, nodes, NODES, &all.sink, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(all.ended, 1);
	CHECK_INT(shell(root, "tar -t | grep -v '/$' | sort", &all.got, &list), 0);
	CHECK_STR(buf_str(&list), tree);
	CHECK_INT(shell(root, "tar -xO cp-2/etc/kubernetes/pki/sa.key", &all.got, &key), 0);
	CHECK_STR(buf_str(&key), "two\n");
	control_files_release(&files);
}

/* One that lies in a folder that is read anyway comes once. */
static void test_encryption(void)
{
	static const struct found_node inside = {
		.has_api = true,
		.api = { .encrypts = true, .encryption_config = "/etc/kubernetes/pki/etcd/ca.crt" }
	};
	static const struct found_node unknown = { .has_api = true, .api = { .encrypts = true } };
	static const struct found_node gone = {
		.has_api = true, .api = { .encrypts = true, .encryption_config = "/etc/enc/none" }
	};
	scoped(buf) struct buf count = BUF_INIT(100);
	struct control_files files;
	struct err err = ERR_INIT;

	control_files_init(&files);
	CHECK_INT(control_files_read(&nodes[0], &inside, deadline_in(20000), &files, &err), 0);
	CHECK_INT(shell(root, "tar -t | grep -c ca.crt", &files.archives[0], &count), 0);
	CHECK_STR(buf_str(&count), "1\n");
	buf_clear(&files.archives[0]);
	CHECK_INT(control_files_read(&nodes[0], &unknown, deadline_in(20000), &files, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "--encryption-provider-config");
	CHECK_INT(control_files_read(&nodes[0], &gone, deadline_in(20000), &files, &err), -1);
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK_HAS(err.text, "etc/enc/none");
	control_files_release(&files);
}

static void test_refused(void)
{
	scoped(collect) struct collect all = collect_new(MAX);
	struct control_files files;
	struct err err = ERR_INIT;

	control_files_init(&files);
	files.archives[0].max = 20000; /* what no archive of tar is: its blocking is 10 KiB */
	CHECK_INT(shell(root, "head -c 30000 /dev/zero > $1/0/etc/kubernetes/pki/big", NULL, NULL),
		  0);
	CHECK_INT(control_files_read(&nodes[0], &plain, deadline_in(20000), &files, &err), -1);
	CHECK_HAS(err.text, "cannot read the control plane's files: ");
	/* an archive that did not come is an error, not a folder that is missing */
	CHECK_INT(control_files_write(&files, nodes, 1, &all.sink, &err), -1);
	CHECK_HAS(err.text, "cp-1: ");
	CHECK_INT(all.ended, 0);
	files.left_out[0] = true; /* but that of a node that nobody could read */
	CHECK_INT(control_files_write(&files, nodes, 1, &all.sink, &err), 0);
	CHECK_INT(all.ended, 1);
	CHECK_INT(shell(root, "rm -r $1/0/etc/kubernetes/pki", NULL, NULL), 0);
	CHECK_INT(control_files_read(&nodes[0], &plain, deadline_in(20000), &files, &err), -1);
	CHECK_HAS(err.text, "/etc/kubernetes/pki is not there");
	control_files_release(&files);
}

static void test_end(void)
{
	CHECK_INT(shell(root, "rm -r $1", NULL, NULL), 0);
	for (size_t i = 0; i < NODES; i++)
		free(roots[i]);
}

TESTS(TEST(test_start), TEST(test_archive), TEST(test_encryption), TEST(test_refused),
      TEST(test_end))
