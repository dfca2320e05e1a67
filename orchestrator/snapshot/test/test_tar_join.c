/*
 * test_tar_join: archives of the real tar joined, and read by it again; and what is not in order.
 */
#include "base/test/tool.h"
#include "snapshot/tar_join.h"
#include "snapshot/test/collect.h"

#include <stdlib.h>
#include <unistd.h>

enum { MAX = 4 * 1024 * 1024, BLOCK = 512 };

#define argv(...) ((const char *const[]){ __VA_ARGS__, NULL })

static char root[] = "/tmp/test_tar_join-XXXXXX";

/* As a node does it. */
static void archive(const char *what, struct buf *out)
{
	CHECK_INT(run_tool(argv("tar", "-c", "-C", root, "--format=ustar", "--numeric-owner",
				"--dereference", "--hard-dereference", "--", what),
			   NULL, out),
		  0);
}

static void test_start(void)
{
	CHECK(mkdtemp(root) != NULL);
	CHECK_INT(shell(root,
			"cd $1; umask 077; mkdir -p etc/kubernetes/pki/etcd; echo ca > "
			"etc/kubernetes/pki/ca.crt;"
			"head -c 100000 /dev/urandom > etc/kubernetes/pki/etcd/big; : > "
			"etc/kubernetes/empty;"
			"ln etc/kubernetes/pki/ca.crt etc/kubernetes/hard; ln -s pki/ca.crt "
			"etc/kubernetes/soft;"
			"long=$(printf %090d 7); mkdir -p etc/$long; echo x > etc/$long/$long",
			NULL, NULL),
		  0);
}

/* Two nodes and a file: tar finds all of it, with the same bytes and rights. */
static void test_joined(void)
{
	scoped(buf) struct buf one = BUF_INIT(MAX), list = BUF_INIT(MAX);
	scoped(collect) struct collect all = collect_new(MAX);
	struct err err = ERR_INIT;

	archive("etc", &one);
	CHECK_INT(tar_join_add(&all.sink, "cp-1", one.data, one.len, &err), 0);
	CHECK_INT(tar_join_add(&all.sink, "cp-2", one.data, one.len, &err), 0);
	CHECK_INT(tar_join_file(&all.sink, "kubeadm-config.yaml", "kind: X\n", 8, 1700000000, &err),
		  0);
	CHECK_INT(tar_join_file(&all.sink, "nothing", NULL, 0, 0, &err), 0);
	CHECK_INT(tar_join_end(&all.sink, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(all.got.len % BLOCK, 0);
	CHECK_INT(all.ended, 0);

	scoped(mem) char *to = mem_printf("%s/out", root);
	CHECK_INT(run_tool(argv("mkdir", to), NULL, NULL), 0);
	CHECK_INT(run_tool(argv("tar", "-x", "-p", "-C", to), &all.got, NULL), 0);
	CHECK_INT(run_tool(argv("tar", "-tv"), &all.got, &list), 0);
	CHECK_HAS(buf_str(&list), "-rw------- 0/0 ");
	CHECK_HAS(buf_str(&list), "2023-11-14");
	CHECK_INT(shell(root,
			"cd $1; for n in cp-1 cp-2; do diff -r etc out/$n/etc; done; [ $(ls out | "
			"wc -l) = 4 ];"
			"[ \"$(cat out/kubeadm-config.yaml)\" = 'kind: X' ]; [ ! -s out/nothing ];"
			"[ $(stat -c %a out/cp-2/etc/kubernetes/pki/ca.crt) = 600 ];"
			"[ ! -h out/cp-1/etc/kubernetes/soft ]",
			NULL, NULL),
		  0);
}

struct change {
	size_t at; /* in the first header */
	const char *bytes;
	size_t len;
	const char *words;
};

static void mend(char *header)
{
	unsigned sum = 8 * ' ';

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : (unsigned char)header[i];
	snprintf(header + 148, 7, "%06o", sum);
	header[154] = '\0';
	header[155] = ' ';
}

static void test_refused(void)
{
	static const struct change changes[] = {
		{ 0, "../x", 5, "no path below" },
		{ 0, "/x", 3, "no path below" },
		{ 0, "a/../b", 7, "no path below" },
		{ 0, "", 1, "no path below" },
		{ 345, "..", 3, "no path below" },
		{ 156, "2", 1, "neither a file" },
		{ 156, "1", 1, "neither a file" },
		{ 156, "x", 1, "neither a file" },
		{ 156, "3", 1, "neither a file" },
		{ 257, "ustar ", 6, "damaged" },
		{ 124, "99999999999", 11, "damaged" },
		{ 124, "\x80\0\0\0\0\0\0\0\0\0\0\1", 12, "damaged" },
		{ 124, "77777777777", 11, "cut off" },
	};
	scoped(buf) struct buf one = BUF_INIT(MAX);

	archive("etc/kubernetes/pki/ca.crt", &one);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		scoped(buf) struct buf bad = BUF_INIT(MAX);
		scoped(collect) struct collect out = collect_new(MAX);
		struct err err = ERR_INIT;
		buf_add(&bad, one.data, one.len);
		memcpy(bad.data + changes[i].at, changes[i].bytes, changes[i].len);
		mend(bad.data);
		CHECK_INT(tar_join_add(&out.sink, "cp-1", bad.data, bad.len, &err), -1);
		CHECK_INT(err.code, ERR_REMOTE);
		CHECK_HAS(err.text, changes[i].words);
		CHECK_INT(out.got.len, 0);
	}
	one.data[0] ^= 1; /* and a sum that is not right */
	scoped(collect) struct collect out = collect_new(MAX);
	struct err err = ERR_INIT;
	CHECK_INT(tar_join_add(&out.sink, "cp-1", one.data, one.len, &err), -1);
	CHECK_HAS(err.text, "damaged");
}

/* Every place where it may have been cut, but after its end. */
static void test_cut(void)
{
	scoped(buf) struct buf one = BUF_INIT(MAX);

	archive("etc/kubernetes/pki/ca.crt", &one);
	for (size_t len = 0; len < one.len; len += 256) {
		scoped(collect) struct collect out = collect_new(MAX);
		scoped(mem) char *copy = mem_alloc(len);
		struct err err = ERR_INIT;
		memcpy(copy, one.data, len);
		CHECK_INT(tar_join_add(&out.sink, "cp-1", copy, len, &err),
			  len < 3 * BLOCK ? -1 : 0);
		if (len < 3 * BLOCK)
			CHECK_HAS(err.text, "cut off");
	}
}

static void test_names(void)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/", ".a", "a b", "a\nb" };
	scoped(buf) struct buf one = BUF_INIT(MAX);
	scoped(collect) struct collect out = collect_new(MAX);
	scoped(mem) char *node = mem_printf("%0150d", 7);
	struct err err = ERR_INIT;

	archive("etc", &one);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(tar_join_add(&out.sink, bad[i], one.data, one.len, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_INT(tar_join_file(&out.sink, bad[i], "x", 1, 0, &err), -1);
	}
	CHECK_INT(out.got.len, 0);
	/* the long path in it does not fit below a name of 150 bytes */
	CHECK_INT(tar_join_add(&out.sink, node, one.data, one.len, &err), -1);
	CHECK_HAS(err.text, "too long a path");
}

static void test_end(void)
{
	CHECK_INT(run_tool(argv("rm", "-r", root), NULL, NULL), 0);
}

TESTS(TEST(test_start), TEST(test_joined), TEST(test_refused), TEST(test_cut), TEST(test_names),
      TEST(test_end))
