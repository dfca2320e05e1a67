/*
 * test_tool: where the tool comes from when several have one, and when what the first has does not run: the running etcd, its
 * image by ctr, podman or docker, the PATH; with programs that are scripts, on a PATH that has nothing else.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "node/node_dir.h"
#include "play/tool.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN "20261121t104107-7f3a"

enum { WAYS = 5, SOON_MS = 20 * 1000 };

/* in the order that is promised */
static const char *const sources[WAYS] = { "the running etcd's own files", "its image (ctr)",
					   "its image (podman)", "its image (docker)",
					   "the node's PATH" };

static char root[] = "/tmp/test_tool.XXXXXX";

static void sh(const char *script)
{
	scoped(mem) char *whole = mem_printf("PATH=/usr/bin:/bin; cd %s && { %s; }", root, script);

	CHECK_INT(system(whole), 0);
}

/* A program of the node; $R is the folder that stands for it. */
static void program(const char *path, const char *script)
{
	scoped(mem) char *full = mem_printf("%s/%s", root, path);
	FILE *file = fopen(full, "w");

	if (!file)
		abort();
	fprintf(file, "#!/bin/sh\nR=%s\n%s\n", root, script);
	fclose(file);
	CHECK_INT(chmod(full, 0755), 0);
}

static void prepare(void)
{
	if (!mkdtemp(root))
		abort();
	scoped(mem) char *path = mem_printf("%s/bin:%s/sys", root, root);
	sh("mkdir bin sys all && for p in sh env install rm rmdir test mkdir cp cat; do "
	   "ln -s /usr/bin/$p sys/$p; done");
	program("all/pgrep", "[ -d $R/proc/101 ] && echo 101 etcd --name=cp-1");
	program("all/mountpoint", "[ -e \"$2/usr\" ]");
	program("all/ctr", "case \"$4\" in mount) mkdir -p \"$6/usr/local/bin\" && "
			   "cp $R/tool-ctr \"$6/usr/local/bin/etcdutl\" ;; "
			   "unmount) rm -r \"$6/usr\"; echo ctr >>$R/left ;; esac");
	program("all/podman",
		"case \"$2\" in mount) echo /merged ;; unmount) echo podman >>$R/left ;; esac");
	program("all/docker", "case \"$1\" in cp) cp $R/tool-docker \"$4/${3##*/}\" ;; "
			      "rm) echo docker >>$R/left ;; esac");
	setenv("PATH", path, 1);
}

/* Each way is there when its bit is in `have`, and its tool runs when it is in `runs`. */
static void make_node(unsigned have, unsigned runs)
{
	static const char *const places[WAYS] = { "proc/101/root/usr/local/bin/etcdutl", "tool-ctr",
						  "merged/usr/bin/etcdutl", "tool-docker",
						  "bin/etcdutl" };
	static const char *const programs[WAYS] = { NULL, "ctr", "podman", "docker", NULL };

	sh("rm -rf bin proc merged etc left tool-*; mkdir -p bin merged/usr/bin etc/kubernetes && "
	   "ln -s ../all/pgrep ../all/mountpoint bin/");
	for (size_t i = 0; i < WAYS; i++) {
		if (!(have & 1u << i))
			continue;
		if (i == 0)
			sh("mkdir -p proc/101/root/usr/local/bin");
		program(places[i], runs & 1u << i ? "echo --initial-cluster-token --bump-revision "
						    "--mark-compacted"
						  : "exit 127");
		if (programs[i]) {
			scoped(mem) char *link = mem_printf("ln -s ../all/%s bin/", programs[i]);
			sh(link);
		}
	}
}

static int fetch(struct play_node *self, struct err *err)
{
	static struct member member = { .name = "cp-1",
					.image = "etcd:3.5.16",
					.version = "3.5.16" };
	struct node_dir dir = { .root = root };
	struct play_ctx ctx = { .run = RUN, .nodes = self };
	struct node node;

	*self = (struct play_node){ .member = &member };
	*err = ERR_INIT;
	node_dir_init(&node, "cp-1", &dir);
	return tool_fetch(&node, &ctx, deadline_in(SOON_MS), err);
}

/* What was mounted or made for it is gone again. */
static void nothing_left(void)
{
	sh("! [ -e etc/kubernetes/etcd-backup/" RUN "/image ]");
}

static void test_order(void)
{
	for (unsigned have = 0; have < 1u << WAYS; have++) {
		struct play_node self;
		struct err err;
		make_node(have, have);
		CHECK_INT(fetch(&self, &err), have ? 0 : -1);
		nothing_left();
		if (!have) {
			CHECK_INT(err.code, ERR_REMOTE);
			CHECK_HAS(err.text, "no tool to restore with");
			CHECK_HAS(err.hint, "3.5.16");
			continue;
		}
		CHECK_STR(self.tool_source, sources[__builtin_ctz(have)]);
		CHECK(self.tool_is_etcdutl && self.tool_bumps);
	}
}

/* What does not run on this host is passed over, wherever it was, and does not stay in the next one's place. */
static void test_does_not_run(void)
{
	for (unsigned good = 0; good <= WAYS; good++) {
		struct play_node self;
		struct err err;
		make_node((1u << WAYS) - 1, good < WAYS ? 1u << good : 0);
		CHECK_INT(fetch(&self, &err), good < WAYS ? 0 : -1);
		CHECK_STR(self.tool_source, good < WAYS ? sources[good] : "");
		nothing_left();
	}
	/* all three images were taken away again */
	sh("[ \"$(cat left | tr '\\n' ' ')\" = 'ctr podman docker ' ]");
}

static void clean_up(void)
{
	sh("rm -rf \"$PWD\"");
}

TESTS(TEST(prepare), TEST(test_order), TEST(test_does_not_run), TEST(clean_up))
